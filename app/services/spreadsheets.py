"""Spreadsheets (XLSX): a template for each kind of record, and a workbook with errors marked in its cells.

How a sheet is read is in `sheet_rows`. Source: ISO/IEC 29500 (read and written by openpyxl); T26, T29.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.core import csv_records, csv_rows
from app.core.catalogue import ValueForm
from app.core.csv_records import Column
from app.core.intake import KINDS, Kind, kind_named
from app.core.json_pointer import nearest, pointer_to
from app.services import sheet_rows

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_MARKED: Final = 1_000
"""Cells that are marked in one file; the result beside it names all of them."""
_ROWS_WITH_CHOICES: Final = 2_000
_LONGEST_CELL: Final = 32_767
_ABOUT: Final = "Columns"


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


def marked(
    file: Path | BinaryIO, errors: Sequence[Mapping[str, Any]], kind: Kind | None, *, before: int = 0
) -> bytes:
    """The workbook once more, with what is wrong marked in its cells. `errors` as a file's result names them:
    row, detail, and pointer or the plant's own column where one value is meant. `before` is how many rows
    stand before the header. Raises: MalformedInput; TooLarge."""
    with sheet_rows.opened(file, read_only=False) as book:
        sheet: Any = book.worksheets[0]
        header = [str(cell.value or "").strip() for cell in sheet[sheet_rows.header_row(sheet, before)]]
        places = _Places(header, kind or kind_named(sheet.title))
        for error in errors[:MAX_MARKED]:
            row = int(error["row"])
            own = kind_named(sheet.cell(row, header.index("kind") + 1).value) if "kind" in header else None
            cell = _writable(sheet, row, places.of(error, own))
            cell.fill = PatternFill("solid", fgColor="FFFFC7CE")
            known = f"{cell.comment.text}\n" if cell.comment else ""
            text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", f"{known}{error['detail']}"[:1_000])
            cell.comment = Comment(text, "battery passport", height=160, width=320)
        return _bytes(book)


def as_workbook(rows: Iterable[csv_rows.Row], kind: Kind | None) -> io.BytesIO:
    """Rows of a CSV file as a workbook, each at its number, every cell as text: none becomes a formula.

    Its sheet is called by the kind, where one was declared.
    """
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = kind or sheet.title
    for row in rows:
        texts = row.cells or (row.text.decode("utf-8", "replace"),)
        for place, text in enumerate(texts[: sheet_rows.MAX_COLUMNS], 1):
            cell = sheet.cell(row.number, place, ILLEGAL_CHARACTERS_RE.sub("\ufffd", text[:_LONGEST_CELL]))
            cell.data_type, cell.number_format = "s", "@"
    return io.BytesIO(_bytes(book))


def _writable(sheet: Any, row: int, column: int) -> Any:
    """The cell, or the first one of those that it was merged with: nothing can be written into the others."""
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        (whole,) = (each for each in sheet.merged_cells.ranges if cell.coordinate in each)
        return sheet.cell(whole.min_row, whole.min_col)
    return cell


class _Places:
    """Which column of a sheet an error is about."""

    def __init__(self, header: Sequence[str], kind: Kind | None) -> None:
        self._header, self._kind = header, kind
        self._pointers: dict[Kind | None, list[tuple[str, int]]] = {}

    def of(self, error: Mapping[str, Any], kind: Kind | None) -> int:
        """The column of the value that it points at, from 1; the first one where the whole row is meant."""
        column = str(error.get("column") or "")
        for place, name in enumerate(self._header, 1):
            if name and (column == name or column.startswith(f"{name}, ")):
                return place
        return nearest(str(error.get("pointer") or ""), self._of_kind(kind or self._kind)) or 1

    def _of_kind(self, kind: Kind | None) -> list[tuple[str, int]]:
        """Where in a record each column's value stands; its own name where the columns are a plant's own."""
        if kind not in self._pointers:
            self._pointers[kind] = [
                (csv_records.place_of(name, kind) or pointer_to([name]), place)
                for place, name in enumerate(self._header, 1)
                if name
            ]
        return self._pointers[kind]


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
