"""The demo's records: as a factory sends them, whole for their category, and true to each other."""

import json
from importlib import resources
from typing import Any

import pytest

from app.core import completeness, json_strict
from app.core.intake import IntakeRecord, parse
from app.core.passport import Draft, assemble
from app.core.vocabulary import CATEGORIES

FOLDER = resources.files("app.services") / "demo_data"
FILES = sorted(entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".json"))
INCOMPLETE = "09-lmt-incomplete.json"


def records(name: str) -> list[IntakeRecord]:
    sent: list[Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return [parse(json_strict.loads(json.dumps(record).encode(), decimals=True)) for record in sent]


def drafts(name: str) -> list[Draft]:
    found = records(name)
    serials = dict.fromkeys(record.serial for record in found if record.serial)
    return [assemble([r for r in found if r.serial in (None, serial)]) for serial in serials]


def test_there_are_nine_complete_batteries_of_all_categories_and_one_incomplete():
    complete = [draft for name in FILES if name != INCOMPLETE for draft in drafts(name)]
    assert len(complete) == 9
    assert {draft.category for draft in complete} == set(CATEGORIES)
    assert len(drafts(INCOMPLETE)) == 1


@pytest.mark.parametrize("name", [name for name in FILES if name != INCOMPLETE])
def test_each_battery_is_complete_and_released(name: str):
    for draft in drafts(name):
        assert completeness.blocking(draft) == ()
        assert completeness.require(draft).category == draft.category
        assert draft.release == "released"


def test_the_incomplete_one_lacks_values_and_its_stamp():
    [draft] = drafts(INCOMPLETE)
    lacking = {found.attribute_id for found in completeness.blocking(draft)}
    assert {"expectedNumberOfCycles", "resultOfTestReport", "declarationOfConformity"} <= lacking
    assert draft.release == "none"


def test_every_record_has_an_id_of_its_own():
    ids = [record.record_id for name in FILES for record in records(name)]
    assert len(ids) == len(set(ids))


def test_serials_are_upper_case():
    serials = {record.serial for name in FILES for record in records(name) if record.serial}
    assert all(serial == serial.upper() for serial in serials)


def test_lots_named_in_a_record_were_delivered():
    for name in FILES[:-1]:
        found = records(name)
        delivered = {r.lot for r in found if r.level is None} | {r.lot for r in found if r.level == "batch"}
        for record in found:
            named = {*record.details.get("cellLots", ()), *record.details.get("materialLots", ())}
            assert named <= delivered, record.record_id
            assert record.batch_lot in (None, *delivered)


def test_the_log_of_capacity_ends_with_the_state_of_health_of_the_reading():
    for name in FILES:
        for draft in drafts(name):
            log = draft.value("capacityLog")
            if log is None:
                continue
            fade = float(draft.value("capacityFade")["value"])
            assert float(log[-1]["stateOfHealth"]) == pytest.approx(100 - fade, abs=0.05)
            times = [point["observedAt"] for point in log]
            assert times == sorted(times)


def test_every_address_is_one_that_nobody_owns():
    for name in FILES:
        text = (FOLDER / name).read_text(encoding="utf-8")
        hosts = {part.split("/")[0].split('"')[0] for part in text.split("https://")[1:]}
        assert all(host.endswith(".example") for host in hosts)
