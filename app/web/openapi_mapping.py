"""The description of mappings: a plant's own columns, and what was refused of them tried again."""

from typing import Final

from app.core.quarantine_filter import MEMBERS
from app.web.openapi_parts import PLANT, TEXT, Json, answer, path, problems, query

_ENTRY: Final[Json] = {
    "type": "object",
    "required": ["plant", "name", "version", "sha256", "madeBy", "createdAt"],
    "properties": {
        "plant": TEXT,
        "name": TEXT,
        "version": {"type": "integer"},
        "sha256": TEXT,
        "madeBy": TEXT,
        "createdAt": TEXT,
        "about": TEXT,
        "kinds": {"type": "array", "items": TEXT},
        "lines": {"type": "array", "items": TEXT, "description": "Lines that send through it by MQTT"},
    },
}
_EXAMPLE: Final[Json] = {
    "name": "mes-lots",
    "source": {"delimiter": ";", "decimal": ",", "zone": "Europe/Berlin"},
    "records": [
        {
            "kind": "withdrawal",
            "fields": [
                {"to": "sentAt", "from": "Zeit", "format": "DD.MM.YYYY HH:mm:ss"},
                {"to": "gtin", "from": "GTIN", "pad": 14},
                {"to": "serial", "from": "Seriennummer"},
                {"to": "details.reason", "from": "Grund"},
            ],
        }
    ],
}
_SAVED: Final[Json] = {
    "type": "object",
    "required": ["mapping", "name", "version"],
    "properties": {"mapping": TEXT, "name": TEXT, "version": {"type": "integer"}},
}
_REPLAYED: Final[Json] = {
    "type": "object",
    "required": ["found", "accepted", "refused", "left", "dryRun", "reasons", "records"],
    "properties": {
        "found": {"type": "integer"},
        "accepted": {"type": "integer"},
        "refused": {"type": "integer"},
        "left": {"type": "integer", "description": "Not tried: there are more than one call takes"},
        "dryRun": {"type": "boolean"},
        "reasons": {"type": "array", "items": {"type": "object"}},
        "records": {"type": "array", "items": {"type": "object"}},
    },
}
FILTER: Final[list[Json]] = [query(name) for name in MEMBERS]
MAPPED: Final[list[Json]] = [
    {
        **query("mapping"),
        "description": "Rows in the plant's own shape, read through this mapping (NAME or NAME:VERSION)",
    },
    {
        **query("time", {"type": "string", "format": "date-time"}),
        "description": "Of the rows, where the mapping takes the time from the file",
    },
]
PATHS: Final[Json] = {
    "/api/v1/mappings": {
        "get": {
            "operationId": "mappings",
            "summary": "Every mapping of the plant with its newest version",
            "security": PLANT,
            "responses": {
                "200": answer(
                    "By name",
                    {"type": "object", "properties": {"mappings": {"type": "array", "items": _ENTRY}}},
                ),
                **problems(401),
            },
        },
        "post": {
            "operationId": "saveMapping",
            "summary": "Keep a mapping as the newest version of its name",
            "security": PLANT,
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"type": "object"}, "example": _EXAMPLE},
                    "application/toml": {"schema": TEXT},
                },
            },
            "responses": {
                "201": answer("A new version", _SAVED),
                "200": answer("The very same was there", _SAVED),
                **problems(400, 401, 413, 415, 422),
            },
        },
    },
    "/api/v1/mappings/{mapping_name}": {
        "get": {
            "operationId": "mapping",
            "summary": "One mapping, as JSON or TOML",
            "security": PLANT,
            "parameters": [path("mapping_name"), query("version", {"type": "integer", "minimum": 1})],
            "responses": {
                "200": {
                    "description": "The newest version, or the one that was asked for",
                    "content": {
                        "application/json": {"schema": {"type": "object"}},
                        "application/toml": {"schema": TEXT},
                    },
                },
                **problems(401, 404),
            },
        }
    },
    "/api/v1/quarantine/replay": {
        "post": {
            "operationId": "replayMany",
            "summary": "Try all refused records again that a filter means; with dryRun, only judge them",
            "security": PLANT,
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["only"],
                            "additionalProperties": False,
                            "properties": {
                                "only": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "properties": dict.fromkeys(MEMBERS, TEXT),
                                },
                                "mapping": TEXT,
                                "dryRun": {"type": "boolean"},
                            },
                        },
                        "example": {"only": {"mapping": "mes-end-of-line"}, "dryRun": True},
                    }
                },
            },
            "responses": {
                "200": answer("Counts and reasons", _REPLAYED),
                **problems(400, 401, 404, 415, 422),
            },
        }
    },
}
