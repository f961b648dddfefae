// @ts-check
/** Golden vectors, shared with the Python tests. */

import { existsSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../vectors/', import.meta.url);

/**
 * @param {string} name
 * @returns {any}
 */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
}

/**
 * Published vectors of the standards, where this machine has them.
 *
 * @returns {URL | null}
 */
export function standards() {
  const named = process.env.STANDARD_VECTORS;
  const folder = named ? new URL(`file://${named}/`) : new URL('../../../shared/vectors/standards/', import.meta.url);
  return existsSync(folder) ? folder : null;
}

/** @param {string} text */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** @param {string} hex */
export function unhex(hex) {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** The same value with ordinary objects, for comparing. @param {unknown} value */
export function plain(value) {
  return JSON.parse(JSON.stringify(value));
}
