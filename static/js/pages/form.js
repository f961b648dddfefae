// @ts-check
/** A record by hand: fields filled by scanning, what is typed kept on this device, records kept until there is a network. */

import './app.js';
import { read, tidy } from '../core/digital-link.js';
import * as drafts from '../services/form-drafts.js';
import { byId, h } from '../view/dom.js';
import { scanButtons } from '../view/scan-buttons.js';

const form = /** @type {HTMLFormElement} */ (byId('record-form'));
const said = byId('form-state');
const list = byId('drafts');
/** Where the server has this form, also where its blank is open under an address of its own. */
const address = location.pathname.replace(/\/blank$/, '');
const path = address + location.search;
const title = document.querySelector('h1')?.textContent ?? '';

/** Whether this is the blank form of the device: no session, no plant, nothing that can be sent from here. */
const isBlank = 'blank' in form.dataset;
const plants = /** @type {HTMLSelectElement | null} */ (document.getElementById('plant'));

/** @returns {string} */
const token = () => /** @type {HTMLInputElement} */ (form.elements.namedItem('csrf_token')).value;

// --- scanning

/**
 * @param {HTMLInputElement} field
 * @param {string} text - as it was read
 */
function take(field, text) {
  const found = read(text);
  const lot = /(?:\/10\/|\(10\))([^/?(]{1,20})/.exec(text)?.[1];
  const parts = found.kind === 'battery'
    ? { 'subject/gtin': found.key.gtin, 'subject/serial': found.key.serial }
    : {};
  const own = /** @type {Record<string, string>} */ (parts)[field.name];
  for (const [name, value] of Object.entries(parts)) {
    const other = form.elements.namedItem(name);
    if (other instanceof HTMLInputElement && (other === field || other.value === '')) other.value = value;
  }
  if (own === undefined) {
    const isBattery = found.kind === 'battery' && !field.name.toLowerCase().endsWith('lot');
    field.value = lot ? decodeURIComponent(lot) : isBattery ? found.key.serial : tidy(text);
  }
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

scanButtons(form, take);

// --- one entry more, as the server would add it, but here: there may be no network

/** @param {HTMLButtonElement} button - "One more" below the entries of a list */
function addEntry(button) {
  const entries = button.closest('fieldset')?.querySelectorAll(':scope > .entries-of__one') ?? [];
  const number = entries.length;
  if (number === 0) return;
  const copy = /** @type {HTMLElement} */ (entries[number - 1].cloneNode(true));
  const slug = (/** @type {string} */ name) => `f-${name.replaceAll(/[/.]/g, '-')}`;
  const changes = [[`${button.value}/${number - 1}/`, `${button.value}/${number}/`]];
  changes.push(changes[0].map(slug));
  for (const element of copy.querySelectorAll('*')) {
    for (const name of ['name', 'value', 'id', 'for', 'aria-describedby']) {
      const text = element.getAttribute(name);
      if (text !== null) element.setAttribute(name, changes.reduce((so, [from, to]) => so.replaceAll(from, to), text));
    }
    if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) element.value = '';
    if (element instanceof HTMLSelectElement) element.selectedIndex = 0;
    element.removeAttribute('aria-invalid');
    const about = element.getAttribute('aria-describedby')?.split(' ').filter((id) => !id.endsWith('-fault'));
    if (about) element.setAttribute('aria-describedby', about.join(' '));
  }
  for (const gone of copy.querySelectorAll('.field__scan, .field__error')) gone.remove();
  const legend = copy.querySelector('legend');
  if (legend) legend.textContent = String(number + 1);
  entries[number - 1].after(copy);
  scanButtons(copy, take);
  /** @type {HTMLElement | null} */ (copy.querySelector('input, select, textarea'))?.focus();
}

// --- what is typed stays

let timer = 0;
form.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    drafts.keepOpen(path, drafts.fieldsOf(form));
    said.textContent = 'Kept on this device.';
  }, 400);
});
const before = drafts.open(path);
for (const [name] of before ?? []) {
  const more = name.split('/').map((step, at, steps) => (/^[0-9]+$/.test(step) ? steps.slice(0, at).join('/') : '')).filter(Boolean);
  for (const above of more) {
    const button = [...form.querySelectorAll('button[name="add"]')].find((one) => /** @type {HTMLButtonElement} */ (one).value === above);
    if (!form.elements.namedItem(name) && button) addEntry(/** @type {HTMLButtonElement} */ (button));
  }
}
if (before && !document.querySelector('.error-summary')) {
  drafts.fill(form, before);
  said.textContent = 'What you had typed is here again.';
  said.after(h('button', {
    type: 'button',
    class: 'button button--quiet',
    onclick: () => {
      drafts.forgetOpen(path);
      location.assign(path);
    },
  }, 'Start afresh'));
}

// --- sending, with and without a network

form.addEventListener('submit', async (event) => {
  const button = event.submitter;
  event.preventDefault();
  if (button instanceof HTMLButtonElement && button.name === 'add') {
    addEntry(button);
    return;
  }
  const isReachable = await drafts.isReachable();
  if (isReachable && isBlank) {
    openLive();
    return;
  }
  if (isReachable) {
    drafts.forgetOpen(path);
    form.submit();
    return;
  }
  const fields = drafts.fieldsOf(form);
  const id = fields.find(([name]) => name === 'record')?.[1] ?? '';
  const level = new URLSearchParams(location.search).get('level');
  drafts.keepWaiting({ id, path: address + (level ? `?level=${level}` : ''), title, at: new Date().toISOString(), fields });
  drafts.forgetOpen(path);
  form.reset();
  /** @type {HTMLInputElement} */ (form.elements.namedItem('record')).value = newId();
  said.textContent = 'There is no network. The record waits on this device and can be sent later.';
  show();
});

/** With a network again: the form as the server has it, with what was typed here. */
function openLive() {
  drafts.keepOpen(path, drafts.fieldsOf(form));
  location.assign(path);
}

/** @returns {string} id for the next record, as random as the server's */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `form-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Draw the records that wait on this device. */
function show() {
  const waiting = drafts.waiting();
  list.hidden = waiting.length === 0;
  list.replaceChildren(
    h('h2', null, waiting.length === 1 ? 'A record waits on this device' : `${waiting.length} records wait on this device`),
    h('ul', null, ...waiting.map((draft) => h('li', null, `${draft.title}, ${draft.at.slice(0, 16).replace('T', ' ')} UTC `,
      h('button', { type: 'button', class: 'button button--quiet', onclick: () => openDraft(draft) }, 'Open'),
      h('button', { type: 'button', class: 'button button--quiet', onclick: () => discard(draft) }, 'Throw away')))),
    ...(mustAsk() ? [h('p', null, 'Some of them name no plant: they go to the one that is chosen in the form below.')] : []),
    ...(isBlank ? [] : [h('p', { class: 'actions' }, h('button', { type: 'button', class: 'button', onclick: () => sendAll(true) }, 'Send now'))]),
  );
}

/** @param {import('../services/form-drafts.js').Draft} draft */
function openDraft(draft) {
  drafts.keepOpen(draft.path, draft.fields);
  drafts.forgetWaiting(draft.id);
  location.assign(draft.path);
}

/** @param {import('../services/form-drafts.js').Draft} draft */
function discard(draft) {
  if (!confirm(`Throw away “${draft.title}”? It was not sent.`)) return;
  drafts.forgetWaiting(draft.id);
  show();
}

/** @returns {boolean} whether a record waits whose plant has to be chosen among several */
function mustAsk() {
  return !isBlank && (plants?.options.length ?? 0) > 1 && drafts.waiting().some((draft) => !drafts.hasPlant(draft));
}

/**
 * Send what waits; what is refused stays, to be opened and mended.
 *
 * @param {boolean} isAsked - by the person, who sees which plant is chosen; else by the network that is back
 */
async function sendAll(isAsked) {
  let refused = 0;
  for (const waiting of drafts.waiting()) {
    if (!isAsked && mustAsk() && !drafts.hasPlant(waiting)) continue;
    const draft = drafts.settlePlant(waiting.id, plants?.value ?? '');
    if (!draft) continue;
    const outcome = await drafts.send(draft, token());
    if (outcome === 'no network') {
      said.textContent = 'There is still no network.';
      break;
    }
    if (outcome === 'sent') drafts.forgetWaiting(draft.id);
    else refused += 1;
  }
  if (refused) said.textContent = `${refused} of them were not taken. Open each to see what is wrong.`;
  show();
}

if (isBlank) /** @type {HTMLInputElement} */ (form.elements.namedItem('record')).value ||= newId();
show();
window.addEventListener('online', async () => {
  if (!isBlank) await sendAll(false);
  else if (await drafts.isReachable()) openLive();
});
