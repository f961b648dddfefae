"""Spreadsheets (XLSX): a template for each kind of record, a sheet as rows, errors marked in its cells.

A sheet is read as the CSV file that it would be saved as: the same columns, the same checks, the row's number
as its place. What a spreadsheet program may hide in a file is refused or left alone: formulas, links, macros,
packed bombs, XML entities. Source: ISO/IEC 29500 (read and written by openpyxl); T26, T28, T29.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final

import openpyxl
from defusedxml import DefusedXmlException
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.core import csv_records
from app.core.catalogue import ValueForm
from app.core.csv_records import Column
from app.core.errors import MalformedInput, TooLarge
from app.core.intake import KINDS, Kind

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_UNPACKED: Final = 268_435_456
MAX_MEMBERS: Final = 1_000
MAX_COLUMNS: Final = 2_000
MAX_MARKED: Final = 1_000
"""Cells that are marked in one file; the result beside it names all of them."""
_ROWS_WITH_CHOICES: Final = 2_000
_CLAUSE: Final = "docs/connect.md, spreadsheets"
_ABOUT: Final = "Columns"
_BROKEN: Final = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, EOFError, SyntaxError,
    NotImplementedError, zlib.error, zipfile.BadZipFile, DefusedXmlException,
)  # fmt: skip
"""What the reader of workbooks raises for one that is none: when it opens it, and at each row."""


def template(kind: Kind) -> bytes:
    """A workbook to fill in: a column for each member, choices where there are some, and a sheet that says
    what each column means."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = kind
    about: Any = book.create_sheet(_ABOUT)
    about.append(["Column", "Unit", "What it is", "Values", "Asked for by"])
    for place, name in enumerate(csv_records.template_columns(kind), 1):
        column = csv_records.column_of(name, kind)
        head = sheet.cell(1, place, name)
        head.font = Font(bold=True)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = min(max(len(name) + 2, 12), 40)
        # Text, so that no program makes a number of a serial, or a day of a lot.
        sheet.column_dimensions[letter].number_format = "@"
        choices = _choices(column)
        _offer(sheet, letter, choices)
        about.append([name, column.unit or "", _meaning(column), ", ".join(choices), _clause(column)])
    sheet.freeze_panes = "A2"
    about.freeze_panes = "A2"
    for letter, width in (("A", 44), ("B", 12), ("C", 80), ("D", 60), ("E", 36)):
        about.column_dimensions[letter].width = width
    for cell in about[1]:
        cell.font = Font(bold=True)
    return _bytes(book)


def as_csv(path: Path) -> Callable[[int], bytes]:
    """A reader of the first sheet as CSV in UTF-8 with `;`, a line for each row of the sheet.

    Raises: MalformedInput; TooLarge.
    """
    return _Stream(_lines(path)).read


def marked(path: Path, errors: Sequence[Mapping[str, Any]], kind: Kind | None) -> bytes:
    """The workbook once more, with what is wrong marked in its cells. `errors` as a file's result names them:
    row, detail, and pointer where one value is meant. Raises: MalformedInput; TooLarge."""
    with _opened(path, read_only=False) as book:
        sheet: Any = book.worksheets[0]
        header = [str(cell.value or "") for cell in sheet[1]]
        for error in errors[:MAX_MARKED]:
            place = _place_of(error, header, kind)
            cell = _writable(sheet, int(error["row"]), place)
            cell.fill = PatternFill("solid", fgColor="FFFFC7CE")
            known = f"{cell.comment.text}\n" if cell.comment else ""
            text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", f"{known}{error['detail']}"[:1_000])
            cell.comment = Comment(text, "battery passport", height=160, width=320)
        return _bytes(book)


def _writable(sheet: Any, row: int, column: int) -> Any:
    """The cell, or the first one of those that it was merged with: nothing can be written into the others."""
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        (whole,) = (each for each in sheet.merged_cells.ranges if cell.coordinate in each)
        return sheet.cell(whole.min_row, whole.min_col)
    return cell


def _place_of(error: Mapping[str, Any], header: Sequence[str], kind: Kind | None) -> int:
    """The column of the value that an error points at; the first one where the whole row is meant."""
    pointer = str(error.get("pointer") or "")
    best, length = 1, 0
    for place, name in enumerate(header, 1):
        try:
            own = csv_records.pointer_of(csv_records.column_of(name, kind)) if kind else f"/{name}"
        except MalformedInput:
            continue
        if len(own) > length and (pointer == own or pointer.startswith(f"{own}/")):
            best, length = place, len(own)
    return best


# --- reading


def _lines(path: Path) -> Iterator[bytes]:
    with _opened(path, read_only=True) as book:
        sheet = book.worksheets[0]
        blank = width = 0
        for row in sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS):
            cells = [_text(value) for value in row]
            if not width:
                cells = _without_end(cells)
                width = len(cells)
            cells = cells[:width] + [""] * (width - len(cells)) + _without_end(cells[width:])
            if not any(cells):
                blank += 1
                continue
            yield b"\n" * blank + _line(cells)
            blank = 0


def _without_end(cells: list[str]) -> list[str]:
    """Without the empty cells at the end, which a program may add for their format alone."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _line(cells: Sequence[str]) -> bytes:
    return (";".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells) + "\n").encode()


def _text(value: Any) -> str:
    """What a person sees in a cell, without the habits of a country. A formula stays one, to be refused."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
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


class _opened:
    """A workbook that was found to be one, closed in the end.

    Raises: MalformedInput, also for what is found to be damaged while it is used; TooLarge.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._file: BinaryIO = path.open("rb")
        self._read_only = read_only
        self._book: Any = None

    def __enter__(self) -> Any:
        try:
            _require_bounded(self._file)
            self._book = openpyxl.load_workbook(
                self._file, read_only=self._read_only, data_only=False, keep_links=False, keep_vba=False
            )
            if not self._book.worksheets:
                raise MalformedInput("The workbook has no sheet.", rule="workbook", clause=_CLAUSE)
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
        clause=_CLAUSE,
    )  # fmt: skip


def _require_bounded(file: BinaryIO) -> None:
    """Refuse a packed bomb by what its list of contents says, and each member by what it then unpacks to:
    the zip reader stops at the size that the list names. Raises: TooLarge."""
    with zipfile.ZipFile(file) as packed:
        members = packed.infolist()
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise TooLarge(f"A workbook unpacks to at most {MAX_UNPACKED} bytes in {MAX_MEMBERS} parts.")
    file.seek(0)


# --- the template


def _offer(sheet: Worksheet, letter: str, choices: Sequence[str]) -> None:
    """A list to choose from, where it fits the 255 characters that a cell's list may have."""
    listed = ",".join(choices)
    if choices and len(listed) <= 250 and not any("," in choice for choice in choices):
        chosen = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        chosen.add(f"{letter}2:{letter}{_ROWS_WITH_CHOICES}")
        sheet.add_data_validation(chosen)


def _choices(column: Column) -> tuple[str, ...]:
    if column.path == ("kind",):
        return KINDS
    form: ValueForm | None = column.form
    if form is None:
        return ()
    return ("true", "false") if form.type == "boolean" else form.allowed


def _meaning(column: Column) -> str:
    told = {"recordId": "Id of the record; empty: the row's content", "sentAt": "When it was sent, with zone"}
    return str(getattr(column.form, "definition", "") or told.get(str(column.path[-1]), ""))


def _clause(column: Column) -> str:
    return str(getattr(column.form, "clause", "") or "")


def _bytes(book: Any) -> bytes:
    for sheet in book.worksheets:
        for cell in sheet[1]:
            cell.alignment = Alignment(wrap_text=False)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
