"""The part of the API's description that speaks of tokens for machines."""

from typing import Final

from app.core.intake import KINDS
from app.core.scopes import EVERY_SCOPE
from app.web.openapi_parts import TEXT, Json, answer, problems

_TOLD: Final[Json] = {
    "send": "Send records of every kind",
    "read": "Read drafts, quarantine, lineage and genealogy",
    "mend": "Replay and dismiss what was refused",
    "correct": "Sign a corrected version of a passport",
} | {f"send:{kind}": f"Send records of kind {kind}" for kind in KINDS}
SCHEMES: Final[Json] = {
    "client": {
        "type": "oauth2",
        "description": "A client of a plant, with a secret of its own; its tokens last an hour",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oauth/token",
                "scopes": {scope: _TOLD[scope] for scope in EVERY_SCOPE},
            }
        },
    },
    "clientSecret": {
        "type": "http",
        "scheme": "basic",
        "description": "The client's id and secret (RFC 6749 2.3.1)",
    },
}
_FORM: Final = "application/x-www-form-urlencoded"
_CREDENTIALS: Final[Json] = {
    "client_id": {**TEXT, "description": "Where the Authorization header does not tell it"},
    "client_secret": TEXT,
}
_TOKEN: Final[Json] = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in", "scope"],
    "properties": {
        "access_token": TEXT,
        "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer", "description": "Seconds"},
        "scope": TEXT,
    },
}
_ERROR: Final[Json] = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": TEXT, "error_description": TEXT},
}


def _refused() -> Json:
    """The protocol's own form of a refusal; what is no request of the protocol is told as a problem."""
    both = {
        "description": "Refused (RFC 6749 5.2)",
        "content": {
            "application/json": {"schema": _ERROR},
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        },
    }
    return {"400": both, "401": answer("Unknown client or secret", _ERROR), **problems(413, 429)}


def _form(required: list[str], properties: Json, example: Json) -> Json:
    schema = {"type": "object", "required": required, "properties": properties | _CREDENTIALS}
    return {"required": True, "content": {_FORM: {"schema": schema, "example": example}}}


PATHS: Final[Json] = {
    "/oauth/token": {
        "post": {
            "operationId": "token",
            "summary": "A token for an hour, against the client's id and secret (RFC 6749 4.4)",
            "security": [{"clientSecret": []}, {}],
            "requestBody": _form(
                ["grant_type"],
                {
                    "grant_type": {"const": "client_credentials"},
                    "scope": {**TEXT, "description": "Absent: all that the client has"},
                },
                {"grant_type": "client_credentials", "scope": "send"},
            ),
            "responses": {"200": answer("The token", _TOKEN), **_refused()},
        }
    },
    "/oauth/revoke": {
        "post": {
            "operationId": "revokeToken",
            "summary": "End a token of this client (RFC 7009)",
            "security": [{"clientSecret": []}, {}],
            "requestBody": _form(
                ["token"],
                {"token": TEXT, "token_type_hint": {"enum": ["access_token", "refresh_token"]}},
                {"token": "2YotnFZFEjr1zCsicMWpAA"},
            ),
            "responses": {
                "200": answer("It is over, if there was one", {"type": "object"}),
                **_refused(),
            },
        }
    },
    "/.well-known/oauth-authorization-server": {
        "get": {
            "operationId": "authorizationServer",
            "summary": "Where the token endpoint is and what it takes (RFC 8414)",
            "responses": {"200": answer("The metadata", {"type": "object"})},
        }
    },
}
