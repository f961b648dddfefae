// @ts-check
/**
 * Embedded Data Integrity proofs, checked one at a time (VC Data Integrity 1.0; ECDSA Cryptosuites 1.0; EdDSA
 * Cryptosuites 1.0). Whether a proof's key may be trusted is the business of verification.js. Mirrors
 * app/core/proof.py, error name for error name.
 */

import { jcs, jcsBytes } from './jcs.js';
import { hashOf, NotComputable, verify } from './keys.js';
import { base58btcDecode, MalformedEncoding } from './multibase.js';

/** @typedef {import('./keys.js').PublicKey} PublicKey */
/** @typedef {Readonly<Record<string, any>>} JsonObject */
/** @typedef {(document: object) => Promise<string>} Canonicalize canonical N-Quads; throws errors with a `code` */

/** Kinds of key that fit each suite; a suite that is not here is not supported. */
const KEY_KINDS = new Map([
  ['ecdsa-jcs-2019', ['P-256', 'P-384']],
  ['ecdsa-rdfc-2019', ['P-256']],
  ['eddsa-jcs-2022', ['Ed25519']],
  ['eddsa-rdfc-2022', ['Ed25519']],
]);

/** Members a proof may have; any other one is refused (id, domain, challenge, previousProof included). */
export const PROOF_MEMBERS = new Set([
  'type', 'cryptosuite', 'created', 'expires', 'verificationMethod', 'proofPurpose', 'proofValue', '@context',
]);

/** A proof does not hold; `code` is the error name of the credential profile, section 8. */
export class ProofError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {unknown} suite
 * @returns {boolean}
 */
export function isSupported(suite) {
  return typeof suite === 'string' && KEY_KINDS.has(suite);
}

/**
 * @param {PublicKey} key
 * @param {string} suite
 * @returns {boolean}
 */
export function fitsSuite(key, suite) {
  return KEY_KINDS.get(suite)?.includes(key.kind) ?? false;
}

/**
 * @param {unknown} suite
 * @returns {boolean}
 */
export function isJcs(suite) {
  return suite === 'ecdsa-jcs-2019' || suite === 'eddsa-jcs-2022';
}

/**
 * @param {unknown} suite
 * @returns {boolean} whether it covers the meaning; every other one, a token's algorithm included, covers each byte
 */
export function isRdfc(suite) {
  return suite === 'ecdsa-rdfc-2019' || suite === 'eddsa-rdfc-2022';
}

/**
 * Check one proof over `document` (a `proof` member in it is left out) with `key`.
 *
 * @param {JsonObject} document
 * @param {JsonObject} proof
 * @param {PublicKey} key
 * @param {Canonicalize} [canonicalize] - needed for RDFC suites
 * @param {JsonObject[] | null} [chained] - proofs that this one was made over as well; null: by the rules of a passport,
 *   in which proofs have no members for chains
 * @returns {Promise<void>}
 * @throws {ProofError} and what `canonicalize` throws; `NotComputable` where the browser lacks the algorithm
 */
export async function verifyProof(document, proof, key, canonicalize, chained = null) {
  const suite = proof.cryptosuite;
  if (proof.type !== 'DataIntegrityProof' || !isSupported(suite)) {
    throw new ProofError('UNSUPPORTED_CRYPTOSUITE', 'the proof is of a kind we do not know');
  }
  if (!chained && !Object.keys(proof).every((name) => PROOF_MEMBERS.has(name))) {
    throw new ProofError('PROOF_VERIFICATION_ERROR', 'the proof has a member we do not know');
  }
  if (proof.proofPurpose !== 'assertionMethod') {
    throw new ProofError('PROOF_VERIFICATION_ERROR', 'the proof is not meant as an assertion');
  }
  if (!fitsSuite(key, suite)) {
    throw new ProofError('INVALID_VERIFICATION_METHOD', 'the key is of a kind that does not fit the proof');
  }
  const signature = readSignature(proof.proofValue);
  const { proof: _proof, ...rest } = document;
  const unsecured = chained?.length ? { ...rest, proof: chained } : rest;
  const { proofValue: _proofValue, ...options } = proof;
  if (isJcs(suite)) {
    // The standard lets a proof go without contexts, since those of the document are signed with it; a passport's repeats them.
    if ('@context' in options ? jcs(options['@context']) !== jcs(unsecured['@context'] ?? null) : !chained) {
      throw new ProofError('PROOF_VERIFICATION_ERROR', 'the proof was made for other contexts');
    }
  } else if ('@context' in options) {
    throw new ProofError('PROOF_VERIFICATION_ERROR', 'the proof brings contexts of its own');
  }
  const data = await hashData(unsecured, options, hashOf(key), canonicalize);
  if (!await verify(key, data, signature)) {
    throw new ProofError('PROOF_VERIFICATION_ERROR', 'the signature does not fit the document');
  }
}

/**
 * @param {unknown} value
 * @returns {Uint8Array<ArrayBuffer>}
 */
function readSignature(value) {
  if (typeof value !== 'string') throw new ProofError('PROOF_VERIFICATION_ERROR', 'the proof has no signature');
  try {
    if (value[0] !== 'z') throw new MalformedEncoding('not base58btc');
    return base58btcDecode(value.slice(1));
  } catch (error) {
    if (!(error instanceof MalformedEncoding)) throw error;
    throw new ProofError('PROOF_VERIFICATION_ERROR', 'the signature is not in the form z and base58');
  }
}

/**
 * Hash of the canonical proof options, then hash of the canonical document: what the key signs.
 *
 * @param {JsonObject} document
 * @param {JsonObject} options
 * @param {string} hash
 * @param {Canonicalize} [canonicalize]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function hashData(document, options, hash, canonicalize) {
  let parts;
  if (isJcs(options.cryptosuite)) {
    parts = [jcsBytes(options), jcsBytes(document)];
  } else {
    if (!canonicalize) throw new NotComputable('Not checked: this signature is checked by another process.');
    const encoder = new TextEncoder();
    const quads = await canonicalize({ '@context': document['@context'], ...options });
    parts = [encoder.encode(quads), encoder.encode(await canonicalize(document))];
  }
  const digests = await Promise.all(parts.map((part) => crypto.subtle.digest(hash, part)));
  const whole = new Uint8Array(digests[0].byteLength + digests[1].byteLength);
  whole.set(new Uint8Array(digests[0]));
  whole.set(new Uint8Array(digests[1]), digests[0].byteLength);
  return whole;
}
