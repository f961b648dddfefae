// @ts-check
/** One credential, checked on this device with what this device knows: trust list, status lists, schema. */

import { isObject } from '../core/evidence.js';
import { base64urlDecode, MalformedEncoding } from '../core/multibase.js';
import { UnknownKeyword, validate } from '../core/schema.js';
import { verify } from '../core/verification.js';
import { fetchPublic, NotThere, Unreachable } from './fetching.js';
import { currentTrust } from './trust.js';

/** @typedef {import('../core/report.js').Report} Report */
/** @typedef {import('../core/verdict.js').Situation} Situation */
/** @typedef {import('../core/link-check.js').Linked} Linked */

/** What is known is called of now as long as it is younger than this. */
const RECENT_MS = 3 * 60_000;
const SCHEMA_BASE = 'https://w3id.org/open-battery-passport/schema/';

/**
 * @param {Uint8Array<ArrayBuffer>} bytes - as stored
 * @param {object} options
 * @param {string} options.origin - of this installation, as identifiers carry it
 * @param {string | null} [options.expectedSubject]
 * @param {Linked} [options.linked]
 * @param {boolean} [options.withRdfc] - start the worker for the signature over the meaning
 * @param {boolean} [options.fromStore] - the credential itself came from the store
 * @param {string | null} [options.logProof] - that it is entered in the public log (C2SP tlog-proof)
 * @param {boolean} [options.withStatus] - ask whether it was revoked; a history tells that by itself
 * @returns {Promise<{report: Report, situation: Situation, labels: Map<string, {name: string, unit: string | null}>}>}
 *   `labels`: names and units of attributes, from the schema that the credential names
 */
export async function check(bytes, { origin, expectedSubject = null, linked, withRdfc = false, fromStore = false, logProof = null, withStatus = true }) {
  const document = peek(bytes);
  const [trust, statusLists, schemas] = await Promise.all([
    currentTrust(),
    // Asked anew each time: "checked now" means that a revocation of a moment ago is seen.
    fetchAll(withStatus ? statusListUrls(document) : [], (url) => ownPath(url, origin, '/status/'), 'no-cache'),
    fetchAll(schemaUrls(document), schemaPath),
  ]);
  const canonicalize = withRdfc ? (await import('./canonicalizing.js')).canonicalize : null;
  const report = await verify(bytes, {
    trustList: trust.list,
    trustListFetchedAt: trust.fetchedAt,
    statusLists: new Map([...statusLists].map(([url, fetched]) => [url, fetched.bytes])),
    schemaValidator: (url, unsecured) => problems(schemas.get(url)?.bytes, unsecured),
    canonicalize,
  }, { now: trust.now, expectedSubject, linked, ...await logOf(logProof, document, trust.list) });
  const stored = [...statusLists.values()].some((fetched) => fetched.fromStore);
  const isOld = trust.fetchedAt !== null && trust.now - trust.fetchedAt > RECENT_MS; // by the browser's own cache
  return {
    report,
    labels: labelsOf([...schemas.values()][0]?.bytes),
    situation: {
      offline: trust.fromStore || stored || fromStore || isOld || !navigator.onLine,
      knownAt: trust.fetchedAt,
      trustProblem: trust.problem,
      now: trust.now,
    },
  };
}

/**
 * What a proof of the log says, by the logs that the trust list names for whoever the document says signed it.
 *
 * @param {string | null} proof
 * @param {any} document
 * @param {import('../core/trust-list.js').TrustList | null} list
 */
async function logOf(proof, document, list) {
  const name = isObject(document?.issuer) ? document.issuer.id : document?.issuer;
  const issuer = list?.issuers.get(name);
  if (proof === null || !list || !issuer) return {};
  const { judged } = await import('../core/log-proof.js');
  return judged(proof, issuer.logs, list.witnesses);
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {any} the document, unverified; only to learn what to fetch
 */
function peek(bytes) {
  try {
    const text = new TextDecoder().decode(bytes);
    const json = text[0] === 'e' ? new TextDecoder().decode(base64urlDecode(text.split('.')[1] ?? '')) : text;
    return JSON.parse(json); // `verify` reads it strictly
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MalformedEncoding) return null;
    throw error;
  }
}

/**
 * @param {any} document
 * @returns {string[]}
 */
function statusListUrls(document) {
  return entries(document?.credentialStatus).map((entry) => entry.statusListCredential);
}

/**
 * @param {any} document
 * @returns {string[]}
 */
function schemaUrls(document) {
  return entries(document?.credentialSchema).map((entry) => entry.id);
}

/**
 * @param {unknown} value
 * @returns {Record<string, any>[]} at most eight
 */
function entries(value) {
  return [value].flat().filter(isObject).slice(0, 8);
}

/**
 * Path of an address of this installation; null for another host or another place.
 *
 * @param {string} url
 * @param {string} origin
 * @param {string} prefix
 * @returns {string | null}
 */
export function ownPath(url, origin, prefix) {
  if (!URL.canParse(url)) return null;
  const { origin: found, pathname } = new URL(url);
  return (found === origin || found === location.origin) && pathname.startsWith(prefix) ? pathname : null;
}

/**
 * @param {string} url
 * @returns {string | null}
 */
function schemaPath(url) {
  const name = url.startsWith(SCHEMA_BASE) ? url.slice(SCHEMA_BASE.length) : '';
  return /^v[0-9]+\/[a-z]+-[a-z]+\.json$/.test(name) ? `/schema/${name}` : null;
}

/**
 * @param {string[]} urls
 * @param {(url: string) => string | null} pathOf
 * @param {RequestCache} [cache]
 * @returns {Promise<Map<string, import('./fetching.js').Fetched>>} what could be had, by address
 */
async function fetchAll(urls, pathOf, cache) {
  const found = new Map();
  await Promise.all([...new Set(urls)].map(async (url) => {
    const path = typeof url === 'string' ? pathOf(url) : null;
    if (!path) return;
    try {
      found.set(url, await fetchPublic(path, cache));
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof NotThere)) throw error;
    }
  }));
  return found;
}

/**
 * @param {Uint8Array<ArrayBuffer> | undefined} schema
 * @returns {Map<string, {name: string, unit: string | null}>} by member of the subject
 */
function labelsOf(schema) {
  const found = new Map();
  if (!schema) return found;
  const properties = JSON.parse(new TextDecoder().decode(schema)).$defs?.subject?.properties ?? {};
  for (const [id, rules] of Object.entries(properties)) {
    if (rules.title) found.set(id, { name: rules.title, unit: rules['x-unit'] ?? null });
  }
  return found;
}

/**
 * @param {Uint8Array<ArrayBuffer> | undefined} schema
 * @param {unknown} document
 * @returns {string[] | null} null when it cannot be checked here
 */
function problems(schema, document) {
  if (!schema) return null;
  try {
    const rules = JSON.parse(new TextDecoder().decode(schema));
    return validate(document, rules).map(({ pointer, rule }) => `${pointer}: ${rule}`);
  } catch (error) {
    if (error instanceof UnknownKeyword || error instanceof SyntaxError) return null;
    throw error;
  }
}
