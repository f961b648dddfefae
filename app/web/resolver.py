"""From label to passport: `/01/{gtin}/21/{serial}` and the number that a person typed.

Takes no notice of a login. Redirects go to the configured origin, never to a Host header (T17, T19).
Source: GS1-Conformant Resolver 1.2.0; design section 7.
"""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from app.core import identifiers
from app.core.errors import NotFound
from app.core.identifiers import BatteryKey
from app.services import reading
from app.web.current import address, context
from app.web.negotiation import wants_credential
from app.web.readers import anyone
from app.web.security import open_to_all

blueprint = Blueprint("resolver", __name__)


@blueprint.get("/01/<path:rest>")
@anyone
def resolve(rest: str) -> Response | Redirect:
    """307 to the passport page, or by Accept to the public section."""
    key = identifiers.parse_path(_raw_path().removesuffix("/"))
    identifiers.require_plain_query(request.query_string.decode("latin-1"))
    target = _target(key)
    response = redirect(target, 307)
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "public, max-age=60"
    return open_to_all(response)  # type: ignore[arg-type]


@blueprint.get("/find")
@anyone
def find() -> Redirect:
    """What a person typed or a hand scanner read, as a page of ours."""
    key = identifiers.parse_scanned(request.args.get("code", ""))
    return redirect(f"{context().settings.origin}{key.path()}", 303)


def _target(key: BatteryKey) -> str:
    ctx = context()
    try:
        uuid = reading.passport_uuid(ctx, key)
    except NotFound:
        reading.count_unknown(ctx, address())
        raise
    page = f"{ctx.settings.origin}/passports/{uuid}"
    return f"{page}/sections/public" if wants_credential() else page


def _raw_path() -> str:
    """The path as it was sent: decoding `%2F` too early would read a serial as two segments."""
    raw = str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.path)
    path = raw.partition("?")[0].partition("#")[0]
    return path if path.startswith("/") else "/" + path.partition("://")[2].partition("/")[2]
