"""The records about one subject (a model, a batch or a battery) in short: what counts of them so far.

A battery may have thousands of readings; a draft needs the newest claim of each attribute, the stamp and the
batch. A summary takes records one at a time, in order of arrival, and up to three of them make the draft that
`passport.assemble` would make of all the records, but for the losers, which stay with the records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import orjson

from app.core.intake import IntakeRecord, Kind
from app.core.passport import FACILITY, Draft, Release, Sourced, claims_of, facility_of, own_facility
from app.core.times import parse, to_text
from app.core.vocabulary import Level

_RANK: Final[Mapping[str, int]] = {"model": 0, "batch": 1, "item": 2}


@dataclass(frozen=True, slots=True)
class Claim:
    """The newest claim of one attribute; `first` is record number and place of the first one."""

    first: tuple[int, int]
    newest: Sourced


@dataclass(frozen=True, slots=True)
class Summary:
    """What counts of the records about one subject up to and with number `through`."""

    through: int = 0
    gtin: str | None = None
    serial: str | None = None
    claims: Mapping[str, Claim] = field(default_factory=dict)
    lot: tuple[datetime, str] | None = None
    """Batch that the newest record of assembly names, with the sender's time of that record."""
    release: tuple[datetime, Release] | None = None
    activities: Mapping[str, tuple[datetime, int]] = field(default_factory=dict)
    """By manufacturing plant: time and number of the record that holds its newest activity data."""
    declared: Mapping[str, Mapping[str, Claim]] = field(default_factory=dict)
    """By manufacturing plant: the newest claims of studies of that plant alone."""
    taken_back: frozenset[tuple[str, str]] = frozenset()
    """Plant and id of records that others take back: ids are a plant's own."""


def fold(summary: Summary, sequence: int, record: IntakeRecord, plant: str = "") -> Summary:
    """`summary` with one more record about the same subject, sent by `plant` after all that it holds.

    A record that takes back an earlier one asks for more: what that had pushed aside is known no longer, so
    the records are folded anew, from a summary that begins with what is taken back (`beginning`).
    """
    if record.kind == "event" and (plant, record.record_id) in summary.taken_back:
        return replace(summary, through=sequence)
    facility = facility_of(record)
    claims, declared = summary.claims, summary.declared
    if facility is None:
        claims = _with(claims, sequence, record)
    else:
        declared = {**declared, facility: _with(declared.get(facility, {}), sequence, record)}
    lot, release = summary.lot, summary.release
    if record.kind == "pack" and record.batch_lot and (lot is None or record.sent_at >= lot[0]):
        lot = (record.sent_at, record.batch_lot)
    if record.kind in ("release", "withdrawal") and (release is None or record.sent_at >= release[0]):
        release = (record.sent_at, "released" if record.kind == "release" else "withdrawn")
    activities = summary.activities
    if record.kind == "carbon-activity":
        known_at = activities.get(record.details["facility"])
        if known_at is None or record.sent_at >= known_at[0]:
            activities = {**activities, record.details["facility"]: (record.sent_at, sequence)}
    return Summary(
        through=sequence,
        gtin=record.gtin or summary.gtin,
        serial=record.serial or summary.serial,
        claims=claims,
        lot=lot,
        release=release,
        activities=activities,
        declared=declared,
        taken_back=summary.taken_back | _taken_back(record, plant),
    )


def beginning(records: Iterable[tuple[IntakeRecord, str]]) -> Summary:
    """Nothing yet, but for what these records, each with its plant, take back."""
    return Summary(taken_back=frozenset().union(*(_taken_back(record, plant) for record, plant in records)))


def _taken_back(record: IntakeRecord, plant: str) -> frozenset[tuple[str, str]]:
    return frozenset({(plant, record.takes_back)} if record.takes_back else ())


def _with(claims: Mapping[str, Claim], sequence: int, record: IntakeRecord) -> dict[str, Claim]:
    found = dict(claims)
    for place, (attribute_id, claim) in enumerate(claims_of(record, sequence)):
        known = found.get(attribute_id)
        if known is None:
            found[attribute_id] = Claim((sequence, place), claim)
        elif claim.sent_at >= known.newest.sent_at:
            found[attribute_id] = Claim(known.first, claim)
    return found


def draft(summaries: Sequence[Summary]) -> Draft:
    """The draft of one battery (or model) from the summaries of its model, its batch and itself.

    Whoever asks gives the batch that the battery was assembled from, and no other. Raises: ValueError.
    """
    gtins = {summary.gtin for summary in summaries if summary.gtin is not None}
    serials = {summary.serial for summary in summaries if summary.serial is not None}
    if len(gtins) != 1 or len(serials) > 1:
        raise ValueError("summaries of one model and at most one serial make a draft")
    found: dict[str, Claim] = {}
    for summary in summaries:
        for attribute_id, claim in summary.claims.items():
            rival = found.get(attribute_id)
            if rival is None:
                found[attribute_id] = claim
            else:
                stronger = max(rival.newest, claim.newest, key=lambda each: _RANK[each.level])
                found[attribute_id] = Claim(min(rival.first, claim.first), stronger)
    facility = found.get(FACILITY)
    named = facility.newest.value if facility and not facility.newest.is_reason else None
    declared = {plant: claims for summary in summaries for plant, claims in summary.declared.items()}
    own = own_facility(named, declared)
    for attribute_id, claim in declared.get(own or "", {}).items():
        rival = found.get(attribute_id)
        if rival is not None:
            stronger = claim.newest if rival.newest.level == "model" else rival.newest
            claim = Claim(min(rival.first, claim.first), stronger)
        found[attribute_id] = claim
    ordered = sorted(found.items(), key=lambda each: each[1].first)
    lots = [summary.lot for summary in summaries if summary.lot is not None]
    releases = [summary.release for summary in summaries if summary.release is not None]
    return Draft(
        gtin=gtins.pop(),
        serial=serials.pop() if serials else None,
        lot=lots[0][1] if lots else None,
        values=MappingProxyType(
            {name: claim.newest for name, claim in ordered if not claim.newest.is_reason}
        ),
        not_applicable=MappingProxyType(
            {name: claim.newest for name, claim in ordered if claim.newest.is_reason}
        ),
        losers=MappingProxyType({}),
        release=releases[0][1] if releases else "none",
    )


def to_bytes(summary: Summary) -> bytes:
    """The form that is stored."""
    return orjson.dumps(
        {
            "through": summary.through,
            "gtin": summary.gtin,
            "serial": summary.serial,
            "lot": summary.lot and [to_text(summary.lot[0]), summary.lot[1]],
            "release": summary.release and [to_text(summary.release[0]), summary.release[1]],
            "takenBack": sorted(summary.taken_back),
            "activities": {name: [to_text(at), number] for name, (at, number) in summary.activities.items()},
            "declared": {plant: _stored(claims) for plant, claims in summary.declared.items()},
            "claims": _stored(summary.claims),
        }
    )


def _stored(claims: Mapping[str, Claim]) -> dict[str, list[Any]]:
    return {
        attribute_id: [
            *claim.first, claim.newest.value, claim.newest.record_id, claim.newest.kind,
            claim.newest.level, to_text(claim.newest.sent_at), claim.newest.is_reason,
            claim.newest.sequence,
        ]
        for attribute_id, claim in claims.items()
    }  # fmt: skip


def from_bytes(data: bytes) -> Summary:
    """What `to_bytes` wrote."""
    stored = orjson.loads(data)
    lot, release = stored["lot"], stored["release"]
    return Summary(
        through=stored["through"],
        gtin=stored["gtin"],
        serial=stored["serial"],
        claims=_read(stored["claims"]),
        lot=(parse(lot[0]), lot[1]) if lot else None,
        release=(parse(release[0]), release[1]) if release else None,
        # a summary of before there was activity data has no such member
        activities={name: (parse(at), number) for name, (at, number) in stored.get("activities", {}).items()},
        declared={plant: _read(claims) for plant, claims in stored.get("declared", {}).items()},
        taken_back=frozenset((plant, record_id) for plant, record_id in stored.get("takenBack", ())),
    )


def _read(stored: Mapping[str, Any]) -> dict[str, Claim]:
    return {name: _claim(*values) for name, values in stored.items()}


def _claim(
    first: int, place: int, value: Any, record_id: str, kind: Kind, level: Level, sent: str, is_reason: bool,
    number: int = 0,
) -> Claim:  # fmt: skip
    """(A summary of before values had their record's number ends with whether it is a reason.)"""
    return Claim((first, place), Sourced(value, record_id, kind, level, parse(sent), is_reason, number))
