// @ts-check
/**
 * Values that a credential is made of: IRIs, texts, words in a language, digests of resources (VC Data Model 2.0, 4.4
 * to 4.6, 5.3). Mirrors app/core/form_values.py.
 */

import { isObject } from './evidence.js';
import { base58btcDecode, base64urlDecode, MalformedEncoding } from './multibase.js';
import { Finding } from './report.js';
import { parseTime } from './times.js';

export const MAX_ENTRIES = 8;
const MAX_RESOURCES = 64;

const IRI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]+$/;
const LANGUAGE = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/;
const SRI = /^(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})$/;

/** Bytes of each digest, and the two with which its multihash begins. @type {Readonly<Record<string, number[]>>} */
const DIGESTS = { sha256: [32, 0x12, 0x20], sha384: [48, 0x20, 0x30], sha512: [64, 0x13, 0x40] };

/**
 * @param {string} name
 * @returns {Finding}
 */
export function malformed(name) {
  return new Finding('MALFORMED_VALUE_ERROR', `The entry ${name} is missing or has a wrong form.`);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string[]}
 */
export function texts(value, name) {
  const found = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(found) || !found.length || found.length > MAX_ENTRIES) throw malformed(name);
  if (!found.every((one) => typeof one === 'string' && one)) throw malformed(name);
  return found;
}

/**
 * @param {unknown} value - one object, or a list of some
 * @param {string} name
 * @param {number} [most]
 * @returns {Record<string, any>[]}
 */
export function objects(value, name, most = MAX_ENTRIES) {
  const found = isObject(value) ? [value] : value;
  if (!Array.isArray(found) || !found.length || !found.every(isObject)) throw malformed(name);
  if (found.length > most) throw new Finding('RESOURCE_LIMIT', `The record has too many entries in ${name}.`);
  return found;
}

/**
 * @param {unknown} value
 * @returns {boolean} an absolute address, of any scheme
 */
export function isIri(value) {
  return typeof value === 'string' && IRI.test(value);
}

/**
 * @param {any} value
 * @param {string} name
 * @returns {string}
 */
export function iri(value, name) {
  if (!isIri(value)) throw malformed(name);
  return value;
}

/**
 * @param {any} document
 * @param {string} name
 * @param {boolean} required
 * @returns {number | null} ms
 */
export function moment(document, name, required) {
  if (!(name in document) && !required) return null;
  const found = parseTime(document[name]);
  if (found === null) throw malformed(name);
  return found;
}

/**
 * Members of which each entry says of what type it is, and words for people.
 *
 * @param {Record<string, any>} d
 */
export function requireEntries(d) {
  for (const name of ['credentialStatus', 'credentialSchema', 'refreshService', 'termsOfUse', 'evidence']) {
    if (!(name in d)) continue;
    const isOurs = name.startsWith('credential');
    for (const entry of objects(d[name], name)) {
      if (isOurs && typeof entry.type !== 'string') throw malformed(name);
      if (texts(entry.type, name) && ('id' in entry || name === 'credentialSchema')) iri(entry.id, name);
    }
  }
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
