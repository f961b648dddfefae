// @ts-check
/** What the scanner shows for one code: a checked record, or in plain words why there is none. */

import { isInternational } from '../core/digital-link.js';
import { batteryCard } from './battery.js';
import { h } from './dom.js';
import { rootAlarm } from './root-alarm.js';
import { checkList, technicalDetails, verdictCard } from './verdict-card.js';

/** @typedef {import('../core/digital-link.js').BatteryKey} BatteryKey */
/** @typedef {import('../core/report.js').Report} Report */
/** @typedef {import('../core/verdict.js').Verdict} Verdict */

/**
 * @param {object} found
 * @param {Report} found.report
 * @param {Verdict} found.verdict
 * @param {import('./battery.js').Labels} found.labels
 * @param {string | null} found.problem - of the trust list
 * @param {string | null} found.elsewhere - another host that the code named, shown so that nobody is misled
 * @param {() => void} found.onAcceptRoot
 * @returns {HTMLElement[]}
 */
export function recordResult({ report, verdict, labels, problem, elsewhere, onAcceptRoot }) {
  const parts = [verdictCard(verdict, { level: 'h2' })];
  if (elsewhere) parts.push(h('p', { class: 'banner banner--info' }, h('span', null, `The code leads to ${elsewhere}. This record comes from here, and was checked here.`)));
  if (problem === 'root-changed') parts.push(rootAlarm(onAcceptRoot));
  if (verdict.showsData && report.document) {
    parts.push(batteryCard(report.document, {
      trusted: verdict.trusted,
      dimmed: verdict.state === 'revoked',
      labels,
    }));
  }
  parts.push(checkList(report, { details: verdict.showsData ? technicalDetails(report) : [] }));
  return parts;
}

/**
 * A link to another host: shown in full, opened only by the person, in a new window without a word about us (T16).
 *
 * @param {string} host
 * @param {string} url
 * @param {(() => void) | null} onLookUp - look the same battery up in this installation
 * @returns {HTMLElement[]}
 */
export function foreignResult(host, url, onLookUp) {
  const isPlain = host.startsWith('http://');
  const warnings = [
    isInternational(host) ? 'This name holds letters that may look like others; above it stands in its technical form.' : null,
    host.includes('@') ? 'The part before the @ is no host: this is how a link pretends to lead elsewhere.' : null,
    isPlain ? 'The link is not encrypted.' : null,
    /:[0-9]+$/.test(host) ? 'The link names a port of its own.' : null,
  ].filter((one) => one !== null);
  return [
    verdictCard({ state: 'foreign', icon: 'foreign', headline: 'Leads to another site', sentence: 'Not checked by us, and not opened by itself.' }, { level: 'h2' }),
    h('p', { class: 'scan__host' }, host),
    ...warnings.map((text) => h('p', { class: 'banner banner--warn' }, h('span', null, text))),
    h('p', { class: 'actions' },
      onLookUp ? h('button', { type: 'button', class: 'button', onclick: onLookUp }, 'Look this battery up here') : null,
      h('a', { class: 'button', href: url, target: '_blank', rel: 'noopener noreferrer external' }, 'Open it all the same')),
  ];
}

/**
 * @param {string} text
 * @param {string} problem
 * @returns {HTMLElement[]}
 */
export function textResult(text, problem) {
  return [
    verdictCard({ state: 'unsupported', icon: 'unsupported', headline: 'Not a battery’s code', sentence: problem }, { level: 'h2' }),
    h('p', { class: 'scan__raw' }, text.slice(0, 500)),
  ];
}

const MISSING = {
  'not-found': ['missing', 'missing', 'No record found', 'This installation has no record for the number below. Compare it with the label; ask the maker named there.'],
  offline: ['missing', 'offline', 'Not on this device', 'Without a connection only batteries that were opened here before can be shown.'],
  'too-many': ['unknown', 'unknown', 'Too many at once', 'The server asks for a pause. Try again in a minute.'],
  other: ['unknown', 'unknown', 'The server did not answer well', 'The record could not be loaded. Try again.'],
};

/**
 * @param {keyof typeof MISSING} problem
 * @param {string} number
 * @returns {HTMLElement[]}
 */
export function missingResult(problem, number) {
  const [state, sign, headline, sentence] = MISSING[problem];
  return [
    verdictCard({ state, icon: sign, headline, sentence }, { level: 'h2' }),
    h('p', { class: 'scan__number' }, number),
  ];
}

/**
 * Several codes at once: the person picks, nothing is picked for them.
 *
 * @param {readonly {label: string, note: string, onPick: () => void}[]} choices
 * @returns {HTMLElement[]}
 */
export function pickList(choices) {
  return [
    h('h2', null, `${choices.length} codes in the picture`),
    h('p', { class: 'muted' }, 'Which one is it?'),
    h('div', { class: 'scan__picks' }, ...choices.map(({ label, note, onPick }, at) =>
      h('button', { type: 'button', class: 'button', onclick: onPick },
        h('span', { class: 'chip' }, String(at + 1)),
        h('span', null, h('span', { class: 'mono' }, label), h('br', null), h('span', { class: 'muted' }, note))))),
  ];
}
