"""Signing in and out with a local account."""

from typing import Final
from urllib.parse import quote, unquote

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from app.core.access import Permission
from app.core.errors import Unauthenticated
from app.services import accounts, demo
from app.web.current import address, context
from app.web.readers import COOKIE, anyone, current_session, require_same_origin, requires

blueprint = Blueprint("sign_in", __name__)

_CHECKED: Final = "checked"


@blueprint.get("/sign-in")
@anyone
def form() -> Response | Redirect:
    """The sign-in form; `next` is a path of ours to go on to."""
    if current_session() is not None:
        return redirect(next_path(), 303)
    # The cookie was sent with the last answer, yet it did not come back.
    lost = request.args.get(_CHECKED) == "1"
    return _form(
        "Your browser did not keep the sign-in cookie: it needs https here (./run --lan)." if lost else ""
    )


@blueprint.post("/sign-in")
@anyone
def sign_in() -> Response | Redirect:
    """A new session, or the form again with one sentence."""
    require_same_origin()
    try:
        token = accounts.sign_in(
            context(), request.form.get("name", ""), request.form.get("password", ""), address()
        )
    except Unauthenticated as refusal:
        return _form(str(refusal), 401)
    response = redirect(f"/sign-in?{_CHECKED}=1&next={quote(next_path(), safe='/')}", 303)
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Lax", path="/")
    return response


@blueprint.post("/sign-out")
@requires(Permission.SIGNED_IN)
def sign_out() -> Redirect:
    """End the session and wipe what this browser kept of it (T34)."""
    accounts.sign_out(context(), request.cookies.get(COOKIE, ""))
    response = redirect("/", 303)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def next_path() -> str:
    """Where to go on: a path of ours that starts with one slash, checked after decoding (T19)."""
    wanted = request.values.get("next", "/")
    plain = unquote(unquote(wanted))
    is_path = plain.startswith("/") and not plain.startswith(("//", "/\\")) and "\\" not in plain
    is_clean = all(character.isprintable() for character in plain)
    return wanted if is_path and is_clean else "/"


def _form(error: str, status: int = 200) -> Response:
    ctx = context()
    page = render_template(
        "sign_in.html",
        error=error,
        next=next_path(),
        demo_accounts=demo.SIGN_INS if ctx.settings.demo else (),
        name=request.form.get("name", ""),
    )
    return make_response(page, status)
