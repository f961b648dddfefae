"""A plant's own rows in one flat form, whatever they came in: names of columns, and what stands there.

A member of a JSON object inside another is named `outer/inner`, an entry of a list by its place: `cells/0`.
`cells/*` stands for all of them. Nothing is lost on the way: each value of the object is a column.
Source: RFC 6901 for the marks; threat T28 for the limits.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from app.core.errors import MalformedInput, TooLarge

Cell = str | int | Decimal | bool | None
Row = Mapping[str, Cell]
MOST_CELLS: Final = 5_000
_KEPT: Final = 4_096
FEW: Final = 8
"""Names with `*` that are looked for one by one: for so few that is cheaper than an index of the columns."""
_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{1,4}(?![0-9])")
_BESIDE_DIGIT: Final = re.compile(r"[0-9]\*|\*[0-9]")
_CLAUSE: Final = "docs/mapping.md, JSON"


def flat(value: Any) -> dict[str, Cell]:
    """The columns of one JSON object. Raises: MalformedInput for anything else; TooLarge."""
    if not isinstance(value, dict):
        raise MalformedInput("A row is a JSON object.", rule="type", clause=_CLAUSE)
    found: dict[str, Cell] = {}
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        name, each = waiting.pop()
        inner: Iterable[tuple[Any, Any]] = ()
        if isinstance(each, dict):
            inner = each.items()
        elif isinstance(each, list):
            inner = enumerate(each)
        else:
            if name in found:
                raise MalformedInput(
                    "Two members have the same name once they are columns.", rule="name", clause=_CLAUSE
                )
            found[name] = each
        waiting.extend((f"{name}/{step}" if name else str(step), member) for step, member in inner)
        if len(found) + len(waiting) > MOST_CELLS:
            raise TooLarge(f"A row has at most {MOST_CELLS} values.")
    return dict(reversed(found.items()))


def matching(row: Row, name: str) -> dict[int, Cell]:
    """Values of the columns that a name with `*` stands for, by the number in its place."""
    pattern = _pattern(name)
    found = {int(match[1]): cell for each, cell in row.items() if (match := pattern.fullmatch(each))}
    return dict(sorted(found.items()))


@dataclass(slots=True)
class Entries:
    """Columns of one row by the names with `*` that stand for them: where there are many such names, found
    once for all of them."""

    row: Row
    are_many: bool = True
    _found: dict[str, dict[int, Cell]] | None = None

    def of(self, name: str) -> dict[int, Cell]:
        """As `matching`, without a look at every column for every name."""
        if not (self.are_many and _is_plain(name)):
            return matching(self.row, name)
        if self._found is None:
            self._found = {}
            for column, cell in self.row.items():
                for starred, number in _starred(column):
                    self._found.setdefault(starred, {})[number] = cell
        return dict(sorted(self._found.get(name, {}).items()))


@lru_cache(_KEPT * 2)
def _starred(column: str) -> tuple[tuple[str, int], ...]:
    """Names with `*` that stand for a column, each with the number in the star's place."""
    return tuple(
        (f"{column[: found.start()]}*{column[found.end() :]}", int(found[0]))
        for found in _NUMBER.finditer(column)
    )


@lru_cache(_KEPT)
def _is_plain(name: str) -> bool:
    """Whether its one star stands for a whole number, with no digit beside it."""
    return name.count("*") == 1 and _BESIDE_DIGIT.search(name) is None


def stands_for(name: str, column: str) -> bool:
    """Whether a name in a mapping, which may have a `*` for a number or at its end, means this column."""
    if "*" not in name:
        return name == column
    return _pattern(name).fullmatch(column) is not None


@lru_cache(_KEPT)
def _pattern(name: str) -> re.Pattern[str]:
    head, _, tail = name.partition("*")
    return re.compile(f"{re.escape(head)}([0-9]{{1,4}}){re.escape(tail)}")


def unmapped(columns: Iterable[str], used: Iterable[str], ignored: Iterable[str]) -> list[str]:
    """Columns that a mapping neither uses nor names as ignored, in their order. An ignored name may end in
    `*` for whatever follows."""
    exact, plain, starred = set(), set(), []
    names = list(used)
    many = sum("*" in name for name in names) > FEW
    for name in names:
        if many and _is_plain(name):
            plain.add(name)
        elif "*" in name:
            starred.append(_pattern(name))
        else:
            exact.add(name)
    for name in ignored:
        if name.endswith("*"):
            starred.append(re.compile(re.escape(name[:-1]) + ".*", re.DOTALL))
        else:
            exact.add(name)
    return [
        name
        for name in columns
        if name not in exact
        and not (plain and any(each in plain for each, _ in _starred(name)))
        and not any(each.fullmatch(name) for each in starred)
    ]
