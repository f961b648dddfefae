"""Strict I-JSON reader: one document, one reading (RFC 8259, RFC 7493; threat T25).

Two readers on the same bytes must see the same values, or one of them can be lied to. So whatever JSON
libraries disagree on is refused: doubled members, numbers a browser cannot hold, lone surrogates, control and
non-characters in text, NaN, a byte-order mark, anything after the document.

The standard library's C scanner reads; the checks around it find what it lets pass. Only when something is
wrong does the slow scanner of `json_scanner` read again, to say where and why.
"""

import json
import re
from decimal import Decimal
from typing import Any, Final, NoReturn

import orjson

from app.core import json_scanner
from app.core.canonical import PERHAPS_FLOAT
from app.core.errors import MalformedJson, TooLarge
from app.core.json_scanner import Limits

JsonValue = dict[str, Any] | list[Any] | str | int | bool | Decimal | None

MAX_INTEGER: Final = json_scanner.MAX_INTEGER


def digits(value: Any) -> Any:
    """The same value with numbers that are not whole as their digits, which is how records carry them."""
    if isinstance(value, dict):
        return {name: digits(member) for name, member in value.items()}
    if isinstance(value, list):
        return [digits(member) for member in value]
    return format(value, "f") if isinstance(value, Decimal) else value


class _Refused(ValueError):
    """Something the fast path does not take; the slow scanner says what."""


def loads(
    data: bytes,
    *,
    max_bytes: int = 1_048_576,
    max_depth: int = 64,
    max_members: int = 2_000,
    max_items: int = 10_000,
    max_text_bytes: int = 16_384,
    decimals: bool = False,
) -> Any:
    """The one value in `data`; objects become dicts in the sender's order.

    `decimals=False` (credentials): whole numbers within 2^53-1 are the only numbers.
    `decimals=True` (intake): `12.50` becomes `Decimal("12.50")`, its exact text; exponents stay refused, as
    `1.2e1` and `12` would be one number with two texts.
    Depth counts arrays and objects: `[[1]]` is 2 deep. Text length is counted in UTF-8 bytes.

    Raises: TooLarge for more than `max_bytes`; MalformedJson with a JSON pointer and a reason for the rest.
    """
    if len(data) > max_bytes:
        raise TooLarge(f"the document has {len(data)} bytes; at most {max_bytes} are taken")
    limits = Limits(max_depth, max_members, max_items, max_text_bytes, decimals)
    text = _decode(data)
    decoder = _LENIENT if decimals else _STRICT
    try:
        value = None if decimals else _as_we_write(data)
        if value is None:
            value, end = decoder.raw_decode(text, _after_blanks(text, 0))
            if _after_blanks(text, end) != len(text):
                raise _Refused
        # What is printable and holds no escape holds no control, surrogate or non-character; no text in it
        # is longer than all of it.
        plain = "\\" not in text and len(data) <= max_text_bytes and text.isprintable()
        _require_values(value, limits, texts=not plain)
    except (ValueError, RecursionError):
        json_scanner.explain(text, limits)
        raise MalformedJson("this is not a JSON document we can read", rule="json") from None
    return value


def _as_we_write(data: bytes) -> Any:
    """An object or list that is written just as orjson writes it, and so can be read in one way only; None
    for any other text, which is read again with every check."""
    if data[:1] not in (b"{", b"[") or PERHAPS_FLOAT.search(data):
        return None
    try:
        value = orjson.loads(data)
        return value if orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER) == data else None
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def _decode(data: bytes) -> str:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise MalformedJson(
            "the document starts with a byte-order mark; send UTF-8 without it",
            rule="encoding",
            clause="RFC 8259 8.1",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise MalformedJson(
            f"byte {fault.start} is not UTF-8; send the document in UTF-8",
            rule="encoding",
            clause="RFC 8259 8.1",
        ) from None


_BLANKS = re.compile(r"[ \t\n\r]*")


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _require_values(value: Any, limits: Limits, *, texts: bool) -> None:
    """Check sizes and depth, level by level, and `texts` unless the whole document was looked over."""
    max_text = limits.max_text_bytes
    short = max_text // 4  # no text of so few characters can be longer in UTF-8
    level, depth = [value], 0
    while level:
        deeper: list[Any] = []
        for one in level:
            kind = type(one)
            if kind is str and not texts:
                continue
            if kind is str:
                # what is printable is no control, surrogate or non-character; most texts end here
                if not one.isprintable() and json_scanner.FORBIDDEN_TEXT.search(one):
                    raise _Refused
                if len(one) > short and len(one.encode("utf-8")) > max_text:
                    raise _Refused
            elif kind is dict:
                if len(one) > limits.max_members or depth >= limits.max_depth:
                    raise _Refused
                if texts:
                    deeper.extend(one)
                deeper.extend(one.values())
            elif kind is list:
                if len(one) > limits.max_items or depth >= limits.max_depth:
                    raise _Refused
                deeper.extend(one)
        level, depth = deeper, depth + 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused
    return found


def _integer(text: str) -> int:
    if len(text) > 17 or text == "-0" or not -MAX_INTEGER <= (value := int(text)) <= MAX_INTEGER:
        raise _Refused
    return value


def _decimal(text: str) -> Decimal:
    if len(text) > json_scanner.MAX_NUMBER_LENGTH or not json_scanner.PLAIN_DECIMAL.fullmatch(text):
        raise _Refused
    return Decimal(text)


def _refuse(_: str) -> NoReturn:
    raise _Refused


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_refuse, parse_constant=_refuse
)
_LENIENT: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_refuse
)
