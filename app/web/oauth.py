"""The token endpoint for machines: client credentials against a short-lived bearer token.

Authlib speaks the protocol; who a client is and what it may do is the word of `services.clients`.
Source: RFC 6749 2.3.1, 4.4, 5; RFC 7009 (revocation); RFC 8414 (metadata).
"""

from typing import Any, Final, cast

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload, FlaskOAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, InvalidScopeError, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import BadRequest

from app.core import scopes
from app.core.errors import Unauthenticated
from app.services import clients, plants, throttling
from app.services.clients import Client
from app.web.current import address, context
from app.web.readers import anyone

blueprint = Blueprint("oauth", __name__)

MAX_BODY_BYTES: Final = 8_192
_METHODS: Final = ["client_secret_basic", "client_secret_post"]
_LIMIT: Final = throttling.Limit("token-endpoint", 60, throttling.MINUTE)
_SERVER: Final = "oauth_server"


def attach(application: Flask) -> None:
    """Make the authorization server of this application."""
    application.config["OAUTH2_ACCESS_TOKEN_GENERATOR"] = lambda **_: plants.new_secret()
    application.config["OAUTH2_TOKEN_EXPIRES_IN"] = {
        "client_credentials": int(clients.TOKEN_LASTS.total_seconds())
    }
    server = _Server(application, query_client=_Claimed, save_token=_save)
    server.register_grant(_Grant)
    server.register_endpoint(_Revocation)
    application.extensions[_SERVER] = server


@blueprint.post("/oauth/token")
@anyone
def token() -> Response:
    """A client shows its secret, in the Authorization header or the body, and gets a token for an hour."""
    _require_readable()
    return cast(Response, _server().create_token_response())


@blueprint.post("/oauth/revoke")
@anyone
def revoke() -> Response:
    """A client ends a token of its own; the answer is the same whether there was one (RFC 7009 2.2)."""
    _require_readable()
    return cast(Response, _server().create_endpoint_response(_Revocation.ENDPOINT_NAME))


@blueprint.get("/.well-known/oauth-authorization-server")
@anyone
def metadata() -> Response:
    """Where the endpoints are and what they take (RFC 8414 2)."""
    origin = context().settings.origin
    response = jsonify(
        {
            "issuer": origin,
            "token_endpoint": f"{origin}/oauth/token",
            "token_endpoint_auth_methods_supported": _METHODS,
            "revocation_endpoint": f"{origin}/oauth/revoke",
            "revocation_endpoint_auth_methods_supported": _METHODS,
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "scopes_supported": list(scopes.EVERY_SCOPE),
            "service_documentation": f"{origin}/api/v1/openapi.json",
        }
    )
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


class _Claimed(ClientMixin):  # type: ignore[misc]
    """A client as it calls itself: nothing is known of it until it shows a secret that fits.

    So the answers to an unknown client and to a wrong secret are the same.
    """

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.known: Client | None = None

    def shown(self) -> Client:
        """The client that has shown its secret. Raises: Unauthenticated."""
        if self.known is None:
            raise Unauthenticated("The client has not shown its secret.")
        return self.known

    def check_client_secret(self, client_secret: str) -> bool:
        self.known = clients.with_secret(context(), self.client_id, client_secret)
        return self.known is not None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in _METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """All that the client has where it asks for none; never more than it has."""
        if self.known is None:
            return None
        wanted = frozenset(scope.split()) if scope else self.known.scopes
        return scopes.text(wanted) if all(_within(word, self.known.scopes) for word in wanted) else None


def _within(word: str, granted: frozenset[str]) -> bool:
    kind = word.removeprefix(f"{scopes.SEND}:")
    return word in scopes.EVERY_SCOPE and (
        word in granted or (kind != word and scopes.allows_kind(granted, kind))
    )


def _told(client: _Claimed) -> str:
    """Said to a client that has shown its secret, so it may know what it has."""
    has = scopes.text(client.shown().scopes)
    return f"This client may ask for: {has}. Leave scope out, and the token has all of it."


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def validate_requested_scope(self) -> None:
        if self.request.client.get_allowed_scope(self.request.payload.scope) is None:
            raise InvalidScopeError(_told(self.request.client))


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = _METHODS

    def authenticate_token(self, request: OAuth2Request, client: _Claimed) -> str:
        self.check_params(request, client)
        return str(request.form["token"])

    def revoke_token(self, token: str, request: OAuth2Request) -> None:
        clients.revoke_token(context(), request.client.shown(), token)


class _Request(FlaskOAuth2Request):  # type: ignore[misc]
    """A request at the public address: a proxy speaks plain HTTP to this server, and readers do not."""

    def __init__(self) -> None:
        uri = f"{context().settings.origin}{request.path}"
        OAuth2Request.__init__(self, request.method, uri, headers=request.headers)
        self._request = request
        self.payload = FlaskOAuth2Payload(request)


class _Server(AuthorizationServer):  # type: ignore[misc]
    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        return _Request()


def _server() -> Any:
    return current_app.extensions[_SERVER]


def _save(token: dict[str, Any], request: OAuth2Request) -> None:
    claimed: _Claimed = request.client
    granted = frozenset(str(token["scope"]).split())
    clients.keep_token(context(), claimed.shown(), token["access_token"], granted)


def _require_readable() -> None:
    """Count the try, and refuse what no client sends: secrets in the address, a header that is no text."""
    request.max_content_length = MAX_BODY_BYTES
    throttling.count(context(), _LIMIT, address())
    if request.query_string:
        raise BadRequest("Send the parameters in the body: addresses end up in logs.")
    if request.mimetype != "application/x-www-form-urlencoded":
        raise BadRequest("Send the body as application/x-www-form-urlencoded.")
    sent = request.headers.get("Authorization", "")
    if sent.lower().startswith("basic") and request.authorization is None:
        raise BadRequest("The Authorization header cannot be read: it holds base64 of client id:secret.")
