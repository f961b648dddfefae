// @ts-check
/** Inclusion in the audit log's Merkle tree: RFC 6962 hashes, checked as RFC 9162, section 2.1.3.2 states it. */

import { sha256 } from './multibase.js';

/**
 * @param {number} prefix - 0 for a leaf, 1 for a node, so that a node can never be shown as a leaf
 * @param {Uint8Array[]} parts
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
function hash(prefix, ...parts) {
  const whole = new Uint8Array(1 + parts.reduce((length, part) => length + part.length, 0));
  whole[0] = prefix;
  let at = 1;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return sha256(whole);
}

/**
 * @param {Uint8Array} leaf
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export function leafHash(leaf) {
  return hash(0, leaf);
}

/**
 * Whether `leaf` is entry `index` of the tree of `treeSize` entries with that root.
 *
 * @param {Uint8Array} leaf - its hash
 * @param {number} index
 * @param {number} treeSize - both below 2^53: divided, not shifted
 * @param {readonly Uint8Array[]} proof
 * @param {Uint8Array} root
 * @returns {Promise<boolean>}
 */
export async function verifyInclusion(leaf, index, treeSize, proof, root) {
  if (!(index >= 0 && index < treeSize) || proof.length > 64) return false;
  let [place, last, value] = [index, treeSize - 1, leaf];
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== 32) return false;
    if (place % 2 === 1 || place === last) {
      value = await hash(1, sibling, value);
      while (place % 2 === 0 && place > 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      value = await hash(1, value, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && value.length === root.length && value.every((byte, at) => byte === root[at]);
}
