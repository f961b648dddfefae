// @ts-check
/** Bytes from our own origin, with the time at which the server gave them: the service worker may answer from its store. */

/** @typedef {{bytes: Uint8Array<ArrayBuffer>, fetchedAt: number, fromStore: boolean}} Fetched times in ms */

/** The server answered, but not with what was asked for. */
export class NotThere extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`answered ${status}`);
    this.status = status;
  }
}

/** Neither the server nor the store has an answer. */
export class Unreachable extends Error {}

/** Header that the service worker puts on what comes from its store. */
const FROM_STORE = 'x-from-store';

/**
 * Only paths are taken, so that nothing is ever asked of another host.
 *
 * @param {string} path - starts with one slash
 * @param {{accept?: string, cache?: RequestCache, credentials?: RequestCredentials}} [options]
 * @returns {Promise<Fetched>}
 * @throws {NotThere} {@link Unreachable}
 */
export async function fetchBytes(path, { accept = '*/*', cache = 'default', credentials = 'same-origin' } = {}) {
  if (!/^\/(?!\/)/.test(path)) throw new TypeError('only paths of this site are fetched');
  let response;
  let bytes;
  try {
    response = await fetch(path, { headers: { Accept: accept }, cache, credentials });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new Unreachable('no answer', { cause: error });
  }
  if (!response.ok) {
    if (response.headers.has(FROM_STORE)) throw new Unreachable('not in the store');
    throw new NotThere(response.status);
  }
  const given = Date.parse(response.headers.get('date') ?? '');
  return {
    bytes,
    fetchedAt: Number.isNaN(given) ? Date.now() : given,
    fromStore: response.headers.has(FROM_STORE),
  };
}

const AGAIN_AFTER_MS = 20_000;

/** @type {Map<string, {asked: number, answer: Promise<Fetched>}>} */
const recent = new Map();

/**
 * What is the same for everybody: asked for without the session, so that it may be kept on this device, and once for
 * all parts of a page.
 *
 * @param {string} path
 * @param {RequestCache} [cache]
 * @returns {Promise<Fetched>}
 */
export function fetchPublic(path, cache = 'default') {
  const kept = recent.get(path);
  if (kept && performance.now() - kept.asked < AGAIN_AFTER_MS) return kept.answer;
  const answer = fetchBytes(path, { credentials: 'omit', cache });
  recent.set(path, { asked: performance.now(), answer });
  answer.catch(() => recent.delete(path));
  return answer;
}

/** Forget what was asked for a moment ago. */
export function forgetRecent() {
  recent.clear();
}
