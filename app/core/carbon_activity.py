"""Activity data of one model made in one plant: what a record of kind `carbon-activity` says, as values.

Fields, units and bounds of single values are checked against `details/carbon-activity` in
`data/record_shapes.json` when the record is parsed; here are the rules between them. All amounts are for one
battery, or for as many as the line says. A line is one product of an amount and a factor.

Source: Annex II of Regulation (EU) 2023/1542 (stages, functional unit; the use phase is excluded).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, Final, Literal

from app.core.carbon_factors import DataType, Factor, FactorUnit, Group, number
from app.core.catalogue import SHAPES
from app.core.intake import IntakeRecord
from app.core.texts import Place
from app.core.values import check_object

Stage = Literal["rawMaterialExtraction", "mainProduction", "distribution", "recycling"]
STAGES: Final[tuple[Stage, ...]] = ("rawMaterialExtraction", "mainProduction", "distribution", "recycling")
Table = Literal["materials", "energy", "transport", "emissions", "endOfLife"]

KIND: Final = "carbon-activity"
PRECISION: Final = 80
"""Digits to reckon with: products of what is taken in have at most 60, so only divisions are rounded."""
PLACES: Final = Decimal("1e-12")

_CLAUSE: Final = "Annex II"
_STAGE_OF_TABLE: Final[Mapping[Table, Stage]] = {
    "materials": "rawMaterialExtraction",
    "energy": "mainProduction",
    "emissions": "mainProduction",
    "endOfLife": "recycling",
}
_UNIT_OF_TABLE: Final[Mapping[Table, tuple[str, FactorUnit]]] = {
    "materials": ("kg", "kg CO2e/kg"),
    "energy": ("kWh", "kg CO2e/kWh"),
    "transport": ("t.km", "kg CO2e/t.km"),
    "emissions": ("kg", "kg CO2e/kg"),
    "endOfLife": ("kg", "kg CO2e/kg"),
}
GROUPS_OF_TABLE: Final[Mapping[Table, tuple[Group, ...]]] = {
    "materials": ("material",),
    "energy": ("energy",),
    "transport": ("transport",),
    "emissions": ("gas",),
    "endOfLife": ("end-of-life", "material"),
}
"""Groups of factors that a line of this table may take; a credit may be the primary material it replaces."""
TABLES: Final[tuple[Table, ...]] = tuple(GROUPS_OF_TABLE)
_SHARES: Final = {
    "depthOfDischarge": "depth of discharge",
    "averageCapacity": "average capacity",
    "dischargeEfficiency": "efficiency",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One amount and the factor it is multiplied with: an id of the set, or a factor of one's own."""

    table: Table
    name: str
    where: str
    """Component, site, mode: whatever tells two lines of one name apart."""
    stage: Stage
    quantity: Decimal
    unit: str
    """kg, kWh or t.km."""
    formula: str
    """How the quantity came about, in words and numbers; empty where it was given as it is."""
    kind: str | None
    """Carrier of energy or mode of transport, which the factor must be for."""
    sign: Literal[1, -1]
    factor_id: str | None
    own_factor: Factor | None
    data_type: DataType
    uncertainty: Decimal | None
    country: str
    pointer: str
    """JSON pointer to the line in its record."""

    @property
    def factor_unit(self) -> FactorUnit:
        return _UNIT_OF_TABLE[self.table][1]


@dataclass(frozen=True, slots=True)
class ServiceLife:
    """Energy delivered over the service life in kWh, with its formula and why its numbers hold."""

    energy: Decimal
    formula: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Activity data of one model in one plant."""

    gtin: str | None
    facility: str
    country: str
    year: int
    factor_set: tuple[str, str]
    """Name and version."""
    service_life: ServiceLife
    lines: tuple[Line, ...]
    study: str | None
    publish: bool


def of_record(record: IntakeRecord) -> Activity:
    """The activity data that a parsed record carries. Raises: MalformedInput."""
    if record.kind != KIND:
        Place("/kind", _CLAUSE).refuse("enum", f"Activity data is a record of kind {KIND}.")
    return _activity(record.details, record.gtin)


def of_details(document: Any) -> Activity:
    """The same from the details alone, for whoever has no installation. Raises: MalformedInput."""
    fields = {field.name: field for field in SHAPES[f"details/{KIND}"].fields}
    return _activity(check_object(fields, document, Place("", _CLAUSE)), None, "")


def _activity(details: Mapping[str, Any], gtin: str | None, root: str = "/details") -> Activity:
    place = Place(root, _CLAUSE)
    lines = tuple(
        _line(table, entry, details, place.at(table).at(at))
        for table in TABLES
        for at, entry in enumerate(details.get(table, ()))
    )
    if not lines:
        place.refuse("not-empty", f"Give at least one line in one of {', '.join(TABLES)}.")
    return Activity(
        gtin=gtin,
        facility=details["facility"],
        country=details["country"],
        year=details["year"],
        factor_set=(details["factorSet"]["name"], details["factorSet"]["version"]),
        service_life=_service_life(details["serviceLife"], place.at("serviceLife")),
        lines=lines,
        study=details.get("study"),
        publish=details.get("publish", True),
    )


def _line(table: Table, entry: Mapping[str, Any], details: Mapping[str, Any], place: Place) -> Line:
    if ("factor" in entry) == ("ownFactor" in entry):
        place.refuse("factor", "Give either factor, an id of the set, or ownFactor: one of them.")
    quantity, formula = _quantity(table, entry)
    kind = entry.get("carrier") or entry.get("mode")
    own = entry.get("ownFactor")
    return Line(
        table=table,
        name=entry["name"],
        where=" · ".join(entry[name] for name in ("component", "site", "carrier", "mode") if name in entry),
        stage=entry.get("stage") or _STAGE_OF_TABLE[table],
        quantity=quantity,
        unit=_UNIT_OF_TABLE[table][0],
        formula=formula,
        kind=kind,
        sign=-1 if entry.get("role") == "credit" else 1,
        factor_id=entry.get("factor"),
        own_factor=_own_factor(own, table, kind, place.at("ownFactor")) if own else None,
        data_type=entry["dataType"],
        uncertainty=Decimal(entry["uncertainty"]) if "uncertainty" in entry else None,
        country=entry.get("country", details["country"]),
        pointer=place.pointer,
    )


def _quantity(table: Table, entry: Mapping[str, Any]) -> tuple[Decimal, str]:
    """The amount for one battery in the unit of the table, and how it came about."""
    shared = entry.get("batteries", 1)
    with localcontext(prec=PRECISION, rounding=ROUND_HALF_EVEN):
        if table == "transport":
            mass, distance = Decimal(entry["mass"]), Decimal(entry["distance"])
            amount = mass * distance / 1000  # exact: a shift of the decimal point
            formula = f"{plain(mass)} kg × {plain(distance)} km ÷ 1000"
        else:
            amount = Decimal(entry["amount" if table == "energy" else "mass"])
            formula = f"{plain(amount)} {_UNIT_OF_TABLE[table][0]}" if shared > 1 else ""
        if shared > 1:
            formula += f" ÷ {shared} batteries"
            amount = (amount / shared).quantize(PLACES)
        return amount, formula


def _own_factor(own: Mapping[str, Any], table: Table, kind: str | None, place: Place) -> Factor:
    unit = _UNIT_OF_TABLE[table][1]
    if own["unit"] != unit:
        place.at("unit").refuse("unit", f"A factor for {table} is in {unit}.")
    highest = {"kg CO2e/kg": 30_000 if table == "emissions" else 1_000}.get(unit, 10)
    return Factor(
        id="own",
        name=own["source"],
        group=GROUPS_OF_TABLE[table][0],
        kind=kind,
        value=number(own["value"], place.at("value"), highest),
        unit=unit,
        uncertainty=Decimal(own["uncertainty"]),
        uncertainty_basis="source",
        basis="own",
        data_type=own["dataType"],
        source=own["source"],
        year=own["year"],
        geography=own["geography"],
    )


def _service_life(given: Mapping[str, Any], place: Place) -> ServiceLife:
    """Annex II: number of cycles times energy delivered in each, or the whole as the maker states it."""
    whole = given.get("totalEnergy")
    parts = [name for name in ("ratedEnergy", "cycles", *_SHARES) if name in given]
    if whole is not None:
        if parts:
            place.at("totalEnergy").refuse("either", f"Give totalEnergy alone, without {parts[0]}.")
        return ServiceLife(Decimal(whole), f"{plain(Decimal(whole))} kWh, as stated", given["basis"])
    for name in ("ratedEnergy", "cycles"):
        if name not in given:
            place.at(name).refuse("required", "Give totalEnergy, or ratedEnergy and cycles.")
    with localcontext(prec=PRECISION, rounding=ROUND_HALF_EVEN):
        energy = Decimal(given["ratedEnergy"]) * given["cycles"]
        formula = f"{plain(Decimal(given['ratedEnergy']))} kWh × {given['cycles']} cycles"
        for name, words in _SHARES.items():
            if name in given:
                energy = energy * Decimal(given[name]) / 100
                formula += f" × {plain(Decimal(given[name]))} % {words}"
        return ServiceLife(energy, formula, given["basis"])


def plain(value: Decimal) -> str:
    """Digits without exponent and without zeros at the end of a fraction."""
    text = format(value, "f") if value else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text
