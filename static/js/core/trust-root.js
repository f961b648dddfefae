// @ts-check
/**
 * Trust roots: which keys, and how many of them, must sign a trust list; and how one root follows another. Mirrors
 * app/core/trust_root.py, where the two forms stand.
 */

import { loads, MalformedJson } from './json-strict.js';
import { jcsBytes } from './jcs.js';
import { verify } from './keys.js';
import { base58btcDecode, MalformedEncoding } from './multibase.js';
import { parseTime } from './times.js';
import { hasMembers, malformed, publicKey, TrustListError } from './trust-shape.js';

/** @typedef {import('./keys.js').PublicKey} PublicKey */

const MAX_BYTES = 65_536;
const MAX_KEYS = 16;
const MAX_SIGNATURES = 32;
const MEMBERS = ['version', 'threshold', 'keys'];

/**
 * A root of either form, strictly read; whether it is to be believed is another question.
 *
 * @param {Uint8Array} data
 * @returns {any}
 * @throws {TrustListError}
 */
export function parseRoot(data) {
  const document = strictly(data, MAX_BYTES);
  if (hasMembers(document, ['signed', 'signatures'])) {
    requireForm(document.signed, [...MEMBERS, 'type', 'issued']);
    if (document.signed.version < 2) throw malformed('a signed root has a version from 2');
  } else {
    requireForm(document, MEMBERS);
    if (document.version !== 1) throw malformed('a root of this version is signed');
  }
  return document;
}

/**
 * The newest root, reached from `pinned` over the roots `later`, in order, without a gap.
 *
 * @param {any} pinned
 * @param {readonly Uint8Array[]} later
 * @returns {Promise<any>}
 * @throws {TrustListError}
 */
export async function walkRoots(pinned, later) {
  let root = pinned;
  for (const data of later) {
    const following = parseRoot(data);
    if (!following.signed || following.signed.version !== rootVersion(root) + 1) {
      throw new TrustListError('refused', 'a trust root must follow the one before it, without a gap');
    }
    for (const judge of [root, following]) await requireThreshold(following.signed, following.signatures, judge);
    root = following;
  }
  return root;
}

/** Steps from a pinned root to the newest that are walked without asking anybody. */
const MAX_STEPS = 64;

/**
 * What a device that pinned `pinned` makes of the root `shown`: the same, one that properly follows, one that is older
 * than the pinned one, or another one altogether. Only the first two are to be used.
 *
 * @param {any} pinned
 * @param {any} shown
 * @param {(version: number) => Promise<Uint8Array>} rootAt - the root of a version, as served
 * @returns {Promise<'same' | 'follows' | 'older' | 'other'>}
 */
export async function compareRoots(pinned, shown, rootAt) {
  if (isSameRoot(pinned, shown)) return 'same';
  const steps = rootVersion(shown) - rootVersion(pinned);
  if (steps < 0) return 'older';
  if (steps === 0 || steps > MAX_STEPS) return 'other';
  const versions = Array.from({ length: steps }, (_, at) => rootVersion(pinned) + 1 + at);
  const later = await Promise.all(versions.map(rootAt));
  try {
    return isSameRoot(await walkRoots(pinned, later), shown) ? 'follows' : 'other';
  } catch (error) {
    if (error instanceof TrustListError) return 'other';
    throw error;
  }
}

/**
 * @param {any} root
 * @returns {number}
 */
export function rootVersion(root) {
  return (root.signed ?? root).version;
}

/**
 * Whether two roots say the same, however they are written.
 *
 * @param {any} left
 * @param {any} right
 * @returns {boolean}
 */
export function isSameRoot(left, right) {
  const [one, other] = [jcsBytes(left.signed ?? left), jcsBytes(right.signed ?? right)];
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/**
 * At least `threshold` different keys of `root` signed. Each counts once, however often it signed.
 *
 * @param {any} signed
 * @param {unknown} signatures
 * @param {any} root
 * @throws {TrustListError}
 */
export async function requireThreshold(signed, signatures, root) {
  const { threshold, keys: listed } = root.signed ?? root;
  if (!Number.isInteger(threshold) || threshold < 1) {
    throw new TrustListError('refused', 'the pinned root asks for no signature');
  }
  if (!Array.isArray(signatures) || signatures.length > MAX_SIGNATURES) {
    throw malformed(`a list of at most ${MAX_SIGNATURES} signatures is expected`);
  }
  /** @type {Map<string, string>} */
  const keys = new Map(listed.map((/** @type {any} */ key) => [key.id, key.publicKeyMultibase]));
  const payload = jcsBytes(signed);
  const good = new Set();
  for (const one of signatures) {
    if (!hasMembers(one, ['keyId', 'signature'])) throw malformed('keyId and signature are expected');
    const multikey = keys.get(one.keyId);
    if (multikey === undefined || typeof one.signature !== 'string' || one.signature[0] !== 'z') continue;
    const key = publicKey(multikey);
    if (key.kind === 'P-256' && await isSignature(key, payload, one.signature)) good.add(multikey);
  }
  if (good.size < threshold) {
    throw new TrustListError('refused', `${threshold} root signatures are needed; ${good.size} hold`);
  }
}

/**
 * @param {Uint8Array} data
 * @param {number} bytes - limit
 * @returns {any}
 * @throws {TrustListError}
 */
export function strictly(data, bytes) {
  try {
    return loads(data, { bytes });
  } catch (error) {
    if (error instanceof MalformedJson) throw malformed(error.message);
    throw error;
  }
}

/**
 * @param {PublicKey} key
 * @param {Uint8Array<ArrayBuffer>} payload
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function isSignature(key, payload, text) {
  try {
    return await verify(key, payload, base58btcDecode(text.slice(1)));
  } catch (error) {
    if (error instanceof MalformedEncoding) return false;
    throw error;
  }
}

/**
 * @param {any} root
 * @param {string[]} members
 */
function requireForm(root, members) {
  if (!hasMembers(root, members)) throw malformed('a trust root has version, threshold and keys, and no unknown member');
  if (members.includes('type') && root.type !== 'TrustRoot') throw malformed('type TrustRoot is expected');
  if (members.includes('issued') && parseTime(root.issued) === null) throw malformed('a date and time with zone is expected');
  const { version, threshold, keys } = root;
  if (!Number.isInteger(version) || version < 1) throw malformed('a version from 1 is expected');
  if (!Array.isArray(keys) || keys.length < 1 || keys.length > MAX_KEYS) throw malformed(`1 to ${MAX_KEYS} keys are expected`);
  for (const key of keys) {
    const fits = hasMembers(key, ['id', 'publicKeyMultibase'])
      && Object.values(key).every((value) => typeof value === 'string' && value !== '');
    if (!fits) throw malformed('id and publicKeyMultibase are expected');
    if (publicKey(key.publicKeyMultibase).kind !== 'P-256') throw malformed('root keys are P-256 keys');
  }
  for (const name of ['id', 'publicKeyMultibase']) {
    if (new Set(keys.map((key) => key[name])).size !== keys.length) throw malformed('each key and each name stands there once');
  }
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > keys.length) {
    throw malformed('a number from 1 to that of the keys is expected');
  }
}
