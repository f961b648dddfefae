"""The part of the API's description that speaks of documents in other formats."""

from typing import Final

from app.core.imports.formats import TITLES
from app.web.openapi_parts import PLANT, TEXT, Json, answer, body, problems, query, ref

_VALUE: Final[Json] = {
    "type": "object",
    "required": ["path", "value"],
    "properties": {
        "path": {"type": "string", "description": "JSON pointer in the document"},
        "element": {"type": "string", "description": "Its name, where the pointer only counts elements"},
        "value": {"description": "As it was sent; numbers as text, with every digit"},
        "attribute": {"type": "string", "description": "Where it went, or would have gone"},
        "after": {"description": "The value as the record has it"},
        "also": {"type": "array", "items": TEXT, "description": "Further attributes that it went into"},
        "record": {"type": "string", "description": "The record that carries it"},
        "note": {"type": "string", "description": "What was done to it"},
        "reason": {"type": "string", "description": "Why it was not taken"},
    },
}
_VALUES: Final[Json] = {"type": "array", "items": _VALUE}
SCHEMA: Final[Json] = {
    "type": "object",
    "required": [
        "file", "format", "version", "evidence", "encoding", "sha256", "subject", "counts",
        "mapped", "refused", "notTaken", "unknown", "structure", "records",
    ],
    "properties": {
        "file": TEXT,
        "format": {"enum": list(TITLES)},
        "version": TEXT,
        "evidence": {"type": "array", "items": TEXT, "description": "What the format was known by"},
        "encoding": TEXT,
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "subject": {
            "type": "object",
            "required": ["gtin"],
            "properties": {"gtin": TEXT, "serial": TEXT},
        },
        "counts": {
            "type": "object",
            "description": "They add up to every value of the document",
            "additionalProperties": {"type": "integer"},
        },
        "mapped": _VALUES,
        "refused": {**_VALUES, "description": "There is a place for it, and it does not pass"},
        "notTaken": {**_VALUES, "description": "Understood, and without a place here"},
        "unknown": {**_VALUES, "description": "Not in the table of this format"},
        "structure": {
            "type": "object",
            "description": "How many values only describe others, by what they are",
            "additionalProperties": {"type": "integer"},
        },
        "records": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["recordId", "kind", "state", "values"],
                "properties": {
                    "recordId": {"type": "string", "description": "Made of the document's digest"},
                    "kind": {"enum": ["model", "carbon-footprint", "reading"]},
                    "state": {"enum": ["planned", "accepted", "repeated", "quarantined"]},
                    "values": {"type": "integer"},
                    "answer": ref("Answer"),
                    "problem": {"type": "object", "description": "Why it waits in quarantine, and where"},
                },
            },
        },
    },
}  # fmt: skip
PATHS: Final[Json] = {
    "/api/v1/intake/imports": {
        "post": {
            "operationId": "importDocument",
            "summary": "Send a passport that was written in another format",
            "description": (
                f"Known are {', '.join(TITLES.values())}; which it is, the document says. It becomes at most"
                " three records, and every value of it is told: taken, refused, not taken or unknown. At most"
                " 4 MB. The same document again changes nothing."
            ),
            "security": PLANT,
            "parameters": [
                {**query("gtin"), "description": "Of the battery, where the document names none"},
                {**query("serial"), "description": "Of the battery, where the document names none"},
                {**query("name"), "description": "As the file is called; it stands in the records' origin"},
                {
                    **query("dryRun", {"type": "boolean"}),
                    "description": "Only tell what would become of it, and store nothing",
                },
            ],
            "requestBody": {
                **body({"type": ["object", "array"]}),
                "description": "The document as it is; UTF-16 is read as well",
            },
            "responses": {
                "201": answer("Something new was taken, and is durable", ref("Import")),
                "200": answer("Nothing new: everything came before, or a dry run", ref("Import")),
                **problems(400, 401, 413, 415, 422),
            },
        }
    },
}
