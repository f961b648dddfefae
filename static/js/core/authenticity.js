// @ts-check
/**
 * Who signed this document, and is it unchanged? Steps 4 to 8 of a verification. Mirrors app/core/authenticity.py
 * check for check and sentence for sentence; the vectors in tests/vectors hold them together (T22).
 *
 * Each step takes what is known so far, adds to it, and returns its check; a Finding it throws is its failure.
 * Nothing here asks the network or the clock.
 */

import { maxAge } from './evidence.js';
import { MalformedKey, NotComputable, parseMultikey } from './keys.js';
import { fitsSuite, isRdfc, ProofError, verifyProof } from './proof.js';
import { datesOf } from './record-form.js';
import { Finding, notChecked, passed } from './report.js';
import { parseTime } from './times.js';

/** @typedef {import('./evidence.js').Evidence} Evidence */
/** @typedef {import('./report.js').Check} Check */
/** @typedef {import('./evidence.js').Signed} Signed */
/** @typedef {import('./keys.js').PublicKey} PublicKey */

const CLOCK_LEEWAY = 5 * 60_000;

/**
 * (4) The issuer's own key, on the trust list, allowed for this type and fit for the suite. ISSUER_MISMATCH,
 * INVALID_VERIFICATION_METHOD, PROOF_VERIFICATION_ERROR; ISSUER_UNTRUSTED leaves the verdict unknown.
 *
 * @param {Evidence} e
 * @returns {Check}
 */
export function key(e) {
  const bound = !(e.policy.conformance && e.issuerId.startsWith('https:'));
  for (const one of e.signed) {
    const method = one.proof.verificationMethod;
    const [controller, fragment, ...rest] = typeof method === 'string' ? method.split('#') : [];
    if (!controller || !fragment || rest.length) {
      throw new Finding('INVALID_VERIFICATION_METHOD', 'The signature does not say whose key made it.');
    }
    if (one.proof.proofPurpose !== 'assertionMethod') {
      throw new Finding('PROOF_VERIFICATION_ERROR', 'The signature was made for another purpose.');
    }
    one.byIssuer = controller === e.issuerId || !bound;
    const keys = e.policy.trustList?.issuers.get(controller)?.keys;
    // A DID document names each key twice, for JOSE as JsonWebKey; a trust list holds the first name.
    one.trusted = keys?.get(method) ?? (e.token && keys?.get(method.replace(/-jwk$/, ''))) ?? null;
    one.key = one.trusted ? one.trusted.publicKey : selfMade(method);
    if (one.key && !(e.jose ? e.jose.fitsAlgorithm : fitsSuite)(one.key, one.proof.cryptosuite)) {
      throw new Finding('INVALID_VERIFICATION_METHOD', 'The key does not fit this kind of signature.');
    }
  }
  if (!e.signed.some((one) => one.byIssuer && (!isRdfc(one.proof.cryptosuite) || !e.ours))) {
    throw new Finding('ISSUER_MISMATCH', 'The record is signed by somebody else than its issuer.');
  }
  return trust(e);
}

/**
 * @param {Evidence} e
 * @returns {Check}
 */
function trust(e) {
  const own = e.signed.filter((one) => one.byIssuer);
  if (e.policy.conformance && own.every((one) => one.key)) {
    e.isTrusted = true;
    return passed('key', 'The key is taken as it stands: test mode.');
  }
  const { trustList, trustListFetchedAt: fetched = null } = e.policy;
  if (!trustList) return untrusted('There is no list of known signers at hand.');
  if (trustList.expires <= e.now || (fetched !== null && e.now - fetched > maxAge(e))) {
    return untrusted('The list of known signers at hand is too old.');
  }
  e.issuer = trustList.issuers.get(e.issuerId) ?? null;
  if (!e.issuer) return untrusted('The signer is not on the list of known signers.');
  if (e.issuer.suspended !== null && e.issuer.suspended <= e.now) {
    return untrusted('The signer is suspended on the list of known signers.');
  }
  if (!own.every((one) => one.trusted)) {
    e.issuer = null;
    return untrusted('The key is not on the list of known signers.');
  }
  for (const type of e.types) {
    const plain = type === 'VerifiableCredential' || type === 'BitstringStatusListCredential';
    if (!plain && !e.issuer.documentTypes.has(type)) {
      return untrusted('The signer is known, but not for records of this kind.');
    }
  }
  e.isTrusted = true;
  return passed('key', 'The signer is on the list of known signers.');
}

/**
 * (5) Signatures over every byte of meaning: canonical JSON. PROOF_VERIFICATION_ERROR.
 *
 * @param {Evidence} e
 * @returns {Promise<Check>}
 */
export async function signatureJcs(e) {
  return signatures(e, 'signature-jcs', e.signed.filter((one) => !isRdfc(one.proof.cryptosuite)));
}

/**
 * (6) Dates of the record, its signatures and their keys. NOT_YET_VALID, EXPIRED, KEY_REVOKED.
 *
 * @param {Evidence} e
 * @returns {Check}
 */
export function time(e) {
  const d = e.document;
  const latest = e.now + CLOCK_LEEWAY;
  const [start, end] = datesOf(d);
  if (start in d && at(d[start]) > latest) throw new Finding('NOT_YET_VALID', 'The record is dated in the future.');
  if (end in d && !e.mayBeOver && at(d[end]) < e.now) throw new Finding('EXPIRED', 'The record has run out.');
  const starts = e.token && e.jose ? e.jose.notBefore(e.token, d) : null;
  if (starts !== null && starts > latest) throw new Finding('NOT_YET_VALID', 'The signature is dated in the future.');
  for (const { proof, trusted } of e.signed) {
    // The signer's own date proves nothing; it only has to lie where the key was good.
    const created = 'created' in proof ? at(proof.created) : e.now;
    if (created > latest) throw new Finding('NOT_YET_VALID', 'The signature is dated in the future.');
    if ('expires' in proof && at(proof.expires) < e.now) throw new Finding('EXPIRED', 'The signature has run out.');
    if (!trusted) continue;
    if (created < trusted.validFrom) throw new Finding('NOT_YET_VALID', 'The signature is older than its key.');
    if (trusted.expires !== null && created >= trusted.expires) {
      throw new Finding('EXPIRED', 'The signature was made after its key had run out.');
    }
    const proven = e.provenAt !== null && trusted.revoked !== null && e.provenAt < trusted.revoked;
    if (trusted.revoked !== null && trusted.revoked <= e.now && !proven) {
      throw new Finding('KEY_REVOKED', 'The key fell into wrong hands; nothing proves an earlier date.');
    }
  }
  return passed('time', 'All dates are in order.');
}

/**
 * (7) Signatures over the meaning: RDF canonical form, with no loss and within the graph limits.
 * PROOF_VERIFICATION_ERROR, DATA_LOSS_DETECTION_ERROR, RESOURCE_LIMIT.
 *
 * @param {Evidence} e
 * @returns {Promise<Check>}
 */
export async function signatureRdfc(e) {
  const name = 'signature-rdfc';
  if (!e.isTrusted) return notChecked(name, 'Not checked, because the signer is not known.');
  return signatures(e, name, e.signed.filter((one) => isRdfc(one.proof.cryptosuite)));
}

/**
 * (8) Every proof that is present and supported must verify; an endorser's key may be out of reach.
 *
 * @param {Evidence} e
 * @param {string} name
 * @param {Signed[]} signed
 * @returns {Promise<Check>}
 */
async function signatures(e, name, signed) {
  let done = 0;
  for (const one of signed) {
    if (!one.key) continue;
    try {
      if (e.token && e.jose) await e.jose.verifyToken(e.token, one.key);
      else await verifyProof(e.document, one.proof, one.key, e.policy.canonicalize ?? undefined, e.policy.conformance && !e.ours ? one.previous : null);
    } catch (error) {
      if (error instanceof NotComputable) return notChecked(name, error.message);
      const { code, message } = /** @type {ProofError} */ (error);
      if (!code) throw error;
      throw new Finding(code, code === 'PROOF_VERIFICATION_ERROR'
        ? 'The record was altered: the signature does not fit.'
        : message);
    }
    done += 1;
    e.isSigned ||= one.byIssuer;
  }
  if (!signed.length) return notChecked(name, 'The record has no signature of this kind.');
  if (!signed.some((one) => one.byIssuer && one.key)) {
    return notChecked(name, "Not checked: we do not have the signer's key.");
  }
  const more = done < signed.length ? ` ${signed.length - done} by others could not be checked.` : '';
  return passed(name, `The record is as it was signed.${more}`);
}

/**
 * @param {string} method
 * @returns {PublicKey | null} the key that a `did:key:z…#z…` address is
 */
function selfMade(method) {
  if (!method.startsWith('did:key:')) return null;
  const [did, fragment] = method.split('#');
  const text = did.slice('did:key:'.length);
  try {
    if (fragment !== text) throw new MalformedKey('not the address of a did:key');
    return parseMultikey(text);
  } catch (error) {
    if (!(error instanceof MalformedKey)) throw error;
    throw new Finding('INVALID_VERIFICATION_METHOD', 'The key in the signature is none.');
  }
}

/**
 * @param {string} sentence
 * @returns {Check}
 */
function untrusted(sentence) {
  return notChecked('key', sentence, 'ISSUER_UNTRUSTED');
}

/**
 * @param {string} text - known to be a time, from step 2 or 3
 * @returns {number} ms
 */
function at(text) {
  return /** @type {number} */ (parseTime(text));
}
