"""From a signed value to what a person reads: numbers, dates, periods, places, words.

Nothing is computed or rounded: the digits shown are the digits signed, only grouped.
English; the one place a second language would replace.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

NARROW_SPACE: Final = "\u202f"
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

WORDS: Final[Mapping[str, str]] = {
    "ev": "Electric vehicle battery",
    "lmt": "Light means of transport battery",
    "stationary": "Stationary storage battery",
    "industrial": "Industrial battery",
    "original": "Original",
    "repurposed": "Repurposed",
    "re-used": "Re-used",
    "remanufactured": "Remanufactured",
    "waste": "Waste",
    "item": "This one battery",
    "batch": "A batch",
    "model": "A model",
}
"""Plain words for the codes of enumerations."""

_COUNTRIES: Final[Mapping[str, str]] = dict(
    re.findall(
        r"(\w\w)=([^;]+)",
        "AT=Austria;BE=Belgium;BG=Bulgaria;CY=Cyprus;CZ=Czechia;DE=Germany;DK=Denmark;EE=Estonia;ES=Spain;"
        "FI=Finland;FR=France;GR=Greece;HR=Croatia;HU=Hungary;IE=Ireland;IT=Italy;LT=Lithuania;LU=Luxembourg;"
        "LV=Latvia;MT=Malta;NL=Netherlands;PL=Poland;PT=Portugal;RO=Romania;SE=Sweden;SI=Slovenia;SK=Slovakia;"
        "CH=Switzerland;IS=Iceland;LI=Liechtenstein;NO=Norway;GB=United Kingdom;UA=Ukraine;TR=Türkiye;"
        "RS=Serbia;MA=Morocco;US=United States;CA=Canada;MX=Mexico;BR=Brazil;CL=Chile;AR=Argentina;CN=China;"
        "JP=Japan;"
        "KR=South Korea;TW=Taiwan;IN=India;ID=Indonesia;TH=Thailand;VN=Vietnam;MY=Malaysia;AU=Australia;"
        "ZA=South Africa;CD=DR Congo;ZM=Zambia;PH=Philippines",
    )
)

_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?\Z")
_DATE: Final = re.compile(
    r"(\d{4})-(\d\d)(?:-(\d\d))?(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?\Z"
)
_PERIOD: Final = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z"
)
_PERIOD_WORDS: Final = ("year", "month", "week", "day", "hour", "minute", "second")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACRONYMS: Final = {"url": "URL", "id": "ID", "so c": "SoC", "soc": "SoC", "cas": "CAS"}


def number(value: Any) -> str:
    """The digits as signed, the whole part in groups of three from five digits on; minus as a minus sign."""
    text = str(value)
    if len(text) < 5:
        return text.replace("-", "−")
    if not _NUMBER.match(text):
        return text
    sign, text = ("−", text[1:]) if text[0] == "-" else ("", text)
    whole, point, rest = text.partition(".")
    if len(whole) > 4:
        head = len(whole) % 3
        groups = [whole[:head]] if head else []
        groups += [whole[start : start + 3] for start in range(head, len(whole), 3)]
        whole = NARROW_SPACE.join(groups)
    return f"{sign}{whole}{point}{rest}"


@lru_cache(maxsize=4096)
def date(text: str) -> str:
    """`2026-09` to `September 2026`, `2026-09-03` to `3 September 2026`, a time with its zone after it."""
    found = _DATE.match(text)
    if not found or not 1 <= int(found[2]) <= 12:
        return text
    year, month, day, clock, zone = found.groups()
    written = f"{_MONTHS[int(month) - 1]} {year}"
    if day:
        written = f"{int(day)} {written}"
    if clock:
        written = f"{written}, {clock} {'UTC' if zone in (None, 'Z') else zone}"
    return written


def month(year: int, number: int) -> str:
    """`Sep 2026`, for an axis."""
    return f"{_MONTHS[number - 1][:3]} {year}"


@lru_cache(maxsize=256)
def period(text: str) -> str:
    """`P8Y` to `8 years`, `P2Y6M` to `2 years 6 months`."""
    found = _PERIOD.match(text)
    parts = [
        f"{count} {word}{'' if count == '1' else 's'}"
        for count, word in zip(found.groups() if found else (), _PERIOD_WORDS, strict=False)
        if count
    ]
    return " ".join(parts) or text


@lru_cache(maxsize=1024)
def member_name(name: str) -> str:
    """A camel-case member as words: `nameOfSupplier` to `Name of supplier`."""
    words = _CAMEL.sub(" ", name).split(" ")
    text = " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)
    for wrong, right in _ACRONYMS.items():
        text = re.sub(rf"\b{wrong}\b", right, text)
    return text[:1].upper() + text[1:]


def country(code: str) -> str:
    """The country's English name, or the code where it is none of those a battery usually names."""
    return _COUNTRIES.get(code, code)


_ADDRESS: Final = ("streetAddress", "postalCode", "locality", "city", "addressLocality", "addressCountry")


def is_address(value: Mapping[str, Any]) -> bool:
    """Whether the object is a postal address: it names a country and holds nothing but address lines."""
    return "addressCountry" in value and value.keys() <= set(_ADDRESS)


def address(value: Mapping[str, Any]) -> str:
    """One line: street, code and place, country."""
    place = " ".join(str(value[name]) for name in _ADDRESS[1:5] if name in value)
    street = str(value.get("streetAddress", ""))
    return ", ".join(part for part in (street, place, country(str(value["addressCountry"]))) if part)


def web_link(value: Any) -> str:
    """The address if a person may be sent there: http and https only (T30); otherwise empty."""
    text = str(value)
    return text if text.lower().startswith(("https://", "http://")) else ""


def word(value: Any) -> str:
    """The plain word for a code; yes and no for a truth value; else the text itself."""
    if value is True:
        return "Yes"
    if value is False:
        return "No"
    text = str(value)
    return WORDS.get(text, text)
