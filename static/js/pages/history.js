// @ts-check
/**
 * A mark beside each version of a passport's history, once this device has checked its bytes itself: the signature, the
 * digest that the page names, and the entry in the public log. No mark is green before that; the page works without.
 */

import './app.js';
import { fetchBytes, NotThere, Unreachable } from '../services/fetching.js';
import { check } from '../services/verifying.js';
import { byId, h, icon } from '../view/dom.js';

/** @typedef {import('../core/report.js').Report} Report */
/** @typedef {import('../core/verdict.js').Situation} Situation */
/** @typedef {{outcome: 'checked' | 'not-checked' | 'failed', sentence: string}} Mark */

/** Without one of these a version does not count as checked; where one of the others fails, it has failed all the same. */
const NEEDED = ['signature-jcs', 'key', 'time', 'log', 'binding'];

/** @type {Mark} */
const REPLACED = {
  outcome: 'not-checked',
  sentence: 'Not relied on: the key of this version fell into wrong hands later. A newer version stands above.',
};

const STYLE = /** @type {const} */ ({
  checked: { className: 'mark mark--good', icon: 'valid' },
  'not-checked': { className: 'mark', icon: 'not-checked' },
  failed: { className: 'mark mark--bad', icon: 'altered' },
});

/**
 * @param {HTMLElement} row
 * @returns {Promise<Mark>}
 */
async function judge({ dataset: { url = '', subject = '', digest = '', version: isSuperseded } }) {
  const { pathname } = new URL(url, location.href);
  let bytes;
  let logProof;
  try {
    // Not as a passport's record: what is kept on this device for later is the newest version alone.
    [{ bytes }, logProof] = await Promise.all([fetchBytes(pathname), proofOf(pathname)]);
  } catch (error) {
    if (error instanceof Unreachable) return notChecked('there is no connection.');
    if (error instanceof NotThere) return notChecked('the signed file could not be loaded.');
    throw error;
  }
  const origin = new URL(subject).origin;
  const { report, situation } = await check(bytes, { origin, expectedSubject: subject, logProof, withStatus: false });
  if (report.digest !== digest) return failed('The file is not the one that this history names.');
  if (isSuperseded && report.checks.some(({ error }) => error === 'KEY_REVOKED')) return REPLACED;
  return told(report, situation, logProof !== null);
}

/**
 * @param {string} pathname - of the version
 * @returns {Promise<string | null>} null where the server has no proof of an entry
 */
async function proofOf(pathname) {
  try {
    return new TextDecoder().decode((await fetchBytes(`${pathname}/log-proof`)).bytes);
  } catch (error) {
    if (error instanceof NotThere) return null;
    throw error;
  }
}

/**
 * @param {Report} report
 * @param {Situation} situation
 * @param {boolean} hasProof
 * @returns {Mark}
 */
function told({ checks }, situation, hasProof) {
  const broken = checks.find(({ outcome }) => outcome === 'failed');
  if (broken) return failed(broken.sentence);
  if (situation.trustProblem) return notChecked('the list of known signers is not to be trusted here just now.');
  if (situation.offline) return notChecked('there is no connection to ask who may sign today.');
  const open = checks.find(({ name, outcome }) => NEEDED.includes(name) && outcome !== 'passed');
  if (open?.name === 'log' && !hasProof) return notChecked('the server gives no proof of an entry in the public log.');
  if (open) return notChecked(lowered(open.sentence));
  return { outcome: 'checked', sentence: 'Checked on this device: signed, and entered in the public log.' };
}

/**
 * @param {string} why
 * @returns {Mark}
 */
function notChecked(why) {
  return { outcome: 'not-checked', sentence: `Not checked on this device: ${why}` };
}

/**
 * @param {string} why
 * @returns {Mark}
 */
function failed(why) {
  return {
    outcome: 'failed',
    sentence: `Failed on this device: ${lowered(why)} Do not rely on this version; save the file and report it to whoever runs this site.`,
  };
}

/** @param {string} sentence */
function lowered(sentence) {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/**
 * @param {HTMLElement} row
 * @param {Mark} mark
 */
function draw(row, { outcome, sentence }) {
  const place = /** @type {HTMLElement} */ (row.querySelector('[data-mark]'));
  place.className = STYLE[outcome].className;
  place.replaceChildren(icon(STYLE[outcome].icon), h('span', null, sentence));
}

/**
 * Of all marks together: red where one failed, green only where all are checked.
 *
 * @param {Mark[]} marks
 */
function summarize(marks) {
  const count = (/** @type {Mark['outcome']} */ outcome) => marks.filter((mark) => mark.outcome === outcome).length;
  const all = marks.length === 1 ? 'the one version' : `all ${marks.length} versions`;
  const said = count('failed')
    ? `${count('failed')} of ${marks.length} versions failed on this device. Look for the red marks below.`
    : count('checked') === marks.length
      ? `This device has checked ${all} on this page: signed, and entered in the public log.`
      : `This device has checked ${count('checked')} of ${marks.length} versions on this page.`;
  const outcome = count('failed') ? 'failed' : count('checked') === marks.length ? 'checked' : 'not-checked';
  const panel = byId('device-check');
  panel.className = `history__device ${STYLE[outcome].className}`;
  panel.replaceChildren(icon(STYLE[outcome].icon), h('span', null, said));
}

async function run() {
  const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-version]')]);
  if (!rows.length) return;
  /** @type {Mark[]} */
  const marks = [];
  for (const row of rows) { // one after the other: sixty at once would ask too much of server and phone
    marks.push(await judge(row));
    draw(row, marks[marks.length - 1]);
  }
  summarize(marks);
}

run();
