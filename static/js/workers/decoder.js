// @ts-check
/**
 * Module worker: QR and Data Matrix from frames and photographs, by zxing-cpp in WebAssembly. The engine is our
 * own copy beside the glue of the same version; its default would ask a foreign host.
 */

import { prepareZXingModule, readBarcodes } from '../../vendor/zxing-wasm/3.1.4/dist/es/reader/index.js';

/** @typedef {'fast' | 'normal' | 'denoise' | 'photo'} Effort */
/**
 * @typedef {object} Found
 * @property {string} text - empty when the code was found but could not be read
 * @property {string} format
 * @property {boolean} readable
 * @property {{x: number, y: number}[]} corners - in pixels of the picture
 */

const WASM = new URL('../../vendor/zxing-wasm/3.1.4/dist/reader/zxing_reader.wasm', import.meta.url).href;

const ready = prepareZXingModule({
  overrides: { locateFile: (/** @type {string} */ path, /** @type {string} */ prefix) =>
    (path.endsWith('.wasm') ? WASM : prefix + path) },
  fireImmediately: true,
});
ready.then(
  () => self.postMessage({ ready: true }),
  () => self.postMessage({ ready: false }),
);

/** @type {Record<Effort, object>} */
const EFFORT = {
  fast: { tryHarder: false, tryInvert: false, tryRotate: false },
  normal: { tryHarder: true, tryInvert: true, tryRotate: true },
  denoise: { tryHarder: true, tryInvert: true, tryRotate: true, tryDenoise: true },
  photo: { tryHarder: true, tryInvert: true, tryRotate: true, tryDenoise: true },
};

/**
 * @param {ImageData} picture
 * @param {Effort} effort
 * @returns {Promise<Found[]>}
 */
async function decode(picture, effort) {
  await ready;
  const results = await readBarcodes(picture, {
    formats: ['QRCode', 'DataMatrix'],
    tryDownscale: true,
    returnErrors: true,
    maxNumberOfSymbols: 8,
    ...EFFORT[effort],
  });
  return results.map((result) => ({
    text: result.isValid ? result.text : '',
    format: result.format,
    readable: result.isValid,
    corners: [
      result.position.topLeft, result.position.topRight, result.position.bottomRight, result.position.bottomLeft,
    ],
  }));
}

/** @type {OffscreenCanvas | null} */
let canvas = null;

/**
 * @param {ImageBitmap} bitmap
 * @returns {ImageData}
 */
function pixels(bitmap) {
  if (canvas?.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  }
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no drawing surface in this worker');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** `{id, bitmap | picture, effort}`, answered by `{id, found, width, height}` or `{id, error}`. */
self.addEventListener('message', async (/** @type {MessageEvent} */ { data }) => {
  try {
    /** @type {ImageData} */
    const picture = data.bitmap ? pixels(data.bitmap) : data.picture;
    const found = await decode(picture, data.effort);
    self.postMessage({ id: data.id, found, width: picture.width, height: picture.height });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error) });
  }
});
