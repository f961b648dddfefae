import assert from 'node:assert/strict';
import test from 'node:test';

import { checkDigit, isInternational, isOwnHost, keyPath, MalformedIdentifier, parseScanned, read, typedHelp }
  from '../../static/js/core/digital-link.js';
import { vectors } from './vectors.js';

for (const { name, text, key } of vectors('digital-link')) {
  test(`a scanned text is read as the vector says: ${name}`, () => {
    if (key) assert.deepEqual(parseScanned(text), key);
    else assert.throws(() => parseScanned(text), MalformedIdentifier);
  });
}

test('the path of a key leads back to the key', () => {
  const key = { gtin: '09506000134352', serial: "!\"%&'()*+,-./:;<=>?" };
  assert.deepEqual(parseScanned(`https://h${keyPath(key)}`), key);
  assert.equal(keyPath({ gtin: '09506000134352', serial: "A'(*)!/" }), '/01/09506000134352/21/A%27%28%2A%29%21%2F');
});

test('the host of a link is shown in full, with what could deceive', () => {
  const at = (/** @type {string} */ text) => /** @type {any} */ (read(text)).host;
  assert.equal(at('HTTPS://PASSPORT.EXAMPLE/01/09506000134352/21/A'), 'passport.example');
  assert.equal(at('https://pаssport.example/x'), 'xn--pssport-2fg.example');
  assert.equal(at('https://passport.example:8443/x'), 'passport.example:8443');
  assert.equal(at('https://passport.example@evil.example/x'), 'passport.example@evil.example');
  assert.equal(at('http://passport.example/x'), 'http://passport.example');
});

test('only the very same host is our own', () => {
  const here = /** @type {Location} */ (/** @type {unknown} */ (new URL('https://passport.example/scan')));
  assert.ok(isOwnHost(here, 'passport.example'));
  assert.ok(!isOwnHost(here, 'passport.example.evil.example'));
  assert.ok(!isOwnHost(here, 'passport.example:8443'));
  assert.ok(!isOwnHost(here, 'evil@passport.example'));
});

test('a host with letters beyond ASCII is marked', () => {
  assert.ok(isInternational('xn--pssport-2fg.example'));
  assert.ok(!isInternational('passport.example'));
});

test('other schemes are plain text and lead nowhere', () => {
  for (const text of ['javascript:alert(1)', 'tel:123', 'data:text/html,x', 'WIFI:S:x;;', 'intent://x#Intent;end']) {
    assert.equal(read(text).kind, 'text', text);
  }
});

test('a passport page of an address is recognised', () => {
  const uuid = '0c2e3a52-6c0b-4b7a-9a5f-0c8ac1b3f0d2';
  assert.deepEqual(read(`https://h/passports/${uuid}`), { kind: 'passport', uuid, host: 'h' });
  assert.equal(read(`https://h/passports/${uuid}/label`).kind, 'link');
});

test('help while typing goes from digit to digit, and names the check digit that would be right', () => {
  assert.equal(checkDigit('0950600013435'), '2');
  assert.match(typedHelp('0950').hint, /4 of 14/);
  assert.match(typedHelp('(01) 0950').hint, /4 of 14/);
  assert.match(typedHelp('09506000134353').hint, /should be 2, not 3/);
  assert.match(typedHelp('09506000134352').hint, /check digit is right/);
  assert.match(typedHelp('09506000134353 BX-0042').hint, /ask for 2/);
  assert.match(typedHelp('hello').hint, /Start with the GTIN/);
});

test('a typed number is understood in each form that people type', () => {
  const key = { gtin: '09506000134352', serial: 'BX-0042' };
  for (const text of ['09506000134352 BX-0042', '9506000134352 BX-0042', '(01)09506000134352(21)BX-0042', ' (01) 09506000134352 (21) BX-0042 ',
    '010950600013435221BX-0042', 'https://h/01/09506000134352/21/BX-0042', '09506000134352(21)BX-0042']) {
    assert.deepEqual(typedHelp(text).key, key, text);
  }
});
