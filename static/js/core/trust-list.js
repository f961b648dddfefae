// @ts-check
/**
 * Trust lists: who may issue what, with which key, signed by an offline root (T4 to T7). The shape stands in
 * app/core/trust_shape.py; both read it alike: unknown members are refused, each root key counts once.
 */

import { requireThreshold, strictly } from './trust-root.js';
import { hasMembers, isObject, malformed, readSigned, TrustListError } from './trust-shape.js';

export { TrustListError };

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
  const document = strictly(data, MAX_BYTES);
  if (!hasMembers(document, ['signed', 'signatures'])) throw malformed('a trust list has the members signed and signatures');
  const { signed, signatures } = document;
  if (!isObject(signed)) throw malformed('signed: an object is expected');
  // (2) enough different root keys
  await requireThreshold(signed, signatures, root);
  const trustList = readSigned(signed);
  // (3) no older than the newest seen
  if (trustList.version < newestSeenVersion) {
    throw new TrustListError('rolled-back', 'this trust list is older than one seen before');
  }
  // (4) not expired
  if (trustList.expires <= now) {
    throw new TrustListError('expired', `this trust list ended on ${signed.expires}`, trustList);
  }
  return trustList;
}
