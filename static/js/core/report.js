// @ts-check
/** What a verification found: single checks and one of three verdicts, never a plain yes or no (T1). */

/** @typedef {'passed' | 'failed' | 'not-checked'} Outcome */
/** @typedef {'valid' | 'invalid' | 'unknown'} VerdictName */
/**
 * @typedef {object} Check
 * @property {string} name
 * @property {Outcome} outcome - `failed` makes the verdict invalid; `not-checked` with an error makes it unknown
 * @property {string | null} error - name of the credential profile, section 8
 * @property {string} sentence - for people; holds nothing from the document
 */
/**
 * @typedef {object} Report
 * @property {Check[]} checks - all twelve, in order
 * @property {VerdictName} verdict
 * @property {string | null} issuerId
 * @property {string | null} issuerName - from the trust list; null for an issuer that is not on it (T3)
 * @property {string} digest - of the bytes that were verified, as `digestMultibase`
 * @property {Record<string, any>} ages
 * @property {Record<string, any> | null} document - null when it could not be read or its signature failed
 */

/** In the order in which they are made; the same on the server. */
export const CHECK_NAMES = Object.freeze([
  'parse', 'form', 'proof-choice', 'key', 'signature-jcs', 'time', 'signature-rdfc', 'schema', 'status', 'links',
  'log', 'binding',
]);

/** Findings that make a verdict unknown; every other one makes it invalid. */
export const UNKNOWN_NAMES = new Set(['ISSUER_UNTRUSTED', 'STATUS_RETRIEVAL_ERROR']);

export const NOT_REACHED = 'Not reached, because an earlier check failed.';

/** A document does not hold what it claims; `code` says why. */
export class Finding extends Error {
  /**
   * @param {string} code - name of the credential profile, section 8
   * @param {string} sentence
   */
  constructor(code, sentence) {
    super(sentence);
    this.code = code;
  }
}

/**
 * @param {string} name
 * @param {string} sentence
 * @returns {Check}
 */
export function passed(name, sentence) {
  return { name, outcome: 'passed', error: null, sentence };
}

/**
 * @param {string} name
 * @param {string} sentence
 * @param {string | null} [error]
 * @returns {Check}
 */
export function notChecked(name, sentence, error = null) {
  return { name, outcome: 'not-checked', error, sentence };
}

/**
 * Invalid beats unknown beats valid. Without a good signature of the issuer nothing is valid; nor when something is
 * `missing` that had to be checked.
 *
 * @param {readonly Check[]} checks
 * @param {{signed: boolean, missing: boolean}} known
 * @returns {VerdictName}
 */
export function verdictOf(checks, { signed, missing }) {
  if (checks.some((check) => check.outcome === 'failed')) return 'invalid';
  if (!signed || missing || checks.some((check) => check.error && UNKNOWN_NAMES.has(check.error))) return 'unknown';
  return 'valid';
}

/**
 * @param {Report} report
 * @returns {string | null} what made it invalid, else what made it unknown
 */
export function errorOf(report) {
  const failed = report.checks.find((check) => check.outcome === 'failed');
  return (failed ?? report.checks.find((check) => check.error !== null))?.error ?? null;
}
