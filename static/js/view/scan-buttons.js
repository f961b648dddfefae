// @ts-check
/** A button beside each field that a code may fill: the camera opens, and the field has its text. */

import { h } from './dom.js';
import { scan } from './field-scanner.js';

/**
 * @param {HTMLElement} root - fields with `data-scan` inside of it get a button
 * @param {(field: HTMLInputElement, text: string) => void} take - what becomes of a text that was read
 */
export function scanButtons(root, take) {
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (root.querySelectorAll('input[data-scan]'))) {
    const label = field.labels?.[0]?.firstChild?.textContent?.trim() ?? field.name;
    field.after(h('button', {
      type: 'button',
      class: 'button button--quiet field__scan',
      onclick: async () => {
        const text = await scan(label);
        if (text !== null) take(field, text);
        field.focus();
      },
    }, 'Scan', h('span', { class: 'visually-hidden' }, ` ${label}`)));
  }
}
