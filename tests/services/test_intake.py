"""Records in: acknowledged once, whole, and refused ones kept."""

import dataclasses
import json
from datetime import timedelta

import pytest

from app.core.errors import Conflict, MalformedIdentifier, MalformedInput, MalformedJson, NotFound
from app.core.identifiers import BatteryKey
from app.services import drafts, intake, plants
from app.services.context import Context
from app.services.intake import Quarantined
from app.services.plants import Plant
from app.store.unit_of_work import UnitOfWork
from tests import factories
from tests.factories import (
    GTIN,
    SERIAL,
    a_whole_pack,
    batch_record,
    body,
    model_record,
    owed_values,
    pack_record,
    release_record,
    withdrawal_record,
)
from tests.installation import START, Clock, rows
from tests.line import Line


def test_a_record_is_taken_and_the_answer_says_what_is_still_missing(line: Line):
    answer = line.send(pack_record(START))
    assert answer["status"] == "accepted"
    battery = answer["battery"]
    assert battery["state"] == "incomplete"
    assert battery["draft"].endswith(f"/api/v1/drafts/{GTIN}/P0001")
    assert "passport" not in battery
    assert {"id", "clause", "level", "why"} <= battery["missing"][0].keys()
    assert all(row["clause"] for row in battery["missing"])


def test_the_same_record_again_gets_the_same_answer_and_changes_nothing(ctx: Context, plant: Plant):
    sent = body(pack_record(START))
    first = intake.accept(ctx, plant, sent)
    before = rows(ctx.engine, "intake_records")
    second = intake.accept(ctx, plant, sent)
    assert (first.repeated, second.repeated) == (False, True)
    assert second.answer == first.answer
    assert rows(ctx.engine, "intake_records") == before


def test_a_record_whose_answer_was_lost_is_answered_when_it_comes_again(ctx: Context, plant: Plant):
    sent = body(pack_record(START))
    first = intake.accept(ctx, plant, sent).answer
    with ctx.engine.begin() as connection:  # as if the process died before
        connection.exec_driver_sql("update intake_records set answer = null")
    assert intake.accept(ctx, plant, sent).answer == first
    assert len(rows(ctx.engine, "intake_records")) == 1


def test_a_record_that_was_accepted_gets_its_answer_also_after_a_year(
    ctx: Context, plant: Plant, clock: Clock
):
    sent = factories.body(factories.model_record(START))
    first = intake.accept(ctx, plant, sent)
    clock.forward(days=365)
    again = intake.accept(ctx, plant, sent)
    assert (again.answer, again.repeated) == (first.answer, True)
    assert intake.quarantine_list(ctx)["count"] == 0


def test_an_answer_that_was_kept_is_never_replaced_by_a_later_one(ctx: Context, plant: Plant):
    first = intake.accept(ctx, plant, factories.body(factories.model_record(START)))
    with ctx.unit_of_work() as work:
        sequence = work.records.find(plant.id, first.answer["recordId"]).sequence
        assert json.loads(work.records.keep_answer(sequence, '{"another": 1}')) == first.answer
        work.commit()


def test_the_same_id_with_another_body_is_a_conflict_and_is_kept(line: Line):
    record = pack_record(START)
    line.send(record)
    refused = line.refused(record | {"sentAt": "2026-11-24T11:59:00Z"})
    assert isinstance(refused.refusal, Conflict)
    assert intake.quarantine_list(line.ctx, line.plant)["count"] == 1
    assert len(rows(line.ctx.engine, "intake_records")) == 1


def test_two_plants_may_use_the_same_record_id(ctx: Context, plant: Plant, other_plant: Plant):
    one = model_record(START)
    another = batch_record(START) | {"recordId": one["recordId"]}
    assert not intake.accept(ctx, plant, body(one)).repeated
    assert not intake.accept(ctx, other_plant, body(another)).repeated


@pytest.mark.parametrize(
    ("sent", "kind", "pointer"),
    [
        (b'{"recordId": "A", "recordId": "B"}', MalformedJson, "/recordId"),
        (b"", MalformedJson, ""),
        (body(model_record(START, values={"noSuchThing": 1})), MalformedInput, "/values/noSuchThing"),
        (
            body(model_record(START) | {"subject": {"gtin": "09506000134353"}}),
            MalformedIdentifier,
            "/subject/gtin",
        ),
        (
            body(model_record(START, values={"batteryMass": {"value": 452, "unit": "g"}})),
            MalformedInput,
            "/values/batteryMass/unit",
        ),
        (body(model_record(START, colour="blue")), MalformedInput, "/colour"),
    ],
    ids=["doubled member", "nothing", "unknown attribute", "check digit", "unit", "unknown member"],
)
def test_a_bad_record_is_refused_with_its_place_and_kept_whole(
    line: Line, sent: bytes, kind: type[MalformedInput], pointer: str
):
    refused = line.refused(sent)
    assert type(refused.refusal) is kind
    assert refused.members()["pointer"] == pointer
    kept = intake.quarantine_entry(line.ctx, refused.quarantine_id, line.plant)
    assert kept["body"].encode() == sent
    assert kept["problem"]["code"] == kind.code
    assert rows(line.ctx.engine, "intake_records") == []


def test_the_same_bad_bytes_are_kept_once_and_counted(line: Line, clock: Clock):
    first = line.refused(b"[]")
    clock.forward(minutes=3)
    again = line.refused(b"[]")
    assert first.quarantine_id == again.quarantine_id
    listed = intake.quarantine_list(line.ctx, line.plant)
    assert listed["count"] == 1
    entry = listed["records"][0]
    assert (entry["times"], entry["receivedAt"] < entry["lastReceivedAt"]) == (2, True)


@pytest.mark.parametrize(
    "text", ['"\\ud800"', '"\\u0000"', '"' + "x" * 200 + '"', '"\\u0000\\udfff"', "17", "null", '"\\u202e"']
)
def test_an_id_that_no_database_can_hold_does_not_stop_the_quarantine(line: Line, text: str):
    refused = line.refused(f'{{"recordId": {text}, "kind": "model"}}'.encode())
    assert intake.quarantine_entry(line.ctx, refused.quarantine_id)["problem"]["code"]


def test_bytes_that_are_no_text_are_kept_and_shown(line: Line):
    refused = line.refused(b'{"recordId": "\xff\x00"}')
    assert "\\xff" in intake.quarantine_entry(line.ctx, refused.quarantine_id)["body"]


def test_a_record_in_quarantine_does_not_use_its_id_up(line: Line):
    good = pack_record(START)
    line.refused(good | {"values": {"noSuchThing": 1}})
    assert line.send(good)["status"] == "accepted"


def test_a_refused_record_is_replayed_mended(line: Line):
    good = pack_record(START)
    refused = line.refused(good | {"values": {"noSuchThing": 1}})
    accepted = intake.replay(line.ctx, line.plant, refused.quarantine_id, body(good))
    assert accepted.answer["recordId"] == good["recordId"]
    assert intake.quarantine_list(line.ctx, line.plant)["count"] == 0
    with pytest.raises(NotFound):
        intake.replay(line.ctx, line.plant, refused.quarantine_id)


def test_a_refused_record_is_replayed_as_it_was_once_its_reason_is_gone(line: Line, clock: Clock):
    early = body(pack_record(START + timedelta(minutes=20)))
    refused = line.refused(early)
    clock.forward(minutes=30)
    accepted = intake.replay(line.ctx, line.plant, refused.quarantine_id)
    assert accepted.answer["battery"]["state"] == "incomplete"
    assert intake.quarantine_list(line.ctx, line.plant)["count"] == 0


def test_a_replay_that_is_refused_again_stays_in_quarantine(line: Line):
    refused = line.refused(b"[]")
    with pytest.raises(intake.Quarantined):
        intake.replay(line.ctx, line.plant, refused.quarantine_id)
    with pytest.raises(intake.Quarantined):
        intake.replay(line.ctx, line.plant, refused.quarantine_id, b"{}")
    (waiting,) = intake.quarantine_list(line.ctx, line.plant)["records"]
    assert waiting["mendedFrom"] == refused.quarantine_id
    before = intake.quarantine_entry(line.ctx, refused.quarantine_id, line.plant)
    assert (before["settled"], before["body"]) == ("mended", "[]")


def test_a_record_that_can_never_be_accepted_is_dismissed_with_a_reason_and_kept(line: Line):
    refused = line.refused(b"[]")
    with pytest.raises(MalformedInput):
        intake.dismiss(line.ctx, line.plant, refused.quarantine_id, " ", "maker")
    intake.dismiss(line.ctx, line.plant, refused.quarantine_id, "sent by a test bench", "maker")
    assert intake.quarantine_list(line.ctx, line.plant)["count"] == 0
    kept = intake.quarantine_entry(line.ctx, refused.quarantine_id, line.plant)
    assert (kept["settled"], kept["settledBy"], kept["reason"]) == (
        "dismissed",
        "maker",
        "sent by a test bench",
    )
    with pytest.raises(NotFound):
        intake.dismiss(line.ctx, line.plant, refused.quarantine_id, "once more", "maker")
    assert line.refused(b"[]").quarantine_id == refused.quarantine_id
    assert intake.quarantine_list(line.ctx, line.plant)["count"] == 1


def test_quarantine_is_read_a_page_at_a_time_without_the_bodies(line: Line):
    for number in range(intake.PAGE_LENGTH + 1):
        line.refused(b"[%d]" % number)
    first, second = (intake.quarantine_list(line.ctx, line.plant, page) for page in (1, 2))
    assert (first["count"], first["pages"]) == (intake.PAGE_LENGTH + 1, 2)
    assert [len(first["records"]), len(second["records"])] == [intake.PAGE_LENGTH, 1]
    assert not {"body"} & set(first["records"][0])
    assert {entry["id"] for entry in second["records"]}.isdisjoint(entry["id"] for entry in first["records"])


CELL_LOT = {
    "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
    "quantity": 1200, "materialLots": ["M1", "M2"],
}  # fmt: skip


@pytest.mark.parametrize("kind", ["lot", "pack", "withdrawal"])
def test_a_record_from_which_nothing_follows_is_stored_with_its_answer(
    line: Line, monkeypatch: pytest.MonkeyPatch, kind: str
):
    record = {
        "lot": factories.a_record("cell-lot", {"lot": "C1"}, START, details=CELL_LOT),
        "pack": pack_record(START),
        "withdrawal": withdrawal_record(START),
    }[kind]
    commits: list[UnitOfWork] = []
    commit = UnitOfWork.commit

    def counted(work: UnitOfWork) -> None:
        commits.append(work)
        commit(work)

    monkeypatch.setattr(UnitOfWork, "commit", counted)
    first = line.send(record)
    assert len(commits) == 1
    assert line.send(record) == first
    (stored,) = rows(line.ctx.engine, "intake_records")
    assert json.loads(str(stored["answer"])) == first


def test_the_answer_to_a_pack_says_the_same_as_its_draft(line: Line):
    line.send(model_record(START, values=owed_values("model")))
    answer = line.send(pack_record(START, values={}))["battery"]
    shown = drafts.show(line.ctx, BatteryKey(GTIN, SERIAL), line.plant.economic_operator_id)
    assert answer["state"] == "incomplete"
    told = [{name: one[name] for name in answer["missing"][0]} for one in shown["missing"]]
    assert answer["missing"] == told
    assert line.send(pack_record(START, values=owed_values("item")))["battery"]["missing"] != shown["missing"]


def test_issuing_leaves_the_records_that_are_kept_in_memory_as_they_came(line: Line):
    line.send_all(a_whole_pack(START))
    for row in rows(line.ctx.engine, "intake_records"):
        stored = bytes(row["body"])
        assert drafts._kept(stored) == drafts._parse(stored)


def test_a_refused_record_that_comes_again_and_is_taken_leaves_quarantine(line: Line, clock: Clock):
    early = pack_record(START + timedelta(minutes=20))
    line.refused(early)
    clock.forward(minutes=30)
    line.send(early)
    assert intake.quarantine_list(line.ctx, line.plant)["count"] == 0


def test_what_was_refused_leaves_quarantine_when_its_record_is_accepted_after_all(ctx: Context, plant: Plant):
    good = pack_record(START)
    with pytest.raises(Quarantined):
        intake.accept(ctx, plant, body(good | {"colour": "red"}))
    with pytest.raises(Quarantined):
        intake.accept(ctx, plant, body(good | {"colour": "blue"}))
    assert intake.quarantine_list(ctx)["count"] == 2
    intake.accept(ctx, plant, body(good))
    assert intake.quarantine_list(ctx)["count"] == 0


def test_a_text_whose_line_ends_alone_changed_is_replayed_as_it_was_sent(ctx: Context, plant: Plant):
    sent = json.dumps(pack_record(START + timedelta(minutes=20)), indent=1).encode()
    with pytest.raises(Quarantined) as refused:
        intake.accept(ctx, plant, sent)
    later = dataclasses.replace(ctx, now=lambda: START + timedelta(minutes=20))
    intake.replay(later, plant, refused.value.quarantine_id, sent.replace(b"\n", b"\r\n") + b"\r\n")
    assert intake.accept(later, plant, sent).repeated


def test_another_plants_quarantine_looks_like_nothing(ctx: Context, line: Line, other_plant: Plant):
    refused = line.refused(b"[]")
    assert intake.quarantine_list(ctx, other_plant) == {
        "count": 0,
        "page": 1,
        "pages": 1,
        "records": [],
    }
    with pytest.raises(NotFound) as foreign:
        intake.quarantine_entry(ctx, refused.quarantine_id, other_plant)
    with pytest.raises(NotFound) as unknown:
        intake.quarantine_entry(ctx, "no-such-id", other_plant)
    assert str(foreign.value) == str(unknown.value)
    with pytest.raises(NotFound) as foreign:
        intake.replay(ctx, other_plant, refused.quarantine_id, body(pack_record(START)))
    with pytest.raises(NotFound) as unknown:
        intake.replay(ctx, other_plant, "no-such-id", body(pack_record(START)))
    assert str(foreign.value) == str(unknown.value)
    assert rows(ctx.engine, "intake_records") == []


def test_a_sender_whose_clock_is_ahead_is_told_so(line: Line):
    line.send(pack_record(START + timedelta(minutes=5)))
    refused = line.refused(pack_record(START + timedelta(minutes=5, seconds=1), "P2"))
    assert refused.members()["pointer"] == "/sentAt"


def test_a_record_from_long_ago_is_refused_and_a_late_one_is_marked(line: Line):
    assert line.send(pack_record(START))["late"] is False
    assert line.send(pack_record(START - timedelta(days=2), "P2"))["late"] is True
    assert line.refused(pack_record(START - timedelta(days=31), "P3")).members()["pointer"] == "/sentAt"


def test_an_old_record_can_be_taken_when_the_caller_says_so(ctx: Context, plant: Plant):
    old = body(pack_record(START - timedelta(days=400)))
    assert intake.accept(ctx, plant, old, late=None).answer["late"] is True


def test_both_times_are_kept_the_senders_and_ours(line: Line):
    line.send(pack_record(START - timedelta(hours=3)))
    (row,) = rows(line.ctx.engine, "intake_records")
    assert (row["sent_at"], row["received_at"]) == (
        "2026-11-24T09:00:00.000000Z",
        "2026-11-24T12:00:00.000000Z",
    )


def test_serials_that_differ_in_case_alone_are_a_conflict_and_store_nothing(line: Line):
    line.send(pack_record(START, "abc"))
    assert isinstance(line.refused(pack_record(START, "ABC")).refusal, Conflict)
    assert [row["serial"] for row in rows(line.ctx.engine, "batteries")] == ["abc"]
    assert len(rows(line.ctx.engine, "intake_records")) == 1


def test_the_senders_time_decides_about_the_stamp_not_the_order_of_arrival(line: Line):
    line.send(withdrawal_record(START))
    line.send(release_record(START - timedelta(minutes=1)))
    assert line.battery().release == "withdrawn"
    line.send(release_record(START + timedelta(minutes=1)))
    assert line.battery().release == "released"


def test_the_later_value_wins_whatever_the_order_of_arrival_and_the_loser_stays_visible(line: Line):
    line.send(model_record(START, values=owed_values("model", batteryModelIdentifier="new")))
    line.send(
        model_record(START - timedelta(hours=1), values=owed_values("model", batteryModelIdentifier="old"))
    )
    line.send(pack_record(START, values=owed_values("item")))
    shown = drafts.show(line.ctx, _key(), line.ctx.issuer.did)
    value = next(row for row in shown["values"] if row["attribute"] == "batteryModelIdentifier")
    loser = next(row for row in shown["overruled"] if row["attribute"] == "batteryModelIdentifier")
    assert (value["value"], loser["value"]) == ("new", "old")
    assert value["record"] != loser["record"]


def test_every_value_of_a_draft_names_the_record_it_came_from(line: Line):
    sent = [model_record(START), batch_record(START), pack_record(START)]
    line.send_all(sent)
    shown = drafts.show(line.ctx, _key(), line.ctx.issuer.did)
    assert {row["record"] for row in shown["values"]} == {record["recordId"] for record in sent}
    assert {row["level"] for row in shown["values"]} == {"model", "batch", "item"}


def test_a_draft_of_another_operator_looks_like_none(line: Line):
    line.send(pack_record(START))
    with pytest.raises(NotFound) as foreign:
        drafts.show(line.ctx, _key(), "did:web:somebody.example")
    with pytest.raises(NotFound) as unknown:
        drafts.show(line.ctx, _key("NOPE"), line.ctx.issuer.did)
    assert str(foreign.value) == str(unknown.value)


def test_lots_of_material_and_cells_are_taken_and_stay_with_the_maker(line: Line):
    details = {
        "material": "nickel sulphate",
        "supplier": {"name": "Nickelwerk"},
        "lotNumber": "N-1",
        "dateReceived": "2026-11-01",
        "quantity": {"value": "500", "unit": "kg"},
    }
    answer = line.send(factories.a_record("material-lot", {"lot": "N-1"}, START, details=details))
    assert (answer["level"], answer["issued"]) == (None, [])


def test_a_records_bytes_are_kept_as_they_were_sent(ctx: Context, plant: Plant):
    sent = json.dumps(pack_record(START), indent=3).encode()
    intake.accept(ctx, plant, sent)
    (row,) = rows(ctx.engine, "intake_records")
    assert bytes(row["body"]) == sent  # type: ignore[arg-type]


def test_records_of_a_plant_that_was_removed_are_not_taken(ctx: Context):
    token = plants.add(ctx, "hall-3", "Hall 3")
    with ctx.engine.begin() as connection:
        connection.exec_driver_sql("update plants set revoked_at = '2026-11-24' where id = 'hall-3'")
    with pytest.raises(Exception, match="not known here"):
        plants.of_token(ctx, token)


def _key(serial: str = factories.SERIAL) -> BatteryKey:
    return BatteryKey(GTIN, serial)
