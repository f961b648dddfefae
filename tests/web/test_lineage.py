"""Where values come from is the maker's alone: on its pages, by its plants' tokens, and nowhere else."""

from collections.abc import Callable

import pytest

from app.core.sections import ROLES
from app.services import intake
from app.services.context import Context
from app.services.intake import Source
from tests import factories
from tests.factories import pack_record
from tests.installation import OTHER_TOKEN, START, TOKEN
from tests.line import Line
from tests.web.conftest import Client

HIDDEN = "hidden-way.csv, row 7"
"""How the newest record came in: what nobody but the maker may see."""


@pytest.fixture
def sent(ctx: Context, line: Line) -> str:
    """A pack that came by file, issued; the id of its record."""
    record = pack_record(START, "WAY-1", values=factories.owed_values("item"))
    intake.accept(ctx, line.plant, factories.body(record), source=Source("file", HIDDEN, "mes:3"))
    line.send(factories.release_record(START, "WAY-1"))
    assert line.state("WAY-1") == "issued"
    return str(record["recordId"])


def plant(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_makers_page_tells_door_row_mapping_and_leads_to_the_record(
    client_of: Callable[[str], Client], line: Line, sent: str
):
    maker, uuid = client_of("maker"), line.battery("WAY-1").passport_uuid
    for path in (f"/passports/{uuid}", f"/passports/{uuid}/lineage"):
        page = maker.get(path)
        assert f'href="/records/{line.plant.id}/{sent}"' in page.text, path
        assert HIDDEN in page.text, path
        assert "mes:3" in page.text, path
        assert page.headers["Cache-Control"] == "private, no-store"
    text = maker.get(f"/records/{line.plant.id}/{sent}").text
    assert "&#34;recordId&#34;" in text
    assert HIDDEN in text


@pytest.mark.parametrize("role", sorted(ROLES.keys() - {"maker"}))
def test_nobody_but_the_maker_learns_how_a_value_came_in(
    client_of: Callable[[str], Client], line: Line, sent: str, role: str
):
    uuid = line.battery("WAY-1").passport_uuid
    client_of("maker").get(f"/passports/{uuid}")  # fills whatever is kept
    client_of("maker").get(f"/passports/{uuid}/lineage")
    other = client_of(role)
    for path in (f"/passports/{uuid}", f"/passports/{uuid}?at=2026-11-24", f"/passports/{uuid}/history"):
        page = other.get(path)
        assert page.status_code == 200
        for word in (HIDDEN, sent, "Where each value comes from", line.plant.id):
            assert word not in page.text, (path, word)
    for path in (
        f"/passports/{uuid}/lineage",
        f"/passports/{uuid}/lineage.csv",
        f"/passports/{uuid}/lineage.json",
        f"/records/{line.plant.id}/{sent}",
    ):
        assert other.get(path).status_code == (401 if role == "public" else 403), path


def test_a_plant_asks_with_its_token_by_section_and_version(client: Client, line: Line, sent: str):
    uuid = line.battery("WAY-1").passport_uuid
    path = f"/api/v1/passports/{uuid}/lineage"
    whole = client.get(path, headers=plant()).get_json()
    assert {"public", "composition"} < {part["section"] for part in whole["sections"]}
    (part,) = client.get(f"{path}?section=public&version=1", headers=plant()).get_json()["sections"]
    assert (part["version"], part["newest"], part["noted"]) == (1, True, True)
    origins = [record["origin"] for value in part["values"] for record in value["records"]]
    assert HIDDEN in origins
    assert client.get(path).status_code == 401
    for query in ("section=nothing", "version=1", "section=public&version=2", "section=public&version=x"):
        assert client.get(f"{path}?{query}", headers=plant()).status_code == 404, query
    rows = client.get(f"{path}.csv", headers=plant())
    assert rows.mimetype == "text/csv"
    assert HIDDEN in rows.text


def test_a_record_is_given_to_the_plant_that_sent_it_alone(client: Client, line: Line, sent: str):
    path = f"/api/v1/records/{sent}"
    found = client.get(path, headers=plant()).get_json()
    assert (found["record"], found["door"], found["origin"]) == (sent, "file", HIDDEN)
    assert client.get(path, headers=plant(OTHER_TOKEN)).status_code == 404


def test_a_draft_names_the_way_of_each_value_and_of_what_it_overruled(
    client: Client, client_of: Callable[[str], Client], line: Line
):
    first = pack_record(START, "WAY-2", values={"capacityFade": {"value": "1", "unit": "%"}})
    line.send(first)
    second = pack_record(START, "WAY-2", values={"capacityFade": {"value": "2", "unit": "%"}})
    line.send(second)
    draft = client.get(f"/api/v1/drafts/{factories.GTIN}/WAY-2", headers=plant()).get_json()
    (value,) = [one for one in draft["values"] if one["attribute"] == "capacityFade"]
    assert (value["record"], value["plant"], value["door"]) == (second["recordId"], line.plant.id, "rest")
    assert [one["record"] for one in draft["overruled"]] == [first["recordId"]]
    page = client_of("maker").get(f"/drafts/{factories.GTIN}/WAY-2").text
    for record in (first, second):
        assert f'href="/records/{line.plant.id}/{record["recordId"]}"' in page


def test_hostile_text_of_a_record_is_shown_as_text(
    client_of: Callable[[str], Client], ctx: Context, line: Line
):
    record = pack_record(START, "WAY-3", values=factories.owed_values("item"))
    way = "<script>alert(1)</script>{{7*7}}.csv, row 2"
    intake.accept(ctx, line.plant, factories.body(record), source=Source("file", way))
    for path in (f"/drafts/{factories.GTIN}/WAY-3", f"/records/{line.plant.id}/{record['recordId']}"):
        text = client_of("maker").get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
