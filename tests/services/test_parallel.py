"""Several workers at once: what counts is the database, not the order in which they look (T45, T50)."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.core.access import Reader
from app.core.errors import RateLimited
from app.core.status_list import StatusList
from app.services import accounts, intake, issuance, revocation, throttling, waiting
from tests.factories import (
    a_further_pack,
    a_lean_pack,
    batch_record,
    body,
    model_record,
    owed_values,
    pack_record,
    release_record,
    withdrawal_record,
)
from tests.installation import START, rows
from tests.line import Line


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all together; results or exceptions, in order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def sends(line: Line, records: Sequence[dict[str, Any]]) -> list[Callable[[], Any]]:
    return [
        lambda record=record: intake.accept(line.ctx, line.plant, body(record))  # type: ignore[misc]
        for record in records
    ]


def test_a_pack_stamped_twice_at_once_gets_one_passport(line: Line):
    *before, _ = a_lean_pack(START)
    line.send_all(before)
    stamps = [release_record(START) for _ in range(3)]
    results = at_once(*sends(line, stamps))
    assert [result.answer["battery"]["state"] for result in results] == ["issued"] * 3
    assert len({result.answer["battery"]["passport"] for result in results}) == 1
    documents = line.stored()
    assert len(documents) == 6
    assert {row["version"] for row in documents} == {1}
    assert line.leaf_types().count("credential-issued") == 6
    assert rows(line.ctx.engine, "issuance_intentions") == []
    assert line.report("public").verdict == "valid"


def test_the_first_packs_of_a_model_stamped_at_once_share_its_sections(line: Line):
    line.send_all(
        [model_record(START, values=owed_values("model")), batch_record(START, values=owed_values("batch"))]
    )
    serials = ["A1", "A2", "A3"]
    line.send_all(pack_record(START, serial, values=owed_values("item")) for serial in serials)
    results = at_once(*sends(line, [release_record(START, serial) for serial in serials]))
    assert [result.answer["battery"]["state"] for result in results] == ["issued"] * 3
    assert len(line.history("composition")) == 1
    listed = {str(line.history("public", serial)[0]["relatedResource"]) for serial in serials}
    assert len(listed) == 1
    assert {line.report("public", serial).verdict for serial in serials} == {"valid"}


def test_the_same_record_sent_twice_at_once_is_one_record(line: Line):
    record = pack_record(START)
    results = at_once(*sends(line, [record] * 4))
    assert len({str(result.answer) for result in results}) == 1
    assert len(rows(line.ctx.engine, "intake_records")) == 1
    assert len(rows(line.ctx.engine, "batteries")) == 1


def test_the_first_records_of_a_battery_may_come_at_once(line: Line):
    results = at_once(
        *sends(
            line, [pack_record(START), release_record(START), pack_record(START), withdrawal_record(START)]
        )
    )
    assert all(isinstance(result, intake.Accepted) for result in results), results
    assert len(rows(line.ctx.engine, "batteries")) == 1
    assert len(rows(line.ctx.engine, "intake_records")) == 4


def test_the_same_refused_bytes_sent_at_once_are_kept_once(line: Line):
    call = lambda: intake.accept(line.ctx, line.plant, b"[]")  # noqa: E731
    results = at_once(call, call, call, call)
    assert {type(result) for result in results} == {intake.Quarantined}
    (kept,) = rows(line.ctx.engine, "quarantine")
    assert kept["times"] == 4


def test_a_withdrawal_beside_the_stamp_ends_as_the_senders_times_say(line: Line):
    *before, _ = a_lean_pack(START)
    line.send_all(before)
    stamp, withdrawal = release_record(START), withdrawal_record(START)
    withdrawal["sentAt"] = "2026-11-24T12:00:30Z"
    at_once(*sends(line, [stamp, withdrawal]))
    assert line.battery().release == "withdrawn"
    assert line.state() in ("draft", "suspended")


def test_no_bit_is_lost_when_passports_are_revoked_at_once(line: Line):
    serials = ["R1", "R2", "R3"]
    line.send_all(list(a_lean_pack(START, "R1")))
    line.send_all([*a_further_pack(START, "R2"), *a_further_pack(START, "R3")])
    maker = Reader("maker", "m", line.ctx.issuer.did)
    uuids = [line.battery(serial).passport_uuid for serial in serials]
    at_once(
        *[
            lambda uuid=uuid: revocation.revoke(line.ctx, uuid, "recalled", maker)  # type: ignore[misc]
            for uuid in [*uuids, *uuids]
        ]
    )
    (row,) = [row for row in rows(line.ctx.engine, "status_lists") if row["purpose"] == "revocation"]
    bits = StatusList(bytes(row["bits"]))  # type: ignore[call-overload]
    keys = {bytes(line.battery(serial).key) for serial in serials}
    entries = [
        entry
        for entry in rows(line.ctx.engine, "status_entries")
        if entry["purpose"] == "revocation" and bytes(entry["subject_key"]) in keys  # type: ignore[call-overload]
    ]
    assert len(entries) == 9
    assert all(bits.get(int(str(entry["list_index"]))) for entry in entries)
    assert line.leaf_types().count("credential-revoked") == 9
    assert {line.report("public", serial).error for serial in serials} == {"REVOKED"}


def test_a_passport_is_suspended_once_when_two_workers_see_the_withdrawal(line: Line):
    line.send_all(a_lean_pack(START))
    withdrawals = [withdrawal_record(START) | {"sentAt": f"2026-11-24T12:00:3{n}Z"} for n in range(3)]
    at_once(*sends(line, withdrawals))
    assert line.state() == "suspended"
    assert line.leaf_types().count("credential-suspended") == 3


def test_a_revocation_is_not_written_over_by_a_suspension(line: Line, monkeypatch: pytest.MonkeyPatch):
    line.send_all(a_lean_pack(START))
    maker = Reader("maker", "m", line.ctx.issuer.did)
    uuid = line.battery().passport_uuid
    change = issuance._change_suspension

    def revoked_meanwhile(*given: Any, **named: Any) -> None:
        revocation.revoke(line.ctx, uuid, "recalled", maker)
        change(*given, **named)

    monkeypatch.setattr(issuance, "_change_suspension", revoked_meanwhile)
    line.send(withdrawal_record(START) | {"sentAt": "2026-11-24T12:00:30Z"})
    assert line.state() == "revoked"
    assert "credential-suspended" not in line.leaf_types()


def test_tries_counted_at_once_are_all_counted(line: Line):
    limit = throttling.Limit("test", 3, throttling.MINUTE)
    call = lambda: throttling.count(line.ctx, limit, "192.0.2.1")  # noqa: E731
    results = at_once(*[call] * 8)
    assert sum(isinstance(result, RateLimited) for result in results) == 5


def test_one_account_is_made_when_two_ask_for_the_name_at_once(line: Line):
    call = lambda: accounts.add(line.ctx, "inspector", "a-long-password", "authority")  # noqa: E731
    results = at_once(call, call)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]


def test_a_record_that_arrives_while_signing_makes_the_draft_be_judged_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    *before, stamp = a_lean_pack(START)
    line.send_all(before)
    publish = issuance._publish
    late = [pack_record(START, values={"batteryStatus": "repurposed"}) | {"sentAt": "2026-11-24T12:00:30Z"}]

    def joined_by_another(*given: Any) -> bool:
        if late:
            with line.ctx.unit_of_work() as work:
                intake._insert(work, line.plant, *_parsed(late.pop()))
                work.commit()
        return publish(*given)

    monkeypatch.setattr(issuance, "_publish", joined_by_another)
    line.send(stamp)
    (condition,) = line.history("condition")
    assert condition["credentialSubject"]["batteryStatus"]["value"] == "repurposed"


def _parsed(record: dict[str, Any]) -> tuple[Any, bytes, bytes, Any]:
    sent = body(record)
    return intake.parsed(sent, START), sent, b"\0" * 32, START


def test_a_batch_record_that_arrives_before_what_is_owed_is_noted_issues_the_pack(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    """It looks for who waits for it by what was noted before: most of that was not the batch's to give."""
    model, batch, pack, stamp = a_lean_pack(START)
    for record in (stamp, model):
        line.send(record)
    arrivals, text_of = [batch], waiting._text

    def joined_by_the_batch(missing: Any) -> Any:
        found = text_of(missing)
        while arrivals:
            line.send(arrivals.pop())
        return found

    monkeypatch.setattr(waiting, "_text", joined_by_the_batch)
    assert line.send(pack)["battery"]["state"] == "issued"
    assert line.state() == "issued"
