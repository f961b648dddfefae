"""The draft of one passport: from all records that speak of a battery, winner and losers of each value.

Item beats batch beats model; within a level the sender's later time wins, then the later arrival. A reason
why an attribute does not apply competes like a value. Losers stay visible: lineage is never thrown away.
What was calculated from activity data comes after (`filled`): it loses against every declared value.
A footprint that a study declares for one manufacturing plant counts for batteries of that plant alone, and
there before what is declared of the model as a whole. Source: Annex II (per model and manufacturing plant).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from app.core.intake import IntakeRecord, Kind
from app.core.vocabulary import CATEGORIES, Category, Level

Release = Literal["none", "released", "withdrawn"]

FACILITY: Final = "facilityIdentifier"
_Strength = tuple[int, bool, datetime]
_RANK: Final[Mapping[Level, int]] = {"model": 0, "batch": 1, "item": 2}


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value (or the reason why there is none) and the record it came from.

    `sequence` is the number under which that record is stored; 0 where whoever assembled it did not say.
    """

    value: Any
    record_id: str
    kind: Kind
    level: Level
    sent_at: datetime
    is_reason: bool = False
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Calculated:
    """What the activity data of one manufacturing plant comes to, by attribute id.

    `figures` belong together: mixed with declared ones they would not add up. `alone` competes one by one.
    """

    record_id: str
    kind: Kind
    sent_at: datetime
    facility: str
    figures: Mapping[str, Any]
    alone: Mapping[str, Any]
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of one battery. Mappings are keyed by dotted attribute id, in the order of arrival."""

    gtin: str
    serial: str | None
    lot: str | None
    values: Mapping[str, Sourced]
    not_applicable: Mapping[str, Sourced]
    losers: Mapping[str, tuple[Sourced, ...]]
    release: Release

    @property
    def category(self) -> Category | None:
        """The battery category, once a record gave it."""
        found = self.values.get("batteryCategory")
        return cast("Category", found.value) if found is not None and found.value in CATEGORIES else None

    def value(self, attribute_id: str) -> Any:
        """The winning value, or None."""
        found = self.values.get(attribute_id)
        return found.value if found is not None else None


def assemble(
    records: Sequence[IntakeRecord], numbers: Sequence[int] = (), plants: Sequence[str] = ()
) -> Draft:
    """The draft of the one battery (or the one model) that `records` speak of, given in order of arrival.

    `numbers` are those under which the records are stored, and `plants` who sent them, in the same order.

    Records of a batch count only if the battery was assembled from that batch. Lots of material and cells
    carry no values; they may be among `records` and change nothing. What another record of the same plant
    takes back gives no values, whichever came first.

    Raises: ValueError if the records speak of several models, or of serials that differ by more than case.
    """
    senders = plants or [""] * len(records)
    numbered = zip(records, numbers or [0] * len(records), senders, strict=True)
    arrived = [each for each in numbered if each[0].level is not None]
    speaking = [record for record, _, _ in arrived]
    gtins = {record.gtin for record in speaking}
    serials = [record.serial for record in speaking if record.serial is not None]
    if len(gtins) != 1 or len({serial.upper() for serial in serials}) > 1:
        raise ValueError("records of one model and at most one serial make a draft")
    lot = _batch(speaking)
    counting = [each for each in arrived if each[0].level != "batch" or each[0].lot == lot]
    taken_back = {(plant, record.takes_back) for record, _, plant in arrived}
    counting = [
        (record, number, plant)
        for record, number, plant in counting
        if record.kind != "event" or (plant, record.record_id) not in taken_back
    ]
    own = _own_facility([record for record, _, _ in counting])
    claims: dict[str, list[tuple[_Strength, Sourced]]] = {}
    for record, number, _ in counting:
        facility = facility_of(record)
        if facility in (None, own):
            for attribute_id, claim in claims_of(record, number):
                rival = _strength(claim, is_of_facility=facility is not None), claim
                claims.setdefault(attribute_id, []).append(rival)
    values: dict[str, Sourced] = {}
    not_applicable: dict[str, Sourced] = {}
    losers: dict[str, tuple[Sourced, ...]] = {}
    for attribute_id, rivals in claims.items():
        ranked = [claim for _, claim in sorted(rivals, key=itemgetter(0))]
        winner = ranked.pop()
        (not_applicable if winner.is_reason else values)[attribute_id] = winner
        if ranked:
            losers[attribute_id] = tuple(reversed(ranked))
    return Draft(
        gtin=cast("str", gtins.pop()),
        serial=serials[0] if serials else None,
        lot=lot,
        values=MappingProxyType(values),
        not_applicable=MappingProxyType(not_applicable),
        losers=MappingProxyType(losers),
        release=_release(record for record, _, _ in counting),
    )


def filled(draft: Draft, calculated: Sequence[Calculated]) -> Draft:
    """`draft` with what was calculated where nothing is declared, and among the losers elsewhere.

    Of `calculated`, in order of arrival, the newest of the battery's own manufacturing plant counts; while no
    record names that plant, the only one that there is.
    """
    found = _of_facility(calculated, draft.value(FACILITY))
    if found is None:
        return draft
    values, losers = dict(draft.values), dict(draft.losers)
    taken = {*values, *draft.not_applicable}
    is_declared = not taken.isdisjoint(found.figures)
    for attribute_id, value in {**found.figures, **found.alone}.items():
        claim = Sourced(value, found.record_id, found.kind, "model", found.sent_at, sequence=found.sequence)
        if attribute_id in taken or (is_declared and attribute_id in found.figures):
            losers[attribute_id] = (*losers.get(attribute_id, ()), claim)
        else:
            values[attribute_id] = claim
    return replace(draft, values=MappingProxyType(values), losers=MappingProxyType(losers))


def _of_facility(calculated: Iterable[Calculated], facility: str | None) -> Calculated | None:
    newest: dict[str, Calculated] = {}
    for each in calculated:
        known = newest.get(each.facility)
        if known is None or each.sent_at >= known.sent_at:
            newest[each.facility] = each
    if facility is not None:
        return newest.get(facility)
    return next(iter(newest.values())) if len(newest) == 1 else None


def _batch(records: Iterable[IntakeRecord]) -> str | None:
    packs = sorted((r for r in records if r.kind == "pack" and r.batch_lot), key=lambda r: r.sent_at)
    return packs[-1].batch_lot if packs else None


def claims_of(record: IntakeRecord, number: int = 0) -> Iterable[tuple[str, Sourced]]:
    """What one record, stored under `number`, claims of its battery, batch or model, one by one."""
    level, name, kind, sent_at = cast("Level", record.level), record.record_id, record.kind, record.sent_at
    for attribute_id, value in record.values.items():
        yield attribute_id, Sourced(value, name, kind, level, sent_at, sequence=number)
    for attribute_id, reason in record.not_applicable.items():
        yield attribute_id, Sourced(reason, name, kind, level, sent_at, is_reason=True, sequence=number)


def _strength(claim: Sourced, *, is_of_facility: bool = False) -> _Strength:
    return (_RANK[claim.level], is_of_facility, claim.sent_at)


def facility_of(record: IntakeRecord) -> str | None:
    """The one manufacturing plant for which a study declares the footprint of a model; None for all else."""
    return record.details.get("facility") if record.kind == "carbon-footprint" and not record.lot else None


def own_facility(facility: str | None, plants: Iterable[str]) -> str | None:
    """Of the plants with a declared footprint that of the battery; while no record names it, the only one."""
    known = set(plants)
    if facility is not None:
        return facility if facility in known else None
    return next(iter(known)) if len(known) == 1 else None


def _own_facility(records: Sequence[IntakeRecord]) -> str | None:
    plants = {plant for record in records if (plant := facility_of(record)) is not None}
    if not plants:
        return None
    named = [
        claim
        for record in records
        for attribute_id, claim in claims_of(record)
        if attribute_id == FACILITY and facility_of(record) is None
    ]
    newest = max(reversed(named), key=_strength, default=None)
    return own_facility(newest.value if newest is not None and not newest.is_reason else None, plants)


def _release(records: Iterable[IntakeRecord]) -> Release:
    acts = sorted((r for r in records if r.kind in ("release", "withdrawal")), key=lambda r: r.sent_at)
    if not acts:
        return "none"
    return "released" if acts[-1].kind == "release" else "withdrawn"
