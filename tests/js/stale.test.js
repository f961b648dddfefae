// @ts-check
/**
 * What a device remembers of trust, look after look: roots that follow, lists that were rolled back, a clock that was
 * set back. The product's own code; of the browser's parts, which we do not own, `fetch` and IndexedDB are stood in for.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseTime } from '../../static/js/core/times.js';
import { forgetRecent } from '../../static/js/services/fetching.js';
import { currentTrust } from '../../static/js/services/trust.js';
import { vectors } from './vectors.js';

/** @type {Map<string, any>} */
const values = new Map();

/** The little of IndexedDB that the store uses: one object store, each request answered later. */
function anIndexedDb() {
  const later = (/** @type {any} */ target, /** @type {string} */ name) => queueMicrotask(() => target[name]?.());
  const database = {
    transaction: () => {
      const transaction = {
        objectStore: () => ({
          get: (/** @type {string} */ key) => ({ result: values.get(key) }),
          put: (/** @type {any} */ value, /** @type {string} */ key) => {
            values.set(key, structuredClone(value));
            return {};
          },
        }),
      };
      later(transaction, 'oncomplete');
      return transaction;
    },
  };
  return {
    open: () => {
      const request = { result: database };
      later(request, 'onsuccess');
      return request;
    },
  };
}

/**
 * @param {any} look
 */
function serve(look) {
  return async (/** @type {string} */ path) => {
    if (look.served === null) throw new TypeError('no connection');
    const text = look.served[path];
    const headers = { date: new Date(/** @type {number} */ (parseTime(look.date))).toUTCString() };
    return new Response(text ?? 'not found', { status: text === undefined ? 404 : 200, headers });
  };
}

for (const given of vectors('trust-device').cases) {
  test(`a device looks again: ${given.name}`, async (context) => {
    const whole = /** @type {any} */ (globalThis);
    const before = { fetch: whole.fetch, indexedDB: whole.indexedDB };
    context.after(() => Object.assign(whole, before));
    whole.indexedDB = anIndexedDb();
    values.clear(); // another device
    for (const look of given.looks) {
      forgetRecent();
      whole.fetch = serve(look);
      context.mock.method(Date, 'now', () => parseTime(look.clock));
      const trust = await currentTrust();
      const found = { problem: trust.problem, version: trust.problem ? null : trust.list?.version, now: trust.now };
      assert.deepEqual(found, { problem: look.problem, version: look.version, now: parseTime(look.now) });
    }
  });
}
