"""The page of a footprint as rows and words: nothing is decided here, and nothing is markup."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.core import carbon_charts, carbon_report, display
from app.core.carbon import ABSOLUTE_ID, STAGE_IDS, TOTAL_ID, Footprint, Sum, Term
from app.core.carbon_activity import STAGES, Stage, plain
from app.core.carbon_charts import SignedChart, kilograms, short
from app.core.carbon_report import STAGE_NAMES, Note

_ONE: Final = Decimal(1)
_GEOGRAPHY: Final = {"match": "same place", "wider": "wider region", "elsewhere": "elsewhere"}


@dataclass(frozen=True, slots=True)
class TermRow:
    """One product, opened: `quantity` x `factor` = `kg`."""

    name: str
    where: str
    quantity: str
    formula: str
    factor: str
    factor_id: str
    factor_name: str
    kg: str
    is_credit: bool
    amount: str
    source: str
    place: str
    basis: str


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage with its terms; `in_full` has the figures that are rounded elsewhere."""

    name: str
    kg: str
    per_kwh: str
    uncertainty: str
    in_full: str
    terms: tuple[TermRow, ...]


@dataclass(frozen=True, slots=True)
class PlantView:
    """The calculation for one plant."""

    per_kwh: str
    kg: str
    in_full: str
    uncertainty: str
    primary_share: str
    primary_amounts: str
    energy: str
    energy_formula: str
    energy_basis: str
    set_name: str
    set_version: str
    set_digest: str
    set_note: str
    charts: tuple[SignedChart, ...]
    stages: tuple[StageView, ...]
    notes: tuple[Note, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure, declared beside calculated; empty where there is none."""

    name: str
    unit: str
    declared: str
    calculated: str
    difference: str


def plant(footprint: Footprint, mark: str, battery_mass: Decimal | None) -> PlantView:
    """`mark` tells the plants of one page apart."""
    life, factors = footprint.activity.service_life, footprint.factors
    charts = (carbon_charts.by_stage(footprint, mark), carbon_charts.by_contributor(footprint, mark))
    return PlantView(
        per_kwh=short(footprint.total.per_kwh),
        kg=short(footprint.total.kg),
        in_full=_in_full(footprint.total),
        uncertainty=_uncertainty(footprint.total),
        primary_share=_percent(footprint.primary_share),
        primary_amounts=_percent(footprint.primary_amounts),
        energy=short(life.energy),
        energy_formula=life.formula,
        energy_basis=life.basis,
        set_name=factors.name,
        set_version=factors.version,
        set_digest=factors.digest,
        set_note=factors.note,
        charts=tuple(chart for chart in charts if chart is not None),
        stages=tuple(_stage(footprint, stage) for stage in STAGES),
        notes=carbon_report.notes(footprint, battery_mass),
        is_whole=footprint.is_whole,
    )


def compare(declared: Mapping[str, str], footprint: Footprint) -> tuple[Compared, ...]:
    """The figures of the catalogue, declared and calculated, with the difference in per cent."""
    figures = footprint.figures
    names = {
        TOTAL_ID: ("Per kWh of total energy", "kg CO₂e/kWh"),
        **{name: (STAGE_NAMES[stage], "kg CO₂e/kWh") for stage, name in STAGE_IDS.items()},
        ABSOLUTE_ID: ("The whole battery", "kg CO₂e"),
    }
    return tuple(
        Compared(
            name,
            unit,
            display.number(declared[key]) if key in declared else "",
            short(Decimal(figures[key])),
            _difference(declared.get(key), figures[key]),
        )
        for key, (name, unit) in names.items()
    )


def _difference(declared: str | None, calculated: str) -> str:
    if declared is None or not Decimal(declared):
        return ""
    share = 100 * (Decimal(calculated) - Decimal(declared)) / abs(Decimal(declared))
    sign = "+" if share > 0 else "−" if share < 0 else "±"
    return f"{sign}{abs(share):.0f}\u00a0%"


def _stage(footprint: Footprint, stage: Stage) -> StageView:
    found = footprint.stages[stage]
    return StageView(
        name=STAGE_NAMES[stage],
        kg=short(found.kg),
        per_kwh=short(found.per_kwh),
        uncertainty=_in_kilograms(found),
        in_full=_in_full(found),
        terms=tuple(_term(term) for term in footprint.of_stage(stage)),
    )


def _term(term: Term) -> TermRow:
    line, factor = term.line, term.factor
    own = f", ±\u00a0{plain(line.uncertainty)}\u00a0%" if line.uncertainty is not None else ""
    return TermRow(
        name=line.name,
        where=line.where,
        quantity=f"{'−' if line.sign < 0 else ''}{_number(line.quantity)}\u00a0{_unit(line.unit)}",
        formula=line.formula,
        factor=f"{_number(factor.value)}\u00a0{_unit(factor.unit)}",
        factor_id=factor.id,
        factor_name=factor.name,
        kg=kilograms(term.kg),
        is_credit=line.sign < 0,
        amount=f"{line.data_type}{own}",
        source=factor.source,
        place=(
            f"{factor.data_type}, {factor.year}, {factor.geography} for {line.country}"
            f" ({_GEOGRAPHY[carbon_report.geography(term)]}), ±\u00a0{plain(factor.uncertainty)}\u00a0%"
        ),
        basis=factor.basis,
    )


def _in_full(found: Sum) -> str:
    return f"{_number(found.kg)}\u00a0kg\u00a0CO₂e a battery, {_number(found.per_kwh)} per kWh delivered"


def _number(value: Decimal) -> str:
    return display.number(plain(value))


def _unit(code: str) -> str:
    return code.replace("CO2e", "CO₂e").replace("t.km", "t·km")


def _percent(value: Decimal | None) -> str:
    return f"{plain(value)}\u00a0%" if value is not None else "–"


def _in_kilograms(found: Sum) -> str:
    """Of a stage: where credits nearly cancel emissions, per cent of what is left say nothing."""
    if found.uncertainty is None:
        return ""
    half = abs(found.kg) * found.uncertainty / 100
    return f"±\u00a0{short(half.quantize(_ONE) if half >= 10 else half)}\u00a0kg"


def _uncertainty(found: Sum) -> str:
    return f"±\u00a0{plain(found.uncertainty)}\u00a0%" if found.uncertainty is not None else "–"
