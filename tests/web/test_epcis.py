"""The capture interface over HTTP: codes, headers and sizes as EPCIS 2.0 and the house have them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.core.epcis_document import CONTEXTS, MAX_BYTES, MAX_EVENTS
from app.web.openapi_epcis import EXAMPLE
from tests.epcis import a_document, an_event, body, commissioning, item
from tests.installation import OTHER_TOKEN, START, TOKEN
from tests.web.conftest import Client

Capture = Callable[..., TestResponse]


@pytest.fixture
def capture(client: Client) -> Capture:
    def sent(
        data: bytes, token: str = TOKEN, kind: str = "application/ld+json", **headers: str
    ) -> TestResponse:
        given = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post("/epcis/capture", data=data, headers=given)

    return sent


def told(client: Client, path: str, token: str = TOKEN) -> TestResponse:
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_document_is_answered_with_the_address_of_its_job(client: Client, capture: Capture):
    answer = capture(body(commissioning(START)), GS1_EPCIS_Version="2.0.0")
    assert answer.status_code == 202
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    assert answer.headers["GS1-Capture-Error-Behaviour"] == "rollback"
    job = told(client, answer.headers["Location"])
    assert job.get_json() == answer.get_json()
    assert (job.get_json()["running"], job.get_json()["success"]) == (False, True)
    assert told(client, answer.headers["Location"], OTHER_TOKEN).status_code == 404


@pytest.mark.parametrize(
    "kind", ["application/json", "application/ld+json", "application/json; charset=utf-8"]
)
def test_one_event_may_be_sent_alone(capture: Capture, kind: str):
    event = {"@context": CONTEXTS[0]} | commissioning(START)
    assert capture(json.dumps(event).encode(), kind=kind).get_json()["captured"] == 1


def test_the_errors_of_a_job_are_problems(capture: Capture):
    answer = capture(body(an_event(START, epcList=["P1"])), GS1_Capture_Error_Behaviour="proceed")
    (error,) = answer.get_json()["errors"]
    assert error["type"] == "https://passports.example/problems/malformed-input"
    assert (error["status"], error["event"], error["rule"]) == (422, 1, "uri")
    assert error["pointer"] == "/epcisBody/eventList/0/epcList/0"


def test_the_example_of_the_description_is_taken(capture: Capture):
    assert capture(json.dumps(EXAMPLE).encode()).get_json()["errors"] == []


@pytest.mark.parametrize(
    ("changes", "status", "rule"),
    [
        ({"@context": "https://evil.example/context.jsonld"}, 422, "context"),
        ({"@context": {"gs1": "https://gs1.org/voc/"}}, 422, "context"),
        ({"@context": [CONTEXTS[0], {"epcList": {"@id": "urn:x:y"}}]}, 422, "context"),
        ({"@context": None}, 422, "context"),
        ({"type": "EPCISQueryDocument"}, 422, "document-type"),
        ({"schemaVersion": "1.2"}, 422, "version"),
        ({"schemaVersion": 2.0}, 422, "version"),
        ({"epcisHeader": {}}, 422, "header"),
        ({"eventList": []}, 422, "unknown-member"),
        ({"epcisBody": {"eventList": []}}, 422, "not-empty"),
        ({"epcisBody": {"queryResults": {}}}, 422, "type"),
        ({"epcisBody": {"eventList": [{}] * (MAX_EVENTS + 1)}}, 413, None),
    ],
)
def test_what_is_no_document_is_refused_at_once(
    client: Client, capture: Capture, changes: dict[str, Any], status: int, rule: str | None
):
    answer = capture(json.dumps(a_document(commissioning(START), **changes)).encode())
    assert (answer.status_code, answer.get_json().get("rule")) == (status, rule)
    assert told(client, "/epcis/capture").get_json() == []


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"[]", 422),
        (b"{" * 100_000, 400),
        (b'{"type":"ObjectEvent","type":"ObjectEvent"}', 400),
        (b'{"type":"ObjectEvent","a:b":' + b"[" * 40 + b"]" * 40 + b"}", 400),
        (b'{"a":"' + b"x" * MAX_BYTES + b'"}', 413),
    ],
)  # fmt: skip
def test_hostile_bytes_are_refused_at_once(capture: Capture, data: bytes, status: int):
    assert capture(data).status_code == status


def test_a_document_larger_than_a_record_is_taken(capture: Capture):
    events = [
        an_event(START, epcList=[f"urn:cell:{number}:{at}" for at in range(800)]) for number in range(70)
    ]
    data = body(*events)
    assert len(data) > 1_048_576
    assert capture(data).get_json()["captured"] == 70


def test_a_document_about_more_items_than_one_transaction_takes_is_refused(client: Client, capture: Capture):
    many = [commissioning(START, *(f"S{number}-{at}" for at in range(1_000))) for number in range(10)]
    assert capture(body(*many)).status_code == 413
    assert told(client, "/epcis/capture").get_json() == []


@pytest.mark.parametrize(
    "change",
    [
        {"epcList": [item(f"S{number}") for number in range(1_001)]},
        {"epcList": [item(), "urn:epc:id:sgtin:9506000.013435.P0001"]},
        {"quantityList": [{"epcClass": "urn:x:y", "quantity": 0}]},
        {"quantityList": [{"epcClass": "urn:x:y", "quantity": 10**12}]},
        {"quantityList": [{"epcClass": "urn:x:y", "quantity": 1, "unit": "KGM"}]},
        {"eventTime": "2026-11-24T12:00:00"},
        {"eventTimeZoneOffset": None},
        {"eventID": "not a uri"},
        {"eventID": 7},
        {"action": "OBSERVED"},
        {"epcLst": [item()]},
        {"readPoint": "urn:x:y"},
        {"sensorElementList": [{"sensorReport": {}}]},
        {"errorDeclaration": {"declarationTime": "2020-01-01T00:00:00Z"}},
        {"epcList": None},
        {"type": "AssociationEvent", "epcList": None, "childEPCs": ["urn:x:y"]},
        {"type": "TransformationEvent", "action": None, "epcList": None, "outputEPCList": ["urn:x:y"]},
    ],
)
def test_an_event_that_breaks_a_rule_is_named_with_its_place(capture: Capture, change: dict[str, Any]):
    event = {name: value for name, value in (commissioning(START) | change).items() if value is not None}
    answer = capture(body(event))
    assert answer.status_code == 202
    (error,) = answer.get_json()["errors"]
    assert error["event"] == 1
    assert error["rule"]


def test_who_may_not_send_is_told_so(client: Client, capture: Capture):
    assert capture(body(commissioning(START)), token="nobody-knows-this-token").status_code == 401
    answer = client.post("/epcis/capture", data=b"{}", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_is_not_spoken_here_is_told_so(capture: Capture):
    data = body(commissioning(START))
    assert capture(data, kind="application/xml").status_code == 415
    assert capture(data, Content_Encoding="gzip").status_code == 415
    assert capture(data, GS1_EPCIS_Version="1.2").status_code == 406
    assert capture(data, GS1_Capture_Error_Behaviour="ignore").status_code == 400


def test_jobs_are_told_page_by_page(client: Client, capture: Capture):
    made = {
        capture(body(an_event(START, epcList=[f"urn:cell:{number}"]))).get_json()["captureID"]
        for number in range(3)
    }
    first = told(client, "/epcis/capture?perPage=2")
    following = first.headers["Link"].removeprefix("<").partition(">")[0]
    second = told(client, following)
    assert "Link" not in second.headers
    assert {job["captureID"] for job in first.get_json() + second.get_json()} == made
    for query in ("perPage=0", "perPage=x", "perPage=101", "nextPageToken=x"):
        assert told(client, f"/epcis/capture?{query}").status_code in (400, 422)
