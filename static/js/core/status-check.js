// @ts-check
/** Is this credential revoked? Step 10 of a verification, from status lists at hand (T8). See app/core/status_check.py. */

import { evidence, isObject, maxAge } from './evidence.js';
import { objects } from './form-values.js';
import { Finding, notChecked, passed } from './report.js';
import { bit, decode, StatusListError } from './status-list.js';
import { parseTime } from './times.js';

/** @typedef {import('./evidence.js').Evidence} Evidence */
/** @typedef {import('./report.js').Check} Check */
/** @typedef {(e: Evidence) => Promise<void>} Establish runs the steps that say who signed a document */
/** @typedef {{purpose: string, validFrom: string, ageSeconds: number}} ListAge */

/** @type {ReadonlyMap<string, readonly [string, string]>} */
const PURPOSES = new Map([
  ['revocation', ['REVOKED', 'The issuer has revoked this record.']],
  ['suspension', ['SUSPENDED', 'The issuer has suspended this record for the time being.']],
]);

/** A full list is one long text; the limit of the whole document bounds it. */
const MAX_LIST_TEXT = 262_144;

/**
 * (10) Every revocation and suspension entry, against its list. A revocation is final, so a set bit counts on an old
 * list, too.
 *
 * @param {Evidence} e
 * @param {Establish} establish
 * @param {ListAge[]} ages - filled in
 * @returns {Promise<Check>}
 */
export async function check(e, establish, ages) {
  if (!('credentialStatus' in e.document)) {
    return notChecked('status', 'The record names no list on which it could be revoked.');
  }
  if (!e.isTrusted) return notChecked('status', 'Not asked, because the signer is not known.');
  let stale = false;
  let asked = 0;
  for (const entry of objects(e.document.credentialStatus, 'credentialStatus')) {
    if (entry.type !== 'BitstringStatusListEntry' || !PURPOSES.has(entry.statusPurpose)) continue;
    asked += 1;
    stale = await isStale(e, entry, establish, ages) || stale;
  }
  if (stale) {
    return notChecked('status', 'Could not ask whether it was revoked: the list at hand is missing or too old.',
      'STATUS_RETRIEVAL_ERROR');
  }
  if (!asked) return notChecked('status', 'The record names no list of a kind we know.');
  return passed('status', 'The record is not revoked.');
}

/**
 * @param {Evidence} e
 * @param {any} entry
 * @param {Establish} establish
 * @param {ListAge[]} ages
 * @returns {Promise<boolean>} whether its list is missing or too old
 */
async function isStale(e, entry, establish, ages) {
  const { statusListCredential: url, statusPurpose: purpose, statusListIndex: index } = entry;
  if (typeof url !== 'string' || typeof index !== 'string' || !/^(?:0|[1-9][0-9]{0,8})$/.test(index)) {
    throw new Finding('MALFORMED_VALUE_ERROR', 'The record names its place on the list in a wrong form.');
  }
  if ((entry.statusSize ?? 1) !== 1) {
    throw new Finding('MALFORMED_VALUE_ERROR', 'The record uses a kind of list we do not know.');
  }
  const data = e.policy.statusLists?.get(url);
  if (!data) return true;
  const { validFrom, validFromText, until, bits } = await readList(e, data, url, purpose, establish);
  ages.push({ purpose, validFrom: validFromText, ageSeconds: Math.max(0, Math.floor((e.now - validFrom) / 1000)) });
  const stale = e.now - validFrom > maxAge(e) || (until !== null && until < e.now);
  let isSet;
  try {
    isSet = bit(bits, Number(index));
  } catch (error) {
    if (!(error instanceof StatusListError)) throw error;
    throw new Finding('RANGE_ERROR', "The record's place is not on the list.");
  }
  if (isSet && (purpose === 'revocation' || !stale)) {
    const [code, sentence] = /** @type {readonly [string, string]} */ (PURPOSES.get(purpose));
    throw new Finding(code, sentence);
  }
  return stale;
}

/**
 * @param {Evidence} e
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {string} url
 * @param {string} purpose
 * @param {Establish} establish
 */
async function readList(e, data, url, purpose, establish) {
  const held = evidence(data, e.policy, e.now, { maxTextBytes: MAX_LIST_TEXT, mayBeOver: true });
  try {
    await establish(held);
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    throw broken('its signature or form does not hold');
  }
  const { document } = held;
  const subject = document.credentialSubject;
  if (held.issuerId !== e.issuerId || !held.isSigned || !held.isTrusted) {
    throw broken('it is not signed by the issuer of the record');
  }
  if (document.id !== url || !held.types.includes('BitstringStatusListCredential')) throw broken('it is another document');
  const purposes = isObject(subject) ? subject.statusPurpose : null;
  if (!(Array.isArray(purposes) ? purposes : [purposes]).includes(purpose)) throw broken('it is a list for another purpose');
  if (subject.type !== 'BitstringStatusList' || typeof subject.encodedList !== 'string') throw broken('it holds no list');
  const validFrom = parseTime(document.validFrom);
  if (validFrom === null) throw broken('it has no date');
  return {
    validFrom,
    validFromText: document.validFrom,
    until: parseTime(document.validUntil),
    bits: await unpack(subject.encodedList),
  };
}

/**
 * @param {string} encoded
 * @returns {Promise<Uint8Array>}
 */
async function unpack(encoded) {
  try {
    return await decode(encoded);
  } catch (error) {
    if (!(error instanceof StatusListError)) throw error;
    if (error.code === 'STATUS_LIST_LENGTH_ERROR') {
      throw new Finding(error.code, 'The list of revoked records is too short.');
    }
    if (error.code === 'RESOURCE_LIMIT') throw new Finding(error.code, 'The list of revoked records is too large.');
    throw broken('it cannot be unpacked');
  }
}

/**
 * @param {string} why
 * @returns {Finding}
 */
function broken(why) {
  return new Finding('STATUS_VERIFICATION_ERROR', `The list of revoked records cannot be relied on: ${why}.`);
}
