"""Words of a plant's headers beside those of the records: German and English, units in brackets taken off."""

import difflib
import json
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from app.core.catalogue import by_id

_UNIT: Final = re.compile(
    r"^(?P<name>.*?)\s*(?:[\[(](?P<unit>[^\[\]()]{1,20})[\])]|\bin\s+(?P<plain>\S{1,8}))\s*$"
)
_LETTERS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_ALONE: Final = (
    "Ah",
    "mAh",
    "Wh",
    "kWh",
    "V",
    "mV",
    "kg",
    "g",
    "W",
    "kW",
    "Ohm",
    "mOhm",
    "K",
    "°C",
    "h",
    "min",
    "s",
)
_ALIKE: Final = 0.8
_VAGUE: Final = frozenset(
    {"of", "the", "nr", "no", "der", "die", "das", "battery", "batterie", "pack", "number"}
)


def unit_of(header: str) -> tuple[str, str | None]:
    """A header without its unit, and the unit: `Nennkapazität [Ah]`, `Energy (Wh)`, `mass_kg`."""
    found = _UNIT.match(header)
    if found and found["name"]:
        return found["name"], found["unit"] or found["plain"]
    head, mark, tail = header.rpartition("_")
    if mark and tail in _ALONE:
        return head, tail
    head, mark, tail = header.rpartition(" ")
    return (head, tail) if mark and tail in _ALONE else (header, None)


@lru_cache(4_096)
def words_of(text: str) -> frozenset[str]:
    """The words of a name, however they are joined."""
    parted = re.sub(r"(?<=[a-zäöüß0-9])(?=[A-ZÄÖÜ])", " ", text)
    return frozenset(re.findall(r"[a-z0-9]+", parted.lower().translate(_LETTERS)))


@cache
def _known() -> dict[str, tuple[str, ...]]:
    read = json.loads((resources.files("app.core") / "data" / "mapping_words.json").read_bytes())
    return {name: tuple(words) for name, words in read.items()}


@cache
def names_of(to: str) -> tuple[str, ...]:
    """What a place in a record is called."""
    row = by_id(to)
    own = (to.removeprefix("details.").replace(".", " "), *((row.name,) if row is not None else ()))
    return (*own, *_known().get(to, ()))


@cache
def _names_of(to: str) -> tuple[tuple[str, frozenset[str], str, frozenset[str]], ...]:
    """The same with what is asked of each name: its words, how it is written, and its letters."""
    return tuple((name, words_of(name), _plain(name), frozenset(_plain(name))) for name in names_of(to))


@lru_cache(16_384)
def likeness(header: str, to: str) -> tuple[float, str]:
    """From 0 to 1 how much a header (without its unit) is like a name of a place, and that name."""
    said, plain = words_of(header), _plain(header)
    best, as_name = 0.0, ""
    for name, meant, other, letters in _names_of(to):
        score = 0.0
        if common := said & meant:
            score = _weight(common) / _weight(said | meant)
        if score < 0.9:
            score = max(score, 0.9 * _alike(plain, other, letters))
        if score > best:
            best, as_name = score, name
    return best, as_name


def _weight(words: Iterable[str]) -> float:
    return sum(0.4 if word in _VAGUE else 1.0 for word in words)


def _alike(one: str, other: str, letters: frozenset[str]) -> float:
    """How alike two names are written; 0 where it is 0.8 or less, which lengths and letters mostly tell."""
    enough = _ALIKE * (len(one) + len(other))
    if 2 * min(len(one), len(other)) <= enough or 2 * sum(map(letters.__contains__, one)) <= enough:
        return 0.0
    ratio = difflib.SequenceMatcher(None, one, other).ratio()
    return ratio if ratio > _ALIKE else 0.0


@lru_cache(16_384)
def _plain(name: str) -> str:
    return name.lower().translate(_LETTERS)
