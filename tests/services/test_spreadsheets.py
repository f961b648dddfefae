"""Spreadsheets: what the template offers, a filled one taken in, errors in its cells, and what is refused."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.core import csv_records
from app.core.errors import TooLarge
from app.core.intake import KINDS, Kind
from app.files.folder import Folder
from app.services import files, mapping_samples, sheet_rows, spreadsheets
from app.services.context import Context
from app.services.files import How
from app.services.plants import Plant
from tests.installation import START, rows

LOT = {
    "sentAt": f"{START:%Y-%m-%dT%H:%M:%SZ}", "details.cellModel": "NMC-94", "details.format": "prismatic",
    "details.manufacturer": "Example; Cells\nand sons", "details.chemistry": "NMC 811",
}  # fmt: skip


def workbook(place: Path, *lots: dict[str, Any]) -> Path:
    """The template for lots of cells, filled in as a person would."""
    book = openpyxl.load_workbook(io.BytesIO(spreadsheets.template("cell-lot")))
    sheet: Any = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    for number, lot in enumerate(lots, 2):
        for name, value in (LOT | lot).items():
            sheet.cell(number, header.index(name) + 1, value)
    path = place / "lots.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_has_every_column_and_says_what_it_means(kind: Kind):
    book = openpyxl.load_workbook(io.BytesIO(spreadsheets.template(kind)))
    sheet, about = book.worksheets
    names = [cell.value for cell in sheet[1]]
    assert names == csv_records.template_columns(kind)
    assert [row[0].value for row in about.iter_rows(min_row=2)] == names
    assert sheet.freeze_panes == "A2"


def test_choices_are_offered_in_the_cells():
    sheet = openpyxl.load_workbook(io.BytesIO(spreadsheets.template("test"))).worksheets[0]
    offered = [str(one.formula1) for one in sheet.data_validations.dataValidation]
    assert '"pass,fail"' in offered


def test_a_filled_template_is_taken_in(ctx: Context, plant: Plant, tmp_path: Path):
    path = workbook(
        tmp_path, {"lot": "C-1", "details.quantity": 1200}, {"lot": "007", "details.quantity": 7.0}
    )
    told = files.send(ctx, plant, path, How("cell-lot"))
    assert (told.refusal, told.accepted, told.refused) == (None, 2, 0)
    assert {row["lot"] for row in rows(ctx.engine, "intake_records")} == {"C-1", "007"}
    assert {row["origin"] for row in rows(ctx.engine, "intake_records")} == {"lots.xlsx:2", "lots.xlsx:3"}
    again = files.send(ctx, plant, path, How("cell-lot"))
    assert (again.accepted, again.repeated) == (0, 2)


def test_what_is_wrong_is_marked_in_its_cell(ctx: Context, plant: Plant, tmp_path: Path):
    workbook(
        tmp_path, {"lot": "C-1", "details.quantity": "many"}, {"lot": "C-2", "details.quantity": 5},
        {"lot": "=1+1", "details.quantity": 5},
    )  # fmt: skip
    folder = Folder(ctx, plant, tmp_path, How("cell-lot"), settled_s=0.0, tell=lambda _: None)
    (told,) = folder.look()
    assert (told.accepted, told.refused) == (1, 2)
    (made,) = (tmp_path / "done").glob("*.marked.xlsx")
    sheet = openpyxl.load_workbook(made).worksheets[0]
    header = [cell.value for cell in sheet[1]]
    quantity, lot = header.index("details.quantity") + 1, header.index("lot") + 1
    comments = {cell.coordinate: cell.comment.text for row in sheet for cell in row if cell.comment}
    assert set(comments) == {sheet.cell(2, quantity).coordinate, sheet.cell(4, lot).coordinate}
    assert "formula" in comments[sheet.cell(4, lot).coordinate]
    assert sheet.cell(2, quantity).fill.fgColor.rgb == "FFFFC7CE"
    assert sheet.cell(3, quantity).comment is None


def test_rows_that_were_left_empty_do_not_shift_the_numbers(ctx: Context, plant: Plant, tmp_path: Path):
    path = workbook(tmp_path, {"lot": "C-1", "details.quantity": 1})
    book = openpyxl.load_workbook(path)
    sheet: Any = book.worksheets[0]
    sheet.insert_rows(2, 3)
    book.save(path)
    told = files.send(ctx, plant, path, How("cell-lot"))
    assert told.accepted == 1
    assert rows(ctx.engine, "intake_records")[0]["origin"] == "lots.xlsx:5"


@pytest.mark.parametrize(("value", "text"), [
    (12.5, "12.5"), (7.0, "7"), (1e-05, "0.00001"), (True, "true"), (datetime(2026, 11, 24), "2026-11-24"),
    (datetime(2026, 11, 24, 8, 30), "2026-11-24T08:30:00"), (" a\nb ", "a b"), (None, ""),
    (2**53 - 1, "9007199254740991"), (2**53, "9007199254740992"), (1.2345e19, "1.2345e+19"),
])  # fmt: skip
def test_a_cell_is_read_without_the_habits_of_a_country(tmp_path: Path, value: Any, text: str):
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["first", "second"])
    sheet.append(["x", value])
    path = tmp_path / "cells.xlsx"
    book.save(path)
    read = sheet_rows.as_csv(path)(10_000).decode()
    assert read.splitlines()[1] == f'"x";"{text}"'


def test_a_number_that_no_record_may_hold_is_a_text(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append([2**53 - 1, 2**53, 1.2345e19])
    book.save(tmp_path / "cells.xlsx")
    [(_, found)] = sheet_rows.cells(tmp_path / "cells.xlsx")
    assert found == [2**53 - 1, "9007199254740992", "1.2345e+19"]


def packed(place: Path, members: dict[str, bytes]) -> Path:
    path = place / "bad.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def damaged(place: Path) -> bytes:
    """A workbook packed by LZMA, with other bytes in the middle of it."""
    path = place / "lzma.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("[Content_Types].xml", bytes(range(256)) * 20)
    data = path.read_bytes()
    return data[:60] + b"\xff" * 40 + data[100:]


def test_what_is_no_workbook_is_refused_whole(ctx: Context, plant: Plant, tmp_path: Path):
    entity = b'<!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>'
    types = b"""<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""  # noqa: E501
    bad = [
        packed(tmp_path, {"a": b"b"}).read_bytes(),
        packed(tmp_path, {"[Content_Types].xml": types, "xl/workbook.xml": entity}).read_bytes(),
        damaged(tmp_path),
        b"PK\x03\x04 cut off", b"", b"\xd0\xcf\x11\xe0 an old workbook", b"lot;quantity\n1;2\n",
    ]  # fmt: skip
    for data in bad:
        path = tmp_path / "bad.xlsx"
        path.write_bytes(data)
        told = files.send(ctx, plant, path, How("cell-lot"))
        assert told.refusal is not None
        assert "workbook" in told.refusal


def test_a_packed_bomb_is_refused_by_its_list_of_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    many = packed(tmp_path, {f"{number}": b"" for number in range(1_001)})
    with pytest.raises(TooLarge, match="268435456 bytes in 1000 parts"):
        list(sheet_rows.cells(many))
    monkeypatch.setattr(sheet_rows, "MAX_UNPACKED", 1_000_000)
    path = packed(tmp_path, {f"{number}": b"\0" * 300_000 for number in range(4)})
    assert path.stat().st_size < 10_000
    with pytest.raises(TooLarge, match="unpacks to at most 1000000 bytes"):
        list(sheet_rows.cells(path))


def changed(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with its first sheet written otherwise."""
    with zipfile.ZipFile(path) as packed:
        parts = {each: packed.read(each) for each in packed.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, change(data) if name.endswith("sheet1.xml") else data)
    return path


MERGED = b'</sheetData><mergeCells count="1"><mergeCell ref="A2:XX2"/></mergeCells>'


@pytest.mark.parametrize(
    ("change", "accepted", "where"),
    [
        (lambda sheet: sheet[: len(sheet) - 200], None, "failed"),
        (lambda sheet: sheet.replace(b'<row r="3"', b'<row r="x"'), None, "failed"),
        (lambda sheet: re.sub(rb'(<c r="[A-Z]+1") s="[0-9]+"', rb'\1 s="999"', sheet), 1, "done"),
        (lambda sheet: sheet.replace(b"</sheetData>", MERGED), 1, "done"),
    ],
    ids=["cut", "odd row", "odd style", "merged"],
)
def test_a_damaged_workbook_keeps_no_other_file_out(
    ctx: Context, plant: Plant, tmp_path: Path, change: Any, accepted: int | None, where: str
):
    """The last two are read row by row, and cannot be marked, or not in the cell that is meant."""
    lots = ({"lot": "C-1", "details.quantity": "many"}, {"lot": "C-2", "details.quantity": 5})
    other = workbook(tmp_path, {"lot": "C-3", "details.quantity": 5}).rename(tmp_path / "z.xlsx")
    path = changed(workbook(tmp_path, *lots), change)
    folder = Folder(ctx, plant, tmp_path, How("cell-lot"), settled_s=0.0, tell=lambda _: None)
    told = {each.name: each for each in folder.look()}
    assert told[other.name].accepted == 1
    assert (accepted is None) == (told[path.name].refusal is not None)
    assert accepted is None or told[path.name].accepted == accepted
    assert len(list((tmp_path / where).glob("*-lots.xlsx"))) == 1
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == []


def test_a_sample_may_be_a_sheet_with_lines_before_its_header_and_units_below():
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for cells in (["Bericht"], [], ["Serie", "Gewicht", "Energie"], ["", "kg", "Wh"], ["A1", 412.125, 34400]):
        sheet.append(cells)
    made = io.BytesIO()
    book.save(made)
    found = mapping_samples.read("eol.xlsx", made.getvalue())
    assert found.rows == ({"Serie": "A1", "Gewicht": Decimal("412.125"), "Energie": 34400},)
    assert (found.units, found.source) == (
        {"Gewicht": "kg", "Energie": "Wh"}, {"skip_lines": "2", "skip_after_header": "1"},
    )  # fmt: skip
    assert mapping_samples.of_form(found.kept()) == found
