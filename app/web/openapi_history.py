"""Histories and corrections, described for machines: parts of the OpenAPI document."""

from typing import Final

from app.web.openapi_parts import TEXT, Json, query

AT: Final[Json] = {
    **query("at"),
    "description": "As it stood: a day, which means its end in UTC, or a time with its zone",
}
REASON: Final[Json] = {
    "type": "object",
    "required": ["reason"],
    "additionalProperties": False,
    "properties": {"reason": {"type": "string", "minLength": 3, "maxLength": 500}},
}
_CHANGES: Final[Json] = {
    "type": ["array", "null"],
    "description": "Against the version before; null: there is none, or one of the two cannot be believed",
    "items": {
        "type": "object",
        "required": ["attribute", "name", "unit", "before", "after"],
        "properties": {
            "attribute": {"type": "string", "description": "Dotted id of the catalogue"},
            "name": TEXT,
            "unit": {"type": ["string", "null"]},
            "before": {"description": "As signed; of a list only the entries that differ; null: nothing"},
            "after": {},
        },
    },
}
_WHO: Final[Json] = {"type": ["string", "null"], "description": "Role; null: the records of the line"}
CORRECTION: Final[Json] = {
    "type": "object",
    "required": ["passport", "corrected"],
    "properties": {
        "passport": TEXT,
        "corrected": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "section": TEXT,
                    "version": {"type": "integer"},
                    "url": {"type": "string", "format": "uri"},
                    "changes": _CHANGES,
                },
            },
        },
    },
}
HISTORY: Final[Json] = {
    "type": "object",
    "required": ["passport", "state", "issuedAt", "asOf", "versions", "events", "page", "hasOlder"],
    "properties": {
        "passport": TEXT,
        "state": {"enum": ["issued", "suspended", "revoked"]},
        "issuedAt": {"type": "string", "format": "date-time"},
        "asOf": {"type": ["string", "null"], "format": "date-time"},
        "versions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "section": TEXT,
                    "version": {"type": "integer", "minimum": 1},
                    "url": {"type": "string", "format": "uri"},
                    "logProof": {
                        "type": "string",
                        "format": "uri",
                        "description": "That this version is entered in the public log (C2SP tlog-proof)",
                    },
                    "at": {"type": "string", "format": "date-time"},
                    "madeBy": _WHO,
                    "reason": {"type": ["string", "null"]},
                    "digestMultibase": TEXT,
                    "signedBy": {"type": ["string", "null"]},
                    "newest": {"type": "boolean"},
                    "verdict": {"enum": ["valid", "unknown", "revoked", "altered", "invalid"]},
                    "changes": _CHANGES,
                },
            },
        },
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"enum": ["revoked", "suspended", "reinstated"]},
                    "at": {"type": "string", "format": "date-time"},
                    "madeBy": _WHO,
                    "reason": {"type": ["string", "null"]},
                },
            },
        },
        "page": {"type": "integer"},
        "hasOlder": {"type": "boolean"},
    },
}
