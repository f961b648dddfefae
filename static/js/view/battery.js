// @ts-check
/** A battery in a few rows, from its verified public section. Names and units come from the schema's catalogue. */

import { h, icon } from './dom.js';

/** @typedef {ReadonlyMap<string, {name: string, unit: string | null}>} Labels by attribute */

/** What a person can compare with the plate on the battery, and what comes first after it (T2). */
const ROWS = [
  'batterySerialNumber', 'batteryCategory', 'batteryChemistry', 'ratedCapacity', 'nominalVoltage', 'batteryMass',
  'manufacturingDate', 'warrantyPeriod',
];

/** @type {Readonly<Record<string, string>>} */
const WORDS = {
  ev: 'Electric vehicle battery',
  lmt: 'Light means of transport battery',
  stationary: 'Stationary storage battery',
  industrial: 'Industrial battery',
};

/** @type {Readonly<Record<string, string>>} */
const UNITS = { Cel: '°C' };

/**
 * @param {any} document - verified, with its subject
 * @param {object} about
 * @param {boolean} about.trusted - false: every word below is the signer's own claim (T3)
 * @param {boolean} about.dimmed
 * @param {Labels} about.labels
 * @returns {HTMLElement}
 */
export function batteryCard(document, { trusted, dimmed, labels }) {
  const subject = document.credentialSubject;
  // The signer stands in the verdict, by the trust list's name; here is who made the battery.
  const maker = text(subject.manufacturerInformation?.contactName);
  const rows = ROWS.map((id) => row(id, subject[id], labels)).filter((one) => one !== null);
  return h('section', { class: `card battery${dimmed ? ' battery--dimmed' : ''}`, 'aria-labelledby': 'battery-name' },
    h('h2', { id: 'battery-name', class: 'card__title' }, text(subject.batteryModelIdentifier) || 'Battery'),
    trusted
      ? h('p', null, maker)
      : h('p', { class: 'battery__claim' }, `Says it is from ${maker || 'nobody in particular'}. Nobody on the trust list stands behind that.`),
    h('dl', { class: 'rows' }, ...rows),
    h('p', { class: 'compare' }, icon('info'),
      h('span', null, 'Compare maker, model and serial with the plate on the battery: a label can be copied.')));
}

/**
 * @param {string} id
 * @param {unknown} value
 * @param {Labels} labels
 * @returns {HTMLElement | null}
 */
function row(id, value, labels) {
  const shown = text(value);
  if (!shown) return null;
  const label = labels.get(id);
  const unit = label?.unit ? UNITS[label.unit] ?? label.unit : null;
  return h('div', { class: 'row' },
    h('dt', null, label?.name ?? id),
    h('dd', null, shown, unit ? h('span', { class: 'unit' }, ` ${unit}`) : null));
}

/**
 * @param {unknown} value
 * @returns {string} one line for a text, a number, or the first text of an object
 */
function text(value) {
  if (typeof value === 'string') return WORDS[value] ?? duration(value) ?? value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(text).filter(Boolean).join(', ');
  if (typeof value === 'object' && value !== null) return text(Object.values(value).find((one) => typeof one === 'string'));
  return '';
}

/**
 * @param {string} value - ISO 8601 duration of years and months
 * @returns {string | null}
 */
function duration(value) {
  const match = /^P(?=[0-9])(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?$/.exec(value);
  if (!match) return null;
  const said = (/** @type {string | undefined} */ count, /** @type {string} */ word) =>
    count ? `${count} ${word}${count === '1' ? '' : 's'}` : '';
  return [said(match[1], 'year'), said(match[2], 'month')].filter(Boolean).join(' ');
}
