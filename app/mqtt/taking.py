"""From messages to records: who sent, what is in it, and one call of the pipeline for all of a plant.

A line that a mapping of the plant names sends payloads of its own shape: they are read through it.

(1) What no record can come from is refused at once: a topic that is none of ours, a plant that nobody
registered, a message without a byte, and what a broker had kept (retained), which would come again at every
start. (2) The rest goes through the pipeline together. (3) Should that fail for another reason than a
database that is away, each record is tried alone, so that one of them never keeps the others out; one that
fails alone is set aside in quarantine as it is.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from app.core import record_stream
from app.core.errors import MalformedInput, NotFound, PassportError, Rejected, TooLarge
from app.core.mapping_rows import FileFacts
from app.mqtt import receipts, topics
from app.mqtt.connection import Arrival, Receipt
from app.mqtt.topics import Sender
from app.services import intake_batch, mapped_rows, mappings, plants
from app.services.context import Context
from app.services.intake import Accepted
from app.services.intake_batch import Message, Outcome
from app.services.mappings import Applied
from app.services.plants import Plant

DOOR: Final = "mqtt"
MOST_RECORDS: Final = 1_000
MOST_BYTES: Final = record_stream.MAX_LINE_BYTES
AWAY: Final = (OperationalError, InterfaceError, TimeoutError, OSError)
"""A database that does not answer, a disk that is full: to be tried again, with the same messages."""
_log = logging.getLogger("app.mqtt")


@dataclass(slots=True)
class Taken:
    """What became of one message, record by record. `is_held`: nothing could be done with it; it is not to be
    acknowledged, and comes again with the next session."""

    arrival: Arrival
    sender: Sender | None
    messages: list[Message] = field(default_factory=list)
    outcomes: list[Accepted | PassportError] = field(default_factory=list)
    is_array: bool = False
    is_held: bool = False
    unmapped: dict[str, None] = field(default_factory=dict)
    """Members that the line's mapping does not speak of, and was told to pass over."""

    def receipts(self, origin: str) -> list[Receipt]:
        """One for each record, to the topic that the sender may choose within its own."""
        if self.sender is None or self.is_held or self.arrival.is_retained:
            return []
        topic, asked = self.sender.receipts, self.arrival.answer_to
        if asked is not None and self.sender.may_be_answered_at(asked):
            topic = asked
        return [
            Receipt(
                topic,
                receipts.body(origin, message, outcome, number if self.is_array else None, self.unmapped),
                self.arrival.correlation,
            )
            for number, message, outcome in zip(self._numbers(), self.messages, self.outcomes, strict=True)
        ]

    def _numbers(self) -> list[int]:
        """The place of each record in the array; records of one row have its place."""
        found: list[int] = []
        for at, message in enumerate(self.messages):
            is_same_row = (
                message.row is not None and at > 0 and message.origin == self.messages[at - 1].origin
            )
            found.append(found[-1] if is_same_row else (found[-1] + 1 if found else 1))
        return found


def take(ctx: Context, arrivals: Sequence[Arrival]) -> list[Taken]:
    """Take the records of some messages in. Returns only after all are durable, or kept in quarantine.

    Raises: what `AWAY` names; then nothing may be acknowledged.
    """
    read = [_read(arrival) for arrival in arrivals]
    by_plant: dict[str, list[Taken]] = {}
    for taken in read:
        if taken.sender is not None and not taken.outcomes:
            by_plant.setdefault(taken.sender.plant, []).append(taken)
    for plant_id, of_plant in by_plant.items():
        try:
            plant = plants.get(ctx, plant_id)
        except NotFound as unknown:
            for taken in of_plant:
                taken.outcomes = [unknown for _ in taken.messages]
            continue
        by_line = mappings.by_line(ctx, plant)
        for taken in of_plant:
            if taken.sender is not None and taken.sender.line in by_line:
                _through(by_line[taken.sender.line], taken, ctx.now())
        _take_all(ctx, plant, of_plant)
    return read


def _through(applied: Applied, taken: Taken, now: datetime) -> None:
    """The message's records made of its own rows. The row is what is kept, whatever becomes of it."""
    if not taken.messages or taken.messages[0].refusal is not None:
        return  # kept by the broker, or too large to be read at all
    items = [message.body for message in taken.messages] if taken.is_array else None
    origin = _origin(taken.arrival)
    taken.messages = mapped_rows.of_message(
        applied, taken.arrival.payload, items, FileFacts(origin), now, taken.unmapped
    )
    taken.is_array = taken.is_array or applied.mapping.source.rows is not None


def _read(arrival: Arrival) -> Taken:
    sender = topics.of_topic(arrival.topic) if arrival.topic is not None else None
    taken = Taken(arrival, sender)
    if sender is None or arrival.is_retained:
        return taken  # (1)
    body, origin = arrival.payload, _origin(arrival)
    if not body:
        taken.messages = [Message(body, origin)]
        taken.outcomes = [MalformedInput("The message is empty.", rule="json")]
    elif len(body) > MOST_BYTES:
        refusal = TooLarge(f"A message has at most {MOST_BYTES} bytes. Only its beginning is kept.")
        taken.messages = [Message(body[: record_stream.KEPT_OF_LONG_LINE], origin, refusal)]
    else:
        items = record_stream.array_items(body) if record_stream.is_array(body) else None
        if items is not None and len(items) > MOST_RECORDS:
            refusal = TooLarge(f"The array has {len(items)} members; at most {MOST_RECORDS} are taken.")
            taken.messages = [Message(body, origin, refusal)]
        elif items:
            taken.is_array = True
            taken.messages = [Message(item, f"{origin}:{number}") for number, item in enumerate(items, 1)]
        else:
            taken.messages = [Message(body, origin)]
    return taken


def _origin(arrival: Arrival) -> str:
    correlation = receipts.correlation_text(arrival.correlation)
    return f"{arrival.topic} #{correlation}" if correlation else str(arrival.topic)


def _take_all(ctx: Context, plant: Plant, of_plant: Sequence[Taken]) -> None:
    messages = [message for taken in of_plant for message in taken.messages]
    try:
        found: list[Outcome] = intake_batch.accept_many(ctx, plant, messages, door=DOOR)  # (2)
    except AWAY:
        raise
    except Exception:
        _log.exception("%s messages of %s cannot be taken together", len(of_plant), plant.id)
        for taken in of_plant:
            _take_alone(ctx, plant, taken)
        return
    outcomes = iter(found)
    for taken in of_plant:
        taken.outcomes = [next(outcomes) for _ in taken.messages]


def _take_alone(ctx: Context, plant: Plant, taken: Taken) -> None:
    """(3)"""
    fault = Rejected("A fault of this server kept the record out. It is kept; the operator can replay it.")
    for message in taken.messages:
        for attempt in (message, replace(message, refusal=fault)):
            try:
                taken.outcomes += intake_batch.accept_many(ctx, plant, [attempt], door=DOOR)
            except AWAY:
                raise
            except Exception:
                _log.exception("a message of %s cannot be taken", taken.arrival.topic)
            else:
                break
        else:
            taken.is_held = True
            return
