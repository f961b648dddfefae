// @ts-check
/** Tones and vibration: good and bad differ in pitch and in rhythm, so that no eye is needed. */

/** @type {AudioContext | null} */
let context = null;

/** @type {Record<'good' | 'bad' | 'again', {tones: [number, number][], pulses: number[]}>} Hz and seconds; ms */
const SIGNALS = {
  good: { tones: [[880, 0.09], [1320, 0.12]], pulses: [60] },
  bad: { tones: [[240, 0.18], [180, 0.18], [150, 0.26]], pulses: [180, 90, 180] },
  again: { tones: [[660, 0.07]], pulses: [30] },
};

/** Make the sound ready. Call from the tap that starts the camera: browsers allow it only there. */
export function unlock() {
  if (!('AudioContext' in globalThis)) return;
  context ??= new AudioContext();
  if (context.state === 'suspended') context.resume().catch(() => undefined);
}

/** @param {'good' | 'bad' | 'again'} kind */
export function signal(kind) {
  const { tones, pulses } = SIGNALS[kind];
  navigator.vibrate?.(pulses);
  if (!context || context.state !== 'running') return;
  let start = context.currentTime + 0.01;
  for (const [frequency, length] of tones) {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, start);
    gain.gain.exponentialRampToValueAtTime(0.25, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(start + length);
    start += length + 0.03;
  }
}
