"""The log's tree as it is stored: tiles are written once they are full, nodes are read from them."""

from typing import Any, Final

from app.core import merkle, tiles
from app.core.errors import ForkedLog
from app.store.unit_of_work import Store

FEW: Final = 64
"""Tiles stored in one transaction: the log's lock is held for a moment only."""


def fill(work: Store, head: Any, limit: int | None = None) -> int:
    """Store the tiles that are full by now, at most `limit` of level 0. Returns how many of those there were.

    The caller holds the log. Raises: ForkedLog when what is stored has holes.
    """
    stored = work.log.full_tiles(head.id)
    full = int(head.size) // tiles.WIDTH
    end = full if limit is None else min(full, stored + limit)
    for index in range(stored, end):
        begin = head.first + index * tiles.WIDTH
        hashes = work.log.leaf_hashes(begin, begin + tiles.WIDTH)
        if len(hashes) != tiles.WIDTH:
            raise ForkedLog(f"Entries of log {head.id} are missing: run `passport log verify`.")
        _put(work, head.id, index, b"".join(hashes))
    return max(0, end - stored)


def _put(work: Store, number: int, index: int, hashes: bytes) -> None:
    """A full tile of level 0, and its root in the tiles above it."""
    work.log.put_tile(number, 0, index, hashes, is_new=True)
    for level in range(1, tiles.MAX_LEVEL + 1):
        root = tiles.root_of_full(hashes)
        index, place = divmod(index, tiles.WIDTH)
        above = work.log.tile(number, level, index)
        if len(above or b"") != place * tiles.HASH:
            raise ForkedLog(f"A tile of log {number} is not as it was left: run `passport log verify`.")
        hashes = (above or b"") + root
        work.log.put_tile(number, level, index, hashes, is_new=above is None)
        if place + 1 < tiles.WIDTH:
            return


def reader(store: Store, head: Any, size: int) -> tiles.Reader:
    """Nodes of the tree of the log's first `size` entries, from a few rows."""

    def fetch(level: int, index: int, width: int) -> bytes:
        return tile(store, head, level, index, width)

    return tiles.Reader(size, fetch)


def tile(store: Store, head: Any, level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile; fewer where they are not there."""
    stored = store.log.tile(head.id, level, index) if level or width == tiles.WIDTH else None
    if stored is None and level == 0:
        begin = head.first + index * tiles.WIDTH
        end = min(begin + width, head.first + head.size)
        stored = b"".join(store.log.leaf_hashes(begin, end))
    return (stored or b"")[: width * tiles.HASH]


def root(store: Store, head: Any, size: int) -> bytes:
    """Root of the first `size` entries."""
    return merkle.root_of(size, reader(store, head, size).node)
