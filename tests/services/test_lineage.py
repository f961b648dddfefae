"""Each value of each version says which record it came from, however the version was made."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, update

from app.core.access import Reader
from app.core.catalogue import by_id
from app.core.errors import NotFound
from app.services import carbon, correction, intake, issuance, lineage, resigning
from app.services.context import Context
from app.services.intake import Source
from app.services.lineage import Lineage, Origin
from app.store.factory_tables import record_summaries
from app.store.tables import documents
from tests import factories
from tests.core.activity import factor_set
from tests.factories import SERIAL, a_further_pack, a_lean_pack, model_record, owed_values, pack_record
from tests.installation import START, Clock, rows
from tests.line import Line
from tests.services.test_carbon import a_pack, activity
from tests.services.test_resigning import SECOND, method, replace_key

_S = timedelta(seconds=10)


def told(line: Line, serial: str = SERIAL, section: str | None = None, version: int | None = None) -> Lineage:
    uuid = str(line.battery(serial).passport_uuid)
    return lineage.of_passport(line.ctx, uuid, line.ctx.issuer.did, section, version)


def origins(found: Lineage) -> dict[str, Origin]:
    """The record behind each value, by attribute; each value has exactly one here."""
    values = [value for part in found.parts for value in part.values or ()]
    assert [value.attribute for value in values if len(value.origins) != 1] == []
    return {value.attribute: value.origins[0] for value in values}


def test_every_value_of_every_section_names_door_message_mapping_times_and_plant(line: Line):
    sent = list(a_lean_pack(START))
    for number, record in enumerate(sent):
        source = Source("file", f"packs.csv, row {number + 2}", "mes:3")
        intake.accept(line.ctx, line.plant, factories.body(record), source=source)
    found = told(line)
    assert {part.section for part in found.parts} == {row["section"] for row in line.stored()}
    by_attribute = origins(found)
    of_item = {name for name in sent[2]["values"] if by_id(name) is not None}
    assert of_item <= by_attribute.keys()
    for number, level in ((0, "model"), (1, "batch"), (2, "item")):
        mine = [one for one in by_attribute.values() if one.record_id == sent[number]["recordId"]]
        assert mine
        for one in mine:
            assert (one.plant, one.level, one.kind) == (line.plant.id, level, sent[number]["kind"])
            assert (one.door, one.origin, one.mapping) == ("file", f"packs.csv, row {number + 2}", "mes:3")
            assert one.sent_at.startswith("2026-11-24T12:00:0")
            assert one.received_at == "2026-11-24T12:00:00.000000Z"


def test_by_the_group_the_same_is_noted_as_one_by_one(line: Line, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patched:
        patched.setattr(intake.issuance, "settle", lambda _ctx, key: issuance.Outcome(key, "x", ""))
        line.send_all(a_lean_pack(START))
        for number in range(9):
            line.send_all(a_further_pack(START, f"B{number}"))
    assert issuance.recover(line.ctx) == 10
    one = origins(told(line, "B8"))
    issued_alone = "ALONE"
    line.send_all(a_further_pack(START + _S, issued_alone))
    other = origins(told(line, issued_alone))
    assert one.keys() == other.keys()
    shared = {name for name in one if one[name].level != "item"}
    assert {one[name] for name in shared} == {other[name] for name in shared}
    assert {one[name].record_id for name in one.keys() - shared}.isdisjoint(
        other[name].record_id for name in other.keys() - shared
    )


def test_an_older_version_goes_on_naming_the_record_of_then(line: Line):
    first = list(a_lean_pack(START))
    line.send_all(first)
    better = model_record(
        START + _S, values=owed_values("model", batteryMass={"value": "412.5", "unit": "kg"})
    )
    line.send(better)
    maker = Reader("maker", "m", line.ctx.issuer.did)
    correction.correct(line.ctx, str(line.battery().passport_uuid), "mistyped", maker)
    old, new = (origins(told(line, section="public", version=version)) for version in (1, 2))
    assert old["batteryMass"].record_id == first[0]["recordId"]
    assert new["batteryMass"].record_id == better["recordId"]
    assert told(line, section="public").parts[0].version == 2


def test_a_reading_is_named_by_the_version_that_it_made(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(days=1)
    reading = factories.a_record(
        "reading",
        {"gtin": factories.GTIN, "serial": SERIAL},
        clock.now,
        values={"capacityFade": {"value": "7.5", "unit": "%"}},
        details={"device": "BMS 4711"},
    )
    line.send(reading)
    assert origins(told(line, section="condition"))["capacityFade"].record_id == reading["recordId"]
    assert origins(told(line, section="condition", version=1))["capacityFade"].kind == "pack"


def test_signed_anew_a_version_keeps_its_sources(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    before = {(row["subject_key"], row["section"]): row["sources"] for row in line.stored()}
    assert None not in before.values()
    clock.forward(days=1)
    replace_key(line.ctx)
    resigning.resign(line.ctx)
    after = {
        (row["subject_key"], row["section"]): row["sources"]
        for row in line.stored()
        if row["signed_by"] == method(line, SECOND)
    }
    assert after == before


def test_a_calculated_value_names_its_activity_record(line: Line):
    assert carbon.import_set(line.ctx, factor_set())
    sent = activity()
    line.send(sent)
    a_pack(line)
    line.send(factories.release_record(START))
    assert line.state() == "issued"
    found = origins(told(line))
    assert found["batteryCarbonFootprint"].record_id == sent["recordId"]
    assert found["batteryCarbonFootprint"].kind == "carbon-activity"


def test_what_was_stored_before_sources_were_noted_is_worked_out_from_the_records_of_then(line: Line):
    first = list(a_lean_pack(START))
    line.send_all(first)
    noted = origins(told(line))
    with line.ctx.engine.begin() as connection:
        connection.execute(update(documents).values(sources=None))
    found = told(line)
    assert {part.how for part in found.parts} == {"worked-out"}
    assert origins(found) == noted


def test_without_summaries_sources_are_noted_all_the_same(line: Line):
    for record in list(a_lean_pack(START))[:-1]:
        line.send(record)
    with line.ctx.engine.begin() as connection:  # as revision 0005 leaves them
        connection.execute(delete(record_summaries))
    line.send(factories.release_record(START))
    assert origins(told(line))


def test_of_a_document_that_fails_its_checks_no_value_is_told(line: Line):
    line.send_all(a_lean_pack(START))
    (row,) = [row for row in line.stored() if row["section"] == "public"]
    forged = orjson.loads(bytes(row["body"]))
    forged["credentialSubject"]["batteryMass"] = "1"
    with line.ctx.engine.begin() as connection:
        connection.execute(
            update(documents)
            .where(documents.c.credential_id == row["credential_id"])
            .values(body=orjson.dumps(forged))
        )
    (part,) = told(line, section="public").parts
    assert part.values is None


@pytest.mark.parametrize(("section", "version"), [("nothing", None), (None, 1), ("public", 2), ("public", 0)])
def test_what_there_is_not_is_not_found(line: Line, section: str | None, version: int | None):
    line.send_all(a_lean_pack(START))
    with pytest.raises(NotFound):
        told(line, section=section, version=version)


def test_another_operator_is_told_nothing(line: Line):
    line.send_all(a_lean_pack(START))
    uuid = str(line.battery().passport_uuid)
    with pytest.raises(NotFound):
        lineage.of_passport(line.ctx, uuid, "did:web:elsewhere.example")
    record_id = rows(line.ctx.engine, "intake_records")[0]["record_id"]
    with pytest.raises(NotFound):
        lineage.record(line.ctx, line.plant.id, record_id, "did:web:elsewhere.example")


def test_a_record_is_shown_as_it_was_sent_with_what_was_refused_before_it(line: Line):
    record = pack_record(START, values=owed_values("item"))
    wrong: dict[str, Any] = record | {"colour": "blue"}
    waiting = line.refused(wrong).quarantine_id
    line.send(record)
    found = lineage.record(line.ctx, line.plant.id, record["recordId"], line.ctx.issuer.did)
    assert orjson.loads(found["body"]) == record
    assert (found["door"], found["refusedBefore"]) == ("rest", [waiting])


def test_a_cell_of_the_spreadsheet_runs_nothing(line: Line):
    for record in a_lean_pack(START):
        intake.accept(line.ctx, line.plant, factories.body(record), source=Source("file", "=HYPERLINK(1)"))
    text = lineage.as_csv(told(line)).decode()
    assert ",'=HYPERLINK(1)," in text
    assert ",=HYPERLINK" not in text
    assert text.count("\r\n") == 1 + sum(len(part.values or ()) for part in told(line).parts)


def test_a_passport_that_there_is_not_is_not_found(ctx: Context):
    with pytest.raises(NotFound):
        lineage.of_passport(ctx, "00000000-0000-4000-8000-000000000000", ctx.issuer.did)
