"""What changed between two versions of one section: attribute by attribute, as people read values.

Generic over the catalogue. What the system fills in at every issue (the EN 18223 header) is left out: it
tells of the document, not of the battery. Only subjects of one section are compared, so nothing of another
can appear (T11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core.catalogue import CATALOGUE
from app.core.rows import GUIDE, Label, Row, find, row
from app.core.vocabulary import Section

_SYSTEM: Final = frozenset(attribute.id for attribute in CATALOGUE if attribute.system)


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute that differs.

    `old` and `new` are as signed, None where there was nothing or is nothing; `before` and `after` are lines
    for people, with units. Of a list only the entries that differ; none at all where its order alone changed.
    """

    attribute: str
    name: str
    unit: str
    old: Any
    new: Any
    before: tuple[str, ...]
    after: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For machines: the values as they were signed."""
        return {
            "attribute": self.attribute,
            "name": self.name,
            "unit": self.unit or None,
            "before": self.old,
            "after": self.new,
        }


def between(section: Section, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The attributes of `section` whose values differ between two subjects, in catalogue order."""
    return tuple(
        change
        for label in GUIDE.labels
        if label.section == section and label.id not in _SYSTEM
        for change in (_change(label, find(before, label.path), find(after, label.path)),)
        if change is not None
    )


def _change(label: Label, old: Any, new: Any) -> Change | None:
    old, new = _own(label, old), _own(label, new)
    if old == new:
        return None
    was, is_now = _lines(label, old), _lines(label, new)
    before = tuple(line for line in was if line not in is_now)
    after = tuple(line for line in is_now if line not in was)
    return Change(label.id, label.name, label.unit, *_differing(old, new), before, after)


def _differing(old: Any, new: Any) -> tuple[Any, Any]:
    if isinstance(old, list) and isinstance(new, list):
        return [one for one in old if one not in new], [one for one in new if one not in old]
    return old, new


def _own(label: Label, value: Any) -> Any:
    """The value without the members that are attributes of their own; None where nothing is left."""
    if isinstance(value, dict) and label.inner:
        return {name: inner for name, inner in value.items() if name not in label.inner} or None
    return value


def _lines(label: Label, value: Any) -> tuple[str, ...]:
    """A value as one line or several."""
    if value is None:
        return ()
    found = row(label, value)
    lines = _of_row(found) if found else ()
    points = _points(value)
    return (*lines, f"{points} points") if points else lines


def _of_row(found: Row) -> tuple[str, ...]:
    if found.kind == "map" or found.kind == "languages":
        return tuple(f"{name}: {text}" for name, text in found.items)
    if found.kind == "list":
        return tuple(str(item) for item in found.items)
    if found.kind == "table":
        return tuple(_table_line(found, cells) for cells in found.items)
    if found.kind == "records":
        return tuple("; ".join(f"{name}: {text}" for name, text in record) for record in found.items)
    if found.kind == "documents":
        parts = ((one.title, one.href, one.note, one.text) for one in found.items)
        return tuple(" · ".join(part for part in each if part) for each in parts)
    text = f"{found.text} {found.label.unit}".strip()
    return (f"{text} ({found.observed})" if found.observed else text,)


def _table_line(found: Row, cells: tuple[str, ...]) -> str:
    named = zip(found.columns, cells, strict=True)
    return "; ".join(f"{column.name}: {text} {column.unit}".rstrip() for column, text in named if text)


def _points(value: Any) -> int:
    """How many points a series at or in the value has: it is drawn, never listed."""
    inner = value.values() if isinstance(value, dict) else ()
    return sum(
        len(member) for member in inner if isinstance(member, list) and member and isinstance(member[0], dict)
    )
