"""A rehearsal of docs/runbooks/stale-list.md: lists that ended, froze or were rolled back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core import trust as core
from app.core import trust_edit
from app.core.access import Reader
from app.core.errors import PassportError
from app.core.report import Report
from app.core.verification import verify
from app.keys.file import FileSigner
from app.services import issuance, reading, revocation, status, trust, trust_lists, verification
from app.services.context import Context
from tests.factories import a_further_pack, a_lean_pack
from tests.installation import START, Clock
from tests.line import Line
from tests.trust_ceremony import signed


@pytest.fixture
def maker(ctx: Context) -> Reader:
    return Reader("maker", "m", ctx.issuer.did)


def public(line: Line) -> bytes:
    return reading.public_bytes(line.ctx, line.battery().passport_uuid).body


def ages(report: Report) -> tuple[int, int]:
    """In hours: of the trust list, and of the oldest status list."""
    lists = [one["ageSeconds"] for one in report.ages["statusLists"]]
    return report.ages["trustList"]["ageSeconds"] // 3600, max(lists, default=0) // 3600


def test_an_ended_trust_list_makes_everything_unknown_until_a_new_one_is_signed_elsewhere(
    line: Line, clock: Clock, root_key: FileSigner
):
    line.send_all(a_lean_pack(START))
    clock.forward(days=91)
    report = line.report("public")
    assert (report.verdict, report.error) == ("unknown", "ISSUER_UNTRUSTED")
    assert report.document is not None  # it is shown, as not fully checked
    assert report.ages["trustList"]["expires"] == "2027-02-22T12:00:00Z"  # how old it is, is told
    assert report.check("key").sentence == "The list of known signers at hand is too old."
    *records, stamp = a_further_pack(clock(), "P0002")
    line.send_all(records)
    with pytest.raises(PassportError):  # the record is kept; nothing is issued that nobody could check
        line.send(stamp)
    assert line.battery("P0002").state != "issued"
    trust_lists.publish(line.ctx, signed(trust_lists.draft(line.ctx), root_key))
    assert line.report("public").verdict == "valid"
    issuance.recover(line.ctx)
    assert line.report("public", "P0002").verdict == "valid"


def test_a_frozen_status_list_is_unknown_with_its_age_and_a_revocation_on_it_still_counts(
    line: Line, clock: Clock, maker: Reader
):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002")])
    data = public(line)
    revocation.revoke(line.ctx, line.battery("P0002").passport_uuid, "recalled", maker)
    revoked = reading.public_bytes(line.ctx, line.battery("P0002").passport_uuid).body
    held = verification.own_policy(line.ctx)  # as on a phone
    later = START + timedelta(hours=25)
    fresh_signers = replace(held, trust_list_fetched_at=later)
    report = verify(data, fresh_signers, now=later)
    assert (report.verdict, report.error) == ("unknown", "STATUS_RETRIEVAL_ERROR")
    assert ages(report) == (0, 25)
    assert verify(revoked, fresh_signers, now=later).error == "REVOKED"
    assert verify(data, held, now=later).error == "ISSUER_UNTRUSTED"  # news of the signers are as old


def test_a_list_that_is_missing_is_unknown_never_valid(line: Line):
    line.send_all(a_lean_pack(START))
    held = replace(verification.own_policy(line.ctx), status_lists={})
    report = verify(public(line), held, now=START)
    assert (report.verdict, report.error) == ("unknown", "STATUS_RETRIEVAL_ERROR")


def test_a_rolled_back_trust_list_is_refused_by_who_saw_a_newer_one(ctx: Context):
    older = trust.published(ctx)
    trust_lists.change(ctx, trust_edit.suspend(ctx.issuer.did, ctx.now()))
    seen = core.parse(trust.published(ctx), trust.root(ctx), ctx.now()).version
    with pytest.raises(core.TrustListRolledBack):
        core.parse(older, trust.root(ctx), ctx.now(), newest_seen_version=seen)
    with pytest.raises(PassportError, match="Version 2"):
        trust_lists.publish(ctx, older)


def test_after_a_restore_a_list_above_all_that_were_served_ends_the_alarm(
    line: Line, ctx: Context, root_key: FileSigner
):
    """The database forgot versions 2 to 4; phones did not."""
    line.send_all(a_lean_pack(START))
    number = trust_lists.publish(ctx, signed(trust_lists.draft(ctx, version=5), root_key))
    assert number == 5
    assert core.parse(trust.published(ctx), trust.root(ctx), ctx.now(), newest_seen_version=4).version == 5
    assert line.report("public").verdict == "valid"
    told = [leaf["version"] for leaf in line.leaves() if leaf["type"] == "trust-list-published"]
    assert told == [1, 5]


def test_a_server_whose_clock_is_set_back_signs_nothing_that_looks_fresh(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    status.published(line.ctx, "revocation-1")
    clock.forward(hours=-3)
    body_before = status.published(line.ctx, "revocation-1")
    assert body_before == status.published(line.ctx, "revocation-1")
    assert line.report("public").verdict in ("invalid", "unknown")  # dated in the future
