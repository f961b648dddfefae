"""What is known of a battery: every record about it, brought together with where each value came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from app.core import compiled_records, completeness, file_links, json_strict, supply
from app.core.doubts import doubts
from app.core.errors import NotFound
from app.core.identifiers import BatteryKey, ModelKey
from app.core.intake import LEFT_OUT, IntakeRecord, parse
from app.core.passport import Draft, Sourced, assemble, filled
from app.core.summary import Summary, beginning, fold, from_bytes, to_bytes
from app.core.summary import draft as made_of
from app.core.times import to_seconds
from app.services import carbon, subjects
from app.services.context import Context
from app.store.unit_of_work import Store, UnitOfWork

KEPT_RECORDS: Final = 256
KEPT_BYTES: Final = 65_536
"""Parsed records that are kept, and how long one may be: those of a model come with each of its batteries."""


Kept = tuple[int, bytes, str]
"""A stored record: sequence number, bytes, plant."""


def read(body: bytes, *, keep: bool = True) -> IntakeRecord:
    """One record as it was sent, parsed; kept, unless it is one of many that nobody asks for again.

    Raises: MalformedInput, TooLarge.
    """
    return _kept(body) if keep and len(body) <= KEPT_BYTES else _parse(body)


def read_head(body: bytes) -> IntakeRecord:
    """The same for one of many: its values are checked, and left out. Raises: MalformedInput, TooLarge."""
    return _parse(body, keep_values=False)


def load(store: Store, battery: Any) -> tuple[Draft, int]:
    """The draft of one battery without losers, and the sequence number of its newest record."""
    keys = keys_of(battery)
    summaries = _summaries(store, keys)
    return _draft(store, battery, summaries), max(each.through for each in summaries.values())


def load_all(store: Store, batteries: Sequence[Any]) -> dict[bytes, tuple[Sequence[Kept], int]]:
    """As `load` for many, yet to be assembled: each record in order, and the newest number."""
    keys = {key for battery in batteries for key in keys_of(battery)}
    found = store.records.of_many(sorted(keys))
    loaded: dict[bytes, tuple[Sequence[Kept], int]] = {}
    for battery in batteries:
        rows = sorted(row for key in keys_of(battery) for row in found.get(key, ()))
        loaded[bytes(battery.key)] = rows, max((row[0] for row in rows), default=0)
    return loaded


def of_records(store: Store, rows: Sequence[Kept]) -> Draft:
    """The draft of one battery from its records. Raises: ValueError where they do not belong together."""
    read_ones = [(number, body, read(body)) for number, body, _ in rows]
    plants = [plant for _, _, plant in rows]
    draft = assemble([record for _, _, record in read_ones], [number for number, _, _ in rows], plants)
    return filled(draft, carbon.calculated(store, read_ones))


def newest_records(store: Store, batteries: Sequence[Any]) -> dict[bytes, int]:
    """As `newest_record`, for many."""
    keys = {key for battery in batteries for key in keys_of(battery)}
    found = store.records.newest_of_each(sorted(keys))
    return {
        bytes(battery.key): max((found.get(key, 0) for key in keys_of(battery)), default=0)
        for battery in batteries
    }


def load_with(store: Store, battery: Any, record: IntakeRecord, plant: str) -> Draft:
    """The draft as it stands once `record` of `plant`, not stored yet, is among the records."""
    summaries = _summaries(store, keys_of(battery))
    newest = max(each.through for each in summaries.values())
    key = subjects.record_key(record)
    if record.takes_back is not None:
        summaries[key] = _anew(store, key, [(record, plant)])
    summaries[key] = fold(summaries[key], newest + 1, record, plant)
    return _draft(store, battery, summaries)


def newest_record(store: Store, battery: Any) -> int:
    """The sequence number of its newest record: whether a draft that was loaded before still holds."""
    return store.records.newest_of(keys_of(battery))


def claimed(store: Store, key: bytes) -> frozenset[str]:
    """Attributes that records about one subject give a value or a reason for."""
    summary = _summaries(store, [key])[key]
    return frozenset(summary.claims).union(*summary.declared.values())


def sum_up(work: UnitOfWork, key: bytes, operator: str) -> None:
    """Bring the summary of a subject up to its newest record. Whoever calls this holds the subject."""
    summary = _summaries(work, [key])[key]
    work.summaries.keep(key, operator, summary.through, to_bytes(summary))


def hold(work: UnitOfWork, key: bytes, operator: str) -> None:
    """Keep other writers from a model or batch until this transaction ends."""
    work.summaries.hold(key, operator, _EMPTY)


def _summaries(store: Store, keys: Sequence[bytes]) -> dict[bytes, Summary]:
    """What is summed up, and the records after that: few, however many there are."""
    kept = store.summaries.of(keys)
    found = {key: _summed(kept[key]) if key in kept else _NOTHING for key in keys}
    contested = set()
    for row in store.records.after([(key, summary.through) for key, summary in found.items()]):
        key, record = bytes(row.subject_key), read(bytes(row.body))
        found[key] = fold(found[key], row.sequence, record, row.plant_id)
        if record.takes_back is not None:
            contested.add(key)
    return found | {key: _anew(store, key) for key in contested}


def _anew(store: Store, key: bytes, also: Sequence[tuple[IntakeRecord, str]] = ()) -> Summary:
    """The summary of a subject from all of its records, without those that one of them, or of `also`, takes
    back."""
    rows = [(row.sequence, read(bytes(row.body)), row.plant_id) for row in store.records.of_subjects([key])]
    summary = beginning([*((record, plant) for _, record, plant in rows), *also])
    for number, record, plant in rows:
        summary = fold(summary, number, record, plant)
    return summary


def _draft(store: Store, battery: Any, summaries: dict[bytes, Summary]) -> Draft:
    """(A battery's row names the batch that came last; the draft the one that the sender's time says.)"""
    lot = summaries[bytes(battery.key)].lot
    batches = {subjects.batch_key(battery.gtin, name) for name in (battery.lot,) if name}
    wanted = subjects.batch_key(battery.gtin, lot[1]) if lot else None
    counting = {key: each for key, each in summaries.items() if key not in batches or key == wanted}
    if wanted is not None and wanted not in counting:
        counting |= _summaries(store, [wanted])
    return _made(store, list(counting.values()))


def of_model(store: Store, gtin: str, lot: str | None = None) -> Draft:
    """What is known of a model, or of one batch of it with what its model says: a draft without a serial.

    Raises: ValueError where there is no record.
    """
    keys = [ModelKey(gtin).digest(), *([subjects.batch_key(gtin, lot)] if lot else [])]
    return _made(store, list(_summaries(store, keys).values()))


def _made(store: Store, counting: Sequence[Summary]) -> Draft:
    numbers = [number for each in counting for _, number in each.activities.values()]
    draft = made_of(counting)
    return filled(draft, carbon.calculated(store, _numbered(store, numbers))) if numbers else draft


def _numbered(store: Store, numbers: Sequence[int]) -> list[tuple[int, bytes, IntakeRecord]]:
    """Records by their numbers, in order."""
    found = [(row.sequence, bytes(row.body)) for row in store.records.numbered(sorted(numbers))]
    return [(number, body, read(body)) for number, body in found]


def keys_of(battery: Any) -> Sequence[bytes]:
    """What a draft is made of: model, battery and, once it is known, batch."""
    keys = [bytes(battery.model_key), bytes(battery.key)]
    if battery.lot:
        keys.append(subjects.batch_key(battery.gtin, battery.lot))
    return keys


def _parse(body: bytes, *, keep_values: bool = True) -> IntakeRecord:
    record = compiled_records.read(body, keep_values=keep_values)
    if record is not None:
        return record
    record = parse(json_strict.loads(body, decimals=True))
    return record if keep_values else replace(record, values=LEFT_OUT)


_kept = lru_cache(maxsize=KEPT_RECORDS)(_parse)
_summed = lru_cache(maxsize=KEPT_RECORDS)(from_bytes)
_NOTHING: Final = Summary()
_EMPTY: Final = to_bytes(_NOTHING)


def show(ctx: Context, key: BatteryKey, operator: str) -> dict[str, Any]:
    """What is complete, what is missing and which article asks for it; each value with its record.

    Raises: NotFound, also for another operator's battery.
    """
    with ctx.read() as store:
        battery = store.batteries.by_key(key.digest())
        if battery is None or (battery.serial, battery.economic_operator_id) != (key.serial, operator):
            raise NotFound("No record about this battery has come in yet.")
        rows = store.records.of_subjects(keys_of(battery))
        draft = of_records(
            store, [(row.sequence, bytes(row.body), row.plant_id) for row in rows]
        )  # with the losers
        told = _Told({row.sequence: row for row in store.records.described([row.sequence for row in rows])})
        packs = [read(bytes(row.body)) for row in rows if told.rows[row.sequence].kind == "pack"]
    details = max(packs, key=lambda pack: pack.sent_at).details if packs else None
    missing = completeness.blocking(draft)
    owed, there = completeness.owed(findings := completeness.findings(draft))
    return {
        "gtin": battery.gtin,
        "serial": battery.serial,
        "lot": battery.lot,
        "category": draft.category,
        "state": battery.state,
        "release": battery.release,
        "complete": not missing,
        "owed": owed,
        "there": there,
        "missing": supply.told(missing, draft.category),
        "findings": supply.told(findings, draft.category),
        "doubts": [doubt.as_dict() for doubt in doubts(draft, details)],
        "values": [told.value(attribute_id, sourced) for attribute_id, sourced in draft.values.items()],
        "overruled": [
            told.value(attribute_id, sourced)
            for attribute_id, losers in draft.losers.items()
            for sourced in losers
        ],
        "passport": f"{ctx.settings.origin}/passports/{battery.passport_uuid}",
    }


@dataclass(frozen=True, slots=True)
class _Told:
    """Values with the records that they came from; `rows` say how these came in, by number."""

    rows: Mapping[int, Any]

    def value(self, attribute_id: str, sourced: Sourced) -> dict[str, Any]:
        row = self.rows[sourced.sequence]
        return {
            "attribute": attribute_id,
            "value": sourced.value,
            "record": sourced.record_id,
            "kind": sourced.kind,
            "level": sourced.level,
            "plant": row.plant_id,
            "door": row.door,
            "origin": row.origin,
            "document": file_links.document_of(row.origin),
            "mapping": row.mapping,
            "sentAt": to_seconds(sourced.sent_at),
            "receivedAt": row.received_at,
        }
