"""GS1 keys and Digital Link URIs: one strict parser, one canonical form, before any look-up.

Source: GS1 General Specifications (AI 01, 10, 21), GS1 Digital Link URI Syntax 1.7.0; T17, T18.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from app.core.errors import MalformedIdentifier

SERIAL_CHARACTERS: Final = (
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
"""GS1 character set 82, of which serials and lots are made."""

_SET_82: Final = re.compile(f"[{re.escape(SERIAL_CHARACTERS)}]{{1,20}}")
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def check_digit(digits: str) -> str:
    """Check digit of a GTIN, SSCC, GLN or GRAI without its last digit: weights 3, 1, 3 … from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str((10 - total % 10) % 10)


def gtin(text: str, pointer: str = "") -> str:
    """The 14 digits of a GTIN, checked. Shorter forms are refused: write a GTIN-13 with a leading 0.

    Raises: MalformedIdentifier.
    """
    if not (len(text) == 14 and text.isascii() and text.isdigit()):
        raise MalformedIdentifier(
            "A GTIN has 14 digits; write a shorter one with leading zeros.",
            pointer=pointer,
            rule="gtin-form",
            clause="GS1 General Specifications, AI (01)",
        )
    expected = check_digit(text[:13])
    if text[13] != expected:
        raise MalformedIdentifier(
            f"The check digit of this GTIN is {text[13]}; its other digits ask for {expected}.",
            pointer=pointer,
            rule="gtin-check-digit",
            clause="GS1 General Specifications 7.9",
        )
    return text


def _set_82(text: str, what: str, ai: str, pointer: str) -> str:
    if not _SET_82.fullmatch(text):
        raise MalformedIdentifier(
            f"A {what} has 1 to 20 characters of A-Z a-z 0-9 and ! \" % & ' ( ) * + , - . / : ; < = > ? _",
            pointer=pointer,
            rule=f"{what}-form",
            clause=f"GS1 General Specifications, AI ({ai})",
        )
    return text


def serial(text: str, pointer: str = "") -> str:
    """A serial number, AI (21): 1 to 20 characters of set 82. Raises: MalformedIdentifier."""
    return _set_82(text, "serial", "21", pointer)


def lot(text: str, pointer: str = "") -> str:
    """A batch or lot number, AI (10): 1 to 20 characters of set 82. Raises: MalformedIdentifier."""
    return _set_82(text, "lot", "10", pointer)


@dataclass(frozen=True, slots=True)
class BatteryKey:
    """One physical battery: GTIN of its model and its own serial number, exactly as printed."""

    gtin: str
    serial: str

    def path(self) -> str:
        """`/01/{gtin}/21/{serial}`, percent-encoded outside the unreserved characters."""
        return f"/01/{self.gtin}/21/{quote(self.serial, safe='')}"

    def uri(self, origin: str) -> str:
        """The battery's identifier and label content: a GS1 Digital Link URI on our own host."""
        return f"{origin}{self.path()}"

    def element_string(self) -> str:
        """Human-readable form for the label: `(01)…(21)…`."""
        return f"(01){self.gtin}(21){self.serial}"

    def digest(self) -> bytes:
        """16 bytes for the database key. Serials that differ only in case fall together (IEC 61406-1)."""
        return digest_of(f"01{self.gtin}21{self.serial.upper()}")


@dataclass(frozen=True, slots=True)
class ModelKey:
    """One battery model, by its GTIN."""

    gtin: str

    def uri(self, origin: str) -> str:
        """The model's identifier."""
        return f"{origin}/01/{self.gtin}"

    def digest(self) -> bytes:
        """16 bytes for the database key."""
        return digest_of(f"01{self.gtin}")


def batch_digest(gtin: str, lot: str) -> bytes:
    """The same for a production batch of a model."""
    return digest_of(f"01{gtin}10{lot}")


def lot_digest(kind: str, lot: str) -> bytes:
    """The same for a lot without a GTIN, known by its kind and number."""
    return digest_of(f"{kind}10{lot}")


def serial_digest(kind: str, serial: str) -> bytes:
    """The same for a part without a GTIN; serials that differ only in case are one, as for batteries."""
    return digest_of(f"{kind}21{serial.upper()}")


@lru_cache(maxsize=1024)  # what is asked for is asked for again: by its record, and by each that names it
def digest_of(text: str) -> bytes:
    """16 bytes of a canonical identifier."""
    return hashlib.sha256(text.encode()).digest()[:16]


def battery_key(gtin_text: str, serial_text: str) -> BatteryKey:
    """A key from its two parts, both checked. Raises: MalformedIdentifier."""
    return BatteryKey(gtin(gtin_text), serial(serial_text))


def path_value(raw: str) -> str:
    """One path segment, decoded. Raises: MalformedIdentifier for a broken escape, `%00` or non-UTF-8."""
    if _PERCENT.search(raw):
        raise MalformedIdentifier("A % in an address needs two hexadecimal digits after it.", rule="percent")
    data = unquote_to_bytes(raw)
    if b"\0" in data:
        raise MalformedIdentifier("The address holds a zero byte.", rule="percent")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise MalformedIdentifier("The address is not UTF-8.", rule="percent") from None


def parse_path(path: str) -> BatteryKey:
    """`/01/{gtin}/21/{serial}`, still percent-encoded, as one battery. Nothing may follow the serial.

    Raises: MalformedIdentifier.
    """
    segments = path.split("/")
    if len(segments) != 5 or segments[0] or segments[1] != "01" or segments[3] != "21":
        raise MalformedIdentifier(
            "A battery's address reads /01/ 14 digits /21/ serial number.",
            rule="digital-link",
            clause="GS1 Digital Link URI Syntax",
        )
    return battery_key(path_value(segments[2]), path_value(segments[4]))


_KEYS_AND_QUALIFIERS: Final = frozenset(
    (
        "00",
        "01",
        "10",
        "21",
        "22",
        "235",
        "254",
        "414",
        "417",
        "7040",
        "8003",
        "8004",
        "8006",
        "8010",
        "8011",
        "8013",
    )
)


def require_plain_query(query: str) -> None:
    """The query of a Digital Link may carry data attributes and extensions, never a key or qualifier again.

    Names of digits are application identifiers: each at most once. Anything else says nothing about the
    battery. Raises: MalformedIdentifier, so that no two readers take the same link for two batteries (T18).
    """
    names = [path_value(part.partition("=")[0].replace("+", " ")) for part in re.split("[&;]", query) if part]
    identifiers = [name for name in names if name.isascii() and name.isdigit()]
    if _KEYS_AND_QUALIFIERS.intersection(identifiers) or len(set(identifiers)) != len(identifiers):
        raise MalformedIdentifier(
            "The part after ? names a GTIN, serial or lot once more, or one identifier twice.",
            rule="digital-link-query",
            clause="GS1 Digital Link URI Syntax",
        )


_ELEMENT_STRING: Final = re.compile(r"\(01\)(\d{14})\(21\)(.{1,20})")
_PLAIN: Final = re.compile(r"01(\d{14})21(.{1,20})")
_LINK: Final = re.compile(
    r"(?:https|http|HTTPS|HTTP)://[^/?#\x00-\x20]+(/[^?#\x00-\x20]*)(?:\?([^#\x00-\x20]*))?(?:#[^\x00-\x20]*)?"
)
_AIM_PREFIX: Final = re.compile(r"^\][QdC][0-9]")
_GROUP_SEPARATOR: Final = "\x1d"


def _tidy(text: str) -> str:
    """Without the white space, byte order mark and symbology prefix that scanners put around it."""
    return _AIM_PREFIX.sub("", text.strip(" \t\r\n\ufeff")).removeprefix(_GROUP_SEPARATOR)


def parse_scanned(text: str) -> BatteryKey:
    """What a scanner or a person gave us: a Digital Link of any host, or a GS1 element string.

    The host is the caller's to judge. Raises: MalformedIdentifier.
    """
    text = _tidy(text)
    if len(text) > 2048:
        raise MalformedIdentifier("This text is too long for a battery's identifier.", rule="length")
    if match := _ELEMENT_STRING.fullmatch(text) or _PLAIN.fullmatch(text.removesuffix(_GROUP_SEPARATOR)):
        return battery_key(match[1], match[2])
    # Cut by hand: urlsplit drops tabs and line ends inside an address, a browser does not (T18).
    if link := _LINK.fullmatch(text):
        require_plain_query(link[2] or "")
        return parse_path(link[1])
    raise MalformedIdentifier(
        "This is neither the link of a battery label nor a number like (01)09506000134352(21)SERIAL.",
        rule="digital-link",
        clause="GS1 Digital Link URI Syntax",
    )


_MODEL_LINK: Final = re.compile(r"https?://[a-z0-9.:\[\]-]+/01/(\d{14})")


def subject_uri(text: str, origin: str) -> str:
    """What was scanned or typed, as the identifier in a credential: the link of its own host, scheme and host
    in lower case; for a bare GS1 key the link of `origin`. The link of a model stays as it is.

    Raises: MalformedIdentifier.
    """
    if model := _MODEL_LINK.fullmatch(text):
        gtin(model[1])
        return text
    key = parse_scanned(text)
    scheme, separator, rest = _tidy(text).partition("://")
    return key.uri(f"{scheme}://{rest.partition('/')[0]}".lower() if separator else origin)
