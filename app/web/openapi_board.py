"""The part of the API's description that speaks of the board."""

from typing import Final

from app.services.board import MOST, PAGE, STATES
from app.web.openapi_parts import PLANT, TEXT, Json, answer, path, problems, query, ref

_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_MAYBE: Final[Json] = {"type": ["string", "null"]}
_TIME: Final[Json] = {"type": "string", "format": "date-time"}
SUPPLY: Final[Json] = {
    "type": ["object", "null"],
    "description": "Who supplies it, and how",
    "properties": {
        "who": TEXT,
        "column": {"type": "string", "description": "Its name in a table, and in `values`"},
        "entryOf": {"type": ["string", "null"], "description": "The list whose entries hold it"},
        "records": {
            "type": "array",
            "description": "Kinds of record that may carry it, the natural one first",
            "items": {"type": "object", "properties": {"kind": TEXT, "level": TEXT}},
        },
        "calculatedFrom": {
            "type": ["string", "null"],
            "description": "Kind of record that it is worked out of",
        },
    },
}
BOARD: Final[Json] = {
    "type": "object",
    "required": ["at", "today", "batteries", "total", "waiting", "quarantine"],
    "properties": {
        "at": _TIME,
        "today": {
            "type": "object",
            "description": "Since midnight UTC",
            "properties": {"since": TEXT, "stamped": _COUNT, "issued": _COUNT},
        },
        "batteries": {"type": "object", "properties": dict.fromkeys(STATES, _COUNT)},
        "total": _COUNT,
        "notStamped": _COUNT,
        "stampWithdrawn": _COUNT,
        "waiting": {
            "type": "array",
            "description": "Why stamped packs wait, commonest first; a pack that lacks two counts in both",
            "items": {
                "type": "object",
                "properties": {
                    "reason": {"type": "string", "description": "An attribute's id, or `ready`"},
                    "name": TEXT,
                    "count": _COUNT,
                    "clause": _MAYBE,
                    "supply": SUPPLY,
                },
            },
        },
        "waitingBeyond": {**_COUNT, "description": "Packs in groups too small and many to be told apart"},
        "alarms": {
            "type": "array",
            "description": "Plants whose quarantine grows beyond what the settings let pass",
            "items": {
                "type": "object",
                "properties": {
                    "plant": TEXT,
                    "open": {**_COUNT, "description": "Entries when it was raised"},
                    "recent": {**_COUNT, "description": "Of these within the last minutes"},
                    "since": _TIME,
                    "told": {"type": "boolean", "description": "Whether the webhook took it"},
                },
            },
        },
        "quarantine": {
            "type": "object",
            "properties": {
                "count": _COUNT,
                "rules": {"type": "object", "additionalProperties": _COUNT},
                "plants": {"type": "object", "additionalProperties": _COUNT},
            },
        },
    },
}
FINDING: Final[Json] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Dotted id of the catalogue"},
        "name": TEXT,
        "state": {
            "enum": ["missing", "present", "not-applicable", "not-yet-due", "optional", "implausible"],
        },
        "obligation": {"enum": ["required", "conditional", "optional", "not-yet-due"]},
        "section": TEXT,
        "clause": {"type": "string", "description": "The article or annex that asks for it"},
        "annexPoint": TEXT,
        "dataPoint": {"type": ["integer", "null"], "description": "Of the official list"},
        "level": {"enum": ["model", "batch", "item"]},
        "why": TEXT,
        "supply": SUPPLY,
        "due": {
            "type": ["object", "null"],
            "properties": {"date": {"type": ["string", "null"], "format": "date"}, "words": TEXT},
        },
    },
}
DOUBT: Final[Json] = {
    "type": "object",
    "description": "Worth a look: a value that is hardly so, with the numbers. Never holds a passport back",
    "properties": {
        "attributes": {"type": "array", "items": TEXT},
        "why": TEXT,
        "clause": _MAYBE,
        "dataPoint": {"type": ["integer", "null"]},
    },
}
_FINDINGS: Final[Json] = {"type": "array", "items": FINDING}
_DOUBTS: Final[Json] = {"type": "array", "items": DOUBT}
MODEL: Final[Json] = {
    "type": "object",
    "required": ["gtin", "complete", "findings", "doubts", "batches", "owedByBatch", "owedByPack"],
    "properties": {
        "gtin": TEXT,
        "model": _MAYBE,
        "category": _MAYBE,
        "complete": {"type": "boolean"},
        "owed": _COUNT,
        "there": _COUNT,
        "findings": {**_FINDINGS, "description": "What is supplied for the model"},
        "doubts": _DOUBTS,
        "batches": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "lot": TEXT,
                    "complete": {"type": "boolean"},
                    "missing": _FINDINGS,
                    "doubts": _DOUBTS,
                },
            },
        },
        "owedByBatch": _FINDINGS,
        "owedByPack": _FINDINGS,
    },
}
BATTERIES: Final[Json] = {
    "type": "object",
    "required": ["batteries", "after"],
    "properties": {
        "batteries": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "gtin": TEXT,
                    "serial": TEXT,
                    "lot": _MAYBE,
                    "plant": {"type": ["string", "null"], "description": "Who sent its first record"},
                    "state": {"enum": list(STATES)},
                    "release": {"enum": ["none", "released", "withdrawn"]},
                    "reasons": {"type": "array", "items": TEXT, "description": "Why it has no passport"},
                    "reason": {"type": ["string", "null"], "description": "Why it was suspended or revoked"},
                    "createdAt": _TIME,
                    "changedAt": _TIME,
                    "issuedAt": _MAYBE,
                    "passport": _MAYBE,
                },
            },
        },
        "after": {"type": ["string", "null"], "description": "Send it as `after` for the next page"},
    },
}
PATHS: Final[Json] = {
    "/api/v1/board": {
        "get": {
            "operationId": "board",
            "summary": "How many batteries stand where, and why those that wait do",
            "security": PLANT,
            "parameters": [{**query("plant"), "description": "Only what this plant began, and refused"}],
            "responses": {"200": answer("Counts", ref("Board")), **problems(401, 422)},
        }
    },
    "/api/v1/models/{gtin}/completeness": {
        "get": {
            "operationId": "modelCompleteness",
            "summary": "What a model has, what it lacks and who supplies that, and what is due later",
            "security": PLANT,
            "parameters": [path("gtin")],
            "responses": {
                "200": answer("How the model stands", ref("ModelCompleteness")),
                **problems(400, 401, 404),
            },
        }
    },
    "/api/v1/drafts": {
        "get": {
            "operationId": "batteries",
            "summary": "Batteries by filter, the newest first",
            "security": PLANT,
            "parameters": [
                query("state", {"enum": list(STATES)}),
                query("plant"),
                query("gtin"),
                query("lot"),
                {
                    **query("reason"),
                    "description": "An attribute's id, not-stamped, stamp-withdrawn or ready",
                },
                {**query("text"), "description": "Part of the serial"},
                {**query("from"), "description": "First record on this day (UTC) or later"},
                {**query("to"), "description": "First record on this day (UTC) or before"},
                {**query("after"), "description": "From the page before"},
                query("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE}),
            ],
            "responses": {"200": answer("One page", ref("Batteries")), **problems(400, 401, 422)},
        }
    },
}
