"""Refused records as pages: the place at fault is marked and mended, the bytes stay, plants stay apart."""

import json
import re
from collections.abc import Callable

import lxml.html
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.services.context import Context
from tests import factories
from tests.installation import OTHER_TOKEN, START, rows
from tests.web.conftest import Client

STRANGER = {"Authorization": f"Bearer {OTHER_TOKEN}"}
SECRET = "supplier-nobody-else-knows"


@pytest.fixture
def maker(client_of: Callable[[str], Client]) -> Client:
    return client_of("maker")


@pytest.fixture
def refused(send: Callable[..., TestResponse]) -> bytes:
    """The bytes of a record that waits in the quarantine of hall-1: its fade is said in ampere hours."""
    values = factories.owed_values("item")
    values["capacityFade"] = values["capacityFade"] | {"unit": "Ah", "source": SECRET}
    body = factories.body(factories.pack_record(START, "MEND-1", values=values))
    assert send(body).status_code == 422
    return body


def entry(ctx: Context) -> str:
    (found,) = [row["id"] for row in rows(ctx.engine, "quarantine") if row["settled"] is None]
    return str(found)


def form_of(page: TestResponse) -> dict[str, str]:
    return {"csrf_token": page.text.split('name="csrf_token" value="')[1].split('"')[0]}


def rule_path(rule: str, **known: str) -> str:
    """An address of a route, with what is known in its places."""
    return re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", lambda found: known.get(found[1], "MEND-1"), rule)


def test_the_place_at_fault_is_marked_and_mended_alone(maker: Client, ctx: Context, refused: bytes):
    path = f"/quarantine/{entry(ctx)}"
    page = maker.get(path)
    document = lxml.html.document_fromstring(page.text)
    assert document.xpath("//li[@class='source__fault']/code")[0].text == '      "unit": "Ah",'
    assert "per cent" in document.xpath("string(//p[@class='source__why'])")
    assert document.xpath("//input[@name='place']/@value") == [
        "/values/capacityFade/value", "/values/capacityFade/unit",
    ]  # fmt: skip
    original = maker.get(f"{path}/original")
    assert (original.data, original.mimetype) == (refused, "application/octet-stream")
    value, unit = document.xpath("//input[@name='value']/@value")
    places = document.xpath("//input[@name='place']/@value")
    form = {**form_of(page), "place": places, "as": document.xpath("//input[@name='as']/@value")}
    assert maker.post(f"{path}/replay", data={**form, "value": [value, "kWh"]}).status_code == 422
    again = f"/quarantine/{entry(ctx)}"
    assert again != path  # what was mended, and refused again, waits in its place
    assert unit == "Ah"
    assert maker.post(f"{again}/replay", data={**form, "value": [value, "%"]}).status_code == 303
    kept = next(row for row in rows(ctx.engine, "intake_records") if row["serial"] == "MEND-1")
    assert json.loads(kept["body"])["values"]["capacityFade"]["unit"] == "%"
    assert len(kept["body"]) == len(refused) - 1  # nothing else was written anew
    assert maker.get(f"{path}/original").data == refused


def test_a_form_that_was_sent_back_as_it_was_shown_replays_the_bytes_as_they_came(
    maker: Client, ctx: Context, refused: bytes
):
    assert refused
    path = f"/quarantine/{entry(ctx)}"
    page = maker.get(path)
    body = lxml.html.document_fromstring(page.text).xpath("//textarea/text()")[0]
    assert body.count("\n") > 20
    again = maker.post(f"{path}/replay", data={**form_of(page), "body": body.replace("\n", "\r\n")})
    assert again.status_code == 422
    assert f"/quarantine/{entry(ctx)}" == path


def test_another_plant_never_sees_what_was_refused(
    client: Client, maker: Client, app: Flask, ctx: Context, uuid: str, refused: bytes
):
    name, record_id = entry(ctx), json.loads(refused)["recordId"]
    places = [
        rule_path(str(rule), quarantine_id=name, record_id=record_id, gtin=factories.GTIN, uuid=uuid)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and str(rule).startswith(("/api/v1/", "/epcis/"))
    ]
    assert len(places) > 15
    for place in places:
        assert SECRET not in client.get(place, headers=STRANGER).text, place
    assert client.get("/api/v1/quarantine", headers=STRANGER).get_json()["count"] == 0
    for verb in ("replay", "dismissal"):
        answer = client.post(
            f"/api/v1/quarantine/{name}/{verb}", json={"reason": "not ours"}, headers=STRANGER
        )
        assert answer.status_code == 404
    tried = client.post("/api/v1/quarantine/replay", json={"only": {}}, headers=STRANGER)
    assert (tried.get_json()["found"], SECRET in tried.text) == (0, False)
    page = maker.get("/quarantine?plant=hall-2")
    assert "Nothing of this kind waits here" in page.text
    assert record_id not in page.text
    told = maker.post("/quarantine/replay", data={**form_of(maker.get("/quarantine")), "plant": "hall-2"})
    assert record_id not in told.text
    assert entry(ctx) == name
