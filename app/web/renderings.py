"""Pages of public passports, kept for a minute as they were rendered, packed for the line.

What a page shows is decided by the stored bytes, the passport's state and the trust and status lists: while
those are the same, so is the page. Only what anyone may see is ever kept.
"""

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, cast

from flask import Flask, Response, current_app, request
from markupsafe import Markup

from app.core.bounded import Bounded
from app.core.rows import GUIDE
from app.web.current import context
from app.web.readers import COOKIE

KEPT_FOR: Final = timedelta(minutes=1)
KEPT_BYTES: Final = 16 << 20
PACKED_TOO: Final = 1.25
"""A page and its packed form, beside the page alone."""
FAST, SMALL = 1, 6
"""Levels of packing: for once, and for many readers."""
SWITCH: Final = "KEEP_RENDERINGS"
"""Name in the application's configuration; benchmarks switch it off."""


def attach(application: Flask) -> None:
    """Render once what is the same on every passport page: name, definition and clause of each row."""
    head = application.jinja_env.get_template("passport_row_head.html")
    application.jinja_env.globals["row_heads"] = {
        # our own template over the catalogue, escaped there; no data of a passport is in it (T30)
        label.id: Markup(head.render(label=label).strip())  # noqa: S704
        for label in GUIDE.labels
    }


class Rendering:
    """One page, plain, and packed once somebody takes it so."""

    def __init__(self, body: str, made_at: datetime, level: int = FAST) -> None:
        self.body = body.encode()
        self.made_at = made_at
        self._level = level

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.body, compresslevel=self._level, mtime=0)


def page(mark: object, render: Callable[[], str]) -> Response:
    """The kept page for `mark`, or a new one. `mark` holds everything that the page depends on."""
    ctx = context()
    now = ctx.now()
    pages = cast(Bounded[object, Rendering], ctx.kept.setdefault("pages", Bounded(KEPT_BYTES)))
    found = pages.get(mark)
    if found is None or not timedelta(0) <= now - found.made_at < KEPT_FOR:
        keeps = current_app.config.get(SWITCH, True)
        found = Rendering(render(), now, SMALL if keeps else FAST)
        if keeps:
            pages.put(mark, found, PACKED_TOO * len(found.body))
    return send(found)


def public(body: str) -> Response:
    """A page that is the same for everybody who is not signed in."""
    return send(Rendering(body, context().now()))


def send(rendering: Rendering) -> Response:
    """Packed where the caller takes it; never in a session, whose secrets stand beside what was sent."""
    packs = request.accept_encodings["gzip"] > 0 and COOKIE not in request.cookies
    response = Response(rendering.packed if packs else rendering.body, mimetype="text/html")
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response
