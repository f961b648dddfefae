"""The page of what is made of what, and the same by API: to whom it is shown, and what stands in it."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from app.services import recall_walk
from app.web import genealogy as web
from tests.factories import GTIN, a_record
from tests.installation import START, TOKEN
from tests.line import Line
from tests.services.test_genealogy import exchange, module, modules, pack
from tests.web.conftest import Client

BEARER = {"Authorization": f"Bearer {TOKEN}"}
LOT = "kind=cell-lot&number=C8"
MATERIAL = {
    "material": "Lithium hydroxide", "supplier": {"name": "Salar"}, "lotNumber": "77",
    "dateReceived": "2026-10-01", "countryOfOrigin": "CL", "quantity": {"value": 800, "unit": "kg"},
}  # fmt: skip
CELLS = {
    "cellModel": "N", "manufacturer": "Example Cells", "format": "p", "chemistry": "NMC", "quantity": 9,
    "materialLots": ["LI-1"],
}  # fmt: skip


@pytest.fixture
def maker(client_of: Callable[[str], Client]) -> Client:
    return client_of("maker")


@pytest.fixture
def built(line: Line) -> Line:
    """Two packs: the first lost its module with lot C8 to the shelf, the second has one."""
    line.send_all(
        [
            pack("P1", modules=modules("M1", "M2")),
            module("M1", "C8"), module("M2", "C9"), module("M3", "C9"),
            exchange("P1", "M1", "M3"), pack("P2", modules=modules("M4"), batchLot="B7"), module("M4", "C8"),
            a_record("cell-lot", {"lot": "C8"}, START, details=CELLS),
            a_record("material-lot", {"lot": "LI-1"}, START, details=MATERIAL),
        ]
    )  # fmt: skip
    return line


def test_the_page_answers_the_recall_question_and_draws_the_tree(maker: Client, built: Line):
    page = maker.get(f"/genealogy?{LOT}")
    assert page.status_code == 200
    for text in (
        "In it now", "Was in it, taken out", "2026-11-20 10:00", "P1", "P2", "B7", "In the making", "LI-1",
        "Lithium hydroxide, Salar, received 2026-10-01, CL", "Lot of a supplier", "800 kg",
        "On the shelf: 1 module or cell with it, in no battery", "M1",
    ):  # fmt: skip
        assert text in page.text, text


def test_a_pack_shows_what_is_in_it_and_what_was(maker: Client, built: Line):
    page = maker.get(f"/genealogy?kind=battery&number=P1&of={GTIN}").text
    assert page.index("M2") < page.index("taken out 2026-11-20 10:00")
    assert "put in 2026-11-20 10:00" in page
    assert 'class="tree__former"' in page


FINDS = {
    "C8": "Batteries with it",
    "77": "Lot of a supplier",
    "salar": "No record names",
    "Salar": "Batteries with it",
    "m4": "Module",
    "p2": "What it is made of",
    "B7": "Batch",
    GTIN: "things have this number",
    f"(01){GTIN}(21)P2": "What it is made of",
    f"https://passports.example/01/{GTIN}/21/P2": "What it is made of",
    f"(01){GTIN}(10)B7": "Batch",
    "nobody-knows": "No record names",
    "=1+1": "No record names",
}


def test_what_was_typed_or_scanned_is_found(maker: Client, built: Line):
    for text, said in FINDS.items():
        page = maker.get("/genealogy", query_string={"find": text})
        assert page.status_code == 200, text
        assert said in page.text, text


def test_the_page_begins_with_what_came_in_last_and_leads_to_the_records(maker: Client, line: Line):
    line.send(module("M1", "C8"))
    line.send(pack("P1", modules=modules("M1")) | {"recordId": "R-of-the-pack"})
    page = maker.get("/genealogy").text
    for start in ("kind=cell-lot&amp;number=C8", "kind=module&amp;number=M1", "kind=battery&amp;number=P1"):
        assert f'href="/genealogy?{start}' in page, start
    tree = maker.get(f"/genealogy?kind=battery&number=P1&of={GTIN}").text
    assert 'href="/records/hall-1/R-of-the-pack"' in tree
    assert maker.get("/records/hall-1/R-of-the-pack").status_code == 200


def test_a_number_that_is_known_twice_is_asked_back(maker: Client, built: Line):
    built.send(module("C8", "C9"))
    assert "2 things have this number" in maker.get("/genealogy?find=C8").text


def test_an_unknown_lot_is_told_as_that_and_never_as_held_by_nobody(
    maker: Client, client: Client, built: Line
):
    assert maker.get("/genealogy?kind=cell-lot&number=C88").status_code == 404
    for place in ("tree", "recall", "recall.csv"):
        address = f"/api/v1/genealogy/{place}?kind=cell-lot&number=C88"
        assert client.get(address, headers=BEARER).status_code == 404


def test_a_question_that_names_nothing_is_refused(client: Client):
    for asked in (
        "kind=ship&number=1",
        "kind=cell-lot",
        "kind=battery&number=P1",
        "kind=cell&number=X&of=Y",
        "",
    ):
        assert client.get(f"/api/v1/genealogy/recall?{asked}", headers=BEARER).status_code == 422, asked


def test_only_the_maker_and_the_plant_may_know(
    client_of: Callable[[str], Client], client: Client, built: Line
):
    for role in ("service", "recycler", "authority", "admin"):
        for address in (f"/genealogy?{LOT}", f"/genealogy/recall.csv?{LOT}"):
            assert client_of(role).get(address).status_code == 403
    assert client.get(f"/genealogy?{LOT}").status_code in (302, 303, 401)
    assert client.get(f"/api/v1/genealogy/recall?{LOT}").status_code == 401


def test_the_api_tells_the_same(client: Client, built: Line):
    answer = client.get("/api/v1/genealogy?find=C8", headers=BEARER).get_json()
    (thing,) = answer["found"]
    told = client.get(thing["recall"].removeprefix("https://passports.example"), headers=BEARER).get_json()
    assert told["counts"] == {"now": {"draft": 1}, "former": {"draft": 1}, "corrected": {}}
    assert [(each["serial"], each["standing"], each["state"]) for each in told["packs"]] == [
        ("P2", "now", "draft"),
        ("P1", "former", "draft"),
    ]
    assert told["packs"][1]["spans"] == [{"from": None, "until": "2026-11-20T10:00:00.000000Z"}]
    assert told["packs"][0]["passport"].startswith("https://passports.example/passports/")
    assert (told["isCut"], told["isFilling"], told["loose"]["count"]) == (False, False, 1)
    tree = client.get(thing["tree"].removeprefix("https://passports.example"), headers=BEARER).get_json()
    (material,) = tree["holds"]
    assert (material["kind"], material["number"], material["note"][:7]) == ("material-lot", "LI-1", "Lithium")
    assert material["records"] == [{"plant": "hall-1", "record": material["records"][0]["record"]}]
    (bought,) = material["holds"]
    assert (bought["number"], bought["of"], bought["quantity"], bought["unit"]) == (
        "77",
        "Salar",
        "800",
        "kg",
    )


def test_the_list_comes_in_pages_and_whole_as_csv(
    client: Client, maker: Client, line: Line, monkeypatch: pytest.MonkeyPatch
):
    line.send_all(pack(f"P{number}", cellLots=["C8"]) for number in range(5))
    monkeypatch.setattr(web, "PAGE_LENGTH", 2)
    seen, address = [], f"/api/v1/genealogy/recall?{LOT}"
    while address:
        told = client.get(address, headers=BEARER).get_json()
        assert told["counts"]["now"] == {"draft": 5}
        seen += [each["serial"] for each in told["packs"]]
        address = (told["next"] or "").removeprefix("https://passports.example")
    assert seen == [f"P{number}" for number in range(5)]
    assert "Page 2 of 3" in maker.get(f"/genealogy?{LOT}&page=2").text
    for answer in (
        client.get(f"/api/v1/genealogy/recall.csv?{LOT}", headers=BEARER),
        maker.get(f"/genealogy/recall.csv?{LOT}"),
    ):
        assert (answer.mimetype, answer.headers["Content-Disposition"]) == (
            "text/csv", 'attachment; filename="recall-C8.csv"',
        )  # fmt: skip
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["serial"] for row in rows] == seen
        assert rows[0]["passport"].startswith("https://passports.example/passports/")


def test_a_cell_that_a_spreadsheet_would_run_is_neutralised(client: Client, line: Line):
    line.send(pack("=1+1", cellLots=["C8"], batchLot="+B"))
    (row,) = csv.DictReader(
        io.StringIO(client.get(f"/api/v1/genealogy/recall.csv?{LOT}", headers=BEARER).text)
    )
    assert (row["serial"], row["lot"]) == ("'=1+1", "'+B")


def test_an_answer_that_is_cut_says_so(
    maker: Client, client: Client, built: Line, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recall_walk, "MAX_LINKS", 1)
    assert "This answer is cut" in maker.get(f"/genealogy?{LOT}").text
    assert client.get(f"/api/v1/genealogy/recall?{LOT}", headers=BEARER).get_json()["isCut"]
    table = maker.get(f"/genealogy/recall.csv?{LOT}")
    assert "recall-C8-not-complete.csv" in table.headers["Content-Disposition"]
    assert table.text.splitlines()[-1].strip('"').startswith("NOT COMPLETE")


def test_a_circle_of_modules_is_drawn_once(maker: Client, line: Line):
    for number, (parent, child) in enumerate([("M1", "M2"), ("M2", "M1")]):
        event: dict[str, Any] = {
            "eventId": f"ni:///{number}", "eventType": "AssociationEvent", "action": "ADD",
            "parent": f"https://x.example/module/{parent}", "children": [f"https://x.example/module/{child}"],
            "eventTime": "2026-11-10T10:00:00Z", "eventTimeZoneOffset": "+01:00",
        }  # fmt: skip
        line.send(a_record("event", {"serial": parent}, START, details=event))
    page = maker.get("/genealogy?kind=module&number=M1").text
    assert page.count("made of the same as above") == 1


def test_the_draft_and_the_makers_passport_page_lead_to_it(maker: Client, client: Client, uuid: str):
    link = f'href="/genealogy?kind=battery&amp;number=P0001&amp;of={GTIN}"'
    for address in (f"/drafts/{GTIN}/P0001", f"/passports/{uuid}"):
        assert link in maker.get(address).text, address
    assert "/genealogy" not in client.get(f"/passports/{uuid}").text
