"""A plant's own rows in one flat form, whatever they came in: names of columns, and what stands there.

A member of a JSON object inside another is named `outer/inner`, an entry of a list by its place: `cells/0`.
`cells/*` stands for all of them. Nothing is lost on the way: each value of the object is a column.
Source: RFC 6901 for the marks; threat T28 for the limits.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from app.core.errors import MalformedInput, TooLarge

Cell = str | int | Decimal | bool | None
Row = Mapping[str, Cell]
MOST_CELLS: Final = 5_000
_KEPT: Final = 4_096
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
    exact, starred = set(), []
    for name in used:
        if "*" in name:
            starred.append(_pattern(name))
        else:
            exact.add(name)
    for name in ignored:
        if name.endswith("*"):
            starred.append(re.compile(re.escape(name[:-1]) + ".*", re.DOTALL))
        else:
            exact.add(name)
    return [
        name for name in columns if name not in exact and not any(each.fullmatch(name) for each in starred)
    ]
