"""Errors as answers: the only file that knows HTTP numbers (RFC 9457).

Machines get `application/problem+json`, people a page. Each carries a reference that stands in the log too;
what went wrong inside goes to the log alone (T52).
"""

import logging
import secrets
from typing import Any, Final

from flask import Flask, Response, current_app, jsonify, render_template, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from app.core import errors
from app.core.errors import PassportError
from app.core.proof_error import ProofError
from app.services.intake import Quarantined
from app.services.troubles import meant
from app.web.negotiation import wants_page

_log = logging.getLogger("app.web")

STATUS: Final[dict[type[PassportError], int]] = {
    errors.MalformedJson: 400,
    errors.MalformedIdentifier: 400,
    errors.MalformedDate: 400,
    errors.MalformedInput: 422,
    errors.TooLarge: 413,
    errors.IncompletePassport: 422,
    errors.Conflict: 409,
    errors.KindNotAllowed: 403,
    errors.Rejected: 422,
    errors.NotFound: 404,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.RateLimited: 429,
    errors.Busy: 503,
    errors.CannotSign: 503,
    errors.StoreFull: 507,
    errors.StoreAway: 503,
    errors.ForkedLog: 503,
    errors.NotConfigured: 503,
    ProofError: 500,  # what we signed does not verify: no fault of the sender
    PassportError: 500,
}
HTTP_CODES: Final[dict[int, str]] = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    411: "length-required",
    413: "too-large",
    414: "address-too-long",
    415: "unsupported-media-type",
    421: "wrong-host",
    429: "rate-limited",
    431: "headers-too-large",
    500: "internal",
    503: "not-configured",
}
"""Codes of refusals that the server itself makes before a service is asked."""


_LATER_S: Final = 30
_TOLD: Final = (errors.NotConfigured, errors.Busy, errors.CannotSign, errors.ForkedLog)
"""Troubles of ours that a caller may be told in words."""


def attach(application: Flask) -> None:
    """Answer every error in one shape."""
    application.register_error_handler(PassportError, _passport_error)
    application.register_error_handler(HTTPException, _http_error)
    application.register_error_handler(DBAPIError, _of_the_store)
    application.register_error_handler(Exception, _unexpected)


def status_of(error: PassportError) -> int:
    """The number of the nearest class that has one."""
    if isinstance(error, Quarantined):
        return status_of(error.refusal)
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def document(error: PassportError) -> dict[str, Any]:
    """The problem of one record among many, which stands in their answer."""
    status = status_of(error)
    code = error.refusal.code if isinstance(error, Quarantined) else error.code
    return {
        "type": f"{_origin()}/problems/{code}",
        "title": code.replace("-", " "),
        "status": status,
        "detail": str(error),
        **error.members(),
    }


def of_kept(kept: dict[str, Any]) -> dict[str, Any]:
    """The problem of a refusal that a service kept with its code and detail."""
    code = kept["code"]
    status = next((status for kind, status in STATUS.items() if kind.code == code), 422)
    told = {"type": f"{_origin()}/problems/{code}", "title": code.replace("-", " "), "status": status}
    return told | {name: value for name, value in kept.items() if name != "code"}


def answer(code: str, status: int, detail: str, members: dict[str, Any] | None = None) -> Response:
    """One problem, as JSON or as a page."""
    reference = secrets.token_hex(4)
    # Both are shown even where nobody set up logging: the reference in an answer leads to a line here.
    level = logging.ERROR if status >= 500 else logging.WARNING
    _log.log(level, "problem %s %s %s %s", reference, status, code, request.method)
    members = members or {}
    if wants_page():
        page = render_template(
            "error.html", code=code, status=status, detail=detail, members=members, reference=reference
        )
        return Response(page, status, mimetype="text/html")
    response = jsonify(
        {
            "type": f"{_origin()}/problems/{code}",
            "title": code.replace("-", " "),
            "status": status,
            "detail": detail,
            "instance": request.path,
            "reference": reference,
            **members,
        }
    )
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def _passport_error(error: PassportError) -> Response:
    status = status_of(error)
    if status >= 500 and not isinstance(error, _TOLD):
        return _unexpected(error)
    code = error.refusal.code if isinstance(error, Quarantined) else error.code
    response = answer(code, status, str(error), error.members())
    if isinstance(error, errors.RateLimited | errors.Busy):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, errors.TokenRefused):
        reason = ', error="invalid_token"' if error.was_sent else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="intake"{reason}'
    if isinstance(error, errors.InsufficientScope):
        response.headers["WWW-Authenticate"] = (
            f'Bearer realm="intake", error="insufficient_scope", scope="{error.scope}"'
        )
    return response


def _of_the_store(error: DBAPIError) -> Response:
    """A full disk or a database that is away is told as such, with when to come again; it is no fault of ours
    and none of the sender's."""
    told = meant(error)
    if told is None:
        return _unexpected(error)
    response = answer(told.code, status_of(told), str(told))
    response.headers["Retry-After"] = str(_LATER_S)
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = answer(HTTP_CODES.get(status, "bad-request"), status, _sentence(error, status))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            response.headers[name] = value
    return response


def _sentence(error: HTTPException, status: int) -> str:
    fixed = {
        404: "There is nothing at this address.",
        405: "This address does not take that method.",
        413: "This is larger than what is taken here.",
        500: "Something went wrong here. It was noted; try again.",
    }
    return fixed.get(status) or error.description or "The request cannot be taken as it is."


def _unexpected(error: Exception) -> Response:
    response = answer("internal", 500, "Something went wrong here. It was noted; try again.")
    _log.error("unexpected error at %s %r", request.method, request.path, exc_info=error)
    return response


def _origin() -> str:
    return str(current_app.extensions["passport"].settings.origin)
