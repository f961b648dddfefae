"""What is known of a battery: every record about it, brought together with where each value came from."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from app.core import completeness, json_strict
from app.core.errors import NotFound
from app.core.identifiers import BatteryKey
from app.core.intake import IntakeRecord, parse
from app.core.passport import Draft, assemble
from app.core.times import to_seconds
from app.services import subjects
from app.services.context import Context
from app.store.unit_of_work import Store

KEPT_RECORDS: Final = 256
KEPT_BYTES: Final = 65_536
"""Parsed records that are kept, and how long one may be: those of a model come with each of its batteries."""


def read(body: bytes) -> IntakeRecord:
    """One record as it was sent, parsed. Raises: MalformedInput, TooLarge."""
    return _kept(body) if len(body) <= KEPT_BYTES else _parse(body)


def load(store: Store, battery: Any) -> tuple[Draft, int]:
    """The draft of one battery, and the sequence number of its newest record."""
    rows = store.records.of_subjects(_keys(battery))
    return assemble([read(bytes(row.body)) for row in rows]), max((row.sequence for row in rows), default=0)


def load_all(store: Store, batteries: Sequence[Any]) -> dict[bytes, tuple[Sequence[tuple[int, bytes]], int]]:
    """As `load` for many, yet to be assembled: (sequence number, bytes) of each record in order, and the
    newest number."""
    keys = {key for battery in batteries for key in _keys(battery)}
    found = store.records.of_many(sorted(keys))
    loaded: dict[bytes, tuple[Sequence[tuple[int, bytes]], int]] = {}
    for battery in batteries:
        rows = sorted(row for key in _keys(battery) for row in found.get(key, ()))
        loaded[bytes(battery.key)] = rows, max((sequence for sequence, _ in rows), default=0)
    return loaded


def of_records(rows: Sequence[tuple[int, bytes]]) -> Draft:
    """The draft of one battery from its records. Raises: ValueError where they do not belong together."""
    return assemble([read(body) for _, body in rows])


def newest_records(store: Store, batteries: Sequence[Any]) -> dict[bytes, int]:
    """As `newest_record`, for many."""
    keys = {key for battery in batteries for key in _keys(battery)}
    found = store.records.newest_of_each(sorted(keys))
    return {
        bytes(battery.key): max((found.get(key, 0) for key in _keys(battery)), default=0)
        for battery in batteries
    }


def load_with(store: Store, battery: Any, record: IntakeRecord) -> Draft:
    """The draft as it stands once `record`, which is not stored yet, is among the records of the battery."""
    return assemble([*(read(bytes(row.body)) for row in store.records.of_subjects(_keys(battery))), record])


def newest_record(store: Store, battery: Any) -> int:
    """The sequence number of its newest record: whether a draft that was loaded before still holds."""
    return store.records.newest_of(_keys(battery))


def _keys(battery: Any) -> Sequence[bytes]:
    keys = [bytes(battery.model_key), bytes(battery.key)]
    if battery.lot:
        keys.append(subjects.batch_key(battery.gtin, battery.lot))
    return keys


def _parse(body: bytes) -> IntakeRecord:
    return parse(json_strict.loads(body, decimals=True))


_kept = lru_cache(maxsize=KEPT_RECORDS)(_parse)


def show(ctx: Context, key: BatteryKey, operator: str) -> dict[str, Any]:
    """What is complete, what is missing and which article asks for it; each value with its record.

    Raises: NotFound, also for another operator's battery.
    """
    with ctx.read() as store:
        battery = store.batteries.by_key(key.digest())
        if battery is None or (battery.serial, battery.economic_operator_id) != (key.serial, operator):
            raise NotFound("No record about this battery has come in yet.")
        draft, _ = load(store, battery)
    missing = completeness.blocking(draft)
    return {
        "gtin": battery.gtin,
        "serial": battery.serial,
        "lot": battery.lot,
        "category": draft.category,
        "state": battery.state,
        "release": battery.release,
        "complete": not missing,
        "missing": [finding.as_dict() for finding in missing],
        "findings": [finding.as_dict() for finding in completeness.findings(draft)],
        "values": [
            {
                "attribute": attribute_id,
                "value": sourced.value,
                "record": sourced.record_id,
                "level": sourced.level,
                "sentAt": to_seconds(sourced.sent_at),
            }
            for attribute_id, sourced in draft.values.items()
        ],
        "overruled": [
            {
                "attribute": attribute_id,
                "value": sourced.value,
                "record": sourced.record_id,
                "level": sourced.level,
                "sentAt": to_seconds(sourced.sent_at),
            }
            for attribute_id, losers in draft.losers.items()
            for sourced in losers
        ],
        "passport": f"{ctx.settings.origin}/passports/{battery.passport_uuid}",
    }


def board(ctx: Context, *, limit: int = 500) -> list[dict[str, Any]]:
    """Every battery of the line with its state, oldest first."""
    with ctx.read() as store:
        return [
            {
                "gtin": row.gtin,
                "serial": row.serial,
                "state": row.state,
                "release": row.release,
                "createdAt": row.created_at,
                "issuedAt": row.issued_at,
                "passport": row.passport_uuid,
            }
            for row in store.batteries.all(limit=limit)
        ]
