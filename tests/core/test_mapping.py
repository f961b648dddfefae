"""A plant's own columns become records: exactly what is declared, and nothing silently dropped."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import csv_records, intake, json_strict, mapping_flat, mapping_rows, mapping_text
from app.core.errors import MalformedInput, TooLarge
from app.core.mapping import Mapping, gaps
from app.core.mapping_rows import FileFacts
from tests.core.mes import ROW, TOML, mes
from tests.factories import GTIN
from tests.installation import START

NO_FILE = FileFacts()


def made(mapping: Mapping, row: mapping_flat.Row, facts: FileFacts = NO_FILE) -> list[dict[str, Any]]:
    return mapping_rows.records(mapping, row, facts)


def of(*fields: dict[str, Any], kind: str = "pack", source: dict[str, Any] | None = None) -> Mapping:
    """A mapping of one record, its fields alone."""
    document = {"name": "own", "source": source or {}, "records": [{"kind": kind, "fields": list(fields)}]}
    return mapping_text.loads(json.dumps(document).encode())


def value(field: dict[str, Any], cell: mapping_flat.Cell, **source: Any) -> Any:
    """What one field gives of the column A."""
    kind = field.get("kind", "pack")
    field = {"from": "A", **{name: member for name, member in field.items() if name != "kind"}}
    (record,) = made(of(field, source=source, kind=kind), {"A": cell})
    for step in csv_records.column_of(field["to"], record["kind"]).path:
        record = record[step]
    return record


def refusal(field: dict[str, Any], cell: mapping_flat.Cell, **source: Any) -> MalformedInput:
    with pytest.raises(MalformedInput) as caught:
        value(field, cell, **source)
    return caught.value


# --- the example


def test_a_row_of_a_german_export_makes_a_pack_and_its_stamp():
    pack, release = made(mes(), ROW)
    assert pack["recordId"] == "pack-4711-EOL-0001"
    assert pack["sentAt"] == release["sentAt"] == "2026-11-18T08:05:03Z"
    assert pack["subject"] == {"gtin": "09506000134352", "serial": "EOL-0001"}
    assert pack["values"] == {
        "manufacturingDate": "2026-11",
        "batteryMass": {"value": "412.50", "unit": "kg"},
        "ratedCapacity": {"value": "94", "unit": "Ah"},
        "certifiedUsableBatteryEnergy": {"value": "34.4005", "unit": "kWh"},
        "temperatureRangeIdleState.maximum": {"value": "23.5", "unit": "Cel"},
    }
    assert pack["details"]["cellLots"] == ["C1", "C2"]
    assert release["details"] == {"stamp": "OK", "stampedBy": "EOL 2"}
    for record in (pack, release):
        text = json.dumps(record).encode()
        assert intake.parse(json_strict.loads(text, decimals=True)).gtin == GTIN


def test_what_the_row_does_not_say_is_no_record_and_no_value():
    (pack,) = made(mes(), ROW | {"Ergebnis": "NIO", "Energie [Wh]": "n. v."})
    assert pack["kind"] == "pack"
    assert "certifiedUsableBatteryEnergy" not in pack["values"]


def test_the_same_row_is_the_same_record_and_the_mapping_survives_its_own_text():
    again = mapping_text.loads(mapping_text.dumps(mes().document).encode())
    assert made(again, ROW) == made(mes(), ROW)
    assert mapping_text.stored(again) == mapping_text.stored(mes())
    without_id = of({"to": "serial", "from": "A"})
    assert made(without_id, {"A": "S1"})[0]["recordId"].startswith("row-")
    assert made(without_id, {"A": "S1"}) == made(without_id, {"A": "S1"})


# --- numbers and units


@pytest.mark.parametrize(
    ("to", "unit", "cell", "found"),
    [
        ("certifiedUsableBatteryEnergy", "Wh", "94500.5", "94.5005"),
        ("certifiedUsableBatteryEnergy", "kWh", "94.50", "94.50"),
        ("ratedCapacity", "mAh", "5000", "5"),
        ("nominalVoltage", "mV", "3650", "3.65"),
        ("batteryMass", "g", "412500", "412.5"),
        ("batteryMass", "t", "0.4125", "412.5"),
        ("temperatureRangeIdleState.minimum", "K", "253.15", "-20"),
        ("temperatureRangeIdleState.minimum", "°F", "-4", "-20"),
        ("temperatureRangeIdleState.minimum", "°C", "-20.0", "-20.0"),
        ("roundtripEfficiency", "fraction", "0.955", "95.5"),
        ("ratedMaximumPower", "kW", "150", "150000"),
        ("batteryCarbonFootprint", "g CO2e/kWh", "61500", "61.5"),
        ("nominalVoltage", "V", "3.6E+2", "360"),
        ("nominalVoltage", "V", Decimal("360.0"), "360.0"),
        ("nominalVoltage", "V", 360, "360"),
    ],
)
def test_a_declared_unit_becomes_the_catalogues_exactly(
    to: str, unit: str, cell: mapping_flat.Cell, found: str
):
    assert value({"to": to, "unit": unit}, cell)["value"] == found


def test_readings_counts_ohms_and_hours_too():
    reading = {"kind": "reading"}
    ohm = value({"to": "currentInternalResistance", "unit": "mOhm", **reading}, "1.8")
    assert ohm == {"value": "0.0018", "unit": "ohm"}
    hours = value({"to": "temperatureInformation.timeExtremeHighTemp", "unit": "h", **reading}, "2")
    assert hours == {"value": "120", "unit": "min"}
    assert value({"to": "numberOfFullCycles", **reading}, "512") == {"value": "512"}
    assert value({"to": "warrantyPeriod", "unit": "years"}, "8") == "P8Y"
    assert value({"to": "warrantyPeriod", "unit": "months"}, "30") == "P30M"


def test_what_has_no_exact_decimal_is_refused_until_its_decimals_are_declared():
    field = {"to": "certifiedUsableBatteryEnergy", "unit": "MJ"}
    assert refusal(dict(field), "100").rule == "exact"
    assert value({**field, "round": 3}, "100")["value"] == "27.778"


@pytest.mark.parametrize(
    ("source", "cell", "found"),
    [
        ({"decimal": ","}, "1405,50", "1405.50"),
        ({"decimal": ",", "thousands": "."}, "1.405,50", "1405.50"),
        ({"decimal": ",", "thousands": "."}, "94.000", "94000"),
        ({"decimal": ".", "thousands": ","}, "1,405.50", "1405.50"),
        ({"decimal": ".", "thousands": "'"}, "1'405.50", "1405.50"),
        (
            {"decimal": ","},
            Decimal("1405.50"),
            "1405.50",
        ),  # a JSON number has a point whatever the texts have
        ({}, " +7 ", "7"),
    ],
)
def test_numbers_are_read_with_the_marks_of_the_file(
    source: dict[str, str], cell: mapping_flat.Cell, found: str
):
    assert value({"to": "batteryMass", "unit": "kg"}, cell, **source)["value"] == found


@pytest.mark.parametrize(
    ("source", "cell"),
    [
        ({}, "1405,50"),
        ({"decimal": ","}, "1405.50"),
        ({"decimal": ",", "thousands": "."}, "94.50"),
        ({"decimal": ","}, "1,4,5"),
        ({}, "94 kg"),
        ({}, "NaN"),
        ({}, "1e999"),
        ({}, True),
    ],
)
def test_a_number_that_could_be_read_in_two_ways_is_not_read(source: dict[str, str], cell: mapping_flat.Cell):
    assert refusal({"to": "batteryMass", "unit": "kg"}, cell, **source).rule == "number"


@settings(deadline=None)
@given(st.decimals("-99999999", "99999999", places=4, allow_nan=False))
def test_wh_and_kwh_never_differ(number: Decimal):
    text = format(number, "f")
    found = value({"to": "certifiedUsableBatteryEnergy", "unit": "Wh"}, text)["value"]
    assert Decimal(found) * 1000 == number
    assert Decimal(value({"to": "nominalVoltage", "unit": "V"}, text)["value"]) == number


# --- times


@pytest.mark.parametrize(
    ("form", "cell", "found"),
    [
        ("DD.MM.YYYY HH:mm:ss", "18.07.2026 09:05:03", "2026-07-18T07:05:03Z"),  # summer time
        ("DD.MM.YYYY HH:mm", "18.11.2026 00:30", "2026-11-17T23:30:00Z"),
        ("M/D/YYYY h:mm A", "11/8/2026 12:05 AM", "2026-11-07T23:05:00Z"),
        ("YYYYMMDDHHmmss", "20261118090503", "2026-11-18T08:05:03Z"),
        ("iso", "2026-11-18 09:05:03.250", "2026-11-18T08:05:03.25Z"),
        ("iso", "2026-11-18T09:05:03+05:30", "2026-11-18T03:35:03Z"),
        ("YYYY-MM-DD HH:mm:ssZ", "2026-11-18 09:05:03-0200", "2026-11-18T11:05:03Z"),
        ("unix", "1792000000", "2026-10-14T17:46:40Z"),
        ("unix-ms", "1792000000250", "2026-10-14T17:46:40.25Z"),
        ("excel", "46344.5", "2026-11-18T11:00:00Z"),
        ("iso", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z"),  # struck twice: the earlier
    ],
)
def test_local_times_become_utc(form: str, cell: str, found: str):
    assert value({"to": "sentAt", "format": form}, cell, zone="Europe/Berlin") == found


@pytest.mark.parametrize(
    ("form", "cell", "zone"),
    [
        ("iso", "2026-03-29 02:30:00", "Europe/Berlin"),  # the hour that is left out
        ("iso", "2026-11-18 09:05:03", None),  # a local time without a zone
        ("DD.MM.YYYY", "18.11.2026", "UTC"),  # a day where a time is asked for
        ("DD.MM.YYYY HH:mm", "31.11.2026 08:00", "UTC"),
        ("DD.MM.YYYY HH:mm", "18.11.2026 25:00", "UTC"),
        ("DD.MM.YYYY HH:mm", "2026-11-18 08:00", "UTC"),
        ("h:mm A D/M/YYYY", "13:00 PM 1/2/2026", "UTC"),
        ("iso", "0001-01-01 00:00:00", "UTC"),
        ("unix", "99999999999999", None),
        ("excel", "many", "UTC"),
    ],
)
def test_a_time_that_no_clock_has_is_refused(form: str, cell: str, zone: str | None):
    source = {"zone": zone} if zone else {}
    assert refusal({"to": "sentAt", "format": form}, cell, **source).rule == "time"


def test_days_and_months():
    assert value({"to": "details.assembledOn", "format": "DD.MM.YYYY"}, "18.11.2026") == "2026-11-18"
    assert value({"to": "manufacturingDate", "format": "MM/YYYY"}, "11/2026") == "2026-11"
    assert value({"to": "manufacturingDate"}, "2026-11") == "2026-11"
    assert value({"to": "details.assembledOn", "format": "excel"}, "46344") == "2026-11-18"


def test_the_time_of_the_file_serves_where_no_row_has_one():
    mapping = of({"to": "sentAt", "file": "time"}, {"to": "details.station", "file": "name"}, kind="release")
    (record,) = made(mapping, {}, FileFacts("eol2.csv", START))
    assert record["sentAt"] == "2026-11-24T12:00:00Z"
    assert record["details"] == {"station": "eol2.csv"}
    with pytest.raises(MalformedInput, match="send it as `time`"):
        made(mapping, {}, FileFacts("eol2.csv"))


# --- texts, tables, lists, JSON


def test_tables_translate_and_know_what_they_know():
    field = {"to": "details.result", "table": {"OK": "pass", "NOK": "fail"}, "kind": "test"}
    assert value(dict(field), " NOK ") == "fail"
    refused = refusal(dict(field), "maybe")
    assert (refused.rule, refused.pointer) == ("table", "/A")
    assert "it has OK, NOK" in str(refused)
    assert "maybe" not in str(refused)
    publish = {"to": "details.publish", "table": {"J": True, "N": False}, "kind": "carbon-activity"}
    assert value(publish, "J") is True


def test_a_cell_that_begins_like_a_formula_is_not_taken():
    assert refusal({"to": "serial"}, "=1+1").rule == "formula"


def test_the_kind_may_stand_in_a_column():
    document = {
        "name": "two-kinds",
        "records": [
            {
                "kind": {"from": "Art", "table": {"F": "release", "S": "withdrawal"}},
                "fields": [{"to": "serial", "from": "A"}],
            }
        ],
    }
    mapping = mapping_text.loads(json.dumps(document).encode())
    assert [made(mapping, {"Art": text, "A": "S1"})[0]["kind"] for text in ("F", "S")] == [
        "release", "withdrawal",
    ]  # fmt: skip
    with pytest.raises(MalformedInput, match="known are F, S"):
        made(mapping, {"Art": "X", "A": "S1"})


def test_a_json_object_is_read_by_the_names_of_its_members():
    row = mapping_flat.flat(
        {
            "pack": {"sn": "S1"},
            "lots": ["C1", "C2"],
            "mods": [{"id": "M1", "sn": "A"}, {"id": "M2", "sn": "B"}],
        }
    )
    (record,) = made(
        of(
            {"to": "serial", "from": "pack/sn"},
            {"to": "details.cellLots", "from": "lots/*"},
            {"to": "details.modules.*.moduleNumber", "from": "mods/*/sn"},
            {"to": "originalPowerCapability.0.atSoC", "constant": "80", "unit": "%"},
            source={"ignored": ["mods/*"]},
        ),
        row,
    )
    assert record["subject"] == {"serial": "S1"}
    assert record["details"] == {
        "cellLots": ["C1", "C2"],
        "modules": [{"moduleNumber": "A"}, {"moduleNumber": "B"}],
    }
    assert record["values"] == {"originalPowerCapability": [{"atSoC": {"value": "80", "unit": "%"}}]}


def test_a_row_of_too_many_values_is_refused():
    with pytest.raises(TooLarge):
        mapping_flat.flat({"a": list(range(6000))})


# --- nothing is dropped


def test_a_column_that_nobody_speaks_of_stops_the_row_or_is_told():
    odd = ROW | {"Neu": "1"}
    with pytest.raises(MalformedInput, match=r"does not speak of the column Neu\. Map it, or list it"):
        mapping_rows.require_columns(mes(), list(odd))
    assert mapping_rows.require_columns(mes(unmapped="tell"), list(odd)) == ["Neu"]
    assert mapping_rows.require_columns(mes(ignored=["Bemerkung", "N*"]), list(odd)) == []


def test_another_kind_of_file_is_told_by_the_columns_that_it_lacks():
    few = [name for name in ROW if name not in ("Datum", "Temperatur [K]")]  # the second is optional
    with pytest.raises(MalformedInput, match=r"has no column Datum, which the mapping mes-end-of-line reads"):
        mapping_rows.require_columns(mes(), few)


def test_the_column_of_a_refused_value_is_known():
    assert mapping_rows.column_at(mes(), "/values/batteryMass/value") == "Gewicht [kg]"
    assert mapping_rows.column_at(mes(), "/details/cellLots/0") == "Zellchargen"
    assert mapping_rows.column_at(mes(), "/notThere") is None


# --- the document


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        (("name", "Übung"), "/name", "1 to 64"),
        (("source", {"decimals": ","}), "/source/decimals", "Did you mean decimal?"),
        (("source", {"zone": "Mars/Base"}), "/source/zone", "no time zone"),
        (("source", {"decimal": ",", "thousands": ","}), "/source/thousands", "is the decimal mark"),
        (("records", []), "/records", "1 to 8"),
        (("records", [{"kind": "pak", "fields": []}]), "/records/0/kind", "There is no such kind"),
    ],
)
def test_a_document_that_is_wrong_says_where(change: tuple[str, Any], pointer: str, said: str):
    document = {**mes().document, change[0]: change[1]}
    with pytest.raises(MalformedInput) as caught:
        mapping_text.loads(json.dumps(document).encode())
    assert caught.value.pointer == pointer
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("field", "rule", "said"),
    [
        ({"to": "ratedCapacitty", "from": "A", "unit": "Ah"}, "unknown-column", "Did you mean ratedCapacity"),
        ({"to": "ratedCapacity [Ah]", "from": "A"}, "target", "member `unit`"),
        ({"to": "ratedCapacity", "from": "A"}, "unit", "one of Ah, "),
        ({"to": "ratedCapacity", "from": "A", "unit": "Wh"}, "unit", "no unit of ratedCapacity"),
        ({"to": "serial", "from": "A", "unit": "kg"}, "unit", "It has no unit"),
        ({"to": "serial", "from": "A", "constant": "B"}, "source", "one of from, template"),
        ({"to": "serial"}, "source", "one of from, template"),
        ({"to": "serial", "template": "no column"}, "template", "in braces"),
        ({"to": "sentAt", "from": "A", "format": "DD HH"}, "format", "a year and a month"),
        ({"to": "details.modules.*.moduleNumber", "from": "A"}, "each", "with * in its name"),
        ({"to": "details.modules.0.colour", "from": "A"}, "target", "It has: "),
        ({"to": "kind", "from": "A"}, "target", "member `kind`"),
        ({"to": "serial", "fron": "A"}, "unknown-member", "Did you mean from?"),
        ({"to": "serial", "from": "A", "pad": 99}, "whole", "from 1 to 20"),
        ({"to": "serial", "constant": None}, "constant", "leave the field out"),
        ({"to": "details.result", "from": "A", "table": {}}, "table", "NOK"),
    ],
)
def test_a_field_that_cannot_work_is_refused_before_any_row(field: dict[str, Any], rule: str, said: str):
    kind = "test" if "result" in field["to"] else "pack"
    with pytest.raises(MalformedInput) as caught:
        of(field, kind=kind)
    assert caught.value.rule == rule
    assert said in str(caught.value)
    assert caught.value.pointer.startswith("/records/0/fields/0")


def test_a_field_twice_and_an_id_twice_are_refused():
    with pytest.raises(MalformedInput, match="twice"):
        of({"to": "serial", "from": "A"}, {"to": "serial", "from": "B"})
    record = {"kind": "pack", "fields": [{"to": "recordId", "from": "A"}]}
    with pytest.raises(MalformedInput, match="same recordId"):
        mapping_text.loads(json.dumps({"name": "n", "records": [record, record]}).encode())


@pytest.mark.parametrize("text", [b"name = ", b"\xff", b"{", b"a = [" * 3000, b"x" * 300_000])
def test_what_is_no_mapping_at_all_is_one_sentence(text: bytes):
    with pytest.raises((MalformedInput, TooLarge)):
        mapping_text.loads(text)


def test_what_every_record_needs_and_nobody_gives_is_named():
    found = gaps(of({"to": "serial", "from": "A"}))
    assert found[0].startswith("Record 1 (pack) says no time")
    assert found[1] == "Record 1 (pack) must say what it is about: map columns to gtin and serial."
    assert any("details.configuration" in each for each in found)
    assert gaps(mes()) == []


def test_an_example_is_kept_as_it_is_written():
    assert TOML.decode().count("[[records]]") == 2


# --- the same as our own columns


def _exact(number: Decimal) -> str:
    return format(number, "f")


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "serial": st.text("ABCDEF0123456789-", min_size=1, max_size=20),
            "mass": st.decimals("0", "9999", places=2),
            "energy": st.decimals("0", "999", places=3),
            "lots": st.lists(st.text("ABC123", min_size=1, max_size=8), min_size=1, max_size=3, unique=True),
        }
    )
)
def test_a_mapping_of_our_own_columns_says_what_our_own_columns_say(row: dict[str, Any]):
    cells = {
        "kind": "pack", "sentAt": "2026-11-18T08:05:03Z", "gtin": GTIN, "serial": row["serial"],
        "details.assembledOn": "2026-11-18", "details.configuration": "96s2p",
        "details.cellLots": "|".join(row["lots"]), "batteryMass [kg]": _exact(row["mass"]),
        "certifiedUsableBatteryEnergy [kWh]": _exact(row["energy"]),
    }  # fmt: skip
    text = "\n".join(";".join(line) for line in (cells, cells.values())).encode()
    reads = iter((text, b""))
    (native,) = csv_records.Reader(None, ";").items(lambda _most: next(reads), "utf-8")
    mapping = of(
        *({"to": name, "from": name} for name in cells if name != "kind" and "[" not in name),
        {"to": "batteryMass", "from": "batteryMass [kg]", "unit": "kg"},
        {"to": "certifiedUsableBatteryEnergy", "from": "certifiedUsableBatteryEnergy [kWh]", "unit": "kWh"},
        source={"ignored": ["kind"]},
    )
    (record,) = made(mapping, cells)
    assert record == json.loads(native.body)


def test_many_names_with_a_star_find_what_each_finds_alone():
    """Also a star beside a digit, and a number of more digits than a place in a list has."""
    names = [f"m/*/k{letter}" for letter in "abcdefghij"] + ["n1*", "m/*"]
    row = {f"m/{at}/k{letter}": at for at in range(12) for letter in "abcdefghij"}
    row |= {"n12": 1, "m/12345": 2, "m/7": 3, "other": 4}
    entries = mapping_flat.Entries(row)
    assert [entries.of(name) for name in names] == [mapping_flat.matching(row, name) for name in names]
    assert entries.of("m/*") == {7: 3}
    assert mapping_flat.unmapped(row, names, []) == ["m/12345", "other"]
