// @ts-check
/**
 * Verification of one credential: twelve checks, one verdict, no network, no clock. The same input, trust data and
 * time give the same report as app/core/verification.py; tests/vectors/verification.json holds both to it (T22).
 */

import * as authenticity from './authenticity.js';
import { evidence, isObject } from './evidence.js';
import { objects } from './form-values.js';
import { loads, MalformedJson } from './json-strict.js';
import { NotComputable, OutOfTime } from './keys.js';
import * as linkCheck from './link-check.js';
import { leafHash, verifyInclusion } from './merkle.js';
import { digestMultibase } from './multibase.js';
import { isRdfc } from './proof.js';
import { form, parse, proofChoice } from './record-form.js';
import { CHECK_NAMES, Finding, NOT_REACHED, notChecked, passed, verdictOf } from './report.js';
import * as statusCheck from './status-check.js';

/** @typedef {import('./evidence.js').Evidence} Evidence */
/** @typedef {import('./evidence.js').Policy} Policy */
/** @typedef {import('./report.js').Check} Check */
/** @typedef {import('./report.js').Report} Report */
/** @typedef {(e: Evidence) => Check | Promise<Check>} Step */

/**
 * An entry of the audit log with its proof. `root` is that of a checkpoint whose signature the caller has checked.
 *
 * @typedef {object} LogEvidence
 * @property {Uint8Array<ArrayBuffer>} leaf - the entry itself, canonical JSON that names the credential's digest or commits to it
 * @property {number} index
 * @property {number} treeSize
 * @property {Uint8Array[]} proof
 * @property {Uint8Array} root
 * @property {Uint8Array<ArrayBuffer> | null} [salt] - 16 bytes; shows what a commitment is to
 */

const HIDING = new Set(['parse', 'form', 'proof-choice', 'key', 'signature-jcs', 'signature-rdfc']);

/**
 * Check the stored bytes of one credential. Stops at the first failure; what only leaves the verdict unknown is
 * collected. Without `policy.canonicalize`, step 7 is left out and said to be.
 *
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {Policy} policy
 * @param {object} more
 * @param {number} more.now - ms
 * @param {string | null} [more.expectedSubject] - identifier on the label
 * @param {linkCheck.Linked} [more.linked]
 * @param {LogEvidence | Error | null} [more.log] - or why there is none: a Finding fails, NotComputable is not checked
 * @param {number | null} [more.provenAt] - time at which the document provably existed
 * @returns {Promise<Report>}
 */
export async function verify(data, policy, { now, expectedSubject = null, linked = new Map(), log = null, provenAt = null }) {
  const e = evidence(data, policy, now, { provenAt });
  /** @type {Record<string, any> & {statusLists: statusCheck.ListAge[]}} */
  const ages = { trustList: trustListAge(policy, now), statusLists: [] };
  /** @type {[string, Step][]} */
  const steps = [
    ...signingSteps(Boolean(policy.canonicalize)),
    ['schema', schema],
    ['status', (held) => statusCheck.check(held, establish, ages.statusLists)],
    ['links', (held) => linkCheck.check(held, linked, establish)],
    ['log', (held) => logEntry(held, log)],
    ['binding', (held) => binding(held, expectedSubject)],
  ];
  /** @type {Check[]} */
  const checks = [];
  for (const [name, step] of steps) {
    if (checks.at(-1)?.outcome === 'failed') break;
    checks.push(await run(name, step, e));
  }
  const last = /** @type {Check} */ (checks.at(-1));
  for (const name of CHECK_NAMES.slice(checks.length)) checks.push(notChecked(name, NOT_REACHED));
  const schemaMissing = policy.schemaRequired !== false && 'credentialSchema' in e.document
    && checks[CHECK_NAMES.indexOf('schema')].outcome === 'not-checked';
  return {
    checks,
    verdict: verdictOf(checks, { signed: e.isSigned && e.isTrusted, missing: schemaMissing || e.unfinished }),
    issuerId: e.issuerId || null,
    issuerName: e.issuer?.name ?? null,
    digest: await digestMultibase(data),
    ages,
    document: last.outcome === 'failed' && HIDING.has(last.name) ? null : e.document,
  };
}

/**
 * @param {boolean} withRdfc
 * @returns {[string, Step][]}
 */
function signingSteps(withRdfc) {
  return [
    ['parse', parse],
    ['form', form],
    ['proof-choice', proofChoice],
    ['key', authenticity.key],
    ['signature-jcs', authenticity.signatureJcs],
    ['time', authenticity.time],
    ['signature-rdfc', withRdfc ? authenticity.signatureRdfc : rdfcLeftOut],
  ];
}

/** @type {Step} */
function rdfcLeftOut(e) {
  if (!e.signed.some((one) => isRdfc(one.proof.cryptosuite))) return authenticity.signatureRdfc(e);
  const beside = e.isSigned ? ' The signature over every byte fits.' : '';
  return notChecked('signature-rdfc', `Not done here: this signature is checked by another process.${beside}`);
}

/**
 * @param {string} name
 * @param {Step} step
 * @param {Evidence} e
 * @returns {Promise<Check>}
 */
async function run(name, step, e) {
  try {
    return await step(e);
  } catch (error) {
    if (error instanceof OutOfTime) {
      e.unfinished = true;
      return notChecked(name, 'Not checked: it would take too long here.');
    }
    if (!(error instanceof Finding)) throw error;
    return { name, outcome: 'failed', error: error.code, sentence: error.message };
  }
}

/**
 * Steps 1 to 6 for a document beside the one that is verified: a status list, a linked section. Only if it has no
 * JCS signature is RDFC run.
 *
 * @param {Evidence} e
 */
async function establish(e) {
  for (const [name, step] of signingSteps(Boolean(e.policy.canonicalize))) {
    if (name !== 'signature-rdfc' || !e.isSigned) await step(e);
  }
}

/** (9) Every `credentialSchema` of type JsonSchema, from the local store. MALFORMED_VALUE_ERROR. @type {Step} */
function schema(e) {
  if (!('credentialSchema' in e.document)) return notChecked('schema', 'The record names no schema.');
  const validator = e.policy.schemaValidator;
  if (!validator) return notChecked('schema', 'Not checked for completeness: no schema is at hand.');
  const { proof: _proof, ...unsecured } = e.document;
  for (const entry of objects(e.document.credentialSchema, 'credentialSchema')) {
    if (entry.type !== 'JsonSchema' || typeof entry.id !== 'string') {
      return notChecked('schema', 'Not checked for completeness: a kind of schema we do not know.');
    }
    const faults = validator(entry.id, unsecured);
    if (!faults) return notChecked('schema', 'Not checked for completeness: this schema is not at hand.');
    if (faults.length) {
      const more = faults.length > 1 ? `${faults.length} entries are` : 'one entry is';
      throw new Finding('MALFORMED_VALUE_ERROR', `The record breaks its own rules: ${more} wrong.`);
    }
  }
  return passed('schema', 'The record is complete and well formed.');
}

/**
 * (12) The entry names this document, or commits to it, and is in the log. LOG_PROOF_INVALID.
 *
 * @param {Evidence} e
 * @param {LogEvidence | Error | null} log
 * @returns {Promise<Check>}
 */
async function logEntry(e, log) {
  if (!log) return notChecked('log', 'The public log was not asked.');
  if (log instanceof NotComputable) return notChecked('log', log.message);
  if (log instanceof Error) throw log;
  let leaf;
  try {
    leaf = loads(log.leaf, { bytes: 16_384 });
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
  }
  const own = await digestMultibase(e.data);
  if (!isObject(leaf) || !(leaf.digest === own || (log.salt && leaf.commitment === await commitment(own, log.salt)))) {
    throw new Finding('LOG_PROOF_INVALID', 'The entry in the public log is about another record.');
  }
  if (!await verifyInclusion(await leafHash(log.leaf), log.index, log.treeSize, log.proof, log.root)) {
    throw new Finding('LOG_PROOF_INVALID', 'The record is not in the public log as claimed.');
  }
  return passed('log', 'The record is entered in the public log.');
}

/**
 * @param {string} text
 * @param {Uint8Array} salt
 * @returns {Promise<string>} digest of salt and text, as app/core/log.py makes it
 */
function commitment(text, salt) {
  return digestMultibase(new Uint8Array([...salt, ...new TextEncoder().encode(text)]));
}

/**
 * (13) The subject is the object that was scanned, compared as whole texts (T2). SUBJECT_MISMATCH.
 *
 * @param {Evidence} e
 * @param {string | null} expected
 * @returns {Check}
 */
function binding(e, expected) {
  if (expected === null) return notChecked('binding', 'Not compared with a label.');
  const subject = e.document.credentialSubject;
  if ((isObject(subject) ? subject.id : null) !== expected) {
    throw new Finding('SUBJECT_MISMATCH', 'The record is about another battery than the label.');
  }
  return passed('binding', 'The record is about the battery on the label.');
}

/**
 * @param {Policy} policy
 * @param {number} now
 */
function trustListAge({ trustList, trustListFetchedAt }, now) {
  if (!trustList) return null;
  const since = trustListFetchedAt ?? trustList.issued;
  return {
    version: trustList.version,
    issued: toSeconds(trustList.issued),
    expires: toSeconds(trustList.expires),
    ageSeconds: Math.max(0, Math.floor((now - since) / 1000)),
  };
}

/**
 * @param {number} time - ms
 * @returns {string} `2026-11-24T08:00:00Z`
 */
function toSeconds(time) {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
