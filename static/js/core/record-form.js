// @ts-check
/**
 * Is this a record, and is it signed in a way we know? Steps 1 to 3 of a verification, before any key is looked at.
 * Mirrors app/core/authenticity.py; the vectors in tests/vectors hold both together (T22).
 */

import { CONTEXT_URL, CONTEXTS, CREDENTIALS_V1_URL, CREDENTIALS_V2_URL, isObject } from './evidence.js';
import { iri, malformed, moment, objects, requireEntries, texts } from './form-values.js';
import { loads, MalformedJson } from './json-strict.js';
import { isJcs, isSupported, PROOF_MEMBERS } from './proof.js';
import { Finding, passed } from './report.js';
import { parseTime } from './times.js';

/** @typedef {import('./evidence.js').Evidence} Evidence */
/** @typedef {import('./report.js').Check} Check */

export const MAX_BYTES = 262_144;
const MAX_PROOFS = 8;
const MAX_CONTEXTS = 8;
const MAX_SUBJECTS = 16;

/** `e`: base64url of an object begins with it, and no JSON text does. */
const FIRST_OF_TOKEN = 0x65;

const KEYWORDS = new Set(['@value', '@language', '@direction', '@type', '@id']);

/**
 * (1) Size, then strict JSON, which a token carries. PARSING_ERROR, RESOURCE_LIMIT; for the header of a token also
 * MALFORMED_VALUE_ERROR, UNSUPPORTED_CRYPTOSUITE.
 *
 * @param {Evidence} e
 * @returns {Promise<Check>}
 */
export async function parse(e) {
  if (e.data.length > MAX_BYTES) throw new Finding('RESOURCE_LIMIT', 'The record is larger than any passport may be.');
  let { data } = e;
  if (data[0] === FIRST_OF_TOKEN) {
    e.jose = await import('./jose.js');
    e.token = e.jose.read(data);
    data = e.token.payload;
  }
  try {
    e.document = loads(data, { bytes: MAX_BYTES, text: e.maxTextBytes });
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    throw new Finding('PARSING_ERROR', 'The record is damaged and cannot be read.');
  }
  if (!isObject(e.document)) throw new Finding('PARSING_ERROR', 'This is not a record.');
  return passed('parse', 'The record can be read in one way only.');
}

/**
 * (2) Contexts of the allow-list, type, id, issuer, subject, dates, status. MALFORMED_VALUE_ERROR, CONTEXT_UNKNOWN,
 * RESOURCE_LIMIT.
 *
 * @param {Evidence} e
 * @returns {Promise<Check>}
 */
export async function form(e) {
  const d = e.document;
  requireContexts(e);
  const { '@context': _context, proof: _proof, ...members } = d;
  requirePlain(members);
  e.types = texts(d.type, 'type');
  if (!e.types.includes('VerifiableCredential')) throw malformed('type');
  e.issuerId = iri(isObject(d.issuer) ? d.issuer.id : d.issuer, 'issuer');
  const subjects = objects(d.credentialSubject, 'credentialSubject', MAX_SUBJECTS);
  for (const subject of subjects) {
    if (!Object.keys(subject).length) throw malformed('credentialSubject');
    if ('id' in subject || e.ours) iri(subject.id, 'credentialSubject');
  }
  if ('id' in d || e.ours) iri(d.id, 'id');
  if (e.ours && subjects.length !== 1) throw malformed('credentialSubject');
  const [start, end] = datesOf(d);
  const validFrom = moment(d, start, e.ours || start !== 'validFrom');
  const validUntil = moment(d, end, false);
  if (validFrom !== null && validUntil !== null && validUntil < validFrom) throw malformed(end);
  await requireEntries(d);
  if (Array.isArray(d.proof) && d.proof.length > MAX_PROOFS) {
    throw new Finding('RESOURCE_LIMIT', 'The record carries too many signatures.');
  }
  if (e.token) e.jose?.requireClaims(e.token, d, e.issuerId);
  return passed('form', 'The record has the form of a passport record.');
}

/**
 * (3) At least one proof of a kind we know, each of them well formed; in our own profile a JCS proof.
 * PROOF_VERIFICATION_ERROR, UNSUPPORTED_CRYPTOSUITE.
 *
 * @param {Evidence} e
 * @returns {Promise<Check>}
 */
export async function proofChoice(e) {
  if (e.token && e.jose) {
    e.signed.push({ proof: e.jose.options(e.token, e.document), byIssuer: false, trusted: null, key: null, previous: [] });
    return passed('proof-choice', 'The record carries a signature of a kind we know.');
  }
  const found = e.document.proof;
  const proofs = isObject(found) ? [found] : found;
  if (!Array.isArray(proofs) || !proofs.length || !proofs.every(isObject)) {
    throw new Finding('PROOF_VERIFICATION_ERROR', 'The record is not signed.');
  }
  const chain = e.policy.conformance && !e.ours ? await import('./proof-chain.js') : null;
  for (const proof of proofs) {
    if (proof.type !== 'DataIntegrityProof' || !isSupported(proof.cryptosuite)) {
      e.unsupported += 1;
      continue;
    }
    if (chain) chain.requireMembers(proof);
    else if (!Object.keys(proof).every((name) => PROOF_MEMBERS.has(name))) {
      throw new Finding('PROOF_VERIFICATION_ERROR', 'A signature comes with something we do not know.');
    }
    for (const name of ['created', 'expires']) {
      if (name in proof && parseTime(proof[name]) === null) {
        throw new Finding('PROOF_VERIFICATION_ERROR', 'A signature has a date that is none.');
      }
    }
    e.signed.push({ proof, byIssuer: false, trusted: null, key: null, previous: chain?.previous(proof, proofs) ?? [] });
  }
  if (!e.signed.length || (e.ours && !e.signed.some((one) => isJcs(one.proof.cryptosuite)))) {
    throw new Finding('UNSUPPORTED_CRYPTOSUITE', 'The record is signed in a way we do not take.');
  }
  const more = e.unsupported ? ` ${e.unsupported} more of a kind we do not know: not checked.` : '';
  return passed('proof-choice', `The record carries a signature of a kind we know.${more}`);
}

/**
 * Names of the members that say from when and until when a credential is valid; VC 1.1 has others.
 *
 * @param {Record<string, any>} d
 * @returns {[string, string]}
 */
export function datesOf(d) {
  return d['@context'][0] === CREDENTIALS_V1_URL ? ['issuanceDate', 'expirationDate'] : ['validFrom', 'validUntil'];
}

/** @param {Evidence} e */
function requireContexts(e) {
  const value = e.document['@context'];
  if (Array.isArray(value) && value.length > MAX_CONTEXTS) {
    throw new Finding('RESOURCE_LIMIT', 'The record names too many vocabularies.');
  }
  const allowed = e.policy.contexts ?? CONTEXTS;
  const known = Array.isArray(value) && [CREDENTIALS_V2_URL, CREDENTIALS_V1_URL].includes(value[0])
    && value.every((url) => typeof url === 'string' && allowed.has(url));
  if (!known || (value.includes(CONTEXT_URL) && (value.length !== 2 || value[1] !== CONTEXT_URL))) {
    throw new Finding('CONTEXT_UNKNOWN', 'The record uses a vocabulary we do not know.');
  }
  e.ours = value.includes(CONTEXT_URL);
}

/**
 * No context inside; no null or empty list, which a signature over meaning does not cover; no JSON-LD keyword that
 * changes what a reader sees (T21).
 *
 * @param {unknown} document
 */
function requirePlain(document) {
  const waiting = [document];
  let odd = false;
  while (waiting.length) {
    const one = waiting.pop();
    if (isObject(one)) {
      if ('@context' in one) throw new Finding('CONTEXT_UNKNOWN', 'A part of the record brings its own vocabulary.');
      odd ||= Object.keys(one).some((name) => name.startsWith('@') && !KEYWORDS.has(name));
      waiting.push(...Object.values(one));
    } else if (Array.isArray(one)) {
      odd ||= !one.length;
      waiting.push(...one);
    } else if (one === null) {
      odd = true;
    }
  }
  if (odd) throw new Finding('MALFORMED_VALUE_ERROR', 'A part of the record is empty or not allowed there.');
}
