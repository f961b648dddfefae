// @ts-check
/** The verdict card and the list of single checks, as the templates draw them. */

import { CHECK_NAMES, OUTCOMES, shownChecks } from '../core/verdict.js';
import { h, icon } from './dom.js';

/** @typedef {import('../core/verdict.js').Verdict} Verdict */
/** @typedef {import('../core/report.js').Check} Check */

/**
 * @param {Pick<Verdict, 'state' | 'icon' | 'headline' | 'sentence'>} verdict
 * @param {{meta?: string, small?: boolean, level?: 'h1' | 'h2' | 'h3' | 'p'}} [more]
 * @returns {HTMLElement}
 */
export function verdictCard(verdict, { meta, small = false, level = 'p' } = {}) {
  return h('div', { class: `verdict verdict--${verdict.state}${small ? ' verdict--small' : ''}` },
    icon(verdict.icon, 'verdict__icon'),
    h('div', { class: 'verdict__body' },
      h(level, { class: 'verdict__headline' }, verdict.headline),
      verdict.sentence ? h('p', { class: 'verdict__sentence' }, verdict.sentence) : null,
      meta ? h('p', { class: 'verdict__meta' }, meta) : null));
}

/** @returns {HTMLElement} shown while nothing is known */
export function checking() {
  return verdictCard({ state: 'checking', icon: 'checking', headline: 'Checking…', sentence: '' }, { small: true });
}

/**
 * @param {{checks: readonly Check[]}} report
 * @param {{title?: string, open?: boolean, details?: readonly (readonly [string, string])[]}} [more]
 * @returns {HTMLElement}
 */
export function checkList(report, { title, open = false, details = [] } = {}) {
  const checks = shownChecks(report);
  return h('details', { class: 'more', open },
    h('summary', null, `${title ? `${title}: ` : ''}${tally(checks)}`),
    h('ol', { class: 'checks' }, ...checks.map(checkItem)),
    details.length ? h('dl', { class: 'pairs' }, ...details.map(([name, text]) =>
      h('div', null, h('dt', null, name), h('dd', { class: 'mono' }, text)))) : null);
}

/**
 * @param {readonly Check[]} checks
 * @returns {string} such as `9 checks passed, 3 not made`
 */
function tally(checks) {
  const count = (/** @type {string} */ outcome) => checks.filter((check) => check.outcome === outcome).length;
  return [
    count('failed') ? `${count('failed')} check failed` : null,
    `${count('passed')} ${count('failed') ? '' : 'checks '}passed`,
    count('not-checked') ? `${count('not-checked')} not made` : null,
  ].filter(Boolean).join(', ');
}

/**
 * @param {Check} check
 * @returns {HTMLElement}
 */
export function checkItem(check) {
  return h('li', { class: `check check--${check.outcome}` },
    icon(check.outcome),
    h('span', { class: 'check__name' }, `${CHECK_NAMES.get(check.name) ?? check.name}: ${OUTCOMES[check.outcome] ?? check.outcome}`),
    h('span', { class: 'check__sentence' }, check.sentence, check.error ? ' ' : null,
      check.error ? h('code', null, check.error) : null));
}

/**
 * Key, algorithm, digest and times for those who ask.
 *
 * @param {import('../core/report.js').Report} report
 * @returns {[string, string][]}
 */
export function technicalDetails(report) {
  /** @type {[string, string][]} */
  const rows = [];
  const proofs = [report.document?.proof].flat().filter(Boolean);
  if (report.issuerId) rows.push(['Issuer', report.issuerId]);
  for (const proof of proofs) {
    rows.push(['Signature', [proof.cryptosuite, proof.verificationMethod, proof.created].filter(Boolean).join(' · ')]);
  }
  rows.push(['Digest', report.digest]);
  const list = report.ages.trustList;
  if (list) rows.push(['Trust list', `version ${list.version}, issued ${list.issued}, ends ${list.expires}`]);
  for (const one of report.ages.statusLists ?? []) rows.push([`List for ${one.purpose}`, `of ${one.validFrom}`]);
  return rows;
}
