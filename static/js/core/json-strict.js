// @ts-check
/**
 * Strict I-JSON reader (RFC 7493; T25). `JSON.parse` keeps the last of two members with one name and rounds
 * large numbers; a signed document must read the same everywhere, so this reader refuses both. It gives the
 * same verdict as app/core/json_strict.py; the vectors in tests/vectors hold them together.
 */

/**
 * @typedef {object} Limits
 * @property {number} bytes - of the whole text
 * @property {number} depth - of nested objects and arrays
 * @property {number} members - of one object
 * @property {number} items - of one array
 * @property {number} text - UTF-8 bytes of one text or member name
 */

/** @type {Readonly<Limits>} */
export const LIMITS = Object.freeze({
  bytes: 1_048_576,
  depth: 64,
  members: 2_000,
  items: 10_000,
  text: 16_384,
});

/** The bytes are not one strict I-JSON document. `offset` counts UTF-16 code units from the start. */
export class MalformedJson extends Error {
  /**
   * @param {string} reason
   * @param {number} offset
   * @param {boolean} [tooLarge] - a stated limit was exceeded, rather than a rule broken
   */
  constructor(reason, offset, tooLarge = false) {
    super(reason);
    this.offset = offset;
    this.tooLarge = tooLarge;
  }
}

const encoder = new TextEncoder();
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WHITE_SPACE = /[ \t\n\r]*/y;
const PLAIN_TEXT = /[^"\\]*/y;
/** Controls except tab, line feed, carriage return; surrogates that stand alone; non-characters (RFC 7493 2.1). */
const FORBIDDEN = new RegExp(
  '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\ud800-\\udfff\\ufdd0-\\ufdef\\ufffe\\uffff'
  + Array.from({ length: 16 }, (_, plane) => ((plane + 1) * 0x10000 + 0xfffe).toString(16))
    .map((code) => `\\u{${code}}-\\u{${code.slice(0, -1)}f}`).join('')
  + ']', 'u');
const ESCAPES = new Map([
  ['"', '"'], ['\\', '\\'], ['/', '/'], ['b', '\b'], ['f', '\f'], ['n', '\n'], ['r', '\r'], ['t', '\t'],
]);

/**
 * One JSON value from its bytes. Objects have no prototype, so that a member's name never finds anything else.
 *
 * @param {Uint8Array} bytes
 * @param {Partial<Limits>} [limits]
 * @returns {any}
 */
export function loads(bytes, limits = {}) {
  const allowed = { ...LIMITS, ...limits };
  if (bytes.length > allowed.bytes) throw new MalformedJson(`more than ${allowed.bytes} bytes`, 0, true);
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedJson('not UTF-8', 0);
  }
  if (text[0] === '\ufeff') throw new MalformedJson('starts with a byte order mark', 0);
  return new Reader(text, allowed).document();
}

const CONTROL = /[\u0000-\u001f]/;

/** Reads one text once, from left to right. */
class Reader {
  /**
   * @param {string} text
   * @param {Limits} limits
   */
  constructor(text, limits) {
    this.text = text;
    this.limits = limits;
    this.at = 0;
    // One look at the whole: only where it finds something, or a text holds an escape, is each text looked at.
    this.hasControls = CONTROL.test(text);
    this.hasForbidden = FORBIDDEN.test(text);
  }

  /**
   * @param {string} reason
   * @param {boolean} [tooLarge]
   * @returns {never}
   */
  refuse(reason, tooLarge = false) {
    throw new MalformedJson(reason, this.at, tooLarge);
  }

  /** @returns {any} */
  document() {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.refuse('something follows the document');
    return value;
  }

  space() {
    WHITE_SPACE.lastIndex = this.at;
    WHITE_SPACE.test(this.text);
    this.at = WHITE_SPACE.lastIndex;
  }

  /**
   * @param {string} word
   * @param {any} value
   * @returns {any}
   */
  word(word, value) {
    if (!this.text.startsWith(word, this.at)) this.refuse('not JSON');
    this.at += word.length;
    return value;
  }

  /**
   * @param {number} depth - of what encloses the value
   * @returns {any}
   */
  value(depth) {
    this.space();
    switch (this.text[this.at]) {
      case undefined: return this.refuse('the document ends too early');
      case '{': return this.object(depth + 1);
      case '[': return this.array(depth + 1);
      case '"': return this.string();
      case 't': return this.word('true', true);
      case 'f': return this.word('false', false);
      case 'n': return this.word('null', null);
      default: return this.number();
    }
  }

  /**
   * @param {number} depth
   * @returns {any}
   */
  object(depth) {
    if (depth > this.limits.depth) this.refuse(`nested deeper than ${this.limits.depth}`, true);
    /** @type {{[name: string]: any}} */
    const object = Object.create(null);
    let count = 0;
    this.at += 1;
    this.space();
    if (this.text[this.at] === '}') {
      this.at += 1;
      return object;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.refuse('a member needs a name');
      const name = this.string();
      if (name in object) this.refuse('two members have the same name');
      this.space();
      if (this.text[this.at] !== ':') this.refuse('a member needs a colon');
      this.at += 1;
      count += 1;
      if (count > this.limits.members) this.refuse(`more than ${this.limits.members} members`, true);
      object[name] = this.value(depth);
      this.space();
      const next = this.text[this.at];
      this.at += 1;
      if (next === '}') return object;
      if (next !== ',') this.refuse('an object needs a comma or its end');
    }
  }

  /**
   * @param {number} depth
   * @returns {any}
   */
  array(depth) {
    if (depth > this.limits.depth) this.refuse(`nested deeper than ${this.limits.depth}`, true);
    /** @type {any[]} */
    const items = [];
    this.at += 1;
    this.space();
    if (this.text[this.at] === ']') {
      this.at += 1;
      return items;
    }
    for (;;) {
      if (items.length >= this.limits.items) this.refuse(`more than ${this.limits.items} items`, true);
      items.push(this.value(depth));
      this.space();
      const next = this.text[this.at];
      this.at += 1;
      if (next === ']') return items;
      if (next !== ',') this.refuse('an array needs a comma or its end');
    }
  }

  /** @returns {string} */
  string() {
    let found = '';
    let escaped = false;
    this.at += 1;
    for (;;) {
      PLAIN_TEXT.lastIndex = this.at;
      PLAIN_TEXT.test(this.text);
      const plain = this.text.slice(this.at, PLAIN_TEXT.lastIndex);
      if (this.hasControls && CONTROL.test(plain)) this.refuse('a control character in a text');
      found += plain;
      this.at = PLAIN_TEXT.lastIndex;
      if (this.at >= this.text.length) this.refuse('a text does not end');
      if (this.text[this.at] === '"') break;
      found += this.escape();
      escaped = true;
    }
    this.at += 1;
    if ((escaped || this.hasForbidden) && FORBIDDEN.test(found)) {
      this.refuse('a character in a text that is not allowed');
    }
    // no character has more than three bytes for each of its code units
    if (found.length * 3 > this.limits.text && encoder.encode(found).length > this.limits.text) {
      this.refuse(`a text of more than ${this.limits.text} bytes`, true);
    }
    return found;
  }

  /** @returns {string} */
  escape() {
    const letter = this.text[this.at + 1];
    if (letter === 'u') {
      const digits = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.refuse('a broken escape in a text');
      this.at += 6;
      return String.fromCharCode(parseInt(digits, 16));
    }
    const plain = ESCAPES.get(letter);
    if (plain === undefined) return this.refuse('a broken escape in a text');
    this.at += 2;
    return plain;
  }

  /** @returns {number} */
  number() {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (!match) return this.refuse('not JSON');
    if (match[1] !== undefined || match[2] !== undefined) {
      this.refuse('a number that is not whole must be written as a text');
    }
    const value = Number(match[0]);
    if (!Number.isSafeInteger(value)) this.refuse('a number beyond 2^53-1 must be written as a text');
    if (Object.is(value, -0)) this.refuse('minus zero');
    this.at = NUMBER.lastIndex;
    return value;
  }
}
