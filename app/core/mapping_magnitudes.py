"""The unit of a column that names none, guessed from the magnitudes that packs have."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Final

from app.core import unit_conversion

_USUAL: Final[Mapping[str, tuple[str, str]]] = {
    "batteryMass": ("0.2", "5000"), "ratedCapacity": ("1", "2000"),
    "certifiedUsableBatteryEnergy": ("0.1", "2000"), "nominalVoltage": ("3", "1500"),
    "minimumVoltage": ("2", "1500"), "maximumVoltage": ("3", "1500"), "ratedMaximumPower": ("100", "2000000"),
    "currentInternalResistance": ("0.0001", "1"), "roundtripEfficiency": ("50", "100"),
    "stateOfCharge": ("1.5", "100"), "temperatureRangeIdleState.minimum": ("-60", "60"),
    "temperatureRangeIdleState.maximum": ("-20", "120"), "remainingCapacity": ("1", "2000"),
}  # fmt: skip
"""Magnitudes that packs have, in the catalogue's unit: where a header names no unit."""


def unit_of(to: str, code: str, found: Sequence[Decimal]) -> tuple[str, str]:
    """The unit in which a usual pack would have such numbers; the catalogue's own where that is not known."""
    usual = _USUAL.get(to)
    if usual is None or not found:
        return code, f"no unit in the header: {code} is assumed, look at it"
    low, high = map(Decimal, usual)
    middle = median(found)
    for each in (code, *unit_conversion.known(code)):
        converted = unit_conversion.convert(middle, code, each, 9)
        if low <= converted <= high:
            return each, f"no unit in the header: guessed from the magnitude ({middle:f} {each})"
    return code, f"no unit in the header: {code} is assumed, and the magnitude is unusual"
