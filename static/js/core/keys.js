// @ts-check
/**
 * Public keys as Multikey texts (Controlled Identifiers 1.0, section 2.2.2), and signatures over WebCrypto.
 * A Multikey holds the compressed point; WebCrypto wants both coordinates, so y is computed from x.
 */

import { base58btcDecode, base64urlEncode, MalformedEncoding } from './multibase.js';

/** @typedef {'P-256' | 'P-384' | 'Ed25519'} KeyKind */
/** @typedef {{kind: KeyKind, raw: Uint8Array<ArrayBuffer>}} PublicKey `raw`: compressed point, or 32 bytes of Ed25519 */

/** The text is not a public key that we read. */
export class MalformedKey extends Error {}

/** A signature cannot be checked here; the message is the sentence that says so. */
export class NotComputable extends Error {}

/** A canonicalization was stopped: it says nothing about the document, which stays unknown (T23). */
export class OutOfTime extends Error {}

/** @type {ReadonlyArray<{kind: KeyKind, prefix: [number, number], length: number}>} */
const KINDS = [
  { kind: 'P-256', prefix: [0x80, 0x24], length: 33 },
  { kind: 'P-384', prefix: [0x81, 0x24], length: 49 },
  { kind: 'Ed25519', prefix: [0xed, 0x01], length: 32 },
];

/** Curves of SEC 2: field prime, b (a is -3), order of the group, bytes of a coordinate. */
const CURVES = {
  'P-256': {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bytes: 32,
    hash: 'SHA-256',
  },
  'P-384': {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    bytes: 48,
    hash: 'SHA-384',
  },
};

/**
 * @param {string} text - `z…`
 * @returns {PublicKey}
 */
export function parseMultikey(text) {
  if (text[0] !== 'z') throw new MalformedKey('a Multikey starts with z');
  let bytes;
  try {
    bytes = base58btcDecode(text.slice(1));
  } catch (error) {
    if (error instanceof MalformedEncoding) throw new MalformedKey(error.message);
    throw error;
  }
  for (const { kind, prefix, length } of KINDS) {
    if (bytes.length === length + 2 && bytes[0] === prefix[0] && bytes[1] === prefix[1]) {
      const raw = bytes.slice(2);
      if (kind !== 'Ed25519') decompress(kind, raw); // refuses what is not a point of the curve
      return { kind, raw };
    }
  }
  throw new MalformedKey('unknown kind of Multikey');
}

/**
 * @param {Uint8Array} bytes - big-endian
 * @returns {bigint}
 */
function toInteger(bytes) {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/**
 * @param {bigint} value
 * @param {number} length
 * @returns {Uint8Array<ArrayBuffer>} big-endian
 */
function toBytes(value, length) {
  const bytes = new Uint8Array(length);
  for (let place = length - 1; place >= 0; place -= 1) {
    bytes[place] = Number(value & 0xffn);
    value >>= 8n;
  }
  return bytes;
}

/**
 * @param {bigint} base
 * @param {bigint} exponent
 * @param {bigint} modulus
 * @returns {bigint}
 */
function power(base, exponent, modulus) {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/**
 * Both coordinates of a compressed point (SEC 1, 2.3.4). Both primes are 3 mod 4, so a root is one power.
 *
 * @param {'P-256' | 'P-384'} kind
 * @param {Uint8Array} raw - 0x02 or 0x03, then x
 * @returns {{x: Uint8Array<ArrayBuffer>, y: Uint8Array<ArrayBuffer>}}
 */
export function decompress(kind, raw) {
  const { p, b, bytes } = CURVES[kind];
  if (raw.length !== bytes + 1 || (raw[0] !== 2 && raw[0] !== 3)) throw new MalformedKey('not a compressed point');
  const x = toInteger(raw.subarray(1));
  if (x >= p) throw new MalformedKey('not a point of the curve');
  const square = (((x * x + p - 3n) % p) * x + b) % p;
  let y = power(square, (p + 1n) / 4n, p);
  if ((y * y) % p !== square) throw new MalformedKey('not a point of the curve');
  if ((y & 1n) !== BigInt(raw[0] & 1)) y = p - y;
  return { x: toBytes(x, bytes), y: toBytes(y, bytes) };
}

/** @type {Map<string, Promise<CryptoKey>>} */
const imported = new Map();

/**
 * @param {PublicKey} key
 * @returns {Promise<CryptoKey>}
 */
function importKey(key) {
  const name = `${key.kind} ${base64urlEncode(key.raw)}`;
  let found = imported.get(name);
  if (!found) {
    if (key.kind === 'Ed25519') {
      found = crypto.subtle.importKey('raw', key.raw, { name: 'Ed25519' }, false, ['verify']);
    } else {
      const { x, y } = decompress(key.kind, key.raw);
      const jwk = { kty: 'EC', crv: key.kind, x: base64urlEncode(x), y: base64urlEncode(y) };
      found = crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: key.kind }, false, ['verify']);
    }
    imported.set(name, found);
    found.catch(() => imported.delete(name));
  }
  return found;
}

/**
 * Whether `signature` is the key's over `data`. ECDSA: the hash of the curve, r‖s, r and s within 1..n-1.
 *
 * @param {PublicKey} key
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {Uint8Array<ArrayBuffer>} signature
 * @returns {Promise<boolean>}
 * @throws {NotComputable} this browser lacks the algorithm
 */
export async function verify(key, data, signature) {
  let handle;
  try {
    handle = await importKey(key);
  } catch (error) {
    throw new NotComputable(`Not checked: this browser cannot compute ${key.kind} signatures.`, { cause: error });
  }
  if (key.kind === 'Ed25519') {
    return signature.length === 64 && crypto.subtle.verify('Ed25519', handle, signature, data);
  }
  const { n, bytes, hash } = CURVES[key.kind];
  if (signature.length !== 2 * bytes) return false;
  for (const part of [signature.subarray(0, bytes), signature.subarray(bytes)]) {
    const value = toInteger(part);
    if (value < 1n || value >= n) return false;
  }
  return crypto.subtle.verify({ name: 'ECDSA', hash }, handle, signature, data);
}

/**
 * @param {PublicKey} key
 * @returns {string} hash that the key's suites use
 */
export function hashOf(key) {
  return key.kind === 'P-384' ? 'SHA-384' : 'SHA-256';
}
