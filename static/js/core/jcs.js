// @ts-check
/** JSON Canonicalization Scheme (RFC 8785). */

/**
 * Canonical text of a JSON value: member names sorted by UTF-16 code units, which is what `sort` does.
 *
 * @param {unknown} value - null, booleans, finite numbers, texts without lone surrogates, arrays, objects
 * @returns {string}
 */
export function jcs(value) {
  if (Array.isArray(value)) return `[${value.map(jcs).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const object = /** @type {Record<string, unknown>} */ (value);
    const members = Object.keys(object).sort().map((name) => `${JSON.stringify(name)}:${jcs(object[name])}`);
    return `{${members.join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('not a JSON number');
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/**
 * @param {unknown} value
 * @returns {Uint8Array<ArrayBuffer>} UTF-8 of the canonical text
 */
export function jcsBytes(value) {
  return new TextEncoder().encode(jcs(value));
}
