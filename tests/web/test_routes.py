"""Every route says who may call it; printed addresses stay; the description of the API is whole and true."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.core.access import Permission
from app.web.openapi_parts import PLANT
from tests import factories
from tests.factories import GTIN, SERIAL
from tests.installation import OTHER_TOKEN, START, TOKEN
from tests.line import Line
from tests.web.conftest import Client

PROMISED = json.loads((Path(__file__).resolve().parents[1] / "routes.json").read_text())
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


def rules(app: Flask) -> list[tuple[str, str, Any]]:
    """(method, rule, view) of each route."""
    return [
        (method, rule.rule, app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_every_route_states_a_permission(app: Flask):
    silent = [(method, rule) for method, rule, view in rules(app) if not hasattr(view, "permission")]
    assert silent == []
    assert all(isinstance(view.permission, Permission) for _, _, view in rules(app))


def test_whatever_changes_something_needs_a_right(app: Flask):
    open_changes = {
        (method, rule)
        for method, rule, view in rules(app)
        if method in CHANGES and view.permission == Permission.READ_PUBLIC
    }
    # signing in, by a machine as well, and judging what was sent along: none changes a battery
    assert open_changes == {
        ("POST", "/sign-in"), ("POST", "/verify"), ("POST", "/api/v1/verify"), ("POST", "/oauth/token"),
        ("POST", "/oauth/revoke"),
    }  # fmt: skip


def test_a_promised_address_is_still_there(app: Flask):
    present = {f"{method} {re.sub(r'<(?:[a-z]+:)?', '<', rule)}" for method, rule, _ in rules(app)}
    assert set(PROMISED) <= present, "a printed or linked address must lead somewhere: add a redirect"


def test_every_address_is_promised(app: Flask):
    present = {f"{method} {re.sub(r'<(?:[a-z]+:)?', '<', rule)}" for method, rule, _ in rules(app)}
    assert sorted(present) == PROMISED, "add the new address to tests/routes.json"


def test_a_route_refuses_whoever_lacks_its_permission(
    app: Flask, client_of: Callable[[str], Client], uuid: str
):
    places = {
        "uuid": uuid,
        "gtin": GTIN,
        "serial": SERIAL,
        "quarantine_id": "x",
        "plant_id": "hall-1",
        "record_id": "x",
        "capture_id": "x",
        "kind": "pack",
        "section": "use",
        "version": "1",
        "name": "mes",
        "mapping_name": "mes",
    }
    guarded = [
        (method, rule, view) for method, rule, view in rules(app) if view.permission != Permission.READ_PUBLIC
    ]
    assert len(guarded) >= 11
    for method, rule, view in guarded:
        path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", lambda match: places[match[1]], rule)
        for_machines = path.startswith(("/api/", "/epcis/"))
        for role in ("public", "admin", "recycler"):
            if view.permission == Permission.SIGNED_IN and role != "public":
                continue
            answer = client_of(role).open(path, method=method)
            assert answer.status_code == (401 if role == "public" or for_machines else 403), (role, path)


def test_a_change_by_get_is_not_offered(app: Flask, client_of: Callable[[str], Client], uuid: str):
    for path in ("/sign-out", f"/passports/{uuid}/revocation", "/api/v1/intake/records"):
        assert client_of("maker").get(path).status_code == 405


# --- the description


@pytest.fixture
def described(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").get_json()
    return found


def operations(described: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def test_the_description_covers_every_route_of_the_api_and_invents_none(
    app: Flask, described: dict[str, Any]
):
    routes = {(method, re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule)) for method, rule, _ in rules(app)}
    told = set(operations(described))
    assert {route for route in routes if route[1].startswith(("/api/", "/epcis/"))} <= told
    aliases = {("GET", "/01/{gtin}/21/{serial}"): ("GET", "/01/{rest}")}
    assert {aliases.get(route, route) for route in told} <= routes


def test_what_the_description_secures_is_what_the_routes_guard(app: Flask, described: dict[str, Any]):
    views = {
        (method, re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule)): view for method, rule, view in rules(app)
    }
    for place, operation in operations(described).items():
        if place in views and place[1].startswith(("/api/", "/epcis/")):
            secured = operation.get("security") == PLANT
            assert secured == (views[place].permission == Permission.SEND_RECORDS), place


def test_operations_have_names_of_their_own_and_every_reference_leads_somewhere(described: dict[str, Any]):
    names = [operation["operationId"] for operation in operations(described).values()]
    assert len(names) == len(set(names))
    record = described["components"]["schemas"]["Record"]  # a document of its own, by its $id
    assert record["$id"]
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(described)):
        found: Any = record if reference.startswith("$defs/") else described
        for part in reference.split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]


def test_the_schema_of_a_record_takes_what_the_intake_takes(described: dict[str, Any]):
    validator = jsonschema_rs.Draft202012Validator(described["components"]["schemas"]["Record"])
    for record in (*factories.a_whole_pack(START), factories.withdrawal_record(START)):
        assert [error.message for error in validator.iter_errors(record)] == []
    assert not validator.is_valid(factories.pack_record(START) | {"colour": "blue"})


def test_every_example_in_the_description_is_taken(
    described: dict[str, Any], send: Callable[..., TestResponse]
):
    examples = described["components"]["schemas"]["Record"]["examples"]
    assert len(examples) >= 3
    for example in examples:
        assert send(example | {"sentAt": "2026-11-24T12:00:00Z"}).status_code == 201, example


def test_answers_are_as_described(
    client: Client, described: dict[str, Any], send: Callable[..., TestResponse], line: Line
):
    schemas = described["components"]["schemas"]

    def fits(name: str, document: Any) -> None:
        validator = jsonschema_rs.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        )
        assert [error.message for error in validator.iter_errors(document)] == []

    plant = {"Authorization": f"Bearer {TOKEN}"}
    fits("Answer", send(factories.pack_record(START, "S1")).get_json())
    fits("Answer", send(factories.batch_record(START)).get_json())
    fits("Problem", send(b"[").get_json())
    fits("Answers", send(b"[{}]").get_json())
    fits("Draft", client.get(f"/api/v1/drafts/{GTIN}/S1", headers=plant).get_json())
    fits("Quarantine", client.get("/api/v1/quarantine", headers=plant).get_json())
    body = client.get(f"/passports/{line.battery().passport_uuid}/sections/public").data
    report = client.post("/api/v1/verify", data=body, headers={"Content-Type": "application/vc"})
    fits("Report", report.get_json())
    assert report.get_json()["verdict"] == "valid"


@pytest.mark.parametrize("form", ["", "jwt"])
def test_a_proof_of_the_log_is_judged_beside_its_credential(client: Client, line: Line, form: str):
    path = f"/passports/{line.battery().passport_uuid}/sections/public"
    accept = {"Accept": "application/vc+jwt"} if form else {}
    data = client.get(path, headers=accept).data
    proof = client.get(f"{path}/1/log-proof", query_string={"form": form} if form else {}).data

    def log_of(**parts: object) -> dict[str, Any]:
        report = client.post("/api/v1/verify", data=parts, content_type="multipart/form-data").get_json()
        return next(check for check in report["checks"] if check["name"] == "log")

    assert log_of(credential=data.decode(), logProof=proof.decode())["outcome"] == "passed"
    assert log_of(credential=data.decode())["outcome"] == "not-checked"
    as_files = {"credential": (io.BytesIO(data), "a.json"), "logProof": (io.BytesIO(b"\xff"), "a.txt")}
    assert log_of(**as_files)["error"] == "LOG_PROOF_INVALID"
    lacking = client.post("/api/v1/verify", data={"logProof": "x"}, content_type="multipart/form-data")
    assert (lacking.status_code, lacking.get_json()["pointer"]) == (422, "/credential")


def test_another_plants_quarantine_cannot_be_told_from_none(
    client: Client, send: Callable[..., TestResponse]
):
    quarantine_id = send(b"[").get_json()["quarantine"]
    stranger = {"Authorization": f"Bearer {OTHER_TOKEN}"}
    answers = set()
    for name in (quarantine_id, "00000000-0000-4000-8000-000000000000"):
        shown = client.get(f"/api/v1/quarantine/{name}", headers=stranger)
        replayed = client.post(f"/api/v1/quarantine/{name}/replay", headers=stranger)
        answers |= {
            (shown.status_code, shown.get_json()["detail"]),
            (replayed.status_code, replayed.get_json()["title"]),
        }
    assert {status for status, _ in answers} == {404}
    assert len(answers) == 2
