"""Units of measured values: the code the catalogue uses, the code of UCUM, the text for people.

An intake record may write any of the three; they name the same unit, so nothing is ever converted.
Source: UCUM 2.1, https://ucum.org.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Unit:
    code: str
    ucum: str
    label: str
    name: str


_UNITS: Final = (
    Unit("%", "%", "%", "per cent"),
    Unit("%/month", "%/mo", "% per month", "per cent a month"),
    Unit("1", "1", "", "number"),
    Unit("A/Ah", "A/A.h", "A/Ah", "amperes per ampere-hour (C-rate)"),
    Unit("Ah", "A.h", "Ah", "ampere-hours"),
    Unit("Cel", "Cel", "°C", "degrees Celsius"),
    Unit("N.m", "N.m", "N·m", "newton metres"),
    Unit("V", "V", "V", "volts"),
    Unit("W", "W", "W", "watts"),
    Unit("W/Wh", "W/W.h", "W/Wh", "watts per watt-hour"),
    Unit("a", "a", "years", "years"),
    Unit("cycles", "{cycle}", "cycles", "cycles"),
    Unit("kWh", "kW.h", "kWh", "kilowatt-hours"),
    Unit("kg", "kg", "kg", "kilograms"),
    Unit("kg CO2e", "kg{CO2e}", "kg CO₂e", "kilograms of CO₂ equivalent"),
    Unit("kg CO2e/kWh", "kg{CO2e}/kW.h", "kg CO₂e/kWh", "kilograms of CO₂ equivalent per kilowatt-hour"),
    Unit("km", "km", "km", "kilometres"),
    Unit("min", "min", "min", "minutes"),
    Unit("ohm", "Ohm", "Ω", "ohms"),
)
UNITS: Final = {unit.code: unit for unit in _UNITS}

COUNTS: Final = frozenset({"1", "cycles"})
"""Units of plain counts, which may be sent as a bare whole number."""


def label(code: str | None) -> str:
    """Text for people of the catalogue's unit `code`: Cel is °C, 1 and None are nothing."""
    return UNITS[code].label if code is not None else ""


def same(code: str, written: str) -> bool:
    """True if `written` names the unit `code`: its own code, the UCUM code or the label."""
    unit = UNITS[code]
    return written in (unit.code, unit.ucum) or (unit.label != "" and written == unit.label)
