// @ts-check
/**
 * jsonld's build is a universal module: under AMD it hands its object to `define`, while as a plain ES module it
 * would find no place to put it. This module, imported just before it, is that `define`.
 */

/** @type {{library: any}} */
export const loaded = { library: null };

/**
 * @param {unknown[]} _names
 * @param {() => unknown} factory
 */
function define(_names, factory) {
  loaded.library = factory();
}
define.amd = true;

Object.assign(globalThis, { define });
