// @ts-check
/** Codes from pictures: the decoder worker, one picture at a time, harder from time to time. */

import { scriptUrl } from '../device/script-url.js';

/** @typedef {{text: string, format: string, readable: boolean, corners: {x: number, y: number}[]}} Found */
/** @typedef {{found: Found[], width: number, height: number}} Decoded */
/** @typedef {'fast' | 'normal' | 'denoise' | 'photo'} Effort */

/** The decoder could not be loaded, or broke down. */
export class DecoderError extends Error {}

/** @type {Worker | null} */
let worker = null;
let lastId = 0;
/** @type {Map<number, {resolve: (decoded: Decoded) => void, reject: (error: Error) => void}>} */
const waiting = new Map();

/** Load the decoder, so that the first picture does not wait for it. */
export function prepare() {
  if (worker) return;
  const started = new Worker(scriptUrl('/static/js/workers/decoder.js'), { type: 'module' });
  started.addEventListener('message', ({ data }) => {
    if (data.ready === false) fail('the decoder could not be started');
    const call = waiting.get(data.id);
    if (!call) return;
    waiting.delete(data.id);
    if (data.found) call.resolve(data);
    else call.reject(new DecoderError(data.error));
  });
  started.addEventListener('error', () => fail('the decoder could not be loaded'));
  worker = started;
}

/** @param {string} why */
function fail(why) {
  worker?.terminate();
  worker = null;
  for (const { reject } of waiting.values()) reject(new DecoderError(why));
  waiting.clear();
}

/**
 * @param {ImageBitmap} bitmap - handed over
 * @param {Effort} effort
 * @returns {Promise<Decoded>}
 * @throws {DecoderError}
 */
export function decode(bitmap, effort) {
  prepare();
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker?.postMessage({ id, bitmap, effort }, [bitmap]);
  });
}

/**
 * Effort for the next frame: fast as a rule, normal on every third without result, denoise on every eighth.
 *
 * @param {number} framesWithoutResult
 * @returns {Effort}
 */
export function effortFor(framesWithoutResult) {
  if (framesWithoutResult % 8 === 7) return 'denoise';
  return framesWithoutResult % 3 === 2 ? 'normal' : 'fast';
}

const LONGEST_SIDE = 2000;

/**
 * A photograph, small enough to be read in a moment.
 *
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 */
export async function photoBitmap(file) {
  const whole = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = LONGEST_SIDE / Math.max(whole.width, whole.height);
  if (scale >= 1) return whole;
  const small = await createImageBitmap(whole, {
    resizeWidth: Math.round(whole.width * scale),
    resizeHeight: Math.round(whole.height * scale),
    resizeQuality: 'high',
  });
  whole.close();
  return small;
}
