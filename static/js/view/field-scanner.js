// @ts-check
/** A camera for one field: a dialog that closes with the first code, and tells its text. */

import * as camera from '../device/camera.js';
import { decode, effortFor, photoBitmap, prepare } from '../services/decoding.js';
import { h } from './dom.js';

/**
 * @param {string} label - of the field
 * @returns {Promise<string | null>} what was read; null where the person closed the dialog
 */
export async function scan(label) {
  prepare();
  const video = h('video', { playsinline: true, muted: true, 'aria-label': 'Picture of the camera' });
  video.muted = true;
  const said = h('p', { role: 'status' }, 'Point the camera at the code.');
  const photo = h('input', { type: 'file', accept: 'image/*', 'aria-label': 'Choose a photo of the code' });
  const close = h('button', { type: 'button', class: 'button' }, 'Close');
  const dialog = h('dialog', { class: 'scanner', 'aria-label': `Scan: ${label}` },
    h('h2', null, label), video, said, h('p', null, photo), h('p', { class: 'actions' }, close));
  document.body.append(dialog);
  dialog.showModal();
  /** @type {MediaStream | null} */
  let stream = null;
  let stopFrames = () => {};
  let empty = 0;
  /** @type {(text: string | null) => void} */
  let done = () => {};
  const found = new Promise((resolve) => { done = resolve; });
  const take = async (/** @type {ImageBitmap} */ bitmap, /** @type {import('../services/decoding.js').Effort} */ effort) => {
    const code = (await decode(bitmap, effort)).found.find(({ readable }) => readable);
    if (code) done(code.text);
    return Boolean(code);
  };
  close.addEventListener('click', () => done(null));
  dialog.addEventListener('cancel', () => done(null));
  photo.addEventListener('change', async () => {
    const [file] = photo.files ?? [];
    if (!file) return;
    try {
      if (!await take(await photoBitmap(file), 'photo')) said.textContent = 'No code was found in this photo.';
    } catch {
      said.textContent = 'This photo cannot be read.';
    }
  });
  try {
    stream = await camera.open();
    video.srcObject = stream;
    await video.play();
    stopFrames = camera.eachFrame(video, async (bitmap) => {
      if (!await take(bitmap, effortFor(empty))) empty += 1;
    });
  } catch {
    video.hidden = true;
    said.textContent = 'The camera cannot be used here. Choose a photo of the code, or type the number.';
  }
  const text = await found;
  stopFrames();
  if (stream) camera.stop(stream);
  dialog.remove();
  return text;
}
