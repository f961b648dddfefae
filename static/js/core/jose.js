// @ts-check
/**
 * The JOSE form of a credential: a compact JWS over the unsecured document (VC-JOSE-COSE 1.0, 3.1; RFC 7515; T31).
 * Mirrors app/core/jose.py. Loaded only when such a token is met.
 */

import { isObject } from './evidence.js';
import { loads, MalformedJson } from './json-strict.js';
import { verify } from './keys.js';
import { base64urlDecode, MalformedEncoding } from './multibase.js';
import { Finding } from './report.js';

/** @typedef {import('./keys.js').PublicKey} PublicKey */

/**
 * A compact JWS, taken apart and not yet believed.
 *
 * @typedef {object} Token
 * @property {Record<string, any>} header
 * @property {Uint8Array<ArrayBuffer>} payload
 * @property {Uint8Array<ArrayBuffer>} signingInput
 * @property {Uint8Array<ArrayBuffer>} signature
 */

const MAX_HEADER_BYTES = 16_384;

/** The one kind of key that each algorithm goes with. */
const KEY_KINDS = new Map([['ES256', 'P-256'], ['ES384', 'P-384'], ['EdDSA', 'Ed25519']]);

/** Every other one is refused: crit, b64, jku, jwk, x5u and whatever comes after them. */
const HEADER_MEMBERS = new Set(['alg', 'typ', 'cty', 'kid', 'iat', 'iss', 'nbf', 'exp', 'x5c']);
const TIMES = ['iat', 'nbf', 'exp'];
const LATEST = 253_402_300_799;

/**
 * Take a token apart: three parts in their one spelling, the header strictly read.
 *
 * @param {Uint8Array<ArrayBuffer>} data
 * @returns {Token}
 * @throws {Finding} PARSING_ERROR, MALFORMED_VALUE_ERROR, UNSUPPORTED_CRYPTOSUITE
 */
export function read(data) {
  const parts = new TextDecoder('latin1').decode(data).split('.');
  if (parts.length !== 3 || parts.includes('')) throw unreadable();
  try {
    const [rawHeader, payload, signature] = parts.map(base64urlDecode);
    const header = loads(rawHeader, { bytes: MAX_HEADER_BYTES });
    if (!isObject(header)) throw unreadable();
    requireHeader(header);
    return { header, payload, signature, signingInput: data.slice(0, data.lastIndexOf(0x2e)) };
  } catch (error) {
    if (error instanceof MalformedEncoding || error instanceof MalformedJson) throw unreadable();
    throw error;
  }
}

/** @param {Record<string, any>} header */
function requireHeader(header) {
  const { typ, cty = 'vc', x5c = [''], alg } = header;
  if (!Object.keys(header).every((name) => HEADER_MEMBERS.has(name)) || typ !== 'vc+jwt' || cty !== 'vc') {
    throw malformed('The token is of a kind that we do not take.');
  }
  if (!Array.isArray(x5c) || !x5c.length || x5c.length > 8 || !x5c.every((one) => typeof one === 'string')) {
    throw malformed('The token carries certificates in a wrong form.');
  }
  if (!KEY_KINDS.has(alg)) throw new Finding('UNSUPPORTED_CRYPTOSUITE', 'The record is signed in a way we do not take.');
}

/**
 * No `vc` or `vp` claim, no proof inside; what header and claims say must be what the document says.
 *
 * @param {Token} token
 * @param {Record<string, any>} document
 * @param {string} issuerId
 * @throws {Finding} MALFORMED_VALUE_ERROR
 */
export function requireClaims({ header }, document, issuerId) {
  if (['vc', 'vp', 'proof'].some((name) => name in document)) throw malformed('The token does not hold a plain record.');
  const { credentialSubject: subject } = document;
  const other = 'The token says other things than its record.';
  /** @type {[string, unknown][]} */
  const expected = [['iss', issuerId], ['sub', isObject(subject) ? subject.id : undefined], ['jti', document.id]];
  for (const where of [header, document]) {
    for (const [name, value] of expected) {
      if (name in where && (value === undefined || where[name] !== value)) throw malformed(other);
    }
    for (const name of TIMES) {
      if (name in where && !isTime(where[name])) throw malformed('The token has a date that is none.');
    }
  }
  for (const name of TIMES) {
    if (name in header && name in document && header[name] !== document[name]) throw malformed(other);
  }
}

/**
 * What its header and claims say, in the words of a proof, so that later checks are the same.
 *
 * @param {Token} token
 * @param {Record<string, any>} document
 * @returns {Record<string, any>}
 */
export function options({ header }, document) {
  /** @type {Record<string, any>} */
  const found = { cryptosuite: header.alg, proofPurpose: 'assertionMethod', verificationMethod: header.kid };
  for (const [claim, name] of [['iat', 'created'], ['exp', 'expires']]) {
    const at = header[claim] ?? document[claim];
    if (at !== undefined) found[name] = new Date(at * 1000).toISOString();
  }
  return found;
}

/**
 * @param {Token} token
 * @param {Record<string, any>} document
 * @returns {number | null} ms; `nbf`, the time from which on the token is to be taken
 */
export function notBefore({ header }, document) {
  const at = header.nbf ?? document.nbf;
  return at === undefined ? null : at * 1000;
}

/**
 * @param {PublicKey} key
 * @param {string} algorithm
 * @returns {boolean}
 */
export function fitsAlgorithm(key, algorithm) {
  return KEY_KINDS.get(algorithm) === key.kind;
}

/**
 * @param {Token} token
 * @param {PublicKey} key
 * @returns {Promise<void>}
 * @throws {Finding}
 */
export async function verifyToken(token, key) {
  if (!await verify(key, token.signingInput, token.signature)) {
    throw new Finding('PROOF_VERIFICATION_ERROR', 'the signature does not fit the token');
  }
}

/**
 * @param {unknown} value
 * @returns {boolean} a NumericDate in whole seconds
 */
function isTime(value) {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LATEST;
}

/** @param {string} sentence */
function malformed(sentence) {
  return new Finding('MALFORMED_VALUE_ERROR', sentence);
}

function unreadable() {
  return new Finding('PARSING_ERROR', 'The record is damaged and cannot be read.');
}
