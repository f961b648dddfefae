"""Many records in: the same pipeline as for one, at a transaction for each chunk.

(1) every text is read and parsed; (2) in one transaction the chunk's records, batteries, refusals and
answers are stored; (3) what follows from them is done, battery by battery; (4) the answers that waited for it
are kept.
Acknowledged means stored, as with one record: a crash after (2) leaves records without answers, whose
follow-up `finish` does at the next start. A record that is refused never touches its neighbours.

The answer to a battery's record names its draft and not what is missing there, unless something followed.
Source: T12, T39, T45; intake rules of the stack (500 to 1000 rows a transaction).
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from app.core import refused
from app.core.errors import CannotSign, Rejected
from app.core.identifiers import BatteryKey
from app.core.intake import BEGINS_NO_BATTERY, IntakeRecord
from app.core.times import parse, to_text
from app.services import answers as made
from app.services import attachments, bulk, carbon, drafts, early_events, intake, issuance, subjects
from app.services.batch_reading import Message as Message
from app.services.batch_reading import Read, read_one
from app.services.batch_rows import Chunk
from app.services.context import Context
from app.services.intake import LATE, Accepted, Quarantined, Source
from app.services.plants import Plant
from app.store.unit_of_work import Collision, UnitOfWork, is_transient

CHUNK: Final = 500
_TRIES: Final = 8
_EVER: Final = "9999"
_log = logging.getLogger("app.services.intake")
Outcome = Accepted | Quarantined
"""One for each record, in order. A refusal is a value here, not raised: its neighbours go on."""


def accept_many(
    ctx: Context,
    plant: Plant,
    messages: Sequence[Message],
    *,
    door: str = "rest",
    late: timedelta | None = LATE,
) -> list[Outcome]:
    """Take records in, chunk by chunk. Returns only after all are durable, or kept in quarantine."""
    found: list[Outcome] = []
    for chunk in chunks(messages):
        found.extend(_take(ctx, plant, chunk, door, late))
    return found


def chunks(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Messages by the chunk; those of one row of the plant's stay together."""
    chunk: list[Message] = []
    for message in messages:
        if len(chunk) >= CHUNK and (message.row is None or message.row is not chunk[-1].row):
            yield chunk
            chunk = []
        chunk.append(message)
    if chunk:
        yield chunk


class Spoiled(Exception):
    """Of records that belong together some are refused, and none is stored; `refusals` by their places."""

    def __init__(self, refusals: dict[int, Rejected]) -> None:
        super().__init__(f"{len(refusals)} records are refused")
        self.refusals = refusals


def accept_whole(ctx: Context, plant: Plant, messages: Sequence[Message], *, door: str) -> list[Accepted]:
    """Take records in, all in one transaction or none. However old they are. Raises: Spoiled."""
    if not messages:
        return []
    found = _take(ctx, plant, messages, door, None, whole=True)
    return [each for each in found if isinstance(each, Accepted)]


def finish(ctx: Context, limit: int | None = None, *, older_than: timedelta = timedelta(0)) -> int:
    """Do what a crash left undone: issuing that was begun, and what follows from records without an answer.

    Returns how many passports were issued. `limit` bounds the records looked at, so that a server can start
    and have the rest done while it serves. What cannot be signed goes on waiting.
    """
    until = to_text(ctx.now() - older_than) if older_than else _EVER
    with ctx.read() as store:
        begun = store.intentions.begun(until)
    issued: set[BatteryKey] = set()

    def settle(key: BatteryKey) -> issuance.Outcome:
        with ctx.read() as store:
            before = store.batteries.by_key(key.digest())
        found = issuance.settle(ctx, key)
        if before is not None and (before.state, found.state) == ("draft", "issued"):
            issued.add(key)
        return found

    _settled(ctx, [BatteryKey(row.gtin, row.serial) for row in begun[:limit]], settle, issued)
    through, left = 0, limit
    while left is None or left > 0:
        with ctx.read() as store:
            rows = store.records.unanswered(through, until, min(CHUNK, left or CHUNK))
        if not rows:
            break
        through = rows[-1].sequence
        left = None if left is None else left - len(rows)
        pending = [
            _Pending(row.plant_id, drafts.read(bytes(row.body)), parse(row.received_at)) for row in rows
        ]
        _follow_up(ctx, pending, settle, issued)
    return len(issued)


# --- one chunk


def _take(
    ctx: Context,
    plant: Plant,
    messages: Sequence[Message],
    door: str,
    late: timedelta | None,
    *,
    whole: bool = False,
) -> list[Outcome]:
    now = ctx.now()
    received_at = to_text(now)
    read = [read_one(message, plant, now, received_at, door) for message in messages]  # (1)
    for left in reversed(range(_TRIES)):
        try:
            with ctx.unit_of_work() as work:  # (2)
                chunk = _stored(ctx, work, plant, read, now, door, late)
                if whole and chunk.refusals:
                    raise Spoiled(chunk.refusals)
                work.commit()
            break
        except Collision:
            if not left:
                raise
        except Exception as error:
            if not (left and is_transient(error)):
                raise
    early_events.begin_missed(ctx, [each.record for each in read if each.record is not None])
    pending = [_Pending(plant.id, record, received) for record, received in chunk.unanswered]
    answers = _follow_up(ctx, pending, partial(issuance.settle, ctx), set()) if pending else {}  # (3) (4)
    return chunk.outcomes(answers)


def _models_of_events(work: UnitOfWork, records: Sequence[IntakeRecord]) -> set[bytes]:
    named = [
        key
        for record in records
        if record.kind in BEGINS_NO_BATTERY and (key := subjects.battery_of(record)) is not None
    ]
    return subjects.models_known(work, named) if named else set()


def _stored(
    ctx: Context,
    work: UnitOfWork,
    plant: Plant,
    read: Sequence[Read],
    now: datetime,
    door: str,
    late: timedelta | None,
) -> Chunk:
    records = [(each.record, each.row["subject_key"]) for each in read if each.record is not None]
    known = work.records.find_many(plant.id, [record.record_id for record, _ in records])
    keys = {key for record, key in records if record.level == "item"}
    chunk = Chunk(
        plant, now, known={row.record_id: row for row in known},
        batteries={bytes(row.key): row for row in work.batteries.held_all(keys)},
        models=_models_of_events(work, [record for record, _ in records]),
    )  # fmt: skip
    for each in read:
        message = each.message
        try:
            if each.record is None:
                raise each.refusal or RuntimeError("neither a record nor a refusal")
            carbon.require_calculable(work, each.record)
            attachments.require_kept(ctx, work, message.body)
            chunk.take(each.row, each.links, each.record, late)
        except Rejected as refusal:
            kept = _set_aside(work, plant, message, door, refusal, now)
            chunk.refuse(Quarantined(refusal, kept), message.body)
        if message.row is not None:
            chunk.rows_of_plant.append((message.row, chunk.places[-1]))
    for key in sorted(chunk.shared_subjects):
        drafts.hold(work, key, plant.economic_operator_id)
    stamped = chunk.stamped_before()
    chunk.decide_stamps(work.records.acts_of(stamped) if stamped else ())
    chunk.settle_answers(ctx.settings.origin)
    work.batteries.add_many(chunk.new_batteries)
    work.batteries.change_many(chunk.changed_batteries())
    work.records.add_many(chunk.rows)
    work.genealogy.add(chunk.links)
    work.quarantine.settle_accepted_many(
        plant.id, [(row["record_id"], row["body_digest"]) for row in chunk.rows], to_text(now),
        but=chunk.contested, rows=chunk.taken_rows(),
    )  # fmt: skip
    for key in sorted(chunk.shared_subjects):
        drafts.sum_up(work, key, plant.economic_operator_id)
    many = chunk.with_many_records(intake.SUMMED_UP_AFTER)
    for key in work.summaries.with_many_after(many, intake.SUMMED_UP_AFTER):
        drafts.sum_up(work, key, plant.economic_operator_id)
    return chunk


def _set_aside(
    work: UnitOfWork, plant: Plant, message: Message, door: str, refusal: Rejected, now: datetime
) -> str:
    """Keep what was refused: the plant's own row, where a mapping stands between it and the record."""
    source = Source(door, message.origin, message.mapping)
    kept, record_id = message.body, None
    if message.row is not None:
        kept, record_id = message.row, refused.record_id_in(message.body)
    digest = hashlib.sha256(kept).digest()
    return intake.keep_refused(
        work, plant, kept, digest, refusal, now, message.mended_from, source, record_id
    )


# --- what follows


@dataclass(frozen=True, slots=True)
class _Pending:
    plant_id: str
    record: IntakeRecord
    received_at: datetime


def _follow_up(
    ctx: Context,
    pending: Sequence[_Pending],
    settle: Callable[[BatteryKey], issuance.Outcome],
    issued: set[BatteryKey],
) -> dict[tuple[str, str], dict[str, Any]]:
    """Each battery once, however many records name it; then keep the answers of those that are done.

    Returns the answers by plant and record id. What cannot be signed now is answered too, and waits on.
    """
    answers: dict[tuple[str, str], dict[str, Any]] = {}
    done: list[tuple[str, str, str]] = []
    for each in pending:
        early_events.begin_drafts(ctx, each.record)
    with ctx.read() as store:
        touched = [intake.touched_by(store, each.record) for each in pending]
    outcomes = _settled(ctx, {key: None for keys in touched for key in keys}, settle, issued)
    for each, keys in zip(pending, touched, strict=True):
        settled = [found for key in keys if (found := outcomes[key]) is not None]
        name = (each.plant_id, each.record.record_id)
        if len(settled) == len(keys):
            answers[name] = made.answer_to(ctx.settings.origin, each.record, settled, each.received_at)
            done.append((*name, json.dumps(answers[name])))
        else:
            plain = made.plain_answer(ctx.settings.origin, each.record, each.received_at)
            answers[name] = plain | {"pending": True}
    if done:
        with ctx.unit_of_work() as work:
            work.records.keep_answers(done)
            work.commit()
    return answers


def _settled(
    ctx: Context,
    keys: Iterable[BatteryKey],
    settle: Callable[[BatteryKey], issuance.Outcome],
    issued: set[BatteryKey],
) -> dict[BatteryKey, issuance.Outcome | None]:
    """How each battery stands; None for one that cannot be signed now, or that somebody managed to damage."""
    digests = {key.digest(): key for key in keys}
    with ctx.read() as store:
        rows = store.batteries.by_keys(sorted(digests))
    by_group = bulk.issue(ctx, rows, settle)
    issued.update(digests[key] for key in by_group)
    outcomes: dict[BatteryKey, issuance.Outcome | None] = {
        digests[bytes(row.key)]: issuance.Outcome(digests[bytes(row.key)], "issued", row.passport_uuid)
        for row in rows
        if bytes(row.key) in by_group
    }
    for key in digests.values():
        if key not in outcomes:
            try:
                outcomes[key] = settle(key)
            except CannotSign:
                outcomes[key] = None
            except bulk.ODD:
                _log.exception("a battery cannot be brought to the state that its records ask for")
                outcomes[key] = None
    return outcomes
