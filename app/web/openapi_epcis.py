"""The part of the API's description that speaks of the EPCIS capture interface."""

from typing import Final

from app.core.epcis_document import CONTEXTS, MAX_BYTES, MAX_EVENTS
from app.core.epcis_event import ACTIONS, EVENT_TYPES
from app.services.epcis import BEHAVIOURS, MOST_ON_A_PAGE
from app.web.openapi_parts import PLANT, TEXT, Json, answer, path, problems, query, ref

_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_URIS: Final[Json] = {"type": "array", "items": {"type": "string", "format": "uri"}}
_QUANTITIES: Final[Json] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["epcClass"],
        "properties": {
            "epcClass": {"type": "string", "format": "uri"},
            "quantity": {"type": "number", "exclusiveMinimum": 0},
            "uom": {"type": "string", "description": "UN/CEFACT Recommendation 20, such as KGM"},
        },
    },
}
_PLACE: Final[Json] = {"type": "object", "required": ["id"], "properties": {"id": TEXT}}
EXAMPLE: Final[Json] = {
    "@context": CONTEXTS[0],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-11-24T11:00:00Z",
    "epcisBody": {
        "eventList": [
            {
                "type": "ObjectEvent",
                "eventID": "urn:uuid:5b7a4ae2-5c5a-4c64-9f0c-0c3b6a9a1f01",
                "eventTime": "2026-11-24T11:58:00+01:00",
                "eventTimeZoneOffset": "+01:00",
                "action": "ADD",
                "bizStep": "commissioning",
                "disposition": "active",
                "epcList": ["https://id.gs1.org/01/09506000134352/21/KP7-0000123"],
            },
            {
                "type": "AssociationEvent",
                "eventID": "urn:uuid:5b7a4ae2-5c5a-4c64-9f0c-0c3b6a9a1f02",
                "eventTime": "2026-11-24T11:59:00+01:00",
                "eventTimeZoneOffset": "+01:00",
                "action": "ADD",
                "bizStep": "assembling",
                "disposition": "in_progress",
                "parentID": "https://id.gs1.org/01/09506000134352/21/KP7-0000123",
                "childEPCs": ["https://parts.example.com/obj/MOD-0007"],
                "childQuantityList": [{"epcClass": "https://parts.example.com/class/CELL-8", "quantity": 96}],
            },
        ]
    },
}
_EVENT: Final[Json] = {
    "type": "object",
    "description": "An event of EPCIS 2.0. Members of your own need a prefix; they are kept and mean nothing",
    "required": ["type", "eventTime", "eventTimeZoneOffset"],
    "properties": {
        "type": {"enum": list(EVENT_TYPES)},
        "eventID": {"type": "string", "description": "Makes an event that comes twice one event"},
        "eventTime": _TIME,
        "eventTimeZoneOffset": {"type": "string", "pattern": "^[+-][0-9]{2}:[0-9]{2}$"},
        "action": {"enum": list(ACTIONS)},
        "epcList": _URIS,
        "quantityList": _QUANTITIES,
        "parentID": {"type": "string", "format": "uri"},
        "childEPCs": _URIS,
        "childQuantityList": _QUANTITIES,
        "inputEPCList": _URIS,
        "inputQuantityList": _QUANTITIES,
        "outputEPCList": _URIS,
        "outputQuantityList": _QUANTITIES,
        "transformationID": TEXT,
        "bizStep": TEXT,
        "disposition": TEXT,
        "readPoint": _PLACE,
        "bizLocation": _PLACE,
        "bizTransactionList": {"type": "array", "items": {"type": "object"}},
        "sensorElementList": {"type": "array", "items": {"type": "object"}},
        "errorDeclaration": {
            "type": "object",
            "required": ["declarationTime"],
            "properties": {"declarationTime": _TIME, "reason": TEXT, "correctiveEventIDs": _URIS},
        },
    },
}
_DOCUMENT: Final[Json] = {
    "type": "object",
    "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    "properties": {
        "@context": {"description": f"{CONTEXTS[0]}, and prefixes of your own. Nothing is fetched"},
        "type": {"const": "EPCISDocument"},
        "schemaVersion": {"type": "string", "pattern": r"^2\."},
        "creationDate": _TIME,
        "epcisBody": {
            "type": "object",
            "required": ["eventList"],
            "properties": {
                "eventList": {
                    "type": "array",
                    "items": ref("EpcisEvent"),
                    "minItems": 1,
                    "maxItems": MAX_EVENTS,
                }
            },
        },
    },
    "examples": [EXAMPLE],
}
_JOB: Final[Json] = {
    "type": "object",
    "required": [
        "captureID", "createdAt", "finishedAt", "running", "success", "captureErrorBehaviour", "errors",
    ],
    "properties": {
        "captureID": TEXT,
        "createdAt": _TIME,
        "finishedAt": _TIME,
        "running": {"type": "boolean"},
        "success": {"type": "boolean", "description": "False if any event was refused"},
        "captureErrorBehaviour": {"enum": list(BEHAVIOURS)},
        "errors": {
            "type": "array",
            "description": "A problem (RFC 9457) for each refused event, with its number and quarantine",
            "items": {
                "type": "object",
                "required": ["type", "title", "status", "detail", "event"],
                "properties": {"event": {"type": "integer"}, "eventID": TEXT, "quarantine": TEXT},
            },
        },
        "events": {"type": "integer"},
        "captured": {"type": "integer", "description": "Events that are stored, now or before"},
        "records": {"type": "integer", "description": "Records that they became"},
        "repeated": {"type": "integer", "description": "Records that were there before"},
    },
}  # fmt: skip
SCHEMAS: Final[Json] = {"EpcisDocument": _DOCUMENT, "EpcisEvent": _EVENT, "CaptureJob": _JOB}

_VERSION: Final[Json] = {
    "name": "GS1-EPCIS-Version",
    "in": "header",
    "schema": {"type": "string", "enum": ["2.0", "2.0.0"]},
}
_BEHAVIOUR: Final[Json] = {
    "name": "GS1-Capture-Error-Behaviour",
    "in": "header",
    "schema": {"type": "string", "enum": list(BEHAVIOURS), "default": "rollback"},
    "description": "rollback: one refused event, and none of the document is taken. proceed: each for itself",
}
_BODY: Final[Json] = {
    "schema": {"oneOf": [ref("EpcisDocument"), ref("EpcisEvent")]},
    "examples": {"assembly": {"value": EXAMPLE}},
}
PATHS: Final[Json] = {
    "/epcis/capture": {
        "post": {
            "operationId": "captureEvents",
            "summary": "Send an EPCIS 2.0 document, or one event; answered when all of it is durable",
            "description": f"At most {MAX_BYTES} bytes and {MAX_EVENTS} events.",
            "security": PLANT,
            "parameters": [_VERSION, _BEHAVIOUR],
            "requestBody": {
                "required": True,
                "content": {"application/json": _BODY, "application/ld+json": _BODY},
            },
            "responses": {
                "202": {
                    **answer("The finished job", ref("CaptureJob")),
                    "headers": {"Location": {"description": "Where the job is told", "schema": TEXT}},
                },
                **problems(400, 401, 403, 406, 413, 415, 422),
            },
        },
        "get": {
            "operationId": "captureJobs",
            "summary": "The plant's capture jobs, newest first; Link leads to the next page",
            "security": PLANT,
            "parameters": [
                _VERSION,
                query("perPage", {"type": "integer", "minimum": 1, "maximum": MOST_ON_A_PAGE}),
                query("nextPageToken"),
            ],
            "responses": {
                "200": answer("A page of jobs", {"type": "array", "items": ref("CaptureJob")}),
                **problems(400, 401, 403, 406, 422),
            },
        },
    },
    "/epcis/capture/{capture_id}": {
        "get": {
            "operationId": "captureJob",
            "summary": "What became of one document",
            "security": PLANT,
            "parameters": [path("capture_id"), _VERSION],
            "responses": {
                "200": answer("The job", ref("CaptureJob")),
                **problems(401, 403, 404, 406),
            },
        }
    },
}
