// @ts-check
/** Bits of a Bitstring Status List (W3C, sections 3 and 4), unpacked within a limit (T8, T24, T28). */

import { base64urlDecode, MalformedEncoding } from './multibase.js';

/** Fewest bits a list may have, so that one battery hides among many. */
export const MIN_BITS = 131_072;
/** Most bytes a list may unpack to. */
export const MAX_BYTES = 1_000_000;

/** A list cannot be used; `code` is the error name of the credential profile. */
export class StatusListError extends Error {
  /**
   * @param {'STATUS_VERIFICATION_ERROR' | 'STATUS_LIST_LENGTH_ERROR' | 'RANGE_ERROR' | 'RESOURCE_LIMIT'} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {unknown} encoded - `u` + base64url(gzip(bits))
 * @returns {Promise<Uint8Array>}
 */
export async function decode(encoded) {
  if (typeof encoded !== 'string' || encoded[0] !== 'u') {
    throw new StatusListError('STATUS_VERIFICATION_ERROR', 'the list is not base64url in multibase form');
  }
  let packed;
  try {
    packed = base64urlDecode(encoded.slice(1));
  } catch (error) {
    if (error instanceof MalformedEncoding) throw new StatusListError('STATUS_VERIFICATION_ERROR', error.message);
    throw error;
  }
  const bits = await gunzip(packed);
  if (bits.length * 8 < MIN_BITS) {
    throw new StatusListError('STATUS_LIST_LENGTH_ERROR', `the list has fewer than ${MIN_BITS} entries`);
  }
  return bits;
}

/**
 * @param {Uint8Array<ArrayBuffer>} packed
 * @returns {Promise<Uint8Array>}
 */
async function gunzip(packed) {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let length = 0;
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch {
      throw new StatusListError('STATUS_VERIFICATION_ERROR', 'the list is not gzip');
    }
    if (part.done) break;
    length += part.value.length;
    if (length > MAX_BYTES) {
      await reader.cancel().catch(() => undefined);
      throw new StatusListError('RESOURCE_LIMIT', `the list unpacks to more than ${MAX_BYTES} bytes`);
    }
    parts.push(part.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * @param {Uint8Array} bits
 * @param {number} index - 0 is the left-most bit
 * @returns {boolean}
 */
export function bit(bits, index) {
  if (!Number.isSafeInteger(index) || index < 0 || index >= bits.length * 8) {
    throw new StatusListError('RANGE_ERROR', 'the index lies beyond the list');
  }
  return (bits[index >> 3] & (0x80 >> (index & 7))) !== 0;
}
