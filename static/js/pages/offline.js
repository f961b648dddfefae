// @ts-check
/** The offline page: which batteries are kept on this device, and can be opened now. */

import './app.js';
import { byId, h } from '../view/dom.js';

async function list() {
  if (!('caches' in globalThis)) return;
  const pages = await (await caches.open('pages')).keys();
  const records = await caches.open('records');
  const entries = await Promise.all([...pages].reverse().slice(0, 50).map(async ({ url }) => {
    const path = new URL(url).pathname;
    const record = await (await records.match(`${path}/sections/public`))?.json().catch(() => null);
    const subject = record?.credentialSubject ?? {};
    return h('li', null, h('a', { href: path, class: 'button button--full' },
      [subject.batteryModelIdentifier, subject.batterySerialNumber].filter((one) => typeof one === 'string').join(' · ') || path));
  }));
  if (!entries.length) return;
  byId('kept').append(h('h2', null, 'Opened here before'), h('ul', { class: 'scan__picks' }, ...entries));
}

async function forms() {
  if (!('caches' in globalThis)) return;
  const kept = await caches.open('forms');
  const entries = await Promise.all([...await kept.keys()].reverse().map(async ({ url }) => {
    const { pathname, search } = new URL(url);
    const page = new DOMParser().parseFromString(await (await kept.match(url))?.text() ?? '', 'text/html');
    const about = page.querySelector('[aria-current="true"]')?.textContent;
    return h('li', null, h('a', { href: pathname.replace(/\/blank$/, '') + search, class: 'button button--full' },
      [page.querySelector('h1')?.textContent ?? pathname, about].filter(Boolean).join(': ')));
  }));
  if (entries.length) byId('kept').append(h('h2', null, 'Forms'), h('ul', { class: 'scan__picks' }, ...entries));
}

list().then(forms);
