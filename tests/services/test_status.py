"""Revocation and the lists that tell of it."""

import itertools
import secrets
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from app.core.access import ANYONE, Reader
from app.core.errors import (
    CannotSign,
    Conflict,
    Forbidden,
    MalformedInput,
    NotConfigured,
    NotFound,
    Unauthenticated,
)
from app.core.key_register import KeyRecord
from app.core.proof import Signer
from app.core.status_list import MIN_ENTRIES, StatusList
from app.core.verification import verify
from app.core.vocabulary import Section
from app.services import reading, revocation, status, verification
from app.services.context import Context
from tests.factories import SERIAL, a_further_pack, a_lean_pack, owed_values, pack_record
from tests.installation import ORIGIN, START, Clock, rows
from tests.line import Line


@pytest.fixture
def maker(ctx: Context) -> Reader:
    return Reader("maker", "m", ctx.issuer.did)


def list_of(ctx: Context, name: str) -> tuple[dict[str, object], str]:
    body, digest = status.published(ctx, name)
    return orjson.loads(body), digest


def test_a_revoked_passport_still_resolves_and_says_why(line: Line, maker: Reader):
    line.send_all(a_lean_pack(START))
    uuid = line.battery().passport_uuid
    before = reading.public_bytes(line.ctx, uuid)
    revocation.revoke(line.ctx, uuid, "  Cells were recalled.  ", maker)
    assert reading.public_bytes(line.ctx, uuid) == before
    shown = reading.show(line.ctx, uuid, ANYONE)
    assert (shown.state, shown.reason) == ("revoked", "Cells were recalled.")
    assert (shown.sections[0].report.verdict, shown.sections[0].report.error) == ("invalid", "REVOKED")


def test_a_revocation_is_seen_at_once_even_by_a_page_that_was_just_shown(line: Line, maker: Reader):
    line.send_all(a_lean_pack(START))
    uuid = line.battery().passport_uuid
    assert reading.show(line.ctx, uuid, ANYONE).sections[0].report.verdict == "valid"
    revocation.revoke(line.ctx, uuid, "recalled", maker)
    assert reading.show(line.ctx, uuid, ANYONE).sections[0].report.verdict == "invalid"


def test_revoking_twice_changes_nothing(line: Line, maker: Reader):
    line.send_all(a_lean_pack(START))
    uuid = line.battery().passport_uuid
    revocation.revoke(line.ctx, uuid, "recalled", maker)
    before = (line.leaves(), line.battery())
    revocation.revoke(line.ctx, uuid, "another reason", maker)
    assert (line.leaves(), line.battery()) == before


def test_other_batteries_of_the_model_stay_valid(line: Line, maker: Reader):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002")])
    revocation.revoke(line.ctx, line.battery().passport_uuid, "recalled", maker)
    assert line.report("public", "P0002").verdict == "valid"
    assert line.report("composition").verdict == "valid"


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 501])
def test_a_revocation_needs_a_reason(line: Line, maker: Reader, reason: str):
    line.send_all(a_lean_pack(START))
    with pytest.raises(MalformedInput):
        revocation.revoke(line.ctx, line.battery().passport_uuid, reason, maker)
    assert line.state() == "issued"


def test_only_the_maker_of_the_battery_revokes(line: Line):
    line.send_all(a_lean_pack(START))
    uuid = line.battery().passport_uuid
    with pytest.raises(Unauthenticated):
        revocation.revoke(line.ctx, uuid, "recalled", ANYONE)
    for role in ("admin", "authority", "recycler", "service"):
        with pytest.raises(Forbidden):
            revocation.revoke(line.ctx, uuid, "recalled", Reader(role, "somebody", line.ctx.issuer.did))
    with pytest.raises(Forbidden):
        revocation.revoke(line.ctx, uuid, "recalled", Reader("maker", "m", "did:web:other.example"))
    assert line.state() == "issued"


def test_what_was_not_issued_cannot_be_revoked(line: Line, maker: Reader):
    line.send(pack_record(START, values=owed_values("item")))
    with pytest.raises(Conflict):
        revocation.revoke(line.ctx, line.battery().passport_uuid, "recalled", maker)
    with pytest.raises(NotFound):
        revocation.revoke(line.ctx, "00000000-0000-4000-8000-000000000000", "recalled", maker)


# --- lists


def test_each_section_has_indexes_of_its_own_that_say_nothing(line: Line):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002"), *a_further_pack(START, "P0003")])
    entries = rows(line.ctx.engine, "status_entries")
    places = [(entry["list_name"], entry["list_index"]) for entry in entries]
    assert len(places) == len(set(places)) == 2 * (3 + 3 * 3)
    ordered = sorted(index for name, index in places if name == "revocation-1")
    assert ordered[-1] - ordered[0] > 1000  # spread, not counted up
    assert all(0 <= index < MIN_ENTRIES for _, index in places)


def test_a_document_names_the_indexes_that_were_given_to_it(line: Line):
    line.send_all(a_lean_pack(START))
    key = bytes(line.battery().key)
    given = {
        entry["purpose"]: entry
        for entry in rows(line.ctx.engine, "status_entries")
        if bytes(entry["subject_key"]) == key and entry["section"] == "public"
    }
    for entry in line.history("public")[0]["credentialStatus"]:
        ours = given[entry["statusPurpose"]]
        assert entry["statusListCredential"] == f"{ORIGIN}/status/{ours['list_name']}"
        assert entry["statusListIndex"] == str(ours["list_index"])


def test_a_place_that_is_taken_is_not_given_again(ctx: Context, monkeypatch: pytest.MonkeyPatch):
    chains: dict[Section, bytes] = {"public": b"a" * 16, "use": b"a" * 16}
    _draws(monkeypatch, [1, 2, 3, 4])
    first = _given(ctx, chains)
    assert [place[2] for section in first.values() for place in section] == [1, 2, 3, 4]
    _draws(monkeypatch, [1, 2, 7, 8, 5, 2, 9])  # of the first four two are taken; then 2 is again
    second = _given(ctx, {"public": b"b" * 16, "use": b"b" * 16})
    assert second == {
        "public": [("revocation", "revocation-1", 5), ("suspension", "suspension-1", 9)],
        "use": [("revocation", "revocation-1", 7), ("suspension", "suspension-1", 8)],
    }


def test_two_sections_never_draw_the_same_place_at_once(ctx: Context, monkeypatch: pytest.MonkeyPatch):
    _draws(monkeypatch, [5, 5, 5, 5, 6, 6])
    given = _given(ctx, {"public": b"a" * 16, "use": b"a" * 16})
    assert sorted(place for section in given.values() for place in section) == [
        ("revocation", "revocation-1", 5), ("revocation", "revocation-1", 6),
        ("suspension", "suspension-1", 5), ("suspension", "suspension-1", 6),
    ]  # fmt: skip


def test_a_section_keeps_its_places(ctx: Context):
    chains: dict[Section, bytes] = {"public": b"a" * 16, "composition": b"m" * 16}
    first = _given(ctx, chains)
    more = _given(ctx, {**chains, "use": b"a" * 16})
    assert {section: more[section] for section in chains} == first
    other = _given(ctx, {"public": b"b" * 16, "composition": b"m" * 16})
    assert other["composition"] == first["composition"]
    assert other["public"] != first["public"]


def test_a_full_list_is_followed_by_a_new_one(
    line: Line, maker: Reader, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    line.send_all(a_lean_pack(START))
    with monkeypatch.context() as patched:
        taken = {entry["purpose"]: entry["list_index"] for entry in rows(line.ctx.engine, "status_entries")}
        draws = itertools.chain([taken["revocation"], taken["suspension"]] * 8 * 16, itertools.count(1))
        patched.setattr(secrets, "randbelow", lambda _: next(draws))
        patched.setattr(status, "_TRIES", 2)
        line.send_all(a_further_pack(START, "P0002"))
    names = {row["name"] for row in rows(line.ctx.engine, "status_lists")}
    assert names >= {"revocation-1", "revocation-2", "suspension-1", "suspension-2"}
    assert line.report("public", "P0002").verdict == "valid"
    revocation.revoke(line.ctx, line.battery("P0002").passport_uuid, "recalled", maker)
    assert line.report("public", "P0002").error == "REVOKED"
    assert line.report("public").verdict == "valid"
    line.send_all(a_further_pack(START, "P0003"))
    assert line.report("public", "P0003").verdict == "valid"


def _draws(monkeypatch: pytest.MonkeyPatch, numbers: list[int]) -> None:
    left = iter(numbers)
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(left))


def _given(ctx: Context, chains: dict[Section, bytes]) -> dict[Section, list[tuple[str, str, int]]]:
    with ctx.unit_of_work() as work:
        given = status.give_indexes(work, ctx.issuer.did, chains)
        work.commit()
    return given


def test_a_list_is_the_same_bytes_until_an_hour_is_over(ctx: Context, clock: Clock):
    first = status.published(ctx, "revocation-1")
    clock.forward(minutes=59)
    assert status.published(ctx, "revocation-1") == first
    clock.forward(minutes=2)
    later = status.published(ctx, "revocation-1")
    assert later[1] != first[1]
    assert status.published(ctx, "revocation-1") == later
    assert verification.verify_bytes(ctx, later[0]).verdict == "valid"


def test_a_list_is_signed_anew_after_a_change_and_the_other_is_left_alone(line: Line, maker: Reader):
    line.send_all(a_lean_pack(START))
    before = {name: list_of(line.ctx, name) for name in ("revocation-1", "suspension-1")}
    revocation.revoke(line.ctx, line.battery().passport_uuid, "recalled", maker)
    after = {name: list_of(line.ctx, name) for name in ("revocation-1", "suspension-1")}
    assert after["suspension-1"] == before["suspension-1"]
    encoded = after["revocation-1"][0]["credentialSubject"]["encodedList"]  # type: ignore[index]
    bits = StatusList.decode(encoded)
    assert sum(bits.get(index) for index in range(MIN_ENTRIES)) == 3
    assert before["revocation-1"][1] != after["revocation-1"][1]


def test_an_unknown_list_is_not_found(ctx: Context):
    with pytest.raises(NotFound):
        status.published(ctx, "revocation-2")


def test_a_list_that_a_verifier_holds_is_good_for_a_day(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    held = verification.own_policy(line.ctx)
    body = next(bytes(row["body"]) for row in line.stored() if row["section"] == "public")
    assert verify(body, held, now=START + timedelta(hours=20)).verdict == "valid"
    later = START + timedelta(hours=30)
    with_news_of_the_signers = replace(held, trust_list_fetched_at=later)
    assert verify(body, with_news_of_the_signers, now=later).error == "STATUS_RETRIEVAL_ERROR"
    assert SERIAL in body.decode()


class WrongSigner:
    """A token that went out of order: it answers, with a signature of something else."""

    def __init__(self, right: Signer) -> None:
        self.verification_method = right.verification_method
        self.public_key = right.public_key
        self._right = right

    def sign_digest(self, digest: bytes) -> bytes:
        return self._right.sign_digest(bytes(len(digest)))


def test_a_list_whose_signature_does_not_fit_is_never_stored(ctx: Context, clock: Clock):
    before = status.published(ctx, "revocation-1")
    broken = replace(ctx, open_signer=lambda record: WrongSigner(ctx.open_signer(record)), kept={})
    clock.forward(hours=2)
    assert status.published(broken, "revocation-1") == before  # with its age
    with pytest.raises(CannotSign):
        status.published(broken, "suspension-1")  # was never signed: there is nothing to show
    after = status.published(ctx, "revocation-1")
    assert after != before
    assert verification.verify_bytes(ctx, after[0]).verdict == "valid"


def test_a_key_that_cannot_be_opened_does_not_keep_passports_from_being_read(line: Line, clock: Clock):
    """As after `keys create` by another user, whose key file the service may not read."""

    def unfit(_record: KeyRecord) -> Signer:
        raise NotConfigured("The key file cannot be read.")

    before = status.published(line.ctx, "revocation-1")
    unread = replace(line.ctx, open_signer=unfit, kept={})
    clock.forward(hours=2)
    assert status.published(unread, "revocation-1") == before  # with its age
    with line.ctx.unit_of_work() as work:
        status.drop_signatures(work)  # as a change of key does
        work.commit()
    assert status.all_published(unread) == {}  # so that verdicts are unknown
    with pytest.raises(NotConfigured):
        status.published(unread, "revocation-1")
