"""Documents of others as records: looked at, or taken in through the pipeline that all records go through.

A document becomes at most three records with ids of its digest, each naming it, and is kept itself (`files`).
A record that is known by its id already is not sent again, as its time may be that of the first import. What
the pipeline refuses waits in quarantine.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from app.core import file_links
from app.core.errors import MalformedInput
from app.core.imports import records
from app.core.imports.outcomes import Imported, Record
from app.core.imports.records import Told
from app.core.imports.tables import VERSION
from app.core.times import to_seconds
from app.services import attachments, intake_batch
from app.services.context import Context
from app.services.intake import Accepted, Quarantined
from app.services.intake_batch import Message
from app.services.plants import Plant

UNTOLD: Final = Told()
_NAME_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Sent:
    """One record of the document, and what became of it. Before it is taken in, it is `planned`."""

    record_id: str
    kind: str
    state: str
    values: int
    answer: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "recordId": self.record_id, "kind": self.kind, "state": self.state, "values": self.values
        }  # fmt: skip
        return told | {
            name: value for name, value in (("answer", self.answer), ("problem", self.problem)) if value
        }


@dataclass(frozen=True, slots=True)
class Result:
    """What a document says, value by value, and what became of its records."""

    file: str
    imported: Imported
    sent: tuple[Sent, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            **self.imported.as_dict(),
            "records": [sent.as_dict() for sent in self.sent],
        }

    @property
    def complete(self) -> bool:
        """Whether every value that has a place was taken, and every record."""
        counts = self.imported.counts()
        refused = any(sent.state == "quarantined" for sent in self.sent)
        return not (counts["refused"] or counts["unknown"] or refused)


def look(ctx: Context, name: str, data: bytes, told: Told = UNTOLD) -> Result:
    """What would become of a document; nothing is stored. Raises: MalformedInput, TooLarge."""
    made = records.imported(data, told, to_seconds(ctx.now()))
    return Result(_short(name), made, tuple(_planned(record) for record in made.records))


def take(
    ctx: Context, plant: Plant, name: str, data: bytes, told: Told = UNTOLD, *, door: str = "file"
) -> Result:
    """Take a document in. Returns after it is kept, and its records are durable, or in quarantine.

    Raises: MalformedInput, TooLarge where the document as a whole cannot be read, or nothing of it be taken.
    """
    looked = look(ctx, name, data, told)
    made = looked.imported
    if not made.records:
        raise MalformedInput(
            "Nothing of the document can be taken: see what was refused and why.", rule="import-empty"
        )
    attachments.keep_document(ctx, plant, data, name)
    known = _known(ctx, plant, made.records)
    fresh = [record for record in made.records if record.document["recordId"] not in known]
    messages = [
        Message(
            _body(record),
            f"{looked.file}#{made.digest}/{record.part}",
            mapping=f"{made.format}:{VERSION}",
        )
        for record in fresh
    ]
    outcomes = intake_batch.accept_many(ctx, plant, messages, door=door, late=None)
    by_id = {record.document["recordId"]: outcome for record, outcome in zip(fresh, outcomes, strict=True)}
    return replace(
        looked, sent=tuple(_sent(record, by_id.get(record.document["recordId"])) for record in made.records)
    )


def is_part(origin: str | None) -> bool:
    """Whether a record came out of a document of others: then it is a record, and no row for a mapping of the
    plant's, whatever its own `mapping` is called. (The origin of a row ends with `:` and its number.)"""
    return file_links.document_of(origin) is not None


def _known(ctx: Context, plant: Plant, made: Sequence[Record]) -> set[str]:
    with ctx.read() as store:
        return {
            row.record_id
            for row in store.records.find_many(plant.id, [record.document["recordId"] for record in made])
        }


def _body(record: Record) -> bytes:
    return json.dumps(record.document, ensure_ascii=False, separators=(",", ":")).encode()


def _planned(record: Record) -> Sent:
    document = record.document
    return Sent(document["recordId"], document["kind"], "planned", len(document["values"]))


def _sent(record: Record, outcome: Accepted | Quarantined | None) -> Sent:
    planned = _planned(record)
    if outcome is None:
        return replace(planned, state="repeated")
    if isinstance(outcome, Quarantined):
        problem = {"code": outcome.refusal.code, "detail": str(outcome.refusal), **outcome.members()}
        return replace(planned, state="quarantined", problem=problem)
    return replace(planned, state="repeated" if outcome.repeated else "accepted", answer=outcome.answer)


def _short(name: str) -> str:
    """A file's name as it can be stored and shown."""
    return "".join(mark if mark.isprintable() else "\ufffd" for mark in name)[-_NAME_LENGTH:] or "document"
