import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { jcs } from '../../static/js/core/jcs.js';
import { LIMITS, loads, MalformedJson } from '../../static/js/core/json-strict.js';
import { base58btcDecode, base58btcEncode, base64urlDecode, base64urlEncode, digestMultibase, MalformedEncoding }
  from '../../static/js/core/multibase.js';
import { parseTime } from '../../static/js/core/times.js';
import { plain, standards, utf8 } from './vectors.js';

test('plain JSON is read as JSON.parse reads it', () => {
  for (const text of ['{"a":[1,-2,0,true,false,null,"x\\u00e9\\n\\/"],"b":{}}', ' [ ] ', '"😀"', '{"__proto__":1,"constructor":2}']) {
    assert.equal(JSON.stringify(loads(utf8(text))), JSON.stringify(JSON.parse(text)));
  }
});

const REFUSED = {
  'a doubled member': '{"a":1,"a":2}',
  'a member doubled after unescaping': '{"a":1,"\\u0061":2}',
  'a doubled __proto__': '{"__proto__":1,"__proto__":2}',
  'a lone surrogate': '["\\ud800"]',
  'a lone surrogate in a name': '{"\\udc00":1}',
  'an escaped zero byte': '["\\u0000"]',
  'an escaped control character': '["\\u001b"]',
  'a delete character': '["\\u007f"]',
  'a non-character': '["\\ufffe"]',
  'a raw non-character': '["\ufffe"]',
  'a raw delete character beside an escape': '["\\n\u007f"]',
  'a half of a pair, escaped, beside its raw other half': '["\\ud83d😀"]',
  'a raw tab in a text': '{\t"a": "\t"}',
  'a non-character of another plane': '["\\ud83f\\udffe"]',
  'a raw line end in a text': '["\n"]',
  'a whole number beyond 2^53-1': '[9007199254740992]',
  'a fraction': '[1.5]',
  'a fraction that is whole': '[1.0]',
  'an exponent': '[1e3]',
  'minus zero': '[-0]',
  'a leading zero': '[01]',
  NaN: '[NaN]',
  'something after the document': '{} {}',
  'a trailing comma': '[1,]',
  'a comment': '[1/*x*/]',
  'single quotes': "['a']",
  'a byte order mark': '\ufeff{}',
  nothing: '',
  'a text of more than 16 kB': JSON.stringify('x'.repeat(LIMITS.text + 1)),
  'a text of more than 16 kB in UTF-8': JSON.stringify('é'.repeat(LIMITS.text / 2 + 1)),
  'a text of more than 16 kB in three bytes each': JSON.stringify('€'.repeat(Math.floor(LIMITS.text / 3) + 1)),
  'more than 64 levels': '['.repeat(65) + ']'.repeat(65),
  'very many levels': '['.repeat(100_000),
  'more than 10 000 items': `[${'0,'.repeat(10_000)}0]`,
  'more than 2 000 members': `{${Array.from({ length: 2001 }, (_, at) => `"${at}":0`).join(',')}}`,
};
for (const [name, text] of Object.entries(REFUSED)) {
  test(`strict JSON refuses ${name}`, () => {
    assert.throws(() => loads(utf8(text)), MalformedJson);
  });
}

test('strict JSON refuses what is not UTF-8', () => {
  assert.throws(() => loads(new Uint8Array([0x22, 0xff, 0x22])), MalformedJson);
});

test('64 levels, 2^53-1 and 16 kB are still read', () => {
  for (const text of ['['.repeat(64) + ']'.repeat(64), '[9007199254740991,-9007199254740991]', JSON.stringify('x'.repeat(LIMITS.text)),
    JSON.stringify('€'.repeat(Math.floor(LIMITS.text / 3))), '{\t"a\\t" :\r\n"\\ud83d\\ude00"}']) {
    assert.deepEqual(plain(loads(utf8(text))), JSON.parse(text));
  }
});

test('member names are sorted by UTF-16 code units', () => {
  assert.equal(jcs({ '\ufb33': 1, '\ud83d\ude00': 2, a: 3, '\u20ac': [{ b: 1, a: 2 }] }),
    '{"a":3,"\u20ac":[{"a":2,"b":1}],"\ud83d\ude00":2,"\ufb33":1}');
});

test('the canonical form is the published one', { skip: standards() ? false : 'not checked: no published vectors here' }, () => {
  const folder = new URL('jcs/', /** @type {URL} */ (standards()));
  const names = readdirSync(new URL('input/', folder));
  assert.ok(names.length > 3);
  for (const name of names) {
    const value = JSON.parse(readFileSync(new URL(`input/${name}`, folder), 'utf8'));
    assert.equal(jcs(value), readFileSync(new URL(`output/${name}`, folder), 'utf8').trimEnd(), name);
  }
});

test('base58btc and base64url lead back to the same bytes', () => {
  for (const length of [0, 1, 2, 3, 32, 34, 64, 97]) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    assert.deepEqual(base58btcDecode(base58btcEncode(bytes)), bytes);
    assert.deepEqual(base64urlDecode(base64urlEncode(bytes)), bytes);
  }
  assert.deepEqual(base58btcDecode('1112'), new Uint8Array([0, 0, 0, 1]));
  assert.equal(base58btcEncode(utf8('Hello World!')), '2NEpo7TZRRrLZSi2U');
});

test('texts that are not in their one spelling are refused', () => {
  for (const text of ['0', 'O', 'I', 'l', '+', 'z z', '1'.repeat(201)]) assert.throws(() => base58btcDecode(text), MalformedEncoding);
  for (const text of ['A', 'AB', 'AA=', 'A+/A', 'AAAAA']) assert.throws(() => base64urlDecode(text), MalformedEncoding);
});

test('a digest is tagged as SHA-256', async () => {
  assert.equal(await digestMultibase(utf8('')), 'uEiDjsMRCmPwcFJr79MiZb7kkJ65B5GSbk0yklZkbeFK4VQ');
});

test('times need a zone and a real day', () => {
  assert.equal(parseTime('2026-11-24T08:00:00Z'), Date.UTC(2026, 10, 24, 8));
  assert.equal(parseTime('2026-11-24T08:00:00.25+02:00'), Date.UTC(2026, 10, 24, 6, 0, 0, 250));
  for (const text of ['2026-11-24', '2026-11-24T08:00:00', '2026-02-29T00:00:00Z', '2026-11-24T24:00:00Z', '2026-11-24T08:00:60Z',
    '2026-11-24 08:00:00Z', '2026-11-24T08:00:00+24:00', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-01:00', '', null, 5]) {
    assert.equal(parseTime(text), null, String(text));
  }
});
