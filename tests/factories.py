"""Records as a factory sends them: a valid whole, of which a test changes what it is about."""

import itertools
import json
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from app.core import units
from app.core.catalogue import CATALOGUE, Attribute, ValueForm, fields_of, list_parent
from app.core.times import to_seconds
from tests.core.samples import a_value

GTIN = "09506000134352"
OTHER_GTIN = "09506000134369"
SERIAL = "P0001"
PLAUSIBLE = {
    "batteryCategory": "ev",
    "warranty.start": "2026-11-20",
    "warranty.end": "2034-11-20",
    "minimumVoltage": "300.0",
    "nominalVoltage": "350.0",
    "maximumVoltage": "400.0",
    "temperatureRangeIdleState.minimum": "-30",
    "temperatureRangeIdleState.maximum": "60",
    "batteryCarbonFootprint": "40",
    "carbonFootprintPerLifecycleStage.rawMaterialExtraction": "10",
    "carbonFootprintPerLifecycleStage.mainProduction": "10",
    "carbonFootprintPerLifecycleStage.distribution": "10",
    "carbonFootprintPerLifecycleStage.recycling": "10",
}
_PROCESS = secrets.token_hex(4)
"""Several processes may send to what one of them made."""
_numbers = itertools.count(1)


def as_sent(form: ValueForm, value: Any, *, bare: bool = False) -> Any:
    """A normalised value as it travels: measured numbers with their unit."""
    if isinstance(value, list) and form.is_list:
        return [as_sent(form, one) if not isinstance(one, dict) else _fields(form, one) for one in value]
    if form.type == "series":
        return [_fields(form, one, bare=True) for one in value]
    if isinstance(value, dict) and form.shape:
        return _fields(form, value)
    measured = form.type in ("decimal", "integer") and form.unit is not None and form.unit not in units.COUNTS
    return {"value": value, "unit": form.unit} if measured and not bare else value


def _fields(form: ValueForm, value: dict[str, Any], *, bare: bool = False) -> dict[str, Any]:
    known = {field.name: field for field in fields_of(form)}
    return {name: as_sent(known[name], member, bare=bare) for name, member in value.items()}


def values_for(level: str, **changes: Any) -> dict[str, Any]:
    """A value for every attribute that the maker sets at this level, plausible together."""
    rows: list[Attribute] = [
        row for row in CATALOGUE if not row.system and list_parent(row) is None and row.granularity == level
    ]
    found = {row.id: as_sent(row, PLAUSIBLE.get(row.id, a_value(row))) for row in rows}
    return {name: value for name, value in (found | changes).items() if value is not None}


def owed_values(level: str, **changes: Any) -> dict[str, Any]:
    """Only what must not be missing, so that signing is quick."""
    owed = {row.id for row in CATALOGUE if row.obligation["ev"].kind in ("required", "conditional")}
    return {
        name: value
        for name, value in values_for(level, **changes).items()
        if name in owed or name in changes or name == "batteryCategory"
    }


def a_record(kind: str, subject: dict[str, str], sent_at: datetime, **changes: Any) -> dict[str, Any]:
    """One record with an id of its own."""
    record: dict[str, Any] = {
        "recordId": f"T-{_PROCESS}-{next(_numbers)}",
        "kind": kind,
        "sentAt": to_seconds(sent_at),
        "subject": subject,
    }
    record |= changes
    return {name: value for name, value in record.items() if value is not None}


def model_record(now: datetime, **changes: Any) -> dict[str, Any]:
    return a_record("model", {"gtin": GTIN}, now, **({"values": values_for("model")} | changes))


def batch_record(now: datetime, **changes: Any) -> dict[str, Any]:
    subject = {"gtin": GTIN, "lot": "L1"}
    details = {"plant": "Hall 2"}
    return a_record("batch", subject, now, **({"values": values_for("batch"), "details": details} | changes))


def pack_record(now: datetime, serial: str = SERIAL, **changes: Any) -> dict[str, Any]:
    details = {"batchLot": "L1", "assembledOn": "2026-11-20", "configuration": "96s2p", "cellLots": ["C1"]}
    return a_record(
        "pack",
        {"gtin": GTIN, "serial": serial},
        now,
        **({"values": values_for("item"), "details": details} | changes),
    )


def release_record(now: datetime, serial: str = SERIAL, **changes: Any) -> dict[str, Any]:
    details = {"stamp": "OK", "stampedBy": "end-of-line station", "station": "EOL-1"}
    return a_record("release", {"gtin": GTIN, "serial": serial}, now, **({"details": details} | changes))


def withdrawal_record(now: datetime, serial: str = SERIAL, **changes: Any) -> dict[str, Any]:
    details = {"reason": "Torque of the lid was not recorded"}
    return a_record("withdrawal", {"gtin": GTIN, "serial": serial}, now, **({"details": details} | changes))


def a_whole_pack(now: datetime, serial: str = SERIAL) -> Iterator[dict[str, Any]]:
    """Everything from model to stamp, in the order of a line."""
    for minute, make in enumerate((model_record, batch_record)):
        yield make(now + timedelta(seconds=minute))
    yield pack_record(now + timedelta(seconds=2), serial)
    yield release_record(now + timedelta(seconds=3), serial)


def a_lean_pack(now: datetime, serial: str = SERIAL) -> Iterator[dict[str, Any]]:
    """The same with what is owed alone: quick to sign."""
    yield model_record(now, values=owed_values("model"))
    yield batch_record(now, values=owed_values("batch"))
    yield from a_further_pack(now, serial)


def a_further_pack(now: datetime, serial: str) -> Iterator[dict[str, Any]]:
    """Pack and stamp of one more battery of a known model and batch."""
    yield pack_record(now, serial, values=owed_values("item"))
    yield release_record(now, serial)


def body(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()
