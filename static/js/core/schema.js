// @ts-check
/**
 * A validator for exactly the JSON Schema keywords that the product's own schemas use (app/core/schema.py names
 * them). A keyword it does not know makes the answer "not checked": half a validation must not look like a whole one.
 */

import { jcs } from './jcs.js';
import { parseTime } from './times.js';

/** @typedef {Readonly<Record<string, any>>} Schema */
/** @typedef {{pointer: string, rule: string}} Finding where a document breaks its schema, and which keyword */

/** The schema uses a keyword or value that this validator does not know. */
export class UnknownKeyword extends Error {}

const MAX_FINDINGS = 50;
const ANNOTATIONS = new Set(['$schema', '$id', '$defs', 'title', 'description']);

/** @type {ReadonlyMap<string, (value: string) => boolean>} */
const FORMATS = new Map([
  ['date', (value) => parseTime(`${value}T00:00:00Z`) !== null],
  ['date-time', (value) => parseTime(value) !== null],
  ['duration', (value) => /^P(?=[0-9])([0-9]+Y)?([0-9]+M)?([0-9]+D)?$/.test(value)],
  ['uri', (value) => /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]*$/.test(value) && !/%(?![0-9A-Fa-f]{2})/.test(value)],
]);

/**
 * Where `value` breaks `schema`, at most 50 places; empty when it fits.
 *
 * @param {unknown} value
 * @param {Schema} schema
 * @returns {Finding[]}
 * @throws {UnknownKeyword}
 */
export function validate(value, schema) {
  /** @type {Finding[]} */
  const found = [];
  check(value, schema, { root: schema, found, above: null, step: '' });
  return found.slice(0, MAX_FINDINGS);
}

/**
 * Where we are: most places fit, so their pointer is never written out.
 *
 * @typedef {object} Place
 * @property {Schema} root
 * @property {Finding[]} found - filled in
 * @property {Place | null} above
 * @property {string | number} step - name or index below it
 */

/**
 * @param {unknown} value
 * @param {Schema | boolean} schema
 * @param {Place} place
 */
function check(value, schema, place) {
  if (schema === true) return;
  if (schema === false) {
    place.found.push({ pointer: pointer(place), rule: 'additionalProperties' });
    return;
  }
  for (const keyword of Object.keys(schema)) {
    if (ANNOTATIONS.has(keyword) || keyword.startsWith('x-')) continue;
    const checker = KEYWORDS[keyword];
    if (!checker) throw new UnknownKeyword(keyword);
    if (checker(value, schema[keyword], place, schema) === false) {
      place.found.push({ pointer: pointer(place), rule: keyword });
    }
  }
}

/**
 * @param {Place} place
 * @param {string | number} step
 * @returns {Place}
 */
function below(place, step) {
  return { root: place.root, found: place.found, above: place, step };
}

/**
 * @param {Place} place
 * @returns {string} JSON pointer
 */
function pointer({ above, step }) {
  return above ? `${pointer(above)}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function typeOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? 'integer' : typeof value; // the strict reader takes whole numbers only
}

/** @type {Map<string, RegExp>} */
const expressions = new Map();

/**
 * @param {string} pattern - some escape what needs no escape, which the `u` flag does not take
 * @returns {RegExp}
 */
function expression(pattern) {
  let found = expressions.get(pattern);
  if (!found) {
    try {
      found = new RegExp(pattern, 'u');
    } catch {
      found = new RegExp(pattern);
    }
    expressions.set(pattern, found);
  }
  return found;
}

/**
 * @param {unknown} reference
 * @param {Schema} root
 * @returns {Schema}
 */
function resolve(reference, root) {
  const name = /^#\/\$defs\/([^/~]+)$/.exec(String(reference))?.[1];
  if (!name || !Object.hasOwn(root.$defs ?? {}, name)) throw new UnknownKeyword(`$ref ${reference}`);
  return root.$defs[name];
}

/** @type {Record<string, (value: unknown, rule: any, place: Place, schema: Schema) => boolean | void>} */
const KEYWORDS = {
  $ref: (value, rule, place) => check(value, resolve(rule, place.root), place),
  type: (value, rule) => typeOf(value) === rule,
  const: (value, rule) => jcs(value) === jcs(rule),
  enum: (value, rule) => rule.some((/** @type {unknown} */ one) => jcs(one) === jcs(value)),
  pattern: (value, rule) => typeof value !== 'string' || expression(rule).test(value),
  format: (value, rule) => {
    const known = FORMATS.get(rule);
    if (!known) throw new UnknownKeyword(`format ${rule}`);
    return typeof value !== 'string' || known(value);
  },
  minLength: (value, rule) => typeof value !== 'string' || [...value].length >= rule,
  maxLength: (value, rule) => typeof value !== 'string' || [...value].length <= rule,
  minimum: (value, rule) => typeof value !== 'number' || value >= rule,
  maximum: (value, rule) => typeof value !== 'number' || value <= rule,
  minItems: (value, rule) => !Array.isArray(value) || value.length >= rule,
  maxItems: (value, rule) => !Array.isArray(value) || value.length <= rule,
  uniqueItems: (value, rule) => !rule || !Array.isArray(value) || new Set(value.map(jcs)).size === value.length,
  minProperties: (value, rule) => !isObject(value) || Object.keys(value).length >= rule,
  properties(value, rule, place) {
    if (!isObject(value)) return;
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(rule, name)) check(value[name], rule[name], below(place, name));
    }
  },
  patternProperties(value, rule, place) {
    if (!isObject(value)) return;
    for (const name of Object.keys(value)) {
      for (const pattern of Object.keys(rule)) {
        if (expression(pattern).test(name)) check(value[name], rule[pattern], below(place, name));
      }
    }
  },
  additionalProperties(value, rule, place, schema) {
    if (!isObject(value)) return;
    const patterns = Object.keys(schema.patternProperties ?? {}).map(expression);
    for (const name of Object.keys(value)) {
      const known = Object.hasOwn(schema.properties ?? {}, name) || patterns.some((pattern) => pattern.test(name));
      if (!known) check(value[name], rule, below(place, name));
    }
  },
  required(value, rule, place) {
    if (!isObject(value)) return;
    for (const name of rule) {
      if (!Object.hasOwn(value, name)) place.found.push({ pointer: pointer(below(place, name)), rule: 'required' });
    }
  },
  items(value, rule, place) {
    if (!Array.isArray(value)) return;
    value.forEach((item, at) => check(item, rule, below(place, at)));
  },
  anyOf: (value, rule, place) => rule.some((/** @type {Schema} */ one) => {
    /** @type {Finding[]} */
    const found = [];
    check(value, one, { ...place, found });
    return !found.length;
  }),
};
