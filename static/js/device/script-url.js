// @ts-check
/** The one Trusted Types policy: it lets through the service worker and our two workers, nothing else. */

const ALLOWED = ['/sw.js', '/static/js/workers/decoder.js', '/static/js/workers/rdfc.js'];

/** @param {string} path */
function checked(path) {
  if (!ALLOWED.includes(path)) throw new TypeError('not one of our worker scripts');
  return path;
}

const factory = /** @type {any} */ (globalThis).trustedTypes;
const policy = factory?.createPolicy('app-url', { createScriptURL: checked });

/**
 * @param {string} path - one of the three
 * @returns {string} or a TrustedScriptURL, where the browser has them
 */
export function scriptUrl(path) {
  return policy ? policy.createScriptURL(path) : checked(path);
}
