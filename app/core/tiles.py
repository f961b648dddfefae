"""Tiles: 256 hashes of a log's tree in one file, so that readers fetch few and caches keep them for ever.

Level 0 holds hashes of leaves; each hash above is the root of a full tile below.
Source: C2SP tlog-tiles.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.errors import MalformedInput
from app.core.merkle import Node, over

WIDTH: Final = 256
HASH: Final = 32
MAX_LEVEL: Final = 7
"""256**8 entries: more than a database's number can count."""
_PATH: Final = re.compile(r"((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")

Fetch = Callable[[int, int, int], bytes]
"""(level, index, width) -> the hashes of that tile, one after the other."""


@dataclass(frozen=True, slots=True)
class Place:
    """One tile of a level: its index, and how many hashes of it are meant."""

    index: int
    width: int


def path(index: int, width: int = WIDTH) -> str:
    """The end of a tile's address: `x001/x234/067`, and `.p/{width}` where it is not full yet."""
    digits = [index % 1000]
    while index >= 1000:
        index //= 1000
        digits.append(index % 1000)
    above = "".join(f"x{one:03d}/" for one in reversed(digits[1:]))
    return f"{above}{digits[0]:03d}" + (f".p/{width}" if width < WIDTH else "")


def parse_path(text: str) -> Place:
    """The reverse of `path`. Raises: MalformedInput for anything that is not its one spelling."""
    found = _PATH.fullmatch(text) if len(text) <= 64 else None
    if found is not None:
        above, last, width = found.groups()
        made = Place(int(above.replace("x", "").replace("/", "") + last), int(width or WIDTH))
        if path(made.index, made.width) == text:
            return made
    raise MalformedInput("this is no address of a tile", rule="tile", clause="C2SP tlog-tiles")


def width(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a tree of `size` entries: 0 to 256."""
    return max(0, min(WIDTH, (size >> 8 * level) - index * WIDTH))


def root_of_full(hashes: bytes) -> bytes:
    """The hash that stands for a full tile on the level above."""
    return over(split(hashes))(8, 0)


def split(hashes: bytes) -> list[bytes]:
    """The hashes of a tile, one by one."""
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]


class Reader:
    """Nodes of the tree of `size` entries, read from its tiles, each fetched once."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self._size = size
        self._fetch = fetch
        self._known: dict[tuple[int, int], Node] = {}

    def node(self, level: int, index: int) -> bytes:
        """A `merkle.Node`. Raises: MalformedInput when a tile has another length than it must have."""
        tile_level, rest = divmod(level, 8)
        tile, place = divmod(index << rest, WIDTH)
        found = self._known.get((tile_level, tile))
        if found is None:
            found = over(self._tile(tile_level, tile))
            self._known[tile_level, tile] = found
        return found(rest, place >> rest)

    def _tile(self, level: int, index: int) -> Sequence[bytes]:
        wanted = width(level, index, self._size)
        hashes = self._fetch(level, index, wanted)
        if len(hashes) < wanted * HASH or not wanted:
            raise MalformedInput("a tile of the log is incomplete", rule="tile")
        return split(hashes[: wanted * HASH])


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as they are served: each after its length in two bytes."""
    return b"".join(len(one).to_bytes(2) + one for one in entries)


def parse_bundle(data: bytes) -> list[bytes]:
    """The reverse. Raises: MalformedInput when it ends in the middle of an entry."""
    found, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        if end > len(data) or at + 2 > len(data):
            raise MalformedInput("a bundle of entries is cut off", rule="bundle")
        found.append(data[at + 2 : end])
        at = end
    return found
