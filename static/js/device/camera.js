// @ts-check
/** The camera: one stream a visit, opened from a tap, frames handed over one at a time. */

/** @typedef {'refused' | 'missing' | 'busy' | 'insecure' | 'other'} CameraProblem */

/** The camera does not open; `problem` says which sentence the page shows. */
export class CameraError extends Error {
  /**
   * @param {CameraProblem} problem
   * @param {unknown} [cause]
   */
  constructor(problem, cause) {
    super(problem, { cause });
    this.problem = problem;
  }
}

/** @type {Record<string, CameraProblem>} */
const PROBLEMS = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** @returns {boolean} */
export function isAvailable() {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

/**
 * Ask for the rear camera, or for the one with `deviceId`. Call from a tap.
 *
 * @param {string | null} [deviceId]
 * @returns {Promise<MediaStream>}
 * @throws {CameraError}
 */
export async function open(deviceId = null) {
  if (!isAvailable()) throw new CameraError(window.isSecureContext ? 'missing' : 'insecure');
  const which = deviceId ? { deviceId: { ideal: deviceId } } : { facingMode: { ideal: 'environment' } };
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (error) {
    throw new CameraError(PROBLEMS[/** @type {Error} */ (error).name] ?? 'other', error);
  }
}

/** @param {MediaStream} stream */
export function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Cameras to switch between, known once permission is given. Labels are translated and say little: count them.
 *
 * @returns {Promise<string[]>} device ids
 */
export async function lenses() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === 'videoinput' && device.deviceId).map((device) => device.deviceId);
}

/**
 * @param {MediaStream} stream
 * @returns {string | undefined} id of the lens in use
 */
export function lensOf(stream) {
  return stream.getVideoTracks()[0]?.getSettings().deviceId;
}

/**
 * Call `onFrame` for each new picture of `video`, never while the last call is still at work.
 *
 * @param {HTMLVideoElement} video
 * @param {(bitmap: ImageBitmap) => Promise<void>} onFrame - owns the bitmap
 * @returns {() => void} stops it
 */
export function eachFrame(video, onFrame) {
  let running = true;
  const next = () => {
    if (!running) return;
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(take);
    else requestAnimationFrame(take);
  };
  const take = async () => {
    if (!running) return;
    if (document.hidden || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.paused) {
      setTimeout(next, 200);
      return;
    }
    try {
      await onFrame(await createImageBitmap(video));
    } catch (error) {
      console.warn('a frame was lost', error);
    }
    next();
  };
  next();
  return () => {
    running = false;
  };
}
