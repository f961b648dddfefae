// @ts-check
/** For test_verification_agreement.py: JSON lines of one policy and many documents in, a report for each out. */

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { judged } from '../../static/js/core/log-proof.js';
import { parseTime } from '../../static/js/core/times.js';
import { parseTrustList } from '../../static/js/core/trust-list.js';
import { verify } from '../../static/js/core/verification.js';
import { canonicalizer } from '../../static/js/workers/canonicalize.js';
import { utf8 } from './vectors.js';

const CONTEXTS = new URL('../../app/core/data/contexts/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', CONTEXTS), 'utf8')).contexts;
const canonicalize = canonicalizer(Object.fromEntries(
  manifest.map((/** @type {any} */ { url, file }) => [url, JSON.parse(readFileSync(new URL(file, CONTEXTS), 'utf8'))]),
));

/** @type {Map<string, Promise<any>>} */
const lists = new Map();

/**
 * @param {string} text
 * @param {any} root
 * @param {number} at
 */
function listOf(text, root, at) {
  if (!lists.has(text)) lists.set(text, parseTrustList(utf8(text), root, at));
  return lists.get(text);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { data, base64, now, root, trustList, statusLists, linked, expectedSubject, logProof } = JSON.parse(line);
  const at = /** @type {number} */ (parseTime(now));
  const known = await listOf(trustList, root, at);
  const issuer = logProof && known.issuers.get(JSON.parse(data).issuer.id);
  const entry = issuer ? await judged(logProof, issuer.logs, known.witnesses) : {};
  const report = await verify(base64 ? new Uint8Array(Buffer.from(base64, 'base64')) : utf8(data), {
    trustList: known,
    statusLists: new Map(Object.entries(statusLists).map(([url, text]) => [url, utf8(text)])),
    schemaRequired: false,
    canonicalize,
  }, { ...entry, now: at, expectedSubject, linked: new Map(Object.entries(linked).map(([url, text]) => [url, utf8(text)])) });
  console.log(JSON.stringify({
    verdict: report.verdict,
    checks: report.checks.map(({ name, outcome, error }) => [name, outcome, error]),
    sentences: report.checks.map(({ error, sentence }) => (error === 'DATA_LOSS_DETECTION_ERROR' ? '' : sentence)),
  }));
}
