"""History for people: what happened to a passport, when, by which role and why."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from app.core.access import ANYONE, Reader
from app.core.errors import NotFound
from app.core.multibase import digest_multibase
from app.core.sections import ROLES
from app.services import as_of, correction, history, reading, revocation
from app.services.context import Context
from app.services.history import Event, Version
from app.store.documents import Documents
from app.store.tables import battery_events, documents
from tests import factories
from tests.factories import a_lean_pack, release_record, withdrawal_record
from tests.installation import START, Clock, rows
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


# --- what is told


CORRECTED = "The plate says so."


@pytest.fixture
def maker(ctx: Context) -> Reader:
    return Reader("maker", "Anna Example", ctx.issuer.did)


def a_history(line: Line, clock: Clock, maker: Reader) -> str:
    """Issued, a reading a day later, corrected the day after, suspended and reinstated on the third."""
    line.send_all(a_lean_pack(START))
    uuid = str(line.battery().passport_uuid)
    clock.forward(days=1)
    line.send(factories.a_record(
        "reading", {"gtin": factories.GTIN, "serial": factories.SERIAL}, clock.now,
        values={"stateOfCertifiedEnergy": {"value": "97.5", "unit": "%"}}, details={"device": "BMS reader 3"},
    ))  # fmt: skip
    clock.forward(days=1)
    mass = {"value": "412.5", "unit": "kg"}
    line.send(factories.model_record(clock.now, values=factories.owed_values("model", batteryMass=mass)))
    correction.correct(line.ctx, uuid, CORRECTED, maker)
    clock.forward(days=1)
    line.send(withdrawal_record(clock.now))
    clock.forward(hours=1)
    line.send(release_record(clock.now))
    return uuid


def test_a_history_tells_when_by_whom_why_and_what(line: Line, clock: Clock, maker: Reader):
    uuid = a_history(line, clock, maker)
    found = history.show(line.ctx, uuid, ANYONE)
    told = [
        (entry.kind if isinstance(entry, Event) else f"{entry.section} {entry.version}", entry.made_by)
        for entry in found.entries
    ]
    assert told == [("reinstated", None), ("suspended", None), ("public 2", "maker"), ("public 1", None)]
    new, old = [entry for entry in found.entries if isinstance(entry, Version)]
    assert (new.reason, new.is_newest, old.reason, old.is_newest) == (CORRECTED, True, None, False)
    assert new.changes is not None
    assert [(change.name, change.after) for change in new.changes] == [("Battery mass", ("412.5 kg",))]
    assert old.changes is None
    assert new.signed_by.startswith(f"{line.ctx.issuer.did}#")
    stored = reading.section_bytes(line.ctx, uuid, "public", ANYONE, 2)
    assert new.digest == stored.digest
    assert new.url.endswith(f"/passports/{uuid}/sections/public/2")
    assert (found.state, new.verdict.state) == ("issued", "valid")
    assert "Anna" not in repr(found)


@pytest.mark.parametrize("role", [*ROLES])
def test_nothing_of_a_section_outside_the_readers_rights_is_even_asked_of_the_store(
    line: Line, clock: Clock, maker: Reader, role: str, monkeypatch: pytest.MonkeyPatch
):
    uuid = a_history(line, clock, maker)
    asked: set[str] = set()
    versions, one = Documents.versions_of, Documents.version

    def versions_of(self: Documents, keys: Any, sections: Any) -> Any:
        asked.update(sections)
        return versions(self, keys, sections)

    def version(self: Documents, key: bytes, section: str, number: int) -> Any:
        asked.add(section)
        return one(self, key, section, number)

    monkeypatch.setattr(Documents, "versions_of", versions_of)
    monkeypatch.setattr(Documents, "version", version)
    reader = Reader(role, "somebody", line.ctx.issuer.did)
    found = history.show(line.ctx, uuid, reader)
    as_of.show(line.ctx, uuid, reader, clock.now)
    assert asked == set(ROLES[role].sections)
    shown = {entry.section for entry in found.entries if isinstance(entry, Version)}
    assert shown <= set(ROLES[role].sections)
    assert ("condition" in shown) == ("condition" in ROLES[role].sections)


def test_a_version_that_was_altered_is_told_as_such_and_nothing_of_it_is_shown(
    line: Line, clock: Clock, maker: Reader
):
    uuid = a_history(line, clock, maker)
    with line.ctx.engine.begin() as connection:
        body = reading.section_bytes(line.ctx, uuid, "public", ANYONE, 2).body.replace(b'"412.5"', b'"999.5"')
        connection.execute(
            update(documents)
            .where(documents.c.section == "public", documents.c.version == 2)
            .values(body=body, digest=digest_multibase(body))
        )
    new, old = [entry for entry in history.show(line.ctx, uuid, ANYONE).entries if isinstance(entry, Version)]
    assert (new.verdict.state, new.changes, new.signed_by) == ("altered", None, "")
    assert old.verdict.state == "valid"
    assert "999.5" not in repr(new)


def test_a_passport_that_is_not_out_has_no_history(line: Line):
    line.send(factories.pack_record(START))
    for uuid in (line.battery().passport_uuid, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            history.show(line.ctx, uuid, ANYONE)


def test_a_long_history_comes_in_pages(
    line: Line, clock: Clock, maker: Reader, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(history, "PAGE", 3)
    uuid = a_history(line, clock, maker)
    first, second = (history.show(line.ctx, uuid, ANYONE, page=page) for page in (1, 2))
    assert (len(first.entries), first.has_older) == (3, True)
    assert (len(second.entries), second.has_older) == (1, False)
    for page in (0, 3, -1):
        with pytest.raises(NotFound):
            history.show(line.ctx, uuid, ANYONE, page=page)


# --- as of a moment


def mass_in(shown: reading.PassportShown) -> str:
    return str(shown.sections[0].document["credentialSubject"]["batteryMass"])


def test_what_stood_then_is_shown_and_verified_with_what_is_known_today(
    line: Line, clock: Clock, maker: Reader
):
    uuid = a_history(line, clock, maker)
    before = as_of.show(line.ctx, uuid, ANYONE, START + timedelta(hours=30))
    after = as_of.show(line.ctx, uuid, ANYONE, START + timedelta(hours=49))
    assert mass_in(after) == "412.5" != mass_in(before)
    assert [one.version for one in before.sections] == [1]
    assert before.sections[0].url.endswith("/sections/public/1")
    assert before.sections[0].report.verdict == "valid"
    assert before.state == "issued"
    suspended = as_of.show(line.ctx, uuid, ANYONE, START + timedelta(days=3, minutes=5))
    assert (suspended.state, suspended.sections[0].version) == ("suspended", 2)
    assert as_of.show(line.ctx, uuid, ANYONE, clock.now).state == "issued"


def test_every_role_sees_its_own_sections_as_they_stood_and_they_belong_together(
    line: Line, clock: Clock, maker: Reader
):
    uuid = a_history(line, clock, maker)
    reader = Reader("maker", "m", line.ctx.issuer.did)
    for at in (START + timedelta(hours=1), START + timedelta(hours=30), clock.now):
        shown = as_of.show(line.ctx, uuid, reader, at)
        verdicts = {one.section: one.report.verdict for one in shown.sections}
        assert set(verdicts.values()) == {"valid"}, verdicts
    condition = next(one for one in shown.sections if one.section == "condition")
    assert condition.version == 2


def test_before_the_first_issue_nothing_existed(line: Line, clock: Clock, maker: Reader):
    uuid = a_history(line, clock, maker)
    early = START - timedelta(seconds=1)
    for call in (
        lambda: as_of.show(line.ctx, uuid, ANYONE, early),
        lambda: as_of.section_bytes(line.ctx, uuid, "public", ANYONE, early),
        lambda: history.show(line.ctx, uuid, ANYONE, at=early),
    ):
        with pytest.raises(NotFound, match="Nothing existed yet"):
            call()


def test_the_bytes_of_a_section_as_it_stood_are_the_stored_ones(line: Line, clock: Clock, maker: Reader):
    uuid = a_history(line, clock, maker)
    then = as_of.section_bytes(line.ctx, uuid, "public", ANYONE, START + timedelta(hours=1))
    assert then == reading.section_bytes(line.ctx, uuid, "public", ANYONE, 1)
    recycler = Reader("recycler", "r", None)
    assert as_of.section_bytes(line.ctx, uuid, "composition", recycler, clock.now).body
    for section in ("composition", "condition", "nonsense"):
        with pytest.raises(NotFound):
            as_of.section_bytes(line.ctx, uuid, section, ANYONE, clock.now)


def test_a_history_up_to_a_day_tells_what_was_newest_then(line: Line, clock: Clock, maker: Reader):
    uuid = a_history(line, clock, maker)
    found = history.show(line.ctx, uuid, ANYONE, at=START + timedelta(hours=30))
    (only,) = found.entries
    assert isinstance(only, Version)
    assert (only.version, only.is_newest) == (1, True)


def test_a_withdrawal_from_before_events_were_written_down_is_still_told(
    line: Line, clock: Clock, maker: Reader
):
    line.send_all(a_lean_pack(START))
    uuid = line.battery().passport_uuid
    clock.forward(days=1)
    revocation.revoke(line.ctx, uuid, "Cells were recalled.", maker)
    with line.ctx.engine.begin() as connection:
        connection.execute(delete(battery_events))
    newest = history.show(line.ctx, uuid, ANYONE).entries[0]
    assert isinstance(newest, Event)
    assert (newest.kind, newest.reason) == ("revoked", "Cells were recalled.")
    assert as_of.show(line.ctx, uuid, ANYONE, START + timedelta(hours=1)).state == "issued"
    assert as_of.show(line.ctx, uuid, ANYONE, clock.now).state == "revoked"
