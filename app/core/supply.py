"""Who can supply a value and how: the kinds of record that may carry an attribute, the natural one first.

Nothing here names an attribute: sections, levels and the kinds of record decide.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from app.core.carbon import FIGURES
from app.core.catalogue import Attribute, by_id, list_parent
from app.core.completeness import Finding
from app.core.intake import KINDS, LEVELS_OF_KIND, WITHOUT_VALUES, Kind
from app.core.vocabulary import Category, Level

WHO: Final[dict[Level, str]] = {
    "model": "Model data",
    "batch": "The production batch",
    "item": "The line, for this pack",
}
_CALCULATED: Final = frozenset(FIGURES)
_PLAIN: Final[dict[Level, Kind]] = {"model": "model", "batch": "batch", "item": "pack"}
"""The kind of record that each level has first."""
_FOOTPRINT: Final = "carbon_footprint"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_CERTIFIED: Final = "labels_certification"


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of record at one level that may carry the value."""

    kind: Kind
    level: Level

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "level": self.level}


@dataclass(frozen=True, slots=True)
class Supply:
    """Who supplies an attribute, and how: `column` is its name in a table, `entry_of` the list whose entries
    hold it."""

    who: str
    column: str
    entry_of: str | None
    ways: tuple[Way, ...]
    is_calculated: bool
    """Whether activity data (kind carbon-activity) gives it as well, where nothing is declared."""

    @property
    def kind(self) -> Kind:
        """The natural kind of record."""
        return self.ways[0].kind

    def as_dict(self) -> dict[str, Any]:
        return {
            "who": self.who,
            "column": self.column,
            "entryOf": self.entry_of,
            "records": [way.as_dict() for way in self.ways],
            "calculatedFrom": "carbon-activity" if self.is_calculated else None,
        }


@cache
def of(attribute_id: str) -> Supply:
    """How an attribute that the maker is asked for comes in. Raises: LookupError for one that is not."""
    row = by_id(attribute_id)
    if row is None or row.system:
        raise LookupError(attribute_id)
    parent = list_parent(row)
    asked = parent or row
    natural = _natural(asked)
    ways = [
        Way(kind, level)
        for kind in KINDS
        if kind not in WITHOUT_VALUES
        for level in LEVELS_OF_KIND[kind]
        if level in asked.levels
    ]
    ways.sort(key=lambda way: (way.level != asked.granularity, way.kind != natural, KINDS.index(way.kind)))
    column = f"{asked.id}.{row.path[-1]}" if parent else asked.id
    return Supply(
        WHO[asked.granularity], column, parent.id if parent else None, tuple(ways), row.id in _CALCULATED
    )


def told(findings: Iterable[Finding], category: Category | None) -> list[dict[str, Any]]:
    """Findings with who supplies them and how, and from when on they are owed."""
    return [
        finding.as_dict() | {"supply": of(finding.attribute_id).as_dict(), "due": due(finding, category)}
        for finding in findings
    ]


def due(finding: Finding, category: Category | None) -> dict[str, Any] | None:
    """From when on something is owed that is not owed yet: the first day that is named, and the words."""
    row = by_id(finding.attribute_id)
    if finding.state != "not-yet-due" or row is None:
        return None
    words = row.obligation[category or "ev"].due or ""
    day = _DAY.search(words)
    return {"date": day[0] if day else None, "words": words}


def _natural(row: Attribute) -> Kind:
    if row.group == _FOOTPRINT and row.granularity != "item":
        return "carbon-footprint"
    if row.group == _CERTIFIED and "document" in row.type:
        return "certificate"
    if row.dynamic and row.section == "use":
        return "reading"
    return _PLAIN[row.granularity]
