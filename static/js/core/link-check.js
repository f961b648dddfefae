// @ts-check
/** Do these documents belong together? Step 11 of a verification (T2, T3). See app/core/link_check.py. */

import { evidence, isObject } from './evidence.js';
import { loads, MalformedJson } from './json-strict.js';
import { digestMultibase } from './multibase.js';
import { MAX_BYTES } from './record-form.js';
import { Finding, notChecked, passed } from './report.js';

/** @typedef {import('./evidence.js').Evidence} Evidence */
/** @typedef {import('./report.js').Check} Check */
/** @typedef {import('./status-check.js').Establish} Establish */
/** @typedef {ReadonlyMap<string, Uint8Array<ArrayBuffer>>} Linked stored bytes by the address where they are served */

/**
 * (11) Each document at hand: listed by digest in ours, or listing ours, or of the same passport.
 * LINK_DIGEST_MISMATCH, SUBJECT_MISMATCH.
 *
 * @param {Evidence} e
 * @param {Linked} linked
 * @param {Establish} establish
 * @returns {Promise<Check>}
 */
export async function check(e, linked, establish) {
  if (e.policy.resources?.size) await (await import('./resources.js')).requireDigests(e);
  if (!linked.size) return notChecked('links', 'No other part of this passport was at hand to compare with.');
  const own = await digestMultibase(e.data);
  let replaced = false;
  for (const [url, data] of linked) {
    const other = read(data);
    const listed = entries(e.document.relatedResource).get(url);
    const related = entries(other.relatedResource);
    if (listed !== undefined) {
      replaced = await isReplaced(e, data, other, listed, establish) || replaced;
    } else if (related.size && !('passport' in e.document) && e.token) {
      return notChecked('links', 'The public record names this part by the bytes of its other form.');
    } else if (related.size && !('passport' in e.document)) {
      // condition, use and warranty are never listed: their rhythm would show how a battery is used
      await requireSameIssuer(e, data, establish);
      const named = new Set(related.values());
      if (![own, ...entries(e.document.replaces).values()].some((digest) => named.has(digest))) {
        throw new Finding('LINK_DIGEST_MISMATCH', 'The public record does not name this part.');
      }
      replaced ||= !named.has(own);
    } else if (!('passport' in e.document) || other.passport !== e.document.passport) {
      throw new Finding('LINK_DIGEST_MISMATCH', 'The other record is not part of this passport.');
    }
    requireSameSubject(e.document, other);
  }
  const more = replaced ? ' One part is a later version of the one that was named.' : '';
  return passed('links', `The parts at hand belong to this passport.${more}`);
}

/**
 * @param {Evidence} e
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {any} other
 * @param {string} listed
 * @param {Establish} establish
 * @returns {Promise<boolean>} false for the listed bytes themselves, true for a signed later version of them
 */
async function isReplaced(e, data, other, listed, establish) {
  if (await digestMultibase(data) === listed) return false;
  if (![...entries(other.replaces).values()].includes(listed)) {
    throw new Finding('LINK_DIGEST_MISMATCH', 'A part of this passport is not the one that was named.');
  }
  await requireSameIssuer(e, data, establish);
  return true;
}

/**
 * What another document says counts only under the same issuer's signature.
 *
 * @param {Evidence} e
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {Establish} establish
 */
async function requireSameIssuer(e, data, establish) {
  const held = evidence(data, e.policy, e.now);
  try {
    await establish(held);
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    throw new Finding('LINK_DIGEST_MISMATCH', 'A part of this passport is not signed as it should be.');
  }
  if (held.issuerId !== e.issuerId || !held.isSigned) {
    throw new Finding('LINK_DIGEST_MISMATCH', 'A part of this passport is signed by somebody else.');
  }
}

/**
 * @param {any} one
 * @param {any} other
 */
function requireSameSubject(one, other) {
  const [first, second] = [subjectId(one), subjectId(other)];
  if (first === null || second === null || !(first === second || isModelOf(first, second))) {
    throw new Finding('SUBJECT_MISMATCH', 'A part at hand is about another battery.');
  }
  if (typeof one.passport === 'string' && typeof other.passport === 'string' && one.passport !== other.passport) {
    throw new Finding('SUBJECT_MISMATCH', 'A part at hand belongs to another passport.');
  }
}

/**
 * @param {string} first
 * @param {string} second
 * @returns {boolean} whether one is the model `…/01/{gtin}` of the other, the item `…/01/{gtin}/21/{serial}`
 */
function isModelOf(first, second) {
  const [model, item] = first.length <= second.length ? [first, second] : [second, first];
  return model.includes('/01/') && item.startsWith(`${model}/21/`);
}

/**
 * @param {any} document
 * @returns {string | null}
 */
function subjectId(document) {
  const id = isObject(document.credentialSubject) ? document.credentialSubject.id : null;
  return typeof id === 'string' ? id : null;
}

/**
 * @param {unknown} value
 * @returns {Map<string, string>} `digestMultibase` by `id`; entries of another form are not taken
 */
function entries(value) {
  const found = new Map();
  for (const entry of Array.isArray(value) ? value : [value]) {
    if (isObject(entry) && typeof entry.id === 'string' && typeof entry.digestMultibase === 'string') {
      found.set(entry.id, entry.digestMultibase);
    }
  }
  return found;
}

/**
 * @param {Uint8Array} data
 * @returns {any}
 */
function read(data) {
  try {
    const found = loads(data, { bytes: MAX_BYTES });
    if (isObject(found)) return found;
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
  }
  throw new Finding('LINK_DIGEST_MISMATCH', 'A part of this passport cannot be read.');
}
