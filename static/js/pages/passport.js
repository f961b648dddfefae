// @ts-check
/**
 * A second opinion on the passport page: the same signed sections, fetched as bytes and checked on this device. The
 * page itself works without; where the two disagree, the stricter one is shown, and of an altered record nothing.
 */

import './app.js';
import { describe } from '../core/verdict.js';
import { fetchBytes, NotThere, Unreachable } from '../services/fetching.js';
import { check } from '../services/verifying.js';
import { byId, h, icon } from '../view/dom.js';
import { rootAlarm } from '../view/root-alarm.js';
import { checking, checkList, technicalDetails, verdictCard } from '../view/verdict-card.js';

/** @typedef {import('../core/verdict.js').Verdict} Verdict */
/** @typedef {import('../core/report.js').Report} Report */
/** @typedef {import('../core/verdict.js').Situation} Situation */
/**
 * @typedef {object} Section
 * @property {string} name
 * @property {string} title
 * @property {string} url
 * @property {string} subject
 * @property {string} digest - of the version that the page was drawn from
 * @property {string} logProof - address of the proof that this version is entered in the public log
 * @property {Uint8Array<ArrayBuffer>} bytes
 * @property {boolean} fromStore
 */
/** @typedef {{section: Section, report: Report, situation: Situation, verdict: Verdict}} Judged */

/** From the gravest to the best. */
const GRAVITY = ['altered', 'invalid', 'unsupported', 'revoked', 'unknown', 'offline', 'valid'];

const panel = byId('device-check');

/** Of the checks that were begun last: only they are shown. */
let turn = 0;
/** @type {HTMLElement[]} the lists of checks on the screen, one for each part */
let lists = [];

/** @returns {Promise<Section[]>} what this page is made of, as stored */
async function sections() {
  const cards = [...document.querySelectorAll('[data-verify]')];
  return Promise.all(cards.map(async (card) => {
    const { sectionUrl = '', section = '', subject = '', digest = '', logProof = '' } = /** @type {HTMLElement} */ (card).dataset;
    const url = new URL(sectionUrl, location.href);
    const credentials = section === 'public' ? 'omit' : 'same-origin'; // the public part may be kept on this device
    const { bytes, fromStore } = await fetchBytes(url.pathname, { accept: 'application/vc', credentials });
    const title = card.querySelector('h3')?.textContent ?? section;
    return { name: section, title, url: url.href, subject, digest, logProof, bytes, fromStore };
  }));
}

/**
 * @param {Section[]} all
 * @param {boolean} withRdfc
 * @param {boolean} [withLog] - also ask whether each part is entered in the public log
 * @returns {Promise<Judged[]>}
 */
async function judge(all, withRdfc, withLog = false) {
  const judged = [];
  for (const section of all) {
    // Each part is held against the others: model sections and unit sections against the public one, and back.
    const others = all.filter((other) => other !== section && (other.name === 'public' || section.name === 'public'));
    const ask = (/** @type {string | null} */ logProof) => check(section.bytes, {
      origin: new URL(section.subject || location.href).origin,
      expectedSubject: section.subject || null,
      linked: new Map(others.map((other) => [listedAs(other.url, all), other.bytes])),
      fromStore: section.fromStore,
      withRdfc,
      logProof,
    });
    let { report, situation } = await ask(null);
    const proof = withLog || isRevokedKey(report) ? await logProofOf(section, report) : null;
    if (proof) ({ report, situation } = await ask(proof));
    judged.push({ section, report, situation, verdict: describe(report, situation) });
  }
  return judged;
}

/** What the log says can save a record whose key was revoked later, so it is asked at once. @param {Report} report */
function isRevokedKey(report) {
  return report.checks.some(({ error }) => error === 'KEY_REVOKED');
}

/**
 * @param {Section} section
 * @param {Report} report
 * @returns {Promise<string | null>} null also when a newer version was made since the page was drawn
 */
async function logProofOf({ name, digest, logProof }, report) {
  if (report.digest !== digest || !logProof) return null;
  const credentials = name === 'public' ? 'omit' : 'same-origin';
  try {
    const { bytes } = await fetchBytes(new URL(logProof, location.href).pathname, { credentials });
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (error instanceof Unreachable || error instanceof NotThere) return null;
    throw error;
  }
}

/**
 * The public part names one version of each model section; the newest one is served at the address above it, and an
 * address as of a day names the version that stood then.
 *
 * @param {string} url
 * @param {Section[]} all
 * @returns {string}
 */
function listedAs(url, all) {
  const open = all.find((section) => section.name === 'public');
  const related = open ? addressesIn(open.bytes) : [];
  const newest = url.replace(/(\/sections\/[a-z]+)\/\d+$/, '$1');
  return related.find((address) => address.startsWith(`${newest}/`)) ?? newest;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {string[]} addresses of the parts that a public part lists
 */
function addressesIn(bytes) {
  try {
    const { relatedResource = [] } = JSON.parse(new TextDecoder().decode(bytes));
    return relatedResource.map((/** @type {{id: string}} */ entry) => String(entry.id));
  } catch {
    return []; // damaged: the checks say so
  }
}

/** @param {boolean} [withRdfc] */
async function run(withRdfc = false) {
  turn += 1;
  const mine = turn;
  panel.replaceChildren(checking());
  let all;
  try {
    all = await sections();
  } catch (error) {
    if (!(error instanceof Unreachable || error instanceof NotThere)) throw error;
    panel.replaceChildren(verdictCard({
      state: 'missing',
      icon: 'not-checked',
      headline: 'Not checked on this device',
      sentence: 'The signed files could not be loaded. Above is what the server said.',
    }, { small: true }));
    if (error instanceof Unreachable) serverIsSilent();
    return;
  }
  if (!all.length) {
    panel.replaceChildren();
    return;
  }
  const first = await judge(all, withRdfc);
  draw(first, withRdfc);
  const second = await judge(all, withRdfc, true); // the verdict stands already; the log may take its time
  if (mine !== turn) return;
  if (gravest(second).verdict.state !== gravest(first).verdict.state) draw(second, withRdfc);
  else checksOf(second).forEach((list, at) => takeOver(lists[at], list));
}

/**
 * What a newer list says, in the one on the screen: whoever opened that one, or stands on it, goes on reading.
 *
 * @param {HTMLElement} shown
 * @param {HTMLElement} newer
 */
function takeOver(shown, newer) {
  const [summary, ...rest] = newer.children;
  shown.firstElementChild?.replaceChildren(...summary.childNodes);
  while (shown.childElementCount > 1) shown.lastElementChild?.remove();
  shown.append(...rest);
}

/**
 * @param {Judged[]} judged
 * @returns {Judged}
 */
function gravest(judged) {
  return judged.reduce((left, right) =>
    (GRAVITY.indexOf(right.verdict.state) < GRAVITY.indexOf(left.verdict.state) ? right : left));
}

/** @param {Judged[]} judged */
function checksOf(judged) {
  const { showsData } = gravest(judged).verdict;
  return judged.map(({ section, report }) =>
    checkList(report, { title: section.title, details: showsData ? technicalDetails(report) : [] }));
}

/**
 * @param {Judged[]} judged
 * @param {boolean} withRdfc
 */
function draw(judged, withRdfc) {
  const { verdict, situation } = gravest(judged);
  const bad = !verdict.showsData;
  if (bad) hideEverything();
  else if (situation.offline) serverIsSilent(verdict.state === 'unknown');
  const server = serverCard();
  const isSame = server !== null && server.classList.contains(`verdict--${verdict.state}`);
  const parts = [verdictCard({
    ...verdict,
    headline: `On this device: ${verdict.headline.charAt(0).toLowerCase()}${verdict.headline.slice(1)}`,
    sentence: isSame ? '' : verdict.sentence, // the same words stand above
  }, { small: isSame || !bad })];
  if (server && !situation.offline && !sameAnswer(server.className, verdict.state)) {
    if (bad) {
      server.classList.replace('verdict--valid', 'verdict--missing');
      server.querySelector('.verdict__icon use')?.setAttribute('href', '#icon-question');
    }
    parts.push(h('p', { class: 'banner banner--warn' }, icon('warning'),
      h('span', null, 'This device and the server do not agree. Believe the stricter one, and tell whoever runs this site.')));
  }
  if (situation.trustProblem === 'root-changed') {
    parts.push(rootAlarm(async () => {
      const { acceptNewRoot } = await import('../services/trust.js');
      await acceptNewRoot();
      await run(withRdfc);
    }));
  }
  lists = checksOf(judged);
  const isMeaningOpen = judged.some(({ report }) =>
    report.checks.some((one) => one.name === 'signature-rdfc' && one.outcome === 'not-checked'));
  panel.replaceChildren(...parts, h('details', { class: 'more', open: bad },
    h('summary', null, 'What this device checked'),
    ...lists,
    !withRdfc && isMeaningOpen
      ? h('p', { class: 'actions' }, h('button', { type: 'button', class: 'button', onclick: () => run(true) }, 'Check the second signature, too'))
      : null));
  byId('device-says').textContent = `${verdict.headline}. ${verdict.sentence}`;
}

/**
 * @param {string} classes - of the server's card
 * @param {string} state - on this device
 */
function sameAnswer(classes, state) {
  if (state === 'valid' || state === 'offline') return /verdict--(?:valid|older)/.test(classes);
  if (state === 'unknown') return true; // a device may know less than the server
  return /verdict--(?:altered|invalid|revoked|unsupported)/.test(classes);
}

/** @returns {HTMLElement | null} what the server said when it made this page */
function serverCard() {
  return document.querySelector('.passport__verdict > .verdict');
}

/**
 * This page is a kept copy: what the server said in it is not of now, and past its time it is not said at all (T56).
 *
 * @param {boolean} [isPast]
 */
function serverIsSilent(isPast = false) {
  const card = serverCard();
  if (!card || card.dataset.silent) return;
  card.dataset.silent = '1';
  card.hidden = isPast;
  card.classList.replace('verdict--valid', 'verdict--offline');
  card.querySelector('.verdict__icon use')?.setAttribute('href', '#icon-offline');
  card.querySelector('.verdict__meta')?.append('. Not asked again now: this device has no connection.');
}

/** Of a record that does not hold, nothing stays on the screen, whatever the server drew. */
function hideEverything() {
  if (document.querySelector('.passport__nothing')) return; // the server did not show it either
  for (const part of document.querySelectorAll('main > *')) {
    if (!part.contains(panel)) /** @type {HTMLElement} */ (part).hidden = true;
  }
  panel.before(h('h1', { class: 'visually-hidden' }, 'Battery passport'));
}

panel.before(h('p', { id: 'device-says', class: 'visually-hidden', role: 'status' }));
run();
