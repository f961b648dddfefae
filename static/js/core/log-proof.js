// @ts-check
/** Proof that a credential is entered in a public log (C2SP tlog-proof). Mirrors app/core/log_proof.py. */

import { isObject } from './evidence.js';
import { loads, MalformedJson } from './json-strict.js';
import { NotComputable } from './keys.js';
import { base64urlDecode, MalformedEncoding } from './multibase.js';
import { base64Decode, COSIGNATURE, cosignedAt, ED25519, MalformedNote, parseNote, parseVKey, signedBy } from './notes.js';
import { Finding } from './report.js';

/** @typedef {import('./notes.js').VKey} VKey */
/** @typedef {import('./verification.js').LogEvidence} LogEvidence */
/** @typedef {{evidence: LogEvidence, provenAt: number | null}} LogProof `provenAt`: ms; earliest time at which a witness saw it */

const MAX_BYTES = 131_072;
const MAX_LEAF = 16_384;
const MAX_HASHES = 64;
const SALT = 16;
const CHECKPOINT = /^([^\n]{1,255})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*$/u;

/**
 * What a verification takes as `log` and `provenAt`. An issuer without a log on the list has nothing to compare a proof
 * with: that is not checked, and no fault.
 *
 * @param {string} text
 * @param {readonly string[]} logs - verifier keys of the issuer's logs, as the trust list has them
 * @param {readonly string[]} [witnesses] - and of the witnesses
 * @returns {Promise<{log: LogEvidence | Error | null, provenAt: number | null}>}
 */
export async function judged(text, logs, witnesses = []) {
  if (!logs.length) return { log: null, provenAt: null };
  try {
    const { evidence, provenAt } = await readLogProof(text, logs, witnesses);
    return { log: evidence, provenAt };
  } catch (error) {
    if (!(error instanceof Finding || error instanceof NotComputable)) throw error;
    return { log: error, provenAt: null };
  }
}

/**
 * The proof in this file, once one of the issuer's logs has signed its checkpoint.
 *
 * @param {string} text
 * @param {readonly string[]} logs
 * @param {readonly string[]} [witnesses]
 * @returns {Promise<LogProof>}
 * @throws {Finding} LOG_PROOF_INVALID
 * @throws {NotComputable} this browser lacks Ed25519
 */
export async function readLogProof(text, logs, witnesses = []) {
  let proof;
  try {
    proof = parse(text);
  } catch (error) {
    if (!(error instanceof MalformedNote || error instanceof MalformedJson || error instanceof MalformedEncoding)) throw error;
    throw new Finding('LOG_PROOF_INVALID', 'The proof of the entry in the public log cannot be read.');
  }
  try {
    const { size, root, provenAt } = await openCheckpoint(proof.note, await keys(logs), await keys(witnesses));
    return { evidence: { ...proof.entry, treeSize: size, root }, provenAt };
  } catch (error) {
    if (!(error instanceof MalformedNote)) throw error;
    throw new Finding('LOG_PROOF_INVALID', 'The state of the public log is not signed as it should be.');
  }
}

/**
 * @param {string} note
 * @param {VKey[]} logs
 * @param {VKey[]} witnesses
 * @returns {Promise<{size: number, root: Uint8Array<ArrayBuffer>, provenAt: number | null}>}
 */
async function openCheckpoint(note, logs, witnesses) {
  const parsed = parseNote(note);
  const found = CHECKPOINT.exec(parsed.text);
  if (!found || !Number.isSafeInteger(Number(found[2]))) throw new MalformedNote('this is no checkpoint of a log');
  const own = logs.filter(({ kind, name }) => kind === ED25519 && name === found[1]);
  const root = base64Decode(found[3]);
  if (!(await signedBy(parsed, own)).length) throw new MalformedNote('no log that is known here signed this checkpoint');
  const seen = await signedBy(parsed, witnesses.filter(({ kind }) => kind === COSIGNATURE));
  const times = seen.map(({ signature }) => cosignedAt(signature));
  return { size: Number(found[2]), root, provenAt: times.length ? Math.min(...times) : null };
}

/**
 * @param {string} text
 * @returns {{entry: {leaf: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer> | null, index: number, proof: Uint8Array[]}, note: string}}
 */
function parse(text) {
  const at = text.indexOf('\n\n');
  const [first, extra = '', index = '', ...hashes] = text.slice(0, Math.max(at, 0)).split('\n');
  const number = /^index (0|[1-9][0-9]{0,15})$/.exec(index);
  const isWhole = new TextEncoder().encode(text).length <= MAX_BYTES && first === 'c2sp.org/tlog-proof@v1'
    && extra.startsWith('extra ') && hashes.length <= MAX_HASHES && hashes.every((line) => /^[A-Za-z0-9+/]{43}=$/.test(line));
  if (!isWhole || !number) throw new MalformedNote('this is no proof of a log');
  const value = loads(base64Decode(extra.slice(6)), { bytes: 2 * MAX_LEAF });
  const names = isObject(value) ? Object.keys(value) : [];
  const isKnown = names.includes('leaf') && names.every((name) => name === 'leaf' || name === 'salt')
    && names.every((name) => typeof value[name] === 'string');
  if (!isKnown) throw new MalformedNote('this is no proof of a log');
  return {
    entry: {
      leaf: new TextEncoder().encode(value.leaf),
      salt: 'salt' in value ? saltOf(value.salt) : null,
      index: Number(number[1]),
      proof: hashes.map(base64Decode),
    },
    note: text.slice(at + 2),
  };
}

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function saltOf(text) {
  const salt = text.startsWith('u') ? base64urlDecode(text.slice(1)) : new Uint8Array();
  if (salt.length !== SALT) throw new MalformedNote('this is no salt');
  return salt;
}

/**
 * Keys of kinds that we know; a list may name others for others.
 *
 * @param {readonly string[]} texts
 * @returns {Promise<VKey[]>}
 */
async function keys(texts) {
  const found = await Promise.all(texts.map((text) => parseVKey(text).catch((error) => {
    if (error instanceof MalformedNote) return null;
    throw error;
  })));
  return found.filter((key) => key !== null);
}
