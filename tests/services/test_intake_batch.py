"""Many records in: the outcome of one by one, a transaction for each chunk, nobody spoils a neighbour."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.core.errors import Conflict, MalformedInput
from app.services import bulk, drafts, housekeeping, intake, intake_batch, issuance
from app.services.context import Context
from app.services.intake import Accepted, Quarantined
from app.services.intake_batch import Message, accept_many
from app.services.plants import Plant
from app.store.intake import Records
from tests.factories import (
    GTIN,
    a_further_pack,
    a_lean_pack,
    a_record,
    body,
    model_record,
    owed_values,
    pack_record,
    release_record,
    withdrawal_record,
)
from tests.installation import START, Clock, rows
from tests.line import Line

CELL_LOT = {
    "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
    "quantity": 1200, "materialLots": ["M1", "M2"],
}  # fmt: skip


class PowerCut(BaseException):
    """The process ends here."""


def messages(*records: dict[str, Any] | bytes) -> list[Message]:
    return [
        Message(record if isinstance(record, bytes) else body(record), f"t:{number}")
        for number, record in enumerate(records, 1)
    ]


def lots(count: int) -> list[dict[str, Any]]:
    return [a_record("cell-lot", {"lot": f"C{number}"}, START, details=CELL_LOT) for number in range(count)]


def three_packs() -> list[dict[str, Any]]:
    return [record for number in range(3) for record in a_further_pack(START, f"S{number}")]


def test_a_whole_line_at_once_ends_as_it_does_one_by_one(line: Line):
    found = accept_many(line.ctx, line.plant, messages(*a_lean_pack(START)))
    assert [type(each) for each in found] == [Accepted] * 4
    assert isinstance(found[3], Accepted)
    assert found[3].answer["battery"]["state"] == "issued"
    assert line.state() == "issued"
    assert line.report("public").verdict == "valid"
    assert all(row["answer"] for row in rows(line.ctx.engine, "intake_records"))


def test_many_packs_of_a_chunk_are_issued_as_a_group_and_each_stamp_is_told(line: Line):
    model, batch, *_ = a_lean_pack(START)
    packs = [record for number in range(bulk.WORTH_IT + 2) for record in a_further_pack(START, f"S{number}")]
    found = accept_many(line.ctx, line.plant, messages(model, batch, *packs))
    states = [each.answer["battery"]["state"] for each in found[2:] if isinstance(each, Accepted)]
    assert states == ["issued"] * len(packs)
    assert {row["state"] for row in rows(line.ctx.engine, "batteries")} == {"issued"}
    assert line.leaf_types().count("credential-issued") == 3 + 3 * (bulk.WORTH_IT + 2)


def test_children_may_come_before_their_parents(line: Line):
    model, batch, pack, stamp = a_lean_pack(START)
    accept_many(line.ctx, line.plant, messages(stamp, pack, batch))
    assert line.state() == "draft"
    found = accept_many(line.ctx, line.plant, messages(model))
    assert isinstance(found[0], Accepted)
    assert [each["serial"] for each in found[0].answer["issued"]] == ["P0001"]


def test_a_bad_record_never_spoils_its_neighbours_and_its_place_is_kept(line: Line):
    one, two = lots(2)
    found = accept_many(line.ctx, line.plant, messages(one, b"[]", two, b"\xff"), door="file")
    assert [type(each).__name__ for each in found] == ["Accepted", "Quarantined", "Accepted", "Quarantined"]
    assert len(rows(line.ctx.engine, "intake_records")) == 2
    refused = found[1]
    assert isinstance(refused, Quarantined)
    entry = intake.quarantine_entry(line.ctx, refused.quarantine_id, line.plant)
    assert (entry["door"], entry["origin"], entry["body"]) == ("file", "t:2", "[]")


def test_what_the_door_could_not_read_is_kept_with_the_doors_reason(line: Line):
    refusal = MalformedInput("Row 7 has 3 columns instead of 5.", rule="columns")
    (found,) = accept_many(line.ctx, line.plant, [Message(b"a;b;c", "packs.csv:7", refusal)], door="file")
    assert isinstance(found, Quarantined)
    entry = intake.quarantine_entry(line.ctx, found.quarantine_id)
    assert (entry["problem"]["rule"], entry["origin"], entry["body"]) == ("columns", "packs.csv:7", "a;b;c")


def test_each_record_says_by_which_door_and_row_it_came(line: Line):
    accept_many(line.ctx, line.plant, messages(*lots(2)), door="file")
    found = {(row["door"], row["origin"]) for row in rows(line.ctx.engine, "intake_records")}
    assert found == {("file", "t:1"), ("file", "t:2")}
    line.send(model_record(START))
    assert rows(line.ctx.engine, "intake_records")[-1]["door"] == "rest"


def test_a_record_twice_in_one_chunk_is_one_record_and_another_body_under_its_id_a_conflict(line: Line):
    (lot,) = lots(1)
    other = lot | {"details": CELL_LOT | {"quantity": 7}}
    found = accept_many(line.ctx, line.plant, messages(lot, lot, other))
    assert [isinstance(each, Accepted) and each.repeated for each in found] == [False, True, False]
    assert isinstance(found[2], Quarantined)
    assert isinstance(found[2].refusal, Conflict)
    assert len(rows(line.ctx.engine, "intake_records")) == 1
    assert intake.quarantine_list(line.ctx)["count"] == 1  # and it stays open


def test_records_sent_again_get_the_same_answers_by_whichever_way(line: Line):
    sent = messages(*lots(3), *a_lean_pack(START))
    first = accept_many(line.ctx, line.plant, sent)
    again = accept_many(line.ctx, line.plant, sent)
    assert [each.answer for each in again if isinstance(each, Accepted)] == [
        each.answer for each in first if isinstance(each, Accepted)
    ]
    assert all(isinstance(each, Accepted) and each.repeated for each in again)
    for message, one in zip(sent, first, strict=True):
        assert isinstance(one, Accepted)
        assert intake.accept(line.ctx, line.plant, message.body).answer == one.answer


def test_serials_that_differ_in_case_alone_are_a_conflict_within_a_chunk_too(line: Line):
    found = accept_many(line.ctx, line.plant, messages(pack_record(START, "abc"), pack_record(START, "ABC")))
    assert isinstance(found[1], Quarantined)
    assert [row["serial"] for row in rows(line.ctx.engine, "batteries")] == ["abc"]


@pytest.mark.parametrize("split", [0, 1, 2, 3])
def test_the_senders_time_decides_about_the_stamp_wherever_a_chunk_ends(line: Line, split: int):
    withdrawal = withdrawal_record(START) | {"sentAt": "2026-11-24T12:00:30Z"}
    sent = messages(withdrawal, release_record(START), pack_record(START))
    accept_many(line.ctx, line.plant, sent[:split])
    accept_many(line.ctx, line.plant, sent[split:])
    assert line.battery().release == "withdrawn"


def test_a_passport_that_is_out_is_suspended_by_a_withdrawal_in_a_batch(line: Line):
    line.send_all(a_lean_pack(START))
    accept_many(line.ctx, line.plant, messages(withdrawal_record(START) | {"sentAt": "2026-11-24T12:00:30Z"}))
    assert line.state() == "suspended"


def test_what_was_refused_leaves_quarantine_when_its_record_comes_in_a_batch(line: Line):
    good = pack_record(START)
    line.refused(good | {"colour": "red"})
    accept_many(line.ctx, line.plant, messages(good))
    assert intake.quarantine_list(line.ctx)["count"] == 0


def test_what_is_refused_after_its_id_was_taken_stays_open_as_it_does_one_by_one(line: Line):
    (lot,) = lots(1)
    wrong = lot | {"colour": "red"}
    accept_many(line.ctx, line.plant, messages(wrong, lot))
    assert intake.quarantine_list(line.ctx)["count"] == 0  # mended within the chunk
    accept_many(line.ctx, line.plant, messages(*[each | {"recordId": "R-2"} for each in (lot, wrong)]))
    assert intake.quarantine_list(line.ctx)["count"] == 1


def test_many_readings_are_summed_up_and_the_draft_stays_what_all_records_say(line: Line):
    line.send_all(a_lean_pack(START))
    readings = [
        a_record(
            "reading", {"gtin": GTIN, "serial": "P0001"}, START, details={"device": "BMS 1"},
            values={"numberOfFullCycles": number},
        )
        for number in range(40)
    ]  # fmt: skip
    accept_many(line.ctx, line.plant, messages(*readings[:30]))
    line.send_all(readings[30:])
    with line.ctx.read() as store:
        draft, newest = drafts.load(store, line.battery())
        summed = store.summaries.of([bytes(line.battery().key)])
        assert newest == store.records.count()
    assert draft.values["numberOfFullCycles"].value["value"] == 39
    assert summed
    shown = drafts.show(line.ctx, intake.subjects.BatteryKey(GTIN, "P0001"), line.plant.economic_operator_id)
    assert {row["attribute"]: row["value"] for row in shown["values"]} == {
        name: sourced.value for name, sourced in draft.values.items()
    }


def test_a_record_about_the_model_judges_only_the_packs_that_it_may_complete(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    owed = owed_values("model")
    late = owed.pop("batteryMass")
    line.send(model_record(START, values=owed))
    accept_many(line.ctx, line.plant, messages(*three_packs()))
    judged: list[Any] = []
    settle = issuance.settle
    monkeypatch.setattr(issuance, "settle", lambda ctx, key: judged.append(key) or settle(ctx, key))
    line.send(model_record(START, values={"nominalVoltage": owed["nominalVoltage"]}))
    assert judged == []
    batch = next(record for record in a_lean_pack(START) if record["kind"] == "batch")
    line.send(batch)
    assert judged == []
    answer = line.send(model_record(START, values={"batteryMass": late}))
    assert len(answer["issued"]) == len(judged) == 3


@pytest.mark.parametrize("step", ["before the follow-up", "between two passports", "before the answers"])
def test_a_crash_after_the_commit_is_finished_from_the_records_without_an_answer(
    line: Line, monkeypatch: pytest.MonkeyPatch, step: str
):
    model, batch, *first = a_lean_pack(START)
    line.send_all([model, batch])
    sent = messages(*first, *a_further_pack(START, "P0002"), *lots(3), b"[]")
    with monkeypatch.context() as patched:
        settle = issuance.settle
        count = iter(range(9))

        def cut_at(number: int) -> Callable[..., Any]:
            return lambda ctx, key: settle(ctx, key) if next(count) < number else _cut()

        if step == "before the answers":
            patched.setattr(Records, "keep_answers", _cut)
        else:
            patched.setattr(issuance, "settle", cut_at(0 if step == "before the follow-up" else 1))
        with pytest.raises(PowerCut):
            accept_many(line.ctx, line.plant, sent)
    assert len(rows(line.ctx.engine, "intake_records")) == 9
    expected = {"before the follow-up": 2, "between two passports": 1, "before the answers": 0}[step]
    issued = sum(row["state"] == "draft" for row in rows(line.ctx.engine, "batteries"))
    assert issued == expected
    intake_batch.finish(line.ctx)
    assert {row["state"] for row in rows(line.ctx.engine, "batteries")} == {"issued"}
    assert all(row["answer"] for row in rows(line.ctx.engine, "intake_records"))
    assert intake_batch.finish(line.ctx) == 0
    again = accept_many(line.ctx, line.plant, sent)
    assert [isinstance(each, Accepted) for each in again] == [True] * 7 + [False]
    assert len(rows(line.ctx.engine, "intake_records")) == 9


def test_a_crash_before_the_commit_leaves_nothing_of_the_chunk(line: Line, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patched:
        patched.setattr(intake_batch.UnitOfWork, "commit", _cut)
        with pytest.raises(PowerCut):
            accept_many(line.ctx, line.plant, messages(*lots(3), b"[]"))
    assert rows(line.ctx.engine, "intake_records") == rows(line.ctx.engine, "quarantine") == []


def test_recovery_looks_only_at_what_has_no_answer(line: Line, monkeypatch: pytest.MonkeyPatch):
    accept_many(line.ctx, line.plant, messages(*three_packs()))
    monkeypatch.setattr(issuance, "settle", _cut)
    assert intake_batch.finish(line.ctx) == 0


def test_records_without_an_answer_that_are_young_are_left_to_who_took_them_in(
    line: Line, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patched:
        patched.setattr(issuance, "settle", _cut)
        with pytest.raises(PowerCut):
            accept_many(line.ctx, line.plant, messages(*a_lean_pack(START)))
    assert intake_batch.finish(line.ctx, older_than=housekeeping.A_WHILE) == 0
    clock.forward(minutes=2)
    assert intake_batch.finish(line.ctx, older_than=housekeeping.A_WHILE) == 1


def test_more_than_a_chunk_is_taken_chunk_by_chunk(ctx: Context, plant: Plant):
    sent = messages(*lots(intake_batch.CHUNK + 3))
    found = accept_many(ctx, plant, sent)
    assert len(found) == len(sent) == len(rows(ctx.engine, "intake_records"))
    assert json.loads(str(rows(ctx.engine, "intake_records")[-1]["answer"]))["status"] == "accepted"


def _cut(*_: Any) -> Any:
    raise PowerCut


def test_an_event_named_by_half_a_character_is_kept_and_spoils_no_neighbour(ctx: Context, plant: Plant):
    half = b'{"type":"ObjectEvent","eventID":"\\ud800"}'
    outcomes = accept_many(ctx, plant, messages(half, *lots(1)))
    assert [type(each) for each in outcomes] == [Quarantined, Accepted]
    with pytest.raises(Quarantined):
        intake.accept(ctx, plant, half)
    (kept,) = rows(ctx.engine, "quarantine")
    assert (bytes(kept["body"]), kept["times"], kept["record_id"]) == (half, 2, None)
