"""Records from a factory: what is taken, in which form, and what is refused with which advice."""

import json
from typing import Any

import jsonschema_rs
import pytest

from app.core.catalogue import by_id
from app.core.errors import MalformedIdentifier, MalformedInput
from app.core.intake import KINDS, IntakeRecord, parse
from app.core.intake_schema import record_schema
from app.core.json_strict import loads

GTIN = "09506000134352"
MODEL = {"gtin": GTIN}
ITEM = {"gtin": GTIN, "serial": "KP7-0001"}
STAMP = {"stamp": "OK", "stampedBy": "QA"}
PACK = {"assembledOn": "2026-11-20", "configuration": "96s2p", "cellLots": ["C1"], "batchLot": "B1"}
TEST = {
    "testType": "capacity-validation", "standard": "IEC 62660-1", "laboratory": "Own laboratory",
    "performedOn": "2026-11-20", "result": "pass", "reportNumber": "R-1",
}  # fmt: skip


def a_record(**members: Any) -> dict[str, Any]:
    """A valid record of a model; each test names only what it is about."""
    record = {"recordId": "PLM-1", "kind": "model", "sentAt": "2026-11-20T08:00:00Z", "subject": MODEL}
    return record | members


def an_item_record(**members: Any) -> dict[str, Any]:
    return a_record(kind="pack", subject=ITEM, details=PACK) | members


def read(record: dict[str, Any]) -> IntakeRecord:
    """Through the strict reader, as a request comes in."""
    return parse(loads(json.dumps(record).encode(), decimals=True))


def taken(attribute_id: str, value: Any, **members: Any) -> Any:
    row = by_id(attribute_id)
    model = row is None or "model" in row.levels
    record = a_record(**members) if model else an_item_record(**members)
    return read(record | {"values": {attribute_id: value}}).values[attribute_id]


def refused(record: dict[str, Any]) -> MalformedInput:
    with pytest.raises(MalformedInput) as caught:
        read(record)
    return caught.value


# --- what is taken


def test_a_number_becomes_the_text_that_was_sent():
    body = b"""{"recordId":"1","kind":"model","sentAt":"2026-11-20T08:00:00Z",
        "subject":{"gtin":"09506000134352"},
        "values":{"batteryMass":{"value":452.50,"unit":"kg"}}}"""
    assert parse(loads(body, decimals=True)).values["batteryMass"] == "452.50"


@pytest.mark.parametrize(
    ("sent", "signed"), [(94.5, "94.5"), ("94.50", "94.50"), (94, "94"), (0, "0"), ("0.000", "0.000")]
)
def test_numbers_and_texts_of_numbers_are_taken_alike(sent: Any, signed: str):
    assert taken("ratedCapacity", {"value": sent, "unit": "Ah"}) == signed


def test_zero_has_no_sign():
    assert taken("temperatureRangeIdleState.minimum", {"value": "-0.0", "unit": "Cel"}) == "0.0"


@pytest.mark.parametrize("unit", ["Cel", "°C"])
def test_a_unit_may_be_written_as_people_do(unit: str):
    assert taken("temperatureRangeIdleState.minimum", {"value": -30, "unit": unit}) == "-30"


def test_a_count_needs_no_unit():
    assert taken("expectedNumberOfCycles", 1500) == 1500
    assert taken("expectedNumberOfCycles", {"value": 1500, "unit": "cycles"}) == 1500


def test_a_dynamic_value_keeps_its_own_time_and_source():
    value = {"value": 99.2, "unit": "%", "observedAt": "2026-11-19T08:00:00Z", "source": "workshop"}
    assert taken("stateOfCertifiedEnergy", value) == {
        "value": "99.2", "observedAt": "2026-11-19T08:00:00Z", "source": "workshop"
    }  # fmt: skip


def test_a_dynamic_value_without_time_takes_that_of_its_record():
    assert taken("batteryStatus", "original") == {
        "value": "original", "observedAt": "2026-11-20T08:00:00Z", "source": "end-of-line test"
    }  # fmt: skip


def test_a_value_of_a_test_names_the_report_as_its_source():
    record = a_record(kind="test", subject=ITEM, details=TEST)
    found = read(record | {"values": {"capacityFade": {"value": 0, "unit": "%"}}})
    assert found.values["capacityFade"]["source"] == "test report R-1"


def test_operating_temperatures_carry_their_time_themselves():
    value = {"average": {"value": 24.5, "unit": "Cel"}, "minimum": {"value": -4, "unit": "Cel"}}
    assert taken("temperatureInformation", value) == {
        "observedAt": "2026-11-20T08:00:00Z", "source": "end-of-line test", "average": "24.5", "minimum": "-4"
    }  # fmt: skip


def test_points_of_a_series_have_bare_numbers():
    points = [
        {"observedAt": "2026-11-20T08:00:00Z", "stateOfHealth": 98.7, "fullCycles": 12, "source": "BMS"}
    ]
    assert taken("capacityLog", points)[0]["stateOfHealth"] == "98.7"


def test_a_group_may_come_whole_or_leaf_by_leaf():
    whole = read(
        a_record(values={"recycledContent": {"nickel": {"preConsumerShare": {"value": 4, "unit": "%"}}}})
    )
    leaf = read(a_record(values={"recycledContent.nickel.preConsumerShare": {"value": 4, "unit": "%"}}))
    assert whole.values == leaf.values == {"recycledContent.nickel.preConsumerShare": "4"}


def test_an_object_that_holds_a_row_of_its_own_is_taken_apart():
    address = {
        "streetAddress": "Am Werk 1",
        "postalCode": "01099",
        "locality": "Dresden",
        "addressCountry": "DE",
    }
    operator = {"contactName": "Kepler", "postalAddress": address, "identifier": "GLN 4012345000009"}
    found = read(a_record(values={"operatorInformation": operator})).values
    assert found["operatorInformation.identifier"] == "GLN 4012345000009"
    assert found["operatorInformation"] == {"contactName": "Kepler", "postalAddress": address}


def test_entries_of_a_list_hold_the_rows_that_are_their_fields():
    substance = {
        "hazardousSubstanceName": "Lithium hexafluorophosphate",
        "hazardousSubstanceIdentifier": "CAS 21324-40-3",
        "hazardousSubstanceClass": ["Skin corrosion 1A"],
        "hazardousSubstanceConcentration": {"value": 1.4, "unit": "%"},
        "hazardousSubstanceImpact": ["H314 burns skin and eyes"],
    }
    [found] = taken("hazardousSubstances", [substance])
    assert found["hazardousSubstanceConcentration"] == "1.4"
    assert found["hazardousSubstanceImpact"] == ["H314 burns skin and eyes"]


def test_lots_of_material_and_cells_have_no_level():
    record = read(
        a_record(
            kind="material-lot",
            subject={"lot": "LI-77"},
            details={
                "material": "Lithium hydroxide",
                "supplier": {"name": "Salar"},
                "lotNumber": "77",
                "dateReceived": "2026-10-01",
                "quantity": {"value": 800, "unit": "kg"},
            },
        )
    )
    assert (record.level, record.lot, record.gtin, record.details["quantity"]["value"]) == (
        None,
        "LI-77",
        None,
        "800",
    )


def test_a_pack_names_the_batch_it_belongs_to():
    assert read(an_item_record()).batch_lot == "B1"


# --- what is refused


VALUES: list[tuple[str, str, Any, str, str]] = [
    ("unknown attribute", "batteryWeight", 1, "unknown-attribute", ""),
    ("member of a number", "batteryMass", {"value": 1, "unit": "kg", "note": "x"}, "unknown-member", "/note"),
    ("no unit", "batteryMass", {"value": 1}, "unit", "/unit"),
    ("bare number", "batteryMass", 452.5, "unit", ""),
    ("wrong unit", "batteryMass", {"value": 452500, "unit": "g"}, "unit", "/unit"),
    ("unit of another size", "ratedCapacity", {"value": 94500, "unit": "mAh"}, "unit", "/unit"),
    ("unit that is no text", "ratedCapacity", {"value": 9, "unit": 1}, "unit", "/unit"),
    ("number as words", "batteryMass", {"value": "heavy", "unit": "kg"}, "decimal", "/value"),
    ("decimal comma", "batteryMass", {"value": "452,5", "unit": "kg"}, "decimal", "/value"),
    ("exponent in a text", "batteryMass", {"value": "4.5e2", "unit": "kg"}, "decimal", "/value"),
    ("leading zero", "batteryMass", {"value": "0452", "unit": "kg"}, "decimal", "/value"),
    ("plus sign", "batteryMass", {"value": "+452", "unit": "kg"}, "decimal", "/value"),
    ("point without digits", "batteryMass", {"value": "452.", "unit": "kg"}, "decimal", "/value"),
    ("infinity", "batteryMass", {"value": "Infinity", "unit": "kg"}, "decimal", "/value"),
    ("too many digits", "batteryMass", {"value": "1" * 16, "unit": "kg"}, "decimal", "/value"),
    ("true as a number", "batteryMass", {"value": True, "unit": "kg"}, "decimal", "/value"),
    ("below zero", "batteryMass", {"value": -1, "unit": "kg"}, "range", "/value"),
    ("above 100 %", "renewableContent", {"value": 100.5, "unit": "%"}, "range", "/value"),
    ("share as a fraction text", "renewableContent", {"value": "1/2", "unit": "%"}, "decimal", "/value"),
    ("broken count", "expectedNumberOfCycles", 1500.5, "integer", ""),
    ("count that a browser cannot hold", "expectedNumberOfCycles", "9007199254740993", "integer", ""),
    ("wrong case of a choice", "batteryCategory", "EV", "enum", ""),
    ("choice that is no text", "batteryCategory", ["ev"], "enum", ""),
    ("null", "batteryModelIdentifier", None, "no-null", ""),
    ("empty text", "batteryModelIdentifier", "", "not-empty", ""),
    ("blank text", "batteryModelIdentifier", "  ", "not-empty", ""),
    ("number for a text", "batteryModelIdentifier", 7, "type", ""),
    ("text not in NFC", "batteryModelIdentifier", "Cafe\u0301", "nfc", ""),
    ("text that turns the line around", "batteryModelIdentifier", "A\u2028B", "characters", ""),
    ("too long a text", "batteryModelIdentifier", "x" * 4001, "length", ""),
    ("month 13", "manufacturingDate", "2026-13", "year-month", ""),
    ("day instead of month", "manufacturingDate", "2026-11-20", "year-month", ""),
    ("duration in words", "warrantyPeriod", "8 years", "duration", ""),
    ("duration in hours", "warrantyPeriod", "PT8H", "duration", ""),
    ("plain http", "carbonFootprintStudy", "http://maker.example/x", "https", ""),
    ("script instead of a link", "carbonFootprintStudy", "javascript:alert(1)", "https", ""),
    ("link with a blank", "carbonFootprintStudy", "https://maker.example/a b", "https", ""),
    ("no e-mail address", "manufacturerInformation.emailAddress", "service at maker", "email", ""),
    ("empty list", "criticalRawMaterials", [], "not-empty", ""),
    ("single object for a list", "criticalRawMaterials", {"materialName": "Nickel"}, "type", ""),
    ("entry twice", "criticalRawMaterials", [{"materialName": "Ni"}, {"materialName": "Ni"}], "unique", "/1"),
    ("entry without its name", "criticalRawMaterials", [{}], "required", "/0/materialName"),
    ("new field", "criticalRawMaterials", [{"materialName": "N", "mass": 1}], "unknown-member", "/0/mass"),
    ("document with neither link nor text", "declarationOfConformity", {"documentTitle": "x"}, "any-of", ""),
    ("country in words", "manufacturingPlace",
     {"streetAddress": "a", "postalCode": "1", "locality": "b", "addressCountry": "Germany"}, "pattern",
     "/addressCountry"),
    ("language in words", "labelingMeaning", {"German language": "x"}, "language", "/German language"),
    ("text without language", "labelingMeaning", "Crossed-out bin", "type", ""),
    ("power in kW inside an object", "originalPowerCapability",
     [{"atSoC": {"value": 80, "unit": "%"}, "powerCapabilityAt": {"value": 150, "unit": "kW"}}], "unit",
     "/0/powerCapabilityAt/unit"),
    ("time with an offset", "batteryStatus", {"value": "original", "observedAt": "2026-11-20T08:00:00+01:00"},
     "datetime", "/observedAt"),
    ("day that no calendar has", "warranty.start", "2026-02-30", "date", ""),
    ("member of a reading", "batteryStatus", {"value": "original", "by": "x"}, "unknown-member", "/by"),
    ("filled in by the system", "lastUpdated", "2026-11-20T08:00:00Z", "system-filled", ""),
    ("serial number as a value", "batterySerialNumber", "A1", "system-filled", ""),
    ("field alone", "hazardousSubstances.hazardousSubstanceImpact", ["H3"], "field-of-entries", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "attribute", "value", "rule", "below"), VALUES, ids=[case[0] for case in VALUES]
)
def test_a_malformed_value_is_refused(name: str, attribute: str, value: Any, rule: str, below: str):
    row = by_id(attribute)
    on_item = row is not None and "model" not in row.levels
    record = an_item_record() if on_item else a_record()
    fault = refused(record | {"values": {attribute: value}})
    assert (fault.rule, fault.pointer) == (rule, f"/values/{attribute}{below}")
    assert fault.clause
    assert str(fault)


ENVELOPES: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown member", {"comment": "x"}, "unknown-member", "/comment"),
    ("unknown kind", {"kind": "spaceship"}, "enum", "/kind"),
    ("kind that is a list", {"kind": ["model"]}, "enum", "/kind"),
    ("no time", {"sentAt": ""}, "not-empty", "/sentAt"),
    ("local time", {"sentAt": "2026-11-20T08:00:00"}, "datetime", "/sentAt"),
    ("record id with a blank", {"recordId": "a b"}, "record-id", "/recordId"),
    ("record id too long", {"recordId": "a" * 65}, "length", "/recordId"),
    ("record id as a number", {"recordId": 17}, "type", "/recordId"),
    ("subject as a text", {"subject": GTIN}, "type", "/subject"),
    ("subject without gtin", {"subject": {"serial": "A1"}}, "subject", "/subject"),
    ("unknown member of the subject", {"subject": MODEL | {"sn": "A1"}}, "unknown-member", "/subject/sn"),
    ("serial on a model record", {"subject": ITEM}, "level", "/subject"),
    ("lot and serial together", {"kind": "pack", "subject": ITEM | {"lot": "B1"}}, "subject", "/subject"),
    ("wrong check digit", {"subject": {"gtin": "09506000134353"}}, "gtin-check-digit", "/subject/gtin"),
    ("gtin of 13 digits", {"subject": {"gtin": "9506000134352"}}, "gtin-form", "/subject/gtin"),
    ("serial with a space", {"kind": "pack", "subject": {"gtin": GTIN, "serial": "A 1"}}, "serial-form",
     "/subject/serial"),
    ("details of another kind", {"details": PACK}, "unknown-member", "/details/assembledOn"),
    ("values that are a list", {"values": []}, "type", "/values"),
    ("attribute twice", {"values": {"temperatureRangeIdleState.minimum": {"value": 1, "unit": "Cel"},
     "temperatureRangeIdleState": {"minimum": {"value": 1, "unit": "Cel"}}}}, "twice",
     "/values/temperatureRangeIdleState/minimum"),
    ("unknown member of a group", {"values": {"labels": {"ce": {"text": "CE"}}}}, "unknown-member",
     "/values/labels/ce"),
    ("item value on a model", {"values": {"batteryStatus": "original"}}, "level", "/values/batteryStatus"),
    ("model value on an item", {"kind": "pack", "subject": ITEM, "details": PACK,
     "values": {"resultOfTestReport": {"text": "x"}}}, "level", "/values/resultOfTestReport"),
    ("pack without details", {"kind": "pack", "subject": ITEM}, "required", "/details/assembledOn"),
    ("values in a release", {"kind": "release", "subject": ITEM, "details": STAMP,
     "values": {"batteryStatus": "original"}}, "level", "/values/batteryStatus"),
    ("another stamp", {"kind": "release", "subject": ITEM, "details": STAMP | {"stamp": "ok"}}, "enum",
     "/details/stamp"),
    ("reason without words", {"notApplicable": {"warrantyPeriod": ""}}, "not-empty",
     "/notApplicable/warrantyPeriod"),
    ("reason for what all owe", {"notApplicable": {"batteryMass": "not weighed"}}, "required",
     "/notApplicable/batteryMass"),
    ("both", {"values": {"warrantyPeriod": "P8Y"}, "notApplicable": {"warrantyPeriod": "no"}}, "twice",
     "/notApplicable/warrantyPeriod"),
    ("reason for nothing known", {"notApplicable": {"warranty": "none"}}, "unknown-attribute",
     "/notApplicable/warranty"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "members", "rule", "pointer"), ENVELOPES, ids=[case[0] for case in ENVELOPES]
)
def test_a_malformed_envelope_is_refused(name: str, members: dict[str, Any], rule: str, pointer: str):
    fault = refused(a_record(**members))
    assert (fault.rule, fault.pointer) == (rule, pointer)


@pytest.mark.parametrize("name", ["recordId", "kind", "sentAt", "subject"])
def test_a_record_without_a_member_that_all_need_is_refused(name: str):
    record = a_record()
    del record[name]
    assert (refused(record).rule, refused(record).pointer) == ("required", f"/{name}")


@pytest.mark.parametrize("document", [None, [], "record", 7, True])
def test_what_is_no_object_is_refused(document: Any):
    with pytest.raises(MalformedInput):
        parse(document)


def test_a_gtin_with_a_wrong_check_digit_says_which_digit_would_fit():
    with pytest.raises(MalformedIdentifier, match="ask for 2"):
        read(a_record(subject={"gtin": "09506000134353"}))


def test_a_number_with_an_exponent_is_refused_before_it_is_a_number():
    body = json.dumps(a_record()).replace(
        '"recordId"', '"values":{"batteryMass":{"value":4.5e2,"unit":"kg"}},"recordId"'
    )
    with pytest.raises(MalformedInput):
        parse(loads(body.encode(), decimals=True))


def test_advice_names_the_near_attribute_and_the_right_unit():
    assert "batteryMass" in str(refused(a_record(values={"batterymass": 1})))
    assert '"kg"' in str(refused(a_record(values={"batteryMass": 1})))


def test_advice_never_repeats_what_was_sent():
    fault = refused(a_record(values={"batteryModelIdentifier": "secret\u2028"}))
    assert "secret" not in str(fault)


def test_lots_carry_no_passport_values():
    lot = {"cellModel": "M", "manufacturer": "C", "format": "prismatic", "chemistry": "NMC", "quantity": 10}
    record = a_record(kind="cell-lot", subject={"lot": "C1"}, details=lot, values={"batteryCategory": "ev"})
    assert refused(record).rule == "level"


# --- the description of the request


def test_the_described_request_is_a_schema_and_its_examples_are_taken():
    document = record_schema()
    assert jsonschema_rs.meta.is_valid(document)
    validator = jsonschema_rs.Draft202012Validator(document, validate_formats=True, offline=True)
    for example in document["examples"]:
        assert validator.is_valid(example)
        assert read(example).kind in KINDS


def test_the_description_refuses_what_the_parser_refuses():
    validator = jsonschema_rs.Draft202012Validator(record_schema(), validate_formats=True, offline=True)
    for _, attribute, value, rule, _ in VALUES:
        if rule in ("unit", "unknown-member", "enum", "no-null", "type", "any-of", "required"):
            assert not validator.is_valid(a_record(values={attribute: value})), attribute
