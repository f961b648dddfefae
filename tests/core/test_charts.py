"""Geometry of charts: inside the frame, in proportion, and always with words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.core import charts

LOG = [
    {"observedAt": "2027-02-14T09:00:00Z", "stateOfHealth": "100", "fullCycles": 2, "source": "line"},
    {"observedAt": "2029-02-14T09:00:00Z", "stateOfHealth": "97.1", "fullCycles": 262, "source": "workshop"},
    {"observedAt": "2031-02-14T09:00:00Z", "stateOfHealth": "95.9", "fullCycles": 531, "source": "workshop"},
]
START = datetime(2027, 2, 18, tzinfo=UTC)


def health(readings=LOG, **options):
    return charts.line_chart(
        "health", "State of health", "%", readings, "stateOfHealth", name="Health", **options
    )


def test_the_longest_bar_is_full_and_the_others_in_proportion():
    chart = charts.bar_chart("c", "C", "kg", [("a", "20", ""), ("b", "5", "")], what="Most")
    assert [bar.length for bar in chart.bars] == [100, 25]
    assert [bar.share for bar in chart.bars] == ["80\u00a0%", "20\u00a0%"]
    assert (chart.total, chart.summary) == ("25", "Most: a, 80\u00a0%.")


@pytest.mark.parametrize(
    "parts", [[], [("a", "1", "")], [("a", "1", ""), ("b", None, "")], [("a", "x", ""), ("b", "0", "")]]
)
def test_no_bars_for_fewer_than_two_parts(parts):
    assert charts.bar_chart("c", "C", "kg", parts, what="Most") is None


def test_many_parts_end_in_one_bar_for_the_rest():
    parts = [(f"m{at}", str(at + 1), "") for at in range(14)]
    chart = charts.bar_chart("c", "C", "kg", parts, what="Most", sort=True)
    assert len(chart.bars) == 10
    assert (chart.bars[0].name, chart.bars[-1].name, chart.bars[-1].value) == ("m13", "5 others", "15")


def test_points_lie_inside_the_frame_in_order_of_time():
    chart = health(list(reversed(LOG)))
    assert [point.value for point in chart.points] == ["100", "97.1", "95.9"]
    assert all(charts.LEFT <= point.x <= charts.WIDTH - charts.RIGHT for point in chart.points)
    assert all(charts.TOP <= point.y <= charts.HEIGHT - charts.BOTTOM for point in chart.points)
    assert chart.points[0].y < chart.points[-1].y


def test_the_guarantee_is_a_stair_that_ends_where_the_readings_end():
    chart = health(guarantee=[(3.0, Decimal(90)), (8.0, Decimal(70))], start=START)
    assert chart.limit.count("L") == 3
    assert chart.limit.endswith(f"{charts.WIDTH - charts.RIGHT:.1f} {chart.limit_at}")
    assert "above the guaranteed 70\u00a0%" in chart.summary


def test_below_the_guarantee_is_said_in_words():
    worn = [*LOG[:2], LOG[2] | {"stateOfHealth": "61.5"}]
    assert (
        "below the guaranteed 70\u00a0%" in health(worn, guarantee=[(8.0, Decimal(70))], start=START).summary
    )


@pytest.mark.parametrize("readings", [[], LOG[:1], [LOG[0], {"observedAt": "soon", "stateOfHealth": "9"}]])
def test_no_line_for_fewer_than_two_readings(readings):
    assert health(readings) is None


def test_readings_at_one_moment_or_of_one_value_still_draw():
    same = [LOG[0], LOG[0]]
    chart = health(same)
    assert all(point.x == charts.LEFT for point in chart.points)
    assert len(chart.y_ticks) >= 2


def test_counts_start_at_zero():
    chart = charts.line_chart("n", "Cycles", "", LOG, "fullCycles", name="Cycles", floor=Decimal(0))
    assert chart.y_ticks[0].text == "0"
    assert chart.summary == "Cycles 531 on 14 February 2031, from 2."


@pytest.mark.parametrize("value", [True, None, "NaN", "Infinity", "", "1e", [], 1.5])
def test_what_is_no_signed_number_is_no_number(value):
    assert charts.decimal(value) is None
