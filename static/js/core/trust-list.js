// @ts-check
/**
 * Trust lists: who may issue what, with which key, signed by an offline root (T4 to T7). The shape stands in
 * app/core/trust_shape.py; both read it alike: unknown members are refused, each root key counts once.
 */

import { loads, MalformedJson } from './json-strict.js';
import { jcsBytes } from './jcs.js';
import { verify } from './keys.js';
import { base58btcDecode, MalformedEncoding } from './multibase.js';
import { hasMembers, isObject, malformed, publicKey, readSigned, TrustListError } from './trust-shape.js';

export { TrustListError };

/** @typedef {import('./keys.js').PublicKey} PublicKey */
/** @typedef {import('./trust-shape.js').TrustList} TrustList */
/** @typedef {import('./trust-shape.js').TrustedIssuer} TrustedIssuer */
/** @typedef {import('./trust-shape.js').TrustedKey} TrustedKey */

const MAX_BYTES = 1_048_576;

/**
 * The trust list in `data`, once enough root keys have signed it.
 *
 * @param {Uint8Array} data
 * @param {any} root - parsed trust root, pinned
 * @param {number} now - ms
 * @param {number} [newestSeenVersion]
 * @returns {Promise<TrustList>}
 * @throws {TrustListError}
 */
export async function parseTrustList(data, root, now, newestSeenVersion = 0) {
  // (1) strict JSON, known members only
  const document = read(data);
  if (!hasMembers(document, ['signed', 'signatures'])) throw malformed('a trust list has the members signed and signatures');
  const { signed, signatures } = document;
  if (!isObject(signed)) throw malformed('signed: an object is expected');
  // (2) enough different root keys
  await requireThreshold(jcsBytes(signed), signatures, root);
  const trustList = readSigned(signed);
  // (3) no older than the newest seen
  if (trustList.version < newestSeenVersion) {
    throw new TrustListError('rolled-back', 'this trust list is older than one seen before');
  }
  // (4) not expired
  if (trustList.expires <= now) throw new TrustListError('expired', `this trust list ended on ${signed.expires}`);
  return trustList;
}

/**
 * The trust root, strictly read.
 *
 * @param {Uint8Array} data
 * @returns {any} `{version, threshold, keys: [{id, publicKeyMultibase}]}`
 * @throws {TrustListError}
 */
export function parseRoot(data) {
  const root = read(data);
  if (!isObject(root) || !Array.isArray(root.keys) || !Number.isInteger(root.threshold)) {
    throw malformed('a trust root has keys and a threshold');
  }
  return root;
}

/**
 * @param {Uint8Array} data
 * @returns {any}
 */
function read(data) {
  try {
    return loads(data, { bytes: MAX_BYTES });
  } catch (error) {
    if (error instanceof MalformedJson) throw malformed(error.message);
    throw error;
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} payload
 * @param {unknown} signatures
 * @param {any} root
 */
async function requireThreshold(payload, signatures, root) {
  if (!Number.isInteger(root.threshold) || root.threshold < 1) {
    throw new TrustListError('refused', 'the pinned root asks for no signature');
  }
  if (!Array.isArray(signatures) || signatures.length > 32) throw malformed('a list of at most 32 signatures is expected');
  /** @type {Map<string, string>} */
  const keys = new Map(root.keys.map((/** @type {any} */ key) => [key.id, key.publicKeyMultibase]));
  const good = new Set();
  for (const one of signatures) {
    if (!hasMembers(one, ['keyId', 'signature'])) throw malformed('keyId and signature are expected');
    const multikey = keys.get(one.keyId);
    if (multikey === undefined || typeof one.signature !== 'string' || one.signature[0] !== 'z') continue;
    const key = publicKey(multikey);
    if (key.kind === 'P-256' && await isSignature(key, payload, one.signature)) good.add(multikey);
  }
  if (good.size < root.threshold) {
    throw new TrustListError('refused', `${root.threshold} root signatures are needed; ${good.size} hold`);
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
