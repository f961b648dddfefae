"""Passports that others wrote, by page and API: looked at first, then taken in; what is wrong is told."""

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from werkzeug.test import TestResponse

from app.web import openapi
from tests.installation import ORIGIN, TOKEN
from tests.web import multipart
from tests.web.conftest import Client

PLACE = Path(__file__).resolve().parents[1] / "vectors" / "imports"
DOCUMENT = (PLACE / "batterypass-ready-ev.json").read_bytes()
NAMELESS = (PLACE / "battery-pass-1.2.0.json").read_bytes()


@pytest.fixture
def start() -> str:
    return "bare"


def send(client: Client, data: bytes, **query: str) -> TestResponse:
    return client.post(
        "/api/v1/intake/imports", query_string=query, data=data,
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )  # fmt: skip


def test_the_api_looks_then_takes_then_knows(client: Client):
    told = []
    for query, status, state in (
        ({"dryRun": "true"}, 200, "planned"),
        ({}, 201, "accepted"),
        ({}, 200, "repeated"),
    ):
        answer = send(client, DOCUMENT, name="ev.json", **query)
        assert answer.status_code == status
        found = answer.get_json()
        assert [row["state"] for row in found["records"]] == [state] * 3
        told.append(found)
    assert told[0]["mapped"] == told[1]["mapped"] == told[2]["mapped"]
    assert told[0]["counts"]["refused"] == told[0]["counts"]["unknown"] == 0
    described = openapi.document(ORIGIN)
    schema = {"$ref": "#/components/schemas/Import", "components": described["components"]}
    for found in told:
        jsonschema_rs.validator_for(schema).validate(found)


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (NAMELESS, 422, "names no GTIN"),
        (b'{"a": 1, "a": 2}', 400, "stands twice"),
        (b"[" * 5000, 400, "nested more than"),
        (b'{"a": NaN}', 400, "NaN"),
        (b'{"hello": "world"}', 422, "none of the formats"),
        (b" " * 5_000_000, 413, ""),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(client: Client, data: bytes, status: int, said: str):
    answer = send(client, data)
    assert answer.status_code == status
    assert said in answer.get_json()["detail"]


def test_a_document_needs_a_token_and_its_type(client: Client):
    assert client.post("/api/v1/intake/imports", data=DOCUMENT).status_code == 401
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/plain"}
    assert client.post("/api/v1/intake/imports", data=DOCUMENT, headers=headers).status_code == 415


def form_of(page: str) -> dict[str, Any]:
    """The hidden fields of the form that takes a document in."""
    return dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page))


def test_the_page_looks_then_takes_without_script(client_of: Callable[[str], Client]):
    maker = client_of("maker")
    fields: dict[str, Any] = form_of(maker.get("/imports").text)
    fields |= {"file": (io.BytesIO(DOCUMENT), "ev.json"), "action": "look", "gtin": "", "serial": ""}
    looked = maker.post("/imports", data=fields, content_type="multipart/form-data")
    assert looked.status_code == 200
    assert "BatteryPass-Ready 1.0" in looked.text
    assert "431.500 kg" in looked.text
    assert "from g to kg" in looked.text
    fields = form_of(looked.text)
    assert base64.b64decode(fields["document"]) == DOCUMENT
    taken = maker.post(
        "/imports", data={**fields, "action": "take", "plant": "hall-1"}, content_type="multipart/form-data"
    )
    assert taken.status_code == 200
    assert 'chip--good">stored' in taken.text
    assert maker.get("/drafts/09506000134352/RDY-5521").status_code == 200


def test_what_the_page_cannot_take_is_told_and_can_be_tried_again(client_of: Callable[[str], Client]):
    maker = client_of("maker")
    token = form_of(maker.get("/imports").text)["csrf_token"]
    for fields, said in (
        ({"file": (io.BytesIO(NAMELESS), "a.json")}, "names no GTIN"),
        ({"file": (io.BytesIO(b"<html>"), "a.html")}, "no JSON"),
        ({"document": "%%%"}, "did not come back whole"),
        ({}, "Choose a file"),
    ):
        answer = maker.post(
            "/imports", data={"csrf_token": token, "action": "look", "serial": "T-1", **fields},
            content_type="multipart/form-data",
        )  # fmt: skip
        assert answer.status_code == 422
        assert said in answer.text
        assert 'value="T-1"' in answer.text


def test_a_document_that_is_too_long_for_the_page_is_not_cut(client_of: Callable[[str], Client]):
    maker = client_of("maker")
    token = form_of(maker.get("/imports").text)["csrf_token"]
    fields = [("csrf_token", token), ("action", "look")]
    form = multipart.body(fields, "file", "long.json", DOCUMENT + b" " * 4_194_304)
    answer = maker.post("/imports", data=form, content_type=multipart.CONTENT_TYPE)
    assert answer.status_code == 422
    assert "bytes are taken here" in answer.text


@pytest.mark.parametrize("role", ["public", "service", "recycler", "authority", "admin"])
def test_only_the_maker_imports(client_of: Callable[[str], Client], role: str):
    reader = client_of(role)
    wanted = 401 if role == "public" else 403
    token = "" if role == "public" else form_of(reader.get("/account").text)["csrf_token"]
    fields = {"csrf_token": token, "action": "look", "document": base64.b64encode(DOCUMENT).decode()}
    answers = [reader.get("/imports"), reader.post("/imports", data=fields)]
    assert [answer.status_code for answer in answers] == [wanted, wanted]
    assert "too old" not in answers[1].text  # it is the role that is refused, not the form
