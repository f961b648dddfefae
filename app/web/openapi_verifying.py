"""The part of the API's description that speaks of judging credentials."""

from typing import Final

from app.core.report import CHECK_NAMES
from app.web.openapi_parts import TEXT, Json, answer, problems, query, ref

REPORT: Final[Json] = {
    "type": "object",
    "required": ["verdict", "checks"],
    "properties": {
        "verdict": {"enum": ["valid", "invalid", "unknown"]},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"enum": list(CHECK_NAMES)},
                    "outcome": {"enum": ["passed", "failed", "not-checked"]},
                    "error": {"type": ["string", "null"]},
                    "sentence": TEXT,
                },
            },
        },
        "ages": {"type": "object"},
        "issuer": {"type": "object"},
        "digestMultibase": TEXT,
    },
}
PATHS: Final[Json] = {
    "/api/v1/verify": {
        "post": {
            "operationId": "verify",
            "summary": "Judge a credential: the verdict stands in the body",
            "parameters": [
                {
                    **query("subject"),
                    "description": "Battery that it must be about: the label's link or (01)...(21)...",
                }
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/vc": {"schema": {"type": "object"}},
                    "application/vc+jwt": {"schema": TEXT},
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "required": ["credential"],
                            "properties": {
                                "credential": {"type": "string", "description": "Its bytes as published"},
                                "logProof": {
                                    "type": "string",
                                    "description": "Its entry in the public log (C2SP tlog-proof)",
                                },
                            },
                        }
                    },
                },
            },
            "responses": {
                "200": answer("The report", ref("Report")),
                **problems(400, 413, 415, 422, 429, 503),
            },
        }
    },
}
