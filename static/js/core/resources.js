// @ts-check
/** Documents at hand that a `relatedResource` names by digest (VC Data Model 2.0, 5.3). See app/core/link_check.py. */

import { digests } from './form-members.js';
import { objects } from './form-values.js';
import { Finding } from './report.js';

/** @typedef {import('./evidence.js').Evidence} Evidence */

/**
 * @param {Evidence} e
 * @returns {Promise<void>}
 * @throws {Finding} LINK_DIGEST_MISMATCH
 */
export async function requireDigests({ document, policy }) {
  if (!('relatedResource' in document)) return;
  for (const entry of objects(document.relatedResource, 'relatedResource', Infinity)) {
    const data = policy.resources?.get(entry.id);
    if (!data) continue;
    for (const { algorithm, digest } of digests(entry, 'relatedResource')) {
      const found = new Uint8Array(await crypto.subtle.digest(algorithm.replace('sha', 'SHA-'), data));
      if (!found.every((byte, at) => byte === digest[at])) {
        throw new Finding('LINK_DIGEST_MISMATCH', 'A document that the record names is not the one at hand.');
      }
    }
  }
}
