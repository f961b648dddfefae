"""The catalogue, the sections and the roles: data that the whole product loops over."""

from pathlib import Path

import pytest

from app.core import attribute_table, sections, units
from app.core.catalogue import CATALOGUE, GROUPS, SHAPES, by_id, fields_of, list_parent, of_section
from app.core.nesting import SUBJECT, nest
from app.core.vocabulary import CATEGORIES, LEVELS, SECTIONS

ROOT = Path(__file__).parents[2]


def ids(rows: object) -> set[str]:
    return {row.id for row in rows}  # type: ignore[attr-defined]


def test_the_catalogue_holds_all_attributes_once():
    assert len(CATALOGUE) == len(ids(CATALOGUE)) == 134


def test_every_row_belongs_to_a_known_group_section_and_level():
    for row in CATALOGUE:
        assert row.group in GROUPS
        assert row.section in SECTIONS
        assert set(row.levels) <= set(LEVELS)
        assert row.levels
        assert set(row.obligation) == set(CATEGORIES)


def test_every_unit_has_a_text_for_people():
    written = {row.unit for row in CATALOGUE} | {f.unit for s in SHAPES.values() for f in s.fields}
    assert written - {None} <= set(units.UNITS)
    assert units.label("Cel") == "°C"
    assert units.label("1") == units.label(None) == ""


def test_a_unit_goes_by_its_code_its_ucum_code_and_its_label():
    assert all(units.same("Ah", text) for text in ("Ah", "A.h"))
    assert not units.same("Ah", "mAh")
    assert not units.same("kWh", "Wh")
    assert not units.same("1", "")


def test_every_nested_value_has_its_fields():
    for row in CATALOGUE:
        if "object" in row.type or "document" in row.type or row.type == "series":
            assert fields_of(row), row.id


def test_a_conditional_row_says_when_it_applies():
    for row in CATALOGUE:
        conditional = any(owed.kind == "conditional" for owed in row.obligation.values())
        assert conditional is (row.condition is not None), row.id
        if row.condition is not None and row.condition.present is not None:
            assert by_id(row.condition.present) is not None


def test_a_row_without_an_official_data_point_never_blocks():
    for row in CATALOGUE:
        if row.ec_datapoint is None and not row.system:
            assert {owed.kind for owed in row.obligation.values()} == {"optional"}, row.id


def test_what_is_not_yet_due_says_from_when():
    later = [row for row in CATALOGUE if row.obligation["ev"].kind == "not-yet-due"]
    assert {"batteryCarbonFootprint", "supplyChainDueDiligenceReport", "recycledContent.lead.share",
            "instructionsForUse"} <= ids(later)  # fmt: skip
    assert all(row.obligation["ev"].due for row in later)


@pytest.mark.parametrize(
    ("attribute_id", "ev", "lmt", "stationary", "industrial"),
    [
        ("batteryMass", "required", "required", "required", "required"),
        ("expectedNumberOfCycles", "required", "required", "conditional", "conditional"),
        ("capacityThresholdForExhaustion", "required", "optional", "optional", "optional"),
        ("stateOfCertifiedEnergy", "required", "optional", "optional", "optional"),
        ("remainingCapacity", "optional", "required", "required", "conditional"),
        ("currentInternalResistance", "optional", "required", "required", "conditional"),
        ("numberOfFullCycles", "conditional", "conditional", "conditional", "conditional"),
        ("energyThroughput", "optional", "optional", "optional", "optional"),
        ("batteryCarbonFootprint", "not-yet-due", "not-yet-due", "not-yet-due", "not-yet-due"),
        ("recycledContent.lead.share", "not-yet-due", "not-yet-due", "not-yet-due", "not-yet-due"),
    ],
)
def test_obligations_of_february_2027(attribute_id: str, ev: str, lmt: str, stationary: str, industrial: str):
    row = by_id(attribute_id)
    assert row is not None
    found = [row.obligation[category].kind for category in ("ev", "lmt", "stationary", "industrial")]
    assert found == [ev, lmt, stationary, industrial]


# --- sections and roles


ANNEX_POINTS = [
    ("public", {"1"}),
    ("service", {"1", "2", "4", "none"}),
    ("recycler", {"1", "2", "4"}),
    ("purchaser", {"1", "4"}),
    ("authority", {"1", "2", "3"}),
    ("notified-body", {"1", "2", "3"}),
    ("commission", {"1", "2", "3"}),
    ("maker", {"1", "2", "3", "4", "none"}),
    ("admin", {"1"}),
]


@pytest.mark.parametrize(("role", "points"), ANNEX_POINTS, ids=[role for role, _ in ANNEX_POINTS])
def test_a_role_reads_the_points_of_annex_xiii_that_the_law_gives_it(role: str, points: set[str]):
    assert {sections.info(section).annex_point for section in sections.readable(role)} == points


def test_the_table_of_roles_is_whole():
    assert [role for role, _ in ANNEX_POINTS] == list(sections.ROLES)


@pytest.mark.parametrize(
    ("role", "closed"),
    [
        ("authority", {"condition", "use", "warranty"}),
        ("recycler", {"compliance", "warranty"}),
        ("service", {"compliance"}),
        ("purchaser", {"composition", "dismantling", "compliance", "warranty"}),
        ("public", set(SECTIONS) - {"public"}),
        ("stranger", set(SECTIONS)),
        ("", set(SECTIONS)),
    ],
)
def test_a_role_does_not_read_what_is_not_its_own(role: str, closed: set[str]):
    assert set(SECTIONS) - sections.readable(role) == closed


def test_access_of_a_row_and_annex_point_of_its_section_agree():
    by_point = {"1": "public", "2": "legitimate_interest;authorities", "3": "authorities",
                "4": "legitimate_interest", "none": "maker_service"}  # fmt: skip
    for row in CATALOGUE:
        assert ";".join(row.access) == by_point[sections.info(row.section).annex_point], row.id


# --- nesting


def test_the_state_of_the_record_and_the_registration_travel_beside_the_credential():
    signed = {row.id for section in SECTIONS for row in of_section(section)}
    assert {"dppStatus", "registrationIdentifier", "lastUpdate"} == ids(CATALOGUE) - signed


def test_a_field_of_list_entries_has_no_place_of_its_own():
    impact = by_id("hazardousSubstances.hazardousSubstanceImpact")
    assert impact is not None
    assert list_parent(impact) is by_id("hazardousSubstances")
    assert not SUBJECT["hazardousSubstances"].children


def test_dotted_ids_nest_and_an_object_meets_its_rows():
    document = nest(
        {
            "operatorInformation": {"contactName": "A"},
            "operatorInformation.identifier": "B",
            "recycledContent.nickel.preConsumerShare": "1",
            "recycledContent.nickel.postConsumerShare": "2",
        }
    )
    assert document == {
        "operatorInformation": {"contactName": "A", "identifier": "B"},
        "recycledContent": {"nickel": {"preConsumerShare": "1", "postConsumerShare": "2"}},
    }


def test_nesting_leaves_the_values_as_they_were():
    value = {"contactName": "A"}
    nest({"operatorInformation": value, "operatorInformation.identifier": "B"})
    assert value == {"contactName": "A"}


def test_the_page_of_attributes_is_current():
    assert (ROOT / "docs" / "attributes.md").read_text(encoding="utf-8") == attribute_table.page()
