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
const path = location.pathname + location.search;
const title = document.querySelector('h1')?.textContent ?? '';

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
  if (button instanceof HTMLButtonElement && button.name === 'add') {
    drafts.forgetOpen(path);
    return;
  }
  event.preventDefault();
  if (await drafts.isReachable()) {
    drafts.forgetOpen(path);
    form.submit();
    return;
  }
  const fields = drafts.fieldsOf(form);
  const id = fields.find(([name]) => name === 'record')?.[1] ?? '';
  drafts.keepWaiting({ id, path: location.pathname, title, at: new Date().toISOString(), fields });
  drafts.forgetOpen(path);
  form.reset();
  /** @type {HTMLInputElement} */ (form.elements.namedItem('record')).value = newId();
  said.textContent = 'There is no network. The record waits on this device and can be sent later.';
  show();
});

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
    h('p', { class: 'actions' }, h('button', { type: 'button', class: 'button', onclick: sendAll }, 'Send now')),
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

/** Send what waits; what is refused stays, to be opened and mended. */
async function sendAll() {
  let refused = 0;
  for (const draft of drafts.waiting()) {
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

show();
window.addEventListener('online', sendAll);
