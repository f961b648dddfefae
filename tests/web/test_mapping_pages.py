"""A mapping made in the browser, without script: sample up, proposal, dry run, saved by version."""

import html
import io
import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.core.mes import ROW, TOML, as_csv
from tests.web.conftest import Client

BAD = ROW | {"Seriennummer": "EOL-0009", "Gewicht [kg]": "schwer"}


@pytest.fixture
def maker(client_of: Callable[[str], Client]) -> Client:
    return client_of("maker")


def token_of(maker: Client) -> str:
    page = maker.get("/mappings").get_data(as_text=True)
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def propose(maker: Client, content: bytes, name: str = "EOL Halle 1.csv", kind: str = "") -> TestResponse:
    sent = {
        "csrf_token": token_of(maker), "plant": "hall-1", "kind": kind, "sample": (io.BytesIO(content), name),
    }  # fmt: skip
    return maker.post("/mappings/proposal", data=sent, content_type="multipart/form-data")


def form_of(page: str) -> dict[str, str]:
    """What a browser would send of the page's form."""
    found: dict[str, str] = {}
    form = page[page.index('action="/mappings/draft"') : page.index("</form>", page.index("/mappings/draft"))]
    for tag in re.findall(r"<input[^>]*>", form):
        known = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if known.get("type") != "checkbox" or " checked" in tag:
            found[html.unescape(known["name"])] = html.unescape(known.get("value", ""))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        first = re.search(r'<option(?: value="([^"]*)")?>([^<]*)', options)
        match = chosen or first
        assert match is not None
        found[name] = html.unescape(match[2] if match[1] is None else match[1])
    area = re.search(r'<textarea name="sample"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    assert area is not None
    return found | {"sample": html.unescape(area[1]).lstrip("\n")}


def completed(page: str) -> dict[str, str]:
    form = form_of(page)
    form["fixed.details.configuration"] = "96s2p"
    return {name: "-" if name.startswith("to.") and not text else text for name, text in form.items()}


def test_a_sample_is_proposed_tried_and_saved(maker: Client):
    answer = propose(maker, as_csv(ROW, BAD, ROW, ROW, ROW))
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert "the check digits of all values fit a GTIN" in page
    assert "needs details.configuration" in page
    assert "ratedCapacity" in page
    form = completed(page)
    assert form["name"] == "eol-halle-1"
    tried = maker.post("/mappings/draft", data={**form, "act": "try"}).get_data(as_text=True)
    assert "Column Gewicht [kg]: The value cannot be taken" in tried
    assert "34.4005 kWh" in tried
    assert "mandatory attributes that the sample never fills" in tried
    assert "Annex XIII" in tried
    toml = maker.post("/mappings/draft", data={**form, "act": "download"})
    assert toml.headers["Content-Disposition"] == "attachment; filename=eol-halle-1.toml"
    saved = maker.post("/mappings/draft", data={**form, "act": "save"})
    assert (saved.status_code, saved.headers["Location"]) == (303, "/mappings/hall-1/eol-halle-1")
    shown = maker.get("/mappings/hall-1/eol-halle-1").get_data(as_text=True)
    assert html.escape(toml.get_data(as_text=True).splitlines()[-3], quote=False) in html.unescape(shown)
    assert "eol-halle-1" in maker.get("/mappings").get_data(as_text=True)
    assert "eol-halle-1" in maker.get("/mappings?plant=hall-1").text
    assert "eol-halle-1" not in maker.get("/mappings?plant=hall-2").text
    assert maker.get("/mappings?plant=hall-9").status_code == 404


def test_all_undecided_columns_are_ignored_by_one_control_and_the_others_stay(maker: Client):
    page = propose(maker, as_csv(ROW)).get_data(as_text=True)
    assert "Because most columns fit a record of this kind" in html.unescape(page)
    form = form_of(page) | {"fixed.details.configuration": "96s2p"}
    open_ones = [form[f"column.{name[3:]}"] for name, text in form.items() if name[:3] == "to." and not text]
    assert open_ones
    shown = maker.post("/mappings/draft", data={**form, "act": "ignore"}).get_data(as_text=True)
    after = form_of(shown)
    assert {text for name, text in after.items() if name[:3] == "to." and not form[name]} == {"-"}
    assert all(after[name] == text for name, text in form.items() if name[:3] == "to." and text)
    assert "<dt>Refused</dt><dd>0</dd>" in shown
    assert "Ignore all undecided columns" in page
    assert "Ignore all undecided columns" not in shown


def test_the_dry_run_leads_to_its_result(maker: Client):
    page = propose(maker, as_csv(ROW)).get_data(as_text=True)
    assert 'value="try" formaction="/mappings/draft#dry"' in page
    assert '<h2 id="dry" tabindex="-1">' in page


def test_a_mapping_that_could_accept_nothing_is_not_saved_and_says_why(maker: Client):
    form = form_of(propose(maker, as_csv(ROW)).get_data(as_text=True))
    answer = maker.post("/mappings/draft", data={**form, "act": "save"})
    assert answer.status_code == 422
    assert "needs details.configuration" in answer.get_data(as_text=True)
    wrong = maker.post("/mappings/draft", data={**completed(answer.get_data(as_text=True)), "zone": "Mars"})
    assert wrong.status_code == 422
    assert "There is no time zone Mars" in wrong.get_data(as_text=True)
    assert "No mapping is saved yet" in maker.get("/mappings").get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "The file is empty"),
        (b"A;B\n", "a.csv", "no row that can be read"),
        (b"[1]", "a.json", "A row is a JSON object"),
        (b"[{}", "a.json", "not closed"),
        (b"\xff\xfeA", "a.csv", "UTF-16"),
        (b"one\ntwo\n", "a.csv", "no columns that"),
    ],
)
def test_what_is_no_sample_is_said_in_a_sentence(maker: Client, content: bytes, name: str, said: str):
    answer = propose(maker, content, name)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_a_sample_that_was_changed_on_the_way_is_asked_for_again(maker: Client):
    form = completed(propose(maker, as_csv(ROW)).get_data(as_text=True))
    for text in ("", "[]", '{"source": 1}', "x" * 600_000):
        assert maker.post("/mappings/draft", data={**form, "sample": text}).status_code == 422


def test_json_lines_are_mapped_by_the_names_of_their_members(maker: Client):
    lines = b'{"ts": "2026-11-24T11:00:00Z", "pack": {"serial": "S1"}, "soc": 0.5}\n'
    page = propose(maker, lines, "bms.ndjson", "reading").get_data(as_text=True)
    assert 'value="pack/serial"' in page
    assert form_of(page)["kind"] == "reading"


def test_a_saved_mapping_is_changed_as_text_and_keeps_its_versions(maker: Client):
    form = completed(propose(maker, as_csv(ROW)).get_data(as_text=True))
    maker.post("/mappings/draft", data={**form, "act": "save"})
    place, token = "/mappings/hall-1/eol-halle-1", {"csrf_token": token_of(maker)}
    text = TOML.decode().replace("mes-end-of-line", "eol-halle-1")
    assert maker.post(place, data={**token, "text": text}).status_code == 303
    page = maker.get(place).get_data(as_text=True)
    assert "Version 2" in page
    assert "Version 1" in page
    refused = maker.post(place, data={**token, "text": "name = "})
    assert refused.status_code == 422
    assert "This is no TOML" in refused.get_data(as_text=True)
    assert maker.get(f"{place}?version=2&form=toml").headers["Content-Type"].startswith("application/toml")
    assert maker.get(f"{place}?version=9").status_code == 404
    assert maker.get("/mappings/hall-9/x").status_code == 404


def test_lines_around_the_header_of_a_sample_are_recognised_and_kept_in_the_mapping(maker: Client):
    units = {name: {"Gewicht [kg]": "kg", "Energie [Wh]": "Wh"}.get(name, "") for name in ROW}
    head = b"Bericht;EOL\r\nBediener;Meier\r\n\r\n"
    page = propose(maker, head + as_csv(units, ROW)).get_data(as_text=True)
    assert "Lines 1 to 3 are passed over (skip_lines)" in page
    assert "names units, and is no data: passed over (skip_after_header)" in page
    form = completed(page)
    assert (form["skip_lines"], form["skip_after_header"]) == ("3", "1")
    shown = maker.post("/mappings/draft", data={**form, "act": "try"}).get_data(as_text=True)
    assert "Lines 1 to 3 are passed over" in shown
    assert "<dt>Refused</dt><dd>0</dd>" in shown
    toml = maker.post("/mappings/draft", data={**form, "act": "download"}).get_data(as_text=True)
    assert "skip_lines = 3\nskip_after_header = 1\n" in toml
