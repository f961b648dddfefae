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
 * @param {{accept?: string, cache?: RequestCache}} [options]
 * @returns {Promise<Fetched>}
 * @throws {NotThere} {@link Unreachable}
 */
export async function fetchBytes(path, { accept = '*/*', cache = 'default' } = {}) {
  if (!/^\/(?!\/)/.test(path)) throw new TypeError('only paths of this site are fetched');
  let response;
  let bytes;
  try {
    response = await fetch(path, { headers: { Accept: accept }, cache });
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
