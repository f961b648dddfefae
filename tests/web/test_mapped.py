"""A plant's own rows by REST, its mappings by API, and what was refused tried again together."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import scopes
from app.services import plants
from app.services.context import Context
from tests.core.mes import ROW, TOML, as_csv, mes
from tests.installation import OTHER_TOKEN, TOKEN, rows
from tests.web.conftest import Client

BEARER = {"Authorization": f"Bearer {TOKEN}"}
TWO = [ROW, ROW | {"Seriennummer": "EOL-0002", "Ergebnis": "NIO"}]
RECORDS = "/api/v1/intake/records?mapping=mes-end-of-line"


def save(client: FlaskClient, text: bytes = TOML, kind: str = "application/toml") -> TestResponse:
    return client.post("/api/v1/mappings", data=text, headers={**BEARER, "Content-Type": kind})


def post(client: FlaskClient, data: bytes, kind: str, address: str = RECORDS) -> TestResponse:
    return client.post(address, data=data, headers={**BEARER, "Content-Type": kind})


def mapped(ctx: Context) -> list[dict[str, Any]]:
    return [row for row in rows(ctx.engine, "intake_records") if row["mapping"] is not None]


def with_source(**source: Any) -> bytes:
    return json.dumps({**mes().document, "source": {**mes().document["source"], **source}}).encode()


def test_a_mapping_is_saved_once_listed_and_read_back_as_json_and_toml(client: FlaskClient):
    assert (save(client).status_code, save(client).status_code) == (201, 200)
    assert save(client, with_source(zone="UTC"), "application/json").get_json()["version"] == 2
    (entry,) = client.get("/api/v1/mappings", headers=BEARER).get_json()["mappings"]
    assert (entry["name"], entry["version"]) == ("mes-end-of-line", 2)
    found = client.get("/api/v1/mappings/mes-end-of-line?version=1", headers=BEARER).get_json()
    assert (found["mapping"], found["document"]) == ("mes-end-of-line:1", mes().document)
    assert [each["version"] for each in found["versions"]] == [2, 1]
    toml = client.get(
        "/api/v1/mappings/mes-end-of-line?version=1", headers={**BEARER, "Accept": "application/toml"}
    )
    assert save(client, toml.data).get_json()["version"] == 3  # the first one again, as the newest
    assert client.get("/api/v1/mappings/none", headers=BEARER).status_code == 404
    stranger = {"Authorization": f"Bearer {OTHER_TOKEN}"}
    assert client.get("/api/v1/mappings/mes-end-of-line", headers=stranger).status_code == 404


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        (b"name = ", "application/toml", 422),
        (b'{"name": "x"}', "application/json", 422),
        (TOML, "text/plain", 415),
    ],
)
def test_what_is_no_mapping_is_refused(client: FlaskClient, text: bytes, kind: str, status: int):
    assert save(client, text, kind).status_code == status


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/csv", as_csv(*TWO)),
        (
            "application/json",
            json.dumps(TWO).encode(),
        ),
        ("application/x-ndjson", b"\n".join(json.dumps(row).encode() for row in TWO)),
    ],
)
def test_rows_in_the_plants_own_shape_become_records(
    client: FlaskClient, ctx: Context, kind: str, text: bytes
):
    save(client)
    answer = post(client, text, kind)
    assert answer.status_code == 207
    told = answer.get_json()
    assert (told["accepted"], told["refused"], told["mapping"]) == (3, 0, "mes-end-of-line:1")
    first = told["records"][0]["record"]
    assert [entry["record"] - first for entry in told["records"]] == [0, 0, 1]
    assert {row["origin"].rpartition(":")[0] for row in mapped(ctx)} == {f"request {told['request']}"}
    assert post(client, text, kind).get_json()["repeated"] == 3


def test_a_body_that_is_another_kind_of_file_is_refused_whole(client: FlaskClient, ctx: Context):
    save(client)
    answer = post(client, b"A;B\n1;2\n", "text/csv")
    assert (answer.status_code, answer.get_json()["rule"]) == (422, "missing-column")
    assert post(client, b"", "text/plain").status_code == 415
    assert post(client, b"[]", "application/json", f"{RECORDS}-2").status_code == 404
    assert rows(ctx.engine, "quarantine") == []


def test_columns_that_are_passed_over_are_told(client: FlaskClient):
    save(client, with_source(unmapped="tell"), "application/json")
    assert post(client, as_csv(ROW | {"Neu": "1"}), "text/csv").get_json()["unmapped"] == ["Neu"]


def test_a_time_that_the_mapping_takes_from_the_file_comes_beside_the_rows(client: FlaskClient):
    text = TOML.replace(
        b'template = "{Datum} {Uhrzeit}", format = "DD.MM.YYYY HH:mm:ss"', b'file = "time"'
    ).replace(b'"Bemerkung"', b'"Bemerkung", "Uhrzeit"')
    save(client, text)
    refused = post(client, as_csv(ROW), "text/csv").get_json()["records"][0]["problem"]
    assert refused["rule"] == "file-time"
    told = post(client, as_csv(ROW), "text/csv", f"{RECORDS}&time=2026-11-24T11:00:00Z").get_json()
    assert told["accepted"] == 2
    assert post(client, b"", "text/csv", f"{RECORDS}&time=noon").status_code == 422


def test_rows_that_a_mapping_got_wrong_are_replayed_together(client: FlaskClient, ctx: Context):
    save(client, with_source(decimal=".", thousands=","), "application/json")
    post(client, as_csv(ROW, ROW | {"Seriennummer": "EOL-0002"}), "text/csv")
    listed = client.get("/api/v1/quarantine?mapping=mes-end-of-line", headers=BEARER).get_json()
    assert listed["count"] == 2
    assert client.get("/api/v1/quarantine?mapping=other", headers=BEARER).get_json()["count"] == 0
    entry = client.get(f"/api/v1/quarantine/{listed['records'][0]['id']}", headers=BEARER).get_json()
    assert json.loads(entry["body"]) in (ROW, ROW | {"Seriennummer": "EOL-0002"})
    save(client)

    def replay(**given: Any) -> TestResponse:
        return client.post("/api/v1/quarantine/replay", json=given, headers=BEARER)

    judged = replay(only={"mapping": "mes-end-of-line"}, dryRun=True).get_json()
    assert (judged["found"], judged["accepted"], judged["dryRun"]) == (2, 2, True)
    assert replay(only={"mapping": "mes-end-of-line:9"}).get_json()["found"] == 0
    done = replay(only={"rule": "number"}, mapping="mes-end-of-line:2").get_json()
    assert (done["accepted"], done["refused"], done["left"]) == (2, 0, 0)
    assert len(mapped(ctx)) == 4
    for wrong in ({}, {"only": []}, {"only": {"colour": "red"}}, {"only": {}, "dryRun": "yes"}):
        assert replay(**wrong).status_code == 422
    assert replay(only={}, mapping="none").status_code == 404


def test_the_page_tries_a_filter_first_and_replays_it_then(
    client_of: Callable[[str], Client], client: FlaskClient, ctx: Context
):
    maker = client_of("maker")
    save(client, with_source(decimal=".", thousands=","), "application/json")
    post(client, as_csv(ROW), "text/csv")
    save(client)
    page = maker.get("/quarantine?mapping=mes-end-of-line&rule=number").get_data(as_text=True)
    assert "Dry run on these 1" in page
    assert "Replay all of these" not in page
    form = {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0]}
    form["mapping"] = "mes-end-of-line"
    judged = maker.post("/quarantine/replay", data=form).get_data(as_text=True)
    assert "Dry run: nothing has changed" in judged
    assert "Replay all of these" in judged
    assert mapped(ctx) == []
    done = maker.post("/quarantine/replay", data={**form, "sure": "yes", "plant": "hall-1"})
    assert "Tried again" in done.get_data(as_text=True)
    assert len(mapped(ctx)) == 2
    assert "Nothing waits here" in maker.get("/quarantine").get_data(as_text=True)


def test_a_token_for_some_kinds_changes_no_mapping_that_makes_others(client: FlaskClient, ctx: Context):
    """Others of the plant send through the newest version: it is no way around the scope of a token."""

    def saved_with(scope: str, text: bytes) -> int:
        token = plants.add_token(ctx, "hall-1", scopes.parse(scope))
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return client.post("/api/v1/mappings", data=text, headers=headers).status_code

    whole = json.dumps(mes().document).encode()
    of_packs = json.dumps({**mes().document, "records": mes().document["records"][:1]}).encode()
    assert saved_with("send:pack", whole) == 403
    assert saved_with("send:pack send:release", whole) == 201
    assert saved_with("send:pack", of_packs) == 403
    assert saved_with("send", of_packs) == 201
