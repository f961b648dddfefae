"""What holds for any document of these formats: nothing is lost, and no format is taken for another."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from app.core import intake
from app.core.catalogue import by_id
from app.core.errors import MalformedInput
from app.core.imports import formats, records, tables
from app.core.imports.catalogue_rows import table_of
from app.core.imports.formats import TITLES
from app.core.imports.leaves import walk
from app.core.imports.reading import read
from app.core.imports.records import Told
from app.core.imports.words import CONVERSIONS
from app.core.json_pointer import pointer_to
from app.core.units import UNITS
from tests.core.imports.documents import GTIN, NAMES, NOW, bytes_of
from tests.core.imports.passports import of_catalogue

ODD: list[Any] = [
    None,
    "",
    "x",
    7,
    -1,
    1e300,
    True,
    [],
    {},
    [[]],
    {"value": 1},
    "2026-13-99",
    "https://x",
    [1, "a"],
]


def changed(document: Any, chance: random.Random) -> Any:
    """A document of which some values are others, some gone, and some new."""
    if isinstance(document, dict):
        found = {name: changed(value, chance) for name, value in document.items() if chance.random() > 0.02}
        if chance.random() < 0.05:
            found[f"new{chance.randrange(9)}"] = chance.choice(ODD)
        return found
    if isinstance(document, list):
        return [changed(one, chance) for one in document if chance.random() > 0.02] + (
            [chance.choice(ODD)] if chance.random() < 0.03 else []
        )
    return chance.choice(ODD) if chance.random() < 0.08 else document


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_document_holds_each_value_is_accounted_for_and_the_records_pass(name: str):
    whole = json.loads(bytes_of(name))
    for seed in range(2):
        data = json.dumps(changed(whole, random.Random(f"{name}{seed}"))).encode()
        try:
            found = records.imported(data, Told(GTIN, "S-1"), NOW)
        except MalformedInput as refusal:
            if refusal.rule in ("import-subject", "import-format"):
                continue
            raise
        places = {pointer_to(steps) for steps, _ in walk(read(data)[0])}
        accounted = [outcome.leaf.pointer for outcome in found.outcomes]
        assert len(set(accounted)) == len(accounted)
        assert set(accounted) <= places
        assert sum(found.counts().values()) == len(places)
        for record in found.records:
            intake.parse(json.loads(json.dumps(record.document)))


@pytest.mark.parametrize("name", NAMES)
def test_no_format_is_taken_for_another(name: str):
    document = read(bytes_of(name))[0]
    found = [made for recogniser in formats.RECOGNISERS if (made := recogniser(document)) is not None]
    assert [name.startswith(made.format.removesuffix("-02035")) for made in found] == [True]


@pytest.mark.parametrize("name", sorted(TITLES))
def test_every_row_leads_to_an_attribute_and_names_units_that_there_are(name: str):
    for row in table_of(name).rows:
        assert (row.to is None) != (row.skip is None and row.subject is None), row
        if row.to is not None:
            assert by_id(row.to.partition("/")[0]) is not None, row.to
        assert row.unit is None or row.unit in UNITS or any(row.unit == given for given, _ in CONVERSIONS), (
            row
        )
        assert row.subject in (None, "identifier", "gtin", "serial", "time", "method")


def test_what_carries_our_own_ids_comes_back_as_it_was():
    """EN 18223 with the catalogue's ids: each value as it was written, in both forms."""
    for stem in ("en-18223-compressed", "en-18223-full"):
        made = records.imported(bytes_of(stem), Told(), NOW)
        found = {name: value for one in made.records for name, value in one.document["values"].items()}
        expected = {name: value for group in of_catalogue().values() for name, value in group.items()}
        assert {name: value for name, value in found.items() if name in expected} == expected
        assert set(found) - set(expected) == {"operatorInformation.identifier", "facilityIdentifier"}


def test_conversions_are_exact():
    given = Decimal("123456789.000000001")
    for (unit, code), (first, second) in CONVERSIONS.items():
        assert code in UNITS, unit
        assert (given * first + second - second) / first == given


def test_a_passport_of_another_product_is_not_taken_for_a_battery():
    tyre = {
        "metadata": {"version": "1"},
        "identification": {"type": {}},
        "characteristics": {},
        "operation": {},
    }
    with pytest.raises(MalformedInput, match="none of the formats"):
        records.imported(json.dumps(tyre).encode(), Told(GTIN), NOW)
    old = {"specVersion": "urn:io.catenax.battery.battery_pass:3.0.1", "identification": {}}
    with pytest.raises(MalformedInput, match=r"3\.0\.1 is not taken"):
        records.imported(json.dumps(old).encode(), Told(GTIN), NOW)


def test_the_version_of_the_tables_is_part_of_the_record_ids(monkeypatch: pytest.MonkeyPatch):
    data = bytes_of("batterypass-ready-ev")
    first = records.imported(data, Told(), NOW).records[0].document["recordId"]
    assert records.imported(data, Told(), "2026-12-01T00:00:00Z").records[0].document["recordId"] == first
    monkeypatch.setattr(records, "VERSION", tables.VERSION + 1)
    assert records.imported(data, Told(), NOW).records[0].document["recordId"] != first
