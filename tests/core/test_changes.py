"""What changed between two versions of a section, in words and for machines."""

from app.core import changes
from app.core.catalogue import CATALOGUE
from app.core.completeness import require
from app.core.passport import assemble
from app.core.vocabulary import SECTIONS
from tests.core.drafts import whole_records


def test_the_same_subject_twice_has_no_changes_and_what_the_system_fills_in_is_none():
    passport = require(assemble(whole_records("ev")))
    for section in SECTIONS:
        subject = passport.subject(section)
        later = subject | {"lastUpdated": "2026-12-01T00:00:00Z", "dppSchemaVersion": "2"}
        assert changes.between(section, subject, later) == ()


def test_every_attribute_of_the_catalogue_that_goes_is_told_with_its_name():
    passport = require(assemble(whole_records("ev")))
    for section in SECTIONS:
        subject = passport.subject(section)
        found = changes.between(section, subject, {})
        names = {row.id: row.name for row in CATALOGUE}
        assert {one.attribute: one.name for one in found} == {
            one.attribute: names[one.attribute] for one in found
        }
        assert all(one.before and not one.after for one in found), section
        assert bool(found) == bool(subject)


def test_a_number_is_told_with_its_unit_and_of_a_list_only_what_differs():
    before = {"batteryMass": "411.0", "criticalRawMaterials": ["Cobalt", "Lithium"]}
    after = {"batteryMass": "412.5", "criticalRawMaterials": ["Lithium", "Natural graphite"]}
    told = {one.attribute: one for one in changes.between("public", before, after)}
    assert (told["batteryMass"].before, told["batteryMass"].after) == (("411.0 kg",), ("412.5 kg",))
    materials = told["criticalRawMaterials"]
    assert (materials.old, materials.new) == (["Cobalt"], ["Natural graphite"])
    assert (materials.before, materials.after) == (("Cobalt",), ("Natural graphite",))


def test_a_reading_of_the_same_value_at_another_time_is_told_by_its_time():
    reading = {"value": "97.5", "observedAt": "2026-11-24T08:00:00Z", "source": "BMS"}
    later = reading | {"observedAt": "2026-11-25T08:00:00Z"}
    (one,) = changes.between(
        "condition", {"stateOfCertifiedEnergy": reading}, {"stateOfCertifiedEnergy": later}
    )
    assert one.before[0].startswith("97.5 %")
    assert one.before != one.after


def test_an_attribute_of_another_section_is_never_compared():
    assert changes.between("public", {"stateOfCertifiedEnergy": {"value": "1"}}, {}) == ()
