"""Words of foreign formats for what our catalogue lists: units, categories, states, countries.

Compared without case, blanks, hyphens and underscores. Source: the formats' own enumerations; UCUM; QUDT and
UN/ECE Recommendation 20 codes; ISO 3166-1.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_PLAIN: Final = re.compile(r"[\s_-]+")


def plain(text: str) -> str:
    """A word without what differs between tools."""
    return _PLAIN.sub("", text).casefold()


Factor = tuple[Decimal, Decimal]
"""`value x first + second`: exact."""


def _times(text: str, plus: str = "0") -> Factor:
    return Decimal(text), Decimal(plus)


SAME: Final[Factor] = _times("1")

CONVERSIONS: Final[Mapping[tuple[str, str], Factor]] = {
    ("g", "kg"): _times("0.001"),
    ("mg", "kg"): _times("0.000001"),
    ("t", "kg"): _times("1000"),
    ("mAh", "Ah"): _times("0.001"),
    ("Wh", "kWh"): _times("0.001"),
    ("MWh", "kWh"): _times("1000"),
    ("kW", "W"): _times("1000"),
    ("MW", "W"): _times("1000000"),
    ("mV", "V"): _times("0.001"),
    ("kV", "V"): _times("1000"),
    ("mohm", "ohm"): _times("0.001"),
    ("uohm", "ohm"): _times("0.000001"),
    ("K", "Cel"): _times("1", "-273.15"),
    ("ppm", "%"): _times("0.0001"),
    ("permille", "%"): _times("0.1"),
    ("fraction", "%"): _times("100"),
    ("%", "W/Wh"): _times("0.01"),
    ("h", "min"): _times("60"),
    ("d", "min"): _times("1440"),
    ("g CO2e/kWh", "kg CO2e/kWh"): _times("0.001"),
    ("t CO2e", "kg CO2e"): _times("1000"),
    ("g CO2e", "kg CO2e"): _times("0.001"),
}

_UNIT_WORDS: Final = {
    "kg": "kg kilogram kilograms KGM",
    "g": "g gram grams GRM",
    "mg": "mg milligram MGM",
    "t": "t tonne tonnes ton metricton TNE",
    "Ah": "Ah A.h A·h amperehour amperehours AMH",
    "mAh": "mAh mA.h milliamperehour milliamperehours miliamperehour E09",
    "kWh": "kWh kW.h kilowatthour kilowatthours KWH",
    "Wh": "Wh W.h watthour watthours WHR",
    "MWh": "MW.h megawatthour megawatthours MWH",
    "W": "W watt watts WTT",
    "kW": "kW kilowatt kilowatts KWT",
    "MW": "megawatt megawatts MAW",
    "V": "V volt volts VLT",
    "mV": "mV millivolt millivolts 2Z",
    "kV": "kV kilovolt kilovolts KVT",
    "ohm": "ohm ohms Ω Ω OHM",
    "mohm": "mohm milliohm milliohms mΩ mΩ E45",
    "uohm": "uohm microohm microohms µΩ μΩ B94",
    "Cel": "Cel °C ℃ degC degreecelsius degreescelsius celsius CEL",
    "K": "K kelvin KEL",
    "%": "% percent percentage pct P1",
    "permille": "‰ permille perthousand NX",
    "ppm": "ppm partpermillion partspermillion 59",
    "fraction": "one fraction unitless C62",
    "1": "1 number count",
    "%/month": "%/month %/mo percentpermonth %/m",
    "W/Wh": "W/Wh W/W.h wattperwatthour",
    "A/Ah": "A/Ah A/A.h 1/h ampereperamperehour C",
    "cycles": "cycle cycles {cycle}",
    "a": "a year years yr ANN",
    "min": "min minute minutes minuteunitoftime MIN",
    "h": "h hour hours HUR",
    "d": "d day days DAY",
    "month": "month months MON",
    "week": "week weeks WEE",
    "N.m": "N.m N·m newtonmetre NU",
    "km": "km kilometre KMT",
    "kg CO2e/kWh": (
        "kgco2e/kwh kgco2eq/kwh kgco2/kwh kgco2equivalent/kwh kgco₂e/kwh kg{co2e}/kw.h"
        " kgco2equivalentperkilowatthour kilogramco2equivalentperkilowatthour"
    ),
    "g CO2e/kWh": "gco2e/kwh gco2eq/kwh gco2/kwh",
    "kg CO2e": "kgco2e kgco2eq kgco2 kgco₂e kg{co2e} kgco2equivalent kilogramco2equivalent",
    "g CO2e": "gco2e gco2eq gco2",
    "t CO2e": "tco2e tco2eq tco2",
}
_AS_WRITTEN: Final = {word: code for code, words in _UNIT_WORDS.items() for word in words.split()}
_BY_PLAIN: Final = {
    plain(word): code for code, words in _UNIT_WORDS.items() for word in words.split() if len(word) > 3
}


def unit_of(text: str) -> str | None:
    """The code of a unit as others write it, or None. Short symbols keep their case: mAh is not MAh."""
    word = text.strip().removeprefix("unit:").rpartition("#")[2]
    if word.casefold().startswith(("http:", "https:", "urn:")):
        word = re.split(r"[/:]", word)[-1]
    return _AS_WRITTEN.get(word.replace(" ", "")) or _BY_PLAIN.get(plain(word))


def factor(given: str, wanted: str) -> Factor | None:
    """How to bring a number from one unit into another, or None."""
    return SAME if given == wanted else CONVERSIONS.get((given, wanted))


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "batteryCategory": {  # in the words of all formats
        "ev": "ev", "evbattery": "ev", "electricvehicle": "ev", "electricvehiclebattery": "ev",
        "electricvehiclebatteries": "ev",
        "lmt": "lmt", "lmtbattery": "lmt", "lightmeansoftransport": "lmt",
        "lightmeansoftransportbattery": "lmt", "lightmeansoftransport(lmt)": "lmt",
        "industrial": "industrial", "industrialbattery": "industrial", "otherindustrial": "industrial",
        "otherindustrialbattery": "industrial", "industrial/other": "industrial",
        "industrial/otherbattery": "industrial", "industrial/otherindustrialbattery": "industrial",
        "stationary": "stationary", "stationarybattery": "stationary", "industrial/stationary": "stationary",
        "industrial/stationarybattery": "stationary", "stationaryenergystorage": "stationary",
        "stationaryindustrialbattery": "stationary", "stationaryindustrial": "stationary",
        "stationarybatteryenergystorage": "stationary",
        "stationarybatteryenergystoragesystem": "stationary",
    },
    "batteryStatus": {
        "original": "original", "repurposed": "repurposed", "reused": "re-used",
        "remanufactured": "remanufactured", "waste": "waste",
    },
    "batteryComponent": {
        "cell": "cell", "batterycell": "cell", "module": "module", "batterymodule": "module",
        "pack": "pack", "batterypack": "pack",
    },
    "carbonFootprintPerformanceClass": {
        **{letter.casefold(): letter for letter in "ABCDEFG"},
        **{f"class{letter}".casefold(): letter for letter in "ABCDEFG"},
        **{f"cfclass{letter}".casefold(): letter for letter in "ABCDEFG"},
    },
}  # fmt: skip


def word_of(name: str, allowed: tuple[str, ...], text: str) -> str | None:
    """The word of ours for an entry of an enumeration, or None. A term's address counts by its last piece."""
    if text in allowed:
        return text
    short = re.split(r"[/#]", text)[-1] if text.startswith(("http://", "https://", "urn:")) else text
    by_plain = {plain(word): word for word in allowed}
    known = _WORDS.get(name, {})
    return known.get(plain(short)) or by_plain.get(plain(short)) or known.get(plain(text))


_COUNTRIES: Final = {
    "AT": "AUT Austria Österreich", "AU": "AUS Australia", "BE": "BEL Belgium", "BG": "BGR Bulgaria",
    "BR": "BRA Brazil", "CA": "CAN Canada", "CH": "CHE Switzerland Schweiz", "CL": "CHL Chile",
    "CN": "CHN China", "CY": "CYP Cyprus", "CZ": "CZE Czechia CzechRepublic",
    "DE": "DEU Germany Deutschland", "DK": "DNK Denmark", "EE": "EST Estonia", "ES": "ESP Spain España",
    "FI": "FIN Finland", "FR": "FRA France", "GB": "GBR UnitedKingdom UK", "GR": "GRC Greece",
    "HR": "HRV Croatia", "HU": "HUN Hungary", "ID": "IDN Indonesia", "IE": "IRL Ireland", "IN": "IND India",
    "IS": "ISL Iceland", "IT": "ITA Italy Italia", "JP": "JPN Japan", "KR": "KOR SouthKorea Korea",
    "LT": "LTU Lithuania", "LU": "LUX Luxembourg", "LV": "LVA Latvia", "MA": "MAR Morocco",
    "MT": "MLT Malta", "MX": "MEX Mexico", "MY": "MYS Malaysia", "NL": "NLD Netherlands",
    "NO": "NOR Norway", "PL": "POL Poland Polska", "PT": "PRT Portugal", "RO": "ROU Romania",
    "RS": "SRB Serbia", "SE": "SWE Sweden", "SI": "SVN Slovenia", "SK": "SVK Slovakia",
    "TH": "THA Thailand", "TR": "TUR Turkey Türkiye", "TW": "TWN Taiwan", "UA": "UKR Ukraine",
    "US": "USA UnitedStates UnitedStatesofAmerica", "VN": "VNM Vietnam", "ZA": "ZAF SouthAfrica",
}  # fmt: skip
_BY_COUNTRY: Final = {
    plain(word): code for code, words in _COUNTRIES.items() for word in (code, *words.split())
}


def country_of(text: str) -> str | None:
    """The two letters of a country that is named, or written with three letters; None if it is not known."""
    two = text.strip()
    if re.fullmatch(r"[A-Z]{2}", two):
        return two
    return _BY_COUNTRY.get(plain(text))
