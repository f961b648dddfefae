"""Who asks: the session cookie, the permission that each route states, and the token of each form.

Every route says who may call it, by `requires` or `anyone`; a test fails on silence (T10, T33).
"""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import Forbidden as HttpForbidden

from app.core import access, scopes
from app.core.access import ANYONE, Permission, Reader
from app.core.errors import TokenRefused
from app.services import accounts, plants, throttling
from app.services.accounts import Session
from app.services.plants import Plant
from app.web.current import context

COOKIE: Final = "__Host-session"
View = Callable[..., Any]


def attach(application: Flask) -> None:
    """Make the reader known to templates, and keep what a session saw out of shared stores."""

    @application.context_processor
    def names() -> dict[str, Any]:
        session = current_session()
        settings = context().settings
        return {
            "reader": session.reader if session else None,
            "csrf_token": session.csrf_token if session else "",
            "demo": settings.demo,
        }

    @application.after_request
    def private(response: Response) -> Response:
        if COOKIE in request.cookies:
            response.headers["Cache-Control"] = "private, no-store"
        return response


def requires(permission: Permission) -> Callable[[View], View]:
    """State what a route needs; checked before the view runs, with the form's token on every change."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            access.require(permission, current_reader())
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                require_own_form()
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def anyone(view: View) -> View:
    """State that a route is open to everybody."""
    view.permission = Permission.READ_PUBLIC  # type: ignore[attr-defined]
    return view


def of_plant(view: View) -> View:
    """State that a route is for plants, by bearer token; the view gets the plant. The token needs the scope
    `read` to look, and `send` to change something."""
    return _of_plant(view, None)


def of_plant_with(scope: str) -> Callable[[View], View]:
    """As `of_plant`, for a change that has a scope of its own."""
    return lambda view: _of_plant(view, scope)


def _of_plant(view: View, scope: str | None) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        plant = current_plant()
        plant.require(scope or (scopes.READ if request.method in ("GET", "HEAD") else scopes.SEND))
        spend(plant, 1)
        return view(plant, *args, **kwargs)

    guarded.permission = Permission.SEND_RECORDS  # type: ignore[attr-defined]
    return guarded


def spend(plant: Plant, records: int) -> None:
    """Count what a plant sends. Raises: RateLimited."""
    ctx = context()
    limit = throttling.Limit("plant", ctx.settings.plant_records_per_minute, throttling.MINUTE)
    throttling.spend(ctx, limit, plant.id, records)


def current_session() -> Session | None:
    """The session of this request, looked up once."""
    if "session_of_request" not in g:
        token = request.cookies.get(COOKIE, "")
        g.session_of_request = accounts.session(context(), token) if token else None
    found: Session | None = g.session_of_request
    return found


def current_reader() -> Reader:
    """Whoever asks; without a session, anyone."""
    session = current_session()
    return session.reader if session else ANYONE


def current_plant() -> Plant:
    """The plant of the bearer token. Tokens travel in this header only (T31). Raises: TokenRefused."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused("Send the plant's token: Authorization: Bearer ...", was_sent=False)
    return plants.of_token(context(), token.strip())


def require_own_form() -> None:
    """A change comes from a page of ours: the token fits, and the browser does not say otherwise."""
    session = current_session()
    sent = request.form.get("csrf_token", "")
    if session is None or not hmac.compare_digest(session.csrf_token.encode(), sent.encode()):
        raise HttpForbidden("This form is too old. Go back, load the page again and send it once more.")
    require_same_origin()


def require_same_origin() -> None:
    """Refuse a request that another site made this browser send."""
    origin = request.headers.get("Origin")
    scheme = urlsplit(context().settings.origin).scheme
    if origin and origin.lower() != f"{scheme}://{request.host.lower()}":
        raise HttpForbidden("This request came from another site.")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise HttpForbidden("This request came from another site.")
