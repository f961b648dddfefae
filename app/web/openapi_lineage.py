"""The part of the API's description that speaks of where values come from."""

from typing import Final

from app.core.vocabulary import SECTIONS
from app.web.openapi_parts import PLANT, TEXT, Json, answer, path, problems, query, ref

_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_MAYBE: Final[Json] = {"type": ["string", "null"]}
_ORIGIN: Final[Json] = {
    "plant": {"type": "string", "description": "Who sent it"},
    "record": {"type": "string", "description": "The sender's id of the record"},
    "kind": TEXT,
    "level": {"enum": ["model", "batch", "item", None]},
    "lot": _MAYBE,
    "door": {"type": ["string", "null"], "description": "rest, file, upload, page, command, mqtt or epcis"},
    "origin": {"type": ["string", "null"], "description": "The message, or the file and row"},
    "document": {
        "type": ["string", "null"],
        "description": "Path of the document in another format that it was made of, as it was sent",
    },
    "mapping": {"type": ["string", "null"], "description": "Name and version of the mapping, such as mes:3"},
    "sentAt": {**_TIME, "description": "By the sender's clock"},
    "receivedAt": {**_TIME, "description": "By ours"},
}
LINEAGE: Final[Json] = {
    "type": "object",
    "required": ["passport", "gtin", "serial", "sections"],
    "properties": {
        "passport": TEXT,
        "gtin": TEXT,
        "serial": TEXT,
        "sections": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["section", "version", "publishedAt", "newest", "noted", "values"],
                "properties": {
                    "section": {"enum": list(SECTIONS)},
                    "version": {"type": "integer", "minimum": 1},
                    "publishedAt": _TIME,
                    "newest": {"type": "boolean"},
                    "noted": {
                        "type": "boolean",
                        "description": "false: stored before sources were noted, and worked out from the"
                        " records of then",
                    },
                    "values": {
                        "type": ["array", "null"],
                        "description": "null: the stored document does not pass its checks",
                        "items": {
                            "type": "object",
                            "properties": {
                                "attribute": {"type": "string", "description": "Dotted id of the catalogue"},
                                "name": TEXT,
                                "value": {"description": "As signed"},
                                "unit": _MAYBE,
                                "records": {
                                    "type": "array",
                                    "items": {"type": "object", "properties": _ORIGIN},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
RECORD: Final[Json] = {
    "type": "object",
    "required": ["plant", "record", "kind", "sentAt", "receivedAt", "digest", "body"],
    "properties": {
        **_ORIGIN,
        "gtin": _MAYBE,
        "serial": _MAYBE,
        "digest": {"type": "string", "description": "SHA-256 of the body, hexadecimal"},
        "refusedBefore": {
            "type": "array",
            "items": TEXT,
            "description": "Entries of the quarantine that were refused under this id before",
        },
        "body": {"type": "string", "description": "The text as it was sent"},
    },
}
_SHARED: Final[Json] = {
    "security": PLANT,
    "parameters": [
        path("uuid"),
        {**query("section", {"enum": list(SECTIONS)}), "description": "This section alone"},
        {
            **query("version", {"type": "integer", "minimum": 1}),
            "description": "This version of `section`; without it the newest",
        },
    ],
}
PATHS: Final[Json] = {
    "/api/v1/passports/{uuid}/lineage": {
        "get": {
            "operationId": "lineage",
            "summary": "The record behind each value of a passport, by section and version",
            **_SHARED,
            "responses": {"200": answer("Values with their records", ref("Lineage")), **problems(401, 404)},
        }
    },
    "/api/v1/passports/{uuid}/lineage.csv": {
        "get": {
            "operationId": "lineageRows",
            "summary": "The same as rows; cells that a spreadsheet would run are neutralised",
            **_SHARED,
            "responses": {"200": answer("CSV (RFC 4180)", TEXT, "text/csv"), **problems(401, 404)},
        }
    },
    "/api/v1/records/{record_id}": {
        "get": {
            "operationId": "acceptedRecord",
            "summary": "One accepted record of your plant as it was sent, and how it came in",
            "security": PLANT,
            "parameters": [path("record_id")],
            "responses": {"200": answer("The record", ref("AcceptedRecord")), **problems(401, 404)},
        }
    },
}
