"""JSON Schemas of the sections: they take what the catalogue allows, and nothing else."""

import copy
import json
from typing import Any

import jsonschema_rs
import pytest

from app.core import schema, vocabulary
from app.core.catalogue import CATALOGUE, list_parent
from app.core.sections import header
from app.core.vocabulary import CATEGORIES, MODEL_SECTIONS, SECTIONS, Category, Section
from tests.core.samples import a_full_subject

MODEL_ID = "https://passports.example/01/09506000134352"


def a_subject(section: Section) -> dict[str, Any]:
    """A subject as it is signed, with the header that the system fills in."""
    model = section in MODEL_SECTIONS
    facts: dict[str, Any] = {
        "dppSchemaVersion": "v1",
        "granularity": "model" if model else "item",
        "lastUpdated": "2027-02-18T08:00:00Z",
        "batteryPassportIdentifier": "urn:uuid:0c2e3a52-6c0b-4b7a-9a5f-0c8ac1b3f0d2",
        "contentSpecificationIds": ["https://data.europa.eu/eli/reg/2023/1542/oj"],
        "productIdentifier": f"{MODEL_ID}/21/A1",
        "batterySerialNumber": "A1",
    }
    filled = {name: facts[name] for name in header(section)}
    kind = "BatteryModel" if model else "Battery"
    return {**a_full_subject(section), "id": MODEL_ID, "type": kind, **filled}


def objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for member in value.values() for found in objects(member))]
    if isinstance(value, list):
        return [found for entry in value for found in objects(entry)]
    return []


def schemas_in(value: Any) -> list[dict[str, Any]]:
    return [found for found in objects(value) if found.get("type") == "object"]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_a_subject_with_every_attribute_is_valid(section: Section, category: Category):
    assert schema.validate(section, category, a_subject(section)) == ()


@pytest.mark.parametrize("section", SECTIONS)
def test_an_unknown_member_is_refused_at_every_depth(section: Section):
    places = len(objects(a_subject(section)))
    for place in range(places):
        subject = copy.deepcopy(a_subject(section))
        here = objects(subject)[place]
        if set(here) <= {"en", "de"}:
            continue
        here["unknownMember"] = "x"
        found = schema.validate(section, "ev", subject)
        assert found, here
        assert any(f.rule == "additionalProperties" and f.pointer.endswith("/unknownMember") for f in found)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_every_object_form_is_closed(section: Section, category: Category):
    open_forms = [
        form
        for form in schemas_in(schema.schema(section, category))
        if form.get("additionalProperties") is not False and "properties" in form
    ]
    assert open_forms == []


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_what_the_category_requires_is_required(section: Section, category: Category):
    for row in CATALOGUE:
        if row.section != section or row.carried != "subject" or list_parent(row) is not None:
            continue
        subject = a_subject(section)
        here = subject
        for name in row.path[:-1]:
            here = here[name]
        if row.type == "object" and any(other.id.startswith(row.id + ".") for other in CATALOGUE):
            continue
        del here[row.path[-1]]
        found = {f.pointer for f in schema.validate(section, category, subject)}
        owed = row.obligation[category].kind == "required" or row.id in header(section)
        assert ("/" + "/".join(row.path) in found) is owed, row.id


def test_a_missing_attribute_is_reported_with_its_clause():
    subject = a_subject("public")
    del subject["batteryMass"]
    [found] = schema.validate("public", "ev", subject)
    assert (found.pointer, found.rule, found.clause) == ("/batteryMass", "required", "Annex VI A(5)")


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("batteryMass", 452.5, "type"),
        ("batteryMass", "452,5", "pattern"),
        ("batteryMass", "4.525e2", "pattern"),
        ("batteryMass", "-1", "pattern"),
        ("renewableContent", "100.1", "pattern"),
        ("renewableContent", "", "pattern"),
        ("batteryCategory", "EV", "enum"),
        ("manufacturingDate", "2027-13", "pattern"),
        ("warrantyPeriod", "8 years", "pattern"),
        ("carbonFootprintStudy", "http://www.maker.example/study", "pattern"),
        ("carbonFootprintStudy", "javascript:alert(1)", "pattern"),
        ("batteryModelIdentifier", "", "minLength"),
        ("batteryModelIdentifier", None, "type"),
        ("expectedNumberOfCycles", "1500", "type"),
        ("expectedNumberOfCycles", 9007199254740992, "maximum"),
        ("granularity", "model", "const"),
        ("demo", False, "const"),
        ("criticalRawMaterials", [], "minItems"),
        ("labelingMeaning", {"english please": "x"}, "additionalProperties"),
    ],
)
def test_a_wrong_value_is_refused_by_its_rule(name: str, value: Any, rule: str):
    found = schema.validate("public", "ev", a_subject("public") | {name: value})
    assert rule in {f.rule for f in found}
    assert all(f.pointer.startswith(f"/{name}") for f in found)


def test_a_date_that_no_calendar_has_is_refused():
    subject = a_subject("condition")
    subject["batteryStatus"]["observedAt"] = "2027-02-30T08:00:00Z"
    [found] = schema.validate("condition", "ev", subject)
    assert (found.pointer, found.rule) == ("/batteryStatus/observedAt", "format")


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_each_schema_stands_at_its_address_and_is_a_schema(section: Section, category: Category):
    document = schema.schema(section, category)
    assert document["$id"] == vocabulary.schema_url(section, category)
    assert schema.schemas()[document["$id"]] == (section, category)
    assert jsonschema_rs.meta.is_valid(document)
    assert json.loads(json.dumps(document)) == document


def test_the_state_of_the_passport_record_is_never_signed():
    for section in SECTIONS:
        assert "dppStatus" not in schema.schema(section, "ev")["$defs"]["subject"]["properties"]


def test_every_attribute_in_a_schema_names_its_clause():
    for section in SECTIONS:
        for form in objects(schema.schema(section, "lmt")["$defs"]["subject"]):
            if "x-attribute" in form:
                assert form["x-clause"]
