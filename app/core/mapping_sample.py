"""What the values of a sample's columns look like: numbers and their marks, times, GTINs, stamps."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from app.core import identifiers, mapping_cells, mapping_times
from app.core.errors import MalformedInput
from app.core.mapping import SourceForm
from app.core.mapping_flat import Row

FORMATS: Final = (
    "iso", "DD.MM.YYYY HH:mm:ss", "DD.MM.YYYY HH:mm", "DD.MM.YYYY", "DD.MM.YY", "DD/MM/YYYY HH:mm:ss",
    "DD/MM/YYYY HH:mm", "DD/MM/YYYY", "MM/DD/YYYY HH:mm:ss", "MM/DD/YYYY HH:mm", "MM/DD/YYYY",
    "YYYYMMDDHHmmss", "YYYYMMDD", "YYYY/MM/DD HH:mm:ss", "YYYY/MM/DD", "MM/YYYY", "MM.YYYY", "YYYY-MM",
)  # fmt: skip
STAMPS: Final = {
    "ok": True, "io": True, "i.o.": True, "pass": True, "passed": True, "gut": True,
    "nok": False, "nio": False, "n.i.o.": False, "fail": False, "failed": False, "schlecht": False,
}  # fmt: skip
_KEPT: Final = 512
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:[.,'\u00a0 ][0-9]+)*")
_COMMA: Final = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+")
_POINT: Final = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)\.[0-9]+")
_GROUPS: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{3})+")
_CLOCK: Final = re.compile(r"[0-2][0-9]:[0-5][0-9](?P<seconds>:[0-5][0-9])?")


@dataclass(frozen=True, slots=True)
class Marks:
    """Decimal mark and mark for thousands; `is_guess` where the sample does not settle it."""

    decimal: str
    thousands: str | None
    is_guess: bool


def texts(rows: Sequence[Row], column: str) -> tuple[str, ...]:
    """What stands in a column, without empty cells."""
    found = (row.get(column) for row in rows)
    return tuple(text for cell in found if cell is not None and (text := mapping_cells.text_of(cell)))


def marks_of(values: Iterable[str]) -> Marks:
    """How the numbers of a file are written."""
    commas = points = grouped = 0
    for text in values:
        if _GROUPS.fullmatch(text):
            grouped += 1
        elif _COMMA.fullmatch(text):
            commas += 1
        elif _POINT.fullmatch(text):
            points += 1
    decimal = "," if commas > points else "."
    other = "." if decimal == "," else ","
    return Marks(decimal, other if grouped and commas != points else None, bool(commas and points) or
                 bool(grouped and commas == points))  # fmt: skip


@lru_cache(_KEPT)
def numbers(values: tuple[str, ...], marks: Marks) -> tuple[Decimal, ...]:
    """Those of the values that are numbers."""
    source = SourceForm(decimal=marks.decimal, thousands=marks.thousands)
    found = []
    for text in values:
        try:
            if _NUMBER.fullmatch(text):
                found.append(mapping_cells.number(text, source))
        except MalformedInput:
            continue
    return tuple(found)


@lru_cache(_KEPT)
def formats_of(values: tuple[str, ...]) -> list[str]:
    """Formats of days or times that all values have; several where day and month could change places."""
    if not values:
        return []
    found = []
    for text in FORMATS:
        given = mapping_times.form(text)
        try:
            for value in values:
                if (mapping_times.form(text).has_time and ":" in value) or text == "YYYYMMDDHHmmss":
                    mapping_times.moment(value, given, "UTC")
                else:
                    mapping_times.year_month(value, given, "UTC")
        except MalformedInput:
            continue
        found.append(text)
    return found


@lru_cache(_KEPT)
def clock_of(values: tuple[str, ...]) -> str | None:
    """`HH:mm:ss` or `HH:mm` where all values are times of day."""
    matches = [_CLOCK.fullmatch(text) for text in values]
    if not values or not all(matches):
        return None
    return "HH:mm:ss" if all(match and match["seconds"] for match in matches) else "HH:mm"


@lru_cache(_KEPT)
def is_gtin(values: tuple[str, ...]) -> bool:
    """Whether all values are GTINs with a check digit that fits, zeros to the left perhaps missing."""

    def fits(text: str) -> bool:
        if not (text.isascii() and text.isdigit() and 8 <= len(text) <= 14):
            return False
        return identifiers.check_digit(text[:-1].rjust(13, "0")) == text[-1]

    return bool(values) and all(map(fits, values))


@lru_cache(_KEPT)
def stamps_of(values: tuple[str, ...]) -> dict[str, bool] | None:
    """What each text of a column of verdicts means, or None where it is no such column."""
    found = {text: STAMPS.get(text.lower()) for text in dict.fromkeys(values)}
    if not found or None in found.values():
        return None
    return {text: bool(means) for text, means in found.items()}


def shown(rows: Sequence[Row], column: str) -> list[str]:
    """The first different values of a column, cut short."""
    return [text[:40] for text in list(dict.fromkeys(texts(rows, column)))[:3]]
