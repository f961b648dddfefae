// @ts-check
/**
 * Members of a credential that a passport seldom has: words in languages, related resources by any digest (VC Data Model
 * 2.0, 4.6, 5.3, 11.1). Loaded only where they are met. Mirrors app/core/credential_form.py and form_values.py.
 */

import { isObject } from './evidence.js';
import { iri, malformed, objects } from './form-values.js';
import { base58btcDecode, base64urlDecode, MalformedEncoding } from './multibase.js';

const MAX_RESOURCES = 64;
const LANGUAGE = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/;
const SRI = /^(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})$/;

/** Bytes of each digest, and the two with which its multihash begins. @type {Readonly<Record<string, number[]>>} */
const DIGESTS = { sha256: [32, 0x12, 0x20], sha384: [48, 0x20, 0x30], sha512: [64, 0x13, 0x40] };

/**
 * @param {Record<string, any>} d
 * @throws {import('./report.js').Finding}
 */
export function requireMembers(d) {
  if ('relatedResource' in d) requireResources(d.relatedResource);
  for (const holder of [d, isObject(d.issuer) ? d.issuer : {}]) {
    for (const name of ['name', 'description']) if (name in holder) requireWords(holder[name], name);
  }
}

/** @param {unknown} value */
function requireResources(value) {
  const name = 'relatedResource';
  const entries = objects(value, name, MAX_RESOURCES);
  for (const entry of entries) {
    iri(entry.id, name);
    digests(entry, name);
    if (typeof (entry.mediaType ?? '') !== 'string') throw malformed(name);
  }
  if (new Set(entries.map((entry) => entry.id)).size !== entries.length) throw malformed(name);
}

/**
 * A text, or a language value object, or a list of them.
 *
 * @param {unknown} value
 * @param {string} name
 */
function requireWords(value, name) {
  for (const one of Array.isArray(value) ? value : [value]) {
    if (typeof one === 'string') continue;
    const { '@value': text, '@language': language = 'en', '@direction': direction = 'ltr', ...rest } = isObject(one) ? one : {};
    if (typeof text !== 'string' || typeof language !== 'string' || !LANGUAGE.test(language)
      || !['ltr', 'rtl'].includes(direction) || Object.keys(rest).length) {
      throw malformed(name);
    }
  }
}

/**
 * @param {Record<string, any>} entry
 * @param {string} name
 * @returns {{algorithm: string, digest: Uint8Array}[]} of each `digestSRI` and `digestMultibase`; at least one
 */
export function digests(entry, name) {
  const { digestSRI: sri = '', digestMultibase: multibase = '' } = entry;
  if (typeof sri !== 'string' || typeof multibase !== 'string') throw malformed(name);
  const found = 'digestSRI' in entry ? sri.split(' ').map((one) => readSri(one, name)) : [];
  if ('digestMultibase' in entry) found.push(readMultihash(multibase, name));
  if (!found.length) throw malformed(name);
  return found;
}

/**
 * @param {string} text
 * @param {string} name
 */
function readSri(text, name) {
  const [, algorithm = '', base64 = ''] = SRI.exec(text) ?? [];
  if (!algorithm || base64.length % 4) throw malformed(name);
  const digest = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  if (digest.length !== DIGESTS[algorithm][0]) throw malformed(name);
  return { algorithm, digest };
}

/**
 * @param {string} text
 * @param {string} name
 */
function readMultihash(text, name) {
  try {
    if (text[0] !== 'z' && text[0] !== 'u') throw malformed(name);
    const bytes = (text[0] === 'z' ? base58btcDecode : base64urlDecode)(text.slice(1));
    for (const [algorithm, [length, first, second]] of Object.entries(DIGESTS)) {
      if (bytes.length === length + 2 && bytes[0] === first && bytes[1] === second) {
        return { algorithm, digest: bytes.subarray(2) };
      }
    }
  } catch (error) {
    if (!(error instanceof MalformedEncoding)) throw error;
  }
  throw malformed(name);
}
