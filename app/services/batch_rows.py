"""One chunk of records on its way into the store: which are new, which repeat, what they change.

The rules are those of `intake.accept`, taken for all records of a chunk at once and in their order: the id
decides what repeats, the first record of a serial makes its battery, the sender's times decide on the stamp.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from app.core import refused
from app.core.errors import Rejected
from app.core.identifiers import ModelKey
from app.core.intake import BEGINS_NO_BATTERY, IntakeRecord
from app.core.times import parse, to_text
from app.services import answers as made
from app.services import intake
from app.services.intake import Accepted, Quarantined
from app.services.plants import Plant


@lru_cache(maxsize=1024)
def _model_key(gtin: str) -> bytes:
    return ModelKey(gtin).digest()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the answer to one record of the chunk comes from; `kept` is one that was given before."""

    record_id: str
    repeated: bool
    kept: str | None = None


@dataclass(slots=True)
class Chunk:
    """What one transaction will store. `known` and `batteries` are what it found, by record id and key."""

    plant: Plant
    now: datetime
    known: Mapping[str, Any]
    batteries: Mapping[bytes, Any]
    models: set[bytes] = field(default_factory=set)
    """Of the models that events name, those that some record speaks of."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    """What the new records say went into what."""
    places: list[_Place | Quarantined] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    unanswered: list[tuple[IntakeRecord, datetime]] = field(default_factory=list)
    shared_subjects: set[bytes] = field(default_factory=set)
    """Models and batches that records of the chunk speak of."""
    contested: set[str] = field(default_factory=set)
    """Entries in quarantine that ask for an id which the chunk had given away: they stay open."""
    rows_of_plant: list[tuple[bytes, _Place | Quarantined]] = field(default_factory=list)
    """Rows that a mapping made records of, one for each record, with what became of it."""
    received_at: str = ""
    _records: dict[str, IntakeRecord] = field(default_factory=dict)
    _digests: dict[str, bytes] = field(default_factory=dict)
    _new: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    _changed: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    _stamps: list[tuple[bytes, IntakeRecord]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.received_at = to_text(self.now)

    def take(
        self,
        row: dict[str, Any],
        links: Sequence[dict[str, Any]],
        record: IntakeRecord,
        late: timedelta | None,
    ) -> None:
        """Place one record, with the rows that were made of it, after those before it.

        Raises: Conflict; MalformedInput when too old.
        """
        digest, subject = row["body_digest"], row["subject_key"]
        known = self.known.get(record.record_id)
        before = known.body_digest if known is not None else self._digests.get(record.record_id)
        if before is not None:
            if bytes(before) != digest:
                raise intake.id_conflict(record)
            kept = known.answer if known is not None else None
            if known is not None and kept is None:
                self.unanswered.append((record, parse(known.received_at)))
            self.places.append(_Place(record.record_id, True, kept))
            return
        intake.require_recent(record, self.now, late)
        if record.level == "model":
            self.models.add(subject)
        if record.level == "item":
            if not self._is_part(subject, record):
                self._touch(subject, record)
        elif record.gtin is not None:
            self.shared_subjects.add(subject)
        self._digests[record.record_id] = digest
        self._records[record.record_id] = record
        row["answer"] = None  # a chunk that collides is placed anew
        self.rows.append(row)
        self.links.extend(links)
        self.places.append(_Place(record.record_id, False))

    def refuse(self, kept: Quarantined, body: bytes) -> None:
        """Place a record that was set aside."""
        self.places.append(kept)
        if refused.record_id_in(body) in self._digests:
            self.contested.add(kept.quarantine_id)

    def taken_rows(self) -> list[bytes]:
        """Digests of the plant's own rows of which every record was taken: none of them waits any longer."""
        refused = {row for row, place in self.rows_of_plant if isinstance(place, Quarantined)}
        taken = {row: None for row, _ in self.rows_of_plant if row not in refused}
        return [hashlib.sha256(row).digest() for row in taken]

    def stamped_before(self) -> list[bytes]:
        """Batteries that the store knows and that records of the chunk stamp, or take the stamp from."""
        return sorted({key for key, _ in self._stamps if key in self.batteries})

    def decide_stamps(self, acts: Iterable[Any]) -> None:
        """Who stamped last by the sender's clock, among the acts of before (in order) and these."""
        newest: dict[bytes, tuple[str, str]] = {}
        of_before = ((bytes(row.subject_key), row.sent_at, row.kind) for row in acts)
        of_these = ((key, to_text(record.sent_at), record.kind) for key, record in self._stamps)
        for key, sent_at, kind in [*of_before, *of_these]:
            if key not in newest or sent_at >= newest[key][0]:
                newest[key] = (sent_at, "released" if kind == "release" else "withdrawn")
        for key, (_, release) in newest.items():
            self._row(key)["release"] = release

    def settle_answers(self, origin: str) -> None:
        """Answer what nothing follows from; the rest waits for what follows."""
        for row in self.rows:
            record = self._records[row["record_id"]]
            if self._follows(record, row["subject_key"]):
                self.unanswered.append((record, self.now))
            else:
                known = row["subject_key"] in self.batteries or row["subject_key"] in self._new
                answer = self.answers[record.record_id] = made.plain_answer(
                    origin, record, self.now, of_battery=known
                )
                row["answer"] = orjson.dumps(answer).decode()

    @property
    def refusals(self) -> dict[int, Rejected]:
        """What was set aside, by the place of the record."""
        return {at: each.refusal for at, each in enumerate(self.places) if isinstance(each, Quarantined)}

    @property
    def new_batteries(self) -> Sequence[Mapping[str, Any]]:
        return list(self._new.values())

    def changed_batteries(self) -> Sequence[Mapping[str, Any]]:
        return [row for row in self._changed.values() if row["was"] != (row["lot"], row["release"])]

    def with_many_records(self, at_least: int) -> list[bytes]:
        """Batteries that may have so many records now: those of before, and new ones with as many here."""
        here = Counter([row["subject_key"] for row in self.rows])
        return sorted({*self.batteries, *(key for key in self._new if here[key] >= at_least)})

    def outcomes(self, followed: Mapping[tuple[str, str], dict[str, Any]]) -> list[Accepted | Quarantined]:
        """The answers in the order of the records."""
        return [
            place if isinstance(place, Quarantined) else self._accepted(place, followed)
            for place in self.places
        ]

    def _accepted(self, place: _Place, followed: Mapping[tuple[str, str], dict[str, Any]]) -> Accepted:
        if place.kept is not None:
            return Accepted(json.loads(place.kept), place.repeated)
        answer = self.answers.get(place.record_id) or followed[self.plant.id, place.record_id]
        return Accepted(answer, place.repeated)

    def _touch(self, subject: bytes, record: IntakeRecord) -> None:
        serial = self._serial(subject)
        if serial is None:
            self._new[subject] = {
                "key": subject, "operator": self.plant.economic_operator_id, "gtin": record.gtin,
                "serial": record.serial, "model_key": _model_key(str(record.gtin)), "lot": record.batch_lot,
                "release": "none", "at": self.received_at, "plant_id": self.plant.id,
            }  # fmt: skip
        elif serial != record.serial:
            raise intake.serial_conflict(serial, str(record.serial))
        elif record.batch_lot is not None:
            self._row(subject)["lot"] = record.batch_lot
        if record.kind in ("release", "withdrawal"):
            self._stamps.append((subject, record))

    def _is_part(self, subject: bytes, record: IntakeRecord) -> bool:
        """An event about something of which nothing says that it is a battery."""
        return (
            record.kind in BEGINS_NO_BATTERY
            and self._serial(subject) is None
            and ModelKey(record.gtin or "").digest() not in self.models
        )

    def _serial(self, key: bytes) -> str | None:
        found = self.batteries.get(key)
        if found is not None:
            return str(found.serial)
        return self._new[key]["serial"] if key in self._new else None

    def _row(self, key: bytes) -> dict[str, Any]:
        """The battery as this chunk leaves it."""
        if key in self._new:
            return self._new[key]
        row = self.batteries[key]
        return self._changed.setdefault(
            key,
            {
                "battery": key, "lot": row.lot, "release": row.release, "changed_at": self.received_at,
                "was": (row.lot, row.release),
            },
        )  # fmt: skip

    def _follows(self, record: IntakeRecord, key: bytes) -> bool:
        if record.level != "item":
            return record.gtin is not None
        if key in self._new:
            return bool(self._new[key]["release"] == "released")
        if key not in self.batteries:
            return False
        changed, row = self._changed.get(key), self.batteries[key]
        release = changed["release"] if changed is not None else row.release
        return bool(row.state != "draft" or release == "released")
