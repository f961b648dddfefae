import assert from 'node:assert/strict';
import test from 'node:test';

import { COSIGNATURE, cosignedAt, MalformedNote, parseNote, parseVKey, signedBy } from '../../static/js/core/notes.js';
import { vectors } from './vectors.js';

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
