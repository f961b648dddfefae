"""The EPCIS door: a document in, a capture job out; acknowledged when everything is durable.

(1) The document is read, (2) each event becomes records of the intake, checked before anything is stored.
(3) With `rollback`, the whole document is one transaction: one refused event, and none is taken. With
`proceed`, each event is taken or refused alone, whole either way. (4) Refused events wait in quarantine as
they were sent, and (5) the job is written.

A crash before (5) leaves a document without an answer: sent again, its events are known by their ids.
Source: EPCIS 2.0, 12.6 (capture interface); T12, T15, T39, T50.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from app.core import epcis_document, epcis_records
from app.core.epcis_document import EventText
from app.core.errors import MalformedInput, NotFound, Rejected, TooLarge
from app.core.times import to_text
from app.services import intake, intake_batch
from app.services.context import Context
from app.services.intake import Accepted, Quarantined, Source
from app.services.intake_batch import Message, Spoiled
from app.services.plants import Plant

DOOR: Final = "epcis"
Behaviour = Literal["rollback", "proceed"]
BEHAVIOURS: Final[tuple[Behaviour, ...]] = get_args(Behaviour)
MOST_ON_A_PAGE: Final = 100
MOST_RECORDS: Final = 10_000
"""That one document may become: they are one transaction."""


@dataclass(frozen=True, slots=True)
class _Event:
    """One event with its records, or with why there are none."""

    number: int
    text: EventText
    event_id: str | None
    records: tuple[bytes, ...]
    refusal: Rejected | None = None


def capture(
    ctx: Context,
    plant: Plant,
    body: bytes,
    behaviour: Behaviour = "rollback",
    count: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Take a document in and tell what became of it. Returns only after it is durable.

    `count` is told how many events there are before any is looked at, and may refuse them.
    Raises: MalformedJson, MalformedInput, TooLarge for what is no document: then nothing is kept of it.
    """
    now, capture_id = ctx.now(), str(uuid.uuid4())
    texts = epcis_document.events(body)  # (1)
    count(len(texts))
    events = [_translated(number, text, now) for number, text in enumerate(texts, 1)]  # (2)
    made = sum(len(event.records) for event in events)
    if made > MOST_RECORDS:
        raise TooLarge(f"The events are about so many items that they become {made} records; send fewer.")
    good = [event for event in events if event.refusal is None]
    refused: dict[int, Rejected] = {
        event.number: event.refusal for event in events if event.refusal is not None
    }
    taken: list[Accepted] = []
    if behaviour == "proceed" or not refused:  # (3)
        try:
            taken = _take(ctx, plant, good, capture_id)
        except Spoiled as spoiled:
            if behaviour == "proceed":
                taken, refused = _one_by_one(ctx, plant, good, capture_id, refused)
            else:
                refused |= _by_event(good, spoiled)
    errors = [
        _set_aside(ctx, plant, event, refused[event.number], capture_id, now)  # (4)
        for event in events
        if event.number in refused
    ]
    captured = len(events) - len(refused) if behaviour == "proceed" or not refused else 0
    finished_at = ctx.now()
    answer = {
        "success": not errors,
        "captureErrorBehaviour": behaviour,
        "errors": errors,
        "events": len(events),
        "captured": captured,
        "records": len(taken),
        "repeated": sum(each.repeated for each in taken),
    }
    with ctx.unit_of_work() as work:  # (5)
        work.epcis_captures.add(
            id=capture_id, economic_operator_id=plant.economic_operator_id, plant_id=plant.id,
            created_at=to_text(now), finished_at=to_text(finished_at), answer=json.dumps(answer),
        )  # fmt: skip
        work.commit()
    return _job(capture_id, to_text(now), to_text(finished_at), answer)


def job(ctx: Context, plant: Plant, capture_id: str) -> dict[str, Any]:
    """One capture job. Raises: NotFound, also for another plant's."""
    with ctx.read() as store:
        row = store.epcis_captures.get(capture_id)
    if row is None or row.plant_id != plant.id:
        raise NotFound("There is no such capture job of this plant.")
    return _job_of(row)


def jobs(
    ctx: Context, plant: Plant, per_page: int, token: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of capture jobs, newest first, and the token of the next page. Raises: MalformedInput."""
    after: tuple[str, str] | None = None
    if token is not None:
        time, separator, own = token.partition("~")
        if not separator or not token.isprintable() or len(token) > 100:
            raise MalformedInput("This is no token of a next page.", pointer="/nextPageToken", rule="token")
        after = (time, own)
    with ctx.read() as store:
        rows = store.epcis_captures.of_plant(plant.id, per_page + 1, after)
    following = f"{rows[per_page - 1].created_at}~{rows[per_page - 1].id}" if len(rows) > per_page else None
    return [_job_of(row) for row in rows[:per_page]], following


def replay(ctx: Context, plant: Plant, quarantine_id: str, body: bytes, mended: bytes | None) -> Accepted:
    """Take one event out of quarantine, as it was or mended. Raises: Quarantined when it is refused again."""
    now = ctx.now()
    # A form sends line ends of its own: a text that differs in nothing else is the event as it was. Refused
    # again, it goes on waiting; as its own mended text it would take its own place, and be settled.
    is_mended = mended is not None and intake.same_lines(mended) != intake.same_lines(body)
    text = mended if mended is not None and is_mended else body
    with ctx.read() as store:
        row = store.quarantine.get(quarantine_id)
    origin = (row.origin if row is not None else None) or f"quarantine {quarantine_id}"
    came_by = Source(DOOR, origin)
    try:
        event = _translated(1, epcis_document.one(text), now)
        if event.refusal is not None:
            raise event.refusal
        messages = [Message(record, origin) for record in event.records]
        taken = intake_batch.accept_whole(ctx, plant, messages, door=DOOR)
    except (Rejected, Spoiled) as fault:
        refusal = next(iter(fault.refusals.values())) if isinstance(fault, Spoiled) else fault
        led_from = quarantine_id if is_mended else None
        kept = intake.set_aside(ctx, plant, text, refusal, now, led_from, came_by)
        raise Quarantined(refusal, kept) from fault
    with ctx.unit_of_work() as work:
        work.quarantine.settle(quarantine_id, "replayed", to_text(ctx.now()))
        work.commit()
    return taken[0]


def _translated(number: int, text: EventText, now: datetime) -> _Event:
    """The records of one event, each parsed as the intake will."""
    try:
        found = epcis_records.translate(text)
        for record in found.records:
            intake.parsed(record, now, keep=False)
    except Rejected as refusal:
        given = text.document.get("eventID") if isinstance(text.document, dict) else None
        return _Event(number, text, given if isinstance(given, str) else None, (), refusal)
    return _Event(number, text, found.event_id, found.records)


def _take(ctx: Context, plant: Plant, events: Sequence[_Event], origin: str) -> list[Accepted]:
    """All events in one transaction. Raises: Spoiled."""
    messages = [
        Message(record, f"capture {origin}:{event.number}") for event in events for record in event.records
    ]
    return intake_batch.accept_whole(ctx, plant, messages, door=DOOR)


def _one_by_one(
    ctx: Context, plant: Plant, events: Sequence[_Event], origin: str, refused: dict[int, Rejected]
) -> tuple[list[Accepted], dict[int, Rejected]]:
    taken: list[Accepted] = []
    for event in events:
        try:
            taken += _take(ctx, plant, [event], origin)
        except Spoiled as spoiled:
            refused = refused | {event.number: next(iter(spoiled.refusals.values()))}
    return taken, refused


def _by_event(events: Sequence[_Event], spoiled: Spoiled) -> dict[int, Rejected]:
    """Of each event with a refused record, the first refusal."""
    numbers = [event.number for event in events for _ in event.records]
    found: dict[int, Rejected] = {}
    for at, refusal in sorted(spoiled.refusals.items()):
        found.setdefault(numbers[at], refusal)
    return found


def _set_aside(
    ctx: Context, plant: Plant, event: _Event, refusal: Rejected, capture_id: str, now: datetime
) -> dict[str, Any]:
    """Keep a refused event as it was sent. Returns what the job tells of it."""
    source = Source(DOOR, f"capture {capture_id}:{event.number}")
    body = epcis_document.written(event.text.kept()).encode()
    kept = intake.set_aside(ctx, plant, body, refusal, now, None, source)
    told = {"code": refusal.code, "detail": str(refusal), **refusal.members()}
    if "pointer" in told:
        told["pointer"] = event.text.pointer + str(told["pointer"])
    named = {"eventID": event.event_id} if event.event_id else {}
    return {**told, "event": event.number, **named, "quarantine": kept}


def _job_of(row: Any) -> dict[str, Any]:
    return _job(row.id, row.created_at, row.finished_at, json.loads(row.answer))


def _job(capture_id: str, created_at: str, finished_at: str, answer: dict[str, Any]) -> dict[str, Any]:
    """As the standard's capture interface tells it, with counts of ours."""
    return {
        "captureID": capture_id,
        "createdAt": created_at,
        "finishedAt": finished_at,
        "running": False,
        **answer,
    }
