"""Messages of a batch, read: what each holds and the row that is to be stored, or why there is none.

Nothing here asks the store: while one program reads, another may write.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.errors import Rejected
from app.core.intake import IntakeRecord
from app.core.times import to_text
from app.services import drafts, genealogy_rows, intake, subjects
from app.services.plants import Plant


@dataclass(frozen=True, slots=True)
class Message:
    """One record as a door hands it over; `refusal` where the door itself could not read it.

    `mapping` is the name and version of the mapping that made it of `row`, the plant's own row: refused, the
    row is kept, and not what was made of it. Records of one row stay in one transaction. `mended_from` is the
    entry in quarantine whose text was mended into this one.
    """

    body: bytes
    origin: str | None = None
    refusal: Rejected | None = None
    mapping: str | None = None
    row: bytes | None = None
    mended_from: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A message with the record in it, its row, which gets its answer later, and the rows of what it says
    went into what; or with why there is none."""

    message: Message
    record: IntakeRecord | None
    row: dict[str, Any]
    links: Sequence[dict[str, Any]]
    refusal: Rejected | None


def read_one(message: Message, plant: Plant, now: datetime, received_at: str, door: str) -> Read:
    """A record without its values, which are checked and not kept."""
    if message.refusal is not None:
        return Read(message, None, {}, (), message.refusal)
    try:
        record = intake.not_ahead(drafts.read_head(message.body), now)
        plant.require_kind(record.kind)
    except Rejected as refusal:
        return Read(message, None, {}, (), refusal)
    row = {
        "economic_operator_id": plant.economic_operator_id, "plant_id": plant.id,
        "record_id": record.record_id, "body_digest": hashlib.sha256(message.body).digest(),
        "body": message.body, "kind": record.kind, "level": record.level,
        "subject_key": subjects.record_key(record), "gtin": record.gtin, "lot": record.lot,
        "serial": record.serial, "sent_at": to_text(record.sent_at), "received_at": received_at,
        "answer": None, "door": door, "origin": message.origin, "mapping": message.mapping,
    }  # fmt: skip
    links = genealogy_rows.rows_of(record, plant.id, plant.economic_operator_id)
    return Read(message, record, row, links, None)
