"""What must hold between values before a passport is issued. Each rule looks only at values that are there.

Bounds of single values are checked when they come in (`values`); here are the rules over several.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from app.core.catalogue import by_id
from app.core.passport import Draft

_RISING: Final[tuple[tuple[str, ...], ...]] = (
    ("minimumVoltage", "nominalVoltage", "maximumVoltage"),
    ("temperatureRangeIdleState.minimum", "temperatureRangeIdleState.maximum"),
    ("manufacturingDate", "puttingIntoService"),
    ("warranty.start", "warranty.end"),
)
_STRICT: Final = frozenset({"temperatureRangeIdleState.minimum", "warranty.start"})
"""Lower ends that may not equal the upper end."""

_STAGES: Final = "carbonFootprintPerLifecycleStage."
_TOLERANCE: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Implausible:
    """A contradiction between values. `attribute_ids` are those to look at, the first to be named."""

    attribute_ids: tuple[str, ...]
    why: str


def contradictions(draft: Draft) -> tuple[Implausible, ...]:
    """Everything in `draft` that cannot be true at once."""
    return (*_order(draft), *_footprint(draft), *_recycled(draft), *_masses(draft), *_temperatures(draft))


def _order(draft: Draft) -> Iterator[Implausible]:
    for chain in _RISING:
        for low, high in pairwise(chain):
            below, above = _comparable(draft.value(low)), _comparable(draft.value(high))
            if below is None or above is None:
                continue
            if below > above or (below == above and low in _STRICT):
                yield Implausible((low, high), f"{_name(low)} lies above {_name(high)}")


def _footprint(draft: Draft) -> Iterator[Implausible]:
    total = number(draft, "batteryCarbonFootprint")
    stages = [i for i in draft.values if i.startswith(_STAGES)]
    if total is None or len(stages) < 4:
        return
    parts = sum((Decimal(draft.value(i)) for i in stages), Decimal(0))
    if abs(parts - total) > abs(total) * _TOLERANCE:
        why = f"the four life-cycle stages add up to {parts}, the footprint is {total} (tolerance 1 %)"
        yield Implausible(("batteryCarbonFootprint", *stages), why)


def _recycled(draft: Draft) -> Iterator[Implausible]:
    for metal in ("nickel", "cobalt", "lithium"):
        ids = (f"recycledContent.{metal}.preConsumerShare", f"recycledContent.{metal}.postConsumerShare")
        shares = [number(draft, i) for i in ids]
        if sum((share for share in shares if share is not None), Decimal(0)) > 100:
            yield Implausible(ids, f"the recycled shares of {metal} add up to more than 100 %")


def _masses(draft: Draft) -> Iterator[Implausible]:
    mass = number(draft, "batteryMass")
    materials = draft.value("batteryMaterials")
    if mass is None or not materials:
        return
    parts = sum((Decimal(entry["batteryMaterialMass"]) for entry in materials), Decimal(0))
    if parts > mass * (1 + _TOLERANCE):
        why = f"the materials weigh {parts} kg together, the battery {mass} kg"
        yield Implausible(("batteryMaterials", "batteryMass"), why)


def _temperatures(draft: Draft) -> Iterator[Implausible]:
    found = draft.value("temperatureInformation") or {}
    steps = [Decimal(found[name]) for name in ("minimum", "average", "maximum") if name in found]
    if steps != sorted(steps):
        why = "minimum, average and maximum temperature are not in this order"
        yield Implausible(("temperatureInformation",), why)


def number(draft: Draft, attribute_id: str) -> Decimal | None:
    """A value that is a number, wrapped or not; None for anything else."""
    value = _plain(draft.value(attribute_id))
    return Decimal(value) if isinstance(value, str | int) else None


def _plain(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _comparable(value: Any) -> Any:
    """Numbers as numbers; dates and months as their texts, which order as they do."""
    plain = _plain(value)
    if not isinstance(plain, str):
        return plain
    return Decimal(plain) if plain.lstrip("-").replace(".", "", 1).isdigit() else plain


def _name(attribute_id: str) -> str:
    row = by_id(attribute_id)
    return row.name if row is not None else attribute_id
