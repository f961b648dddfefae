"""Many records in one body: a JSON array, or NDJSON (one document a line), cut into the bytes of each record.

Cutting decides nothing: each piece is read strictly afterwards, and its bytes are what is stored. A stream is
read piece by piece; what is longer than a line may be is cut short while it is read, never after (T28).
Source: RFC 8259; ndjson.org; threats T25, T28.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from app.core.errors import MalformedInput

MAX_LINE_BYTES: Final = 1_048_576
KEPT_OF_LONG_LINE: Final = 65_536
_TOKENS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)
_BLANK: Final = b" \t\r\n"


def is_array(body: bytes) -> bool:
    """Whether a JSON body holds many records instead of one."""
    return body.lstrip(_BLANK).startswith(b"[")


def array_items(body: bytes) -> list[bytes] | None:
    """The texts of the members of a JSON array, as they were sent; None where the array is not closed, or
    something follows it: then the body is no record and no records, and is refused as one."""
    found: list[bytes] = []
    depth, begin, closed = 0, 0, 0
    for token in _TOKENS.finditer(body):
        mark = token.group()
        if mark == b'"':
            return None
        if mark in (b"[", b"{"):
            depth += 1
            if depth == 1:
                begin = token.end()
        elif mark in (b"]", b"}"):
            depth -= 1
            if depth == 0:
                closed = token.end()
                last = body[begin : token.start()].strip(_BLANK)
                if last or found:
                    found.append(last)
                break
        elif mark == b"," and depth == 1:
            found.append(body[begin : token.start()].strip(_BLANK))
            begin = token.end()
    if not closed or body[closed:].strip(_BLANK):
        return None
    return found


def lines(
    read: Callable[[int], bytes], *, piece: int = 65_536, longest: int = MAX_LINE_BYTES, blank: bool = False
) -> Iterator[tuple[int, bytes, bool]]:
    """Number, bytes and wholeness of each line, of blank ones only with `blank`. One that is too long comes
    cut short."""
    number, parts, size = 1, [], 0
    while chunk := read(piece):
        rows = chunk.split(b"\n")
        for place, row in enumerate(rows):
            if size <= longest:
                parts.append(row[: longest + 1 - size])
            size += len(row)
            if place == len(rows) - 1:
                break  # goes on in the next piece
            yield from _line(number, parts, size, longest, blank)
            number, parts, size = number + 1, [], 0
    if size:
        yield from _line(number, parts, size, longest, blank)


def _line(
    number: int, parts: Iterable[bytes], size: int, longest: int, blank: bool
) -> Iterator[tuple[int, bytes, bool]]:
    text = b"".join(parts)
    if size > longest:
        yield number, text[:KEPT_OF_LONG_LINE], False
    elif blank or text.strip(_BLANK):
        yield number, text.removesuffix(b"\r"), True


def file_items(body: bytes) -> list[bytes]:
    """The records of a JSON file: the members of its array, or itself. Raises: MalformedInput."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    items = array_items(body) if is_array(body) else [body]
    if items is None:
        raise MalformedInput("The array is not closed, or something follows it.", rule="json")
    return items
