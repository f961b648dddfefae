// @ts-check
/** What a verifier believes, and what it knows so far about one document. Mirrors Policy and Evidence of app/core/authenticity.py. */

/** @typedef {import('./trust-list.js').TrustList} TrustList */
/** @typedef {import('./trust-list.js').TrustedKey} TrustedKey */
/** @typedef {import('./trust-list.js').TrustedIssuer} TrustedIssuer */
/** @typedef {import('./keys.js').PublicKey} PublicKey */

/**
 * What a verifier believes, and what it has at hand. Everything is local; nothing is fetched. Times in ms.
 *
 * @typedef {object} Policy
 * @property {TrustList | null} trustList
 * @property {number | null} [trustListFetchedAt]
 * @property {ReadonlyMap<string, Uint8Array<ArrayBuffer>>} [statusLists] - credentials as stored, by address
 * @property {ReadonlySet<string>} [contexts]
 * @property {((url: string, document: any) => readonly string[] | null) | null} [schemaValidator] - what is wrong,
 *   one sentence each; null: no such schema here, or one that cannot be checked
 * @property {boolean} [schemaRequired]
 * @property {number} [maxAge] - how long a trust list or status list is believed
 * @property {import('./proof.js').Canonicalize | null} [canonicalize] - canonical N-Quads for RDFC proofs
 * @property {ReadonlyMap<string, Uint8Array<ArrayBuffer>>} [resources] - documents at hand, which a `relatedResource` may name
 * @property {boolean} [conformance] - test suites only: a did:key issuer counts as trusted, proofs may be in chains
 */

/** @typedef {{proof: any, byIssuer: boolean, trusted: TrustedKey | null, key: PublicKey | null, previous: any[]}} Signed
 *   `previous`: the proofs that it was made over as well, where it is part of a chain */

/**
 * What is known so far about one document. The steps fill it in, in order.
 *
 * @typedef {object} Evidence
 * @property {Uint8Array<ArrayBuffer>} data
 * @property {Policy} policy
 * @property {number} now
 * @property {number | null} provenAt
 * @property {number} maxTextBytes
 * @property {boolean} mayBeOver - whether a past `validUntil` is for the caller to weigh, as with an old status list
 * @property {import('./jose.js').Token | null} token - what carries the document, where it came in the JOSE form
 * @property {typeof import('./jose.js') | null} jose - loaded only for a token
 * @property {any} document
 * @property {string} issuerId
 * @property {string[]} types
 * @property {boolean} ours - uses the product's context, and so must keep to the whole profile
 * @property {Signed[]} signed
 * @property {number} unsupported
 * @property {TrustedIssuer | null} issuer
 * @property {boolean} isTrusted
 * @property {boolean} isSigned - a signature by the issuer's own key fits
 * @property {boolean} unfinished - a step was stopped for its time: the verdict cannot be better than unknown
 */

export const CREDENTIALS_V1_URL = 'https://www.w3.org/2018/credentials/v1';
export const CREDENTIALS_V2_URL = 'https://www.w3.org/ns/credentials/v2';
export const CONTEXT_URL = 'https://w3id.org/open-battery-passport/context/v1';
export const CONTEXTS = new Set([CREDENTIALS_V2_URL, CONTEXT_URL]);

const DAY = 24 * 3_600_000;

/**
 * @param {Uint8Array<ArrayBuffer>} data - stored bytes of one credential
 * @param {Policy} policy
 * @param {number} now - ms
 * @param {{provenAt?: number | null, maxTextBytes?: number, mayBeOver?: boolean}} [more]
 * @returns {Evidence}
 */
export function evidence(data, policy, now, { provenAt = null, maxTextBytes = 16_384, mayBeOver = false } = {}) {
  return {
    data, policy, now, provenAt, maxTextBytes, mayBeOver,
    token: null, jose: null, document: Object.create(null), issuerId: '', types: [], ours: false, signed: [], unsupported: 0, issuer: null,
    isTrusted: false, isSigned: false, unfinished: false,
  };
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {Evidence} e
 * @returns {number} ms for which a trust list or status list is believed
 */
export function maxAge(e) {
  return e.policy.maxAge ?? DAY;
}
