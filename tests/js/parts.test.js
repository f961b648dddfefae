import assert from 'node:assert/strict';
import test from 'node:test';

import { jcs } from '../../static/js/core/jcs.js';
import { loads, MalformedJson } from '../../static/js/core/json-strict.js';
import { decompress, MalformedKey, parseMultikey } from '../../static/js/core/keys.js';
import { leafHash, verifyInclusion } from '../../static/js/core/merkle.js';
import { base64urlDecode, base64urlEncode, sha256 } from '../../static/js/core/multibase.js';
import { bit, decode, StatusListError } from '../../static/js/core/status-list.js';
import { parseTime } from '../../static/js/core/times.js';
import { parseTrustList, TrustListError } from '../../static/js/core/trust-list.js';
import { compareRoots, rootVersion, walkRoots } from '../../static/js/core/trust-root.js';
import { utf8, vectors } from './vectors.js';

for (const given of vectors('json-strict').cases.filter((/** @type {any} */ one) => !one.decimals)) {
  test(`strict JSON agrees with the server: ${given.name}`, () => {
    const bytes = new Uint8Array(Buffer.from(given.base64, 'base64'));
    if (given.result === 'ok') loads(bytes);
    else assert.throws(() => loads(bytes), MalformedJson);
  });
}

for (const { name, text, canonical } of vectors('jcs').cases) {
  test(`the canonical form is the server's: ${name}`, () => {
    assert.equal(jcs(JSON.parse(text)), canonical);
  });
}

for (const { name, kind, multikey, jwk } of vectors('multikey').good) {
  test(`a Multikey is read, and its point found: ${name}`, () => {
    const key = parseMultikey(multikey);
    assert.equal(key.kind, kind);
    if (key.kind === 'Ed25519') {
      assert.equal(base64urlEncode(key.raw), jwk.x);
    } else {
      const { x, y } = decompress(key.kind, key.raw);
      assert.deepEqual([base64urlEncode(x), base64urlEncode(y)], [jwk.x, jwk.y]);
    }
  });
}

for (const { name, text, multikey } of vectors('multikey').bad) {
  test(`what is no Multikey is refused: ${name}`, () => {
    assert.throws(() => parseMultikey(text ?? multikey), MalformedKey);
  });
}

for (const given of vectors('trust-list').cases) {
  test(`a trust list is judged as on the server: ${given.name}`, async () => {
    const now = /** @type {number} */ (parseTime(given.now));
    let result = 'ok';
    try {
      await parseTrustList(utf8(given.text), given.root, now, given.newestSeen);
    } catch (error) {
      if (!(error instanceof TrustListError)) throw error;
      result = error.problem;
    }
    assert.equal(result, given.result);
  });
}

for (const given of vectors('trust-root').cases) {
  test(`a root follows the pinned one as on the server: ${given.name}`, async () => {
    let [result, version] = ['ok', 1];
    try {
      version = rootVersion(await walkRoots(given.pinned, given.later.map(utf8)));
    } catch (error) {
      if (!(error instanceof TrustListError)) throw error;
      result = error.problem;
    }
    assert.deepEqual([result, version], [given.result, given.version]);
  });
}

test('a device takes a root that follows the pinned one, and sounds the alarm at any other', async () => {
  const cases = vectors('trust-root').cases;
  const named = (/** @type {string} */ name) => cases.find((/** @type {any} */ one) => one.name === name);
  const { pinned, later } = named('two steps');
  const rootAt = async (/** @type {number} */ version) => utf8(later[version - 2] ?? '');
  const third = JSON.parse(later[1]);
  assert.equal(await compareRoots(pinned, { ...pinned }, rootAt), 'same');
  assert.equal(await compareRoots(pinned, third, rootAt), 'follows');
  assert.equal(await compareRoots(JSON.parse(later[0]), third, rootAt), 'follows');
  assert.equal(await compareRoots(third, pinned, rootAt), 'older');
  assert.equal(await compareRoots(pinned, third, async () => new Uint8Array()), 'other');
  const forged = JSON.parse(named('signed by the new keys alone').later[0]);
  assert.equal(await compareRoots(pinned, forged, async () => utf8(JSON.stringify(forged))), 'other');
  assert.equal(await compareRoots(pinned, forged, rootAt), 'other');
  assert.equal(await compareRoots(pinned, { ...pinned, threshold: 1 }, rootAt), 'other');
});

for (const given of vectors('status-list').good) {
  test(`a status list is unpacked as on the server: ${given.name}`, async () => {
    const bits = await decode(given.encodedList);
    assert.equal(bits.length * 8, given.length);
    const set = [];
    for (let index = 0; index < given.length; index += 1) if (bit(bits, index)) set.push(index);
    assert.deepEqual(set, given.set);
    assert.throws(() => bit(bits, given.length), StatusListError);
  });
}

for (const given of vectors('status-list').bad) {
  test(`a status list is refused as on the server: ${given.name}`, async () => {
    await assert.rejects(decode(given.encodedList), (error) => error instanceof StatusListError && error.code === given.error);
  });
}

test('an entry of the log is found in a tree of any size, and nowhere else', async () => {
  const node = async (/** @type {Uint8Array} */ left, /** @type {Uint8Array} */ right) =>
    sha256(new Uint8Array([1, ...left, ...right]));
  /** @param {Uint8Array[]} leaves @returns {Promise<Uint8Array>} */
  const root = async (leaves) => {
    if (leaves.length === 1) return leaves[0];
    const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
    return node(await root(leaves.slice(0, split)), await root(leaves.slice(split)));
  };
  /** @param {Uint8Array[]} leaves @param {number} index @returns {Promise<Uint8Array[]>} */
  const path = async (leaves, index) => {
    if (leaves.length === 1) return [];
    const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
    return index < split
      ? [...await path(leaves.slice(0, split), index), await root(leaves.slice(split))]
      : [...await path(leaves.slice(split), index - split), await root(leaves.slice(0, split))];
  };
  const leaves = await Promise.all(Array.from({ length: 13 }, (_, at) => leafHash(utf8(`entry ${at}`))));
  for (let size = 1; size <= leaves.length; size += 1) {
    const tree = leaves.slice(0, size);
    const top = await root(tree);
    for (let index = 0; index < size; index += 1) {
      const proof = await path(tree, index);
      assert.ok(await verifyInclusion(leaves[index], index, size, proof, top));
      assert.ok(!await verifyInclusion(leaves[(index + 1) % 13], index, size, proof, top));
      assert.ok(!await verifyInclusion(leaves[index], index, size, [...proof, top], top));
    }
  }
});

test('base64url of vectors leads back to the same text', () => {
  for (const { encodedList } of vectors('status-list').good) {
    assert.equal(`u${base64urlEncode(base64urlDecode(encodedList.slice(1)))}`, encodedList);
  }
});
