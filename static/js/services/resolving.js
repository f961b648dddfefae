// @ts-check
/** From a key to the public section of its passport: our own addresses only, whatever the code said. */

import { keyPath } from '../core/digital-link.js';
import { fetchBytes, NotThere, Unreachable } from './fetching.js';

/** @typedef {import('../core/digital-link.js').BatteryKey} BatteryKey */
/** @typedef {import('./fetching.js').Fetched} Fetched */
/** @typedef {'not-found' | 'offline' | 'too-many' | 'other'} ResolveProblem */

/** There is no record to show. */
export class ResolveError extends Error {
  /** @param {ResolveProblem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

const ACCEPT = 'application/vc';

/**
 * @param {BatteryKey | {uuid: string}} which
 * @returns {Promise<Fetched>}
 * @throws {ResolveError}
 */
export async function publicSection(which) {
  const path = 'uuid' in which ? `/passports/${which.uuid}/sections/public` : keyPath(which);
  try {
    return await fetchBytes(path, { accept: ACCEPT, credentials: 'omit' });
  } catch (error) {
    if (error instanceof Unreachable) throw new ResolveError('offline');
    if (!(error instanceof NotThere)) throw error;
    if (error.status === 404 || error.status === 410 || error.status === 400) throw new ResolveError('not-found');
    throw new ResolveError(error.status === 429 ? 'too-many' : 'other');
  }
}
