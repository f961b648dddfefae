// @ts-check
/**
 * JSON-LD contexts of the product: where this installation serves its own copy, and what the copy must hash to.
 * A context is never loaded from its own address (T20, T21). The list is app/core/data/contexts/manifest.json.
 */

import { sha256 } from './multibase.js';

/** @type {readonly {url: string, path: string, sha256: string}[]} */
export const CONTEXT_COPIES = [
  {
    url: 'https://www.w3.org/ns/credentials/v2',
    path: '/context/credentials-v2',
    sha256: '59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734',
  },
  {
    url: 'https://w3id.org/open-battery-passport/context/v1',
    path: '/context/v1',
    sha256: '217775b9f1b50c8c2b8a4826117363c3b79869b08d08f11611600b5b2786d111',
  },
];

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} expected - SHA-256 in hexadecimal
 * @returns {Promise<boolean>}
 */
export async function hasDigest(bytes, expected) {
  const digest = await sha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === expected;
}
