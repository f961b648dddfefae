// @ts-check
/**
 * base58btc and base64url, as multibase writes them (W3C Controlled Identifiers 1.0, section 2.4), and the
 * digest form of the credential profile. Strict: what is not written exactly as we would write it is refused.
 */

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Longest base58 text that is decoded: the work grows with the square of the length. */
const MAX_BASE58_CHARACTERS = 200;

/** A text is not in the encoding it says it is in. */
export class MalformedEncoding extends Error {}

/**
 * @param {string} text - base58btc without the multibase `z`
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function base58btcDecode(text) {
  if (text.length > MAX_BASE58_CHARACTERS) throw new MalformedEncoding('base58 text is too long');
  /** @type {number[]} little-endian */
  const bytes = [];
  for (const character of text) {
    let carry = BASE58.indexOf(character);
    if (carry < 0) throw new MalformedEncoding('not base58btc');
    for (let place = 0; place < bytes.length; place += 1) {
      carry += bytes[place] * 58;
      bytes[place] = carry & 0xff;
      carry >>= 8;
    }
    while (carry > 0) {
      bytes.push(carry & 0xff);
      carry >>= 8;
    }
  }
  for (const character of text) {
    if (character !== '1') break;
    bytes.push(0);
  }
  return new Uint8Array(bytes.reverse());
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} base58btc without the multibase `z`
 */
export function base58btcEncode(bytes) {
  /** @type {number[]} little-endian, base 58 */
  const digits = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let place = 0; place < digits.length; place += 1) {
      carry += digits[place] << 8;
      digits[place] = carry % 58;
      carry = Math.floor(carry / 58);
    }
    while (carry > 0) {
      digits.push(carry % 58);
      carry = Math.floor(carry / 58);
    }
  }
  for (const byte of bytes) {
    if (byte !== 0) break;
    digits.push(0);
  }
  return digits.reverse().map((digit) => BASE58[digit]).join('');
}

/**
 * @param {string} text - without padding, spare bits zero
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function base64urlDecode(text) {
  if (text.length % 4 === 1) throw new MalformedEncoding('not base64url');
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let place = 0; place < text.length; place += 1) {
    const value = BASE64URL.indexOf(text[place]);
    if (value < 0) throw new MalformedEncoding('not base64url');
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = (held >> bits) & 0xff;
      at += 1;
      held &= (1 << bits) - 1;
    }
  }
  if (held !== 0) throw new MalformedEncoding('not base64url');
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} without padding
 */
export function base64urlEncode(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let part = 0; part < 4; part += 1) text += BASE64URL[(three >> (18 - 6 * part)) & 63];
  }
  const spare = bytes.length % 3;
  return spare ? text.slice(0, spare - 3) : text;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<Uint8Array<ArrayBuffer>>} 32 bytes
 */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/**
 * Digest of stored bytes as a credential carries it: `u` + base64url(0x12 0x20 + SHA-256).
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<string>}
 */
export async function digestMultibase(bytes) {
  const digest = await sha256(bytes);
  const tagged = new Uint8Array(34);
  tagged.set([0x12, 0x20]);
  tagged.set(digest, 2);
  return `u${base64urlEncode(tagged)}`;
}
