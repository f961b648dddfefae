"""The first sheet of a workbook (XLSX) as rows: as text, the way CSV has it, or with numbers as numbers.

A workbook is opened within limits, and closed whatever happens. What a spreadsheet program may hide in a file
is refused or left alone: links, macros, packed bombs, XML entities. A formula stays its text, to be refused.
Source: ISO/IEC 29500 (read by openpyxl); T26, T28, T29.
"""

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from defusedxml import DefusedXmlException

from app.core.errors import MalformedInput, TooLarge
from app.core.json_scanner import MAX_INTEGER
from app.core.late import Late
from app.core.mapping_flat import Cell

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = Late("openpyxl")

SUFFIX: Final = ".xlsx"
MAX_UNPACKED: Final = 268_435_456
MAX_MEMBERS: Final = 1_000
MAX_COLUMNS: Final = 2_000
CLAUSE: Final = "docs/connect.md, spreadsheets"
_BROKEN: Final = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, EOFError, SyntaxError,
    NotImplementedError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, DefusedXmlException,
)  # fmt: skip
"""What the reader of workbooks raises for one that is none: when it opens it, and at each row."""


def as_csv(path: Path) -> Callable[[int], bytes]:
    """A reader of the first sheet as CSV in UTF-8 with `;`, a line for each row of the sheet.

    Raises: MalformedInput; TooLarge.
    """
    return _Stream(_lines(path)).read


def cells(source: Path | BinaryIO) -> Iterator[tuple[int, list[Cell]]]:
    """Number and cells of each row that is not empty: numbers as numbers, everything else as text.

    Empty cells at the end are cut off. Raises: MalformedInput; TooLarge.
    """
    with opened(source, read_only=True) as book:
        rows = book.worksheets[0].iter_rows(values_only=True, max_col=MAX_COLUMNS)
        for number, row in enumerate(rows, 1):
            found = [_cell(value) for value in row]
            while found and found[-1] == "":
                found.pop()
            if found:
                yield number, found


def title(path: Path) -> str:
    """The first sheet's name. Raises: MalformedInput; TooLarge."""
    with opened(path, read_only=True) as book:
        return str(book.worksheets[0].title)


def header_row(sheet: Any, before: int) -> int:
    """The number of the row with the names of the columns: the first with something in it after `before`."""
    rows = sheet.iter_rows(min_row=before + 1, values_only=True, max_col=MAX_COLUMNS)
    empty = next((at for at, row in enumerate(islice(rows, 1_000)) if any(map(_text, row))), 0)
    return before + 1 + empty


def require_bounded(file: BinaryIO, most: int) -> None:
    """Refuse a packed bomb by what its list of contents says, and each member by what it then unpacks to:
    the zip reader stops at the size that the list names. Raises: MalformedInput; TooLarge."""
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
    except _BROKEN as error:
        raise _unreadable() from error
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > most:
        raise TooLarge(f"A workbook unpacks to at most {most} bytes in {MAX_MEMBERS} parts.")
    file.seek(0)


class opened:
    """A workbook that was found to be one, closed in the end.

    Raises: MalformedInput, also for what is found to be damaged while it is used; TooLarge.
    """

    def __init__(self, source: Path | BinaryIO, *, read_only: bool) -> None:
        self._file: BinaryIO = source.open("rb") if isinstance(source, Path) else source
        self._read_only = read_only
        self._book: Any = None

    def __enter__(self) -> Any:
        try:
            require_bounded(self._file, MAX_UNPACKED)
            self._book = openpyxl.load_workbook(
                self._file, read_only=self._read_only, data_only=False, keep_links=False, keep_vba=False
            )
            if not self._book.worksheets:
                raise MalformedInput("The workbook has no sheet.", rule="workbook", clause=CLAUSE)
        except (*_BROKEN, OSError) as error:
            self._close()
            raise _unreadable() from error
        except (MalformedInput, TooLarge):
            self._close()
            raise
        return self._book

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._close()
        if isinstance(error, _BROKEN):
            # Much of a workbook is read, and found to be damaged, only when it is looked at.
            raise _unreadable() from error

    def _close(self) -> None:
        if self._book is not None:
            self._book.close()
        self._file.close()


def _unreadable() -> MalformedInput:
    return MalformedInput(
        "This is no workbook that can be read. Save it as XLSX, without a password.", rule="workbook",
        clause=CLAUSE,
    )  # fmt: skip


# --- rows


def _lines(path: Path) -> Iterator[bytes]:
    width, last = 0, 0
    for number, row in cells(path):
        texts = [_text(value) for value in row]
        width = width or len(texts)
        texts += [""] * (width - len(texts))
        yield b"\n" * (number - last - 1) + _line(texts)
        last = number


def _line(texts: Sequence[str]) -> bytes:
    return (";".join(f'"{text.replace(chr(34), chr(34) * 2)}"' for text in texts) + "\n").encode()


def _cell(value: Any) -> Cell:
    """A number as one, with the digits that a person sees; a whole one without a fraction.

    Past 2^53 it is a text as the workbook has it: such a number is an identifier, of which a float has lost
    digits already, and `1.2345e+19` shows that where zeros would not.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_INTEGER else str(value)
    if isinstance(value, float):
        exact = Decimal(repr(value))
        if exact != exact.to_integral_value():
            return exact
        return int(exact) if abs(exact) <= MAX_INTEGER else repr(value)
    return _text(value)


def _text(value: Any) -> str:
    """What a person sees in a cell, without the habits of a country. A formula stays one, to be refused."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return " ".join(str(value).split("\n")).replace("\r", "").strip()


class _Stream:
    """Lines as something to read from."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._left = b""

    def read(self, most: int) -> bytes:
        while len(self._left) < most:
            line = next(self._lines, b"")
            if not line:
                break
            self._left += line
        taken, self._left = self._left[:most], self._left[most:]
        return taken
