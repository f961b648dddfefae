// @ts-check
/**
 * Whom this device believes: the trust root, pinned when it is first seen, and the newest trust list (T5, T56).
 * A root that does not follow the pinned one is an alarm, an older list is refused, and a clock that was set back does not make old news fresh.
 */

import { parseTrustList, TrustListError } from '../core/trust-list.js';
import { compareRoots, parseRoot } from '../core/trust-root.js';
import * as storage from '../device/storage.js';
import { fetchBytes, fetchPublic, forgetRecent, NotThere, Unreachable } from './fetching.js';

/** @typedef {import('../core/trust-list.js').TrustList} TrustList */
/** @typedef {'root-changed' | 'root-rolled-back' | 'refused' | 'rolled-back' | 'expired' | 'malformed' | 'unreachable'} TrustProblem */

const ROOT = '/trust/root.json';
const LIST = '/trust/list.json';

/**
 * @typedef {object} Trust
 * @property {TrustList | null} list - one that has ended is here, too: the verifier says how old it is
 * @property {TrustProblem | null} problem
 * @property {number | null} fetchedAt - ms
 * @property {boolean} fromStore
 * @property {number} now - ms; never before the newest time that this device has seen
 */

/** @returns {Promise<Trust>} */
export async function currentTrust() {
  const newestSeen = Number(await storage.get('newest-time')) || 0;
  const now = Math.max(Date.now(), newestSeen);
  /** @type {Trust} */
  const trust = { list: null, problem: null, fetchedAt: null, fromStore: false, now };
  try {
    // Asked anew each time: whom a list of a moment ago suspended is not believed for another minute.
    const [root, list] = await Promise.all([fetchPublic(ROOT, 'no-cache'), fetchPublic(LIST, 'no-cache')]);
    trust.fetchedAt = list.fetchedAt;
    trust.fromStore = list.fromStore;
    const shown = parseRoot(root.bytes);
    trust.problem = await rootProblem(shown);
    if (trust.problem) return trust;
    const newestVersion = Number(await storage.get('newest-version')) || 0;
    trust.list = await parseTrustList(list.bytes, shown, now, newestVersion);
    await remember(root.bytes, trust.list, list.fromStore ? 0 : list.fetchedAt, newestSeen, newestVersion);
  } catch (error) {
    if (error instanceof TrustListError) [trust.problem, trust.list] = [error.problem, error.list];
    else if (error instanceof Unreachable || error instanceof NotThere) trust.problem = 'unreachable';
    else throw error;
  }
  return trust;
}

/**
 * Whether the root that the server shows is the pinned one, or properly follows it: then nobody need be asked.
 *
 * @param {any} shown
 * @returns {Promise<TrustProblem | null>}
 */
async function rootProblem(shown) {
  const pinned = await storage.get('root');
  if (!pinned) return null; // first use: pinned once a list that it signed was read
  const found = await compareRoots(parseRoot(pinned), shown, async (version) => {
    try {
      return (await fetchPublic(`/trust/roots/${version}.json`)).bytes;
    } catch (error) {
      if (error instanceof NotThere) return new Uint8Array(); // a step that lacks is no step
      throw error;
    }
  });
  return { same: null, follows: null, older: /** @type {const} */ ('root-rolled-back'), other: /** @type {const} */ ('root-changed') }[found];
}

/**
 * Believe the root that the server shows now. Only for a person who was told so by whoever runs this installation.
 *
 * @returns {Promise<void>}
 */
export async function acceptNewRoot() {
  forgetRecent();
  const { bytes } = await fetchBytes(ROOT, { cache: 'reload', credentials: 'omit' });
  parseRoot(bytes);
  await storage.put('root', bytes);
  await storage.put('newest-version', 0);
}

/**
 * @param {Uint8Array} rootBytes
 * @param {TrustList} list
 * @param {number} serverTime - ms, 0 when the answer came from the store
 * @param {number} newestSeen
 * @param {number} newestVersion
 */
async function remember(rootBytes, list, serverTime, newestSeen, newestVersion) {
  await storage.put('root', rootBytes);
  if (list.version > newestVersion) await storage.put('newest-version', list.version);
  const newest = Math.max(newestSeen, list.issued, serverTime);
  if (newest > newestSeen) await storage.put('newest-time', newest);
}
