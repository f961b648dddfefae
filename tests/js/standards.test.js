import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { parseMultikey } from '../../static/js/core/keys.js';
import { ProofError, verifyProof } from '../../static/js/core/proof.js';
import { canonicalizer } from '../../static/js/workers/canonicalize.js';
import { standards } from './vectors.js';

/** Published examples of the W3C Recommendations, where this machine has them; they are not part of the project. */
const folder = standards();
const skip = folder ? false : 'not checked: no published vectors here';
const read = (/** @type {string} */ name) => JSON.parse(readFileSync(new URL(name, /** @type {URL} */ (folder)), 'utf8'));

const canonicalize = folder && canonicalizer({
  'https://www.w3.org/ns/credentials/v2': read('contexts/v2'),
  'https://www.w3.org/ns/credentials/examples/v2': read('contexts/examples/v2'),
});

for (const name of [
  'vc-di-ecdsa/ecdsa-jcs-2019-p256/signedJCSECDSAP256.json',
  'vc-di-ecdsa/ecdsa-jcs-2019-p384/signedJCSECDSAP384.json',
  'vc-di-ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json',
  'vc-di-eddsa/eddsa-jcs-2022/signedJCS.json',
  'vc-di-eddsa/eddsa-rdfc-2022/signedDataInt.json',
]) {
  test(`a published example verifies, and not when changed: ${name}`, { skip }, async () => {
    const document = read(name);
    for (const proof of [document.proof].flat()) {
      const key = parseMultikey(proof.verificationMethod.split('#')[1]);
      await verifyProof(document, proof, key, canonicalize ?? undefined);
      await assert.rejects(verifyProof({ ...document, name: 'changed' }, proof, key, canonicalize ?? undefined), ProofError);
    }
  });
}

test('the published example canonical forms are ours', { skip }, async () => {
  const expected = new URL('vc-di-ecdsa/ecdsa-rdfc-2019-p256/canonDocECDSAP256.txt', /** @type {URL} */ (folder));
  assert.ok(existsSync(expected));
  const document = read('vc-di-ecdsa/unsigned.json');
  assert.equal((await canonicalize?.(document))?.trim(), readFileSync(expected, 'utf8').trim());
});
