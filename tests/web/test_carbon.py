"""The page of a footprint and the same by API: what it shows, to whom, and what it never claims."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.services import carbon
from app.services.context import Context
from tests import factories
from tests.core.activity import factor_set, whole
from tests.factories import GTIN, OTHER_GTIN
from tests.installation import START, TOKEN
from tests.line import Line
from tests.web.conftest import Client

BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def maker(client_of: Callable[[str], Client]) -> Client:
    return client_of("maker")


@pytest.fixture
def sent(ctx: Context, line: Line) -> dict[str, Any]:
    """Activity data of a model that has a declared value for its batch."""
    carbon.import_set(ctx, factor_set())
    record = factories.a_record("carbon-activity", {"gtin": GTIN}, START, details=whole())
    line.send(record)
    return record


def test_the_page_opens_every_figure_and_says_what_it_is_not(maker: Client, sent: dict[str, Any]):
    page = maker.get(f"/models/{GTIN}/carbon")
    assert page.status_code == 200
    for text in (
        "No verified declaration", "method are pending", ">0.0804<", "0.080444", "3620",
        "Declared beside calculated",
        "200\u00a0t·km", "400 kg × 500 km ÷ 1000", "÷ 3000 batteries", "own", "material.al", "cited",
        "50 kWh × 1000 cycles × 90 % average capacity", "test-set", factor_set().digest, "±\u00a012.2\u00a0%",
        sent["recordId"], "Declared value counts where there is one",
    ):  # fmt: skip
        assert text in page.text, text
    models = maker.get("/carbon").text
    assert f'href="/models/{GTIN}/carbon"' in models
    assert "<strong>0.0804</strong>" in models


def test_without_activity_data_the_page_says_what_to_send(maker: Client):
    page = maker.get(f"/models/{GTIN}/carbon")
    assert page.status_code == 200
    assert "No activity data yet" in page.text
    assert "carbon-activity" in page.text


def test_an_unknown_model_is_not_found_and_a_wrong_number_is_told(maker: Client, client: Client):
    assert maker.get(f"/models/{OTHER_GTIN}/carbon").status_code == 404
    assert maker.get("/models/123/carbon").status_code == 400
    assert client.get(f"/api/v1/models/{OTHER_GTIN}/carbon", headers=BEARER).status_code == 404


def test_the_draft_leads_to_it(maker: Client):
    assert f'href="/models/{GTIN}/carbon"' in maker.get(f"/drafts/{GTIN}/{factories.SERIAL}").text


def test_the_api_tells_the_same_with_every_term(client: Client, sent: dict[str, Any]):
    answer = client.get(f"/api/v1/models/{GTIN}/carbon", headers=BEARER)
    assert answer.status_code == 200
    [plant] = answer.get_json()["calculated"]
    assert (plant["record"], plant["plant"], plant["counts"]) == (sent["recordId"], "hall-1", "by-batch")
    result = plant["result"]
    assert result["total"] == {
        "kgCO2e": "3620", "kgCO2ePerKwh": "0.080444", "uncertaintyPercent": "12.2",
    }  # fmt: skip
    assert [len(stage["terms"]) for stage in result["stages"]] == [2, 1, 1, 2]
    assert result["factorSet"]["digest"] == factor_set().digest
    [declared] = answer.get_json()["declared"]
    assert declared["values"]["batteryCarbonFootprint"] == "40"


def rows(answer: TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_terms_come_as_csv_and_none_of_their_cells_runs(
    client: Client, maker: Client, line: Line, sent: dict[str, Any]
):
    details = whole()
    details["materials"][0]["name"] = "=cmd|' /C calc'!A0"
    line.send(factories.a_record("carbon-activity", {"gtin": GTIN}, START, details=details))
    by_api = client.get(f"/api/v1/models/{GTIN}/carbon.csv", headers=BEARER)
    by_page = maker.get(f"/models/{GTIN}/carbon.csv")
    assert by_api.data == by_page.data
    assert by_api.mimetype == "text/csv"
    found = rows(by_api)
    assert len(found) == 6
    assert sum(float(row["kgCO2e"]) for row in found) == 3620
    assert "'=cmd|' /C calc'!A0" in [row["name"] for row in found]
    assert all(not row["name"].startswith("=") for row in found)


def test_markup_in_a_name_stays_text(maker: Client, line: Line, sent: dict[str, Any]):
    details = whole()
    details["materials"][0]["name"] = "<script>alert(1)</script>"
    line.send(factories.a_record("carbon-activity", {"gtin": GTIN}, START, details=details))
    assert "<script>alert(1)" not in maker.get(f"/models/{GTIN}/carbon").text


def test_an_empty_csv_has_its_header(client: Client):
    assert client.get(f"/api/v1/models/{GTIN}/carbon.csv", headers=BEARER).text.count("\r\n") == 1


def test_the_schema_of_a_record_takes_activity_data(client: Client, sent: dict[str, Any]):
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    schema = client.get("/api/v1/openapi.json").get_json()["components"]["schemas"]["Record"]
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(sent)] == []
    sent["details"]["materials"][0]["mass"] = 100
    assert not validator.is_valid(sent)
