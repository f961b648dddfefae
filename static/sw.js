// @ts-check
/**
 * The service worker: the shell offline, and public passports that were opened here readable and checkable again.
 *
 * Stores  shell-VERSION  what /precache.json lists, each file checked against its hash (T57)
 *         pages          passport pages that were opened, public ones alone
 *         forms          blank forms of those that were opened: the public catalogue, nothing of an account (T34)
 *         records        credentials, trust list, status lists, schemas; sent from the store with `x-from-store`
 *         meta           which shell is in use
 * An answer that says no-store or private is never kept (T34). Nothing is asked of another host.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const LIMIT_MS = 3_000;
const MAX_RECORDS = 400;
const MAX_PAGES = 100;
const FACTS = /^\/(?:trust|status|context|schema)\//;
const RECORD = /^\/(?:01\/|passports\/[^/]+\/sections\/)/;
const AS_RECORD = /(?:^|[ ,])application\/vc(?:$|[ ,;])/; // and not as a token, `application/vc+jwt`
const OTHER_FORMS = ['at', 'form']; // of another day, or as a token: the kept record never stands in for it
const PAGE = /^\/passports\/[^/]+$/;
const FORM = /^\/forms\/[a-z-]+$/;
const MAX_FORMS = 40;
const POINTER = '/shell-in-use';

/** Set when the server has a newer shell than the one in use: then files come from the network. */
let isOutdated = false;
/** @type {Promise<string | null> | null} */
let checking = null;

worker.addEventListener('install', (event) => {
  event.waitUntil(install().then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener('message', (event) => {
  if (event.data === 'check') event.waitUntil(checkVersion());
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin || request.headers.has('range')) return;
  if (request.mode === 'navigate') event.respondWith(navigate(event, url));
  else if (url.pathname.startsWith('/static/')) event.respondWith(fromShell(request));
  else if (FACTS.test(url.pathname)) event.respondWith(fromNetwork(event, url.pathname));
  else if (RECORD.test(url.pathname) && !OTHER_FORMS.some((name) => url.searchParams.has(name)) && AS_RECORD.test(request.headers.get('accept') ?? '')) {
    event.respondWith(fromNetwork(event, url.pathname));
  }
});

// --- the shell

/** @returns {Promise<{version: string, urls: {url: string, sha256?: string}[]} | null>} */
async function precacheList() {
  const response = await fetch('/precache.json', { cache: 'no-store', credentials: 'omit' });
  if (response.status === 410) {
    await giveUp();
    return null;
  }
  if (!response.ok) throw new Error(`precache list: ${response.status}`);
  return response.json();
}

/** The server's way to switch this worker off: 410 on the list. */
async function giveUp() {
  for (const name of await caches.keys()) await caches.delete(name);
  await worker.registration.unregister();
}

async function install() {
  const list = await precacheList();
  if (list) await takeShell(list);
}

/** @param {{version: string, urls: {url: string, sha256?: string}[]}} list */
async function takeShell({ version, urls }) {
  const name = `shell-${version}`;
  const cache = await caches.open(name);
  const inUse = await shellInUse();
  const old = inUse && inUse !== name ? await caches.open(inUse) : null;
  for (const { url, sha256 } of urls) {
    if (/^\/static\/vendor\/[^/]+\.json$/.test(url)) continue; // how the copies were made: nothing that a page needs
    const kept = (sha256 && await old?.match(url)) || null;
    if (kept && await hasDigest(kept.clone(), sha256)) {
      await cache.put(url, kept);
      continue;
    }
    // Without the session: the shell is the same for everybody who uses this device after us.
    const response = await fetch(url, { cache: 'reload', credentials: 'omit' });
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    if (sha256 && !await hasDigest(response.clone(), sha256)) throw new Error(`${url}: not the announced bytes`);
    await cache.put(url, response);
  }
  await (await caches.open('meta')).put(POINTER, new Response(name));
  for (const other of await caches.keys()) {
    if (other.startsWith('shell-') && other !== name) await caches.delete(other);
  }
}

/**
 * @param {Response} response
 * @param {string | undefined} expected - SHA-256, base64url
 */
async function hasDigest(response, expected) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
  const found = btoa(String.fromCharCode(...digest)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return found === expected;
}

/** @returns {Promise<string | null>} name of its cache */
async function shellInUse() {
  const kept = await (await caches.open('meta')).match(POINTER);
  return kept ? kept.text() : null;
}

/**
 * Ask whether the shell is still the newest. If not, files come from the network until the new one is complete.
 *
 * @param {string} [asking] - client that is being loaded and gets the new files anyway
 * @returns {Promise<string | null>} name of the new shell
 */
function checkVersion(asking) {
  checking ??= (async () => {
    try {
      const list = await precacheList();
      if (!list || `shell-${list.version}` === await shellInUse()) return null;
      isOutdated = true;
      takeShell(list).then(() => announce(asking)).catch(() => undefined).finally(() => {
        isOutdated = false;
      });
      return list.version;
    } catch {
      return null; // no connection: what is here stays
    } finally {
      setTimeout(() => {
        checking = null;
      }, 10_000);
    }
  })();
  return checking;
}

/** @param {string | undefined} asking */
async function announce(asking) {
  for (const client of await worker.clients.matchAll()) {
    if (client.id !== asking) client.postMessage({ type: 'new-version' });
  }
}

/**
 * @param {Request} request
 * @returns {Promise<Response>}
 */
async function fromShell(request) {
  const path = new URL(request.url).pathname;
  const name = isOutdated ? null : await shellInUse();
  const kept = name && await (await caches.open(name)).match(path, { ignoreVary: true, ignoreSearch: true });
  if (kept) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    const old = await shellInUse();
    const fallback = old && await (await caches.open(old)).match(path, { ignoreVary: true });
    if (fallback) return fallback;
    throw error;
  }
}

// --- pages

/**
 * @param {FetchEvent} event
 * @param {URL} url
 * @returns {Promise<Response>}
 */
async function navigate(event, url) {
  const limit = wait(LIMIT_MS);
  try {
    const [response] = await Promise.all([
      within(fetch(event.request), limit),
      within(checkVersion(event.resultingClientId), limit).catch(() => null),
    ]);
    if (PAGE.test(url.pathname)) event.waitUntil(keep('pages', url.pathname, response.clone(), MAX_PAGES));
    if (FORM.test(url.pathname) && response.ok && !response.redirected) event.waitUntil(keepForm(url).catch(() => undefined));
    return response;
  } catch {
    const form = FORM.test(url.pathname) && await (await caches.open('forms')).match(blank(url), { ignoreVary: true });
    if (form) return form;
    // a kept page is of its own day: it never stands in for a look back
    return await keptPage(url.searchParams.has('at') ? '/offline' : url.pathname) ?? fetch(event.request);
  }
}

/**
 * @param {URL} url - of a form
 * @returns {string} address of the same form without anything of the account, of the plant or of a record
 */
function blank(url) {
  const level = url.searchParams.get('level');
  return `${url.pathname}/blank${level ? `?level=${encodeURIComponent(level)}` : ''}`;
}

/**
 * The page of a form is the account's, and never kept. Its blank is fetched without the session, and is.
 *
 * @param {URL} url
 */
async function keepForm(url) {
  const response = await fetch(blank(url), { cache: 'no-cache', credentials: 'omit' });
  await keep('forms', blank(url), response, MAX_FORMS);
}

/**
 * @param {string} path
 * @returns {Promise<Response | null>}
 */
async function keptPage(path) {
  const name = await shellInUse();
  const shell = name && await caches.open(name);
  const page = await (await caches.open('pages')).match(path, { ignoreVary: true })
    ?? (shell && await shell.match(path, { ignoreVary: true }));
  if (page) return page;
  const record = await (await caches.open('records')).match(path);
  const passport = record && /^urn:uuid:([0-9a-f-]{36})$/.exec((await record.json()).passport ?? '');
  if (passport && path.startsWith('/01/')) return Response.redirect(`/passports/${passport[1]}`);
  return (shell && await shell.match('/offline', { ignoreVary: true })) || null;
}

// --- records and facts

/**
 * @param {FetchEvent} event
 * @param {string} path
 * @returns {Promise<Response>}
 */
async function fromNetwork(event, path) {
  const answer = fetch(event.request);
  try {
    const response = await within(answer, wait(LIMIT_MS));
    event.waitUntil(keepRecord(path, response.clone()));
    return response;
  } catch {
    const kept = await (await caches.open('records')).match(path)
      ?? await (await caches.open(await shellInUse() ?? 'meta')).match(path, { ignoreVary: true });
    return kept ? marked(kept) : answer.catch(() => marked(new Response(null, { status: 504 })));
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Response>} the same, with the mark that it was not asked for just now
 */
async function marked(response) {
  const headers = new Headers(response.headers);
  headers.set('x-from-store', '1');
  return new Response(await response.blob(), { status: response.status, headers });
}

/**
 * A credential is kept under the battery's own address, too, so that its label still finds it offline. Whether it is
 * about that battery is checked each time it is read.
 *
 * @param {string} path
 * @param {Response} response
 */
async function keepRecord(path, response) {
  if (response.headers.get('content-type')?.startsWith('application/vc+jwt')) return; // one form a record, the page's
  if (!await keep('records', path, response.clone(), MAX_RECORDS)) return;
  const final = new URL(response.url || worker.location.href).pathname;
  if (RECORD.test(final) && final !== path) await keep('records', final, response.clone(), MAX_RECORDS);
  if (!/^\/passports\/[^/]+\/sections\/public$/.test(path)) return;
  const subject = (await response.clone().json()).credentialSubject?.id ?? '';
  if (URL.canParse(subject) && new URL(subject).pathname.startsWith('/01/')) {
    await keep('records', new URL(subject).pathname, response, MAX_RECORDS);
  }
}

/**
 * @param {string} store
 * @param {string} path
 * @param {Response} response
 * @param {number} most
 * @returns {Promise<boolean>} whether it was kept
 */
async function keep(store, path, response, most) {
  const caching = (response.headers.get('cache-control') ?? 'no-store').toLowerCase();
  if (response.status !== 200 || response.type !== 'basic' || /no-store|private/.test(caching)) return false;
  const cache = await caches.open(store);
  const headers = new Headers(response.headers);
  await cache.delete(path); // so that the newest stands last
  await cache.put(path, new Response(await response.blob(), { headers }));
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - most))) await cache.delete(old);
  return true;
}

// --- time

/**
 * @param {number} ms
 * @returns {Promise<never>}
 */
function wait(ms) {
  const limit = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('too slow')), ms);
  });
  limit.catch(() => undefined);
  return /** @type {Promise<never>} */ (limit);
}

/**
 * @template T
 * @param {Promise<T>} work
 * @param {Promise<never>} limit
 * @returns {Promise<T>}
 */
function within(work, limit) {
  return Promise.race([work, limit]);
}
