// @ts-check
/** NFC tags, where the browser reads them (Chrome on Android). A tag is treated like a printed code (T55). */

/** @typedef {'refused' | 'missing' | 'unreadable' | 'other'} NfcProblem */

/** Reading does not start; `problem` says which sentence the page shows. */
export class NfcError extends Error {
  /**
   * @param {NfcProblem} problem
   * @param {unknown} [cause]
   */
  constructor(problem, cause) {
    super(problem, { cause });
    this.problem = problem;
  }
}

/** @type {Record<string, NfcProblem>} */
const PROBLEMS = { NotAllowedError: 'refused', NotSupportedError: 'missing', NotReadableError: 'unreadable' };

/** @returns {boolean} whether the class is there, which says nothing about the hardware */
export function isAvailable() {
  return 'NDEFReader' in globalThis;
}

/** @returns {boolean} an iPhone reads a tag with an address by itself and opens the page */
export function systemReadsTags() {
  return /iPhone/.test(navigator.userAgent);
}

/**
 * Read tags until `signal` ends it. Call from a tap.
 *
 * @param {(text: string) => void} onText - address or text of the first record that has one
 * @param {() => void} onUnreadable - a tag was there and could not be read
 * @param {AbortSignal} signal
 * @returns {Promise<void>} once reading has started
 * @throws {NfcError}
 */
export async function listen(onText, onUnreadable, signal) {
  const Reader = /** @type {any} */ (globalThis).NDEFReader;
  try {
    const reader = new Reader();
    reader.addEventListener('reading', (/** @type {any} */ event) => {
      const text = firstText(event.message.records);
      if (text === null) onUnreadable();
      else onText(text);
    }, { signal });
    reader.addEventListener('readingerror', () => onUnreadable(), { signal });
    await reader.scan({ signal });
  } catch (error) {
    throw new NfcError(PROBLEMS[/** @type {Error} */ (error).name] ?? 'other', error);
  }
}

/**
 * @param {Iterable<{recordType: string, data?: DataView, encoding?: string}>} records
 * @returns {string | null}
 */
function firstText(records) {
  for (const record of records) {
    if (['url', 'absolute-url', 'text'].includes(record.recordType) && record.data) {
      try {
        return new TextDecoder(record.encoding || 'utf-8', { fatal: true }).decode(record.data);
      } catch {
        return null;
      }
    }
  }
  return null;
}
