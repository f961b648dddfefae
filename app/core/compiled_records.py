"""Records read fast: the checks of `intake.parse`, put together once for each kind and level.

`read` takes what is plainly right and says None about anything else, which `intake.parse` then reads again:
it alone refuses, and says where and why. A rule that is added there belongs here, too; a test compares the
two over all kinds, with records that are right and records that are slightly wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, cast

from app.core import identifiers, intake
from app.core.catalogue import CATALOGUE, SHAPES, list_parent
from app.core.compiled_values import (
    DATETIME,
    SOURCE,
    Check,
    ReadingCheck,
    Unsure,
    of_form,
    of_reading,
    of_shape,
    text,
)
from app.core.errors import MalformedIdentifier
from app.core.intake import IntakeRecord, Kind
from app.core.json_plain import plain
from app.core.nesting import NODES
from app.core.vocabulary import Level

_RECORD_ID: Final = intake.RECORD_ID.fullmatch
_REASON: Final = text(500)
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


def read(body: bytes, *, keep_values: bool = True) -> IntakeRecord | None:
    """The record that `intake.parse` would make of the document; None where that is not plain to see.

    Values that are not kept are checked all the same.
    """
    document = plain(body)
    if type(document) is not dict:
        return None
    try:
        return _record(document, keep_values)
    except (Unsure, KeyError, MalformedIdentifier):
        return None


def _record(document: dict[str, Any], keep_values: bool) -> IntakeRecord:
    for name in document:
        if name not in intake.MEMBERS:
            raise Unsure
    record_id, kind, sent = document["recordId"], document["kind"], DATETIME(document["sentAt"])
    if type(record_id) is not str or not _RECORD_ID(record_id) or type(kind) is not str:
        raise Unsure
    level, gtin, lot, serial = _subject(cast("Kind", kind), document["subject"])
    details = _details(kind, document)
    taken: dict[str, Any] = {}
    if values := _object_in(document, "values"):
        if kind in intake.WITHOUT_VALUES or level is None:
            raise Unsure
        source = SOURCE(intake.source_of(cast("Kind", kind), details))
        _take(_OF_LEVEL[level], values, taken, sent, source)
    reasons: Mapping[str, Any] = {}
    if sent_reasons := _object_in(document, "notApplicable"):
        if level is None:
            raise Unsure
        reasons = {_reasoned(name, level, taken): _REASON(why) for name, why in sent_reasons.items()}
    return IntakeRecord(
        record_id, cast("Kind", kind), level, gtin, lot, serial, datetime.fromisoformat(sent).astimezone(UTC),
        MappingProxyType(taken) if keep_values else intake.LEFT_OUT, MappingProxyType(reasons),
        MappingProxyType(details),
    )  # fmt: skip


def _object_in(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name, _NONE)
    if found is not _NONE and type(found) is not dict:
        raise Unsure
    return cast("dict[str, Any]", found)


# --- subject and details


def _subject(kind: Kind, subject: Any) -> tuple[Level | None, str | None, str | None, str | None]:
    if type(subject) is not dict:
        raise Unsure
    if len(subject) == 1 and "gtin" not in subject:
        for name in intake.WITHOUT_GTIN.get(kind, ()):
            if name == "lot" and name in subject:
                return None, None, identifiers.lot(_text(subject["lot"])), None
            if name == "serial" and name in subject:
                return None, None, None, identifiers.serial(_text(subject["serial"]))
        raise Unsure
    gtin = _gtin(_text(subject["gtin"]))
    level: Level = "model"
    lot = serial = None
    if len(subject) == 2 and "serial" in subject:
        level, serial = "item", identifiers.serial(_text(subject["serial"]))
    elif len(subject) == 2:
        level, lot = "batch", identifiers.lot(_text(subject["lot"]))
    elif len(subject) != 1:
        raise Unsure
    if level not in intake.LEVELS_OF_KIND[kind]:
        raise Unsure
    return level, gtin, lot, serial


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Unsure
    return value


_gtin: Final = lru_cache(maxsize=1024)(identifiers.gtin)
"""(A plant makes few models, and a check digit takes as long as five other checks.)"""

_DETAILS: Final[Mapping[str, Check]] = {
    kind: of_shape(SHAPES[f"details/{kind}"], may_be_empty=True) for kind in intake.KINDS
}


def _details(kind: str, document: dict[str, Any]) -> dict[str, Any]:
    if "details" not in document:
        return {} if kind in intake.WITHOUT_DETAILS else cast("dict[str, Any]", _DETAILS[kind]({}))
    return cast("dict[str, Any]", _DETAILS[kind](document["details"]))


# --- values of a level


@dataclass(frozen=True, slots=True)
class _OfLevel:
    """What may be set at one level, by dotted id."""

    plain: Mapping[str, Check]
    readings: Mapping[str, ReadingCheck]
    groups: Mapping[str, Mapping[str, str]]
    """Whose members are attributes themselves: the dotted id of each."""
    objects: Mapping[str, ReadingCheck]
    """Groups that are attributes, too."""
    may_not_apply: frozenset[str]


def _of_level(level: Level) -> _OfLevel:
    rows = [row for row in CATALOGUE if not row.system and list_parent(row) is None and level in row.levels]
    groups = {
        node.id: {name: child.id for name, child in node.children.items()}
        for node in NODES.values()
        if node.children
    }
    readings = {row.id: check for row in rows if (check := of_reading(row)) is not None}
    others = {row.id: of_form(row) for row in rows if row.id not in readings}
    return _OfLevel(
        plain={name: check for name, check in others.items() if name not in groups},
        readings={name: check for name, check in readings.items() if name not in groups},
        groups=groups,
        objects={
            row.id: readings.get(row.id) or _timeless(others[row.id]) for row in rows if row.id in groups
        },
        may_not_apply=frozenset(
            row.id for row in rows if any(owed.kind != "required" for owed in row.obligation.values())
        ),
    )


def _timeless(check: Check) -> ReadingCheck:
    return lambda value, _observed_at, _source: check(value)


_OF_LEVEL: Final[Mapping[Level, _OfLevel]] = {level: _of_level(level) for level in ("model", "batch", "item")}


def _take(of: _OfLevel, values: dict[str, Any], taken: dict[str, Any], sent_at: str, source: str) -> None:
    """Check the values of one record, or of one group of them by their whole ids, and add them to `taken`."""
    readings, plain_ones = of.readings, of.plain
    for name, value in values.items():
        if name in taken:
            raise Unsure
        if name in readings:
            taken[name] = readings[name](value, sent_at, source)
        elif name in plain_ones:
            taken[name] = plain_ones[name](value)
        else:
            _take_group(of, name, value, taken, sent_at, source)


def _take_group(
    of: _OfLevel, name: str, value: Any, taken: dict[str, Any], sent_at: str, source: str
) -> None:
    """A value whose members are attributes themselves; one that is an attribute, too, has others besides."""
    children, own = of.groups[name], of.objects.get(name)
    if own is None:
        if type(value) is not dict or not children.keys() >= value.keys():
            raise Unsure
        _take(of, {children[each]: member for each, member in value.items()}, taken, sent_at, source)
        return
    if type(value) is dict:
        below = {attribute_id: value[each] for each, attribute_id in children.items() if each in value}
        _take(of, below, taken, sent_at, source)
        value = {each: member for each, member in value.items() if each not in children}
        if not value:
            return
    taken[name] = own(value, sent_at, source)


def _reasoned(name: str, level: Level, taken: Mapping[str, Any]) -> str:
    if name in taken or name not in _OF_LEVEL[level].may_not_apply:
        raise Unsure
    return name
