// @ts-check
/**
 * Trust lists: who may issue what, with which key, signed by an offline root (T4 to T7). The shape stands in
 * app/core/trust.py; both read it alike: unknown members are refused, each root key counts once.
 */

import { loads, MalformedJson } from './json-strict.js';
import { jcsBytes } from './jcs.js';
import { MalformedKey, parseMultikey, verify } from './keys.js';
import { base58btcDecode, MalformedEncoding } from './multibase.js';
import { parseTime } from './times.js';

/** @typedef {import('./keys.js').PublicKey} PublicKey */
/**
 * @typedef {object} TrustedKey
 * @property {string} id
 * @property {PublicKey} publicKey
 * @property {number} validFrom - ms
 * @property {number | null} expires - ms
 * @property {number | null} revoked - ms; from then on nothing it signed is believed
 */
/** @typedef {{id: string, name: string, documentTypes: Set<string>, keys: Map<string, TrustedKey>}} TrustedIssuer */
/** @typedef {{version: number, issued: number, expires: number, issuers: Map<string, TrustedIssuer>}} TrustList */

const MAX_BYTES = 1_048_576;

/** @typedef {'malformed' | 'refused' | 'rolled-back' | 'expired'} TrustProblem */

/** A list that is not used; the one before stays. */
export class TrustListError extends Error {
  /**
   * @param {TrustProblem} problem
   * @param {string} message
   */
  constructor(problem, message) {
    super(message);
    this.problem = problem;
  }
}

/**
 * The trust list in `data`, once enough root keys have signed it.
 *
 * @param {Uint8Array} data
 * @param {any} root - parsed trust root, pinned
 * @param {number} now - ms
 * @param {number} [newestSeenVersion]
 * @returns {Promise<TrustList>}
 * @throws {TrustListError}
 */
export async function parseTrustList(data, root, now, newestSeenVersion = 0) {
  // (1) strict JSON, known members only
  const document = read(data);
  if (!hasMembers(document, ['signed', 'signatures'])) throw malformed('a trust list has the members signed and signatures');
  const { signed, signatures } = document;
  if (!isObject(signed)) throw malformed('signed: an object is expected');
  // (2) enough different root keys
  await requireThreshold(jcsBytes(signed), signatures, root);
  const trustList = readSigned(signed);
  // (3) no older than the newest seen
  if (trustList.version < newestSeenVersion) {
    throw new TrustListError('rolled-back', 'this trust list is older than one seen before');
  }
  // (4) not expired
  if (trustList.expires <= now) throw new TrustListError('expired', `this trust list ended on ${signed.expires}`);
  return trustList;
}

/**
 * The trust root, strictly read.
 *
 * @param {Uint8Array} data
 * @returns {any} `{version, threshold, keys: [{id, publicKeyMultibase}]}`
 * @throws {TrustListError}
 */
export function parseRoot(data) {
  const root = read(data);
  if (!isObject(root) || !Array.isArray(root.keys) || !Number.isInteger(root.threshold)) {
    throw malformed('a trust root has keys and a threshold');
  }
  return root;
}

/**
 * @param {Uint8Array} data
 * @returns {any}
 */
function read(data) {
  try {
    return loads(data, { bytes: MAX_BYTES });
  } catch (error) {
    if (error instanceof MalformedJson) throw malformed(error.message);
    throw error;
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} payload
 * @param {unknown} signatures
 * @param {any} root
 */
async function requireThreshold(payload, signatures, root) {
  if (!Number.isInteger(root.threshold) || root.threshold < 1) {
    throw new TrustListError('refused', 'the pinned root asks for no signature');
  }
  if (!Array.isArray(signatures) || signatures.length > 32) throw malformed('a list of at most 32 signatures is expected');
  /** @type {Map<string, string>} */
  const keys = new Map(root.keys.map((/** @type {any} */ key) => [key.id, key.publicKeyMultibase]));
  const good = new Set();
  for (const one of signatures) {
    if (!hasMembers(one, ['keyId', 'signature'])) throw malformed('keyId and signature are expected');
    const multikey = keys.get(one.keyId);
    if (multikey === undefined || typeof one.signature !== 'string' || one.signature[0] !== 'z') continue;
    const key = readKey(multikey);
    if (key.kind === 'P-256' && await isSignature(key, payload, one.signature)) good.add(multikey);
  }
  if (good.size < root.threshold) {
    throw new TrustListError('refused', `${root.threshold} root signatures are needed; ${good.size} hold`);
  }
}

/**
 * @param {PublicKey} key
 * @param {Uint8Array<ArrayBuffer>} payload
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function isSignature(key, payload, text) {
  try {
    return await verify(key, payload, base58btcDecode(text.slice(1)));
  } catch (error) {
    if (error instanceof MalformedEncoding) return false;
    throw error;
  }
}

/**
 * @param {any} signed
 * @returns {TrustList}
 */
function readSigned(signed) {
  if (!hasMembers(signed, ['type', 'version', 'issued', 'expires', 'issuers'])) throw malformed('signed has other members');
  if (signed.type !== 'TrustList' || !Number.isInteger(signed.version) || signed.version < 1) {
    throw malformed('type TrustList and a version from 1 are expected');
  }
  /** @type {Map<string, TrustedIssuer>} */
  const issuers = new Map();
  for (const one of list(signed.issuers)) {
    const issuer = readIssuer(one);
    if (issuers.has(issuer.id)) throw malformed('an issuer is there twice');
    issuers.set(issuer.id, issuer);
  }
  return { version: signed.version, issued: time(signed.issued), expires: time(signed.expires), issuers };
}

/**
 * @param {any} value
 * @returns {TrustedIssuer}
 */
function readIssuer(value) {
  if (!hasMembers(value, ['id', 'name', 'documentTypes', 'keys'])) throw malformed('an issuer has other members');
  const id = text(value.id);
  const documentTypes = new Set(list(value.documentTypes).map(anyText));
  /** @type {Map<string, TrustedKey>} */
  const keys = new Map();
  for (const one of list(value.keys)) {
    if (!hasMembers(one, ['id', 'publicKeyMultibase', 'validFrom'], ['expires', 'revoked'])) {
      throw malformed('a key has other members');
    }
    const method = text(one.id);
    const hash = method.indexOf('#');
    // A key can only speak for the party it is listed under (T4).
    if (hash < 0 || method.slice(0, hash) !== id || method.length === hash + 1 || keys.has(method)) {
      throw malformed("the issuer's id, # and a name that no other key has are expected");
    }
    keys.set(method, {
      id: method,
      publicKey: readKey(text(one.publicKeyMultibase)),
      validFrom: time(one.validFrom),
      expires: 'expires' in one ? time(one.expires) : null,
      revoked: 'revoked' in one ? time(one.revoked) : null,
    });
  }
  return { id, name: text(value.name), documentTypes, keys };
}

/**
 * @param {string} multikey
 * @returns {PublicKey}
 */
function readKey(multikey) {
  try {
    return parseMultikey(multikey);
  } catch (error) {
    if (error instanceof MalformedKey) throw malformed(error.message);
    throw error;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {any} value
 * @param {string[]} required
 * @param {string[]} [optional]
 * @returns {boolean} an object with all required members and no unknown one
 */
function hasMembers(value, required, optional = []) {
  if (!isObject(value)) return false;
  return required.every((name) => Object.hasOwn(value, name))
    && Object.keys(value).every((name) => required.includes(name) || optional.includes(name));
}

/**
 * @param {unknown} value
 * @returns {any[]}
 */
function list(value) {
  if (!Array.isArray(value)) throw malformed('a list is expected');
  return value;
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function anyText(value) {
  if (typeof value !== 'string') throw malformed('a text is expected');
  return value;
}

/**
 * @param {unknown} value
 * @returns {string} not empty
 */
function text(value) {
  if (typeof value !== 'string' || !value) throw malformed('a text is expected');
  return value;
}

/**
 * @param {unknown} value
 * @returns {number} ms
 */
function time(value) {
  const at = parseTime(value);
  if (at === null) throw malformed('a date and time with zone is expected');
  return at;
}

/**
 * @param {string} message
 * @returns {TrustListError}
 */
function malformed(message) {
  return new TrustListError('malformed', message);
}
