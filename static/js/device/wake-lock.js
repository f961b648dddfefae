// @ts-check
/** Keeps the screen on while scanning. */

/** @type {WakeLockSentinel | null} */
let sentinel = null;
let wanted = false;

async function request() {
  if (!wanted || document.hidden || !('wakeLock' in navigator)) return;
  try {
    sentinel = await navigator.wakeLock.request('screen');
  } catch {
    sentinel = null; // battery saver, or not allowed here: the screen just goes dark as usual
  }
}

document.addEventListener('visibilitychange', request); // the system takes the lock when the page is hidden

/** @returns {Promise<void>} */
export async function keepAwake() {
  wanted = true;
  await request();
}

/** @returns {Promise<void>} */
export async function letSleep() {
  wanted = false;
  await sentinel?.release();
  sentinel = null;
}
