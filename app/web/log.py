"""The public log: checkpoint, tiles and entries, for readers, monitors and witnesses (C2SP tlog-tiles)."""

from typing import Final

from flask import Blueprint, Response

from app.core.errors import NotFound
from app.services import log_reading
from app.services.log_reading import Part
from app.web.current import context
from app.web.documents import FOREVER
from app.web.readers import anyone
from app.web.security import open_to_all

blueprint = Blueprint("log", __name__, url_prefix="/log/<int:number>")

CHECKPOINT_CACHE: Final = "public, max-age=1"
PARTIAL_CACHE: Final = "public, max-age=3600"
"""A tile that is not full stays true, but the full one takes its place."""
MAX_NUMBER: Final = 2**31 - 1


@blueprint.get("/checkpoint")
@anyone
def checkpoint(number: int) -> Response:
    """The newest checkpoint, at most five seconds behind, with the cosignatures of witnesses."""
    return _text(log_reading.checkpoint(context(), _known(number)), CHECKPOINT_CACHE)


@blueprint.get("/vkey")
@anyone
def vkey(number: int) -> Response:
    """The key that signs the checkpoints. A reader takes it from the trust list; this is for comparing."""
    return _text(f"{log_reading.verifier_key(context(), _known(number))}\n", CHECKPOINT_CACHE)


@blueprint.get("/tile/<int:level>/<path:place>")
@anyone
def tile(number: int, level: int, place: str) -> Response:
    """Hashes of the tree, 256 a tile."""
    return _bytes(log_reading.tile(context(), _known(number), level, place))


@blueprint.get("/tile/entries/<path:place>")
@anyone
def entries(number: int, place: str) -> Response:
    """Entries, each after its length in two bytes."""
    return _bytes(log_reading.entries(context(), _known(number), place))


def _known(number: int) -> int:
    """More than a database's number can hold is asked for by nobody honest. Raises: NotFound."""
    if not 1 <= number <= MAX_NUMBER:
        raise NotFound("There is no such log.")
    return number


def _text(body: str, cache: str) -> Response:
    response = Response(body, mimetype="text/plain")
    response.headers["Cache-Control"] = cache
    return open_to_all(response)


def _bytes(part: Part) -> Response:
    response = Response(part.body, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = FOREVER if part.is_full else PARTIAL_CACHE
    return open_to_all(response)
