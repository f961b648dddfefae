// @ts-check
/**
 * The verdict in words, the same as the server's (app/core/verdict.py), with what only a device knows: offline, and
 * trouble with its own trust list. Sign, word and colour go together; a signature that does not fit shows no data.
 */

/** @typedef {import('./report.js').Report} Report */
/** @typedef {import('./report.js').Check} Check */

/**
 * `state` is the class of the verdict card, `icon` its sign.
 *
 * @typedef {object} Verdict
 * @property {string} state
 * @property {string} icon
 * @property {string} headline
 * @property {string} sentence
 * @property {boolean} showsData
 * @property {boolean} trusted
 */

/**
 * @typedef {object} Situation
 * @property {boolean} offline - something came from the store
 * @property {number | null} knownAt - ms, when the trust list was fetched
 * @property {string | null} trustProblem
 * @property {number} now - ms
 */

const DAY = 24 * 3_600_000;

/** What each check asks, in the order in which they are made. */
export const CHECK_NAMES = new Map([
  ['parse', 'Readable'],
  ['form', 'Right form'],
  ['proof-choice', 'Carries a signature'],
  ['key', 'Signer is known'],
  ['signature-jcs', 'Signature fits every byte'],
  ['time', 'Dates are in order'],
  ['signature-rdfc', 'Signature fits the meaning'],
  ['schema', 'Complete and well-formed'],
  ['status', 'Not revoked'],
  ['links', 'Belongs together'],
  ['log', 'Entered in the public log'],
  ['binding', 'About this battery'],
]);

export const OUTCOMES = { passed: 'passed', failed: 'failed', 'not-checked': 'not checked' };

/**
 * @param {string} state
 * @param {string} icon
 * @param {string} headline
 * @param {string} sentence
 * @param {boolean} showsData
 * @param {boolean} trusted
 * @returns {Verdict}
 */
function verdict(state, icon, headline, sentence, showsData, trusted) {
  return { state, icon, headline, sentence, showsData, trusted };
}

const STRANGER = verdict('unknown', 'question', 'Signed by somebody we don’t know',
  'The signer is not on the trust list. What stands below is their own claim.', true, false);
const NOT_TRUSTED = verdict('unknown', 'question', 'Signer is known, but not trusted with this',
  'The trust list does not let the signer vouch for this record, or not any more; see below.', true, false);
const OPEN = verdict('unknown', 'unknown', 'Not fully checked',
  'Something could not be checked just now; see below.', true, true);
const STALE = verdict('unknown', 'unknown', 'Not fully checked',
  'Signature is good; whether the record was revoked could not be asked.', true, true);
const REVOKED = verdict('revoked', 'revoked', 'Revoked by the issuer',
  'The record was genuine, and its issuer has taken it back. It is kept for the history.', true, true);
const SUSPENDED = verdict('revoked', 'suspended', 'Suspended by the issuer',
  'The record is genuine, but its issuer asks not to rely on it for now.', true, true);
const ALTERED = verdict('altered', 'altered', 'Record was altered',
  'It does not fit its signature. Nothing of it is shown: do not rely on it, and report it.', false, false);
const INVALID = verdict('invalid', 'invalid', 'Record is not valid',
  'One of the checks below failed. Nothing of it is shown.', false, false);
const STOLEN_KEY = verdict('invalid', 'invalid', 'Its key is no longer trusted',
  'The key that signed this record fell into wrong hands, and nothing proves that the record is older. Nothing of it is shown.', false, false);
const OTHER_BATTERY = verdict('invalid', 'invalid', 'Record is about another battery',
  'It does not belong to the label that was read. Nothing of it is shown.', false, false);
const UNSUPPORTED = verdict('unsupported', 'unsupported', 'Can’t check this code',
  'It is damaged, or of a kind that is not supported here.', false, false);

/** @type {ReadonlyMap<string, Verdict>} */
const BY_ERROR = new Map([
  ['PROOF_VERIFICATION_ERROR', ALTERED],
  ['DATA_LOSS_DETECTION_ERROR', ALTERED],
  ['LINK_DIGEST_MISMATCH', ALTERED],
  ['KEY_REVOKED', STOLEN_KEY],
  ['REVOKED', REVOKED],
  ['SUSPENDED', SUSPENDED],
  ['PARSING_ERROR', UNSUPPORTED],
  ['UNSUPPORTED_CRYPTOSUITE', UNSUPPORTED],
  ['CONTEXT_UNKNOWN', UNSUPPORTED],
  ['SUBJECT_MISMATCH', OTHER_BATTERY],
]);

/** @type {Readonly<Record<string, string>>} */
const TRUST_PROBLEMS = {
  'root-changed': 'The root of trust is not the one this device has known. Ask whoever runs this site before you go on.',
  'root-rolled-back': 'The root of trust is older than the one this device has known: somebody may be hiding something.',
  refused: 'The list of known signers carries no valid signature, so nobody on it counts.',
  'rolled-back': 'The list of known signers is older than one seen before: somebody may be hiding something.',
  expired: 'The list of known signers has run out.',
  malformed: 'The list of known signers cannot be read.',
  unreachable: 'The list of known signers could not be loaded.',
};

/**
 * @param {Report} report
 * @param {Situation} situation
 * @returns {Verdict}
 */
export function describe(report, situation) {
  if (report.verdict === 'invalid') {
    const failed = report.checks.find((check) => check.outcome === 'failed');
    return BY_ERROR.get(failed?.error ?? '') ?? INVALID;
  }
  const signer = report.issuerName ?? 'a known issuer';
  if (report.verdict === 'valid') {
    return situation.offline
      ? verdict('offline', 'offline', `Genuine as of ${day(oldest(report, situation))}`,
        `Signed by ${signer}. Offline: will be checked again.`, true, true)
      : verdict('valid', 'valid', 'Record is genuine', `Signed by ${signer}. Checked now on this device.`, true, true);
  }
  return unknown(report, situation);
}

/**
 * @param {Report} report
 * @param {Situation} situation
 * @returns {Verdict}
 */
function unknown(report, situation) {
  if (situation.trustProblem) {
    const ended = situation.trustProblem === 'expired' ? report.ages.trustList : null;
    const since = ended ? ` It was made on ${ended.issued} and ended on ${ended.expires}.` : '';
    return { ...OPEN, sentence: TRUST_PROBLEMS[situation.trustProblem] + since, trusted: false };
  }
  const knownAt = situation.knownAt ?? situation.now;
  if (situation.now - knownAt > DAY) {
    return { ...OPEN, sentence: `What this device knows of signers and revocations is from ${day(knownAt)}.`, trusted: false };
  }
  const errors = report.checks.map((check) => check.error);
  if (errors.includes('ISSUER_UNTRUSTED')) return report.issuerName === null ? STRANGER : NOT_TRUSTED;
  return errors.includes('STATUS_RETRIEVAL_ERROR') ? STALE : OPEN;
}

/**
 * @param {Report} report
 * @param {Situation} situation
 * @returns {number} ms; as of when everything was known
 */
function oldest(report, situation) {
  const ages = [report.ages.trustList, ...report.ages.statusLists].filter(Boolean).map((one) => one.ageSeconds);
  return situation.now - Math.max(0, ...ages) * 1000;
}

/**
 * @param {number} time - ms
 * @returns {string} for people, in their language
 */
export function day(time) {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
}

/**
 * The checks one by one. After a signature that does not fit, what was not checked is left out.
 *
 * @param {{checks: readonly Check[]}} report
 * @returns {Check[]}
 */
export function shownChecks({ checks }) {
  const altered = checks.some((check) => check.outcome === 'failed' && check.name.startsWith('signature'));
  return checks.filter((check) => !(altered && check.outcome === 'not-checked'));
}
