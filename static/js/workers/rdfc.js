// @ts-check
/** Module worker: canonical forms on demand, so that a large graph never holds up the page. */

import { NotCanonical } from '../core/no-loss.js';
import { canonicalizer } from './canonicalize.js';

/** @type {(document: object) => Promise<string>} */
let canonicalize = async () => {
  throw new NotCanonical('CONTEXT_UNKNOWN', 'no contexts were handed over');
};

/**
 * `{contexts}` once; then `{id, document}`, answered by `{id, canonical}` or `{id, code, message}`.
 */
self.addEventListener('message', async (/** @type {MessageEvent} */ { data }) => {
  if (data.contexts) {
    canonicalize = canonicalizer(data.contexts);
    return;
  }
  try {
    self.postMessage({ id: data.id, canonical: await canonicalize(data.document) });
  } catch (error) {
    const { code, message } = /** @type {NotCanonical} */ (error);
    self.postMessage({ id: data.id, code, message });
  }
});
