// @ts-check
/**
 * Proof sets and proof chains: which proofs a proof was made over (VC Data Integrity 1.0, 2.1.2, 4.5). Mirrors
 * app/core/proof_chain.py. Only the conformance profile has them, so the browser loads this for tests alone.
 */

import { isIri } from './form-values.js';
import { isSupported, PROOF_MEMBERS } from './proof.js';
import { Finding } from './report.js';

/** @typedef {Record<string, any>} Proof */

const MORE_MEMBERS = new Set(['id', 'previousProof', 'domain', 'challenge', 'nonce']);

/**
 * Only members that are known, in their form.
 *
 * @param {Proof} proof
 */
export function requireMembers(proof) {
  if (!Object.keys(proof).every((name) => PROOF_MEMBERS.has(name) || MORE_MEMBERS.has(name))) {
    throw failed('A signature comes with something we do not know.');
  }
  if ('id' in proof && !isIri(proof.id)) throw failed('A signature has a name that is none.');
  const isOdd = (/** @type {string} */ name, /** @type {boolean} */ mayBeList) => name in proof
    && !(typeof proof[name] === 'string' || (mayBeList && texts(proof[name])));
  if (isOdd('challenge', false) || isOdd('nonce', false) || isOdd('domain', true) || isOdd('previousProof', true)) {
    throw failed('A signature comes with something in a wrong form.');
  }
}

/**
 * The proofs that one names as made before it, in the order in which it names them.
 *
 * @param {Proof} proof
 * @param {Proof[]} proofs
 * @returns {Proof[]}
 * @throws {Finding} one of them is not there, is there twice, or is of a kind that we cannot check
 */
export function previous(proof, proofs) {
  return (texts(proof.previousProof ?? []) ?? []).map((name) => {
    const matching = proofs.filter((other) => other.id === name);
    if (matching.length !== 1 || matching[0] === proof) throw failed('A signature was made after another one that is not there.');
    if (!isSupported(matching[0].cryptosuite)) {
      throw new Finding('UNSUPPORTED_CRYPTOSUITE', 'The record is signed in a way we do not take.');
    }
    return matching[0];
  });
}

/**
 * @param {unknown} value
 * @returns {string[] | null}
 */
function texts(value) {
  const found = typeof value === 'string' ? [value] : value;
  return Array.isArray(found) && found.every((text) => typeof text === 'string') ? found : null;
}

/** @param {string} sentence */
function failed(sentence) {
  return new Finding('PROOF_VERIFICATION_ERROR', sentence);
}
