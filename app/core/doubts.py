"""What is hardly so: values that fit no battery of their kind, or not each other. Told with the numbers.

`plausibility` has what cannot be true, and blocks. Here are magnitudes and ratios that mostly mean a wrong
unit (Wh for kWh, g for kg, mV for V) or a value of another model; nothing is held back for them. Each rule
looks only at values that are there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.core.catalogue import by_id
from app.core.passport import Draft
from app.core.plausibility import number

_SERIES: Final = re.compile(r"\s*(\d{1,4})\s*s", re.IGNORECASE)
_CELL_VOLTS: Final = (Decimal("1"), Decimal("4.5"))
"""Nominal voltage of one cell, of any chemistry that is sold."""
_WH_PER_KG: Final = (Decimal(10), Decimal(450))
_W_PER_WH: Final = (Decimal("0.01"), Decimal(60))
_VOLTS: Final = (Decimal(1), Decimal(2000))
_CYCLES: Final = (Decimal(50), Decimal(30000))
_NEAR: Final = Decimal("0.35")
"""How far an energy may lie from capacity times nominal voltage: usable is less than nominal."""
_POINTS: Final = Decimal(5)
_KILO: Final = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something worth a look. `attribute_ids` are those to look at, the first to be named."""

    attribute_ids: tuple[str, ...]
    why: str

    def as_dict(self) -> dict[str, Any]:
        row = by_id(self.attribute_ids[0])
        return {
            "attributes": list(self.attribute_ids),
            "why": self.why,
            "clause": row.clause if row else None,
            "dataPoint": row.ec_datapoint if row else None,
        }


def doubts(draft: Draft, details: Mapping[str, Any] | None = None) -> tuple[Doubt, ...]:
    """Everything in `draft` that is worth a look; `details` are those of the pack's assembly."""
    return (
        *_magnitudes(draft),
        *_energy(draft),
        *_density(draft),
        *_power(draft),
        *_health(draft),
        *_masses(draft),
        *_dates(draft),
        *_cells(draft, details or {}),
    )


def _magnitudes(draft: Draft) -> Iterator[Doubt]:
    for attribute_id, unit, (low, high) in (
        ("nominalVoltage", "V", _VOLTS),
        ("expectedNumberOfCycles", "cycles", _CYCLES),
    ):
        value = number(draft, attribute_id)
        if value is not None and not low <= value <= high:
            yield Doubt((attribute_id,), f"{value} {unit}: mostly it lies between {low} and {high}")


def _energy(draft: Draft) -> Iterator[Doubt]:
    """Usable energy against capacity times nominal voltage."""
    nominal, usable = _nominal_wh(draft), number(draft, "certifiedUsableBatteryEnergy")
    if nominal is None or usable is None:
        return
    ratio = usable * _KILO / nominal
    if abs(ratio - 1) > _NEAR:
        why = (
            f"{usable} kWh, but capacity times nominal voltage is {_short(nominal / _KILO)} kWh{_hint(ratio)}"
        )
        yield Doubt(("certifiedUsableBatteryEnergy", "ratedCapacity", "nominalVoltage"), why)


def _density(draft: Draft) -> Iterator[Doubt]:
    nominal, mass = _nominal_wh(draft), number(draft, "batteryMass")
    if nominal is None or not mass:
        return
    density, (low, high) = nominal / mass, _WH_PER_KG
    if not low <= density <= high:
        why = (
            f"{_short(nominal / _KILO)} kWh in {mass} kg are {_short(density)} Wh/kg:"
            f" mostly it lies between {low} and {high}"
        )
        yield Doubt(("batteryMass", "ratedCapacity", "nominalVoltage"), why)


def _power(draft: Draft) -> Iterator[Doubt]:
    nominal, power = _nominal_wh(draft), number(draft, "ratedMaximumPower")
    if nominal is None or power is None:
        return
    ratio, (low, high) = power / nominal, _W_PER_WH
    if not low <= ratio <= high:
        why = f"{power} W from {_short(nominal)} Wh are {_short(ratio)} W/Wh: mostly between {low} and {high}"
        yield Doubt(("ratedMaximumPower", "ratedCapacity"), why)
    told = number(draft, "powerCapabilityRatio")
    if told is not None and ratio and abs(told / ratio - 1) > _NEAR:
        why = f"{told} W/Wh, but rated power over nominal energy is {_short(ratio)}{_hint(told / ratio)}"
        yield Doubt(("powerCapabilityRatio", "ratedMaximumPower"), why)


def _health(draft: Draft) -> Iterator[Doubt]:
    """State of health: what remains is not more than there was, and the fade says the same."""
    rated, remaining = number(draft, "ratedCapacity"), number(draft, "remainingCapacity")
    certified = number(draft, "stateOfCertifiedEnergy")
    if certified is not None and not 0 <= certified <= 105:
        yield Doubt(("stateOfCertifiedEnergy",), f"{certified} %: mostly it lies between 0 and 105")
    usable, left = number(draft, "certifiedUsableBatteryEnergy"), number(draft, "remainingEnergy")
    if usable and left is not None and left > usable * Decimal("1.1"):
        why = f"{left} kWh remain of {usable} kWh{_hint(left / usable)}"
        yield Doubt(("remainingEnergy", "certifiedUsableBatteryEnergy"), why)
    if not rated or remaining is None:
        return
    share = remaining * 100 / rated
    if share > 110:
        why = f"{remaining} Ah remain of {rated} Ah: {_short(share)} %{_hint(share / 100)}"
        yield Doubt(("remainingCapacity", "ratedCapacity"), why)
    fade = number(draft, "capacityFade")
    if fade is not None and share <= 110 and abs(100 - share - fade) > _POINTS:
        why = f"a fade of {fade} %, but {remaining} of {rated} Ah remain: {_short(100 - share)} % are gone"
        yield Doubt(("capacityFade", "remainingCapacity", "ratedCapacity"), why)


def _masses(draft: Draft) -> Iterator[Doubt]:
    mass, materials = number(draft, "batteryMass"), draft.value("batteryMaterials")
    if not mass or not materials:
        return
    parts = sum((Decimal(entry["batteryMaterialMass"]) for entry in materials), Decimal(0))
    if parts < mass / 10:
        why = f"the materials weigh {parts} kg together, the battery {mass} kg{_hint(parts / mass)}"
        yield Doubt(("batteryMaterials", "batteryMass"), why)


def _dates(draft: Draft) -> Iterator[Doubt]:
    """A month that had not come when the record was sent."""
    for attribute_id in ("manufacturingDate", "puttingIntoService"):
        found = draft.values.get(attribute_id)
        month = found.value.get("value") if found and isinstance(found.value, dict) else found and found.value
        if found is not None and isinstance(month, str) and month[:7] > f"{found.sent_at:%Y-%m}":
            why = f"{month}, told by a record of {found.sent_at:%Y-%m-%d}: a day that had not come"
            yield Doubt((attribute_id,), why)


def _cells(draft: Draft, details: Mapping[str, Any]) -> Iterator[Doubt]:
    """Cells in series by the pack's configuration (`96s2p`) against its nominal voltage."""
    match = _SERIES.match(str(details.get("configuration", "")))
    voltage = number(draft, "nominalVoltage")
    if match is None or voltage is None or not int(match[1]):
        return
    each, (low, high) = voltage / int(match[1]), _CELL_VOLTS
    if not low <= each <= high:
        why = (
            f"{voltage} V over {match[1]} cells in series ({details['configuration']}) are {_short(each)} V"
            f" a cell: mostly it lies between {low} and {high}"
        )
        yield Doubt(("nominalVoltage",), why)


def _nominal_wh(draft: Draft) -> Decimal | None:
    capacity, voltage = number(draft, "ratedCapacity"), number(draft, "nominalVoltage")
    return capacity * voltage if capacity and voltage else None


def _hint(ratio: Decimal) -> str:
    """A thousand too much or too little is mostly a unit."""
    if Decimal(400) <= ratio <= Decimal(2500):
        return "; a thousand times too much: is the unit right?"
    if ratio and Decimal(400) <= 1 / ratio <= Decimal(2500):
        return "; a thousand times too little: is the unit right?"
    return ""


def _short(value: Decimal) -> str:
    """Three digits that count."""
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
