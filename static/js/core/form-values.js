// @ts-check
/**
 * Values that every credential is made of: IRIs, texts, moments, objects with a type (VC Data Model 2.0, 4.4 to 4.11).
 * Mirrors app/core/form_values.py; what a passport seldom has stands in form-members.js.
 */

import { isObject } from './evidence.js';
import { Finding } from './report.js';
import { parseTime } from './times.js';

export const MAX_ENTRIES = 8;

const IRI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]+$/;

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

/** A digest as this product writes one; every other form is looked at by form-members.js. */
const USUAL_DIGEST = /^uEi[A-D][A-Za-z0-9_-]{42}[AQgw]$/;

/**
 * Members of which each entry says of what type it is, related resources, and words for people.
 *
 * @param {Record<string, any>} d
 * @returns {Promise<void>}
 */
export async function requireEntries(d) {
  for (const name of ['credentialStatus', 'credentialSchema', 'refreshService', 'termsOfUse', 'evidence']) {
    if (!(name in d)) continue;
    const isOurs = name.startsWith('credential');
    for (const entry of objects(d[name], name)) {
      if (isOurs && typeof entry.type !== 'string') throw malformed(name);
      if (texts(entry.type, name) && ('id' in entry || name === 'credentialSchema')) iri(entry.id, name);
    }
  }
  if (!isUsual(d)) (await import('./form-members.js')).requireMembers(d);
}

/**
 * @param {Record<string, any>} d
 * @returns {boolean} words are texts, and each related resource has one digest in the form of this product
 */
function isUsual(d) {
  const { relatedResource: resources = [], name = '', description = '' } = d;
  const issuer = isObject(d.issuer) ? d.issuer : {};
  const seen = new Set();
  return [name, description, issuer.name ?? '', issuer.description ?? ''].every((one) => typeof one === 'string')
    && Array.isArray(resources) && resources.length <= 8 && (resources.length > 0 || !('relatedResource' in d))
    && resources.every((entry) => isObject(entry) && isIri(entry.id) && seen.size < seen.add(entry.id).size
      && !('digestSRI' in entry) && typeof entry.digestMultibase === 'string' && USUAL_DIGEST.test(entry.digestMultibase)
      && typeof (entry.mediaType ?? '') === 'string');
}
