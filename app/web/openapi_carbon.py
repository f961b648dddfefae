"""The part of the API's description that speaks of carbon footprints."""

from typing import Final

from app.core.carbon_activity import STAGES, TABLES
from app.web.openapi_parts import PLANT, TEXT, Json, answer, path, problems, ref

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
        "name": TEXT,
        "where": TEXT,
        "quantity": _NUMBER,
        "unit": {"enum": ["kg", "kWh", "t.km"]},
        "formula": TEXT,
        "sign": {"enum": [1, -1]},
        "factor": {
            "type": "object",
            "properties": {
                "id": TEXT,
                "name": TEXT,
                "value": _NUMBER,
                "unit": TEXT,
                "uncertaintyPercent": _NUMBER,
                "uncertaintyBasis": {"enum": ["source", "estimate"]},
                "basis": {"enum": ["cited", "illustrative", "own"]},
                "dataType": {"enum": ["primary", "secondary"]},
                "source": TEXT,
                "year": {"type": "integer"},
                "geography": TEXT,
            },
        },
        "kgCO2e": _NUMBER,
        "dataType": {"enum": ["primary", "secondary"]},
        "uncertaintyPercent": {**_PER_CENT, "description": "Of the amount; null where none is stated"},
        "country": TEXT,
        "geography": {"enum": ["match", "wider", "elsewhere"]},
    },
}
_RESULT: Final[Json] = {
    "type": ["object", "null"],
    "properties": {
        "method": TEXT,
        "statement": TEXT,
        "functionalUnit": TEXT,
        "facility": TEXT,
        "country": TEXT,
        "year": {"type": "integer"},
        "factorSet": {"type": "object", "properties": {"name": TEXT, "version": TEXT, "digest": TEXT}},
        "serviceLife": {
            "type": "object",
            "properties": {"energyKwh": _NUMBER, "formula": TEXT, "basis": TEXT},
        },
        "total": {"type": "object", "properties": _SUM},
        "stages": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "stage": {"enum": list(STAGES)},
                    "name": TEXT,
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
        "gtin": TEXT,
        "model": {"type": ["string", "null"]},
        "statement": {"type": "string", "description": "What this is not"},
        "calculated": {
            "type": "array",
            "description": "One entry for each manufacturing plant: its newest activity data",
            "items": {
                "type": "object",
                "properties": {
                    "facility": TEXT,
                    "record": TEXT,
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
                    "record": TEXT,
                    "lot": {"type": ["string", "null"]},
                    "facility": {
                        "type": ["string", "null"],
                        "description": "The manufacturing plant that it is of; null for each of them",
                    },
                    "sentAt": {"type": "string", "format": "date-time"},
                    "values": {"type": "object"},
                    "study": {"type": ["string", "null"]},
                },
            },
        },
    },
}

_SHARED: Final[Json] = {"security": PLANT, "parameters": [path("gtin")]}
PATHS: Final[Json] = {
    "/api/v1/models/{gtin}/carbon": {
        "get": {
            "operationId": "carbonFootprint",
            "summary": "Carbon footprint of a model by plant, with every term, beside what was declared",
            **_SHARED,
            "responses": {
                "200": answer("Calculated and declared", ref("CarbonFootprint")),
                **problems(400, 401, 404),
            },
        }
    },
    "/api/v1/models/{gtin}/carbon.csv": {
        "get": {
            "operationId": "carbonTerms",
            "summary": "Every term as a row; cells that a spreadsheet would run are neutralised",
            **_SHARED,
            "responses": {"200": answer("CSV (RFC 4180)", TEXT, "text/csv"), **problems(400, 401, 404)},
        }
    },
}
