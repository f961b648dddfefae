"""The gate: what blocks a passport, what never does, and what comes out of it."""

from typing import Any

import pytest

from app.core import completeness
from app.core.catalogue import CATALOGUE, list_parent
from app.core.completeness import CompletePassport, Finding, findings, require
from app.core.errors import IncompletePassport
from app.core.passport import Draft, assemble
from app.core.vocabulary import CATEGORIES, ITEM_SECTIONS, SECTIONS, Category
from tests.core.drafts import a_record, all_values, whole_records


def a_draft(category: Category, without: tuple[str, ...] = (), **changed: Any) -> Draft:
    return assemble(whole_records(category, without, **changed))


def finding(draft: Draft, attribute_id: str) -> Finding:
    return next(found for found in findings(draft) if found.attribute_id == attribute_id)


def missing(draft: Draft) -> list[str]:
    with pytest.raises(IncompletePassport) as caught:
        require(draft)
    return [row["id"] for row in caught.value.missing]


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_draft_with_every_value_is_complete(category: Category):
    passport = require(a_draft(category))
    assert (passport.category, passport.serial) == (category, "A1")


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_required_row_blocks_when_it_is_missing(category: Category):
    for row in CATALOGUE:
        if row.system or row.obligation[category].kind != "required" or row.id == "batteryCategory":
            continue
        if list_parent(row) is None:
            assert row.id in missing(a_draft(category, (row.id,)))


@pytest.mark.parametrize("category", CATEGORIES)
def test_optional_rows_and_rows_not_yet_due_never_block(category: Category):
    free = [row.id for row in CATALOGUE if row.obligation[category].kind in ("optional", "not-yet-due")]
    draft = a_draft(category, tuple(free))
    require(draft)
    assert finding(draft, "batteryCarbonFootprint").state == "not-yet-due"
    assert "pending act" in finding(draft, "batteryCarbonFootprint").why
    assert finding(draft, "commodityCode").state == "optional"


def test_a_missing_row_says_which_article_asks_for_it_and_who_supplies_it():
    found = finding(a_draft("ev", ("batteryMass",)), "batteryMass")
    assert found.state == "missing"
    assert (found.clause, found.ec_datapoint, found.level) == ("Annex VI A(5)", 10, "model")
    assert "model" in found.why


def test_a_required_row_cannot_be_reasoned_away():
    records = whole_records("ev", ("expectedNumberOfCycles",))
    records.append(a_record({}, not_applicable={"expectedNumberOfCycles": "unknown"}))
    assert missing(assemble(records)) == ["expectedNumberOfCycles"]


def test_a_conditional_row_needs_a_value_or_a_reason():
    records = whole_records("industrial", ("expectedNumberOfCycles",))
    assert missing(assemble(records)) == ["expectedNumberOfCycles"]
    records.append(a_record({}, not_applicable={"expectedNumberOfCycles": "stand-by use, not cycled"}))
    draft = assemble(records)
    require(draft)
    assert finding(draft, "expectedNumberOfCycles").why == "stand-by use, not cycled"


def test_rows_of_use_are_owed_once_the_battery_is_in_service_and_never_block():
    new = a_draft("lmt", ("puttingIntoService", "numberOfFullCycles", "stateOfCharge"))
    assert finding(new, "numberOfFullCycles").state == "not-applicable"
    used = a_draft("lmt", ("numberOfFullCycles", "stateOfCharge"))
    assert finding(used, "numberOfFullCycles").state == "missing"
    assert not finding(used, "numberOfFullCycles").blocks
    require(used)


def test_events_are_not_asked_for_when_there_were_none():
    draft = a_draft("lmt", ("negativeEvents", "informationOnAccidents"))
    assert finding(draft, "negativeEvents").state == "not-applicable"


def test_a_field_of_entries_is_present_when_every_entry_has_it():
    substance = {"hazardousSubstanceName": "a", "hazardousSubstanceImpact": ["H314"]}
    bare = {"hazardousSubstanceName": "b"}
    half = a_draft("ev", hazardousSubstances=[substance, bare])
    assert missing(half) == ["hazardousSubstances.hazardousSubstanceImpact"]
    require(a_draft("ev", hazardousSubstances=[substance]))


def test_what_the_system_fills_in_is_not_asked_for():
    asked = {found.attribute_id for found in findings(assemble([a_record({})]))}
    assert not asked & {row.id for row in CATALOGUE if row.system}


def test_without_category_the_rows_that_all_owe_are_missing():
    draft = assemble([a_record({})])
    found = missing(draft)
    assert "batteryCategory" in found
    assert "batteryMass" in found
    assert "stateOfCertifiedEnergy" not in found


def test_a_model_alone_is_no_passport():
    records = [a_record(all_values("ev"), level="model", kind="model")]
    with pytest.raises(IncompletePassport):
        require(assemble(records))


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ({"minimumVoltage": "360"}, "minimumVoltage"),
        ({"nominalVoltage": "410"}, "nominalVoltage"),
        ({"temperatureRangeIdleState__minimum": "60"}, "temperatureRangeIdleState.minimum"),
        ({"batteryCarbonFootprint": "90"}, "batteryCarbonFootprint"),
        ({"recycledContent__nickel__postConsumerShare": "95"}, "recycledContent.nickel.preConsumerShare"),
        ({"batteryMass": "5"}, "batteryMaterials"),
        ({"puttingIntoService": "2026-10"}, "manufacturingDate"),
        ({"warranty__end": "2027-01-10"}, "warranty.start"),
        (
            {"temperatureInformation": {"observedAt": "x", "minimum": "9", "average": "1"}},
            "temperatureInformation",
        ),
    ],
)
def test_values_that_contradict_each_other_block(changed: dict[str, Any], first: str):
    draft = a_draft("ev", **changed)
    assert missing(draft) == [first]
    [found] = [each for each in findings(draft) if each.state == "implausible"]
    assert (found.attribute_id, found.blocks) == (first, True)


def test_a_footprint_within_one_per_cent_of_its_stages_is_plausible():
    require(a_draft("ev", batteryCarbonFootprint="70.6"))


def test_only_the_gate_makes_a_complete_passport():
    with pytest.raises(TypeError):
        CompletePassport(a_draft("ev"), "ev", object())


def test_a_subject_holds_the_values_of_its_section_and_no_others():
    passport = require(a_draft("ev"))
    public, condition = passport.subject("public"), passport.subject("condition")
    assert public["labels"]["separateCollection"]
    assert public["safetyMeasures"].keys() == {"extinguishingAgent"}
    assert "safetyInstructions" in passport.subject("dismantling")["safetyMeasures"]
    assert condition["statusValues"]["power"]["value"] == "7.5"
    assert "batteryStatus" not in public
    assert public["operatorInformation"].keys() >= {"contactName", "identifier"}


def test_no_restricted_attribute_stands_in_the_public_subject():
    public = require(a_draft("lmt")).subject("public")
    closed = {row.path[0] for row in CATALOGUE if row.section != "public"}
    open_too = {row.path[0] for row in CATALOGUE if row.section == "public"}
    assert not set(public) & (closed - open_too)


def test_subjects_leave_the_header_to_the_system():
    passport = require(a_draft("ev"))
    for section in SECTIONS:
        assert not {"id", "type", "granularity", "lastUpdated", "dppStatus"} & set(passport.subject(section))


def test_a_section_without_values_is_empty():
    free = tuple(row.id for row in CATALOGUE if row.section in ("use", "warranty"))
    passport = require(a_draft("ev", (*free, "puttingIntoService")))
    assert [section for section in ITEM_SECTIONS if not passport.subject(section)] == ["use", "warranty"]


def test_blocking_lists_what_require_raises():
    draft = a_draft("ev", ("batteryMass", "ratedCapacity"))
    assert [found.attribute_id for found in completeness.blocking(draft)] == missing(draft)
