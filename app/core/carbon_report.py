"""What is told of a footprint: data quality, the result as JSON, its terms as CSV. Numbers are texts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final, Literal

from app.core import csv_cells
from app.core.carbon import METHOD, Footprint, Sum, Term, share
from app.core.carbon_activity import STAGES, Stage, plain

FUNCTIONAL_UNIT: Final = (
    "1 kWh of the total energy that the battery provides over its service life (Annex II)"
)
DISCLAIMER: Final = (
    "A calculation of the maker's, not a carbon footprint declaration under Article 7 of Regulation (EU)"
    " 2023/1542: the Commission's acts on the method are pending, and no notified body has verified it."
)
STAGE_NAMES: Final[dict[Stage, str]] = {
    "rawMaterialExtraction": "Raw material acquisition and pre-processing",
    "mainProduction": "Main product production",
    "distribution": "Distribution",
    "recycling": "End of life and recycling",
}
Geography = Literal["match", "wider", "elsewhere"]

_OLD_YEARS: Final = 5
_EU: Final = frozenset(
    (
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
        "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    )
)  # fmt: skip
_KG: Final = Decimal("0.000001")
_HEADER: Final = (
    "facility", "stage", "table", "name", "where", "quantity", "unit", "formula", "factor", "factorName",
    "factorValue", "factorUnit", "kgCO2e", "amountIs", "factorIs", "amountUncertaintyPercent",
    "factorUncertaintyPercent", "country", "factorGeography", "geography", "factorYear", "factorBasis",
    "factorSource", "factorSet", "factorSetVersion", "factorSetDigest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that weakens the result. `share`: per cent of the emissions it touches, credits by size."""

    code: str
    text: str
    names: tuple[str, ...]
    share: Decimal | None


def geography(term: Term) -> Geography:
    """Whether the factor holds where the thing happens: there, in a wider region, or only elsewhere."""
    found, wanted = term.factor.geography, term.line.country
    if found == wanted:
        return "match"
    return "wider" if found == "GLO" or (found == "EU" and wanted in _EU) else "elsewhere"


def notes(footprint: Footprint, battery_mass: Decimal | None = None) -> tuple[Note, ...]:
    """What is missing and what is weak, the gravest first. `battery_mass` in kg, where the model tells it."""
    year = footprint.activity.year
    found = [
        Note("stage-missing", f"No data for the stage “{STAGE_NAMES[stage]}”: it counts as nought.", (), None)
        for stage in STAGES
        if not footprint.of_stage(stage)
    ]
    if battery_mass:
        found += _mass(footprint, battery_mass)
    touched: tuple[tuple[str, str, Callable[[Term], bool]], ...] = (
        (
            "illustrative",
            "Illustrative factors: defaults of this project without a published source.",
            lambda term: term.factor.basis == "illustrative",
        ),
        (
            "geography",
            "Factors that hold elsewhere than where the thing happens.",
            lambda term: geography(term) == "elsewhere" and term.factor.group != "gas",
        ),
        (
            "old",
            f"Factors whose data is more than {_OLD_YEARS} years older than the activity data ({year}).",
            lambda term: year - term.factor.year > _OLD_YEARS and term.factor.group != "gas",
        ),
        (
            "amount-uncertainty",
            "Amounts without a stated uncertainty: taken as exact, so the total's uncertainty is too small.",
            lambda term: term.line.uncertainty is None,
        ),
        (
            "factor-uncertainty",
            "Factors whose uncertainty is an estimate, not their source's own.",
            lambda term: term.factor.uncertainty_basis == "estimate",
        ),
    )
    for code, text, applies in touched:
        terms = [term for term in footprint.terms if applies(term)]
        if terms:
            names = tuple(dict.fromkeys(term.line.name for term in terms))
            found.append(Note(code, text, names, share(terms, footprint.terms)))
    return tuple(found)


def _mass(footprint: Footprint, battery_mass: Decimal) -> list[Note]:
    used = sum((t.line.quantity for t in footprint.terms if t.line.table == "materials"), Decimal(0))
    percent = 100 * used / battery_mass
    if 90 <= percent <= 200:
        return []
    text = (
        f"The materials weigh {plain(used.quantize(_KG))} kg together, the battery {plain(battery_mass)} kg:"
        f" {percent:.0f} %."
    )
    return [Note("mass", text, (), None)]


def as_dict(footprint: Footprint, battery_mass: Decimal | None = None) -> dict[str, Any]:
    """The result with every term, ready for JSON: the same input gives the same bytes."""
    activity, factors = footprint.activity, footprint.factors
    return {
        "method": METHOD,
        "statement": DISCLAIMER,
        "functionalUnit": FUNCTIONAL_UNIT,
        "facility": activity.facility,
        "country": activity.country,
        "year": activity.year,
        "factorSet": {"name": factors.name, "version": factors.version, "digest": factors.digest},
        "serviceLife": {
            "energyKwh": plain(activity.service_life.energy),
            "formula": activity.service_life.formula,
            "basis": activity.service_life.basis,
        },
        "total": _sum(footprint.total),
        "stages": [
            {
                "stage": stage,
                "name": STAGE_NAMES[stage],
                **_sum(footprint.stages[stage]),
                "terms": [_term(term) for term in footprint.of_stage(stage)],
            }
            for stage in STAGES
        ],
        "primarySharePercent": _text(footprint.primary_share),
        "primaryAmountsPercent": _text(footprint.primary_amounts),
        "notes": [
            {
                "code": note.code,
                "text": note.text,
                "lines": list(note.names),
                "sharePercent": _text(note.share),
            }
            for note in notes(footprint, battery_mass)
        ],
        "complete": footprint.is_whole,
        "values": footprint.figures,
    }


def as_csv(footprints: Iterable[Footprint]) -> bytes:
    """One row a term, of every plant."""
    return csv_cells.write(_HEADER, (_row(each, term) for each in footprints for term in each.terms))


def _sum(found: Sum) -> dict[str, Any]:
    return {
        "kgCO2e": kilograms(found.kg),
        "kgCO2ePerKwh": plain(found.per_kwh),
        "uncertaintyPercent": _text(found.uncertainty),
    }


def _term(term: Term) -> dict[str, Any]:
    line, factor = term.line, term.factor
    return {
        "table": line.table,
        "name": line.name,
        "where": line.where,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "formula": line.formula,
        "sign": line.sign,
        "factor": {
            "id": factor.id,
            "name": factor.name,
            "value": plain(factor.value),
            "unit": factor.unit,
            "uncertaintyPercent": plain(factor.uncertainty),
            "uncertaintyBasis": factor.uncertainty_basis,
            "basis": factor.basis,
            "dataType": factor.data_type,
            "source": factor.source,
            "year": factor.year,
            "geography": factor.geography,
        },
        "kgCO2e": kilograms(term.kg),
        "dataType": line.data_type,
        "uncertaintyPercent": _text(line.uncertainty),
        "country": line.country,
        "geography": geography(term),
    }


def _row(footprint: Footprint, term: Term) -> tuple[str, ...]:
    line, factor, factors = term.line, term.factor, footprint.factors
    texts = csv_cells.text
    return (
        texts(footprint.activity.facility), line.stage, line.table, texts(line.name), texts(line.where),
        plain(line.quantity), line.unit, texts(line.formula), texts(factor.id), texts(factor.name),
        plain(factor.value), factor.unit, kilograms(term.kg), line.data_type, factor.data_type,
        _text(line.uncertainty) or "", plain(factor.uncertainty), line.country, factor.geography,
        geography(term), str(factor.year), factor.basis, texts(factor.source), texts(factors.name),
        texts(factors.version), factors.digest,
    )  # fmt: skip


def kilograms(value: Decimal) -> str:
    """To the milligram: exact for nearly all terms."""
    return plain(value.quantize(_KG, ROUND_HALF_EVEN))


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
