// @ts-check
/**
 * Signed notes: a text, and lines of signatures under it. Mirrors app/core/notes.py. Source: C2SP signed-note v1.0.0,
 * C2SP tlog-cosignature.
 */

import { verify as verifySignature } from './keys.js';
import { sha256 } from './multibase.js';

/** @typedef {{name: string, kind: number, raw: Uint8Array<ArrayBuffer>, keyId: string}} VKey `keyId`: eight hex digits */
/** @typedef {{name: string, keyId: string, data: Uint8Array<ArrayBuffer>}} Signature */
/** @typedef {{text: string, signatures: Signature[]}} Note */

export const ED25519 = 1;
export const COSIGNATURE = 4;

const MAX_NOTE = 65_536;
const MAX_SIGNATURES = 32;
const LAST_TIME = 253_402_300_799n; // the year 9999 ends
const NAME = /^[^\s+\x00-\x1f\x7f\x85\ufeff]{1,255}$/u;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const DASH = '\u2014 ';

/** The text is not exactly what it should be, or a signature that should hold does not. */
export class MalformedNote extends Error {}

/**
 * @param {string} text - `name+keyid+base64(type and key)`
 * @returns {Promise<VKey>}
 */
export async function parseVKey(text) {
  const [name, keyId, ...rest] = text.split('+');
  if (!NAME.test(name) || !/^[0-9a-f]{8}$/.test(keyId ?? '')) throw new MalformedNote('name+keyid+key is expected');
  const data = base64Decode(rest.join('+'));
  if (data.length !== 33 || (data[0] !== ED25519 && data[0] !== COSIGNATURE)) throw new MalformedNote('a key of a kind we do not take');
  const digest = await sha256(new Uint8Array([...utf8(`${name}\n`), ...data]));
  if (hex(digest.subarray(0, 4)) !== keyId) throw new MalformedNote('the key id is of another key');
  return { name, kind: data[0], raw: data.slice(1), keyId };
}

/**
 * @param {string} note
 * @returns {Note}
 */
export function parseNote(note) {
  if (utf8(note).length > MAX_NOTE || CONTROL.test(note)) throw new MalformedNote('too long, or with control characters');
  const at = note.lastIndexOf('\n\n');
  const lines = note.slice(at + 2).split('\n');
  if (at < 0 || lines.pop() !== '' || lines.length < 1 || lines.length > MAX_SIGNATURES) {
    throw new MalformedNote('a text, an empty line and lines of signatures are expected');
  }
  return { text: note.slice(0, at + 1), signatures: lines.map(signature) };
}

/**
 * The signatures by these keys, all of which hold; those of others are left alone.
 *
 * @param {Note} note
 * @param {readonly VKey[]} keys
 * @returns {Promise<{key: VKey, signature: Signature}[]>}
 * @throws {MalformedNote} one of these keys is named, and its signature does not hold
 */
export async function signedBy({ text, signatures }, keys) {
  const found = [];
  for (const one of signatures) {
    const key = keys.find(({ name, keyId }) => name === one.name && keyId === one.keyId);
    if (!key) continue;
    if (!await holds(key, text, one.data)) throw new MalformedNote('a signature under this note does not hold');
    found.push({ key, signature: one });
  }
  return found;
}

/**
 * @param {Signature} cosignature - one that holds
 * @returns {number} ms, by the witness's clock
 */
export function cosignedAt({ data }) {
  return Number(new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0)) * 1000;
}

/**
 * @param {VKey} key
 * @param {string} text
 * @param {Uint8Array<ArrayBuffer>} data
 * @returns {Promise<boolean>}
 */
async function holds({ kind, raw }, text, data) {
  const publicKey = /** @type {const} */ ({ kind: 'Ed25519', raw });
  if (kind === ED25519) return data.length === 64 && verifySignature(publicKey, utf8(text), data);
  if (data.length !== 72) return false;
  const time = new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0);
  return time <= LAST_TIME && verifySignature(publicKey, utf8(`cosignature/v1\ntime ${time}\n${text}`), data.slice(8));
}

/**
 * @param {string} line
 * @returns {Signature}
 */
function signature(line) {
  const [name, encoded, ...more] = line.slice(DASH.length).split(' ');
  if (!line.startsWith(DASH) || encoded === undefined || more.length || !NAME.test(name)) {
    throw new MalformedNote('a line that is no signature');
  }
  const data = base64Decode(encoded);
  if (data.length < 5) throw new MalformedNote('a signature that is too short');
  return { name, keyId: hex(data.subarray(0, 4)), data: data.slice(4) };
}

/**
 * Standard base64 in its one spelling.
 *
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function base64Decode(text) {
  let binary;
  try {
    binary = atob(text);
  } catch (error) {
    throw new MalformedNote('not base64', { cause: error });
  }
  if (btoa(binary) !== text) throw new MalformedNote('base64 that is not in its one spelling');
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function utf8(text) {
  return new TextEncoder().encode(text);
}

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
