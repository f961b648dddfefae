// @ts-check
/**
 * Limits on a graph before it is canonicalised (T23): few unnamed nodes, and few of them alike at first sight.
 * The same rule, over the same numbers, stands in app/core/jsonld.py.
 */

import { NotCanonical } from './no-loss.js';

/** @typedef {{termType: string, value: string, language?: string, datatype?: {value: string}}} Term */
/** @typedef {{subject: Term, predicate: Term, object: Term, graph: Term}} Quad */

export const MAX_UNNAMED_NODES = 200;
export const MAX_ALIKE = 4;

/**
 * Alike are nodes whose first-degree hash is the same (RDFC-1.0, 4.6). What would be hashed is compared itself:
 * the quads that mention the node, which stands as `a` in them, each other unnamed node as `z`.
 *
 * @param {readonly Quad[]} dataset
 * @throws {NotCanonical} `RESOURCE_LIMIT`
 */
export function requireLimits(dataset) {
  /** @type {Map<string, Quad[]>} */
  const mentions = new Map();
  for (const quad of dataset) {
    for (const name of new Set([quad.subject, quad.object, quad.graph].filter(isUnnamed).map((term) => term.value))) {
      const quads = mentions.get(name);
      if (quads) quads.push(quad);
      else mentions.set(name, [quad]);
    }
  }
  if (mentions.size > MAX_UNNAMED_NODES) {
    throw new NotCanonical('RESOURCE_LIMIT', `more than ${MAX_UNNAMED_NODES} unnamed nodes`);
  }
  /** @type {Map<string, number>} */
  const alike = new Map();
  for (const [name, quads] of mentions) {
    const look = JSON.stringify(quads.map((quad) => seenFrom(quad, name)).sort());
    const count = (alike.get(look) ?? 0) + 1;
    if (count > MAX_ALIKE) {
      throw new NotCanonical('RESOURCE_LIMIT', `more than ${MAX_ALIKE} unnamed nodes that look alike`);
    }
    alike.set(look, count);
  }
}

/**
 * @param {Term} term
 * @returns {boolean}
 */
function isUnnamed(term) {
  return term.termType === 'BlankNode';
}

/**
 * @param {Quad} quad
 * @param {string} name
 * @returns {string} the same for two quads exactly when N-Quads of them would be the same
 */
function seenFrom(quad, name) {
  return JSON.stringify([quad.subject, quad.predicate, quad.object, quad.graph].map((term) => (
    isUnnamed(term)
      ? ['BlankNode', term.value === name ? 'a' : 'z']
      : [term.termType, term.value, term.datatype?.value ?? '', term.language ?? '']
  )));
}
