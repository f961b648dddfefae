import assert from 'node:assert/strict';
import test from 'node:test';

import { COSIGNATURE, cosignedAt, MalformedNote, parseNote, parseVKey, signedBy } from '../../static/js/core/notes.js';
import { judged } from '../../static/js/core/log-proof.js';
import { errorOf } from '../../static/js/core/report.js';
import { parseTime } from '../../static/js/core/times.js';
import { parseTrustList } from '../../static/js/core/trust-list.js';
import { verify } from '../../static/js/core/verification.js';
import { utf8, vectors } from './vectors.js';

for (const given of vectors('notes').keys) {
  test(`a verifier key is judged as on the server: ${given.name}`, async () => {
    if (given.taken) assert.ok(await parseVKey(given.vkey));
    else await assert.rejects(parseVKey(given.vkey), MalformedNote);
  });
}

for (const given of vectors('notes').notes) {
  test(`a note is judged as on the server: ${given.name}`, async () => {
    const keys = await Promise.all(given.keys.map(parseVKey));
    if (!given.signedBy) {
      await assert.rejects(async () => signedBy(parseNote(given.note), keys), MalformedNote);
      return;
    }
    const found = await signedBy(parseNote(given.note), keys);
    assert.deepEqual(found.map(({ key }) => key.name), given.signedBy);
    const times = found.filter(({ key }) => key.kind === COSIGNATURE).map(({ signature }) => cosignedAt(signature) / 1000);
    assert.deepEqual(times, given.times);
  });
}

for (const given of vectors('log-proof').cases) {
  test(`a proof of the log is judged as on the server: ${given.name}`, async () => {
    const now = /** @type {number} */ (parseTime(given.now));
    const { log, provenAt } = await judged(given.proof, given.logs, given.witnesses);
    const report = await verify(utf8(given.credential), {
      trustList: await parseTrustList(utf8(JSON.stringify(given.trustList)), given.root, now),
      statusLists: new Map(Object.entries(given.statusLists).map(([url, text]) => [url, utf8(text)])),
      schemaRequired: false,
    }, { now, log, provenAt });
    assert.deepEqual([report.verdict, errorOf(report)], [given.verdict, given.error], JSON.stringify(report.checks, null, 1));
    assert.equal(report.checks.find(({ name }) => name === 'log')?.outcome, given.logOutcome);
    assert.equal(provenAt === null ? null : provenAt / 1000, given.provenAt);
  });
}
