"""Numbers brought into the catalogue's unit, exactly: where a plant's own unit is declared, and only there.

A conversion is a fraction and, for temperatures, an offset. No float is ever made; what has no exact decimal
is refused, unless the number of decimals to keep is declared.
Source: UCUM 2.1; SI Brochure, 9th edition; the pound by definition is 0.45359237 kg.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from app.core import units
from app.core.errors import MalformedInput

MOST_DECIMALS: Final = 12
_CLAUSE: Final = "docs/mapping.md, units"
_ONE: Final = Fraction(1)
_SAME: Final = (_ONE, Fraction(0))

_FACTORS: Final[Mapping[str, Mapping[str, str]]] = {
    "%": {"1": "100", "fraction": "100", "‰": "1/10", "ppm": "1/10000"},
    "%/month": {"%/a": "1/12", "%/year": "1/12", "1/month": "100"},
    "1": {"k": "1000"},
    "A/Ah": {"C": "1", "1/h": "1", "mA/mAh": "1"},
    "Ah": {"mAh": "1/1000", "kAh": "1000", "As": "1/3600"},
    "N.m": {"Nm": "1", "Ncm": "1/100", "mNm": "1/1000"},
    "V": {"mV": "1/1000", "kV": "1000"},
    "W": {"mW": "1/1000", "kW": "1000", "MW": "1000000"},
    "W/Wh": {"kW/kWh": "1", "1/h": "1"},
    "a": {"year": "1", "yr": "1", "months": "1/12", "month": "1/12", "mo": "1/12"},
    "cycles": {"cycle": "1", "1": "1"},
    "kWh": {"Wh": "1/1000", "MWh": "1000", "J": "1/3600000", "kJ": "1/3600", "MJ": "10/36"},
    "kg": {"g": "1/1000", "mg": "1/1000000", "t": "1000", "lb": "45359237/100000000"},
    "kg CO2e": {"g CO2e": "1/1000", "t CO2e": "1000", "kgCO2e": "1", "kg CO2eq": "1", "kgCO2eq": "1"},
    "kg CO2e/kWh": {
        "g CO2e/kWh": "1/1000", "g CO2e/Wh": "1", "kg CO2eq/kWh": "1", "kgCO2e/kWh": "1", "kgCO2eq/kWh": "1",
    },
    "km": {"m": "1/1000", "mi": "1609344/1000000"},
    "min": {"s": "1/60", "sec": "1/60", "h": "60", "d": "1440"},
    "ohm": {"mOhm": "1/1000", "mΩ": "1/1000", "uOhm": "1/1000000", "µΩ": "1/1000000", "kOhm": "1000"},
}  # fmt: skip
_OFFSETS: Final[Mapping[str, Mapping[str, tuple[Fraction, Fraction]]]] = {
    "Cel": {
        "C": (_ONE, Fraction(0)),
        "K": (_ONE, Fraction(-27315, 100)),
        "°F": (Fraction(5, 9), Fraction(-160, 9)),
        "F": (Fraction(5, 9), Fraction(-160, 9)),
    }
}
# Signs that look alike: micro (U+00B5) and Greek mu, ohm (U+2126) and Greek omega, kelvin, degree as ring.
_ALIKE: Final = str.maketrans({"\u03bc": "µ", "\u2126": "Ω", "\u212a": "K", "º": "°", "·": ".", "₂": "2"})


def _all() -> Mapping[str, Mapping[str, tuple[Fraction, Fraction]]]:
    found: dict[str, dict[str, tuple[Fraction, Fraction]]] = {}
    for code, unit in units.UNITS.items():
        own = {each: _SAME for each in (unit.code, unit.ucum, unit.label) if each}
        plain = {name: (Fraction(factor), Fraction(0)) for name, factor in _FACTORS.get(code, {}).items()}
        table = {**plain, **_OFFSETS.get(code, {}), **own}
        found[code] = {tidy(name): rule for name, rule in table.items()}
    return MappingProxyType(found)


def tidy(written: str) -> str:
    """A unit's text with one sign for each meaning and one blank between its parts."""
    return " ".join(written.translate(_ALIKE).split())


_RULES: Final = _all()


def known(code: str) -> tuple[str, ...]:
    """Texts of all units that can be brought into the catalogue's unit `code`, its own first."""
    own = [name for name, rule in _RULES[code].items() if rule == _SAME]
    return (
        code,
        *(each for each in own if each != code),
        *(each for each in _RULES[code] if each not in own),
    )


def convertible(code: str, written: str) -> bool:
    """Whether numbers in the unit `written` can be brought into `code`."""
    return tidy(written) in _RULES[code]


def is_unit(written: str) -> bool:
    """Whether this is a unit of anything."""
    return any(tidy(written) in table for table in _RULES.values())


def is_exact(code: str, written: str) -> bool:
    """Whether every decimal in `written` is one in `code` as well."""
    factor, offset = _RULES[code][tidy(written)]
    return _terminates(factor.denominator) and _terminates(offset.denominator)


def convert(number: Decimal, code: str, written: str, decimals: int | None = None) -> Decimal:
    """`number` in the unit `written` as one in `code`; half to even where `decimals` says how many to keep.

    A number that is in `code` already stays as it is written. Raises: MalformedInput.
    """
    rule = _RULES[code].get(tidy(written))
    if rule is None:
        raise MalformedInput(
            f"{written[:40]} cannot be brought into {code}. Known are {', '.join(known(code))}.",
            rule="unit", clause=_CLAUSE,
        )  # fmt: skip
    if rule == _SAME and decimals is None:
        return number
    exact = Fraction(number) * rule[0] + rule[1]
    if decimals is not None:
        return _plain(Fraction(round(exact * 10**decimals), 10**decimals))
    scaled = exact * 10**MOST_DECIMALS
    if scaled.denominator != 1:
        raise MalformedInput(
            f"A number in {written[:40]} has no exact decimal in {code}: say with `round` how many decimals"
            " are kept.",
            rule="exact", clause=_CLAUSE,
        )  # fmt: skip
    return _plain(exact)


def _plain(exact: Fraction) -> Decimal:
    """A fraction that has a decimal of at most 12 places, without zeros at its end."""
    scaled = exact * 10**MOST_DECIMALS
    sign, digits = scaled.numerator < 0, str(abs(scaled.numerator))
    whole = Decimal((int(sign), tuple(map(int, digits)), -MOST_DECIMALS))
    text = format(whole, "f").rstrip("0").rstrip(".")
    return Decimal(text if text not in ("", "-0", "-") else "0")


def _terminates(denominator: int) -> bool:
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1
