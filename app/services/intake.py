"""Taking records in: every door ends here. Acknowledged after commit, once, whole; refused ones are kept.

A record's path: (1) read strictly, (2) parsed against its kind, (3) stored in one transaction with what it
changes about its battery and, where nothing follows, with its answer; else (4) passports that were waiting
for it issue themselves, and (5) the answer is kept, so that a repeated record gets the same one.
Source: T12, T15, T39; rule 4 of the threats.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.core import refused
from app.core.errors import Conflict, MalformedInput, NotFound, Rejected
from app.core.identifiers import BatteryKey, ModelKey
from app.core.intake import BEGINS_NO_BATTERY, IntakeRecord
from app.core.quarantine_filter import QuarantineFilter
from app.core.times import to_seconds, to_text
from app.services import answers, attachments, carbon, drafts, issuance, plants, reasons, subjects, waiting
from app.services.context import Context
from app.services.early_events import begin_drafts, begin_missed
from app.services.genealogy_rows import add_links
from app.services.plants import Plant
from app.store.unit_of_work import Collision, Store, UnitOfWork

SENDER_AHEAD: Final = timedelta(minutes=5)
LATE: Final = timedelta(days=30)
PAGE_LENGTH: Final = 50
MAX_PAGES: Final = 1_000_000
EVERYTHING: Final = QuarantineFilter()
_TRIES: Final = 5


SUMMED_UP_AFTER: Final = 16
"""Records of a battery that are read one by one before they are summed up."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record came in: the door, and the message, or file and row (lineage).

    `mapping` is the name and version of the mapping that made the record (`mes:3`), where one did.
    """

    door: str
    origin: str | None = None
    mapping: str | None = None


REST: Final = Source("rest")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The kept answer. `repeated` says that this record had been accepted before."""

    answer: dict[str, Any]
    repeated: bool


class Quarantined(Rejected):
    """A record was refused and set aside; `refusal` says why and `quarantine_id` where it waits."""

    code = "quarantined"

    def __init__(self, refusal: Rejected, quarantine_id: str) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.quarantine_id = quarantine_id

    def members(self) -> dict[str, Any]:
        return {**self.refusal.members(), "quarantine": self.quarantine_id}


def accept(
    ctx: Context,
    plant: Plant,
    body: bytes,
    *,
    late: timedelta | None = LATE,
    mended_from: str | None = None,
    source: Source = REST,
) -> Accepted:
    """Take one record in. Returns only after it is durable.

    `late` is how old a record's `sentAt` may be; None takes any age. `mended_from` is the entry in quarantine
    whose text was mended into `body`: refused again, the new entry takes its place.
    Raises: Quarantined, whose `refusal` is MalformedInput or Conflict.
    """
    now = ctx.now()
    digest = hashlib.sha256(body).digest()
    try:
        record = parsed(body, now)  # (1) (2)
        plant.require_kind(record.kind)
        stored = _store(ctx, plant, record, body, digest, now, late, source)  # (3)
    except Rejected as refusal:
        raise Quarantined(
            refusal, set_aside(ctx, plant, body, refusal, now, mended_from, source)
        ) from refusal
    begin_missed(ctx, [record])
    if stored.answer is not None:
        return Accepted(json.loads(stored.answer), stored.repeated)
    outcomes = follow_up(ctx, record)  # (4)
    made = answers.answer_to(ctx.settings.origin, record, outcomes, now)
    with ctx.unit_of_work() as work:  # (5)
        kept = work.records.keep_answer(stored.sequence, json.dumps(made))
        work.commit()
    return Accepted(json.loads(kept), stored.repeated)


def replay(ctx: Context, plant: Plant, quarantine_id: str, mended: bytes | None = None) -> Accepted:
    """Try a record of the quarantine again, as it was or mended.

    Raises: NotFound; Quarantined when it is refused again.
    """
    with ctx.read() as store:
        row = store.quarantine.get(quarantine_id)
    if row is None or row.plant_id != plant.id or row.settled is not None:
        raise NotFound("There is no such record in this plant's quarantine.")
    kept = bytes(row.body)
    # A form sends line ends of its own: a text that differs in nothing else is the record as it was.
    is_mended = mended is not None and same_lines(mended) != same_lines(kept)
    # A record may have waited here for long: its age is no reason to refuse it now.
    text, origin = (mended, quarantine_id) if mended is not None and is_mended else (kept, None)
    # It came by the door that it was refused at; what was mended is told by the entry it was mended from.
    source = Source(row.door or REST.door, row.origin, row.mapping)
    accepted = accept(ctx, plant, text, late=None, mended_from=origin, source=source)
    with ctx.unit_of_work() as work:
        work.quarantine.settle(quarantine_id, "replayed", to_text(ctx.now()))
        work.commit()
    return accepted


def dismiss(ctx: Context, plant: Plant, quarantine_id: str, reason: str, by: str) -> None:
    """Close an entry that will never be accepted; it is kept with the reason and with who said so.

    The same bytes, sent again and refused again, open it anew. Raises: NotFound; MalformedInput without a
    reason.
    """
    reason = reasons.checked(reason)
    with ctx.unit_of_work() as work:
        row = work.quarantine.get(quarantine_id)
        known = row is not None and row.plant_id == plant.id
        at = to_text(ctx.now())
        if not known or not work.quarantine.settle(quarantine_id, "dismissed", at, by=by, reason=reason):
            raise NotFound("There is no such record in this plant's quarantine.")
        work.commit()


def quarantine_list(
    ctx: Context, plant: Plant | None = None, page: int = 1, only: QuarantineFilter = EVERYTHING
) -> dict[str, Any]:
    """What waits in quarantine: all, or one plant's, or what is meant; newest first, a page at a time, with
    how many there are."""
    plant_id = plant.id if plant else None
    page = min(max(page, 1), MAX_PAGES)
    with ctx.read() as store:
        rows = store.quarantine.open(plant_id, limit=PAGE_LENGTH, offset=(page - 1) * PAGE_LENGTH, only=only)
        count = store.quarantine.count_open(plant_id, only)
    return {
        "count": count,
        "page": page,
        "pages": max(1, -(-count // PAGE_LENGTH)),
        "records": [_quarantine_entry(row) for row in rows],
    }


def quarantine_entry(ctx: Context, quarantine_id: str, plant: Plant | None = None) -> dict[str, Any]:
    """One refused record with its text. Raises: NotFound, also for another plant's."""
    with ctx.read() as store:
        row = store.quarantine.get(quarantine_id)
    if row is None or (plant is not None and row.plant_id != plant.id):
        raise NotFound("There is no such record in quarantine.")
    return {**_quarantine_entry(row), "body": _text(row.body)}


def plant_of(ctx: Context, quarantine_id: str) -> Plant:
    """The plant that a refused record came from. Raises: NotFound."""
    with ctx.read() as store:
        row = store.quarantine.get(quarantine_id)
    if row is None:
        raise NotFound("There is no such record in quarantine.")
    return plants.of_records(ctx, row.plant_id)


def parsed(body: bytes, now: datetime, *, keep: bool = True) -> IntakeRecord:
    """One record, read and checked. Raises: MalformedInput; TooLarge."""
    return not_ahead(drafts.read(body, keep=keep), now)


def not_ahead(record: IntakeRecord, now: datetime) -> IntakeRecord:
    """The record, if its sender's clock is no more than five minutes fast. Raises: MalformedInput."""
    if record.sent_at > now + SENDER_AHEAD:
        raise MalformedInput(
            f"sentAt lies ahead of this server's clock ({to_seconds(now)}) by more than 5 minutes."
            " Check the sender's clock and time zone.",
            pointer="/sentAt", rule="sent-at",
        )  # fmt: skip
    return record


def require_recent(record: IntakeRecord, now: datetime, late: timedelta | None) -> None:
    """Asked of a new record alone: one that was accepted once stays accepted, however old."""
    if late is not None and record.sent_at < now - late:
        raise MalformedInput(
            f"sentAt lies more than {late.days} days back. Send the record with the time of this sending.",
            pointer="/sentAt", rule="sent-at",
        )  # fmt: skip


def id_conflict(record: IntakeRecord) -> Conflict:
    return Conflict(
        f"The record id {record.record_id} was used before for another body. Give each record its own id."
    )


def serial_conflict(known: str, sent: str) -> Conflict:
    return Conflict(
        f"The serial {known} exists already and differs from {sent} in case alone."
        " Serials must differ by more than that (IEC 61406-1)."
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    """Where a record lies; `answer` is None while what follows from it is still to be done."""

    sequence: int
    answer: str | None
    repeated: bool


def _store(
    ctx: Context,
    plant: Plant,
    record: IntakeRecord,
    body: bytes,
    digest: bytes,
    now: datetime,
    late: timedelta | None,
    source: Source,
) -> _Stored:
    """Store a new record, or find the one that it repeats. Raises: Conflict; MalformedInput when too old."""
    for _ in range(_TRIES):
        try:
            with ctx.unit_of_work() as work:
                known = work.records.find(plant.id, record.record_id)
                if known is None:
                    require_recent(record, now, late)
                    attachments.require_kept(ctx, work, body)
                    outcomes = _apply(work, plant, record, now)
                    answer = (
                        None
                        if outcomes is None
                        else json.dumps(answers.answer_to(ctx.settings.origin, record, outcomes, now))
                    )
                    sequence = _insert(work, plant, record, body, digest, now, answer, source)
                    add_links(work, record, plant)
                    _sum_up(work, record, plant.economic_operator_id)
                    work.quarantine.settle_accepted(plant.id, record.record_id, digest, to_text(now))
                    work.commit()
                    return _Stored(sequence, answer, repeated=False)
        except Collision:
            continue  # another worker stored this record, or the first one of its battery, at this moment
        if known.body_digest != digest:
            raise id_conflict(record)
        return _Stored(known.sequence, known.answer, repeated=True)
    raise RuntimeError("a record collided at each of five tries to store it")


def _insert(
    work: UnitOfWork, plant: Plant, record: IntakeRecord, body: bytes, digest: bytes, now: datetime,
    answer: str | None = None, source: Source = REST,
) -> int:  # fmt: skip
    return work.records.add(
        economic_operator_id=plant.economic_operator_id, plant_id=plant.id, record_id=record.record_id,
        body_digest=digest, body=body, kind=record.kind, level=record.level,
        subject_key=subjects.record_key(record), gtin=record.gtin, lot=record.lot, serial=record.serial,
        sent_at=to_text(record.sent_at), received_at=to_text(now),
        answer=answer, door=source.door, origin=source.origin, mapping=source.mapping,
    )  # fmt: skip


def _sum_up(work: UnitOfWork, record: IntakeRecord, operator: str) -> None:
    """Keep the cost of a draft from growing with the records about its battery, model or batch."""
    if record.gtin is None:
        return
    key = subjects.record_key(record)
    if record.level != "item" or work.summaries.has_many_after(key, SUMMED_UP_AFTER):
        drafts.sum_up(work, key, operator)


def _apply(
    work: UnitOfWork, plant: Plant, record: IntakeRecord, now: datetime
) -> list[issuance.Outcome] | None:
    """What a record changes about its battery, in the record's own transaction.

    Returns how the battery stands then, which needs no further look: it is held until the commit. None where
    something may follow: a passport that waits for this model, is stamped, or is out already.
    """
    carbon.require_calculable(work, record)
    key = subjects.battery_of(record)
    if key is None:
        if record.gtin is None:
            return []
        drafts.hold(work, subjects.record_key(record), plant.economic_operator_id)
        return None
    at = to_text(now)
    battery: Any = work.batteries.held(key.digest())
    if battery is None and record.kind in BEGINS_NO_BATTERY and not subjects.models_known(work, [key]):
        return []
    if battery is None:
        battery = work.batteries.add(
            key=key.digest(), operator=plant.economic_operator_id, gtin=key.gtin, serial=key.serial,
            model_key=ModelKey(key.gtin).digest(), lot=record.batch_lot, plant_id=plant.id, at=at,
        )  # fmt: skip
    elif battery.serial != key.serial:
        raise serial_conflict(battery.serial, key.serial)
    elif record.batch_lot is not None:
        work.batteries.change(key.digest(), at, lot=record.batch_lot)
        battery = work.batteries.by_key(key.digest())
    stamps = record.kind in ("release", "withdrawal")
    if battery.state != "draft" and not stamps:
        return None
    draft = drafts.load_with(work, battery, record, plant.id)
    if stamps:
        # The sender's times decide, not the order of arrival.
        work.batteries.change(key.digest(), at, release=draft.release)
    if battery.state != "draft" or draft.release == "released":
        return None
    return [issuance.standing(battery, draft)]


def follow_up(ctx: Context, record: IntakeRecord) -> list[issuance.Outcome]:
    """Issue, refresh, suspend or reinstate what a stored record asks for. Doing it again changes nothing."""
    begin_drafts(ctx, record)
    with ctx.read() as store:
        touched = touched_by(store, record)
    return [issuance.settle(ctx, key) for key in touched]


def touched_by(store: Store, record: IntakeRecord) -> list[BatteryKey]:
    """Batteries that must be looked at after a record: its own, or those that wait for its model or batch."""
    key = subjects.battery_of(record)
    if key is not None:
        return [key]
    return [] if record.gtin is None else waiting.for_subject(store, record.gtin, record.lot)


def set_aside(
    ctx: Context,
    plant: Plant,
    body: bytes,
    refusal: Rejected,
    now: datetime,
    mended_from: str | None,
    source: Source,
) -> str:
    """Keep a refused record. Returns its id in quarantine."""
    digest = hashlib.sha256(body).digest()
    for _ in range(_TRIES):
        try:
            with ctx.unit_of_work() as work:
                kept = keep_refused(work, plant, body, digest, refusal, now, mended_from, source)
                work.commit()
        except Collision:
            continue  # another worker keeps the same body: now it is there to be counted up
        return kept
    raise RuntimeError("a refused record collided at each of five tries to keep it")


def keep_refused(
    work: UnitOfWork, plant: Plant, body: bytes, digest: bytes, refusal: Rejected, now: datetime,
    mended_from: str | None, source: Source, record_id: str | None = None,
) -> str:  # fmt: skip
    """Set a refused record aside in a transaction of the caller's. Returns its id. Raises: Collision.

    `record_id` is that of the record which a mapping made of `body`; without it, `body` itself says it.
    """
    problem = {"code": refusal.code, "detail": str(refusal), **refusal.members()}
    quarantine_id = work.quarantine.keep(
        operator=plant.economic_operator_id, plant_id=plant.id, body_digest=digest, body=body,
        problem=json.dumps(problem), record_id=record_id or refused.record_id_in(body), at=to_text(now),
        mended_from=mended_from, door=source.door, origin=source.origin, mapping=source.mapping,
        rule=str(problem.get("rule") or refusal.code)[:64],
    )  # fmt: skip
    if mended_from is not None:
        work.quarantine.settle(mended_from, "mended", to_text(now))
    return quarantine_id


def _text(body: bytes) -> str:
    return bytes(body).decode("utf-8", "backslashreplace")


def same_lines(body: bytes) -> bytes:
    """A text as a form shows it and sends it back: two that are the same so are the same text."""
    return _text(body).encode().replace(b"\r\n", b"\n").strip()


def _quarantine_entry(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "plant": row.plant_id,
        "recordId": row.record_id,
        "times": row.times,
        "receivedAt": row.received_at,
        "lastReceivedAt": row.last_received_at,
        "settled": row.settled,
        "settledBy": row.settled_by,
        "reason": row.reason,
        "mendedFrom": row.mended_from,
        "door": row.door,
        "origin": row.origin,
        "mapping": row.mapping,
        "problem": json.loads(row.problem),
    }
