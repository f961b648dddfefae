"""Times as text: UTC, always with `Z`. The clock itself is never read here."""

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final

from app.core.errors import MalformedDate

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_RFC_3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")


def to_seconds(moment: datetime) -> str:
    """`2026-11-24T08:00:00Z`: the form in credentials."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:-6] + "Z"


@lru_cache(maxsize=256)
def to_text(moment: datetime) -> str:
    """`2026-11-24T08:00:00.000000Z`: the form in the store; texts order as the times do."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def looking_back(text: str, now: datetime) -> datetime:
    """The moment that a reader looks back to: a day means its end in UTC, today means now.

    Raises: MalformedDate.
    """
    try:
        if _DAY.fullmatch(text):
            moment = datetime.combine(date.fromisoformat(text), time.max, UTC)
        else:
            moment = parse(text)
    except ValueError:
        raise MalformedDate(
            "Give a day, such as 2026-11-01, or a time with its zone, such as 2026-11-01T08:00:00Z.",
            pointer="/at",
            rule="date",
        ) from None
    if moment.date() > now.astimezone(UTC).date():
        raise MalformedDate(
            "That day has not come yet: give today or a day before it.", pointer="/at", rule="date"
        )
    return min(moment, now)


def parse(text: str) -> datetime:
    """A date-time with zone (RFC 3339; xsd:dateTimeStamp). Raises: ValueError."""
    if not _RFC_3339.fullmatch(text):
        raise ValueError("not a date-time with zone, such as 2026-11-24T08:00:00Z")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError("a year that no calendar here reaches") from None
