"""Records and drafts that are whole: each test takes away or adds what it is about."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.catalogue import CATALOGUE, list_parent
from app.core.intake import IntakeRecord, Kind
from app.core.vocabulary import Category, Level
from tests.core.samples import a_signed_value

GTIN = "09506000134352"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

PLAUSIBLE: dict[str, Any] = {
    "minimumVoltage": "240",
    "nominalVoltage": "355.2",
    "maximumVoltage": "403.2",
    "temperatureRangeIdleState.minimum": "-30",
    "temperatureRangeIdleState.maximum": "60",
    "batteryMass": "452.5",
    "manufacturingDate": "2026-11",
    "puttingIntoService": "2027-01",
    "warranty.start": "2027-01-10",
    "warranty.end": "2035-01-10",
    "batteryCarbonFootprint": "70",
    "carbonFootprintPerLifecycleStage.rawMaterialExtraction": "45",
    "carbonFootprintPerLifecycleStage.mainProduction": "20",
    "carbonFootprintPerLifecycleStage.distribution": "3",
    "carbonFootprintPerLifecycleStage.recycling": "2",
}


def all_values(category: Category) -> dict[str, Any]:
    """A plausible value for every attribute that the maker can give."""
    rows = [row for row in CATALOGUE if not row.system and list_parent(row) is None]
    return {row.id: a_signed_value(row) for row in rows} | PLAUSIBLE | {"batteryCategory": category}


def a_record(
    values: Mapping[str, Any] | None = None,
    *,
    level: Level = "item",
    kind: Kind = "pack",
    minutes: int = 0,
    record_id: str = "R1",
    lot: str | None = None,
    serial: str = "A1",
    gtin: str = GTIN,
    not_applicable: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> IntakeRecord:
    """A parsed record; `minutes` after noon says when its sender sent it."""
    return IntakeRecord(
        record_id=record_id,
        kind=kind,
        level=level,
        gtin=gtin,
        lot=lot if level == "batch" else None,
        serial=serial if level == "item" else None,
        sent_at=NOON + timedelta(minutes=minutes),
        values=values or {},
        not_applicable=not_applicable or {},
        details=details if details is not None else ({"batchLot": lot} if kind == "pack" and lot else {}),
    )


def whole_records(category: Category, without: Sequence[str] = (), **changed: Any) -> list[IntakeRecord]:
    """One record that makes a complete draft, but for `without`; names in `changed` have `_` for dots."""
    values = {name: value for name, value in all_values(category).items() if name not in without}
    return [a_record(values | {name.replace("__", "."): value for name, value in changed.items()})]
