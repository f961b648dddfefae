"""Tables that say where the values of a foreign format go: data, one row for each path of the format.

A path is a pattern: members with `/` between, `[]` for any place of a list, `*` at the end for any member
(languages), `**` at the end of a row that is passed over with all below it. Case is ignored, as tools differ
in it. A row either goes to an attribute (`to`), names the battery (`subject`), or is understood and has no
place here (`skip`, with the reason).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final

from app.core.imports.leaves import Steps

_MEASURES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "kg": (("gramKgValue",), ("gramKg",)),
    "Ah": (
        ("amperehourMiliamperehourValue", "ampereHourValue"),
        ("ampereHourMiliamperehour", "ampereHour"),
    ),
    "kWh": (("kilowattHourValue",), ("kilowattHour",)),
    "V": (("voltValue",), ("volt",)),
    "W": (("wattValue",), ("watt",)),
    "W/Wh": (("wattPerWattHourValue",), ("wattPerWattHour",)),
    "%": (("percentageValue",), ("percent",)),
    "%/month": (("percentMonthValue",), ("percentMonth",)),
    "Cel": (("celsiusValue",), ("degreeCelsius",)),
    "kg CO2e": (("kgCO2-equivalentValue",), ("kgCO2-equivalent",)),
    "kg CO2e/kWh": (("kgCO2-equivalentPerKilowattHourValue",), ("kgCO2-equivalentPerKilowattHour",)),
}
"""Names of BatteryPass-Ready for a number and for its unit."""
_SQUASHED: Final = re.compile(r"[_:-]")
_HAS: Final = re.compile(r"\Ahas(?=[A-Z])")
_INDEX: Final = re.compile(r"[0-9]+")
VERSION: Final = 2
"""Counted up when a table changes what a document becomes, so that it can be brought in anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row.

    `to`: attribute id, then members of its value; `[]` stands for the same place of the list, another text in
    brackets for an entry of that name. `unit`: what the bare number is in, by the format's documentation;
    `unit_at`, `time_at`, `source_at`: where the document says it, from the place of the value. `when`: texts
    that must stand beside (`||` between two places, nothing where there must be none); `shaped`: the text's
    form; `constants`: members that the entry has besides. `alone`: only the first entry of a list is
    taken. `joined`: texts for the same place are put together. `also`: the value goes there besides, after
    the row that takes it. `read`: a reader of `readers` by name, for what is more than one value in our form.
    """

    source: str
    to: str | None = None
    subject: str | None = None
    skip: str | None = None
    read: str | None = None
    unit: str | None = None
    unit_at: tuple[str, ...] = ()
    time_at: tuple[str, ...] = ()
    source_at: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    shaped: str | None = None
    alone: bool = False
    joined: bool = False
    also: bool = False
    note: str | None = None
    with_beside: tuple[str, ...] = ()
    """What a reader takes in besides."""

    @property
    def whole(self) -> bool:
        """Whether it speaks of all below a place."""
        return self.source.endswith("**")

    @property
    def helpers(self) -> tuple[str, ...]:
        """Places beside the value that belong to it."""
        either = (place for places in self.when for place in places.split("||"))
        return (*self.unit_at, *self.time_at, *self.source_at, *either, *self.with_beside)

    @property
    def attribute_id(self) -> str | None:
        return self.to.partition("/")[0] if self.to else None

    @property
    def steps(self) -> Steps:
        """Steps of the target within the attribute's value."""
        return tuple(self.to.split("/")[1:]) if self.to else ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by their pattern; `loose` tables match below any one group of the document."""

    rows: tuple[Row, ...]
    by_pattern: Mapping[str, Sequence[Row]]
    prefixes: Sequence[tuple[str, Row]]
    helpers: Mapping[str, Sequence[Row]]
    loose: bool

    def rows_for(self, part: str, steps: Steps) -> Sequence[Row]:
        """Rows that may speak of a place, the first that fits first."""
        found: list[Row] = []
        for dropped in self._drops(steps):
            for pattern in (pattern_of(steps[dropped:]), pattern_of((*steps[dropped:-1], "*"))):
                found.extend(self.by_pattern.get(f"{part}:{pattern}", ()))
            if found:
                break
        whole = f"{part}:{pattern_of(steps)}/"
        found.extend(row for head, row in self.prefixes if whole.startswith(head))
        return found

    def _drops(self, steps: Steps) -> range:
        """How many groups may stand before what the table names: up to two, and no list."""
        most = next((at for at, step in enumerate(steps) if _INDEX.fullmatch(step)), len(steps) - 1)
        return range(min(2, most) + 1 if self.loose else 1)

    def is_helper(self, part: str, steps: Steps) -> bool:
        """Whether a place holds the unit, time or kind of a value beside it."""
        return any(f"{part}:{pattern_of(steps[dropped:])}" in self.helpers for dropped in self._drops(steps))


def pattern_of(steps: Steps) -> str:
    return "/".join("[]" if _INDEX.fullmatch(step) else squashed(step) for step in steps)


def squashed(step: str) -> str:
    """A member's name without what tools differ in: case, `_`, `-`, `:`, the type behind `Value`, and the
    verb that a vocabulary puts before a noun (`hasCellType`)."""
    found = _SQUASHED.sub("", _HAS.sub("", step).lower())
    return found.removesuffix("decimal").removesuffix("integer") if "value" in found else found


def _key(source: str) -> str:
    part, _, path = source.partition(":")
    return f"{part}:" + "/".join(squashed(step) for step in path.split("/"))


def beside(steps: Steps, relative: str) -> Steps:
    """The place that `relative` names, such as `../unit`, seen from the value at `steps`."""
    here = list(steps)
    for step in relative.split("/"):
        if step == "..":
            here.pop()
        else:
            here.append(step)
    return tuple(here)


def made(rows: Sequence[Row], *, loose: bool = False) -> Table:
    """A table of rows, with the places of units, times and kinds found from them."""
    by_pattern: dict[str, list[Row]] = {}
    helpers: dict[str, list[Row]] = {}
    for row in rows:
        by_pattern.setdefault(_key(row.source), []).append(row)
        part, _, path = row.source.partition(":")
        for relative in row.helpers:
            place = "/".join(beside(tuple(path.split("/")), relative))
            helpers.setdefault(_key(f"{part}:{place}"), []).append(row)
    prefixes = [(_key(row.source.removesuffix("**")), row) for row in rows if row.whole]
    return Table(tuple(rows), by_pattern, prefixes, helpers, loose)


def _row(part: str, entry: Mapping[str, Any]) -> Row:
    return Row(
        source=f"{part}:{entry['from']}",
        to=entry.get("to"),
        subject=entry.get("subject"),
        skip=entry.get("skip"),
        read=entry.get("read"),
        unit=entry.get("unit"),
        unit_at=_names(entry.get("unitAt")),
        time_at=_names(entry.get("timeAt")),
        when=entry.get("when", {}),
        constants=entry.get("with", {}),
        shaped=entry.get("shaped"),
        alone=entry.get("alone", False),
        joined=entry.get("joined", False),
        also=entry.get("also", False),
        note=entry.get("note"),
        with_beside=_names(entry.get("takesIn")),
    )


def _names(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _expanded(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each member of a list of documents `{contentType, header, content}` (Catena-X)."""
    if "measure" in entry:
        return _measures(entry)
    if "documents" not in entry:
        return [dict(entry)]
    place, to = entry["documents"], entry["to"]
    alone = not to.endswith("[]")
    shared = {name: entry[name] for name in ("with", "note") if name in entry}
    return [
        {"from": f"{place}/[]/content", "to": f"{to}/url", "alone": alone, **shared},
        {"from": f"{place}/[]/header", "to": f"{to}/documentTitle", "alone": alone},
        {"from": f"{place}/[]/contentType", "skip": "It says that the content is an address."},
    ]


def _measures(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows for a number and its unit under the names that BatteryPass-Ready has for them."""
    place, unit = entry["measure"], entry["in"]
    values, codes = _MEASURES[unit]
    return [
        {
            "from": f"{place}/{value}",
            "to": entry["to"],
            "unitAt": [f"../{code}" for code in codes],
            # Where a name stands for two units, the number needs its own.
            **({} if len(codes) > 1 or unit == "kg" else {"unit": unit}),
        }
        for value in values
    ]


@cache
def rows_in(name: str) -> tuple[Row, ...]:
    """Rows of a file in `data/imports/`: an object of parts, each a list of rows."""
    text = (resources.files("app.core") / "data" / "imports" / f"{name}.json").read_bytes()
    return tuple(
        _row(part, row)
        for part, entries in json.loads(text).items()
        for entry in entries
        for row in _expanded(entry)
    )
