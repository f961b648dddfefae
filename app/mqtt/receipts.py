"""Receipts: what became of each record, in one JSON document, after it is durable.

PUBACK of a broker says that the broker has a message. A receipt says that the passport system has the record,
or why it has not. A sender keeps a record until its receipt has come (T14).
"""

import hashlib
from collections.abc import Collection
from itertools import islice
from typing import Any, Final

import orjson

from app.core import refused
from app.core.errors import PassportError
from app.services.intake import Accepted, Quarantined
from app.services.intake_batch import Message

MOST_CORRELATION: Final = 64
MOST_UNMAPPED: Final = 50
"""Names that a receipt lists: each record of a message has a receipt of its own, and all tell the same."""


def body(
    origin: str, message: Message, outcome: Accepted | PassportError, number: int | None,
    unmapped: Collection[str] = (),
) -> bytes:  # fmt: skip
    """`number` is the record's place in the array that it came in; None for one that came alone. `unmapped`
    are members of the message that the line's mapping passes over: some are listed, the rest counted."""
    told: dict[str, Any] = {}
    if number is not None:
        told["record"] = number
    if isinstance(outcome, Accepted):
        told["status"] = "repeated" if outcome.repeated else "accepted"
        told["recordId"] = outcome.answer["recordId"]
        told["answer"] = outcome.answer
    else:
        code = outcome.refusal.code if isinstance(outcome, Quarantined) else outcome.code
        told["status"] = "refused"
        told["recordId"] = refused.record_id_in(message.body)
        told["problem"] = {
            "type": f"{origin}/problems/{code}",
            "title": code.replace("-", " "),
            "detail": str(outcome),
            **outcome.members(),
        }
    if message.mapping is not None:
        told["mapping"] = message.mapping
    if unmapped:
        told["unmapped"] = list(islice(unmapped, MOST_UNMAPPED))
    if len(unmapped) > MOST_UNMAPPED:
        told["unmappedMore"] = len(unmapped) - MOST_UNMAPPED
    told["sha256"] = hashlib.sha256(message.body if message.row is None else message.row).hexdigest()
    return orjson.dumps(told)


def correlation_text(correlation: bytes | None) -> str:
    """How a sender's correlation data stands in the lineage: its text, or hex where it is none."""
    if not correlation:
        return ""
    text = correlation[:MOST_CORRELATION].decode("ascii", "replace")
    if text.isprintable() and "\ufffd" not in text:
        return text
    return correlation[: MOST_CORRELATION // 2].hex()
