"""Looking back: which moment a day or a time in an address means, and what is told about a bad one."""

from datetime import UTC, datetime

import pytest

from app.core.errors import MalformedDate
from app.core.times import looking_back, to_text

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", "2026-11-01T23:59:59.999999Z"),
        ("2026-11-24", "2026-11-24T08:00:00.000000Z"),  # its end has not come: now
        ("2026-11-01T08:00:00Z", "2026-11-01T08:00:00.000000Z"),
        ("2026-11-01T08:00:00+02:00", "2026-11-01T06:00:00.000000Z"),
        ("0001-01-01", "0001-01-01T23:59:59.999999Z"),
    ],
)
def test_a_day_means_its_end_in_utc_and_a_time_itself(text: str, moment: str):
    assert to_text(looking_back(text, NOW)).rjust(27, "0") == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1.11.2026",
        "2026-02-30",
        "2026-11-25",
        "2026-11-25T00:00:00Z",
        "2026-11-01T08:00:00",
        "2026-1-1",
    ],
)
def test_what_is_no_day_or_has_not_come_is_refused_with_what_to_give(text: str):
    with pytest.raises(MalformedDate, match=r"[Gg]ive"):
        looking_back(text, NOW)
