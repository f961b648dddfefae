// @ts-check
/** The camera part of the scanner: stream, torch, lens, frames. What a code means is not its business. */

import * as camera from '../device/camera.js';
import * as sound from '../device/sound.js';
import * as storage from '../device/storage.js';
import { hasTorch, setTorch } from '../device/torch.js';
import { keepAwake, letSleep } from '../device/wake-lock.js';
import { decode, DecoderError, effortFor } from '../services/decoding.js';
import { byId } from '../view/dom.js';

/** @typedef {import('../services/decoding.js').Found} Found */

const PROBLEMS = {
  refused: 'The camera is not allowed here. Allow it in the settings of the browser for this site (beside the address), then try again. Typing the number or choosing a photo works without.',
  missing: 'No camera was found. Type the number below or choose a photo.',
  busy: 'The camera is in use by another app. Close that app, then try again.',
  insecure: 'A camera needs a secure address (https). Type the number below or choose a photo.',
  other: 'The camera could not be started. Try again, type the number below or choose a photo.',
};

const ASKING_HINT_AFTER = 8_000;

const viewfinder = byId('viewfinder');
const video = /** @type {HTMLVideoElement} */ (byId('video'));
const outlines = /** @type {HTMLCanvasElement} */ (byId('outlines'));
const hint = byId('hint');
const torchButton = byId('torch');
const lensButton = byId('lens');
const startPart = byId('start-part');
const startButton = /** @type {HTMLButtonElement} */ (byId('start'));

/** @type {MediaStream | null} */
let stream = null;
/** @type {() => void} */
let stopFrames = () => undefined;
let paused = false;
let blankFrames = 0;
let torchOn = false;

/** @type {(found: Found[], size: {width: number, height: number}) => void} */
let onCodes = () => undefined;

/**
 * @param {(found: Found[], size: {width: number, height: number}) => void} listener - for readable codes of one frame
 */
export function attach(listener) {
  onCodes = listener;
  byId('camera-part').hidden = false;
  startButton.addEventListener('click', start);
  byId('stop').addEventListener('click', stop);
  torchButton.addEventListener('click', toggleTorch);
  lensButton.addEventListener('click', nextLens);
  window.addEventListener('pagehide', stop);
}

/** @returns {boolean} */
export function isRunning() {
  return stream !== null;
}

/** Open the camera. From a tap only: browsers ask for permission and allow sound there. */
export async function start() {
  sound.unlock();
  showProblem(null);
  startButton.disabled = true;
  say('Waiting for your permission…');
  viewfinder.hidden = false;
  const slow = setTimeout(() => say('Your browser asks whether this page may use the camera. Answer there to go on.'), ASKING_HINT_AFTER);
  try {
    await show(await camera.open(await storage.get('lens')));
  } catch (error) {
    if (!(error instanceof camera.CameraError)) throw error;
    stop();
    showProblem(PROBLEMS[error.problem]);
  } finally {
    clearTimeout(slow);
    startButton.disabled = false;
  }
}

/** @param {MediaStream} opened */
async function show(opened) {
  stream = opened;
  say('Starting…');
  startPart.hidden = true;
  byId('intro').classList.add('visually-hidden');
  byId('tools').hidden = false;
  video.srcObject = opened;
  await video.play().catch(() => undefined); // interrupted by a stop
  opened.getVideoTracks()[0]?.addEventListener('ended', stop);
  torchButton.hidden = !hasTorch(opened);
  lensButton.hidden = (await camera.lenses()).length < 2;
  keepAwake();
  resume();
}

/** End the stream, and the lamp with it. */
export function stop() {
  stopFrames();
  if (stream) {
    if (torchOn) setTorch(stream, false);
    camera.stop(stream);
  }
  stream = null;
  torchOn = false;
  torchButton.setAttribute('aria-pressed', 'false');
  video.srcObject = null;
  viewfinder.hidden = true;
  byId('tools').hidden = true;
  startPart.hidden = false;
  byId('intro').classList.remove('visually-hidden');
  letSleep();
}

/** Keep the stream, look at no picture: while a result is read. */
export function pause() {
  paused = true;
  stopFrames();
  video.pause();
  viewfinder.classList.add('viewfinder--rest');
  say('');
}

/** Look at pictures again, with the same stream: asking for a new one may ask the user again. */
export function resume() {
  if (!stream) return;
  paused = false;
  blankFrames = 0;
  viewfinder.classList.remove('viewfinder--rest', 'viewfinder--good', 'viewfinder--bad');
  draw([], { width: 1, height: 1 });
  say('Hold the code inside the frame');
  video.play().catch(() => undefined);
  stopFrames = camera.eachFrame(video, look);
}

/** @param {ImageBitmap} bitmap */
async function look(bitmap) {
  let decoded;
  try {
    decoded = await decode(bitmap, effortFor(blankFrames));
  } catch (error) {
    if (!(error instanceof DecoderError)) throw error;
    stop();
    showProblem('The part that reads codes could not be loaded. Type the number below.');
    return;
  }
  if (paused) return;
  const readable = decoded.found.filter((one) => one.readable);
  if (readable.length) {
    blankFrames = 0;
    draw(readable, decoded);
    onCodes(readable, decoded);
    return;
  }
  blankFrames += 1;
  draw(decoded.found, decoded);
  if (decoded.found.length) say('Code found: come closer, hold still, wipe it');
  else if (blankFrames % 40 === 39) say('No code yet. More light, or the number below, may help');
}

/** @param {'good' | 'bad' | 'again'} kind */
export function feedback(kind) {
  sound.signal(kind);
  viewfinder.classList.toggle('viewfinder--good', kind === 'good');
  viewfinder.classList.toggle('viewfinder--bad', kind === 'bad');
}

/** @param {string} text */
export function say(text) {
  if (hint.textContent !== text) hint.textContent = text;
}

/**
 * Outline each code; two codes at once are told apart by number.
 *
 * @param {Found[]} found
 * @param {{width: number, height: number}} size
 */
export function draw(found, { width, height }) {
  outlines.width = width;
  outlines.height = height;
  const context = outlines.getContext('2d');
  if (!context) return;
  context.lineWidth = Math.max(3, width / 160);
  context.lineJoin = 'round';
  context.font = `700 ${Math.round(width / 16)}px system-ui, sans-serif`;
  found.forEach((one, at) => {
    context.strokeStyle = one.readable ? '#d3f34b' : '#ffce70';
    context.beginPath();
    one.corners.forEach(({ x, y }) => context.lineTo(x, y));
    context.closePath();
    context.stroke();
    if (found.length > 1) {
      context.fillStyle = '#d3f34b';
      context.fillText(String(at + 1), one.corners[0].x, one.corners[0].y - width / 80);
    }
  });
}

async function toggleTorch() {
  if (!stream) return;
  torchOn = await setTorch(stream, !torchOn);
  torchButton.setAttribute('aria-pressed', String(torchOn));
}

async function nextLens() {
  if (!stream) return;
  const lenses = await camera.lenses();
  const next = lenses[(lenses.indexOf(camera.lensOf(stream) ?? '') + 1) % lenses.length];
  await storage.put('lens', next);
  stop();
  await start();
}

/** @param {string | null} text */
function showProblem(text) {
  byId('camera-problem').hidden = text === null;
  byId('camera-problem-text').textContent = text ?? '';
}
