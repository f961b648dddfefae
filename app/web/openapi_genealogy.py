"""The part of the API's description that speaks of what went into what."""

from typing import Final

from app.core.holding import STANDINGS
from app.services.genealogy import KINDS
from app.web.openapi_parts import PLANT, TEXT, Json, answer, problems, query, ref

_KIND: Final[Json] = {"type": "string", "enum": list(KINDS)}
_OR_NOTHING: Final[Json] = {"type": ["string", "null"]}
_SPANS: Final[Json] = {
    "type": "array",
    "description": "When it was held; `from` is null from the assembly on, `until` null to this day",
    "items": {"type": "object", "properties": {"from": _OR_NOTHING, "until": _OR_NOTHING}},
}
_STANDING: Final[Json] = {
    "enum": list(STANDINGS),
    "description": "Holds it; held it, and it was taken out; an earlier record said so and no newer one does",
}
_THING: Final[Json] = {
    "type": "object",
    "required": ["kind", "number", "of", "tree", "recall"],
    "properties": {
        "kind": _KIND,
        "number": TEXT,
        "of": {**_OR_NOTHING, "description": "GTIN of a battery or batch; supplier of a supplier's lot"},
        "tree": {"type": "string", "format": "uri"},
        "recall": {"type": "string", "format": "uri"},
    },
}
_FOUND: Final[Json] = {
    "type": "object",
    "required": ["found"],
    "properties": {"found": {"type": "array", "items": _THING}},
}
_NODE: Final[Json] = {
    "type": "object",
    "required": ["kind", "number", "of", "holds"],
    "properties": {
        "kind": _KIND,
        "number": TEXT,
        "of": _OR_NOTHING,
        "note": _OR_NOTHING,
        "standing": _STANDING,
        "label": {
            "enum": ["firm", "own", "batch"],
            "description": "By its parts; by the pack's own list of lots; by the list of its batch",
        },
        "spans": _SPANS,
        "quantity": _OR_NOTHING,
        "unit": _OR_NOTHING,
        "records": {
            "type": "array",
            "description": "Who says so",
            "items": {"type": "object", "properties": {"plant": TEXT, "record": TEXT}},
        },
        "isRepeated": {"type": "boolean", "description": "What it holds stands at its first place"},
        "holds": {"type": "array", "items": ref("GenealogyNode")},
        "isCut": {"type": "boolean", "description": "At the root: too much or too deep for one answer"},
    },
}
_RECALL: Final[Json] = {
    "type": "object",
    "required": ["of", "counts", "isCut", "isFilling", "packs", "next", "loose"],
    "properties": {
        "of": _THING,
        "counts": {
            "type": "object",
            "description": "Of all pages: by standing, then by state of the passport",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
        "isCut": {"type": "boolean", "description": "More links than one question may read: some may miss"},
        "isFilling": {"type": "boolean", "description": "Records of before are still being read"},
        "next": {
            "type": ["string", "null"],
            "format": "uri",
            "description": "The next page of the same answer, whatever came in since; null after the last",
        },
        "packs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "gtin": TEXT,
                    "serial": TEXT,
                    "lot": _OR_NOTHING,
                    "standing": _STANDING,
                    "spans": _SPANS,
                    "state": {"enum": ["draft", "issued", "suspended", "revoked", "unknown"]},
                    "passport": _OR_NOTHING,
                },
            },
        },
        "loose": {
            "type": "object",
            "description": "Modules and cells that hold it and that nothing holds; at most 100 are named",
            "properties": {
                "count": {"type": "integer"},
                "parts": {"type": "array", "items": _THING},
            },
        },
    },
}
SCHEMAS: Final[Json] = {"GenealogyNode": _NODE, "Recall": _RECALL}

_ASKED: Final[list[Json]] = [
    {**query("kind", _KIND), "required": True},
    {**query("number"), "required": True, "description": "Number or serial, as it was sent"},
    {**query("of"), "description": "GTIN of a battery or batch; supplier of a supplier's lot"},
]
_AFTER: Final[Json] = {
    **query("after", {"type": "string", "pattern": "^[0-9]{1,18}-[0-9a-f]{32}$"}),
    "description": "The mark of the page before: `next` has it",
}
PATHS: Final[Json] = {
    "/api/v1/genealogy": {
        "get": {
            "operationId": "findThings",
            "summary": "What a number, or the content of a code, may name",
            "security": PLANT,
            "parameters": [{**query("find"), "required": True}],
            "responses": {"200": answer("At most 50 things", _FOUND), **problems(401)},
        }
    },
    "/api/v1/genealogy/tree": {
        "get": {
            "operationId": "genealogyTree",
            "summary": "What a thing is made of, down to lots and suppliers",
            "security": PLANT,
            "parameters": _ASKED,
            "responses": {"200": answer("The tree", ref("GenealogyNode")), **problems(400, 401, 404, 422)},
        }
    },
    "/api/v1/genealogy/recall": {
        "get": {
            "operationId": "recall",
            "summary": "Every battery that holds a thing or held it, a hundred a page",
            "security": PLANT,
            "parameters": [*_ASKED, _AFTER],
            "responses": {"200": answer("The batteries", ref("Recall")), **problems(400, 401, 404, 422)},
        }
    },
    "/api/v1/genealogy/recall.csv": {
        "get": {
            "operationId": "recallCsv",
            "summary": "The whole list; cells that a spreadsheet would run are neutralised",
            "security": PLANT,
            "parameters": _ASKED,
            "responses": {
                "200": answer("CSV (RFC 4180)", TEXT, "text/csv"), **problems(400, 401, 404, 422)
            },
        }
    },
}  # fmt: skip
