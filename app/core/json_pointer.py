"""Places in a JSON document (RFC 6901)."""

from collections.abc import Iterable
from typing import TypeVar

_T = TypeVar("_T")


def pointer_to(steps: Iterable[str | int]) -> str:
    """The pointer that leads along these names and numbers; empty for the whole document."""
    return "".join(f"/{token(step)}" for step in steps)


def token(step: str | int) -> str:
    """One step as it stands in a pointer."""
    return str(step).replace("~", "~0").replace("/", "~1")


def nearest(pointer: str, places: Iterable[tuple[str, _T]]) -> _T | None:
    """What stands at this place or closest above it, the first of several; the whole is no place."""
    best: tuple[int, _T] | None = None
    for place, what in places:
        if place and (pointer == place or pointer.startswith(f"{place}/")) and len(place) > (best or (0,))[0]:
            best = len(place), what
    return best[1] if best else None
