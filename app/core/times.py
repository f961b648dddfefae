"""Times as text: UTC, always with `Z`. The clock itself is never read here."""

import re
from datetime import UTC, datetime
from typing import Final

_RFC_3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")


def to_seconds(moment: datetime) -> str:
    """`2026-11-24T08:00:00Z`: the form in credentials."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_text(moment: datetime) -> str:
    """`2026-11-24T08:00:00.000000Z`: the form in the store; texts order as the times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """A date-time with zone (RFC 3339; xsd:dateTimeStamp). Raises: ValueError."""
    if not _RFC_3339.fullmatch(text):
        raise ValueError("not a date-time with zone, such as 2026-11-24T08:00:00Z")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError("a year that no calendar here reaches") from None
