"""Keys are made, put into use, followed, revoked: each change at once, with its log entry, or not at all."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from app import wiring
from app.core import verification
from app.core.access import ANYONE
from app.core.errors import CannotSign, Conflict, MalformedInput, NotConfigured, NotFound
from app.core.key_register import KeyRecord
from app.keys import file as key_files
from app.keys.backends import Made
from app.keys.file import FileSigner
from app.services import key_life, keys, reading, status, trust
from app.services import verification as services_verification
from app.services.context import Context
from tests.factories import SERIAL, a_further_pack, a_lean_pack
from tests.installation import START, Clock
from tests.line import Line

FIRST, SECOND, THIRD = "seal-2026", "seal-2026-2", "seal-2026-3"


def create(ctx: Context) -> KeyRecord:
    places = wiring.key_backends(ctx.settings)
    return key_life.create(ctx, places.file)


def as_demo(ctx: Context) -> Context:
    settings = replace(ctx.settings, demo=True)
    places = wiring.key_backends(settings)
    opener = lambda record: places.open(record, method(ctx, record.name))  # noqa: E731
    return replace(ctx, settings=settings, open_signer=opener, kept={})


def method(ctx: Context, name: str) -> str:
    return f"{ctx.issuer.did}#{name}"


def rotated(ctx: Context) -> KeyRecord:
    """As in production: the list is signed before and after."""
    create(ctx)
    trust.renew_if_due(ctx)
    record = key_life.rotate(ctx)
    trust.renew_if_due(ctx)
    return record


def signers(line: Line) -> dict[str, str]:
    """Key of the newest version of each section of the first battery."""
    return {
        section: line.history(section)[-1]["proof"][0]["verificationMethod"].partition("#")[2]
        for section in ("public", "condition", "composition")
    }


# --- made


def test_a_new_key_is_announced_and_does_not_sign(ctx: Context, line: Line):
    record = create(ctx)
    assert (record.name, record.state(ctx.now())) == (SECOND, "prepared")
    assert keys.signer(ctx).verification_method == method(ctx, FIRST)
    last = line.leaves()[-1]
    assert (last["type"], last["verificationMethod"]) == ("key-added", method(ctx, SECOND))
    names = [one["id"].partition("#")[2] for one in trust.did_document(ctx)["verificationMethod"]]
    assert names == [FIRST, f"{FIRST}-jwk", SECOND, f"{SECOND}-jwk"]


def test_names_count_up_in_a_year_and_begin_anew_in_the_next(ctx: Context, clock: Clock):
    assert [create(ctx).name, create(ctx).name] == [SECOND, THIRD]
    clock.forward(days=60)
    assert create(ctx).name == "seal-2027"


def test_a_key_file_that_an_interrupted_call_left_is_taken_up(ctx: Context):
    key_files.create(ctx.settings.keys_dir / f"{SECOND}.pem")
    assert create(ctx).name == SECOND


def test_the_same_key_is_not_entered_twice_and_a_root_key_never(ctx: Context, tmp_path: Path):
    places = wiring.key_backends(ctx.settings)
    for name, match in ((f"{FIRST}.pem", FIRST), (wiring.ROOT_KEY, "one purpose")):
        source = tmp_path / name
        key_files.write_secret(source, key_files.read_secret(ctx.settings.keys_dir / name))
        with pytest.raises(Conflict, match=match):
            key_life.create(ctx, lambda given, source=source: places.file(given, source))  # type: ignore[misc]
        (ctx.settings.keys_dir / f"{SECOND}.pem").unlink()
    assert len(keys.all(ctx)) == 1


def test_a_key_that_does_not_sign_is_not_entered(ctx: Context, line: Line):
    elsewhere = Made("file", f"{FIRST}.pem", _another_public_key(ctx), "elsewhere")
    with pytest.raises(NotConfigured):
        key_life.create(ctx, lambda _name: elsewhere)
    assert len(keys.all(ctx)) == 1
    assert line.leaf_types().count("key-added") == 1


# --- put into use


def test_in_production_a_key_that_readers_do_not_know_is_not_put_into_use(ctx: Context, line: Line):
    create(ctx)
    before = (keys.all(ctx), line.leaves(), trust.published(ctx))
    with pytest.raises(Conflict, match=r"trust list does not have seal-2026-2 yet.*docs/keys\.md"):
        key_life.rotate(ctx)
    assert (keys.all(ctx), line.leaves(), trust.published(ctx)) == before
    trust.renew_if_due(ctx)
    assert key_life.rotate(ctx).name == SECOND


def test_in_a_demo_the_list_is_renewed_by_itself(ctx: Context):
    demo = as_demo(ctx)
    create(demo)
    key_life.rotate(demo, None)
    listed = orjson.loads(trust.published(ctx))["signed"]["issuers"][0]["keys"]
    assert [(key["id"], "expires" in key) for key in listed] == [
        (method(ctx, FIRST), True),
        (method(ctx, SECOND), False),
    ]


def test_after_a_rotation_the_new_key_signs_and_old_passports_stay_valid(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(hours=1)
    rotated(line.ctx)
    line.send_all(a_further_pack(clock.now, "P0002"))
    assert line.history("public", "P0002")[0]["proof"][0]["verificationMethod"] == method(line.ctx, SECOND)
    assert line.report("public", "P0002").verdict == "valid"
    clock.forward(days=50)
    assert line.report("public").verdict == "valid"
    assert signers(line) == dict.fromkeys(("public", "condition", "composition"), FIRST)


def test_a_rotation_within_one_second_of_issuing_leaves_no_document_outside_its_keys_time(
    line: Line, clock: Clock
):
    create(line.ctx)
    trust.renew_if_due(line.ctx)
    clock.forward(milliseconds=700)
    line.send_all(a_lean_pack(START))
    key_life.rotate(line.ctx)
    line.send_all(a_further_pack(START, "P0002"))
    trust.renew_if_due(line.ctx)
    clock.forward(seconds=5)
    assert line.report("public").verdict == "valid"
    assert line.report("public", "P0002").verdict == "valid"
    assert signers(line)["public"] == FIRST


def test_a_rotation_is_in_the_log_and_the_lists_are_signed_by_the_new_key(line: Line):
    line.send_all(a_lean_pack(START))
    old = status.published(line.ctx, "revocation-1")
    rotated(line.ctx)
    told = ["key-added", "trust-list-published", "key-started", "key-expired", "trust-list-published"]
    assert line.leaf_types()[-5:] == told
    new = status.published(line.ctx, "revocation-1")
    assert new[1] != old[1]
    assert orjson.loads(new[0])["proof"][0]["verificationMethod"] == method(line.ctx, SECOND)
    assert line.report("public").verdict == "valid"


def test_a_rotation_needs_a_key_and_asks_which_where_there_are_several(ctx: Context):
    with pytest.raises(Conflict, match="keys create"):
        key_life.rotate(ctx)
    with pytest.raises(NotFound):
        key_life.rotate(ctx, "seal-1999")
    with pytest.raises(Conflict, match="signs already"):
        key_life.rotate(ctx, FIRST)
    create(ctx)
    create(ctx)
    with pytest.raises(Conflict, match="seal-2026-2, seal-2026-3"):
        key_life.rotate(ctx)
    trust.renew_if_due(ctx)
    assert key_life.rotate(ctx, THIRD).name == THIRD


def test_a_key_whose_file_is_gone_is_not_put_into_use(ctx: Context):
    create(ctx)
    trust.renew_if_due(ctx)
    (ctx.settings.keys_dir / f"{SECOND}.pem").unlink()
    ctx.kept.clear()
    with pytest.raises(NotConfigured, match="missing"):
        key_life.rotate(ctx)
    assert keys.signer(ctx).verification_method == method(ctx, FIRST)


# --- the end


def test_the_only_key_does_not_expire_now_but_may_have_an_end_ahead(ctx: Context, clock: Clock):
    with pytest.raises(Conflict, match="keys rotate"):
        key_life.expire(ctx, FIRST, None)
    with pytest.raises(Conflict, match="past"):
        key_life.expire(ctx, FIRST, START - timedelta(days=1))
    key_life.expire(ctx, FIRST, START + timedelta(days=2))
    keys.signer(ctx)
    clock.forward(days=2)
    with pytest.raises(CannotSign):
        keys.signer(ctx)
    with pytest.raises(Conflict, match="ended already"):
        key_life.expire(ctx, FIRST, None)


# --- revoked


def test_a_revoked_key_never_signs_again_and_the_prepared_one_takes_over(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    create(line.ctx)
    trust.renew_if_due(line.ctx)
    clock.forward(days=1)
    revoked, heir = key_life.revoke(line.ctx, FIRST, START, "laptop stolen")
    assert revoked.revoked == START
    assert heir is not None
    assert heir.name == SECOND
    trust.renew_if_due(line.ctx)
    assert line.leaf_types()[-3:] == ["key-started", "key-revoked", "trust-list-published"]
    assert "stolen" not in str(line.leaves())
    assert line.report("public").error == "KEY_REVOKED"
    line.send_all(a_further_pack(clock.now, "P0002"))
    assert line.history("public", "P0002")[0]["proof"][0]["verificationMethod"] == method(line.ctx, SECOND)
    with pytest.raises(Conflict, match="is revoked"):
        key_life.rotate(line.ctx, FIRST)
    shown = reading.show(line.ctx, line.battery().passport_uuid, ANYONE)
    assert shown.sections[0].report.error == "KEY_REVOKED"


def test_what_is_proven_to_be_older_than_the_compromise_stays_valid(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    create(line.ctx)
    trust.renew_if_due(line.ctx)
    clock.forward(days=1)
    since = clock.now - timedelta(hours=1)
    key_life.revoke(line.ctx, FIRST, since, "laptop stolen")
    trust.renew_if_due(line.ctx)
    body = next(bytes(row["body"]) for row in line.stored() if row["section"] == "public")
    policy = services_verification.own_policy(line.ctx)
    found = {
        proven_at: verification.verify(body, policy, now=clock.now, proven_at=proven_at).error
        for proven_at in (None, since - timedelta(seconds=1), since, clock.now)
    }
    assert list(found.values()) == ["KEY_REVOKED", None, "KEY_REVOKED", "KEY_REVOKED"]


def test_without_a_key_that_can_take_over_revoking_asks_first_and_then_issuing_stops(
    line: Line, clock: Clock
):
    *before, stamp = a_lean_pack(START)
    line.send_all(before)
    create(line.ctx)  # readers do not know it
    with pytest.raises(Conflict, match="--stop-issuing"):
        key_life.revoke(line.ctx, FIRST, START, "laptop stolen")
    assert keys.signer(line.ctx).verification_method == method(line.ctx, FIRST)
    _, heir = key_life.revoke(line.ctx, FIRST, START, "laptop stolen", stop_issuing=True)
    assert heir is None
    with pytest.raises(CannotSign):
        line.send(stamp)
    assert (line.stored(), line.state()) == ([], "draft")
    trust.renew_if_due(line.ctx)
    key_life.rotate(line.ctx)
    assert line.send(stamp)["battery"]["state"] == "issued"
    assert line.report("public").verdict == "valid"


def test_the_time_of_a_compromise_may_only_move_back(line: Line, clock: Clock):
    clock.forward(days=3)
    ctx = line.ctx
    key_life.revoke(ctx, FIRST, START + timedelta(days=2), "stolen", stop_issuing=True)
    key_life.revoke(ctx, FIRST, START + timedelta(days=1), "stolen", stop_issuing=True)
    before = line.leaves()
    record, _ = key_life.revoke(ctx, FIRST, START + timedelta(days=2), "stolen", stop_issuing=True)
    assert record.revoked == START + timedelta(days=1)
    assert line.leaves() == before
    with pytest.raises(MalformedInput, match="ahead"):
        key_life.revoke(ctx, FIRST, START + timedelta(days=9), "stolen", stop_issuing=True)
    with pytest.raises(MalformedInput, match="why"):
        key_life.revoke(ctx, FIRST, START, " ", stop_issuing=True)


def test_of_two_revocations_at_once_the_earlier_time_counts(
    line: Line, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    create(line.ctx)
    trust.renew_if_due(line.ctx)
    earlier, later = START, START + timedelta(hours=1)
    real = key_life._heir

    def meanwhile(*given: object, **named: bool) -> object:
        monkeypatch.setattr(key_life, "_heir", real)
        key_life.revoke(line.ctx, FIRST, earlier, "seen by somebody else")
        return None

    monkeypatch.setattr(key_life, "_heir", meanwhile)
    clock.forward(hours=2)
    record, heir = key_life.revoke(line.ctx, FIRST, later, "stolen")
    assert record.revoked == earlier
    assert heir is not None


def test_a_change_that_cannot_be_logged_does_not_happen(line: Line, monkeypatch: pytest.MonkeyPatch):
    create(line.ctx)
    trust.renew_if_due(line.ctx)
    before = (keys.all(line.ctx), line.leaves())

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(key_life, "append_log", cut)
        for change in (
            lambda: create(line.ctx),
            lambda: key_life.rotate(line.ctx),
            lambda: key_life.expire(line.ctx, FIRST, START + timedelta(days=1)),
            lambda: key_life.revoke(line.ctx, FIRST, START, "stolen"),
        ):
            with pytest.raises(KeyboardInterrupt):
                change()
    assert (keys.all(line.ctx), line.leaves()) == before


def test_the_whole_history_stands_in_the_did_document_and_in_the_list(ctx: Context, clock: Clock):
    rotated(ctx)
    create(ctx)
    trust.renew_if_due(ctx)
    key_life.revoke(ctx, SECOND, START, "stolen")
    trust.renew_if_due(ctx)
    methods = trust.did_document(ctx)["verificationMethod"]
    assert [one["type"] for one in methods] == ["Multikey", "JsonWebKey"] * 3
    by_name = {one["id"].partition("#")[2]: one for one in methods}
    assert "expires" in by_name[FIRST]
    assert "expires" in by_name[f"{FIRST}-jwk"]
    assert by_name[SECOND]["revoked"] == by_name[f"{SECOND}-jwk"]["revoked"] == "2026-11-24T12:00:00Z"
    clock.forward(seconds=1)
    listed = orjson.loads(trust.published(ctx))["signed"]["issuers"][0]["keys"]
    assert [sorted(set(key) & {"expires", "revoked"}) for key in listed] == [["expires"], ["revoked"], []]
    standings = {one.record.name: (one.state, one.signs_now, one.listed) for one in key_life.standings(ctx)}
    assert standings == {
        FIRST: ("expired", False, True),
        SECOND: ("revoked", False, True),
        THIRD: ("signs", True, True),
    }


# --- development keys


def test_production_refuses_the_keys_of_a_demo(ctx: Context, tmp_path: Path):
    places = wiring.key_backends(ctx.settings)
    marked = tmp_path / "elsewhere" / "seal-2026.pem"
    marked.parent.mkdir()
    key_files.create(marked, development=True)
    in_demo = tmp_path / "demo" / "keys" / "seal-2026.pem"
    in_demo.parent.mkdir(parents=True)
    (tmp_path / "demo" / "settings.json").write_text('{"demo": true}')
    key_files.create(in_demo)
    for source in (marked, in_demo):
        with pytest.raises(NotConfigured, match="development key of a demo"):
            key_life.create(ctx, lambda name, source=source: places.file(name, source))  # type: ignore[misc]
    assert len(keys.all(ctx)) == 1


def test_production_does_not_sign_with_a_registered_key_that_came_from_a_demo(line: Line):
    path = line.ctx.settings.keys_dir / f"{FIRST}.pem"
    pem = key_files.read_secret(path)
    path.unlink()
    key_files.write_secret(path, b"Development key of a demo: never for production.\n" + pem)
    line.ctx.kept.clear()
    with pytest.raises(NotConfigured, match="development key"):
        keys.signer(line.ctx)
    assert keys.signer(as_demo(line.ctx)).verification_method == method(line.ctx, FIRST)


def test_a_row_of_the_register_cannot_name_a_file_elsewhere(ctx: Context):
    for reference in ("../keys/seal-2026.pem", wiring.ROOT_KEY, "/etc/passwd", "log-1.pem"):
        with ctx.unit_of_work() as work:
            work.keys.change(FIRST, reference=reference)
            work.commit()
        with pytest.raises(NotConfigured, match="no name of a key file"):
            keys.signer(ctx)


def test_documents_are_counted_by_the_key_that_signed_them(line: Line):
    line.send_all(a_lean_pack(START, SERIAL))
    rotated(line.ctx)
    line.send_all(a_further_pack(START, "P0002"))
    found = {one.record.name: one.documents for one in key_life.standings(line.ctx)}
    assert found == {FIRST: 6, SECOND: 3}


def _another_public_key(ctx: Context) -> object:
    return FileSigner(ctx.settings.keys_dir / wiring.ROOT_KEY, "x").public_key
