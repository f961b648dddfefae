"""Carbon footprint of one battery, from activity data and emission factors to kg CO2e a stage and a kWh.

Every figure is a sum of terms, every term a product: amount x factor. Sums of kilograms are exact. Values per
kWh are rounded to six decimals, the stages by largest remainder, so that what is published adds up. Lines are
sorted, so their order in the record changes nothing, not a byte.

Uncertainty: half of the 95 % interval, errors of amounts taken as independent; terms that use one factor
share its error, so those are added before they are squared. What has no stated uncertainty of the amount is
counted and named, not guessed.

This is no declaration under Art. 7: the acts on the method are pending, and what they will ask for (company-
specific data, data sets of the Commission, circular footprint formula) goes beyond this.

Source: Regulation (EU) 2023/1542, Art. 7 and Annex II (stages; functional unit: one kWh of the total energy
provided over the service life; use phase excluded); IPCC 2006 Guidelines, volume 1, chapter 3.2.3.1.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext
from types import MappingProxyType
from typing import Any, Final

from app.core.carbon_activity import GROUPS_OF_TABLE, PRECISION, STAGES, Activity, Line, Stage, plain
from app.core.carbon_factors import Factor, FactorSet
from app.core.texts import Place

METHOD: Final = "open-battery-passport carbon 1"
"""Changes when the same activity data and factors would give other figures."""

_NONE: Final = Decimal(0)
_PER_KWH: Final = Decimal("0.000001")
_KG: Final = Decimal("0.001")
_TENTH: Final = Decimal("0.1")
_MOST_PER_KWH: Final = 100
_CLAUSE: Final = "Annex II"

TOTAL_ID: Final = "batteryCarbonFootprint"
STAGE_IDS: Final[Mapping[Stage, str]] = MappingProxyType(
    {stage: f"carbonFootprintPerLifecycleStage.{stage}" for stage in STAGES}
)
ABSOLUTE_ID: Final = "absoluteCarbonFootprint"
FIGURES: Final = (TOTAL_ID, *STAGE_IDS.values(), ABSOLUTE_ID)
"""Attributes of the catalogue that a footprint fills, in its order."""


@dataclass(frozen=True, slots=True)
class Term:
    """One product. `kg` is signed: a credit is negative."""

    line: Line
    factor: Factor
    kg: Decimal


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms together. `per_kwh` is rounded; `uncertainty` is in per cent of `kg`, None where that is 0."""

    kg: Decimal
    per_kwh: Decimal
    uncertainty: Decimal | None


@dataclass(frozen=True, slots=True)
class Footprint:
    """The result, with everything that it was made of."""

    activity: Activity
    factors: FactorSet
    terms: tuple[Term, ...]
    stages: Mapping[Stage, Sum]
    total: Sum
    primary_share: Decimal | None
    """Per cent of the emissions, credits counted by their size, whose amount and factor are both primary."""
    primary_amounts: Decimal | None
    """The same for amounts alone."""

    @property
    def is_whole(self) -> bool:
        """Whether every stage has a term: a stage left out would be published as nought."""
        return {term.line.stage for term in self.terms} == set(STAGES)

    def of_stage(self, stage: Stage) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.line.stage == stage)

    @property
    def figures(self) -> dict[str, str]:
        """Values by dotted id of the catalogue, as they are signed."""
        found = {TOTAL_ID: plain(self.total.per_kwh)}
        found |= {name: plain(self.stages[stage].per_kwh) for stage, name in STAGE_IDS.items()}
        return found | {ABSOLUTE_ID: plain(self.total.kg.quantize(_KG, ROUND_HALF_EVEN))}


def calculate(activity: Activity, factors: FactorSet) -> Footprint:
    """The footprint. `factors` must be the set that the activity data names.

    Raises: MalformedInput: an unknown factor, one for something else, or a result that cannot be.
    """
    root = Place("/details", _CLAUSE)
    if (factors.name, factors.version) != activity.factor_set:
        root.at("factorSet").refuse(
            "factor-set", f"The record names another set than {factors.name} {factors.version}."
        )
    with localcontext(prec=PRECISION, rounding=ROUND_HALF_EVEN):
        terms = tuple(sorted((_term(line, factors) for line in activity.lines), key=_order))
        energy = activity.service_life.energy
        per_kwh = _rounded([sum((t.kg for t in terms if t.line.stage == s), _NONE) / energy for s in STAGES])
        stages = {
            stage: _sum([t for t in terms if t.line.stage == stage], rounded)
            for stage, rounded in zip(STAGES, per_kwh, strict=True)
        }
        total = _sum(terms, sum(per_kwh, _NONE))
        if total.kg < 0:
            root.at("endOfLife").refuse("range", "The credits are larger than everything else together.")
        if total.kg / energy > _MOST_PER_KWH:
            root.at("serviceLife").refuse(
                "range", f"More than {_MOST_PER_KWH} kg CO2e a kWh: check the units of amounts and energy."
            )
        measured = [term for term in terms if term.line.data_type == "primary"]
        return Footprint(
            activity=activity,
            factors=factors,
            terms=terms,
            stages=MappingProxyType(stages),
            total=total,
            primary_share=share([t for t in measured if _is_primary(t.factor)], terms),
            primary_amounts=share(measured, terms),
        )


def _term(line: Line, factors: FactorSet) -> Term:
    factor = line.own_factor or _of_set(line, factors)
    return Term(line, factor, line.sign * line.quantity * factor.value)


def _of_set(line: Line, factors: FactorSet) -> Factor:
    place = Place(line.pointer, _CLAUSE).at("factor")
    factor = factors.factors.get(line.factor_id or "")
    if factor is None:
        place.refuse("factor", f"The set {factors.name} {factors.version} has no factor of this id.")
    groups = GROUPS_OF_TABLE[line.table]
    if factor.group not in groups:
        place.refuse("factor", f"This factor is for {factor.group}; {line.table} take one for {groups[0]}.")
    if factor.kind is not None and factor.kind != line.kind:
        place.refuse("factor", f"This factor is for {factor.kind}, the line is about {line.kind}.")
    return factor


def _order(term: Term) -> tuple[Any, ...]:
    """By stage, the largest first; then by everything that tells two terms apart."""
    line = term.line
    return (
        STAGES.index(line.stage), -abs(term.kg), line.table, line.name, line.where, term.factor.id,
        term.factor.source, line.formula, line.country, line.data_type, str(line.uncertainty),
    )  # fmt: skip


def _sum(terms: Iterable[Term], per_kwh: Decimal) -> Sum:
    terms = tuple(terms)
    kg = sum((term.kg for term in terms), _NONE)
    return Sum(kg, per_kwh, _uncertainty(terms, kg))


def _rounded(parts: Sequence[Decimal]) -> list[Decimal]:
    """Each rounded up or down so that together they are their sum, rounded (largest remainder)."""
    down = [part.quantize(_PER_KWH, ROUND_FLOOR) for part in parts]
    lacking = int((sum(parts, _NONE).quantize(_PER_KWH) - sum(down, _NONE)) / _PER_KWH)
    by_remainder = sorted(range(len(parts)), key=lambda at: down[at] - parts[at])
    for at in by_remainder[:lacking]:
        down[at] += _PER_KWH
    return down


def _uncertainty(terms: Iterable[Term], kg: Decimal) -> Decimal | None:
    """(1) errors of amounts, each for itself; (2) errors of factors, each over all terms that use it."""
    if kg == 0:
        return None
    squares = _NONE
    by_factor: dict[tuple[str, str, Decimal], Decimal] = {}
    for term in terms:
        squares += (term.kg * (term.line.uncertainty or 0) / 100) ** 2  # (1)
        key = (term.factor.id, term.factor.source, term.factor.uncertainty)
        by_factor[key] = by_factor.get(key, _NONE) + term.kg
    squares += sum(((u * part / 100) ** 2 for (_, _, u), part in by_factor.items()), _NONE)  # (2)
    return (100 * squares.sqrt() / abs(kg)).quantize(_TENTH)


def _is_primary(factor: Factor) -> bool:
    """A warming potential says how to count a gas, not how well the gas was measured."""
    return factor.data_type == "primary" or factor.group == "gas"


def share(part: Iterable[Term], whole: Iterable[Term]) -> Decimal | None:
    """Per cent of the emissions of `whole`, credits counted by their size; None where there are none."""
    found, total = (sum((abs(term.kg) for term in terms), _NONE) for terms in (part, whole))
    return (100 * found / total).quantize(_TENTH) if total else None
