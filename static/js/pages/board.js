// @ts-check
/** The board looks again by itself: figures and reasons, never the list that somebody is reading. */

import { byId, h, icon } from '../view/dom.js';

/**
 * @typedef {{reason: string, name: string, count: number, clause: string | null,
 *   supply: {who: string, records: {kind: string}[]} | null}} Reason
 * @typedef {{at: string, waiting: Reason[], alarms: {plant: string, recent: number, since: string}[],
 *   quarantine: {count: number, rules: Record<string, number>, plants: Record<string, number>}}} Counts
 */

const PAUSE_MS = 10_000;
const LONGEST_MS = 120_000;
const TOP = 5; // reasons that are shown at once

let pause = PAUSE_MS;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

async function look() {
  clearTimeout(timer);
  if (document.visibilityState === 'hidden') return; // the change of visibility looks again
  try {
    const response = await fetch(`/board.json${ofPlant('?')}`, { cache: 'no-store', signal: AbortSignal.timeout(PAUSE_MS) });
    if (response.status === 401 || response.status === 403) return say('Sign in again to go on.');
    if (!response.ok) throw new Error(`answered ${response.status}`);
    draw(/** @type {Counts} */ (await response.json()));
    pause = PAUSE_MS;
    say('It looks again by itself.');
  } catch {
    pause = Math.min(pause * 2, LONGEST_MS);
    say('No answer; it tries again.');
  }
  timer = setTimeout(look, pause);
}

/** @param {string} words */
function say(words) {
  byId('live').textContent = words;
}

/** @param {Counts} counts */
function draw(counts) {
  for (const element of document.querySelectorAll('[data-figure]')) {
    const value = String(at(counts, element.getAttribute('data-figure') ?? ''));
    if (element.textContent !== value) element.textContent = value;
  }
  byId('as-of').textContent = moment(counts.at);
  byId('alarms').replaceChildren(...counts.alarms.map((alarm) => h('p', { class: 'banner banner--bad' },
    icon('warning'), h('span', null, h('strong', null, `The quarantine of ${alarm.plant} grows.`),
      ` ${counts.quarantine.plants[alarm.plant] ?? 0} entries are open; ${alarm.recent} had come in within minutes when this began, ${moment(alarm.since)}. `,
      h('a', { href: '/quarantine' }, 'Look at them')))));
  const reasons = counts.waiting.map((each) => h('li', null,
    h('a', { href: `/drafts?reason=${encodeURIComponent(each.reason)}${ofPlant('&')}` }, each.name),
    h('span', { class: 'num' }, String(each.count)),
    each.supply && h('span', { class: 'unit tally__how' },
      `${each.supply.who}: record of kind ${each.supply.records[0]?.kind}, ${each.clause}`)));
  byId('no-reasons').hidden = reasons.length > 0;
  byId('more').hidden = reasons.length <= TOP;
  byId('reasons-count').textContent = String(reasons.length - TOP);
  fill('reasons', reasons.slice(0, TOP));
  fill('reasons-more', reasons.slice(TOP));
  const rules = Object.entries(counts.quarantine.rules).map(([rule, count]) => h('li', null,
    h('a', { href: `/quarantine?rule=${encodeURIComponent(rule)}${ofPlant('&')}` }, rule),
    h('span', { class: 'num' }, String(count))));
  byId('no-rules').hidden = rules.length > 0;
  fill('rules', rules);
}

/**
 * The plant that the page is narrowed to, as the next part of an address.
 *
 * @param {string} mark - `?` or `&`
 */
function ofPlant(mark) {
  const plant = new URLSearchParams(location.search).get('plant');
  return plant ? `${mark}plant=${encodeURIComponent(plant)}` : '';
}

/** @param {string} text - a time in UTC */
function moment(text) {
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}

/**
 * Put lines in a list, unless they are the same or somebody is at one of them by keyboard.
 *
 * @param {string} id
 * @param {HTMLElement[]} lines
 */
function fill(id, lines) {
  const list = byId(id);
  const same = list.children.length === lines.length
    && lines.every((line, place) => line.textContent === list.children[place]?.textContent);
  if (!same && !list.contains(document.activeElement)) list.replaceChildren(...lines);
}

/**
 * @param {unknown} value
 * @param {string} path - such as `today.stamped`
 * @returns {unknown}
 */
function at(value, path) {
  return path.split('.').reduce((/** @type {any} */ inner, name) => inner?.[name], value);
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void look();
});
timer = setTimeout(look, PAUSE_MS);
say('It looks again by itself.');
