"""Links of records as rows of the store: with the record itself, and afterwards for older records."""

from typing import Any, Final

from app.core import genealogy
from app.core.intake import IntakeRecord
from app.core.times import to_text
from app.services import drafts
from app.services.context import Context
from app.services.plants import Plant
from app.store.unit_of_work import UnitOfWork

CHUNK: Final = 500
"""Older records that get their links in one transaction."""


def rows_of(record: IntakeRecord, plant_id: str, operator: str) -> list[dict[str, Any]]:
    """What is stored of a record's links, in its own transaction."""
    links = genealogy.links_of(record)
    if not links:
        return []
    source, sent_at = genealogy.source_of(record, plant_id), to_text(record.sent_at)
    return [
        {
            "economic_operator_id": operator, "plant_id": plant_id, "record_id": record.record_id,
            "source_key": source, "head": 1 if first else 0, "sent_at": sent_at, "act": link.act,
            "parent_kind": link.parent.kind, "parent_key": link.parent.key(), "parent": link.parent.name,
            "child_kind": link.child.kind, "child_key": link.child.key(), "child": link.child.name,
            "quantity": link.quantity, "unit": link.unit, "at": link.at,
        }
        for first, link in zip((True, *(False,) * (len(links) - 1)), links, strict=True)
    ]  # fmt: skip


def add_links(work: UnitOfWork, record: IntakeRecord, plant: Plant) -> None:
    """Store a new record's links in a transaction of the caller's."""
    work.genealogy.add(rows_of(record, plant.id, plant.economic_operator_id))


def fill(ctx: Context, chunks: int | None = None) -> int:
    """Make the links of records that were stored before there were any. Returns of how many records.

    Each chunk is a transaction that also notes how far it came: stopped in the middle, it goes on from there.
    `chunks` bounds how many are done at once.
    """
    done = 0
    while chunks is None or chunks > 0:
        with ctx.read() as store:
            if store.genealogy.is_complete():
                break
        with ctx.unit_of_work() as work:
            through, records = work.genealogy.unlinked(genealogy.LINKED, limit=CHUNK)
            if through:
                work.genealogy.add(
                    [
                        row
                        for each in records
                        for row in rows_of(
                            drafts.read(bytes(each.body)), each.plant_id, each.economic_operator_id
                        )
                    ]
                )
                work.genealogy.linked_through(through)
                work.commit()
        done += len(records)
        chunks = None if chunks is None else chunks - 1
    return done
