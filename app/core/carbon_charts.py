"""Bars of a footprint, where a credit points to the other side of the line: positions and words, no markup.

Beside the bars of `charts`, which are parts of a whole and never negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from app.core import display
from app.core.carbon import Footprint
from app.core.carbon_activity import STAGES, plain
from app.core.carbon_report import STAGE_NAMES

_MOST_BARS: Final = 12
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class SignedBar:
    """`x` and `width` in a view box 100 wide. `share`: of the total, as text; empty where there is none."""

    name: str
    where: str
    value: str
    share: str
    x: float
    width: float
    is_credit: bool


@dataclass(frozen=True, slots=True)
class SignedChart:
    """Bars from one line, `zero`. `unit` belongs to every value and to `total`."""

    id: str
    title: str
    summary: str
    unit: str
    total: str
    zero: float
    bars: tuple[SignedBar, ...]


Part = tuple[str, str, Decimal]
"""Name, where, kilograms."""


def by_stage(footprint: Footprint, mark: str) -> SignedChart | None:
    """The four stages in their order. `mark` tells the charts of two plants apart."""
    parts: list[Part] = [(STAGE_NAMES[stage], "", footprint.stages[stage].kg) for stage in STAGES]
    return _chart(f"stages-{mark}", "By life-cycle stage", "Largest stage", parts, footprint.total.kg)


def by_contributor(footprint: Footprint, mark: str) -> SignedChart | None:
    """The largest lines, alike ones together; what is beyond them is one bar."""
    sums: dict[tuple[str, str], Decimal] = {}
    for term in footprint.terms:
        key = (term.line.name, term.line.where)
        sums[key] = sums.get(key, Decimal(0)) + term.kg
    parts: list[Part] = sorted(
        ((name, where, kg) for (name, where), kg in sums.items()), key=lambda p: (-abs(p[2]), p[0], p[1])
    )
    if len(parts) > _MOST_BARS:
        rest = parts[_MOST_BARS - 1 :]
        parts = [*parts[: _MOST_BARS - 1], (f"{len(rest)} others", "", sum((p[2] for p in rest), Decimal(0)))]
    return _chart(f"contributors-{mark}", "By contributor", "Largest contributor", parts, footprint.total.kg)


def kilograms(value: Decimal) -> str:
    """Rounded to two decimals, for people; the terms tell the rest."""
    rounded = value.quantize(_CENT, ROUND_HALF_EVEN)
    if not rounded and value:
        return f"{'−' if value < 0 else ''}under\u00a00.01"
    return display.number(plain(rounded))


def short(value: Decimal) -> str:
    """Three digits that count: what a footprint is known to at best. The terms and the API tell the rest."""
    if not value:
        return "0"
    step = Decimal(1).scaleb(value.adjusted() - 2)
    return display.number(plain(value.quantize(step, ROUND_HALF_EVEN)))


def _chart(chart_id: str, title: str, what: str, parts: Sequence[Part], total: Decimal) -> SignedChart | None:
    high = max((kg for *_, kg in parts), default=Decimal(0))
    low = min(Decimal(0), min((kg for *_, kg in parts), default=Decimal(0)))
    if high <= 0:
        return None
    span = high - low

    def scaled(kg: Decimal) -> float:
        return round(float(100 * kg / span), 2)

    zero = scaled(-low)
    bars = tuple(
        SignedBar(
            name, where, short(kg), _percent(kg, total),
            round(zero + min(scaled(kg), 0.0), 2), abs(scaled(kg)), kg < 0,
        )
        for name, where, kg in parts
    )  # fmt: skip
    name, _, most = max(parts, key=lambda part: part[2])
    summary = f"{what}: {name}, {_percent(most, total)} of the total." if total else f"{what}: {name}."
    credits_of = [kg for *_, kg in parts if kg < 0]
    if credits_of:
        summary += f" Credits: {short(sum(credits_of, Decimal(0)))} kg CO₂e."
    return SignedChart(chart_id, title, summary, "kg CO₂e", short(total), zero, bars)


def _percent(part: Decimal, whole: Decimal) -> str:
    if not whole:
        return ""
    share = 100 * part / whole
    text = f"{share:.0f}" if abs(share) >= 1 or not share else f"{share:.1f}"
    return f"{text.replace('-', '−')}\u00a0%"
