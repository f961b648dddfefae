"""The carbon footprint of one model: what was calculated for each plant, beside what was declared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.core import carbon_activity, carbon_report, identifiers
from app.core.carbon import FIGURES, Footprint
from app.core.errors import NotFound, Rejected
from app.core.identifiers import ModelKey
from app.core.intake import IntakeRecord
from app.core.passport import facility_of
from app.core.times import to_seconds
from app.services import carbon, drafts, subjects
from app.services.context import Context

MAX_MODELS: Final = 100
MAX_LOTS: Final = 200
"""Newest batches whose declared values are looked for: a page, not an archive."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Values of the footprint that one record declares, by attribute id."""

    record_id: str
    kind: str
    lot: str | None
    facility: str | None
    """The manufacturing plant that it is of; None for each of them."""
    sent_at: str
    values: Mapping[str, str]
    study: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OfPlant:
    """The newest activity data of one manufacturing plant. `refusal` instead of a footprint, where today's
    rules refuse what was taken in."""

    facility: str
    record_id: str
    sender: str
    sent_at: str
    footprint: Footprint | None
    refusal: str
    earlier: int
    """How many records of the same plant it takes the place of."""


@dataclass(frozen=True, slots=True)
class ModelFootprint:
    """All that is known of one model's footprint."""

    gtin: str
    model: str
    plants: tuple[OfPlant, ...]
    declared: tuple[Declared, ...]
    battery_mass: Decimal | None

    @property
    def footprints(self) -> list[Footprint]:
        return [each.footprint for each in self.plants if each.footprint is not None]


_STUDY: Final = "carbonFootprintStudy"


def of_model(ctx: Context, gtin: str, operator: str) -> ModelFootprint:
    """Calculated and declared footprint of a model.

    Raises: MalformedIdentifier; NotFound for a model of which no record came in, or another operator's.
    """
    gtin = identifiers.gtin(gtin)
    key = ModelKey(gtin).digest()
    with ctx.read() as store:
        lots = store.batteries.lots_of(key, limit=MAX_LOTS)
        keys = [key, *(subjects.batch_key(gtin, lot) for lot in lots)]
        rows = [(row, drafts.read(bytes(row.body))) for row in store.records.about(keys, operator)]
        if not rows:
            raise NotFound("No record about this model has come in yet.")
        activities: dict[str, list[tuple[Any, IntakeRecord]]] = {}
        for row, record in rows:
            if record.kind == carbon_activity.KIND:
                activities.setdefault(record.details["facility"], []).append((row, record))
        plants = tuple(_of_plant(store, activities[facility]) for facility in sorted(activities))
    records = [record for _, record in rows]
    mass = _newest(records, "batteryMass")
    return ModelFootprint(
        gtin=gtin,
        model=_newest(records, "batteryModelIdentifier") or "",
        plants=plants,
        declared=tuple(_declared(records)),
        battery_mass=Decimal(mass) if mass else None,
    )


def models(ctx: Context, operator: str) -> list[ModelFootprint]:
    """The models of an operator with what is known of their footprints, the first `MAX_MODELS` by GTIN."""
    with ctx.read() as store:
        gtins = store.board.models(operator, MAX_MODELS)
    return [of_model(ctx, gtin, operator) for gtin in gtins]


def as_dict(found: ModelFootprint) -> dict[str, Any]:
    """The same for JSON, with every term."""
    return {
        "gtin": found.gtin,
        "model": found.model or None,
        "statement": carbon_report.DISCLAIMER,
        "calculated": [
            {
                "facility": plant.facility,
                "record": plant.record_id,
                "plant": plant.sender,
                "sentAt": plant.sent_at,
                "counts": counts(found, plant),
                "refusal": plant.refusal or None,
                "result": carbon_report.as_dict(plant.footprint, found.battery_mass)
                if plant.footprint
                else None,
            }
            for plant in found.plants
        ],
        "declared": [
            {
                "record": each.record_id,
                "lot": each.lot,
                "facility": each.facility,
                "sentAt": each.sent_at,
                "values": dict(each.values),
                "study": each.study,
            }
            for each in found.declared
        ],
    }


def counts(found: ModelFootprint, plant: OfPlant) -> str:
    """Which goes into drafts of this model, in one word: `calculated`, `declared`, `incomplete`, `kept` where
    the maker does not publish it, or `by-batch` where some batches have a declared value."""
    here = (None, plant.facility)
    if any(each.lot is None and each.facility in here and each.values for each in found.declared):
        return "declared"
    if plant.footprint is None or not plant.footprint.is_whole:
        return "incomplete"
    if not plant.footprint.activity.publish:
        return "kept"
    return "by-batch" if any(each.lot and each.values for each in found.declared) else "calculated"


def _of_plant(store: Any, sent: Sequence[tuple[Any, IntakeRecord]]) -> OfPlant:
    # of two sent at one time, the one that arrived later: as in a draft
    row, record = max(sent, key=lambda each: (each[1].sent_at, each[0].sequence))
    made, refusal = None, ""
    try:
        made = carbon.footprint(store, bytes(row.body), record)
    except Rejected as fault:
        refusal = str(fault)
    return OfPlant(
        record.details["facility"], record.record_id, row.plant_id, to_seconds(record.sent_at), made, refusal,
        len(sent) - 1,
    )  # fmt: skip


def _declared(records: Iterable[IntakeRecord]) -> Iterable[Declared]:
    """The newest declaring record of the model, of it in each plant, and of each batch, in this order."""
    newest: dict[tuple[str, str], IntakeRecord] = {}
    for record in records:
        if any(name in record.values for name in (*FIGURES, _STUDY)):
            of = record.lot or "", facility_of(record) or ""
            known = newest.get(of)
            if known is None or record.sent_at >= known.sent_at:
                newest[of] = record
    for of in sorted(newest):
        record = newest[of]
        yield Declared(
            record.record_id, record.kind, record.lot, of[1] or None, to_seconds(record.sent_at),
            {name: record.values[name] for name in FIGURES if name in record.values},
            record.values.get(_STUDY),
            record.details if record.kind == "carbon-footprint" else {},
        )  # fmt: skip


def _newest(records: Iterable[IntakeRecord], attribute_id: str) -> str | None:
    found = [r for r in records if r.level == "model" and attribute_id in r.values]
    return str(max(found, key=lambda r: r.sent_at).values[attribute_id]) if found else None
