"""The description and the API held against each other by schemathesis: every operation is sent what the
description allows and what it does not, and each answer must be one that is described.

The seed is fixed, so a run is like the one before. `EXAMPLES` bounds the time.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.test import TestResponse

from app.web import openapi
from tests import epcis
from tests.core.mes import TOML
from tests.factories import GTIN, SERIAL
from tests.installation import ORIGIN, START, TOKEN, rows
from tests.line import Line
from tests.web.conftest import Client

EXAMPLES: Final = 10
OF_AN_ANSWER: Final = [status_code_conformance, content_type_conformance, response_schema_conformance]
TOLD_IN_THE_ANSWER: Final = {
    "/api/v1/intake/records": "each of many records has its refusal in the answer",
    "/api/v1/verify": "what is no credential gets a report",
    "/epcis/capture": "a refused event is told by the job",
}
"""Operations that answer with success and tell in it what is wrong."""


def bytes_of(_context: Any, value: Any) -> bytes:
    """A body of a type that is no JSON by its name."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


OF_TEXT: Final = (
    "application/x-ndjson", "application/vc", "application/vc+jwt", "application/toml", "text/csv",
)  # fmt: skip
for media_type in OF_TEXT:
    schemathesis.serializer(media_type)(bytes_of)


def operations() -> Iterator[Any]:
    """Path, method and mode. What has no body and takes any text as a parameter cannot be asked wrongly."""
    for path, methods in openapi.document(ORIGIN)["paths"].items():
        for method, operation in methods.items():
            forms = [parameter["schema"] for parameter in operation.get("parameters", ())]
            modes = list(GenerationMode)
            if "requestBody" not in operation and all(form == {"type": "string"} for form in forms):
                modes = [GenerationMode.POSITIVE]
            for mode in modes:
                yield pytest.param(path, method, mode, id=f"{method} {path} {mode.value}")


@pytest.mark.parametrize(("path", "method", "mode"), list(operations()))
def test_an_operation_answers_as_described(app: Flask, path: str, method: str, mode: GenerationMode):
    described = schemathesis.openapi.from_dict(openapi.document(ORIGIN))
    described.app = app
    # What is well formed may still be wrong: a GTIN has a check digit, a record names attributes.
    not_asked = [positive_data_acceptance]
    if path in TOLD_IN_THE_ANSWER:
        not_asked.append(negative_data_rejection)

    @hypothesis.seed(20261124)
    @hypothesis.settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=described[path][method].as_strategy(generation_mode=mode))
    def sent(case: Any) -> None:
        case.call_and_validate(
            base_url=ORIGIN, headers={"Authorization": f"Bearer {TOKEN}"}, excluded_checks=not_asked
        )

    sent()


@pytest.fixture
def known(client: Client, line: Line, uuid: str, send: Callable[..., TestResponse]) -> dict[str, Any]:
    """A value of each path parameter that leads to something."""
    token = {"Authorization": f"Bearer {TOKEN}"}
    captured = client.post(
        "/epcis/capture", data=epcis.body(epcis.commissioning(START)),
        headers=token | {"Content-Type": "application/json"},
    )  # fmt: skip
    credential = client.get(f"/passports/{uuid}/sections/public").get_json(force=True)
    status = credential["credentialStatus"]
    entry = status[0] if isinstance(status, list) else status
    saved = client.post("/api/v1/mappings", data=TOML, headers=token | {"Content-Type": "application/toml"})
    return {
        "mapping_name": saved.get_json()["name"],
        "gtin": GTIN,
        "serial": SERIAL,
        "uuid": uuid,
        "kind": "pack",
        "version": 1,
        "name": entry["statusListCredential"].rpartition("/")[2],
        "quarantine_id": send(b"[").get_json()["quarantine"],
        "capture_id": captured.get_json()["captureID"],
        "record_id": rows(line.ctx.engine, "intake_records")[0]["record_id"],
    }


def test_what_is_there_is_told_as_described(
    app: Flask, client_of: Callable[[str], Client], known: dict[str, Any]
):
    """Made up addresses lead nowhere; these lead to a thing of each kind."""
    described = schemathesis.openapi.from_dict(openapi.document(ORIGIN))
    described.app = app
    reader = client_of("maker")
    for path, methods in openapi.document(ORIGIN)["paths"].items():
        names = re.findall(r"{([a-z_]+)}", path)
        if "get" not in methods or not names or path == "/files/{digest}":
            continue  # (a file is read through the passport that links to it)
        section = {"section": "composition" if path.startswith("/models/") else "public"}
        places = {name: (known | section)[name] for name in names}
        response = reader.get(path.format(**places), headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code < 400, f"{path}: {response.status_code} {response.text}"
        case = described[path]["get"].Case(path_parameters=places)
        case.validate_response(response, checks=OF_AN_ANSWER)
