"""The part of the API's description that speaks of files."""

from typing import Any, Final

from app.services.attachments import MEDIA_TYPES
from app.web.openapi_parts import PLANT, TEXT, Json, answer, path, problems, query, ref

_BYTES: Final[dict[str, Any]] = {
    media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES
}
SCHEMA: Final[Json] = {
    "type": "object",
    "required": ["url", "digestMultibase", "mediaType", "size", "name", "receivedAt"],
    "properties": {
        "url": {"type": "string", "format": "uri", "description": "Where its readers find it"},
        "digestMultibase": {"type": "string", "pattern": "^u[A-Za-z0-9_-]{46}$"},
        "mediaType": {"enum": list(MEDIA_TYPES), "description": "What the bytes are"},
        "size": {"type": "integer", "description": "Bytes"},
        "name": TEXT,
        "receivedAt": {"type": "string", "format": "date-time"},
    },
}
PATHS: Final[Json] = {
    "/api/v1/files": {
        "post": {
            "operationId": "takeFile",
            "summary": "Send a report, certificate, manual or picture, to be linked from values of passports",
            "description": "url, digestMultibase and mediaType of the answer go into a value.",
            "security": PLANT,
            "parameters": [{**query("name"), "description": "As the file is called, for people"}],
            "requestBody": {"required": True, "content": _BYTES},
            "responses": {
                "201": answer("Kept, and durable", ref("File")),
                "200": answer("The same bytes are here already", ref("File")),
                **problems(413, 415, 422),
            },
        }
    },
    "/files/{digest}": {
        "get": {
            "operationId": "file",
            "summary": "A file, to whoever reads a section of a passport that links to it",
            "security": [{}, {"session": []}],
            "parameters": [path("digest")],
            "responses": {"200": {"description": "The bytes", "content": _BYTES}, **problems(404)},
        }
    },
}
