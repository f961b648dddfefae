"""Emission factors: how much CO2 equivalent one unit of something causes, in sets that have a version.

A set is a value: name, version and the digest of its canonical JSON say which one it is. The sets in
`data/emission_factors/` come with the product; others are read from JSON or CSV. Each factor names source,
year, geography and uncertainty (half of the 95 % interval, in per cent of the value, unless its note says
otherwise). `cited` values stand in the source named; `illustrative` ones are a default of this project, good
for trying out and for nothing else.

Source: IPCC 2006 Guidelines, volume 1, chapter 3 (uncertainty); threats T25, T26.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal, cast, get_args

from app.core import canonical, json_strict
from app.core.errors import TooLarge
from app.core.texts import Place, string

Group = Literal["material", "energy", "transport", "end-of-life", "gas"]
FactorUnit = Literal["kg CO2e/kg", "kg CO2e/kWh", "kg CO2e/t.km"]
Basis = Literal["cited", "illustrative", "own"]
DataType = Literal["primary", "secondary"]

UNIT_OF_GROUP: Final[Mapping[Group, FactorUnit]] = MappingProxyType(
    {
        "material": "kg CO2e/kg",
        "energy": "kg CO2e/kWh",
        "transport": "kg CO2e/t.km",
        "end-of-life": "kg CO2e/kg",
        "gas": "kg CO2e/kg",
    }
)
KINDS_OF_GROUP: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "energy": (
            "electricity", "natural-gas", "heating-oil", "lpg", "diesel", "district-heat", "steam",
            "hydrogen", "other",
        ),
        "transport": ("road", "rail", "sea", "inland-waterway", "air"),
    }
)  # fmt: skip
"""What a factor of this group is for: the carrier of energy, the mode of transport."""

MAX_BYTES: Final = 1_048_576
MAX_FACTORS: Final = 5_000
MAX_FACTOR: Final[Mapping[FactorUnit, int]] = MappingProxyType(
    {"kg CO2e/kg": 30_000, "kg CO2e/kWh": 10, "kg CO2e/t.km": 10}
)
"""Beyond these a factor is a slip of units: the strongest gas is below 30,000, coal power near 1."""

_CLAUSE: Final = "Set of emission factors, version 1"
_SET_MEMBERS: Final = ("name", "version", "title", "licence", "note", "factors")
_COLUMNS: Final = (
    "id", "name", "group", "kind", "value", "unit", "uncertainty", "uncertaintyBasis", "basis", "dataType",
    "source", "year", "geography", "note",
)  # fmt: skip
_OPTIONAL: Final = frozenset({"kind", "note", "dataType", "uncertaintyBasis"})
_ID: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_NUMBER: Final = re.compile(r"(0|[1-9][0-9]{0,6})(\.[0-9]{1,12})?")
_GEOGRAPHY: Final = re.compile(r"GLO|[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor. `geography`: GLO, EU or a country of ISO 3166-1; `year`: of the data, not of the paper."""

    id: str
    name: str
    group: Group
    kind: str | None
    value: Decimal
    unit: FactorUnit
    uncertainty: Decimal
    uncertainty_basis: Literal["source", "estimate"]
    basis: Basis
    data_type: DataType
    source: str
    year: int
    geography: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactorSet:
    """Factors of one version. Equal when the digest is: that is what a calculation names."""

    name: str
    version: str
    digest: str
    """SHA-256 of `body`, hexadecimal."""
    title: str = field(compare=False)
    licence: str = field(compare=False)
    note: str = field(compare=False)
    factors: Mapping[str, Factor] = field(compare=False, repr=False)
    body: bytes = field(compare=False, repr=False)
    """Canonical JSON (RFC 8785) of the whole set."""


def read_json(data: bytes) -> FactorSet:
    """A set from its JSON. Raises: MalformedInput with pointer, TooLarge."""
    return _set(json_strict.loads(data, max_bytes=MAX_BYTES, decimals=True))


def read_csv(data: bytes, name: str, version: str, title: str = "") -> FactorSet:
    """A set from CSV (RFC 4180): UTF-8, a header with the names of a factor's members in any order.

    Raises: MalformedInput, whose pointer names the row (the header is row 1); TooLarge.
    """
    document = {"name": name, "version": version, "title": title or name, "factors": _rows(data)}
    return _set(document)


@lru_cache(maxsize=1)
def shipped() -> tuple[FactorSet, ...]:
    """The sets that come with the product, oldest first."""
    folder = resources.files("app.core") / "data" / "emission_factors"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple(read_json((folder / name).read_bytes()) for name in names)


def shipped_set(name: str, version: str) -> FactorSet | None:
    return next((each for each in shipped() if (each.name, each.version) == (name, version)), None)


def _rows(data: bytes) -> list[dict[str, str]]:
    if len(data) > MAX_BYTES:
        raise TooLarge(f"A set of factors is at most {MAX_BYTES} bytes long.")
    place = Place("", _CLAUSE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        place.refuse("utf-8", "Save the file in UTF-8.")
    if "\0" in text:
        place.refuse("characters", "The file holds a zero byte.")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        place.refuse("csv", "The file is no CSV: is a quote left open?")
    header, *rest = rows or [[]]
    for at, name in enumerate(header):
        if name not in _COLUMNS:
            place.at(1).at(at + 1).refuse("header", f"Unknown column; known are {', '.join(_COLUMNS)}.")
        if name in header[:at]:
            place.at(1).at(at + 1).refuse("header", "This column is there twice.")
    found = []
    for number, row in enumerate(rest, start=2):
        if not row:
            continue
        if len(row) != len(header):
            place.at(number).refuse("columns", f"{len(row)} columns, the header has {len(header)}.")
        found.append({name: cell for name, cell in zip(header, row, strict=True) if cell != ""})
    return found


def _set(document: Any) -> FactorSet:
    place = Place("", _CLAUSE)
    _require_object(document, place, _SET_MEMBERS, ("name", "version", "title", "factors"))
    name = _text(document["name"], place.at("name"), 64, _ID)
    version = _text(document["version"], place.at("version"), 32, _VERSION)
    texts = {
        member: string(document[member], place.at(member), 2000)
        for member in ("title", "licence", "note")
        if member in document
    }
    rows = document["factors"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_FACTORS:
        place.at("factors").refuse("length", f"A set holds 1 to {MAX_FACTORS} factors.")
    factors: dict[str, Factor] = {}
    for at, row in enumerate(rows):
        found = _factor(row, place.at("factors").at(at))
        if found.id in factors:
            place.at("factors").at(at).at("id").refuse("twice", f"The factor {found.id} is there twice.")
        factors[found.id] = found
    whole = {
        "name": name,
        "version": version,
        **texts,
        "factors": [as_dict(each) for each in factors.values()],
    }
    body = canonical.jcs(whole)
    return FactorSet(
        name, version, hashlib.sha256(body).hexdigest(), texts["title"], texts.get("licence", ""),
        texts.get("note", ""), MappingProxyType(factors), body,
    )  # fmt: skip


def as_dict(factor: Factor) -> dict[str, Any]:
    """A factor as its set holds it."""
    found = {
        "id": factor.id, "name": factor.name, "group": factor.group, "kind": factor.kind,
        "value": format(factor.value, "f"), "unit": factor.unit,
        "uncertainty": format(factor.uncertainty, "f"), "uncertaintyBasis": factor.uncertainty_basis,
        "basis": factor.basis, "dataType": factor.data_type, "source": factor.source, "year": factor.year,
        "geography": factor.geography, "note": factor.note or None,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _factor(row: Any, place: Place) -> Factor:
    _require_object(row, place, _COLUMNS, [name for name in _COLUMNS if name not in _OPTIONAL])
    group = cast("Group", _one_of(row["group"], get_args(Group), place.at("group")))
    unit = cast("FactorUnit", _one_of(row["unit"], (UNIT_OF_GROUP[group],), place.at("unit")))
    kinds = KINDS_OF_GROUP.get(group)
    if (kinds is None) != ("kind" not in row):
        place.at("kind").refuse("kind", "Factors for energy and transport name their kind; no other does.")
    return Factor(
        id=_text(row["id"], place.at("id"), 64, _ID),
        name=string(row["name"], place.at("name"), 200),
        group=group,
        kind=_one_of(row["kind"], kinds, place.at("kind")) if kinds else None,
        value=number(row["value"], place.at("value"), MAX_FACTOR[unit]),
        unit=unit,
        uncertainty=number(row["uncertainty"], place.at("uncertainty"), 1000),
        uncertainty_basis=cast(
            "Any",
            _one_of(
                row.get("uncertaintyBasis", "estimate"), ("source", "estimate"), place.at("uncertaintyBasis")
            ),
        ),
        basis=cast("Basis", _one_of(row["basis"], get_args(Basis), place.at("basis"))),
        data_type=cast(
            "DataType", _one_of(row.get("dataType", "secondary"), get_args(DataType), place.at("dataType"))
        ),
        source=string(row["source"], place.at("source"), 500),
        year=year(row["year"], place.at("year")),
        geography=_text(row["geography"], place.at("geography"), 3, _GEOGRAPHY),
        note=string(row["note"], place.at("note"), 1000) if "note" in row else "",
    )


def number(value: Any, place: Place, highest: int) -> Decimal:
    """A number from 0 to `highest`, as JSON number or as text. Raises: MalformedInput."""
    text = str(value) if isinstance(value, int | Decimal | str) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(text):
        place.refuse("decimal", "Send a number without sign, exponent, comma or blanks, such as 0.42.")
    found = Decimal(text)
    if found > highest:
        place.refuse("range", f"The number must be {highest} or less: check its unit.")
    return found


def year(value: Any, place: Place) -> int:
    """A year of data. Raises: MalformedInput."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"(19[5-9]|20[0-9])[0-9]", text):
        place.refuse("year", "Send the year of the data, from 1950 to 2099.")
    return int(text)


def _require_object(value: Any, place: Place, known: Iterable[str], required: Iterable[str]) -> None:
    known = tuple(known)
    if not isinstance(value, dict):
        place.refuse("type", f"Send an object with the members {', '.join(known)}.")
    for name in value:
        if name not in known:
            place.at(name).refuse("unknown-member", f"Unknown here; known are {', '.join(known)}.")
    for name in required:
        if name not in value:
            place.at(name).refuse("required", "This member is required.")


def _one_of(value: Any, allowed: Iterable[str], place: Place) -> str:
    allowed = tuple(allowed)
    if not isinstance(value, str) or value not in allowed:
        place.refuse("enum", f"Send one of {', '.join(allowed)}, written exactly so.")
    return value


def _text(value: Any, place: Place, longest: int, form: re.Pattern[str]) -> str:
    text = string(value, place, longest)
    if not form.fullmatch(text):
        place.refuse("pattern", f"The text does not have the form asked for: {form.pattern}")
    return text
