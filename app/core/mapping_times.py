"""Local days and times in the form that a plant writes them, as UTC in the form that records take.

A format is written with YYYY YY MM M DD D HH H hh h mm ss f A Z and the marks between them; or `iso`, `unix`,
`unix-ms`, `excel` (days since 1899-12-30). An hour that the autumn clock strikes twice is taken as the
earlier one; one that the spring clock leaves out is refused.
Source: IANA time zones; ISO 8601; ECMA-376 18.17.4 (serial days).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from app.core.errors import MalformedInput

_KEPT: Final = 1_024
NAMED: Final = ("iso", "unix", "unix-ms", "excel")
_CLAUSE: Final = "docs/mapping.md, times"
_TOKENS: Final = re.compile(r"YYYY|YY|MM|M|DD|D|HH|H|hh|h|mm|ss|f|A|Z")
_PATTERNS: Final = {
    "YYYY": r"(?P<year>\d{4})", "YY": r"(?P<year>\d{2})", "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})", "DD": r"(?P<day>\d{2})", "D": r"(?P<day>\d{1,2})", "HH": r"(?P<hour>\d{2})",
    "H": r"(?P<hour>\d{1,2})", "hh": r"(?P<hour>\d{2})", "h": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})", "ss": r"(?P<second>\d{2})", "f": r"(?P<fraction>\d{1,9})",
    "A": r"(?P<half>[AaPp][Mm])",
    "Z": r"(?P<zone>Z|[+-]\d{2}:?\d{2})",
}  # fmt: skip
_ISO: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_EXCEL_EPOCH: Final = datetime(1899, 12, 30)
_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Form:
    """A format that was read. `has_time` and `has_zone` say what its texts carry."""

    text: str
    has_day: bool
    has_time: bool
    has_zone: bool


def form(text: str) -> Form:
    """Raises: MalformedInput for a format that names no month, or one part twice."""
    if text in NAMED:
        return Form(text, True, True, text.startswith("unix"))
    names = [next(iter(re.findall(r"<(\w+)>", _PATTERNS[token]))) for token in _TOKENS.findall(text)]
    if not {"year", "month"} <= set(names) or len(set(names)) != len(names):
        raise MalformedInput(
            "A format has a year and a month, and each part once, such as DD.MM.YYYY HH:mm:ss;"
            f" or it is one of {', '.join(NAMED)}.",
            rule="format", clause=_CLAUSE,
        )  # fmt: skip
    return Form(text, "day" in names, "hour" in names and "day" in names, "zone" in names)


@cache
def zone(name: str) -> tzinfo:
    """Raises: MalformedInput for a zone that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise MalformedInput(
            f"There is no time zone {name[:60]} on this machine. Write it as Europe/Berlin, or UTC.",
            rule="zone", clause=_CLAUSE,
        ) from None  # fmt: skip


def day(text: str, given: Form, of: str | None) -> str:
    """`YYYY-MM-DD`: the day as it is written; for a moment with its zone, the day there."""
    if given.text.startswith("unix"):
        return _moment(text, given).astimezone(_zone(of)).date().isoformat()
    if given.text == "excel":
        return _excel(text).date().isoformat()
    parts = _parts(text, given)
    return _date(parts).isoformat()


def year_month(text: str, given: Form, of: str | None) -> str:
    """`YYYY-MM`."""
    if given.text in NAMED or given.has_day:
        return day(text, given, of)[:7]
    parts = _parts(text, given)
    return _date({**parts, "day": "1"}).isoformat()[:7]


def moment(text: str, given: Form, of: str | None) -> str:
    """`YYYY-MM-DDThh:mm:ssZ`, in UTC, with the fraction where one is written. Raises: MalformedInput."""
    if given.text.startswith("unix"):
        return _written(_moment(text, given))
    if given.text == "excel":
        return _written(_utc(_excel(text), of))
    parts = _parts(text, given)
    if "hour" not in parts:
        raise _refused("a day without a time stands where a time is asked for")
    found = _date(parts)
    hour, half = int(parts["hour"]), parts.get("half", "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise _refused("an hour with AM or PM is one from 1 to 12")
        hour = hour % 12 + (12 if half == "pm" else 0)
    fraction = parts.get("fraction", "")
    try:
        local = datetime(
            found.year, found.month, found.day, hour, int(parts.get("minute", "0")),
            int(parts.get("second", "0")), int(fraction[:6].ljust(6, "0") or "0"),
        )  # fmt: skip
    except ValueError:
        raise _refused("no clock has this time") from None
    offset = parts.get("zone")
    if offset is None:
        return _written(_utc(local, of))
    if offset == "Z":
        return _written(local.replace(tzinfo=UTC))
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    shift = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
    return _written((local - shift).replace(tzinfo=UTC))


def _written(found: datetime) -> str:
    text = found.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return text.rstrip("0").removesuffix(".") + "Z"


def _utc(local: datetime, of: str | None) -> datetime:
    known = _zone(of)
    aware = local.replace(tzinfo=known)
    if aware.astimezone(UTC).astimezone(known).replace(tzinfo=None) != local:
        raise _refused(f"the clock of {of} leaves this hour out (summer time begins)")
    return aware.astimezone(UTC)


def _zone(of: str | None) -> tzinfo:
    if of is None:
        raise _refused("the time has no zone: declare the zone of the file, such as Europe/Berlin")
    return zone(of)


def _parts(text: str, given: Form) -> dict[str, str]:
    found = (_ISO if given.text == "iso" else _pattern(given.text)).fullmatch(text)
    if found is None:
        wanted = "2027-02-18 or 2027-02-18T08:00:00" if given.text == "iso" else given.text
        raise _refused(f"it is not written as {wanted}")
    parts = {name: part for name, part in found.groupdict().items() if part is not None}
    if len(parts["year"]) == 2:
        parts["year"] = f"20{parts['year']}"
    return parts


@lru_cache(_KEPT)
def _pattern(text: str) -> re.Pattern[str]:
    out, last = [], 0
    for token in _TOKENS.finditer(text):
        out += [re.escape(text[last : token.start()]), _PATTERNS[token.group()]]
        last = token.end()
    return re.compile("".join([*out, re.escape(text[last:])]), re.ASCII)


def _date(parts: dict[str, str]) -> date:
    if "day" not in parts:
        raise _refused("the day is missing")
    try:
        if not 1900 <= int(parts["year"]) <= 2199:
            raise ValueError
        return date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
    except ValueError:
        raise _refused("no calendar has this day") from None


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise _refused("a number is asked for") from None
    if not found.is_finite() or abs(found) > 10**15:
        raise _refused("a number is asked for")
    return found


def _moment(text: str, given: Form) -> datetime:
    micros = _number(text) * (1000 if given.text == "unix-ms" else 1_000_000)
    return _UNIX_EPOCH + _span(int(micros))


def _excel(text: str) -> datetime:
    # A spreadsheet's day has fractions of binary origin: the nearest millisecond is what was typed.
    return _shifted(_EXCEL_EPOCH, int((_number(text) * 86_400_000).to_integral_value()) * 1000)


def _span(micros: int) -> timedelta:
    if abs(micros) > 10**17:
        raise _refused("no calendar has this day")
    return timedelta(microseconds=micros)


def _shifted(start: datetime, micros: int) -> datetime:
    try:
        return start + _span(micros)
    except OverflowError:
        raise _refused("no calendar has this day") from None


def _refused(why: str) -> MalformedInput:
    return MalformedInput(f"The time cannot be read: {why}.", rule="time", clause=_CLAUSE)
