"""Geometry of the passport's charts: positions and words, no markup.

Bars carry shares of the longest; a line chart carries points inside a fixed view box. Every chart has a
sentence that says what it shows and a table with the signed values, so nothing hangs on seeing it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from app.core import display, times

WIDTH: Final = 420
HEIGHT: Final = 200
LEFT: Final = 44
RIGHT: Final = 12
TOP: Final = 14
BOTTOM: Final = 26
Scale = Callable[[Decimal], float]
_YEAR_S: Final = 365.2425 * 86_400
_MOST_BARS: Final = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """`length` is 0..100 of the longest bar; `share` is the part of the whole in per cent, as text."""

    name: str
    value: str
    share: str
    length: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars. `unit` belongs to every value and to `total`."""

    id: str
    title: str
    summary: str
    unit: str
    total: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One reading: where it lies, and what the table says of it."""

    x: float
    y: float
    when: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """One quantity over time in the view box WIDTH x HEIGHT. `limit`: path of the guarantee, or empty."""

    id: str
    title: str
    summary: str
    unit: str
    points: tuple[Point, ...]
    path: str
    limit: str
    limit_text: str
    limit_at: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def decimal(value: Any) -> Decimal | None:
    """The number behind a signed text or whole number; None where it is neither."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def bar_chart(
    chart_id: str,
    title: str,
    unit: str,
    parts: Sequence[tuple[str, Any, str]],
    *,
    what: str,
    sort: bool = False,
) -> BarChart | None:
    """Parts of a whole as bars, from (name, value, note). None with fewer than two positive parts.

    `what` begins the sentence, as in "Most of WHAT comes from ...". With `sort`, the largest comes first and
    everything beyond ten parts is one bar.
    """
    known = [(name, number, note) for name, value, note in parts if (number := decimal(value)) is not None]
    known = [part for part in known if part[1] > 0]
    if len(known) < 2:
        return None
    if sort:
        known.sort(key=lambda part: -part[1])
        if len(known) > _MOST_BARS:
            rest = known[_MOST_BARS - 1 :]
            known = [
                *known[: _MOST_BARS - 1],
                (f"{len(rest)} others", sum((p[1] for p in rest), Decimal(0)), ""),
            ]
    total = sum((part[1] for part in known), Decimal(0))
    longest = max(known, key=lambda part: part[1])
    bars = tuple(
        Bar(
            name,
            display.number(number),
            _percent(number, total),
            round(float(100 * number / longest[1]), 2),
            note,
        )
        for name, number, note in known
    )
    summary = f"{what}: {longest[0]}, {_percent(longest[1], total)}."
    return BarChart(chart_id, title, summary, unit, display.number(total), bars)


def _percent(part: Decimal, whole: Decimal) -> str:
    share = 100 * part / whole
    return f"{share:.0f}\u00a0%" if share >= 1 else "under 1\u00a0%"


def line_chart(
    chart_id: str,
    title: str,
    unit: str,
    readings: Sequence[Mapping[str, Any]],
    member: str,
    *,
    guarantee: Sequence[tuple[float, Decimal]] = (),
    start: datetime | None = None,
    floor: Decimal | None = None,
    name: str,
) -> LineChart | None:
    """One member of dated readings over time. None with fewer than two readings.

    `guarantee` holds (years from `start`, least value until then), as the warranty promises it.
    `floor` None: the scale ends below the lowest value; else it ends there.
    """
    known = _known(readings, member)
    if len(known) < 2:
        return None
    begin = min(known[0][0], start) if start else known[0][0]
    end = known[-1][0]
    span = max((end - begin).total_seconds(), 1.0)
    values = [value for _, value, _ in known]
    years = _age(start or begin, end)
    guarantee = _within(guarantee, years)
    bounds = [*values, *(limit for _, limit in guarantee)]
    low, high, steps = _scale(min(bounds) if floor is None else floor, max(bounds))

    def x(moment: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (moment - begin).total_seconds() / span, 1)

    def y(value: Decimal) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * float((high - value) / (high - low)), 1)

    points = tuple(
        Point(x(when), y(value), display.date(_day(when)), display.number(value), source)
        for when, value, source in known
    )
    limit, limit_text, limit_at = _limit(guarantee, years, y)
    last = points[-1]
    summary = f"{name} {last.value}{_unit(unit)} on {last.when}, from {points[0].value}{_unit(unit)}"
    if guarantee and limit_text:
        promised = next((value for until, value in guarantee if until >= years), None)
        if promised is not None:
            side = "above" if values[-1] >= promised else "below"
            summary += f"; {side} the guaranteed {display.number(promised)}{_unit(unit)}"
    return LineChart(
        chart_id,
        title,
        summary + ".",
        unit,
        points,
        "M" + "L".join(f"{point.x} {point.y}" for point in points),
        limit,
        limit_text,
        limit_at,
        _months(begin, end, x),
        tuple(Tick(y(step), display.number(step)) for step in steps),
    )


def _known(readings: Sequence[Mapping[str, Any]], member: str) -> list[tuple[datetime, Decimal, str]]:
    found = []
    for reading in readings:
        value = decimal(reading.get(member))
        try:
            when = times.parse(str(reading.get("observedAt", "")))
        except ValueError:
            continue
        if value is not None:
            found.append((when, value, str(reading.get("source", ""))))
    return sorted(found, key=lambda reading: reading[0])


def _age(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / _YEAR_S


def _within(guarantee: Sequence[tuple[float, Decimal]], years: float) -> list[tuple[float, Decimal]]:
    """Steps of the guarantee that begin before the time shown ends, in order."""
    steps = sorted(guarantee, key=lambda step: step[0])
    begins = [0.0, *(until for until, _ in steps)]
    return [step for begin, step in zip(begins, steps, strict=False) if begin < years]


def _unit(unit: str) -> str:
    return f"\u00a0{unit}" if unit else ""


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _scale(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal, list[Decimal]]:
    """Round bounds around the values, and three to six even steps between them."""
    span = max(high - low, Decimal(1))
    size = Decimal(10) ** (span.adjusted())
    step = next(size * factor for factor in _STEPS if span / (size * factor) <= 4)
    bottom = (low // step) * step
    top = -((-high) // step) * step
    if top == bottom:
        top += step
    count = int((top - bottom) / step)
    return bottom, top, [bottom + step * at for at in range(count + 1)]


_STEPS: Final = (Decimal("0.5"), Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


def _limit(steps: Sequence[tuple[float, Decimal]], years: float, y: Scale) -> tuple[str, str, float]:
    """A stair from the left edge to the right one; empty where nothing is promised for the time shown."""
    path, begin, level = "", 0.0, Decimal(0)
    for until, level in steps:
        first = LEFT + (WIDTH - LEFT - RIGHT) * begin / years
        last = LEFT + (WIDTH - LEFT - RIGHT) * min(until, years) / years
        path += f"{'L' if path else 'M'}{first:.1f} {y(level)}L{last:.1f} {y(level)}"
        begin = until
    return (path, f"Guaranteed {display.number(level)} %", y(level)) if path else ("", "", 0.0)


def _months(begin: datetime, end: datetime, x: Callable[[datetime], float]) -> tuple[Tick, ...]:
    """First, middle and last month of the time shown."""
    middle = begin + (end - begin) / 2
    names = [display.month(moment.year, moment.month) for moment in (begin, middle, end)]
    ticks = [Tick(x(moment), name) for moment, name in zip((begin, middle, end), names, strict=True)]
    return tuple(tick for at, tick in enumerate(ticks) if names.index(tick.text) == at)
