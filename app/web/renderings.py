"""Pages of public passports, kept for a minute as they were rendered, packed for the line.

What a page shows is decided by the stored bytes, the passport's state and the trust and status lists: while
those are the same, so is the page. Only what anyone may see is ever kept.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from flask import Response, current_app, request

from app.web.current import context

KEPT_FOR: Final = timedelta(minutes=1)
KEPT_PAGES: Final = 128
SWITCH: Final = "KEEP_RENDERINGS"
"""Name in the application's configuration; benchmarks switch it off."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One page, plain and packed."""

    made_at: datetime
    body: bytes
    packed: bytes


def page(mark: object, render: Callable[[], str]) -> Response:
    """The kept page for `mark`, or a new one. `mark` holds everything that the page depends on."""
    ctx = context()
    now = ctx.now()
    pages = cast(dict[object, Rendering], ctx.kept.setdefault("pages", {}))
    found = pages.get(mark)
    if found is None or not timedelta(0) <= now - found.made_at < KEPT_FOR:
        body = render().encode()
        found = Rendering(now, body, gzip.compress(body, compresslevel=5, mtime=0))
        if current_app.config.get(SWITCH, True):
            if len(pages) >= KEPT_PAGES:
                pages.clear()
            pages[mark] = found
    packs = request.accept_encodings["gzip"] > 0
    response = Response(found.packed if packs else found.body, mimetype="text/html")
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response
