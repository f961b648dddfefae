// @ts-check
/** What every page with script does: the service worker, and a word when a new version is here. */

import { scriptUrl } from '../device/script-url.js';
import { h } from '../view/dom.js';

async function register() {
  const container = navigator.serviceWorker;
  if (!container) return;
  container.addEventListener('message', ({ data }) => {
    if (data?.type === 'new-version') sayNewVersion();
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) container.controller?.postMessage('check');
  });
  try {
    await container.register(scriptUrl('/sw.js'), { scope: '/', updateViaCache: 'none' });
  } catch (error) {
    console.info('This site works online only here:', error);
  }
}

/** Never reloads by itself: somebody may be in the middle of something. */
function sayNewVersion() {
  if (document.getElementById('new-version')) return;
  document.querySelector('main')?.before(h('p', { id: 'new-version', class: 'banner banner--info', role: 'status' },
    h('span', null, 'A new version of this site is here. '),
    h('button', { type: 'button', class: 'button', onclick: () => location.reload() }, 'Reload')));
}

register();
