"""Daily summaries of batteries in use: signed when they fall due, also when no other record arrives.

`issuance.refresh` signs `condition`, `use` and `warranty` at most daily, as a record comes in. What came in
after that waits here. Each process keeps its own list of what waits: it is found again from the records.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.core import completeness, credential
from app.core.errors import CannotSign, IncompletePassport
from app.core.identifiers import BatteryKey
from app.core.times import parse
from app.services import drafts, issuance, signing
from app.services.context import Context

BATCH: Final = 500
"""Records looked through, and batteries looked at, in one round."""


@dataclass(slots=True)
class Waiting:
    """Batteries with values that are not signed yet, with the moment at which they may be."""

    due: dict[BatteryKey, datetime] = field(default_factory=dict)
    marks: deque[int] = field(default_factory=lambda: deque([0, 0, 0], maxlen=3))
    """Numbers of records that earlier rounds came to. A round begins two before: in PostgreSQL a record with
    a lower number may become visible after one with a higher."""


def sign_due(ctx: Context, waiting: Waiting) -> int:
    """One round: look through new records, sign what is due. Returns how many batteries were looked at."""
    with ctx.read() as store:
        found = store.batteries.with_unsigned_values(waiting.marks[0], issuance.DYNAMIC_SECTIONS, limit=BATCH)
        waiting.marks.append(
            found[-1].sequence if len(found) == BATCH else max(store.records.newest(), waiting.marks[-1])
        )
    now = ctx.now()
    new = {BatteryKey(row.gtin, row.serial) for row in found} - waiting.due.keys()
    over = [key for key, due in waiting.due.items() if due <= now]
    looked_at = [*new, *over[:BATCH]]
    for key in looked_at:
        due = next_due(ctx, key)
        if due is not None and due <= now:
            try:
                issuance.refresh(ctx, key)
            except CannotSign:
                waiting.due[key] = due
                break  # no key is in use: all wait
            due = next_due(ctx, key)
        if due is None:
            waiting.due.pop(key, None)
        else:
            waiting.due[key] = due
    return len(looked_at)


def next_due(ctx: Context, key: BatteryKey) -> datetime | None:
    """When the oldest section with unsigned values may be signed; None when all is signed."""
    with ctx.read() as store:
        battery = store.batteries.by_key(key.digest())
        if battery is None or battery.state != "issued":
            return None
        draft, _ = drafts.load(store, battery)
        try:
            passport = completeness.require(draft)
        except IncompletePassport:
            return None
        newest = {
            row.section: row for row in store.documents.heads_of([battery.key], issuance.DYNAMIC_SECTIONS)
        }
    signed_at = [
        parse(newest[section].created_at)
        for section in issuance.DYNAMIC_SECTIONS
        if section in newest
        and credential.holds_values(passport, section)
        and newest[section].content_digest != signing.content_digest(passport, section)
    ]
    return min(signed_at) + issuance.SUMMARY_INTERVAL if signed_at else None
