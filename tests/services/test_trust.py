"""The trust list: signed, renewed in time, and what happens without it."""

from datetime import UTC, datetime

import orjson
import pytest

from app import wiring
from app.core import trust as core
from app.core.errors import NotConfigured
from app.core.multibase import digest_multibase
from app.keys.file import FileSigner
from app.services import trust, verification
from app.services.context import Context
from tests.factories import a_lean_pack
from tests.installation import START, Clock, rows
from tests.line import Line


@pytest.fixture
def no_root_key(ctx: Context) -> None:
    """As in production: the root key was taken off the server."""
    (ctx.settings.keys_dir / wiring.ROOT_KEY).unlink()


def test_a_new_installation_has_a_list_that_its_root_signed_and_a_log_entry_for_its_key(line: Line):
    found = trust.current(line.ctx)
    assert found is not None
    assert found.version == 1
    assert line.leaf_types()[:2] == ["key-added", "trust-list-published"]


def test_a_list_is_left_alone_while_it_is_young(ctx: Context, clock: Clock):
    clock.forward(days=59)
    trust.ensure(ctx)
    assert [row["version"] for row in rows(ctx.engine, "trust_lists")] == [1]


def test_an_ageing_list_is_renewed_with_a_higher_version_and_the_same_start_of_the_key(
    ctx: Context, clock: Clock
):
    before = orjson.loads(trust.published(ctx))["signed"]
    clock.forward(days=61)
    trust.ensure(ctx)
    after = orjson.loads(trust.published(ctx))["signed"]
    assert (before["version"], after["version"]) == (1, 2)
    assert after["issuers"][0]["keys"] == before["issuers"][0]["keys"]
    assert trust.current(ctx) is not None
    assert [row["version"] for row in rows(ctx.engine, "trust_lists")] == [1, 2]


def test_an_expired_list_is_renewed_too(ctx: Context, clock: Clock):
    clock.forward(days=400)
    assert trust.current(ctx) is None
    trust.ensure(ctx)
    assert trust.current(ctx) is not None


@pytest.mark.usefixtures("no_root_key")
def test_an_installation_whose_root_key_is_elsewhere_makes_no_list(ctx: Context, clock: Clock):
    clock.forward(days=400)
    trust.ensure(ctx)
    assert [row["version"] for row in rows(ctx.engine, "trust_lists")] == [1]


def test_ensuring_twice_adds_nothing(line: Line):
    before = line.leaf_types()
    trust.ensure(line.ctx)
    assert line.leaf_types() == before
    assert len(rows(line.ctx.engine, "status_lists")) == 2


def test_documents_signed_before_a_renewal_stay_valid(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(days=61)
    trust.ensure(line.ctx)
    assert line.report("public").verdict == "valid"


def test_with_an_expired_list_the_verdict_is_unknown_not_valid(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(days=91)
    assert line.report("public").verdict == "unknown"


def test_without_any_list_nothing_is_published_or_believed(line: Line):
    line.send_all(a_lean_pack(START))
    with line.ctx.engine.begin() as connection:
        connection.exec_driver_sql("delete from trust_lists")
    with pytest.raises(NotConfigured):
        trust.published(line.ctx)
    assert line.report("public").verdict == "unknown"


def test_a_list_signed_by_another_root_is_not_believed(line: Line):
    body = trust.published(line.ctx)
    signed = orjson.loads(body)["signed"]
    forged = core.build_signed(signed | {"version": 2}, [_renamed(line.ctx)])
    with line.ctx.unit_of_work() as work:
        work.trust_lists.add(2, forged, "2026-11-24T12:00:00.000000Z")
        work.commit()
    assert trust.current(line.ctx) is None
    assert verification.verify_bytes(line.ctx, forged).verdict != "valid"


def _renamed(ctx: Context) -> FileSigner:
    """The seal key under the root's name."""
    (path,) = ctx.settings.keys_dir.glob(wiring.SEAL_KEYS)
    return FileSigner(path, "root-1")


# --- what a list says, and how it is renewed


def test_the_list_names_the_log_and_is_itself_an_entry_of_it(ctx: Context, line: Line):
    found = trust.current(ctx)
    assert found is not None
    assert found.issuers[ctx.issuer.did].logs == (str(ctx.log_keys[1].vkey),)
    (leaf,) = [leaf for leaf in line.leaves() if leaf["type"] == "trust-list-published"]
    assert leaf["version"] == 1
    assert leaf["digest"] == digest_multibase(trust.published(ctx))


def test_renewing_what_is_not_due_does_nothing(ctx: Context):
    assert not trust.renew_if_due(ctx)
    assert len(rows(ctx.engine, "trust_lists")) == 1


def test_a_list_is_renewed_at_once_when_the_register_of_keys_says_something_else(ctx: Context):
    with ctx.unit_of_work() as work:
        work.keys.change(work.keys.held()[0].name, expires_at="2027-01-01T00:00:00.000000Z")
        work.commit()
    assert trust.renew_if_due(ctx)
    found = trust.current(ctx)
    assert found is not None
    (key,) = found.issuers[ctx.issuer.did].keys.values()
    assert key.expires == datetime(2027, 1, 1, tzinfo=UTC)
    assert not trust.renew_if_due(ctx)


@pytest.mark.usefixtures("no_root_key")
def test_without_the_root_key_nothing_is_renewed_and_the_reader_is_told_by_unknown(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(days=91)
    assert not trust.renew_if_due(line.ctx)
    report = line.report("public")
    assert (report.verdict, report.error) == ("unknown", "ISSUER_UNTRUSTED")
