import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { OutOfTime } from '../../static/js/core/keys.js';
import { CHECK_NAMES, errorOf } from '../../static/js/core/report.js';
import { parseTime } from '../../static/js/core/times.js';
import { parseTrustList, TrustListError } from '../../static/js/core/trust-list.js';
import { describe, shownChecks } from '../../static/js/core/verdict.js';
import { verify } from '../../static/js/core/verification.js';
import { canonicalizer } from '../../static/js/workers/canonicalize.js';
import { utf8, vectors } from './vectors.js';

const CONTEXTS = new URL('../../app/core/data/contexts/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', CONTEXTS), 'utf8')).contexts;
const canonicalize = canonicalizer(Object.fromEntries(
  manifest.map((/** @type {any} */ { url, file }) => [url, JSON.parse(readFileSync(new URL(file, CONTEXTS), 'utf8'))]),
));

/** @param {any} given */
async function run(given) {
  const now = /** @type {number} */ (parseTime(given.now));
  let trustList = null;
  try {
    trustList = given.trustList && await parseTrustList(utf8(JSON.stringify(given.trustList)), given.root, now);
  } catch (error) {
    if (!(error instanceof TrustListError)) throw error;
  }
  return verify(utf8(given.credential.padEnd(given.padTo ? given.credential.length + given.padTo - utf8(given.credential).length : 0)), {
    trustList,
    trustListFetchedAt: now,
    statusLists: new Map(Object.entries(given.statusLists).map(([url, text]) => [url, utf8(text)])),
    schemaRequired: false,
    canonicalize: given.withRdfc ? canonicalize : null,
  }, {
    now,
    expectedSubject: given.expectedSubject ?? null,
    linked: new Map(Object.entries(given.linked ?? {}).map(([url, text]) => [url, utf8(text)])),
  });
}

const { cases } = vectors('verification');
for (const given of cases) {
  test(`verification agrees with the server: ${given.name}`, async () => {
    const report = await run(given);
    assert.deepEqual([report.verdict, errorOf(report)], [given.verdict, given.error], JSON.stringify(report.checks, null, 1));
    assert.deepEqual(report.checks.map((check) => check.name), CHECK_NAMES);
  });
}

const more = new URL('../../app/core/data/contexts-conformance/', import.meta.url);
const resources = new Map([[CONTEXTS, manifest], [more, JSON.parse(readFileSync(new URL('manifest.json', more), 'utf8')).contexts]]
  .flatMap(([folder, entries]) => entries.map((/** @type {any} */ { url, file }) => [url, new Uint8Array(readFileSync(new URL(file, folder)))])));

for (const given of vectors('conformance').cases) {
  test(`the profile of test suites agrees with the server: ${given.name}`, async () => {
    const report = await verify(utf8(given.credential), {
      trustList: null, conformance: true, contexts: new Set(resources.keys()), resources, canonicalize,
    }, { now: /** @type {number} */ (parseTime(given.now)) });
    assert.deepEqual([report.verdict, errorOf(report)], [given.verdict, given.error], JSON.stringify(report.checks, null, 1));
  });
}

test('a graph that takes too long leaves the verdict unknown, as on the server', async () => {
  const given = cases.find((/** @type {any} */ one) => one.name === 'both proofs by one P-256 key');
  const now = /** @type {number} */ (parseTime(given.now));
  const report = await verify(utf8(given.credential), {
    trustList: await parseTrustList(utf8(JSON.stringify(given.trustList)), given.root, now),
    trustListFetchedAt: now,
    statusLists: new Map(Object.entries(given.statusLists).map(([url, text]) => [url, utf8(text)])),
    schemaRequired: false,
    canonicalize: () => Promise.reject(new OutOfTime()),
  }, { now });
  assert.equal(report.verdict, 'unknown');
  const check = report.checks.find(({ name }) => name === 'signature-rdfc');
  assert.deepEqual([check?.outcome, check?.error, check?.sentence], ['not-checked', null, 'Not checked: it would take too long here.']);
});

test('there are vectors for each verdict', () => {
  assert.ok(cases.length > 100);
  for (const verdict of ['valid', 'invalid', 'unknown']) assert.ok(cases.some((/** @type {any} */ one) => one.verdict === verdict));
});

const situation = { offline: false, knownAt: Date.UTC(2026, 10, 24, 12), trustProblem: null, now: Date.UTC(2026, 10, 24, 12) };
const named = (/** @type {string} */ name) => cases.find((/** @type {any} */ one) => one.name === name);

test('an altered record shows none of its data, and no check after the signature', async () => {
  const report = await run(named('altered: a digit of a value'));
  const verdict = describe(report, situation);
  assert.equal(verdict.state, 'altered');
  assert.equal(verdict.showsData, false);
  assert.equal(report.document, null);
  assert.equal(shownChecks(report).at(-1)?.name, 'signature-jcs');
});

test('only a valid report is called genuine, and offline it says as of when', async () => {
  const report = await run(named('JCS alone'));
  assert.equal(describe(report, situation).headline, 'Record is genuine');
  assert.match(describe(report, { ...situation, offline: true }).headline, /^Genuine as of /);
  for (const given of cases) {
    const other = await run({ ...given, withRdfc: false });
    const genuine = describe(other, situation).state === 'valid';
    assert.equal(genuine, other.verdict === 'valid', given.name);
  }
});

test('a suspended signer is called known and not trusted, an unlisted one unknown', async () => {
  const suspended = await run(named('issuer suspended since this moment'));
  assert.equal(suspended.checks.find((check) => check.name === 'key')?.sentence, 'The signer is suspended on the list of known signers.');
  assert.equal(describe(suspended, situation).headline, 'Signer is known, but not trusted with this');
  const stranger = await run(named('issuer that nobody lists'));
  assert.equal(describe(stranger, situation).headline, 'Signed by somebody we don’t know');
});

test('trouble with the list of signers is never green, and says what is wrong', async () => {
  const report = await run({ ...named('JCS alone'), trustList: null });
  for (const trustProblem of ['root-changed', 'root-rolled-back', 'rolled-back', 'expired', 'unreachable']) {
    const verdict = describe(report, { ...situation, trustProblem });
    assert.equal(verdict.state, 'unknown');
    assert.match(verdict.sentence, /signers|root of trust/);
  }
});

test('a list of signers that has ended says how old it is', async () => {
  const given = named('trust list has ended');
  const report = await run(given);
  assert.equal(report.verdict, 'unknown');
  const ages = { trustList: { version: 3, issued: '2026-08-01T00:00:00Z', expires: '2026-10-30T00:00:00Z', ageSeconds: 0 }, statusLists: [] };
  const verdict = describe({ ...report, ages }, { ...situation, trustProblem: 'expired' });
  assert.match(verdict.sentence, /has run out\. It was made on 2026-08-01T00:00:00Z and ended on 2026-10-30/);
});

test('knowledge of more than a day ago is not enough', async () => {
  const given = named('JCS alone');
  const now = /** @type {number} */ (parseTime(given.now)) + 25 * 3_600_000;
  const report = await run({ ...given, now: `${new Date(now).toISOString().slice(0, 19)}Z` });
  assert.equal(report.verdict, 'unknown');
  const verdict = describe(report, { offline: true, knownAt: now - 25 * 3_600_000, trustProblem: null, now });
  assert.equal(verdict.state, 'unknown');
});
