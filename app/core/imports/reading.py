"""The bytes of a foreign document as one JSON value, with its numbers exact; also from XML and AASX packages.

More lenient than the reader of our own records where other people's tools are known to write so: UTF-16 and
byte-order marks (the published examples of Battery Pass 1.2 are UTF-16 LE), and numbers with exponents. What
has two readings stays refused: doubled members, NaN, lone surrogates, anything after the document.
Source: RFC 8259; threats T25, T28.
"""

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from app.core.errors import MalformedJson, TooLarge
from app.core.imports import packages
from app.core.json_scanner import FORBIDDEN_TEXT

MAX_BYTES: Final = 10_485_760
MAX_DEPTH: Final = 64
MAX_LEAVES: Final = 100_000
_MAX_NUMBER: Final = 400
_TOKENS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
"""A text that is not closed goes to the end: so no mark is looked at twice (T28)."""
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8", "UTF-8 with a byte-order mark"),
    (b"\xff\xfe", "utf-16-le", "UTF-16 LE"),
    (b"\xfe\xff", "utf-16-be", "UTF-16 BE"),
)


def read(data: bytes) -> tuple[Any, str]:
    """The value, and how its text was encoded. Raises: TooLarge; MalformedJson with the reason."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"The document has {len(data)} bytes; at most {MAX_BYTES} are taken.")
    if data.startswith(packages.MAGIC):
        name, inside = packages.environment(data, MAX_BYTES)
        value, encoding = _parsed(inside) if name.lower().endswith(".json") else _of_xml(inside)
        return value, f"AASX package, {encoding}"
    return _of_xml(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _parsed(data)


def _of_xml(data: bytes) -> tuple[Any, str]:
    value = packages.from_xml(data)
    _require_texts(value)
    return value, "XML"


def _parsed(data: bytes) -> tuple[Any, str]:
    text, encoding = _decoded(data)
    _require_shallow(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as fault:
        raise MalformedJson(
            f"line {fault.lineno}, column {fault.colno}: this is no JSON from here on",
            rule="json", clause="RFC 8259",
        ) from None  # fmt: skip
    _require_texts(value)
    return value, encoding


def _decoded(data: bytes) -> tuple[str, str]:
    codec, told, begin = "utf-8", "UTF-8", 0
    for mark, with_mark, name in _MARKS:
        if data.startswith(mark):
            codec, told, begin = with_mark, name, len(mark)
            break
    else:
        if data[:2].count(0) == 1 and len(data) > 1:  # JSON begins with ASCII: a zero beside it is UTF-16
            codec, told = ("utf-16-le", "UTF-16 LE") if data[1] == 0 else ("utf-16-be", "UTF-16 BE")
    try:
        return data[begin:].decode(codec), told
    except UnicodeDecodeError as fault:
        raise MalformedJson(
            f"byte {begin + fault.start} is not {told}; send the document in UTF-8, or in UTF-16 with a"
            " byte-order mark",
            rule="encoding", clause="RFC 8259 8.1",
        ) from None  # fmt: skip


def _require_shallow(text: str) -> None:
    """Before the scanner recurses: brackets outside of texts, counted."""
    depth = 0
    for found in _TOKENS.finditer(text):
        mark = found.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedJson(f"nested more than {MAX_DEPTH} deep", rule="depth", clause="T25")
        elif mark in "]}":
            depth -= 1


def _require_texts(value: Any) -> None:
    waiting, leaves = [value], 0
    while waiting:
        one = waiting.pop()
        leaves += 1
        if leaves > MAX_LEAVES:
            raise TooLarge(f"The document has more than {MAX_LEAVES} values.")
        if isinstance(one, str) and FORBIDDEN_TEXT.search(one):
            raise MalformedJson("a text holds a control character or half a character", rule="characters")
        if isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        shown = twice if twice.isprintable() and len(twice) < 100 else "one"
        raise MalformedJson(f"the member {shown} stands twice in one object", rule="doubled-member")
    return found


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text) if len(text) <= _MAX_NUMBER else None
    except InvalidOperation:
        found = None
    if found is None or abs(found.adjusted()) > _MAX_NUMBER:
        raise MalformedJson("a number is longer or larger than any that is measured", rule="number")
    return found


def _refuse(word: str) -> NoReturn:
    raise MalformedJson(f"{word} is no JSON", rule="number", clause="RFC 8259 6")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_number, parse_float=_number, parse_constant=_refuse
)
