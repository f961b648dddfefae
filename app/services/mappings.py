"""Mappings of a plant: saved by version, read back as they were, and put to work on the plant's own rows.

A version is kept once and never changed, so that every record can be led back to the mapping that made it.
Saving what is saved already makes no new version.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import orjson

from app.core import json_strict, mapping, mapping_flat, mapping_rows, mapping_text
from app.core.errors import MalformedInput, NotFound, Rejected
from app.core.intake import KINDS
from app.core.mapping import Mapping
from app.core.mapping_flat import Row
from app.core.mapping_rows import FileFacts
from app.core.times import to_text
from app.services import intake
from app.services.context import Context
from app.services.intake_batch import Message
from app.services.plants import Plant
from app.store.unit_of_work import Collision

_REFERENCE: Final = re.compile(r"([a-z0-9][a-z0-9-]{0,63})(?::([1-9][0-9]{0,5}))?")
_TRIES: Final = 5
_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Applied:
    """A mapping that is put to work. `reference` is name and version, as records keep it."""

    mapping: Mapping
    reference: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A version that is kept; `is_new` unless the very same one was there."""

    name: str
    version: int
    is_new: bool

    @property
    def reference(self) -> str:
        return f"{self.name}:{self.version}"


def save(ctx: Context, plant: Plant, text: bytes, made_by: str) -> Saved:
    """Keep a mapping as the newest version of its name.

    Raises: MalformedInput for one that cannot work; KindNotAllowed for one that makes, or takes the place of
    one that makes, records that the sender's token does not take: others of the plant send through it.
    """
    found = read(text)
    require_whole(found)
    _require_kinds(plant, found)
    body = mapping_text.stored(found)
    digest = hashlib.sha256(body).digest()
    for _ in range(_TRIES):
        try:
            with ctx.unit_of_work() as work:
                work.mappings.hold(plant.id)
                known = work.mappings.get(plant.id, found.name)
                if known is not None and bytes(known.digest) == digest:
                    return Saved(found.name, known.version, is_new=False)
                if known is not None:
                    _require_kinds(plant, _parsed(bytes(known.body)))
                _require_free_lines(found, work.mappings.newest_of_each(plant.id))
                version = 1 if known is None else known.version + 1
                work.mappings.add(
                    plant_id=plant.id, name=found.name, version=version, body=body, digest=digest,
                    operator=plant.economic_operator_id, made_by=made_by[:80], at=to_text(ctx.now()),
                )  # fmt: skip
                work.commit()
        except Collision:
            continue  # somebody saves the same name at this moment
        return Saved(found.name, version, is_new=True)
    raise RuntimeError("a mapping collided at each of five tries to save it")


def _require_kinds(plant: Plant, found: Mapping) -> None:
    """A mapping that lines send through decides on all that they send: who saves it may send every kind."""
    for kind in KINDS if found.source.mqtt else _kinds(found):
        plant.require_kind(kind)


def _require_free_lines(found: Mapping, newest: Iterable[Any]) -> None:
    """Raises: MalformedInput where another mapping has a line already."""
    for row in newest:
        taken = set(found.source.mqtt) & set(_parsed(bytes(row.body)).source.mqtt)
        if row.name != found.name and taken:
            raise MalformedInput(
                f"The line {min(taken)} sends through the mapping {row.name}: take it out there first.",
                pointer="/source/mqtt", rule="line", clause="docs/mqtt.md",
            )  # fmt: skip


def read(text: bytes) -> Mapping:
    """A mapping from its text. Raises: MalformedInput; TooLarge."""
    return mapping_text.loads(text)


def require_whole(found: Mapping) -> None:
    """Raises: MalformedInput for a mapping whose records would all be refused."""
    missing = mapping.gaps(found)
    if missing:
        raise MalformedInput(
            f"No record of this mapping could be accepted. {' '.join(missing)}",
            pointer="/records", rule="gaps", clause="docs/mapping.md",
        )  # fmt: skip


def get(ctx: Context, plant: Plant, reference: str) -> Applied:
    """A saved mapping by `name` (the newest) or `name:version`. Raises: NotFound."""
    asked = _REFERENCE.fullmatch(reference)
    row = None
    if asked is not None:
        with ctx.read() as store:
            row = store.mappings.get(plant.id, asked[1], int(asked[2]) if asked[2] else None)
    if row is None:
        raise NotFound(f"The plant {plant.id} has no mapping {reference[:80]}. See: passport mapping list")
    return Applied(_parsed(bytes(row.body)), f"{row.name}:{row.version}")


def by_line(ctx: Context, plant: Plant) -> dict[str, Applied]:
    """The mapping that each line of the plant sends through: the newest versions say which are theirs."""
    with ctx.read() as store:
        rows = store.mappings.newest_of_each(plant.id)
    return {
        line: Applied(found, f"{row.name}:{row.version}")
        for row in rows
        for found in [_parsed(bytes(row.body))]
        for line in found.source.mqtt
    }


def column_of(ctx: Context, plant: Plant, reference: str, pointer: str) -> str | None:
    """The plant's own column behind a place in a record. Raises: NotFound."""
    return mapping_rows.column_at(get(ctx, plant, reference).mapping, pointer)


@lru_cache(_KEPT)
def _parsed(body: bytes) -> Mapping:
    return mapping_text.loads(body)


def listed(ctx: Context, plant: Plant | None = None) -> list[dict[str, Any]]:
    """Every mapping with its newest version; of one plant, or of all."""
    with ctx.read() as store:
        rows = store.mappings.newest_of_each(plant.id if plant else None)
    return [
        {**_entry(row), "about": found.about, "kinds": _kinds(found), "lines": list(found.source.mqtt)}
        for row in rows
        for found in [_parsed(bytes(row.body))]
    ]


def versions(ctx: Context, plant: Plant, name: str) -> list[dict[str, Any]]:
    """Every version of one mapping, newest first. Raises: NotFound."""
    with ctx.read() as store:
        rows = store.mappings.versions(plant.id, name)
    if not rows:
        raise NotFound(f"The plant {plant.id} has no mapping {name[:80]}.")
    return [_entry(row) for row in rows]


def _entry(row: Any) -> dict[str, Any]:
    return {
        "plant": row.plant_id,
        "name": row.name,
        "version": row.version,
        "sha256": bytes(row.digest).hex(),
        "madeBy": row.made_by,
        "createdAt": row.created_at,
    }


def _kinds(found: Mapping) -> list[str]:
    return list(dict.fromkeys(kind for record in found.records for kind in record.kinds))


# --- at work


def of_table_row(applied: Applied, row: Row, origin: str, facts: FileFacts, now: datetime) -> list[Message]:
    """The records of one row of a table whose header was judged. The row is kept as an object."""
    return _messages(applied, dumped(row), row, origin, facts, now)


def of_object(
    applied: Applied, text: bytes, origin: str, facts: FileFacts, now: datetime, told: dict[str, None]
) -> list[Message]:
    """The records of one JSON object of the plant's own shape, which is kept as it was sent.

    Columns that the mapping does not speak of are entered in `told`, where it only tells them.
    """
    try:
        row = mapping_flat.flat(json_strict.loads(text, decimals=True))
        told.update(dict.fromkeys(mapping_rows.unmapped(applied.mapping, row)))
    except Rejected as refusal:
        return [Message(text, origin, refusal, applied.reference, text)]
    return _messages(applied, text, row, origin, facts, now)


def dumped(row: Any) -> bytes:
    """A row as JSON, its numbers with the digits that they came with."""
    return orjson.dumps(row, default=_number)


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError


def _messages(
    applied: Applied, kept: bytes, row: Row, origin: str, facts: FileFacts, now: datetime
) -> list[Message]:
    """A row is taken whole or not at all: one record that is wrong by itself refuses those beside it."""
    try:
        documents = mapping_rows.records(applied.mapping, row, facts)
    except Rejected as refusal:
        return [Message(kept, origin, refusal, applied.reference, kept)]
    bodies = [orjson.dumps(document) for document in documents]
    if len(bodies) > 1:
        for body in bodies:
            try:
                intake.parsed(body, now, keep=False)
            except Rejected as refusal:
                return [Message(body, origin, refusal, applied.reference, kept)]
    return [Message(body, origin, None, applied.reference, kept) for body in bodies]
