// @ts-check
/**
 * Whom this device believes: the trust root, pinned when it is first seen, and the newest trust list (T5, T56).
 * A changed root is an alarm, an older list is refused, and a clock that was set back does not make old news fresh.
 */

import { parseRoot, parseTrustList, TrustListError } from '../core/trust-list.js';
import * as storage from '../device/storage.js';
import { fetchBytes, fetchPublic, forgetRecent, NotThere, Unreachable } from './fetching.js';

/** @typedef {import('../core/trust-list.js').TrustList} TrustList */
/** @typedef {'root-changed' | 'refused' | 'rolled-back' | 'expired' | 'malformed' | 'unreachable'} TrustProblem */

/**
 * @typedef {object} Trust
 * @property {TrustList | null} list
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
    const [root, list] = await Promise.all([fetchPublic('/trust/root.json'), fetchPublic('/trust/list.json')]);
    trust.fetchedAt = list.fetchedAt;
    trust.fromStore = list.fromStore;
    const pinned = await storage.get('root');
    if (pinned && !sameBytes(pinned, root.bytes)) return { ...trust, problem: 'root-changed' };
    const newestVersion = Number(await storage.get('newest-version')) || 0;
    trust.list = await parseTrustList(list.bytes, parseRoot(root.bytes), now, newestVersion);
    await remember(root.bytes, trust.list, list.fromStore ? 0 : list.fetchedAt, newestSeen, newestVersion);
  } catch (error) {
    if (error instanceof TrustListError) trust.problem = error.problem;
    else if (error instanceof Unreachable || error instanceof NotThere) trust.problem = 'unreachable';
    else throw error;
  }
  return trust;
}

/**
 * Believe the root that the server shows now. Only for a person who was told so by whoever runs this installation.
 *
 * @returns {Promise<void>}
 */
export async function acceptNewRoot() {
  forgetRecent();
  const { bytes } = await fetchBytes('/trust/root.json', { cache: 'reload', credentials: 'omit' });
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

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 * @returns {boolean}
 */
function sameBytes(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
