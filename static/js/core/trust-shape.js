// @ts-check
/**
 * What a trust list says, as values, and the strict reading of its `signed` part. Mirrors app/core/trust_shape.py,
 * where the shape stands: a member that is not known is refused.
 */

import { MalformedKey, parseMultikey } from './keys.js';
import { parseTime } from './times.js';

/** @typedef {import('./keys.js').PublicKey} PublicKey */
/**
 * @typedef {object} TrustedKey
 * @property {string} id
 * @property {PublicKey} publicKey
 * @property {number} validFrom - ms
 * @property {number | null} expires - ms
 * @property {number | null} revoked - ms; from then on nothing it signed is believed
 * @property {string[]} x5c - certificates, leaf first; judged when the list is made, not by a verdict
 */
/**
 * @typedef {object} TrustedIssuer
 * @property {string} id
 * @property {string} name
 * @property {Set<string>} documentTypes
 * @property {Map<string, TrustedKey>} keys
 * @property {number | null} suspended - ms; from then on nothing of it is believed, until a list without this
 * @property {string[]} logs - verifier keys of its transparency logs
 * @property {string | null} organizationIdentifier
 */
/**
 * @typedef {object} TrustList
 * @property {number} version
 * @property {number} issued - ms
 * @property {number} expires - ms
 * @property {Map<string, TrustedIssuer>} issuers
 * @property {string[]} witnesses - verifier keys of those who cosign checkpoints
 * @property {string[]} timestampAnchors - certificates that time stamps must lead to
 */

const MAX_ISSUERS = 10_000;
const MAX_KEYS = 1_000;
const MAX_ITEMS = 64;
const MAX_CHAIN = 8;
const VKEY = /^[!-*,-~]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{4,200}={0,2}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @typedef {'malformed' | 'refused' | 'rolled-back' | 'expired'} TrustProblem */

/** A list or root that is not used; the one before stays. */
export class TrustListError extends Error {
  /**
   * @param {TrustProblem} problem
   * @param {string} message
   * @param {TrustList | null} [list] - what an ended list says, so that a reader can be told how old it is
   */
  constructor(problem, message, list = null) {
    super(message);
    this.problem = problem;
    this.list = list;
  }
}

/**
 * @param {any} signed
 * @returns {TrustList}
 * @throws {TrustListError}
 */
export function readSigned(signed) {
  if (!hasMembers(signed, ['type', 'version', 'issued', 'expires', 'issuers'], ['witnesses', 'timestampAnchors'])) {
    throw malformed('signed has other members');
  }
  if (signed.type !== 'TrustList' || !Number.isInteger(signed.version) || signed.version < 1) {
    throw malformed('type TrustList and a version from 1 are expected');
  }
  /** @type {Map<string, TrustedIssuer>} */
  const issuers = new Map();
  for (const one of list(signed.issuers, MAX_ISSUERS)) {
    const issuer = readIssuer(one);
    if (issuers.has(issuer.id)) throw malformed('an issuer is there twice');
    issuers.set(issuer.id, issuer);
  }
  return {
    version: signed.version,
    issued: time(signed.issued),
    expires: time(signed.expires),
    issuers,
    witnesses: texts(signed, 'witnesses', MAX_ITEMS, VKEY),
    timestampAnchors: texts(signed, 'timestampAnchors', MAX_ITEMS, BASE64),
  };
}

/**
 * @param {any} value
 * @returns {TrustedIssuer}
 */
function readIssuer(value) {
  if (!hasMembers(value, ['id', 'name', 'documentTypes', 'keys'], ['suspended', 'logs', 'organizationIdentifier'])) {
    throw malformed('an issuer has other members');
  }
  const id = text(value.id);
  const documentTypes = new Set(list(value.documentTypes, MAX_ITEMS).map(anyText));
  /** @type {Map<string, TrustedKey>} */
  const keys = new Map();
  for (const one of list(value.keys, MAX_KEYS)) {
    const key = readKey(one);
    const hash = key.id.indexOf('#');
    // A key can only speak for the party it is listed under (T4).
    if (hash < 0 || key.id.slice(0, hash) !== id || key.id.length === hash + 1 || keys.has(key.id)) {
      throw malformed("the issuer's id, # and a name that no other key has are expected");
    }
    keys.set(key.id, key);
  }
  return {
    id,
    name: text(value.name),
    documentTypes,
    keys,
    suspended: 'suspended' in value ? time(value.suspended) : null,
    logs: texts(value, 'logs', MAX_ITEMS, VKEY),
    organizationIdentifier: 'organizationIdentifier' in value ? text(value.organizationIdentifier) : null,
  };
}

/**
 * @param {any} value
 * @returns {TrustedKey}
 */
function readKey(value) {
  if (!hasMembers(value, ['id', 'publicKeyMultibase', 'validFrom'], ['expires', 'revoked', 'x5c'])) {
    throw malformed('a key has other members');
  }
  return {
    id: text(value.id),
    publicKey: publicKey(text(value.publicKeyMultibase)),
    validFrom: time(value.validFrom),
    expires: 'expires' in value ? time(value.expires) : null,
    revoked: 'revoked' in value ? time(value.revoked) : null,
    x5c: texts(value, 'x5c', MAX_CHAIN, BASE64),
  };
}

/**
 * @param {string} multikey
 * @returns {PublicKey}
 * @throws {TrustListError}
 */
export function publicKey(multikey) {
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
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {any} value
 * @param {string[]} required
 * @param {string[]} [optional]
 * @returns {boolean} an object with all required members and no unknown one
 */
export function hasMembers(value, required, optional = []) {
  if (!isObject(value)) return false;
  return required.every((name) => Object.hasOwn(value, name))
    && Object.keys(value).every((name) => required.includes(name) || optional.includes(name));
}

/**
 * @param {unknown} value
 * @param {number} most
 * @returns {any[]}
 */
export function list(value, most) {
  if (!Array.isArray(value) || value.length > most) throw malformed(`a list of at most ${most} is expected`);
  return value;
}

/**
 * @param {Record<string, any>} value
 * @param {string} name - of a member that may lack
 * @param {number} most
 * @param {RegExp} form
 * @returns {string[]}
 */
function texts(value, name, most, form) {
  if (!Object.hasOwn(value, name)) return [];
  const found = list(value[name], most).map(anyText);
  if (!found.every((one) => form.test(one))) throw malformed(`${name} has something of another form`);
  return found;
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
export function text(value) {
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
export function malformed(message) {
  return new TrustListError('malformed', message);
}
