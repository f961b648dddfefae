"""A filled file sent from a page, without script: what was taken, what is wrong where, marked in it."""

import html
import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from werkzeug.test import TestResponse

from app.services import files, mappings, plants, spreadsheets, uploads
from app.services.context import Context
from tests.core.mes import ROW, TOML, as_csv
from tests.installation import START, rows
from tests.web.conftest import Client

NOW = f"{START:%Y-%m-%dT%H:%M:%SZ}"
HEADER = "sentAt;lot;details.cellModel;details.manufacturer;details.format;details.chemistry;details.quantity"
GOOD = f"{NOW};C-1;NMC-94;Example Cells;prismatic;NMC 811;1200"
BAD = f"{NOW};C-2;NMC-94;Example Cells;prismatic;NMC 811;many"
LOTS = "\n".join([HEADER, GOOD, BAD, ""]).encode()


@pytest.fixture
def maker(client_of: Callable[[str], Client]) -> Client:
    return client_of("maker")


def send(maker: Client, data: bytes, name: str = "lots.csv", act: str = "take", **more: str) -> TestResponse:
    token = re.search(r'name="csrf_token" value="([^"]+)"', maker.get("/uploads").get_data(as_text=True))
    assert token is not None
    sent = {
        "csrf_token": token[1], "plant": "hall-1", "kind": "cell-lot", "act": act,
        "file": (io.BytesIO(data), name), **more,
    }  # fmt: skip
    return maker.post("/uploads", data=sent, content_type="multipart/form-data")


def counts(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page))


def marked(maker: Client, page: str) -> Any:
    """The sheet that comes back, and its file name."""
    fields = dict(
        re.findall(r'<input type="hidden" name="(csrf_token|name|workbook)" value="([^"]*)">', page)
    )
    answer = maker.post("/uploads/marked", data={name: html.unescape(text) for name, text in fields.items()})
    assert answer.status_code == 200
    assert answer.mimetype == spreadsheets.MEDIA_TYPE
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    return sheet, answer.headers["Content-Disposition"]


def comments(sheet: Any) -> dict[str, str]:
    return {cell.coordinate: cell.comment.text for row in sheet for cell in row if cell.comment}


def test_a_csv_file_is_looked_at_then_taken_and_comes_back_as_a_workbook_that_can_be_mended(
    maker: Client, ctx: Context
):
    before = len(rows(ctx.engine, "intake_records"))
    looked = send(maker, LOTS, act="look").get_data(as_text=True)
    assert counts(looked) == {"Would be taken": "1", "Would be refused": "1"}
    assert len(rows(ctx.engine, "intake_records")) == before
    page = send(maker, LOTS).get_data(as_text=True)
    assert counts(page) == {"Taken": "1", "Known before": "0", "Refused": "1", "Passports issued": "0"}
    assert "Row 3" in page
    assert '<span class="mono">/details/quantity</span>' in page
    (kept,) = rows(ctx.engine, "quarantine")
    assert f"/quarantine/{kept['id']}" in page
    assert (kept["door"], kept["origin"]) == ("upload", "lots.csv:3")
    assert maker.get("/quarantine?file=lots.csv&plant=hall-1").get_data(as_text=True).count(kept["id"]) > 1
    sheet, name = marked(maker, page)
    assert name == "attachment; filename=lots.marked.xlsx"
    assert list(comments(sheet)) == ["G3"]
    sheet["G3"] = "7"
    book = io.BytesIO()
    sheet.parent.save(book)
    again = send(maker, book.getvalue(), "lots.marked.xlsx", kind="").get_data(as_text=True)
    assert counts(again) == {"Taken": "1", "Known before": "1", "Refused": "0", "Passports issued": "0"}


def test_a_filled_template_says_its_kind_by_the_name_of_its_sheet(maker: Client):
    book = openpyxl.load_workbook(io.BytesIO(spreadsheets.template("cell-lot")))
    sheet: Any = book.worksheets[0]
    given = dict(zip(HEADER.split(";"), BAD.split(";"), strict=True))
    sheet.append([given.get(cell.value) for cell in sheet[1]])
    made = io.BytesIO()
    book.save(made)
    page = send(maker, made.getvalue(), "filled.xlsx", act="look", kind="").get_data(as_text=True)
    assert counts(page)["Would be refused"] == "1"
    back, _ = marked(maker, page)
    header = [cell.value for cell in back[1]]
    assert list(comments(back)) == [back.cell(2, header.index("details.quantity") + 1).coordinate]


def test_a_plants_own_file_goes_through_its_mapping_and_is_marked_in_its_own_column(
    maker: Client, ctx: Context
):
    head = b"skip_lines = 2\ndelimiter"
    mappings.save(ctx, plants.get(ctx, "hall-1"), TOML.replace(b"delimiter", head, 1), "a test")
    data = b"Bericht;EOL\r\n\r\n" + as_csv(ROW, ROW | {"Gewicht [kg]": "schwer", "Seriennummer": "2"})
    page = send(maker, data, "eol.csv", mapping="mes-end-of-line").get_data(as_text=True)
    assert counts(page)["Taken"] == "2"
    assert "mes-end-of-line:1" in page
    assert "Row 5" in page
    sheet, _ = marked(maker, page)
    place = list(ROW).index("Gewicht [kg]") + 1
    assert list(comments(sheet)) == [sheet.cell(5, place).coordinate]
    book = io.BytesIO()
    sheet.cell(5, place).value = "412,5"
    sheet.parent.save(book)
    again = send(maker, book.getvalue(), "eol.xlsx", mapping="mes-end-of-line").get_data(as_text=True)
    assert (counts(again)["Known before"], counts(again)["Refused"]) == ("2", "0")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "a.csv", "no header row"),
        (LOTS, "a.pdf", "Files that end in"),
        (b"PK\x03\x04", "a.xlsx", "no workbook that can be read"),
        (b"[{}", "a.json", "not closed"),
    ],
)
def test_a_file_that_cannot_be_taken_is_one_sentence(maker: Client, data: bytes, name: str, said: str):
    answer = send(maker, data, name)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "The file was not taken." in page
    assert said in page


def test_what_is_missing_or_too_large_is_said(maker: Client, monkeypatch: pytest.MonkeyPatch):
    assert "Choose a file" in send(maker, b"", "").get_data(as_text=True)
    assert "no mapping none" in send(maker, LOTS, mapping="none").get_data(as_text=True)
    assert "no plant hall-9" in send(maker, LOTS, plant="hall-9").get_data(as_text=True)
    monkeypatch.setattr(uploads, "MAX_BYTES", 20)
    assert "watched folder" in send(maker, LOTS).get_data(as_text=True)
    token = {"csrf_token": maker.get("/uploads").get_data(as_text=True).split('value="')[1].split('"')[0]}
    for text in ("", "###", "\u00e9", "bm8gd29ya2Jvb2s="):
        assert maker.post("/uploads/marked", data={**token, "workbook": text}).status_code == 422


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/lots.csv", "lots.csv"),
        ("C:\\daten\\Halle 1.xlsx", "Halle 1.xlsx"),
        (".csv", "csv"),
        ("", "file"),
        ("a\0b\n.csv", "a_b_.csv"),
        ("\u00e4" * 200 + ".csv", "\u00e4" * 58 + ".csv"),
    ],
)
def test_a_name_of_a_file_leads_nowhere_else(sent: str, kept: str):
    assert uploads.safe_name(sent) == kept


def test_a_table_too_large_to_mark_is_told_row_by_row(maker: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "MOST_CELLS", 7)
    page = send(maker, LOTS, act="look").get_data(as_text=True)
    assert "Row 3" in page
    assert "/uploads/marked" not in page
    assert set(files.SUFFIXES) >= {".csv", ".xlsx"}
