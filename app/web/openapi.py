"""The API described: OpenAPI 3.1, from the same schemas that judge the requests. A test walks the routes."""

from functools import cache
from typing import Any, Final

from app.core.intake_schema import record_schema
from app.core.report import CHECK_NAMES
from app.core.vocabulary import ITEM_SECTIONS, MODEL_SECTIONS
from app.web import openapi_carbon
from app.web.openapi_history import AT, CORRECTION, HISTORY, REASON
from app.web.openapi_intake import ANSWERS, TAKE_RECORDS, TEMPLATE

Json = dict[str, Any]

PROBLEM: Final = "application/problem+json"


@cache
def document(origin: str) -> Json:
    """The whole description. Paths are as the routes have them."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Open Battery Passport",
            "version": "1",
            "description": "Records in, passports out. Times are UTC; numbers with units are decimal texts.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": origin}],
        "paths": {**_intake(), **openapi_carbon.PATHS, **_reading(), **_facts()},
        "components": {
            "securitySchemes": {
                "plant": {"type": "http", "scheme": "bearer", "description": "One token for each plant"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-session"},
            },
            "schemas": {
                "Record": record_schema(),
                "CarbonFootprint": openapi_carbon.SCHEMA,
                "Problem": _PROBLEM,
                "Report": _REPORT,
                "Answer": _ANSWER,
                "Answers": ANSWERS,
                "Draft": _DRAFT,
                "Quarantine": _QUARANTINE,
                "Correction": CORRECTION,
                "History": HISTORY,
            },
        },
    }


_TEXT: Final[Json] = {"type": "string"}
_PROBLEM: Final[Json] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "reference"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "instance": _TEXT,
        "reference": {"type": "string", "description": "Stands in the server's log too"},
        "pointer": {"type": "string", "description": "JSON pointer to the place"},
        "rule": _TEXT,
        "clause": {"type": "string", "description": "Where the rule comes from"},
        "missing": {"type": "array", "items": {"type": "object"}},
        "quarantine": {"type": "string", "description": "Where the refused record waits"},
    },
}
_REPORT: Final[Json] = {
    "type": "object",
    "required": ["verdict", "checks"],
    "properties": {
        "verdict": {"enum": ["valid", "invalid", "unknown"]},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"enum": list(CHECK_NAMES)},
                    "outcome": {"enum": ["passed", "failed", "not-checked"]},
                    "error": {"type": ["string", "null"]},
                    "sentence": _TEXT,
                },
            },
        },
        "ages": {"type": "object"},
        "issuer": {"type": "object"},
        "digestMultibase": _TEXT,
    },
}
_BATTERY: Final[Json] = {
    "type": "object",
    "properties": {
        "gtin": _TEXT,
        "serial": _TEXT,
        "state": {"enum": ["waiting-for-stamp", "incomplete", "issued", "suspended", "revoked"]},
        "draft": {"type": "string", "format": "uri"},
        "passport": {"type": "string", "format": "uri"},
        "missing": {"type": "array", "items": {"type": "object"}},
    },
}
_ANSWER: Final[Json] = {
    "type": "object",
    "required": ["recordId", "status", "receivedAt"],
    "properties": {
        "recordId": _TEXT,
        "status": {"const": "accepted"},
        "kind": _TEXT,
        "level": {"type": ["string", "null"]},
        "receivedAt": {"type": "string", "format": "date-time"},
        "late": {"type": "boolean"},
        "battery": _BATTERY,
        "issued": {"type": "array", "items": _BATTERY},
        "pending": {"type": "boolean", "description": "Stored; what follows is done later"},
    },
}
_DRAFT: Final[Json] = {
    "type": "object",
    "properties": {
        "gtin": _TEXT,
        "serial": _TEXT,
        "lot": {"type": ["string", "null"]},
        "category": {"type": ["string", "null"]},
        "state": {"enum": ["draft", "issued", "suspended", "revoked"]},
        "release": {"enum": ["none", "released", "withdrawn"]},
        "complete": {"type": "boolean"},
        "missing": {"type": "array", "items": {"type": "object"}},
        "findings": {"type": "array", "items": {"type": "object"}},
        "values": {"type": "array", "items": {"type": "object"}},
        "overruled": {"type": "array", "items": {"type": "object"}},
        "passport": {"type": "string", "format": "uri"},
    },
}
_QUARANTINE: Final[Json] = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "page": {"type": "integer"},
        "pages": {"type": "integer"},
        "records": {"type": "array", "items": {"type": "object"}},
    },
}


def _intake() -> Json:
    plant: list[Json] = [{"plant": []}]
    refusals = _problems(400, 401, 409, 413, 415, 422)
    quarantine_id = _path("quarantine_id")
    return {
        "/api/v1/intake/records": {
            "post": {
                "operationId": "takeRecord",
                **TAKE_RECORDS,
                "security": plant,
                "responses": {
                    "207": _json("One answer for each of many records", "Answers"),
                    "201": _json("Accepted, and durable", "Answer"),
                    "200": _json("Accepted before: the same answer", "Answer"),
                    **refusals,
                },
            }
        },
        "/api/v1/templates/{kind}.csv": {"get": TEMPLATE},
        "/api/v1/drafts/{gtin}/{serial}": {
            "get": {
                "operationId": "draft",
                "summary": "What is complete, what is missing, and which article asks for it",
                "security": plant,
                "parameters": [_path("gtin"), _path("serial")],
                "responses": {"200": _json("The draft", "Draft"), **_problems(400, 401, 404)},
            }
        },
        "/api/v1/quarantine": {
            "get": {
                "operationId": "quarantine",
                "summary": "Refused records that wait",
                "security": plant,
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}}],
                "responses": {"200": _json("Newest first", "Quarantine"), **_problems(401)},
            }
        },
        "/api/v1/quarantine/{quarantine_id}": {
            "get": {
                "operationId": "quarantined",
                "summary": "One refused record with its text",
                "security": plant,
                "parameters": [quarantine_id],
                "responses": {"200": _json("The record", None), **_problems(401, 404)},
            }
        },
        "/api/v1/quarantine/{quarantine_id}/replay": {
            "post": {
                "operationId": "replay",
                "summary": "Try a refused record again, as it was or with a mended body",
                "security": plant,
                "parameters": [quarantine_id],
                "requestBody": {**_body("application/json", "Record"), "required": False},
                "responses": {
                    "201": _json("Accepted", "Answer"),
                    "200": _json("Accepted before", "Answer"),
                    **refusals,
                    **_problems(404),
                },
            }
        },
        "/api/v1/quarantine/{quarantine_id}/dismissal": {
            "post": {
                "operationId": "dismiss",
                "summary": "Close a refused record that will never be accepted; it is kept with the reason",
                "security": plant,
                "parameters": [quarantine_id],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["reason"],
                                "additionalProperties": False,
                                "properties": {
                                    "reason": {"type": "string", "minLength": 3, "maxLength": 500}
                                },
                            },
                            "example": {"reason": "sent by a test bench"},
                        }
                    },
                },
                "responses": {"204": {"description": "Closed"}, **_problems(400, 401, 404, 415)},
            }
        },
        "/api/v1/passports/{uuid}/corrections": {
            "post": {
                "operationId": "correct",
                "summary": "Sign anew, with a reason, each section whose values differ from the records",
                "security": plant,
                "parameters": [_path("uuid")],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": REASON}},
                },
                "responses": {
                    "201": _json("What was signed", "Correction"),
                    "200": _json("Nothing differs, so nothing was signed", "Correction"),
                    **_problems(401, 403, 404, 409, 415, 422),
                },
            }
        },
        "/api/v1/passports/{uuid}/history": {
            "get": {
                "operationId": "history",
                "summary": "Versions and events, newest first, within the reader's rights",
                "security": [{}, {"session": []}],
                "parameters": [_path("uuid"), AT, _query("page")],
                "responses": {"200": _json("One page of the history", "History"), **_problems(400, 404)},
            }
        },
        "/api/v1/verify": {
            "post": {
                "operationId": "verify",
                "summary": "Judge a credential: the verdict stands in the body",
                "parameters": [
                    {
                        **_query("subject"),
                        "description": "Battery that it must be about: the label's link or (01)...(21)...",
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/vc": {"schema": {"type": "object"}},
                        "application/vc+jwt": {"schema": _TEXT},
                    },
                },
                "responses": {"200": _json("The report", "Report"), **_problems(400, 413, 415, 429, 503)},
            }
        },
        "/api/v1/openapi.json": {
            "get": {
                "operationId": "description",
                "summary": "This document",
                "responses": {"200": _json("OpenAPI 3.1", None)},
            }
        },
    }


def _reading() -> Json:
    item = {"schema": {"enum": list(ITEM_SECTIONS)}}
    model = {"schema": {"enum": list(MODEL_SECTIONS)}}
    item_or_then = {
        "schema": {"enum": [*ITEM_SECTIONS, *MODEL_SECTIONS]},
        "description": "With `at` also a section of the model, as it stood for this battery",
    }
    version = _path("version", {"type": "integer", "minimum": 1})
    return {
        "/01/{gtin}/21/{serial}": {
            "get": {
                "operationId": "resolve",
                "summary": "From the label to the passport: page or public section, by Accept",
                "parameters": [_path("gtin"), _path("serial")],
                "responses": {"307": {"description": "To the passport"}, **_problems(400, 404, 429)},
            }
        },
        "/passports/{uuid}/sections/{section}": {
            "get": _section("itemSection", [_path("uuid"), {**_path("section"), **item_or_then}, AT])
        },
        "/passports/{uuid}/sections/{section}/{version}": {
            "get": _section("itemSectionVersion", [_path("uuid"), {**_path("section"), **item}, version])
        },
        "/models/{gtin}/sections/{section}": {
            "get": _section("modelSection", [_path("gtin"), {**_path("section"), **model}])
        },
        "/models/{gtin}/sections/{section}/{version}": {
            "get": _section("modelSectionVersion", [_path("gtin"), {**_path("section"), **model}, version])
        },
    }


def _facts() -> Json:
    return {
        path: {"get": {"operationId": name, "summary": summary, "responses": {"200": _json(summary, None)}}}
        for path, name, summary in (
            ("/trust/root.json", "trustRoot", "Root keys of the trust list"),
            ("/trust/list.json", "trustList", "The signed trust list"),
            ("/.well-known/did.json", "didDocument", "The did:web document"),
            ("/healthz", "health", "Whether the service is up"),
        )
    } | {
        "/trust/roots/{version}.json": {
            "get": {
                "operationId": "trustRootVersion",
                "summary": "One version of the root keys: each is signed by the one before",
                "parameters": [_path("version", {"type": "integer", "minimum": 1})],
                "responses": {"200": _json("A trust root", None), **_problems(404)},
            }
        },
        "/status/{name}": {
            "get": {
                "operationId": "statusList",
                "summary": "A whole status list credential",
                "parameters": [_path("name")],
                "responses": {"200": _credential(), **_problems(404)},
            }
        },
    }


def _section(operation: str, parameters: list[Json]) -> Json:
    return {
        "operationId": operation,
        "summary": "The stored bytes of a signed section; restricted ones need a session with the right",
        "security": [{}, {"session": []}],
        "parameters": parameters,
        "responses": {
            "200": _credential(and_token=True),
            "304": {"description": "Unchanged since that ETag"},
            **_problems(400, 404),
        },
    }


def _credential(*, and_token: bool = False) -> Json:
    token: Json = {"application/vc+jwt": {"schema": _TEXT}} if and_token else {}
    return {
        "description": "A Verifiable Credential, in the form that Accept prefers; ETag is its digest",
        "content": {"application/vc": {"schema": {"type": "object"}}, **token},
    }


def _path(name: str, schema: Json | None = None) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema or _TEXT}


def _query(name: str) -> Json:
    return {"name": name, "in": "query", "schema": _TEXT}


def _ref(name: str | None) -> Json:
    return {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}


def _json(description: str, name: str | None) -> Json:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _body(media_type: str, name: str) -> Json:
    return {"required": True, "content": {media_type: {"schema": _ref(name)}}}


def _problems(*statuses: int) -> Json:
    return {
        str(status): {"description": "Refused", "content": {PROBLEM: {"schema": _ref("Problem")}}}
        for status in statuses
    }
