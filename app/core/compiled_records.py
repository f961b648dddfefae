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
    of_object,
    of_reading,
    text,
)
from app.core.errors import MalformedIdentifier
from app.core.intake import KINDS, LEVELS_OF_KIND, WITHOUT_DETAILS, WITHOUT_VALUES, IntakeRecord, Kind
from app.core.json_plain import plain
from app.core.nesting import NODES
from app.core.vocabulary import Level

_RECORD_ID: Final = intake.RECORD_ID.fullmatch
_REASON: Final = text(500)
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


def read(body: bytes) -> IntakeRecord | None:
    """The record that `intake.parse` would make of the document; None where that is not plain to see."""
    document = plain(body)
    if type(document) is not dict:
        return None
    try:
        return _record(document)
    except (Unsure, KeyError, MalformedIdentifier):
        return None


def _record(document: dict[str, Any]) -> IntakeRecord:
    for name in document:
        if name not in intake.MEMBERS:
            raise Unsure
    record_id, kind, sent = document["recordId"], document["kind"], DATETIME(document["sentAt"])
    if type(record_id) is not str or not _RECORD_ID(record_id) or type(kind) is not str:
        raise Unsure
    level, gtin, lot, serial = _subject(LEVELS_OF_KIND[cast("Kind", kind)], document["subject"])
    details = _details(kind, document)
    taken: dict[str, Any] = {}
    if values := _object_in(document, "values"):
        if kind in WITHOUT_VALUES or level is None:
            raise Unsure
        source = SOURCE(intake.source_of(cast("Kind", kind), details))
        found = _Values(_OF_LEVEL[level], sent, source, taken)
        for name, value in values.items():
            found.take(name, value)
    reasons: Mapping[str, Any] = {}
    if sent_reasons := _object_in(document, "notApplicable"):
        if level is None:
            raise Unsure
        reasons = {_reasoned(name, level, taken): _REASON(why) for name, why in sent_reasons.items()}
    return IntakeRecord(
        record_id, cast("Kind", kind), level, gtin, lot, serial, datetime.fromisoformat(sent).astimezone(UTC),
        MappingProxyType(taken), MappingProxyType(reasons), MappingProxyType(details),
    )  # fmt: skip


def _object_in(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name, _NONE)
    if found is not _NONE and type(found) is not dict:
        raise Unsure
    return cast("dict[str, Any]", found)


# --- subject and details


def _subject(
    levels: tuple[Level, ...], subject: Any
) -> tuple[Level | None, str | None, str | None, str | None]:
    if type(subject) is not dict:
        raise Unsure
    if not levels:
        if len(subject) != 1:
            raise Unsure
        return None, None, identifiers.lot(_text(subject["lot"])), None
    gtin = _gtin(_text(subject["gtin"]))
    level: Level = "model"
    lot = serial = None
    if len(subject) == 2 and "serial" in subject:
        level, serial = "item", identifiers.serial(_text(subject["serial"]))
    elif len(subject) == 2:
        level, lot = "batch", identifiers.lot(_text(subject["lot"]))
    elif len(subject) != 1:
        raise Unsure
    if level not in levels:
        raise Unsure
    return level, gtin, lot, serial


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Unsure
    return value


_gtin: Final = lru_cache(maxsize=1024)(identifiers.gtin)
"""(A plant makes few models, and a check digit takes as long as five other checks.)"""

_DETAILS: Final[Mapping[str, Check]] = {
    kind: of_object({field.name: field for field in SHAPES[f"details/{kind}"].fields}) for kind in KINDS
}


def _details(kind: str, document: dict[str, Any]) -> dict[str, Any]:
    if "details" not in document:
        return {} if kind in WITHOUT_DETAILS else cast("dict[str, Any]", _DETAILS[kind]({}))
    return cast("dict[str, Any]", _DETAILS[kind](document["details"]))


# --- values of a level


@dataclass(frozen=True, slots=True)
class _OfLevel:
    """What may be set at one level, by dotted id. `groups` have members with ids of their own."""

    plain: Mapping[str, Check]
    readings: Mapping[str, ReadingCheck]
    groups: Mapping[str, tuple[str, ...]]
    may_not_apply: frozenset[str]


def _of_level(level: Level) -> _OfLevel:
    rows = [row for row in CATALOGUE if not row.system and list_parent(row) is None and level in row.levels]
    readings = {row.id: check for row in rows if (check := of_reading(row)) is not None}
    return _OfLevel(
        plain={row.id: of_form(row) for row in rows if row.id not in readings},
        readings=readings,
        groups={node.id: tuple(node.children) for node in NODES.values() if node.children},
        may_not_apply=frozenset(
            row.id for row in rows if any(owed.kind != "required" for owed in row.obligation.values())
        ),
    )


_OF_LEVEL: Final[Mapping[Level, _OfLevel]] = {level: _of_level(level) for level in ("model", "batch", "item")}


@dataclass(frozen=True, slots=True)
class _Values:
    """Values of one record as they are taken in."""

    of: _OfLevel
    sent_at: str
    source: str
    taken: dict[str, Any]

    def take(self, attribute_id: str, value: Any) -> None:
        children = self.of.groups.get(attribute_id)
        reading, check = self.of.readings.get(attribute_id), self.of.plain.get(attribute_id)
        if children is not None and type(value) is dict:
            if reading is None and check is None:
                for name, member in value.items():
                    if name not in children:
                        raise Unsure
                    self.take(f"{attribute_id}.{name}", member)
                return
            for name in children:
                if name in value:
                    self.take(f"{attribute_id}.{name}", value[name])
            value = {name: member for name, member in value.items() if name not in children}
            if not value:
                return
        if attribute_id in self.taken:
            raise Unsure
        if reading is not None:
            self.taken[attribute_id] = reading(value, self.sent_at, self.source)
        elif check is not None:
            self.taken[attribute_id] = check(value)
        else:
            raise Unsure


def _reasoned(name: str, level: Level, taken: Mapping[str, Any]) -> str:
    if name in taken or name not in _OF_LEVEL[level].may_not_apply:
        raise Unsure
    return name
