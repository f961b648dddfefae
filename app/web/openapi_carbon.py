"""The part of the API's description that speaks of carbon footprints."""

from typing import Any, Final

from app.core.carbon_activity import STAGES, TABLES

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_NUMBER: Final[Json] = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_PER_CENT: Final[Json] = {"type": ["string", "null"], "description": "Per cent; null where nothing is summed"}
_SUM: Final[Json] = {
    "kgCO2e": _NUMBER,
    "kgCO2ePerKwh": _NUMBER,
    "uncertaintyPercent": {**_PER_CENT, "description": "Half of the 95 % interval, in per cent"},
}
_TERM: Final[Json] = {
    "type": "object",
    "description": "sign × quantity × factor.value = kgCO2e",
    "properties": {
        "table": {"enum": list(TABLES)},
        "name": _TEXT,
        "where": _TEXT,
        "quantity": _NUMBER,
        "unit": {"enum": ["kg", "kWh", "t.km"]},
        "formula": _TEXT,
        "sign": {"enum": [1, -1]},
        "factor": {
            "type": "object",
            "properties": {
                "id": _TEXT,
                "name": _TEXT,
                "value": _NUMBER,
                "unit": _TEXT,
                "uncertaintyPercent": _NUMBER,
                "uncertaintyBasis": {"enum": ["source", "estimate"]},
                "basis": {"enum": ["cited", "illustrative", "own"]},
                "dataType": {"enum": ["primary", "secondary"]},
                "source": _TEXT,
                "year": {"type": "integer"},
                "geography": _TEXT,
            },
        },
        "kgCO2e": _NUMBER,
        "dataType": {"enum": ["primary", "secondary"]},
        "uncertaintyPercent": {**_PER_CENT, "description": "Of the amount; null where none is stated"},
        "country": _TEXT,
        "geography": {"enum": ["match", "wider", "elsewhere"]},
    },
}
_RESULT: Final[Json] = {
    "type": ["object", "null"],
    "properties": {
        "method": _TEXT,
        "statement": _TEXT,
        "functionalUnit": _TEXT,
        "facility": _TEXT,
        "country": _TEXT,
        "year": {"type": "integer"},
        "factorSet": {"type": "object", "properties": {"name": _TEXT, "version": _TEXT, "digest": _TEXT}},
        "serviceLife": {
            "type": "object",
            "properties": {"energyKwh": _NUMBER, "formula": _TEXT, "basis": _TEXT},
        },
        "total": {"type": "object", "properties": _SUM},
        "stages": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "stage": {"enum": list(STAGES)},
                    "name": _TEXT,
                    **_SUM,
                    "terms": {"type": "array", "items": _TERM},
                },
            },
        },
        "primarySharePercent": _PER_CENT,
        "primaryAmountsPercent": _PER_CENT,
        "notes": {"type": "array", "items": {"type": "object"}},
        "complete": {"type": "boolean", "description": "Whether every stage has a term"},
        "values": {"type": "object", "description": "By attribute id, as a draft takes them"},
    },
}
SCHEMA: Final[Json] = {
    "type": "object",
    "required": ["gtin", "statement", "calculated", "declared"],
    "properties": {
        "gtin": _TEXT,
        "model": {"type": ["string", "null"]},
        "statement": {"type": "string", "description": "What this is not"},
        "calculated": {
            "type": "array",
            "description": "One entry for each manufacturing plant: its newest activity data",
            "items": {
                "type": "object",
                "properties": {
                    "facility": _TEXT,
                    "record": _TEXT,
                    "plant": {"type": "string", "description": "Who sent the record"},
                    "sentAt": {"type": "string", "format": "date-time"},
                    "counts": {
                        "enum": ["calculated", "declared", "by-batch", "kept", "incomplete"],
                        "description": "What goes into drafts",
                    },
                    "refusal": {"type": ["string", "null"]},
                    "result": _RESULT,
                },
            },
        },
        "declared": {
            "type": "array",
            "description": "The newest declared values of the model and of its batches",
            "items": {
                "type": "object",
                "properties": {
                    "record": _TEXT,
                    "lot": {"type": ["string", "null"]},
                    "sentAt": {"type": "string", "format": "date-time"},
                    "values": {"type": "object"},
                    "study": {"type": ["string", "null"]},
                },
            },
        },
    },
}

_PARAMETERS: Final[list[Json]] = [{"name": "gtin", "in": "path", "required": True, "schema": _TEXT}]
_REFUSALS: Final[Json] = {
    str(status): {
        "description": "Refused",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (400, 401, 404)
}
PATHS: Final[Json] = {
    "/api/v1/models/{gtin}/carbon": {
        "get": {
            "operationId": "carbonFootprint",
            "summary": "Carbon footprint of a model by plant, with every term, beside what was declared",
            "security": [{"plant": []}],
            "parameters": _PARAMETERS,
            "responses": {
                "200": {
                    "description": "Calculated and declared",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/CarbonFootprint"}}
                    },
                },
                **_REFUSALS,
            },
        }
    },
    "/api/v1/models/{gtin}/carbon.csv": {
        "get": {
            "operationId": "carbonTerms",
            "summary": "Every term as a row; cells that a spreadsheet would run are neutralised",
            "security": [{"plant": []}],
            "parameters": _PARAMETERS,
            "responses": {
                "200": {"description": "CSV (RFC 4180)", "content": {"text/csv": {"schema": _TEXT}}},
                **_REFUSALS,
            },
        }
    },
}
