// @ts-check
/**
 * What a camera, a tag, a hand scanner or a person gave us, read as one battery (GS1 Digital Link URI Syntax,
 * GS1 element strings; T16 to T18). Agrees with app/core/identifiers.py over tests/vectors/digital-link.json.
 */

/** @typedef {{gtin: string, serial: string}} BatteryKey */

/**
 * @typedef {{kind: 'battery', key: BatteryKey, host: string | null}
 *   | {kind: 'passport', uuid: string, host: string}
 *   | {kind: 'link', url: string, host: string}
 *   | {kind: 'text', problem: string}} Scanned
 * `battery`: a GS1 key, with the host of its link or null for a bare number. `passport`: a page of this
 * installation. `link`: some other address. `text`: anything else, with what is wrong in plain words.
 */

const SET_82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
/** Address with its path, cut by hand: `URL` would repair what we refuse. */
const LINK = /^(?:https|http|HTTPS|HTTP):\/\/[^/?#\x00-\x20]+(\/[^?#\x00-\x20]*)?(?:\?([^#\x00-\x20]*))?(?:#[^\x00-\x20]*)?$/;
/** Application identifiers that name a thing or qualify its name: in the path alone, never in the query. */
const KEYS_AND_QUALIFIERS = new Set(['00', '01', '10', '21', '22', '235', '254', '414', '417', '7040', '8003', '8004',
  '8006', '8010', '8011', '8013']);
const AIM_PREFIX = /^\][QdC][0-9]/;
const ELEMENT_STRING = /^\(01\)([0-9]{14})\(21\)([^\n]{1,20})$/;
const PLAIN = /^01([0-9]{14})21([^\n]{1,20})$/;
const PASSPORT_PATH = /^\/passports\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\/?$/;
const GROUP_SEPARATOR = '\x1d';
const MAX_LENGTH = 2048;

/** The text is no identifier of ours; the message says why, in plain words. */
export class MalformedIdentifier extends Error {}

/**
 * Weights 3, 1, 3 … from the right-hand neighbour of the check digit (GS1 General Specifications 7.9).
 *
 * @param {string} digits - all but the last
 * @returns {string}
 */
export function checkDigit(digits) {
  let total = 0;
  for (let place = 0; place < digits.length; place += 1) {
    total += Number(digits[digits.length - 1 - place]) * (place % 2 === 0 ? 3 : 1);
  }
  return String((10 - (total % 10)) % 10);
}

/**
 * @param {string} gtin
 * @param {string} serial
 * @returns {BatteryKey}
 */
export function batteryKey(gtin, serial) {
  if (!/^[0-9]{14}$/.test(gtin)) {
    throw new MalformedIdentifier('A GTIN has 14 digits; write a shorter one with leading zeros.');
  }
  const expected = checkDigit(gtin.slice(0, 13));
  if (gtin[13] !== expected) {
    throw new MalformedIdentifier(`The check digit of this GTIN is ${gtin[13]}; its other digits ask for ${expected}.`);
  }
  if (!SET_82.test(serial)) {
    throw new MalformedIdentifier('A serial has 1 to 20 characters of A-Z a-z 0-9 and ! " % & \' ( ) * + , - . / : ; < = > ? _');
  }
  return { gtin, serial };
}

/**
 * `/01/{gtin}/21/{serial}`, escaped outside the unreserved characters.
 *
 * @param {BatteryKey} key
 * @returns {string}
 */
export function keyPath(key) {
  const serial = encodeURIComponent(key.serial)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `/01/${key.gtin}/21/${serial}`;
}

/**
 * @param {string} raw - one path segment
 * @returns {string} decoded once
 */
function pathValue(raw) {
  let value;
  try {
    value = decodeURIComponent(raw);
  } catch {
    throw new MalformedIdentifier('A % in an address needs two hexadecimal digits after it.');
  }
  if (value.includes('\0')) throw new MalformedIdentifier('The address holds a zero byte.');
  return value;
}

/**
 * @param {string} path - still percent-encoded
 * @returns {BatteryKey}
 */
export function parsePath(path) {
  const segments = path.split('/');
  if (segments.length !== 5 || segments[0] !== '' || segments[1] !== '01' || segments[3] !== '21') {
    throw new MalformedIdentifier("A battery's address reads /01/ 14 digits /21/ serial number.");
  }
  return batteryKey(pathValue(segments[2]), pathValue(segments[4]));
}

/**
 * No key or qualifier once more, and each application identifier at most once: no two readers may take the same link
 * for two batteries (T18).
 *
 * @param {string} query - without the question mark
 */
function requirePlainQuery(query) {
  const names = query.split(/[&;]/).filter(Boolean).map((part) => pathValue(part.split('=')[0].replaceAll('+', ' ')));
  const identifiers = names.filter((name) => /^[0-9]+$/.test(name));
  if (identifiers.some((name) => KEYS_AND_QUALIFIERS.has(name)) || new Set(identifiers).size !== identifiers.length) {
    throw new MalformedIdentifier('The part after ? names a GTIN, serial or lot once more, or one identifier twice.');
  }
}

/**
 * Text as it came, without the white space, byte order mark and symbology prefix that scanners put around it.
 *
 * @param {string} text
 * @returns {string}
 */
export function tidy(text) {
  const trimmed = text.replace(/^[ \t\r\n\ufeff]+|[ \t\r\n\ufeff]+$/g, '').replace(AIM_PREFIX, '');
  return trimmed.startsWith(GROUP_SEPARATOR) ? trimmed.slice(1) : trimmed;
}

/**
 * A battery from a Digital Link of any host, or from an element string. The host is the caller's to judge.
 *
 * @param {string} text
 * @returns {BatteryKey}
 */
export function parseScanned(text) {
  const tidied = tidy(text);
  if ([...tidied].length > MAX_LENGTH) throw new MalformedIdentifier("This text is too long for a battery's identifier.");
  const element = ELEMENT_STRING.exec(tidied)
    ?? PLAIN.exec(tidied.endsWith(GROUP_SEPARATOR) ? tidied.slice(0, -1) : tidied);
  if (element) return batteryKey(element[1], element[2]);
  const link = LINK.exec(tidied);
  if (link?.[1]) {
    requirePlainQuery(link[2] ?? '');
    return parsePath(link[1]);
  }
  throw new MalformedIdentifier(
    'This is neither the link of a battery label nor a number like (01)09506000134352(21)SERIAL.',
  );
}

/**
 * The same text as the scanner's page needs it: which battery, or which other address, or what is wrong.
 *
 * @param {string} text
 * @returns {Scanned}
 */
export function read(text) {
  const tidied = tidy(text);
  const isLink = [...tidied].length <= MAX_LENGTH && LINK.test(tidied);
  const url = isLink && URL.canParse(tidied) ? new URL(tidied) : null;
  try {
    const key = parseScanned(text);
    if (isLink && !url) return { kind: 'text', problem: 'This address cannot be read.' };
    return { kind: 'battery', key, host: url && hostShown(url) };
  } catch (error) {
    if (!(error instanceof MalformedIdentifier)) throw error;
    if (!url) return { kind: 'text', problem: error.message };
    const page = PASSPORT_PATH.exec(url.pathname);
    if (page && !url.username && !url.password) return { kind: 'passport', uuid: page[1], host: hostShown(url) };
    return { kind: 'link', url: url.href, host: hostShown(url) };
  }
}

/**
 * Host as it is shown and compared: punycode (as `URL` gives it), with the port and user-info where there are any,
 * and `http://` in front where the link is not encrypted, so that nothing that differs looks alike.
 *
 * @param {URL} url
 * @returns {string}
 */
function hostShown(url) {
  const user = url.username || url.password ? `${url.username}@` : '';
  return `${url.protocol === 'http:' ? 'http://' : ''}${user}${url.host}`;
}

/**
 * @param {URL | Location} where - this installation
 * @param {string} host - as `read` gives it
 * @returns {boolean} whether the link leads to this installation
 */
export function isOwnHost(where, host) {
  return host === where.host || host === `http://${where.host}`;
}

/**
 * Name of a host with letters beyond ASCII: its punycode form may stand for a name that only looks familiar.
 *
 * @param {string} host
 * @returns {boolean}
 */
export function isInternational(host) {
  return host.split(/[.@/]/).some((label) => label.startsWith('xn--'));
}

/**
 * Help while a number is typed: what to say under the field, and the battery once it is complete. People type what
 * stands on the label, `(01) 09506000134352 (21) BX-0042`, or just both numbers with a space between them.
 *
 * @param {string} text
 * @returns {{key: BatteryKey | null, hint: string}}
 */
export function typedHelp(text) {
  const typed = tidy(text);
  const compact = typed.replace(/\s+/g, '');
  if (compact === '') return { key: null, hint: 'The GTIN, 14 digits, then the serial number.' };
  try {
    if (/^https?:/i.test(compact)) return complete(parseScanned(typed));
    const element = ELEMENT_STRING.exec(compact) ?? PLAIN.exec(compact);
    if (element) return complete(batteryKey(element[1], element[2]));
    const both = /^(?:\(01\))?\s*([0-9]+)(?:\s+|\s*\(21\)\s*)([^\s()]\S*)$/.exec(typed);
    if (both) return complete(batteryKey([8, 12, 13].includes(both[1].length) ? both[1].padStart(14, '0') : both[1], both[2]));
  } catch (error) {
    if (!(error instanceof MalformedIdentifier)) throw error;
    return { key: null, hint: error.message };
  }
  const digits = /^(?:\((?:0(?:1\)?)?)?)?([0-9]*)(?:\((?:2(?:1\)?)?)?)?$/.exec(compact)?.[1];
  if (digits === undefined) return { key: null, hint: 'Start with the GTIN, 14 digits, then a space and the serial number.' };
  if (digits.length < 14) return { key: null, hint: `GTIN: ${digits.length} of 14 digits.` };
  const expected = checkDigit(digits.slice(0, 13));
  if (digits[13] !== expected) {
    return { key: null, hint: `Please compare the GTIN: its last digit should be ${expected}, not ${digits[13]}.` };
  }
  return { key: null, hint: 'The check digit is right. Now a space and the serial number.' };
}

/**
 * @param {BatteryKey} key
 * @returns {{key: BatteryKey, hint: string}}
 */
function complete(key) {
  return { key, hint: `GTIN ${key.gtin}, serial ${key.serial}` };
}
