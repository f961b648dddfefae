// @ts-check
/**
 * Nothing of a document may be left uncovered by an RDFC signature (T21). Expansion runs with an extra vocabulary:
 * what no context defines lands in it and is seen here. The same rules stand in app/core/jsonld.py.
 */

/** What no context defines lands in this vocabulary, what is relative under this base: both are seen and refused. */
const SENTINEL = 'x-undefined:';
export const VOCABULARY = `${SENTINEL}term/`;
export const BASE = `${SENTINEL}/base/`;

/** The server's library compares each value of a node's property with all before it: most of such comparisons. */
const MAX_COMPARISONS = 1_000_000;

/** An IRI that N-Quads can carry: no character that would end it early. */
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*$/;
const LANGUAGE = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/;
const KEYWORDS = new Set(['@value', '@language', '@type', '@id']);

/** Canonicalisation was refused; `code` is the error name of the credential profile. */
export class NotCanonical extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {string} message
 * @returns {NotCanonical}
 */
export function dataLoss(message) {
  return new NotCanonical('DATA_LOSS_DETECTION_ERROR', message);
}

/**
 * Refuse what expansion would drop or reinterpret without a trace: null, empty lists, most keywords.
 *
 * @param {unknown} value - the document without its `@context`
 */
export function requirePlain(value) {
  if (value === null) throw dataLoss('a null is not covered by the signature; leave the member out');
  if (Array.isArray(value)) {
    if (!value.length) throw dataLoss('an empty list is not covered by the signature; leave the member out');
    value.forEach(requirePlain);
  } else if (typeof value === 'object') {
    for (const [name, member] of Object.entries(value)) {
      if (name.startsWith('@') && !KEYWORDS.has(name)) {
        throw dataLoss('a JSON-LD keyword that is not taken in credentials');
      }
      requirePlain(member);
    }
  }
}

/**
 * Every property, type, datatype and reference of an expanded form is an absolute IRI outside the sentinel; and no
 * node, gathered from all places that name it, has values beyond the limit.
 *
 * @param {any} expanded
 */
export function requireDefined(expanded) {
  /** @type {Map<unknown, Map<string, number>>} number of values by node and property */
  const values = new Map();
  const waiting = [expanded];
  while (waiting.length) {
    const one = waiting.pop();
    if (Array.isArray(one)) {
      waiting.push(...one);
    } else if (typeof one === 'object' && one !== null) {
      if ('@value' in one) requireLiteral(one);
      else waiting.push(...membersOf(one, values));
    }
  }
  let comparisons = 0;
  for (const counts of values.values()) for (const count of counts.values()) comparisons += count * count;
  if (comparisons > MAX_COMPARISONS) throw new NotCanonical('RESOURCE_LIMIT', 'too many values of one property');
}

/**
 * @param {Record<string, any>} one - a node or list of the expanded form
 * @param {Map<unknown, Map<string, number>>} values
 * @returns {unknown[]} what is still to be looked at
 */
function membersOf(one, values) {
  const node = one['@id'] ?? one;
  const counts = values.get(node) ?? new Map();
  values.set(node, counts);
  const found = [];
  for (const [name, value] of Object.entries(one)) {
    if (name === '@id' || name === '@type') {
      [value].flat().forEach(requireAbsolute);
    } else {
      if (name !== '@list' && name !== '@graph') requireAbsolute(name);
      found.push(value);
    }
    if (Array.isArray(value)) counts.set(name, (counts.get(name) ?? 0) + value.length);
  }
  return found;
}

/** @param {any} literal */
function requireLiteral(literal) {
  const { '@type': datatype, '@language': language, '@value': value } = literal;
  if (datatype === '@json') return;
  if (datatype !== undefined) requireAbsolute(datatype);
  if (language !== undefined && !(typeof language === 'string' && LANGUAGE.test(language))) {
    throw dataLoss('a language tag that is not well formed');
  }
  const strange = Object.keys(literal).some((name) => !['@value', '@type', '@language'].includes(name));
  if (strange || (typeof value === 'number' && !Number.isInteger(value))) {
    throw dataLoss('a value that the signature would not cover as it stands');
  }
}

/** @param {unknown} iri */
function requireAbsolute(iri) {
  if (typeof iri !== 'string' || iri.startsWith(SENTINEL) || !ABSOLUTE.test(iri)) {
    throw dataLoss('a name or address that no context makes absolute');
  }
}
