// @ts-check
/**
 * What was typed into a form and not sent yet, kept on this device: the open form for this tab, and finished
 * records that found no network until they are sent. Only what this person typed is kept, nothing that was read.
 *
 * @typedef {{id: string, path: string, title: string, at: string, fields: [string, string][]}} Draft
 */

const WAITING = 'forms:waiting';
const NOT_KEPT = new Set(['csrf_token']);

/**
 * @param {HTMLFormElement} form
 * @returns {[string, string][]} names and texts, without the token of the session
 */
export function fieldsOf(form) {
  return [...new FormData(form)].flatMap(([name, value]) => (
    typeof value === 'string' && !NOT_KEPT.has(name) ? [/** @type {[string, string]} */ ([name, value])] : []
  ));
}

/**
 * @param {HTMLFormElement} form
 * @param {[string, string][]} fields
 */
export function fill(form, fields) {
  for (const [name, value] of fields) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) {
      field.value = value;
    }
  }
}

/** @param {string} path */
const tabKey = (path) => `forms:open:${path}`;

/**
 * @param {string} path - address of the form
 * @param {[string, string][]} fields
 */
export function keepOpen(path, fields) {
  sessionStorage.setItem(tabKey(path), JSON.stringify(fields));
}

/**
 * @param {string} path
 * @returns {[string, string][] | null}
 */
export function open(path) {
  return JSON.parse(sessionStorage.getItem(tabKey(path)) ?? 'null');
}

/** @param {string} path */
export function forgetOpen(path) {
  sessionStorage.removeItem(tabKey(path));
}

/** @returns {Draft[]} oldest first */
export function waiting() {
  return JSON.parse(localStorage.getItem(WAITING) ?? '[]');
}

/** @param {Draft} draft */
export function keepWaiting(draft) {
  localStorage.setItem(WAITING, JSON.stringify([...waiting().filter(({ id }) => id !== draft.id), draft]));
}

/** @param {string} id */
export function forgetWaiting(id) {
  localStorage.setItem(WAITING, JSON.stringify(waiting().filter((draft) => draft.id !== id)));
}

/**
 * Give a record that names no plant its plant, and keep that before it is sent: an id is known to one plant only,
 * so a record whose answer was lost must not go to another one the next time.
 *
 * @param {string} id
 * @param {string} plant - for a record that names none
 * @returns {Draft | undefined} as it is to be sent; none if it waits no more
 */
export function settlePlant(id, plant) {
  const all = waiting();
  const draft = all.find((one) => one.id === id);
  if (draft && plant && !hasPlant(draft)) {
    draft.fields = [...draft.fields.filter(([name]) => name !== 'plant'), ['plant', plant]];
    localStorage.setItem(WAITING, JSON.stringify(all));
  }
  return draft;
}

/**
 * Send a record that waited. Sending it twice stores it once: its id and its plant are the same each time.
 *
 * @param {Draft} draft
 * @param {string} token - of the session as it is now
 * @returns {Promise<'sent' | 'refused' | 'no network'>}
 */
export async function send(draft, token) {
  const body = new URLSearchParams([['csrf_token', token], ...draft.fields]);
  try {
    const answer = await fetch(draft.path, { method: 'POST', body, headers: { Accept: 'application/json' } });
    return answer.ok ? 'sent' : 'refused';
  } catch {
    return 'no network';
  }
}

/** @param {Draft} draft */
export function hasPlant(draft) {
  return draft.fields.some(([name, value]) => name === 'plant' && value !== '');
}

/** @returns {Promise<boolean>} whether the server answers now */
export async function isReachable() {
  if (!navigator.onLine) return false;
  try {
    return (await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(4_000) })).ok;
  } catch {
    return false;
  }
}
