// @ts-check
/** The lamp beside the camera, where the track itself says that it has one. */

/**
 * @param {MediaStream} stream
 * @returns {MediaStreamTrack | null}
 */
function trackWithTorch(stream) {
  const track = stream.getVideoTracks()[0];
  const capabilities = /** @type {{torch?: boolean}} */ (track?.getCapabilities?.() ?? {});
  return capabilities.torch ? track : null;
}

/**
 * @param {MediaStream} stream
 * @returns {boolean}
 */
export function hasTorch(stream) {
  return trackWithTorch(stream) !== null;
}

/**
 * @param {MediaStream} stream
 * @param {boolean} on
 * @returns {Promise<boolean>} whether the lamp is on afterwards
 */
export async function setTorch(stream, on) {
  const track = trackWithTorch(stream);
  if (!track || track.readyState !== 'live') return false;
  try {
    await track.applyConstraints({ advanced: [/** @type {MediaTrackConstraintSet} */ ({ torch: on })] });
    return on;
  } catch {
    return false;
  }
}
