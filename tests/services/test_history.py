"""History for people: what happened to a passport, when, by which role and why."""

from datetime import timedelta

from app.core.access import Reader
from app.services import revocation
from tests.factories import a_lean_pack, release_record, withdrawal_record
from tests.installation import START, rows
from tests.line import Line

_S = timedelta(seconds=1)


def events(line: Line) -> list[tuple[object, ...]]:
    return [(row["kind"], row["made_by"], row["reason"]) for row in rows(line.ctx.engine, "battery_events")]


# --- what is written


def test_a_withdrawn_stamp_and_a_new_one_are_written_down_as_events(line: Line):
    line.send_all(a_lean_pack(START))
    line.send_all([withdrawal_record(START + _S), release_record(START + 2 * _S)])
    assert events(line) == [("suspended", None, None), ("reinstated", None, None)]
    positions = [row["log_position"] for row in rows(line.ctx.engine, "battery_events")]
    types = line.leaf_types()
    assert [types[int(str(at))] for at in positions] == ["credential-suspended", "credential-reinstated"]


def test_a_revocation_is_written_down_with_the_role_and_the_reason_but_no_name(line: Line):
    line.send_all(a_lean_pack(START))
    maker = Reader("maker", "Anna Example", line.ctx.issuer.did)
    for _ in range(2):
        revocation.revoke(line.ctx, line.battery().passport_uuid, " Cells were recalled. ", maker)
    assert events(line) == [("revoked", "maker", "Cells were recalled.")]
    (row,) = rows(line.ctx.engine, "battery_events")
    assert line.leaf_types()[int(str(row["log_position"]))] == "credential-revoked"
    assert "Anna" not in str(row)


def test_versions_that_the_records_asked_for_name_nobody(line: Line):
    line.send_all(a_lean_pack(START))
    assert {(row["made_by"], row["reason"]) for row in line.stored()} == {(None, None)}
