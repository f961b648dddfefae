"""The public log for anybody: checkpoints, tiles and entries, as C2SP tlog-tiles names them.

Only what a signed checkpoint covers is given out.
"""

from dataclasses import dataclass
from typing import Any

from app.core import tiles
from app.core.errors import MalformedInput, NotFound
from app.services import checkpoints, log_tree
from app.services.context import Context
from app.store.unit_of_work import Store

_NOTHING = "There is no such part of this log."


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of the log that never change; a full one will be asked for again and again."""

    body: bytes
    is_full: bool


def checkpoint(ctx: Context, number: int) -> str:
    """The newest checkpoint of a log as a signed note, with its cosignatures. Raises: NotFound."""
    with ctx.read() as store:
        head = store.log.head(number)
    if head is None:
        raise NotFound(_NOTHING)
    if not head.closed_at:
        checkpoints.newest(ctx)
    with ctx.read() as store:
        row = store.log.newest_checkpoint(number)
        if row is None:
            raise NotFound(_NOTHING)
        return checkpoints.with_cosignatures(store, row)


def tile(ctx: Context, number: int, level: int, path: str) -> Part:
    """Hashes of one tile. Raises: NotFound."""
    place = _place(path)
    with ctx.read() as store:
        head = _covered(store, number, level, place)
        body = log_tree.tile(store, head, level, place.index, place.width)
    return Part(body, place.width == tiles.WIDTH)


def entries(ctx: Context, number: int, path: str) -> Part:
    """The entries under one tile of level 0. Raises: NotFound."""
    place = _place(path)
    with ctx.read() as store:
        head = _covered(store, number, 0, place)
        begin = head.first + place.index * tiles.WIDTH
        found = store.log.entries(begin, begin + place.width)
    return Part(tiles.bundle(found), place.width == tiles.WIDTH)


def verifier_key(ctx: Context, number: int) -> str:
    """The key that signs the checkpoints of a log. Raises: NotFound."""
    key = ctx.log_keys.get(number)
    if key is None:
        raise NotFound(_NOTHING)
    return str(key.vkey)


def _place(path: str) -> tiles.Place:
    try:
        return tiles.parse_path(path)
    except MalformedInput:
        raise NotFound(_NOTHING) from None


def _covered(store: Store, number: int, level: int, place: tiles.Place) -> Any:
    """The head of a log whose newest checkpoint covers this tile. Raises: NotFound."""
    head, newest = store.log.head(number), store.log.newest_checkpoint(number)
    is_covered = (
        head is not None
        and newest is not None
        and level <= tiles.MAX_LEVEL
        and tiles.width(level, place.index, newest.size) >= place.width
    )
    if not is_covered:
        raise NotFound(_NOTHING)
    return head
