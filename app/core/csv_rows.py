"""A CSV file cut into rows: delimiter, encoding, quotes, each with a plain rule and no hidden guess.

Dialect: UTF-8 (with or without byte-order mark) or Windows-1252; a header row; `,` `;` or tab between the
cells; quotes doubled inside quotes; rows of exactly as many cells as the header. A quote that is not closed
within a stated length costs its own row and no other. Nothing is read whole: memory does not grow with the
file. Source: RFC 4180; threats T26, T28.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from app.core import record_stream
from app.core.errors import MalformedInput, Rejected, TooLarge

Encoding = Literal["utf-8", "windows-1252"]
Delimiter = Literal[",", ";", "\t"]
DELIMITERS: Final[tuple[Delimiter, ...]] = (",", ";", "\t")
MAX_ROW_BYTES: Final = 262_144
MAX_ROW_LINES: Final = 200
"""A row may go on over line breaks inside quotes, so far."""
MAX_COLUMNS: Final = 2_000
_BOM: Final = b"\xef\xbb\xbf"
_CLAUSE: Final = "RFC 4180; docs/connect.md"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its first line in the file, its text as it was sent, and its cells or why it has none."""

    number: int
    text: bytes
    cells: tuple[str, ...] = ()
    refusal: Rejected | None = None


def encoding_of(read: Callable[[int], bytes]) -> Encoding:
    """The encoding of a whole file, read once before its rows. Raises: MalformedInput for UTF-16.

    Windows-1252 only where nothing speaks for UTF-8: a file with both is read as UTF-8, and the rows that are
    not are refused one by one.
    """
    first, speaks_for, speaks_against = True, False, False
    rest = b""
    while piece := read(1 << 20):
        if first and piece.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise MalformedInput("The file is in UTF-16. Save it as UTF-8.", rule="encoding", clause=_CLAUSE)
        speaks_for = speaks_for or (first and piece.startswith(_BOM))
        first = False
        data, rest = rest + piece, b""
        if data.isascii():
            continue
        cut = data.rfind(b"\n") + 1
        data, rest = (data[:cut], data[cut:]) if cut and len(data) - cut < (1 << 20) else (data, b"")
        found_for, found_against = _signs(data)
        speaks_for, speaks_against = speaks_for or found_for, speaks_against or found_against
    found_for, found_against = _signs(rest)
    return "windows-1252" if (speaks_against or found_against) and not (speaks_for or found_for) else "utf-8"


def _signs(data: bytes) -> tuple[bool, bool]:
    """Whether something in `data` is UTF-8 beyond ASCII, and whether something cannot be."""
    if data.isascii():
        return False, False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        kept = data.decode("utf-8", "ignore")
        return not kept.isascii(), True
    return True, False


def rows(
    read: Callable[[int], bytes], encoding: Encoding, delimiter: Delimiter | None = None, *,
    skip_lines: int = 0, skip_after_header: int = 0,
) -> Iterator[Row]:  # fmt: skip
    """Every row, the header first. The delimiter is found in the header where none is declared.

    `skip_lines` lines before the header are passed over, and `skip_after_header` rows below it, such as one
    of units. Raises: MalformedInput where the header itself cannot be read, for then no row has a meaning.
    """
    lines = _Lines(read)
    for _ in range(skip_lines):
        lines.take()
    header = next((found for found in _logical(lines) if found[1].removeprefix(_BOM).strip()), None)
    if header is None:
        raise MalformedInput("The file has no header row.", rule="header", clause=_CLAUSE)
    number, data, fault = header
    text = _decoded(data.removeprefix(_BOM), encoding)
    if fault is not None or text is None:
        raise fault or MalformedInput("The header row is not UTF-8.", rule="encoding", clause=_CLAUSE)
    delimiter = delimiter or _delimiter(text)
    names = _cells(text, delimiter)
    if names is None or len(names) > MAX_COLUMNS:
        raise MalformedInput("The header row cannot be read.", rule="header", clause=_CLAUSE)
    yield Row(number, data, tuple(name.strip() for name in names))
    # Spreadsheets leave empty rows behind.
    filled = (found for found in _logical(lines) if found[1].strip(b" \t\r\n,;"))
    for number, data, fault in islice(filled, skip_after_header, None):
        yield _row(number, data, fault, encoding, delimiter, len(names))


def _row(
    number: int, data: bytes, fault: Rejected | None, encoding: Encoding, delimiter: str, width: int
) -> Row:
    if fault is not None:
        return Row(number, data, refusal=fault)
    text = _decoded(data, encoding)
    if text is None:
        return _refused(number, data, "encoding", "The row is not UTF-8, as the rest of the file is.")
    cells = _cells(text, delimiter)
    if cells is None:
        return _refused(number, data, "quotes", "A quote stands where none may, or is not closed.")
    if len(cells) != width:
        return _refused(
            number, data, "columns", f"The row has {len(cells)} cells, the header has {width} columns."
        )
    return Row(number, data, tuple(cells))


def _refused(number: int, data: bytes, rule: str, detail: str) -> Row:
    return Row(number, data, refusal=MalformedInput(f"Row {number}: {detail}", rule=rule, clause=_CLAUSE))


def _decoded(data: bytes, encoding: Encoding) -> str | None:
    try:
        return data.decode("cp1252" if encoding == "windows-1252" else "utf-8")
    except UnicodeDecodeError:
        return None


def _cells(text: str, delimiter: str) -> list[str] | None:
    try:
        found = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _delimiter(header: str) -> Delimiter:
    """The one that makes most columns. Raises: MalformedInput where two make equally many."""
    found = {mark: len(_cells(header, mark) or ()) for mark in DELIMITERS}
    best = max(found.values())
    marks = [mark for mark in DELIMITERS if found[mark] == best]
    if best > 1 and len(marks) == 1:
        return marks[0]
    raise MalformedInput(
        "The header has no columns that , or ; or tab divides clearly. Say which one does.",
        rule="delimiter",
        clause=_CLAUSE,
    )


class _Lines:
    """Physical lines, of which some can be put back."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._source = record_stream.lines(read, longest=MAX_ROW_BYTES, blank=True)
        self._again: deque[tuple[int, bytes, bool]] = deque()

    def take(self) -> tuple[int, bytes, bool] | None:
        return self._again.popleft() if self._again else next(self._source, None)

    def put_back(self, lines: list[tuple[int, bytes, bool]]) -> None:
        self._again.extendleft(reversed(lines))


def _logical(lines: _Lines) -> Iterator[tuple[int, bytes, Rejected | None]]:
    """Rows as bytes: a physical line, or several while a quote is open."""
    while (first := lines.take()) is not None:
        number, data, whole = first
        if not whole:
            yield number, data, TooLarge(f"Row {number} is longer than {MAX_ROW_BYTES} bytes.")
            continue
        taken, is_open, size = [first], data.count(b'"') % 2 == 1, len(data)
        while is_open and len(taken) < MAX_ROW_LINES and size <= MAX_ROW_BYTES:
            following = lines.take()
            if following is None or not following[2]:
                if following is not None:
                    lines.put_back([following])
                break
            taken.append(following)
            size += len(following[1])
            is_open = is_open != (following[1].count(b'"') % 2 == 1)
        if is_open:
            lines.put_back(taken[1:])
            fault = MalformedInput(
                f"Row {number}: a quote is opened and not closed.", rule="quotes", clause=_CLAUSE
            )
            yield number, data, fault
        else:
            yield number, b"\n".join(text for _, text, _ in taken), None
