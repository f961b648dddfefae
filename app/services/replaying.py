"""Refused records tried again: one alone or all that a filter means, by the way they had come.

A row of the plant's own goes through its mapping once more, in the newest version: that is how a mapping that
was corrected mends what waits. A dry run only judges. Nothing leaves quarantine but what is accepted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from app.core import csv_records, json_pointer, record_stream, refused
from app.core.errors import MalformedInput, NotFound, Rejected
from app.core.mapping_rows import FileFacts
from app.core.quarantine_filter import QuarantineFilter
from app.core.times import parse, to_text
from app.services import epcis, imports, intake, intake_batch, mapped_rows, mappings
from app.services.context import Context
from app.services.intake import Accepted, Quarantined, Source
from app.services.intake_batch import Message, Spoiled
from app.services.mappings import Applied
from app.services.plants import Plant

MOST: Final = 1_000
"""Entries that one call tries; how many are left is told."""
SHOWN: Final = 100
_OF_FILES: Final = ("file", "command", "page", "upload")
_ONE_ROW: Final = re.compile(r":[0-9]+$")
"""How the origin of a row ends that was cut out of a message."""


@dataclass(slots=True)
class Replayed:
    """What became of all that a filter meant. `left` were not tried: there are more than one call takes."""

    found: int = 0
    accepted: int = 0
    refused: int = 0
    left: int = 0
    is_dry_run: bool = False
    reasons: dict[str, int] = field(default_factory=dict)
    """Why entries are refused again, with how many there are."""
    entries: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "found": self.found,
            "accepted": self.accepted,
            "refused": self.refused,
            "left": self.left,
            "dryRun": self.is_dry_run,
            "reasons": [{"detail": why, "count": count} for why, count in self.reasons.items()],
            "records": self.entries,
        }

    def note(self, quarantine_id: str, refusal: Rejected | None) -> None:
        """Count one entry."""
        entry = {"quarantine": quarantine_id, "outcome": "accepted" if refusal is None else "refused"}
        if refusal is None:
            self.accepted += 1
        else:
            self.refused += 1
            why = str(refusal)
            self.reasons[why] = self.reasons.get(why, 0) + 1
            entry["detail"] = why
        if len(self.entries) < SHOWN:
            self.entries.append(entry)


def replay(
    ctx: Context, plant: Plant, quarantine_id: str, mended: bytes | None = None, mapping: str | None = None
) -> Accepted:
    """Try what waits in quarantine again, as it was or mended: an event of EPCIS is read as one, a row of the
    plant's own through `mapping`, or else through the newest version of the one that it had come by. A
    message that waits as a whole is cut into its rows: all of them are accepted, or it waits on.

    Raises: NotFound; Quarantined when it is refused again.
    """
    row = _open(ctx, plant, quarantine_id)
    if row.door == epcis.DOOR:
        return epcis.replay(ctx, plant, quarantine_id, bytes(row.body), mended)
    if not _is_row(row, mapping):
        return intake.replay(ctx, plant, quarantine_id, mended)
    messages = _messages(ctx, plant, row, mended, mapping)
    outcomes: Sequence[intake_batch.Outcome]
    if any(message.origin != row.origin for message in messages):
        outcomes = _whole(ctx, plant, row, messages, mended)
    else:
        outcomes = intake_batch.accept_many(ctx, plant, messages, door=row.door or "rest", late=None)
    for outcome in outcomes:
        if isinstance(outcome, Quarantined):
            raise outcome
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    with ctx.unit_of_work() as work:
        work.quarantine.settle(quarantine_id, "replayed", to_text(ctx.now()))
        work.commit()
    return Accepted(accepted[-1].answer, all(each.repeated for each in accepted))


def replay_many(
    ctx: Context, of: Sequence[Plant], only: QuarantineFilter, *, mapping: str | None = None,
    dry_run: bool = False,
) -> Replayed:  # fmt: skip
    """Try all that waits in these plants and is meant; with `dry_run` it is judged and stays as it is.

    Raises: NotFound for a mapping that is not there.
    """
    told = Replayed(is_dry_run=dry_run)
    for plant in of:
        if mapping is not None:
            mappings.get(ctx, plant, mapping)
        with ctx.read() as store:
            count = store.quarantine.count_open(plant.id, only)
            tried = MOST - told.accepted - told.refused
            ids = [row.id for row in store.quarantine.open(plant.id, limit=tried, offset=0, only=only)]
        told.found += count
        told.left += count - len(ids)
        _try_all(ctx, plant, ids, mapping, told)
    return told


def _try_all(ctx: Context, plant: Plant, ids: Sequence[str], mapping: str | None, told: Replayed) -> None:
    for quarantine_id in ids:
        try:
            if told.is_dry_run:
                _judge(ctx, plant, quarantine_id, mapping)
            else:
                replay(ctx, plant, quarantine_id, mapping=mapping)
        except Quarantined as again:
            told.note(quarantine_id, again.refusal)
        except NotFound:
            told.found -= 1  # somebody else was faster
        except Rejected as refusal:
            told.note(quarantine_id, refusal)
        else:
            told.note(quarantine_id, None)


def entry(ctx: Context, quarantine_id: str, plant: Plant | None = None) -> dict[str, Any]:
    """One refused record with its text, and for a row of a file the `column` to blame. Raises: NotFound."""
    found = intake.quarantine_entry(ctx, quarantine_id, plant)
    pointer = str(found["problem"].get("pointer", ""))
    if found["mapping"] is not None:
        owner = plant or intake.plant_of(ctx, quarantine_id)
        try:
            found["column"] = mappings.column_of(ctx, owner, found["mapping"], pointer)
        except NotFound:
            found["column"] = None  # a mapping that was tried from a file, and never saved
    elif (texts := _texts(found["door"], found["body"].encode())) is not None:
        found["column"] = refused.column_at(texts, pointer)
    return found


def original(ctx: Context, quarantine_id: str) -> bytes:
    """A refused record, byte for byte as it came, be it settled since. Raises: NotFound."""
    with ctx.read() as store:
        row = store.quarantine.get(quarantine_id)
    if row is None:
        raise NotFound("There is no such record in quarantine.")
    return bytes(row.body)


def place(found: Mapping[str, Any]) -> str:
    """Where in the text of an `entry` its fault stands (RFC 6901): for a row, the cell of its column."""
    column = (found.get("column") or "").partition(", ")[0]
    if column:
        return json_pointer.pointer_to([column])
    return str(found["problem"].get("pointer", ""))


# --- one entry


def _open(ctx: Context, plant: Plant, quarantine_id: str) -> Any:
    with ctx.read() as store:
        row = store.quarantine.get(quarantine_id)
    if row is None or row.plant_id != plant.id or row.settled is not None:
        raise NotFound("There is no such record in this plant's quarantine.")
    return row


def _judge(ctx: Context, plant: Plant, quarantine_id: str, mapping: str | None) -> None:
    """Raises: Rejected where the entry would be refused by itself."""
    row = _open(ctx, plant, quarantine_id)
    if row.door == epcis.DOOR:
        raise MalformedInput("An event of EPCIS is tried by replaying it: a dry run does not judge it.")
    messages = (
        _messages(ctx, plant, row, None, mapping) if _is_row(row, mapping) else [Message(bytes(row.body))]
    )
    for message in messages:
        if message.refusal is not None:
            raise message.refusal
        record = intake.parsed(message.body, ctx.now(), keep=False)
        plant.require_kind(record.kind)


def _is_row(row: Any, mapping: str | None) -> bool:
    """Whether an entry holds a row of the plant's own, and no record: what a mapping refused, or a row of a
    file in our columns, which is an object of texts alone; no record is. What an import made is a record."""
    if row.mapping is not None and imports.is_part(row.origin):
        return False
    return row.mapping is not None or mapping is not None or _texts(row.door, bytes(row.body)) is not None


def _texts(door: str | None, body: bytes) -> Mapping[str, str] | None:
    if door not in _OF_FILES:
        return None
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or not found or not all(isinstance(each, str) for each in found.values()):
        return None
    return found


def _messages(
    ctx: Context, plant: Plant, row: Any, mended: bytes | None, mapping: str | None
) -> list[Message]:
    kept = bytes(row.body)
    is_mended = mended is not None and intake.same_lines(mended) != intake.same_lines(kept)
    text = mended if mended is not None and is_mended else kept
    led_from = row.id if is_mended else None
    name = mapping or (row.mapping.partition(":")[0] if row.mapping else None)
    if name is None:
        made = [_of_our_columns(row, text)]
    else:
        applied, origin, received = mappings.get(ctx, plant, name), row.origin or "", parse(row.received_at)
        if row.door == "mqtt" and _is_whole(applied, origin, text):
            items = record_stream.array_items(text) if record_stream.is_array(text) else None
            made = mapped_rows.of_message(applied, text, items, FileFacts(origin, received), ctx.now(), {})
        else:
            facts = FileFacts(origin.rpartition(":")[0], received)
            made = mappings.of_object(applied, text, origin, facts, ctx.now(), {})
    return [replace(each, origin=each.origin or row.origin, mended_from=led_from) for each in made]


def _is_whole(applied: Applied, origin: str, text: bytes) -> bool:
    """Whether an entry is a message as it was published, and no row cut out of one. A sender's correlation
    may end like the number of a row: then the text tells, for no row is an array or holds such a list."""
    is_cut = _ONE_ROW.search(origin) is not None
    return not is_cut or record_stream.is_array(text) or mapped_rows.has_rows(applied, text)


def _whole(
    ctx: Context, plant: Plant, row: Any, messages: Sequence[Message], mended: bytes | None
) -> list[Accepted]:
    """All records of a message in one transaction. Raises: Quarantined; the message then waits as a whole."""
    try:
        return intake_batch.accept_whole(ctx, plant, messages, door=row.door)
    except Spoiled as spoiled:
        place, first = min(spoiled.refusals.items())
        names = {messages[each].origin for each in spoiled.refusals}
        number = (messages[place].origin or "").rpartition(":")[2]
        more = {1: "", 2: " 1 more row is refused."}.get(
            len(names), f" {len(names) - 1} more rows are refused."
        )
        rule = str(first.members().get("rule") or first.code)
        refusal = MalformedInput(f"Row {number} of the message: {first}{more}", rule=rule)
        led_from = messages[place].mended_from
        text = mended if mended is not None and led_from is not None else bytes(row.body)
        source = Source(row.door, row.origin, messages[place].mapping)
        kept = intake.set_aside(ctx, plant, text, refusal, ctx.now(), led_from, source)
        raise Quarantined(refusal, kept) from first


def _of_our_columns(row: Any, text: bytes) -> Message:
    texts = _texts(row.door, text)
    if texts is None:
        return Message(text)  # mended into a record
    try:
        return Message(csv_records.Reader().record(texts), None, None, None, text)
    except Rejected as refusal:
        return Message(text, None, refusal, None, text)
