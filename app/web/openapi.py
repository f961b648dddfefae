"""The API described: OpenAPI 3.1, from the same schemas that judge the requests. A test walks the routes."""

from functools import cache
from typing import Final

from app.core.intake_schema import record_schema
from app.core.vocabulary import ITEM_SECTIONS, MODEL_SECTIONS
from app.web import (
    openapi_board,
    openapi_carbon,
    openapi_epcis,
    openapi_files,
    openapi_genealogy,
    openapi_imports,
    openapi_lineage,
    openapi_mapping,
    openapi_oauth,
    openapi_verifying,
)
from app.web.openapi_history import AT, CORRECTION, HISTORY, REASON
from app.web.openapi_intake import ANSWERS, TAKE_RECORDS, TEMPLATE, WORKBOOK
from app.web.openapi_parts import PLANT, TEXT, Json, answer, body, path, problems, query, ref


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
        "paths": _of_plants(
            {
                **_intake(),
                **openapi_oauth.PATHS,
                **openapi_files.PATHS,
                **openapi_carbon.PATHS,
                **openapi_imports.PATHS,
                **openapi_genealogy.PATHS,
                **openapi_lineage.PATHS,
                **openapi_mapping.PATHS,
                **openapi_epcis.PATHS,
                **openapi_board.PATHS,
                **openapi_verifying.PATHS,
                **_reading(),
                **_facts(),
            }
        ),
        "components": {
            "securitySchemes": {
                "plant": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A plant's token, or one that a client of the plant asked for",
                },
                **openapi_oauth.SCHEMES,
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-session"},
            },
            "schemas": {
                "Record": record_schema(),
                "CarbonFootprint": openapi_carbon.SCHEMA,
                "Import": openapi_imports.SCHEMA,
                "File": openapi_files.SCHEMA,
                **openapi_epcis.SCHEMAS,
                **openapi_genealogy.SCHEMAS,
                "Problem": _PROBLEM,
                "Report": openapi_verifying.REPORT,
                "Answer": _ANSWER,
                "Answers": ANSWERS,
                "Draft": _DRAFT,
                "Quarantine": _QUARANTINE,
                "Correction": CORRECTION,
                "History": HISTORY,
                "ModelCompleteness": openapi_board.MODEL,
                "Board": openapi_board.BOARD,
                "Batteries": openapi_board.BATTERIES,
                "Lineage": openapi_lineage.LINEAGE,
                "AcceptedRecord": openapi_lineage.RECORD,
            },
        },
    }


def _of_plants(paths: Json) -> Json:
    """Whatever a plant asks for may meet a token that is over, lacks the scope, or is used too often."""
    for operations in paths.values():
        for operation in operations.values():
            if operation.get("security") == PLANT:
                operation["responses"] = problems(401, 403, 429) | operation["responses"]
    return paths


_PROBLEM: Final[Json] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "reference"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "instance": TEXT,
        "reference": {"type": "string", "description": "Stands in the server's log too"},
        "pointer": {"type": "string", "description": "JSON pointer to the place"},
        "rule": TEXT,
        "clause": {"type": "string", "description": "Where the rule comes from"},
        "missing": {"type": "array", "items": {"type": "object"}},
        "quarantine": {"type": "string", "description": "Where the refused record waits"},
    },
}
_BATTERY: Final[Json] = {
    "type": "object",
    "properties": {
        "gtin": TEXT,
        "serial": TEXT,
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
        "recordId": TEXT,
        "status": {"const": "accepted"},
        "kind": TEXT,
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
        "gtin": TEXT,
        "serial": TEXT,
        "lot": {"type": ["string", "null"]},
        "category": {"type": ["string", "null"]},
        "state": {"enum": ["draft", "issued", "suspended", "revoked"]},
        "release": {"enum": ["none", "released", "withdrawn"]},
        "complete": {"type": "boolean"},
        "owed": {"type": "integer", "minimum": 0},
        "there": {"type": "integer", "minimum": 0},
        "missing": {"type": "array", "items": openapi_board.FINDING},
        "findings": {"type": "array", "items": openapi_board.FINDING},
        "doubts": {"type": "array", "items": openapi_board.DOUBT},
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
    refusals = problems(400, 401, 409, 413, 415, 422)
    quarantine_id = path("quarantine_id")
    return {
        "/api/v1/intake/records": {
            "post": {
                "operationId": "takeRecord",
                **TAKE_RECORDS,
                "parameters": openapi_mapping.MAPPED,
                "security": PLANT,
                "responses": {
                    "207": answer("One answer for each of many records", ref("Answers")),
                    "201": answer("Accepted, and durable", ref("Answer")),
                    "200": answer("Accepted before: the same answer", ref("Answer")),
                    **refusals,
                    **problems(404),
                },
            }
        },
        "/api/v1/templates/{kind}.csv": {"get": TEMPLATE},
        "/api/v1/templates/{kind}.xlsx": {"get": WORKBOOK},
        "/api/v1/drafts/{gtin}/{serial}": {
            "get": {
                "operationId": "draft",
                "summary": "What is complete, what is missing, and which article asks for it",
                "security": PLANT,
                "parameters": [path("gtin"), path("serial")],
                "responses": {"200": answer("The draft", ref("Draft")), **problems(400, 401, 404)},
            }
        },
        "/api/v1/quarantine": {
            "get": {
                "operationId": "quarantine",
                "summary": "Refused records that wait",
                "security": PLANT,
                "parameters": [query("page", {"type": "integer", "minimum": 1}), *openapi_mapping.FILTER],
                "responses": {"200": answer("Newest first", ref("Quarantine")), **problems(400, 401, 422)},
            }
        },
        "/api/v1/quarantine/{quarantine_id}": {
            "get": {
                "operationId": "quarantined",
                "summary": "One refused record with its text",
                "security": PLANT,
                "parameters": [quarantine_id],
                "responses": {"200": answer("The record", ref(None)), **problems(401, 404)},
            }
        },
        "/api/v1/quarantine/{quarantine_id}/replay": {
            "post": {
                "operationId": "replay",
                "summary": "Try a refused record again, as it was or with a mended body",
                "security": PLANT,
                "parameters": [quarantine_id, query("mapping")],
                "requestBody": {**body(ref("Record")), "required": False},
                "responses": {
                    "201": answer("Accepted", ref("Answer")),
                    "200": answer("Accepted before", ref("Answer")),
                    **refusals,
                    **problems(404),
                },
            }
        },
        "/api/v1/quarantine/{quarantine_id}/dismissal": {
            "post": {
                "operationId": "dismiss",
                "summary": "Close a refused record that will never be accepted; it is kept with the reason",
                "security": PLANT,
                "parameters": [quarantine_id],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": REASON, "example": {"reason": "sent by a test bench"}}
                    },
                },
                "responses": {"204": {"description": "Closed"}, **problems(400, 401, 404, 415, 422)},
            }
        },
        "/api/v1/passports/{uuid}/corrections": {
            "post": {
                "operationId": "correct",
                "summary": "Sign anew, with a reason, each section whose values differ from the records",
                "security": PLANT,
                "parameters": [path("uuid")],
                "requestBody": body(REASON),
                "responses": {
                    "201": answer("What was signed", ref("Correction")),
                    "200": answer("Nothing differs, so nothing was signed", ref("Correction")),
                    **problems(400, 401, 403, 404, 409, 415, 422),
                },
            }
        },
        "/api/v1/passports/{uuid}/history": {
            "get": {
                "operationId": "history",
                "summary": "Versions and events, newest first, within the reader's rights",
                "security": [{}, {"session": []}],
                "parameters": [path("uuid"), AT, query("page")],
                "responses": {"200": answer("One page of the history", ref("History")), **problems(400, 404)},
            }
        },
        "/api/v1/openapi.json": {
            "get": {
                "operationId": "description",
                "summary": "This document",
                "responses": {"200": answer("OpenAPI 3.1", ref(None))},
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
    version = path("version", {"type": "integer", "minimum": 1})
    return {
        "/01/{gtin}/21/{serial}": {
            "get": {
                "operationId": "resolve",
                "summary": "From the label to the passport: page or public section, by Accept",
                "parameters": [path("gtin"), path("serial")],
                "responses": {"307": {"description": "To the passport"}, **problems(400, 404, 429)},
            }
        },
        "/passports/{uuid}/sections/{section}": {
            "get": _section("itemSection", [path("uuid"), {**path("section"), **item_or_then}, AT])
        },
        "/passports/{uuid}/sections/{section}/{version}": {
            "get": _section("itemSectionVersion", [path("uuid"), {**path("section"), **item}, version])
        },
        "/models/{gtin}/sections/{section}": {
            "get": _section("modelSection", [path("gtin"), {**path("section"), **model}])
        },
        "/models/{gtin}/sections/{section}/{version}": {
            "get": _section("modelSectionVersion", [path("gtin"), {**path("section"), **model}, version])
        },
    }


def _facts() -> Json:
    return {
        path: {
            "get": {
                "operationId": name,
                "summary": summary,
                "responses": {"200": answer(summary, ref(None), media_type)},
            }
        }
        for path, name, summary, media_type in (
            ("/trust/root.json", "trustRoot", "Root keys of the trust list", "application/json"),
            ("/trust/list.json", "trustList", "The signed trust list", "application/json"),
            ("/.well-known/did.json", "didDocument", "The did:web document", "application/did+json"),
            ("/healthz", "health", "Whether the service is up", "application/json"),
        )
    } | {
        "/trust/roots/{version}.json": {
            "get": {
                "operationId": "trustRootVersion",
                "summary": "One version of the root keys: each is signed by the one before",
                "parameters": [path("version", {"type": "integer", "minimum": 1})],
                "responses": {"200": answer("A trust root", ref(None)), **problems(404)},
            }
        },
        "/status/{name}": {
            "get": {
                "operationId": "statusList",
                "summary": "A whole status list credential",
                "parameters": [path("name")],
                "responses": {"200": _credential(), **problems(404)},
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
            **problems(400, 404),
        },
    }


def _credential(*, and_token: bool = False) -> Json:
    token: Json = {"application/vc+jwt": {"schema": TEXT}} if and_token else {}
    return {
        "description": "A Verifiable Credential, in the form that Accept prefers; ETag is its digest",
        "content": {"application/vc": {"schema": {"type": "object"}}, **token},
    }
