"""Rounds, ratios and tables.

A machine that others use as well gives other absolute times from one minute to the next. So a candidate and
its floor are timed in turns within each round, mostly as CPU time, and only their ratio within a round
counts; of all rounds the median is told, with the smallest and the largest.
"""

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Unit = Literal["us", "ms", "s", "kB", "MB", "/s", "records", "faults"]
_SCALES = {"us": 1e6, "ms": 1e3, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some measurements, with the extremes."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is to stay within: its ratio to the floor, its own value, or a value to reach."""

    limit: float
    of: Literal["ratio", "value", "at least"] = "ratio"
    unit: str = ""

    def met(self, value: float, ratio: float | None) -> bool:
        if self.of == "ratio":
            return ratio is not None and ratio <= self.limit
        return value <= self.limit if self.of == "value" else value >= self.limit

    def __str__(self) -> str:
        if self.of == "ratio":
            return f"<= {self.limit:g} x"
        return f"{'<=' if self.of == 'value' else '>='} {self.limit:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `ratio` is to the floor of the same run."""

    name: str
    value: Spread
    unit: Unit
    floor: str = ""
    floor_value: float | None = None
    ratio: Spread | None = None
    target: Target | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """None without a target."""
        if self.target is None:
            return None
        return self.target.met(self.value.median, self.ratio.median if self.ratio else None)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one benchmark, with what was learnt beside them."""

    title: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = field(default=())


Contender = Callable[[], float]
"""Does its work once and returns what it cost a call, in seconds."""


def cpu(call: Callable[[], object], times: int) -> Contender:
    """CPU seconds of this process for one of `times` calls. The collector runs before, not in between: a
    benchmark makes no more garbage than a server, but at other moments."""

    def run() -> float:
        gc.collect()
        begun = time.process_time()
        for _ in range(times):
            call()
        return (time.process_time() - begun) / times

    return run


def rounds(contenders: Mapping[str, Contender], count: int) -> dict[str, list[float]]:
    """Each contender once a round, beginning with another one each time. The first round warms up."""
    names = list(contenders)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(count + 1):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            cost = contenders[name]()
            if turn:
                found[name].append(cost)
    return found


def figure(
    costs: Mapping[str, Sequence[float]],
    name: str,
    floor: str,
    *,
    unit: Unit = "us",
    target: Target | None = None,
    label: str | None = None,
    note: str = "",
) -> Figure:
    """`costs[name]` beside `costs[floor]`, round by round; unit `/s` turns the cost into a rate."""
    own, least = costs[name], costs[floor]

    def scaled(seconds: float) -> float:
        return 1 / seconds if unit == "/s" else seconds * _SCALES[unit]

    return Figure(
        name=label or name,
        value=Spread.of([scaled(one) for one in own]),
        unit=unit,
        floor=floor,
        floor_value=statistics.median(scaled(one) for one in least),
        ratio=Spread.of([one / other for one, other in zip(own, least, strict=True)]),
        target=target,
        note=note,
    )


def markdown(groups: Sequence[Group]) -> str:
    """The same for docs/benchmarks.md."""
    lines = []
    for group in groups:
        lines += ["", f"### {group.title}", "", "| | measured | x floor (min-max) | floor | target | |"]
        lines.append("|---|---|---|---|---|---|")
        for one in group.figures:
            ratio = ""
            if one.ratio:
                ratio = (
                    f"**{_number(one.ratio.median)}** ({_number(one.ratio.least)}-{_number(one.ratio.most)})"
                )
            floor = "" if one.floor_value is None else f"{one.floor}: {_number(one.floor_value)} {one.unit}"
            told = {True: "met", False: "**missed**", None: ""}[one.met]
            value = f"{_number(one.value.median)} {one.unit}"
            lines.append(f"| {one.name} | {value} | {ratio} | {floor} | {one.target or ''} | {told} |")
        notes = [one.note for one in group.figures if one.note] + list(group.notes)
        lines += ["", *(f"- {note}" for note in notes)] if notes else []
    return "\n".join(lines)


def table(groups: Sequence[Group]) -> str:
    """Every figure on one line, for a terminal."""
    lines = []
    for group in groups:
        rows = [("", "", "", "x floor", "(min-max)", "floor", "target", "")]
        for one in group.figures:
            floor_value = "" if one.floor_value is None else f"{_number(one.floor_value)} {one.floor}"
            rows.append(
                (
                    one.name,
                    _number(one.value.median),
                    one.unit,
                    _number(one.ratio.median) if one.ratio else "",
                    f"({_number(one.ratio.least)}-{_number(one.ratio.most)})" if one.ratio else "",
                    floor_value,
                    str(one.target) if one.target else "",
                    {True: "met", False: "MISSED", None: ""}[one.met],
                )
            )
        widths = [max(len(row[column]) for row in rows) for column in range(8)]
        right = (1, 3)
        lines += ["", group.title]
        for row in rows:
            cells = [
                cell.rjust(width) if column in right else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  " + "  ".join(cells).rstrip())
        lines += [f"  - {one.note}" for one in group.figures if one.note]
        lines += [f"  - {note}" for note in group.notes]
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What the figures were taken on, without naming it."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "loadAtTheEnd": load,
    }


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
