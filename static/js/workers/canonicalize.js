// @ts-check
/**
 * RDF canonical form of a JSON-LD document (RDFC-1.0 over jsonld), without any network: contexts are handed over,
 * and an unknown one is an error (T20, T21, T23). Runs in the worker, and in tests without it.
 */

import { loaded } from './amd.js';
import '../../vendor/jsonld/9.0.0/dist/jsonld.esm.min.js';
import { BASE, dataLoss, NotCanonical, requireDefined, requirePlain, VOCABULARY } from '../core/no-loss.js';
import { requireLimits } from '../core/rdf-limits.js';

const jsonld = loaded.library;

/**
 * @param {Readonly<Record<string, unknown>>} contexts - parsed documents by address
 * @returns {(document: object) => Promise<string>} canonical N-Quads; throws NotCanonical
 */
export function canonicalizer(contexts) {
  /** @param {string} url */
  const documentLoader = async (url) => {
    if (!Object.hasOwn(contexts, url)) throw unknownContext();
    return { contextUrl: null, documentUrl: url, document: contexts[url] };
  };
  return async (document) => {
    const { '@context': context, ...members } = /** @type {Record<string, unknown>} */ (document);
    for (const url of [context].flat()) {
      if (typeof url !== 'string' || !Object.hasOwn(contexts, url)) throw unknownContext();
    }
    requirePlain(members);
    try {
      const expanded = await jsonld.expand(document, {
        documentLoader, safe: true, base: BASE, expandContext: { '@vocab': VOCABULARY },
      });
      requireDefined(expanded);
      if (expanded.length !== 1) throw dataLoss('the document holds nothing that its contexts define');
      requireLimits(await jsonld.toRDF(expanded, { documentLoader, safe: true, skipExpansion: true }));
      return await jsonld.canonize(expanded, {
        documentLoader,
        skipExpansion: true,
        algorithm: 'RDFC-1.0',
        format: 'application/n-quads',
        maxWorkFactor: Infinity, // the limits above bound the graph; a time limit outside guards the worker
        safe: true,
      });
    } catch (error) {
      if (error instanceof NotCanonical) throw error;
      const cause = /** @type {{details?: {cause?: unknown}}} */ (error).details?.cause;
      if (cause instanceof NotCanonical) throw cause;
      throw dataLoss('the document is not sound JSON-LD for its contexts');
    }
  };
}

/** @returns {NotCanonical} */
function unknownContext() {
  return new NotCanonical('CONTEXT_UNKNOWN', 'a context that is not among those this product carries');
}
