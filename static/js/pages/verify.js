// @ts-check
/** Any credential, judged twice: on this device and by the server, side by side. A difference is shown as such. */

import './app.js';
import { CHECK_NAMES, describe, OUTCOMES, shownChecks } from '../core/verdict.js';
import { check } from '../services/verifying.js';
import { batteryCard } from '../view/battery.js';
import { byId, h, icon, installationOrigin } from '../view/dom.js';
import { rootAlarm } from '../view/root-alarm.js';
import { checking, checkItem, technicalDetails, verdictCard } from '../view/verdict-card.js';

/** @typedef {import('../core/report.js').Report} Report */

const MAX_BYTES = 262_144;
const text = /** @type {HTMLTextAreaElement} */ (byId('credential'));
const file = /** @type {HTMLInputElement} */ (byId('file'));
const drop = byId('drop');
const result = byId('result');

/** Bytes of the chosen file, as long as the text beside them is what they say: a digest is over bytes, not text. */
let chosen = { text: '', bytes: new Uint8Array() };

/** @param {SubmitEvent} event */
async function judge(event) {
  event.preventDefault();
  const trimmed = text.value.trim();
  const pasted = trimmed[0] === 'e' ? trimmed : text.value; // a token has no line breaks
  const bytes = text.value === chosen.text && chosen.bytes.length ? chosen.bytes : new TextEncoder().encode(pasted);
  if (!bytes.length) return;
  result.setAttribute('aria-busy', 'true');
  result.replaceChildren(checking());
  const [device, server] = await Promise.all([
    check(bytes, { origin: installationOrigin(), withRdfc: true }),
    askServer(bytes),
  ]);
  result.replaceChildren(...answers(device, server));
  result.removeAttribute('aria-busy');
  result.focus({ preventScroll: true });
  result.scrollIntoView({ block: 'start' });
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<Report | string>} the report, or why there is none
 */
async function askServer(bytes) {
  if (bytes.length > MAX_BYTES) return 'Not sent: the record is larger than any passport may be.';
  try {
    const response = await fetch('/api/v1/verify', {
      method: 'POST',
      headers: { 'Content-Type': bytes[0] === 0x65 ? 'application/vc+jwt' : 'application/vc', Accept: 'application/json' },
      body: bytes,
    });
    if (response.status === 429) return 'The server asks for a pause. Try again in a minute.';
    if (!response.ok) return `The server did not judge it (${response.status}).`;
    const answer = await response.json();
    return {
      checks: answer.checks,
      verdict: answer.verdict,
      issuerId: answer.issuer?.id ?? null,
      issuerName: answer.issuer?.name ?? null,
      digest: answer.digestMultibase ?? '',
      ages: { trustList: null, statusLists: [], ...answer.ages },
      document: null,
    };
  } catch {
    return 'The server could not be reached.';
  }
}

/**
 * @param {Awaited<ReturnType<typeof check>>} device
 * @param {Report | string} server
 * @returns {HTMLElement[]}
 */
function answers({ report, situation, labels }, server) {
  const parts = [];
  const verdict = describe(report, situation);
  if (typeof server !== 'string') parts.push(comparison(report, server));
  if (situation.trustProblem === 'root-changed') {
    parts.push(rootAlarm(async () => {
      const { acceptNewRoot } = await import('../services/trust.js');
      await acceptNewRoot();
      /** @type {HTMLFormElement} */ (byId('form')).requestSubmit();
    }));
  }
  const plain = { offline: false, knownAt: null, trustProblem: null, now: situation.now };
  parts.push(h('div', { class: 'two' },
    column('device', 'On this device', verdict, report),
    typeof server === 'string'
      ? h('section', { class: 'stack' }, h('h2', null, 'By this server'),
        verdictCard({ state: 'missing', icon: 'not-checked', headline: 'No answer', sentence: server }))
      : column('server', 'By this server', serverWords(describe(server, plain)), server)));
  const isPassport = [report.document?.type].flat().some((type) => String(type).startsWith('BatteryPassport'));
  const isAgreed = typeof server === 'string' || describe(server, plain).showsData;
  if (isPassport && verdict.showsData && isAgreed) {
    const about = { trusted: verdict.trusted, dimmed: verdict.state === 'revoked', labels };
    parts.push(batteryCard(report.document, about));
  }
  const details = technicalDetails(verdict.showsData ? report : { ...report, document: null });
  parts.push(h('details', { class: 'more' }, h('summary', null, 'Key, digest and times'),
    h('dl', { class: 'pairs' }, ...details.map(([name, value]) =>
      h('div', null, h('dt', null, name), h('dd', { class: 'mono' }, value))))));
  return parts;
}

/** @param {import('../core/verdict.js').Verdict} verdict */
function serverWords(verdict) {
  return { ...verdict, sentence: verdict.sentence.replace('Checked now on this device.', 'Checked by this server.') };
}

/**
 * @param {string} id
 * @param {string} title
 * @param {import('../core/verdict.js').Verdict} verdict
 * @param {Report} report
 */
function column(id, title, verdict, report) {
  return h('section', { class: 'stack', 'aria-labelledby': `${id}-title` },
    h('h2', { id: `${id}-title` }, title),
    verdictCard(verdict),
    h('ol', { class: 'checks' }, ...shownChecks(report).map(checkItem)));
}

/**
 * Where the two answers differ, or that they do not: a difference is a fault of one of them (T22).
 *
 * @param {Report} device
 * @param {Report} server
 */
function comparison(device, server) {
  const differing = device.checks.filter((one, at) => {
    const other = server.checks[at];
    return !other || other.name !== one.name || other.outcome !== one.outcome || other.error !== one.error;
  });
  if (!differing.length && device.verdict === server.verdict) {
    return h('p', { class: 'banner banner--info', role: 'status' }, icon('passed'),
      h('span', null, 'This device and this server come to the same answer.'));
  }
  const said = differing.map((one) => {
    const other = server.checks.find((candidate) => candidate.name === one.name);
    return `${CHECK_NAMES.get(one.name) ?? one.name}: here ${OUTCOMES[one.outcome]}, there ${other ? OUTCOMES[other.outcome] : 'not made'}`;
  });
  return h('div', { class: 'banner banner--warn', role: 'status' }, icon('warning'), h('div', null,
    h('p', null, h('strong', null, 'This device and this server do not agree.')),
    h('p', null, 'One of them may lack something the other has. Believe the stricter one, and tell whoever runs this site.'),
    h('ul', { class: 'values' }, ...said.map((line) => h('li', null, line)))));
}

/** @param {File | undefined} one */
async function takeFile(one) {
  if (!one) return;
  if (one.size > 4 * MAX_BYTES) {
    result.replaceChildren(verdictCard({ state: 'unsupported', icon: 'unsupported', headline: 'Too large', sentence: 'No passport’s record is larger than 256 kB.' }));
    return;
  }
  const bytes = new Uint8Array(await one.arrayBuffer());
  text.value = new TextDecoder().decode(bytes);
  chosen = { text: text.value, bytes };
  /** @type {HTMLFormElement} */ (byId('form')).requestSubmit();
}

function ready() {
  byId('form').addEventListener('submit', judge);
  for (const id of ['file', 'file-label', 'drop-words']) byId(id).hidden = false;
  file.addEventListener('change', async () => {
    await takeFile(file.files?.[0]);
    file.value = '';
  });
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('scan__drop--over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('scan__drop--over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('scan__drop--over');
    takeFile(event.dataTransfer?.files[0]);
  });
}

ready();
