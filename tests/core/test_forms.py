"""Forms: every kind has one, what is entered becomes the record that was meant, faults are told by field."""

import copy
from typing import Any

import pytest

from app.core import form_entries, forms
from app.core.forms import Entries, Input, Part
from app.core.intake import KINDS, Kind, parse
from app.core.vocabulary import Level
from tests import factories
from tests.installation import START

ALL = [(kind, level) for kind in KINDS for level in forms.levels(kind)]
SENT = "2026-11-24T10:00:00Z"


def inputs(parts: tuple[Part, ...]) -> list[Input]:
    found: list[Input] = []
    for part in parts:
        if isinstance(part, Entries):
            for entry in part.entries:
                found.extend(inputs(entry))
        else:
            found.append(part)
    return found


def of(kind: Kind, level: Level | None) -> list[Input]:
    return [one for group in forms.form(kind, level, {}).groups for one in inputs(group.parts)]


def test_every_kind_has_a_title():
    assert set(forms.TITLES) == set(KINDS)


@pytest.mark.parametrize(("kind", "level"), ALL)
def test_every_field_is_read_back_at_its_own_place(kind: Kind, level: Level | None):
    fields = of(kind, level)
    names = [field.name for field in fields]
    assert len(names) == len(set(names))
    entries = {field.name: _something(field) for field in fields}
    filled = form_entries.read(kind, level, entries, "form-1", SENT)
    # whatever is wrong with what was made up is told beside a field, and no field is unknown
    assert not any("no such field" in fault for fault in filled.faults.values())
    assert set(filled.faults) <= set(names) | {name.rpartition("/")[0] for name in names}


def _something(field: Input) -> str:
    if field.options:
        return field.options[0][0]
    return {"number": "1", "date": "2026-01-02"}.get(field.control, "x")


@pytest.mark.parametrize("make", [
    factories.model_record, factories.batch_record, factories.pack_record, factories.release_record,
])  # fmt: skip
def test_a_record_that_is_shown_in_a_form_and_kept_is_the_same(make: Any):
    record = make(START)
    wanted = parse(copy.deepcopy(record))
    entries = form_entries.entries_of(record)
    level = wanted.level
    filled = form_entries.read(wanted.kind, level, entries, record["recordId"], record["sentAt"])
    assert (filled.faults, filled.elsewhere) == ({}, [])
    again = parse(filled.document)
    assert dict(again.details) == dict(wanted.details)
    series = {name for name, value in wanted.values.items() if isinstance(value, list)}
    for name, value in wanted.values.items():
        if name not in series:
            assert _bare(again.values[name]) == _bare(value), name


def _bare(value: Any) -> Any:
    """Without the time and source of a reading, which a form does not ask for."""
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items() if name not in ("observedAt", "source")}
    return value


def test_faults_are_told_together_and_beside_their_fields():
    entries = {
        "subject/lot": "LOT 1 ü", "details/material": "lithium", "details/dateReceived": "2026-13-40",
        "details/quantity/value": "many", "details/countryOfOrigin": "Chile",
    }  # fmt: skip
    filled = form_entries.read("material-lot", None, entries, "form-1", SENT)
    assert {
        "subject/lot", "details/supplier/name", "details/lotNumber", "details/dateReceived",
        "details/quantity/unit",
    } >= set(filled.faults) - {"details/quantity/value", "details/countryOfOrigin"}  # fmt: skip
    assert filled.faults["details/lotNumber"] == "This is required."
    assert len(filled.faults) >= 3


def test_numbers_take_a_decimal_comma_and_units_are_added():
    entries = {"subject/gtin": factories.GTIN, "subject/serial": "S1", "values/batteryMass": "450,5"}
    filled = form_entries.read("pack", "item", entries, "form-1", SENT)
    assert filled.document["values"]["batteryMass"] == {"value": "450.5", "unit": "kg"}


def test_a_list_has_room_for_one_entry_more_and_stays_bounded():
    def blocks(entries: dict[str, str], more: str | None = None) -> int:
        form = forms.form("pack", "item", entries, more)
        (results,) = [
            part for group in form.groups for part in group.parts
            if isinstance(part, Entries) and part.name == "details/qualityResults"
        ]  # fmt: skip
        return len(results.entries)

    assert blocks({}) == 1
    assert blocks({"details/qualityResults/0/check": "leak"}) == 2
    assert blocks({"details/qualityResults/0/check": "leak"}, "details/qualityResults") == 3
    assert blocks({"details/qualityResults/999999999/check": "leak"}) == forms.MOST_ENTRIES


@pytest.mark.parametrize("name", [
    "details/nothing", "values/nothing", "values/batteryMass/deeper", "details/qualityResults/99/check",
    "subject/gtin/deeper", "details/supplier/nothing",
])  # fmt: skip
def test_a_field_that_no_form_has_is_a_fault_and_no_crash(name: str):
    filled = form_entries.read("pack", "item", {name: "x"}, "form-1", SENT)
    assert name in filled.faults


def test_a_like_record_begins_without_the_numbers_of_its_own():
    entries = form_entries.entries_of(factories.pack_record(START))
    assert "subject/serial" in entries
    left = {name for name in entries if not form_entries.is_own_number(name)}
    assert "subject/serial" not in left
    assert "subject/gtin" in left


def test_a_series_is_a_list_of_points_in_a_form():
    day = {"observedAt": "2026-11-0{}T08:00:00Z", "stateOfHealth": "99,{}", "source": "bench {}"}
    entries = {
        f"values/capacityLog/{place}/{name}": text.format(place + 1)
        for place in range(2)
        for name, text in day.items()
    }
    subject = {"subject/gtin": "09506000134352", "subject/serial": "S-1", "details/device": "bench"}
    filled = form_entries.read("reading", "item", {**subject, **entries}, "form-1", "2026-11-24T08:00:00Z")
    assert (filled.faults, filled.elsewhere) == ({}, [])
    points = filled.document["values"]["capacityLog"]
    assert [point["stateOfHealth"] for point in points] == ["99.1", "99.2"]
