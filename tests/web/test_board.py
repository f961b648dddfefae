"""The board as a page, by API and as a file: the same counts, the same list, for the maker alone."""

import csv
import io
from collections.abc import Callable

import lxml.html
import pytest
from werkzeug.test import TestResponse

from tests.factories import GTIN, OTHER_GTIN, SERIAL, model_record, owed_values, pack_record, release_record
from tests.installation import OTHER_TOKEN, START, TOKEN
from tests.line import Line
from tests.web.conftest import Client

PLANT = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def lacking(line: Line) -> str:
    """A stamped pack that lacks one value; the id of that attribute."""
    line.send(pack_record(START, "LACKS-1", values=owed_values("item", manufacturingDate=None)))
    line.send(release_record(START, "LACKS-1"))
    return "manufacturingDate"


def test_the_page_the_api_and_the_file_say_the_same(
    client: Client, client_of: Callable[[str], Client], lacking: str
):
    maker = client_of("maker")
    page = lxml.html.document_fromstring(maker.get("/drafts").text)
    counts = client.get("/api/v1/board", headers=PLANT).get_json()
    assert maker.get("/board.json").get_json() == counts
    for element in page.xpath("//*[@data-figure]"):
        value = counts
        for name in element.get("data-figure").split("."):
            value = value[name]
        assert element.text == str(value)
    assert page.xpath("//ul[@id='reasons']//a/@href") == [f"/drafts?reason={lacking}"]
    for query, serials in (
        ("", {SERIAL, "LACKS-1"}),
        (f"?reason={lacking}", {"LACKS-1"}),
        ("?state=revoked", set()),
    ):
        listed = client.get(f"/api/v1/drafts{query}", headers=PLANT).get_json()["batteries"]
        assert {one["serial"] for one in listed} == serials
        rows = csv.DictReader(io.StringIO(maker.get(f"/drafts.csv{query}").text))
        assert {row["serial"] for row in rows} == serials
        assert {one["serial"] for one in maker.get(f"/drafts.json{query}").get_json()} == serials
        shown = lxml.html.document_fromstring(maker.get(f"/drafts{query}").text)
        names = {
            str(text) for text in shown.xpath("//ul[contains(@class, 'entries--line')]/li/div[1]/a/text()")
        }
        assert names == serials


def test_older_batteries_stand_on_the_next_page(client: Client, line: Line, lacking: str):
    assert lacking
    first = client.get("/api/v1/drafts?limit=1", headers=PLANT).get_json()
    second = client.get(f"/api/v1/drafts?limit=1&after={first['after']}", headers=PLANT).get_json()
    assert {one["serial"] for one in first["batteries"] + second["batteries"]} == {SERIAL, "LACKS-1"}
    assert second["after"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=501", "after=x", "state=x", "from=x", "gtin=1"]
)
def test_a_question_that_makes_no_sense_is_refused(client: Client, query: str):
    assert client.get(f"/api/v1/drafts?{query}", headers=PLANT).status_code in (400, 422)


def test_a_filter_is_shown_as_text_and_kept_in_every_link(client_of: Callable[[str], Client]):
    page = client_of("maker").get("/drafts", query_string={"text": '"><b>{{7*7}}', "state": "issued"}).text
    assert "<b>{{7*7}}" not in page
    assert "&#34;&gt;&lt;b&gt;{{7*7}}" in page
    known = client_of("maker").get(f"/drafts?gtin={GTIN}").text
    assert f'href="/drafts.csv?gtin={GTIN}"' in known


def test_a_models_page_and_api_say_what_is_missing_and_how_it_comes_in(
    client: Client, client_of: Callable[[str], Client], line: Line
):
    line.send(model_record(START) | {"subject": {"gtin": OTHER_GTIN}, "values": {"batteryCategory": "lmt"}})
    found = client.get(f"/api/v1/models/{OTHER_GTIN}/completeness", headers=PLANT).get_json()
    missing = [one for one in found["findings"] if one["state"] == "missing"]
    assert missing
    page = client_of("maker").get(f"/models/{OTHER_GTIN}/completeness").text
    for one in missing:
        assert f'href="/terms#{one["id"]}"' in page
        assert lxml.html.document_fromstring(page).text_content().count(one["clause"])
    assert 'href="/forms/model"' in page
    assert 'href="/api/v1/templates/model.xlsx"' in page
    assert "2027-08-18" in page
    assert client_of("maker").get("/models/09506000131016/completeness").status_code == 404
    draft = client.get(f"/api/v1/drafts/{GTIN}/{SERIAL}", headers=PLANT).get_json()
    assert all(one["supply"]["records"] for one in draft["findings"])
    assert isinstance(draft["doubts"], list)


def test_the_board_is_narrowed_to_one_plant(
    client: Client, client_of: Callable[[str], Client], send: Callable[..., TestResponse], lacking: str
):
    assert lacking
    assert send(pack_record(START, "HALL-2"), token=OTHER_TOKEN).status_code == 201
    assert send(b"[", token=OTHER_TOKEN).status_code == 400
    assert send(b"{", token=TOKEN).status_code == 400
    maker = client_of("maker")
    for plant, serials, waiting, refused in (
        ("hall-1", {SERIAL, "LACKS-1"}, 1, {"hall-1": 1}),
        ("hall-2", {"HALL-2"}, 0, {"hall-2": 1}),
        ("", {SERIAL, "LACKS-1", "HALL-2"}, 1, {"hall-1": 1, "hall-2": 1}),
    ):
        counts = client.get(f"/api/v1/board?plant={plant}", headers=PLANT).get_json()
        assert maker.get(f"/board.json?plant={plant}").get_json() == counts
        assert (counts["total"], counts["batteries"]["waiting"]) == (len(serials), waiting)
        assert len(counts["waiting"]) == waiting
        assert counts["quarantine"]["plants"] == refused
        page = lxml.html.document_fromstring(maker.get(f"/drafts?plant={plant}").text)
        assert page.xpath("//nav[@aria-label='Plant']//a[@aria-current]")[0].text == (plant or "All plants")
        assert {name.text for name in page.xpath("//div[@class='entries__name']/a")} == serials
        (rule,) = page.xpath("//ul[@id='rules']//a/@href")
        shown = lxml.html.document_fromstring(maker.get(rule).text)
        assert len(shown.xpath("//ul[@class='refused']/li")) == sum(refused.values())


def test_many_reasons_are_folded_behind_the_commonest_five(client_of: Callable[[str], Client], line: Line):
    line.send(pack_record(START, "BARE-1", values={"manufacturingDate": "2026-11"}))
    line.send(release_record(START, "BARE-1"))
    maker = client_of("maker")
    page = lxml.html.document_fromstring(maker.get("/drafts").text)
    waiting = maker.get("/board.json").get_json()["waiting"]
    assert len(waiting) > 5
    assert [len(page.xpath(f"//ul[@id='{name}']/li")) for name in ("reasons", "reasons-more")] == [
        5,
        len(waiting) - 5,
    ]


def test_a_draft_shows_what_is_missing_by_record_and_folds_the_rest(
    client: Client, client_of: Callable[[str], Client], lacking: str
):
    path = f"drafts/{GTIN}/LACKS-1"
    told = client.get(f"/api/v1/{path}", headers=PLANT).get_json()
    assert told["owed"] - told["there"] == len(told["missing"]) == 1
    page = lxml.html.document_fromstring(client_of("maker").get(f"/{path}").text)
    assert page.xpath("string(//section[@aria-labelledby='missing']//li//a)") == lacking
    assert "Record of kind pack" in page.xpath("string(//section[@aria-labelledby='missing']/h3)")
    shown = page.xpath("//section[@aria-labelledby='values']//details[not(@open)]//li/@id")
    assert set(shown) == {f"value-{value['attribute']}" for value in told["values"]}
    assert f"{told['there']} of {told['owed']} owed attributes are there." in page.text_content()
