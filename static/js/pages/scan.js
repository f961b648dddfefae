// @ts-check
/** The scanner: a code by camera, photo, tag, hand scanner or keyboard; then its record, checked on this device. */

import './app.js';
import { isOwnHost, keyPath, read, tidy, typedHelp } from '../core/digital-link.js';
import * as nfc from '../device/nfc.js';
import { decode, DecoderError, photoBitmap, prepare } from '../services/decoding.js';
import { byId, h, icon, installationOrigin } from '../view/dom.js';
import * as camera from './scan-camera.js';

/** @typedef {import('../core/digital-link.js').BatteryKey} BatteryKey */
/** @typedef {import('../services/decoding.js').Found} Found */

const ORIGIN = installationOrigin();
const LEFT_AFTER_MS = 2_000;

const result = byId('result');
const choice = byId('choice');
const code = /** @type {HTMLInputElement} */ (byId('code'));
const help = byId('code-help');

/**
 * Codes that were dealt with are not taken again until they have left the picture: when each was seen last.
 *
 * @type {Map<string, number>}
 */
const dealtWith = new Map();

/** Loaded when first needed, and beforehand while nothing else is to do. */
const lazily = () => Promise.all([
  import('../services/resolving.js'),
  import('../services/verifying.js'),
  import('../core/verdict.js'),
  import('../view/scan-result.js'),
  import('../view/verdict-card.js'),
]);

// --- from a code to its record

/**
 * @param {string} text - what was read, as it was read
 */
async function open(text) {
  const scanned = read(text);
  const [, , , view] = await lazily();
  if (scanned.kind === 'text') {
    camera.feedback('bad');
    show(view.textResult(tidy(text), scanned.problem));
  } else if (scanned.kind !== 'link' && (scanned.host === null || isOurs(scanned.host))) {
    await openRecord(scanned.kind === 'battery' ? scanned.key : { uuid: scanned.uuid });
  } else if (scanned.kind === 'link' && isOurs(scanned.host)) {
    camera.feedback('bad');
    show([...view.textResult(scanned.url, 'It leads to another page of this site.'),
      h('p', { class: 'actions' }, h('a', { class: 'button', href: new URL(scanned.url).pathname }, 'Open that page'))]);
  } else {
    camera.feedback('bad');
    const url = scanned.kind === 'link' ? scanned.url : new URL(tidy(text)).href;
    const host = /** @type {string} */ (scanned.host);
    show(view.foreignResult(host, url, scanned.kind === 'battery' ? () => openRecord(scanned.key, host) : null));
  }
}

/** @param {string} host */
function isOurs(host) {
  return isOwnHost(location, host) || isOwnHost(/** @type {any} */ (new URL(ORIGIN)), host);
}

/**
 * @param {BatteryKey | {uuid: string}} which
 * @param {string | null} [elsewhere] - another host that the code named
 */
async function openRecord(which, elsewhere = null) {
  const [{ publicSection, ResolveError }, { check }, { describe }, view, { checking }] = await lazily();
  const number = 'uuid' in which ? which.uuid : `(01)${which.gtin}(21)${which.serial}`;
  result.setAttribute('aria-busy', 'true');
  result.replaceChildren(checking());
  try {
    const { bytes, fromStore } = await publicSection(which);
    const expectedSubject = 'uuid' in which ? null : `${ORIGIN}${keyPath(which)}`;
    const { report, situation, labels } = await check(bytes, { origin: ORIGIN, expectedSubject, fromStore });
    const verdict = describe(report, situation);
    camera.feedback(['valid', 'offline'].includes(verdict.state) ? 'good' : 'bad');
    show(view.recordResult({
      report,
      verdict,
      labels,
      elsewhere,
      problem: situation.trustProblem,
      onAcceptRoot: async () => {
        const { acceptNewRoot } = await import('../services/trust.js');
        await acceptNewRoot();
        await openRecord(which, elsewhere);
      },
    }), pageOf(report.document ?? which));
  } catch (error) {
    if (!(error instanceof ResolveError)) throw error;
    camera.feedback('bad');
    show(view.missingResult(error.problem, number));
  }
}

/**
 * @param {any} known - verified document, or the number that was asked for
 * @returns {string | null} path of the passport's page
 */
function pageOf(known) {
  if (known.uuid) return `/passports/${known.uuid}`;
  const uuid = /^urn:uuid:([0-9a-f-]{36})$/.exec(known.passport ?? '')?.[1];
  if (uuid) return `/passports/${uuid}`;
  return known.gtin ? keyPath(known) : null;
}

// --- what is shown

/**
 * @param {readonly HTMLElement[]} parts
 * @param {string | null} [page]
 */
function show(parts, page = null) {
  choice.hidden = true;
  restOfPage(false);
  const again = camera.isRunning()
    ? h('button', { type: 'button', class: 'button button--primary', onclick: next }, icon('scan'), 'Scan next')
    : h('button', { type: 'button', class: 'button button--primary', onclick: clear }, 'Another one');
  result.replaceChildren(...parts, h('div', { class: 'bottom-bar' },
    page ? h('a', { class: 'button', href: page }, icon('document'), 'Passport') : null, again));
  result.removeAttribute('aria-busy');
  byId('announcement').textContent = result.querySelector('.verdict__body')?.textContent ?? '';
  result.focus({ preventScroll: true });
  result.scrollIntoView({ block: 'start' });
}

function clear() {
  result.replaceChildren();
  byId('announcement').textContent = '';
  restOfPage(true);
  code.value = '';
  code.focus();
}

/**
 * One thing at a time: with a result on the screen, the ways in are put away. The camera's stream goes on.
 *
 * @param {boolean} isShown
 */
function restOfPage(isShown) {
  for (const id of ['camera-part', 'other']) byId(id).hidden = !isShown;
  byId('intro').classList.toggle('visually-hidden', !isShown || camera.isRunning()); // the heading stays for who listens
}

function next() {
  const now = performance.now();
  for (const text of dealtWith.keys()) dealtWith.set(text, now); // the pause does not count as having left
  result.replaceChildren();
  choice.hidden = true;
  restOfPage(true);
  camera.resume();
  byId('stage').scrollIntoView({ block: 'start' });
}

// --- ways in

/** @param {Found[]} found readable codes of one frame */
function fromFrame(found) {
  const now = performance.now();
  const texts = [...new Set(found.map((one) => one.text))];
  const fresh = texts.filter((text) => now - (dealtWith.get(text) ?? -Infinity) >= LEFT_AFTER_MS);
  for (const text of texts) dealtWith.set(text, now);
  if (!fresh.length) return;
  camera.pause();
  if (texts.length === 1) open(texts[0]);
  else pick(texts);
}

/** @param {string[]} texts */
async function pick(texts) {
  const [, , , view] = await lazily();
  camera.feedback('again');
  choice.replaceChildren(...view.pickList(texts.map((text) => {
    const scanned = read(text);
    const isBattery = scanned.kind === 'battery';
    return {
      label: isBattery ? `(01)${scanned.key.gtin}(21)${scanned.key.serial}` : tidy(text).slice(0, 80),
      note: scanned.kind === 'text' ? 'Not a battery’s code' : scanned.host ?? 'Number without a link',
      onPick: () => {
        choice.hidden = true;
        open(text);
      },
    };
  })));
  choice.hidden = false;
  choice.scrollIntoView({ block: 'start' });
}

async function fromPhoto() {
  const input = /** @type {HTMLInputElement} */ (byId('photo'));
  const file = input.files?.[0];
  if (!file) return;
  input.value = '';
  const [, , , view, { checking }] = await lazily();
  result.replaceChildren(checking());
  try {
    const { found } = await decode(await photoBitmap(file), 'photo');
    const texts = [...new Set(found.filter((one) => one.readable).map((one) => one.text))];
    if (texts.length === 1) await open(texts[0]);
    else if (texts.length) await pick(texts);
    else show(view.textResult(file.name, found.length ? 'There is a code in the photo, but it cannot be read. Closer, sharper or cleaner may help.' : 'There is no code in this photo that can be read.'));
    if (texts.length > 1) result.replaceChildren();
  } catch (error) {
    const isDecoder = error instanceof DecoderError;
    show(view.textResult(file.name, isDecoder ? 'The part that reads codes could not be loaded.' : 'This file is not a picture that can be read here.'));
  }
}

/** @param {SubmitEvent} event */
function fromTyping(event) {
  event.preventDefault();
  const { key } = typedHelp(code.value);
  const text = key ? `(01)${key.gtin}(21)${key.serial}` : code.value;
  const isLink = /^https?:/i.test(tidy(code.value));
  open(isLink ? code.value : text);
  if (isHand()) code.value = '';
}

function isHand() {
  return /** @type {HTMLInputElement} */ (byId('hand')).checked;
}

/** A hand scanner types: no screen keyboard, and the field stays ready. */
function toggleHand() {
  code.inputMode = isHand() ? 'none' : 'text';
  if (isHand()) code.focus();
}

/** @type {AbortController | null} */
let reading = null;

async function fromTag() {
  const note = byId('nfc-note');
  note.hidden = false;
  reading?.abort();
  reading = new AbortController();
  try {
    await nfc.listen(open, () => {
      note.textContent = 'A tag was there, but it could not be read. Hold it still, or it carries no link.';
    }, reading.signal);
    note.textContent = 'Hold the back of the phone to the tag.';
  } catch (error) {
    if (!(error instanceof nfc.NfcError)) throw error;
    note.textContent = {
      refused: 'Reading tags is not allowed here. Allow NFC for this site, and switch NFC on.',
      missing: 'This device has no NFC reader.',
      unreadable: 'NFC is in use by another app.',
      other: 'The NFC reader could not be started.',
    }[error.problem];
  }
}

function ready() {
  camera.attach(fromFrame);
  byId('ways').hidden = false;
  byId('hand-part').hidden = false;
  byId('photo').addEventListener('change', fromPhoto);
  byId('typed').addEventListener('submit', fromTyping);
  byId('hand').addEventListener('change', toggleHand);
  code.addEventListener('input', () => {
    help.textContent = typedHelp(code.value).hint;
  });
  code.addEventListener('blur', () => {
    if (isHand()) setTimeout(() => code.focus(), 200);
  });
  if (nfc.isAvailable()) {
    byId('nfc').hidden = false;
    byId('nfc').addEventListener('click', fromTag);
  } else if (nfc.systemReadsTags()) {
    byId('nfc-note').hidden = false;
    byId('nfc-note').textContent = 'NFC: close the camera, then hold the top of the phone to the tag.';
  }
  byId('start').addEventListener('pointerdown', prepare, { once: true });
  const idle = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ later) => setTimeout(later, 1500));
  idle(() => {
    lazily();
    prepare();
  });
}

ready();
