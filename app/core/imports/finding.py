"""The passport within a file: as it is, or inside what a tool put around it.

Around it may stand the answer of an API (`payload`, `data`, `result`), a credential, a list of one, or its
aspects and submodels each apart. Names may carry a prefix (`bp:batteryMass`, `urn:samm:...#batteryMass`).
What stands outside the passport is told as unknown, not passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from app.core.errors import MalformedInput
from app.core.imports import aas, formats
from app.core.imports.formats import Recognised
from app.core.imports.leaves import Part, walk
from app.core.json_pointer import pointer_to

_DEEPEST: Final = 4
_MOST_PLACES: Final = 5_000
_PREFIXED: Final = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*:(?:\S*[:#/])?|(?:com|de|eu|io|net|org)\.(?:\w+\.)+)([A-Za-z]\w*)"
)
_LONGEST: Final = 200
"""Of a name that may carry a prefix; no pattern is tried on a longer one (T28)."""
_APART: Final = (formats.BATTERY_PASS, formats.IDTA)
"""Formats of which one passport has several pieces."""


@dataclass(frozen=True, slots=True)
class _Piece:
    at: str
    found: Recognised


def recognise(document: Any) -> Recognised:
    """Raises: MalformedInput where no format fits, or more than one, or where there are several passports."""
    bare = formats.fitting(document)
    if bare is not None:
        return bare
    inside = _together(document, list(_pieces(document)))
    if inside is not None:
        return inside
    plain = _Plain()
    without = plain.of(document, "", "")
    if plain.is_other:
        again = _together(without, list(_pieces({"": without})))
        if again is not None:
            return replace(again, parts=tuple(plain.back(part) for part in again.parts))
    raise MalformedInput(
        "This is none of the formats that are known here: " + ", ".join(formats.TITLES.values()) + ".",
        rule="import-format",
    )


def _pieces(document: Any) -> Iterator[_Piece]:
    """What is recognised below a document, and not below what was recognised already; nearest first."""
    here: list[tuple[str, Any]] = [("", document)]
    places = 0
    for _ in range(_DEEPEST):
        below: list[tuple[str, Any]] = []
        for at, value in here:
            for name, one in islice(_members(value), _MOST_PLACES):
                places += 1
                place = at + pointer_to((name,)) if name else at
                if places > _MOST_PLACES:
                    return
                found = formats.fitting(one)
                if found is not None and _is_sure(found, name, one):
                    yield _Piece(place, found)
                else:
                    below.append((place, one))
        here = below


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    named = value.items() if isinstance(value, dict) else ()
    numbered = enumerate(value) if isinstance(value, list) else ()
    for name, one in (*named, *numbered):
        if isinstance(one, dict | list) and one:
            yield str(name), one


def _is_sure(found: Recognised, name: str, value: Any) -> bool:
    """Deep in a file one name that is known is too little: it may be a word of something else."""
    only = found.parts[0]
    if len(found.parts) > 1 or not isinstance(value, dict):
        return True
    if found.format == formats.BATTERY_PASS and only.tree is value:
        known = formats.known_members(value)
        return 2 * known >= len(value) and (known > 1 or only.name == "performance")
    if found.format == formats.IDTA and only.tree is value:
        return aas.part_named(name) == only.name or aas.known_members(value) > 1
    return True


def _together(document: Any, pieces: list[_Piece]) -> Recognised | None:
    """The pieces as one document. Raises: MalformedInput where they are no pieces of one."""
    if not pieces:
        return None
    first = pieces[0].found
    names = [part.name for piece in pieces for part in piece.found.parts]
    alike = all(piece.found.format == first.format for piece in pieces)
    if len(pieces) > 1 and not (alike and first.format in _APART and len(set(names)) == len(names)):
        told = ", ".join(f"{formats.TITLES[piece.found.format]} at {piece.at}" for piece in pieces[:5])
        raise MalformedInput(
            f"The file holds {len(pieces)} passports ({told}). Send each in a file of its own.",
            rule="import-several",
        )
    structure: dict[str, int] = {}
    for piece in pieces:
        for reason, count in piece.found.structure.items():
            structure[reason] = structure.get(reason, 0) + count
    parts = [_moved(part, piece.at) for piece in pieces for part in piece.found.parts]
    around = _around(document, [piece.at for piece in pieces])
    versions = sorted({piece.found.version for piece in pieces})
    return Recognised(
        first.format,
        versions[-1],
        (*(said for piece in pieces for said in piece.found.evidence), *_within(pieces)),
        (*parts, *around),
        structure,
    )


def _within(pieces: list[_Piece]) -> tuple[str, ...]:
    places = [piece.at for piece in pieces if piece.at]
    return (f"within {', '.join(places[:7])}",) if places else ()


def _moved(part: Part, at: str) -> Part:
    pointers = part.pointers
    moved = None if pointers is None else {steps: at + place for steps, place in pointers.items()}
    return replace(part, base=at + part.base, pointers=moved)


def _around(document: Any, taken: list[str]) -> tuple[Part, ...]:
    """What stands outside the pieces."""
    tree: dict[str, Any] = {}
    for steps, value in walk(document):
        pointer = pointer_to(steps)
        if any(f"{pointer}/".startswith(f"{at}/") for at in taken):
            continue
        here = tree
        for step in steps[:-1]:
            here = here.setdefault(step, {})
        here[steps[-1]] = value
    return (Part("other", tree),) if tree else ()


class _Plain:
    """Members without their prefix, and the place in the document of each value."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}
        self.is_other = False

    def of(self, value: Any, here: str, there: str) -> Any:
        """`here` is the pointer in the plain form, `there` that in the document."""
        if isinstance(value, dict) and value:
            found: dict[str, Any] = {}
            for name, one in value.items():
                short = self._short(name)
                short = name if short in found or (short != name and short in value) else short
                self.is_other = self.is_other or short != name
                found[short] = self.of(one, here + pointer_to((short,)), there + pointer_to((name,)))
            return found
        if isinstance(value, list) and value:
            return [self.of(one, f"{here}/{at}", f"{there}/{at}") for at, one in enumerate(value)]
        self.places[here] = there
        return value

    def _short(self, name: str) -> str:
        told = _PREFIXED.fullmatch(name) if len(name) <= _LONGEST else None
        return told[1] if told else name

    def back(self, part: Part) -> Part:
        """A part of the plain form with the places that its values have in the document."""
        return replace(
            part, pointers={leaf.steps: self.places.get(leaf.pointer, leaf.pointer) for leaf in part.leaves()}
        )
