"""Sets of emission factors: what is shipped is honest, what is read is strict, and a digest says which."""

import json
from typing import Any

import pytest

from app.core import carbon_factors
from app.core.errors import MalformedInput, MalformedJson, PassportError
from tests.core.activity import FACTORS, a_factor, factor_set

HEADER = "id,name,group,kind,value,unit,uncertainty,basis,source,year,geography"
ROW = "material.al,Aluminium,material,,10,kg CO2e/kg,20,cited,Somewhere public,2024,EU"


def csv_of(*lines: str) -> carbon_factors.FactorSet:
    return carbon_factors.read_csv("\n".join(lines).encode(), "test-set", "1")


def test_every_shipped_factor_is_cited_or_says_that_it_is_illustrative():
    for factors in carbon_factors.shipped():
        for factor in factors.factors.values():
            said = "Illustrative default of this project" in factor.source
            assert (factor.basis == "illustrative") == said, factor.id
            assert factor.basis in ("cited", "illustrative"), factor.id
            assert factor.data_type == "secondary"
            assert factor.uncertainty > 0 or factor.id == "gas.co2", factor.id


def test_a_shipped_set_never_changes_without_a_new_version():
    [factors] = carbon_factors.shipped()
    assert (factors.name, factors.version, factors.digest) == (
        "open-battery-passport",
        "2026.1",
        "b1289f95c16789fa7534040d4ab877ee88132f09f3f0b9ab7fd93c447219bdfd",
    )


def test_a_set_written_in_csv_is_the_same_set():
    one = carbon_factors.read_json(
        json.dumps(
            {"name": "test-set", "version": "1", "title": "test-set",
             "factors": [a_factor("material.al", "material", "10", name="Aluminium")]}
        ).encode()
    )  # fmt: skip
    assert csv_of(HEADER, ROW) == one
    assert carbon_factors.read_csv(f"\ufeff{HEADER}\r\n{ROW}\r\n".encode(), "test-set", "1") == one


def test_a_digest_tells_any_change():
    digests = {
        factor_set().digest,
        factor_set(version="2").digest,
        factor_set(title="Other").digest,
        factor_set(factors=FACTORS["factors"][:-1]).digest,
    }
    assert len(digests) == 4


def changed(**changes: Any) -> dict[str, Any]:
    row = {name: value for name, value in (FACTORS["factors"][0] | changes).items() if value is not None}
    return FACTORS | {"factors": [row]}


BAD_SETS = [
    ("negative", changed(value="-1"), "decimal", "/factors/0/value"),
    ("exponent", changed(value="1e3"), "decimal", "/factors/0/value"),
    ("comma", changed(value="1,5"), "decimal", "/factors/0/value"),
    ("truth", changed(value=True), "decimal", "/factors/0/value"),
    ("in grams", changed(value="100000"), "range", "/factors/0/value"),
    ("unit of another group", changed(unit="kg CO2e/kWh"), "enum", "/factors/0/unit"),
    ("unknown group", changed(group="magic"), "enum", "/factors/0/group"),
    ("kind where none belongs", changed(kind="road"), "kind", "/factors/0/kind"),
    ("no kind of energy", changed(group="energy", unit="kg CO2e/kWh", value="1"), "kind", "/factors/0/kind"),
    ("no source", changed(source=None), "required", "/factors/0/source"),
    ("empty source", changed(source=" "), "not-empty", "/factors/0/source"),
    ("no year", changed(year="soon"), "year", "/factors/0/year"),
    ("upper case id", changed(id="Material"), "pattern", "/factors/0/id"),
    ("country by name", changed(geography="Germany"), "length", "/factors/0/geography"),
    ("unknown member", changed(colour="red"), "unknown-member", "/factors/0/colour"),
    ("twice", FACTORS | {"factors": FACTORS["factors"][:1] * 2}, "twice", "/factors/1/id"),
    ("none", FACTORS | {"factors": []}, "length", "/factors"),
    ("no list", FACTORS | {"factors": {}}, "length", "/factors"),
    ("no version", {name: FACTORS[name] for name in ("name", "title", "factors")}, "required", "/version"),
    ("no object", ["set"], "type", ""),
]


@pytest.mark.parametrize(
    ("document", "rule", "pointer"), [case[1:] for case in BAD_SETS], ids=[case[0] for case in BAD_SETS]
)
def test_a_set_that_breaks_a_rule_is_refused_with_the_place(document, rule: str, pointer: str):
    with pytest.raises(MalformedInput) as caught:
        carbon_factors.read_json(json.dumps(document).encode())
    assert (caught.value.rule, caught.value.pointer) == (rule, pointer)


def test_json_that_can_be_read_in_two_ways_is_refused():
    with pytest.raises(MalformedJson):
        carbon_factors.read_json(b'{"name": "a", "name": "b"}')


BAD_CSV = [
    ("wrong column count", (HEADER, f"{ROW},more"), "columns"),
    ("too few columns", (HEADER, "material.al"), "columns"),
    ("doubled header", (f"{HEADER},id", f"{ROW},x"), "header"),
    ("unknown header", (f"{HEADER},colour", f"{ROW},red"), "header"),
    ("quote left open", (HEADER, f'"{ROW}'), "csv"),
    ("zero byte", (HEADER, f"{ROW}\0"), "characters"),
    ("semicolons", (HEADER.replace(",", ";"), ROW.replace(",", ";")), "header"),
    ("formula as id", (HEADER, ROW.replace("material.al", "=1+1")), "pattern"),
    ("no rows", (HEADER,), "length"),
    ("nothing", ("",), "length"),
    ("empty cell that is required", (HEADER, ROW.replace("2024", "")), "required"),
]


@pytest.mark.parametrize(("lines", "rule"), [case[1:] for case in BAD_CSV], ids=[case[0] for case in BAD_CSV])
def test_csv_that_breaks_a_rule_is_refused(lines: tuple[str, ...], rule: str):
    with pytest.raises(MalformedInput) as caught:
        csv_of(*lines)
    assert caught.value.rule == rule


@pytest.mark.parametrize("data", [b"id,name\n\xff\xfe", b"x" * (carbon_factors.MAX_BYTES + 1)])
def test_csv_in_another_encoding_or_too_long_is_refused(data: bytes):
    with pytest.raises(PassportError):
        carbon_factors.read_csv(data, "test-set", "1")
