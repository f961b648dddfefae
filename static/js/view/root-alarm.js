// @ts-check
/** The alarm that the pinned root of trust has changed: a person decides whether to go on. */

import { h } from './dom.js';

/**
 * @param {() => void} onAccept
 * @returns {HTMLElement}
 */
export function rootAlarm(onAccept) {
  return h('div', { class: 'error-summary stack' },
    h('p', null, h('strong', null, 'The root of trust has changed.')),
    h('p', null, 'This happens when an installation is set up anew, and when somebody stands between you and it. Go on only if whoever runs it told you so.'),
    h('button', { type: 'button', class: 'button button--danger', onclick: onAccept }, 'Trust the new root'));
}
