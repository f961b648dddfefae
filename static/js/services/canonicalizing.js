// @ts-check
/** Canonical forms from the worker, which is started when first asked for (T20, T21, T23). */

import { CONTEXT_COPIES, hasDigest } from '../core/contexts.js';
import { NotComputable, OutOfTime } from '../core/keys.js';
import { NotCanonical } from '../core/no-loss.js';
import { scriptUrl } from '../device/script-url.js';
import { fetchPublic } from './fetching.js';

const TIME_LIMIT = 10_000;

/** @type {Promise<Worker> | null} */
let started = null;
let lastId = 0;

/** @returns {Promise<Worker>} with our own copies of the contexts handed over */
async function start() {
  /** @type {Record<string, unknown>} */
  const contexts = {};
  await Promise.all(CONTEXT_COPIES.map(async ({ url, path, sha256 }) => {
    const { bytes } = await fetchPublic(path);
    if (!await hasDigest(bytes, sha256)) throw new NotComputable('Not checked: the vocabulary here is not the right one.');
    contexts[url] = JSON.parse(new TextDecoder().decode(bytes));
  }));
  const worker = new Worker(scriptUrl('/static/js/workers/rdfc.js'), { type: 'module' });
  worker.postMessage({ contexts });
  return worker;
}

/**
 * @param {object} document
 * @returns {Promise<string>} canonical N-Quads
 * @throws {NotCanonical} {@link NotComputable}
 */
export async function canonicalize(document) {
  started ??= start();
  let worker;
  try {
    worker = await started;
  } catch (error) {
    started = null;
    if (error instanceof NotComputable) throw error;
    throw new NotComputable('Not checked: the part that does it could not be loaded.', { cause: error });
  }
  return ask(worker, document);
}

/**
 * @param {Worker} worker
 * @param {object} document
 * @returns {Promise<string>}
 */
function ask(worker, document) {
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    /** @param {Error} reason */
    const giveUp = (reason) => {
      done.abort();
      worker.terminate();
      started = null;
      reject(reason);
    };
    const timer = setTimeout(() => giveUp(new OutOfTime()), TIME_LIMIT);
    done.signal.addEventListener('abort', () => clearTimeout(timer));
    worker.addEventListener('error', () => giveUp(new NotComputable('Not checked: the part that does it could not be loaded.')), {
      signal: done.signal,
    });
    worker.addEventListener('message', ({ data }) => {
      if (data.id !== id) return;
      done.abort();
      if (data.canonical !== undefined) resolve(data.canonical);
      else reject(new NotCanonical(data.code, data.message));
    }, { signal: done.signal });
    worker.postMessage({ id, document });
  });
}
