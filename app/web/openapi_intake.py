"""The description of intake: one record or many, and what is told of each."""

from typing import Final

from app.core.intake import KINDS
from app.web.openapi_parts import TEXT, Json, answer, path, problems, ref

_RECORD: Final = ref("Record")
TAKE_RECORDS: Final[Json] = {
    "summary": "Send one record, or many; repeating it gives the same answer",
    "description": (
        "Many: an array (at most 1 MB), or application/x-ndjson, one record a line (each at"
        " most 1 MB). At most 10 000 records a request. Answered after all are durable, 207 with"
        " one entry for each record in order; a refused one never keeps the others out."
        " With `mapping`, the body is in the plant's own shape, and CSV is taken as well (at most 1 MB)."
    ),
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"oneOf": [_RECORD, {"type": "array", "items": _RECORD}]}},
            "application/x-ndjson": {"schema": TEXT},
            "text/csv": {"schema": TEXT},
        },
    },
}
TEMPLATE: Final[Json] = {
    "operationId": "template",
    "summary": "The header row of a CSV file for one kind of record: every column that it may have",
    "parameters": [path("kind", {"type": "string", "enum": list(KINDS)})],
    "responses": {"200": answer("One row, with ; between", TEXT, "text/csv"), **problems(404)},
}
WORKBOOK: Final[Json] = {
    "operationId": "workbook",
    "summary": "The same as a workbook (XLSX), with choices and what each column means",
    "parameters": [path("kind", {"type": "string", "enum": list(KINDS)})],
    "responses": {
        "200": answer(
            "Two sheets", {"type": "string", "format": "binary"},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        **problems(404),
    },
}  # fmt: skip
ANSWERS: Final[Json] = {
    "type": "object",
    "required": ["request", "accepted", "repeated", "refused", "records"],
    "properties": {
        "request": {"type": "string", "description": "Stands in the lineage of each record of this request"},
        "accepted": {"type": "integer"},
        "repeated": {"type": "integer"},
        "refused": {"type": "integer"},
        "records": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["record", "code"],
                "properties": {
                    "record": {"type": "integer", "description": "Place in the array, or line; from 1"},
                    "code": {"type": "integer", "description": "As the status of a record sent alone"},
                    "answer": ref("Answer"),
                    "problem": {"type": "object"},
                },
            },
        },
        "notRead": {"type": "object", "description": "Why the rest of a stream was not read"},
    },
}
