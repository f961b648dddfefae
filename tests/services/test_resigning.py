"""What a revoked key signed is signed anew from its own content, once, and never what somebody forged."""

import multiprocessing
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from app import wiring
from app.core import proof
from app.core.access import ANYONE, Reader
from app.core.errors import CannotSign, Conflict, NotFound
from app.core.multibase import digest_multibase
from app.keys.file import FileSigner
from app.services import key_life, reading, resigning, revocation, trust, verification
from app.services.context import Context
from app.store.documents import Documents
from app.store.tables import documents
from tests import factories
from tests.factories import SERIAL, a_further_pack, a_lean_pack, a_record, withdrawal_record
from tests.installation import ORIGIN, START, Clock, rows
from tests.line import Line
from tests.services import victim

FIRST, SECOND = "seal-2026", "seal-2026-2"
SERIALS = (SERIAL, "P0002", "P0003")
MODEL, ITEM = ("composition", "dismantling", "compliance"), ("public", "condition", "use")
PATIENCE_S = 60


@pytest.fixture
def issued(line: Line, clock: Clock) -> Line:
    """Three batteries that the first key signed; it was revoked a day later, and the second one signs."""
    line.send_all(a_lean_pack(START))
    for serial in SERIALS[1:]:
        line.send_all(a_further_pack(START, serial))
    clock.forward(days=1)
    replace_key(line.ctx)
    return line


def replace_key(ctx: Context) -> None:
    key_life.create(ctx, wiring.key_backends(ctx.settings).file)
    trust.renew_if_due(ctx)
    key_life.revoke(ctx, FIRST, START, "laptop stolen")
    trust.renew_if_due(ctx)


def method(line: Line, name: str) -> str:
    return f"{line.ctx.issuer.did}#{name}"


def newest(line: Line) -> dict[tuple[bytes, str], dict[str, Any]]:
    """The newest row of each section of each subject."""
    found: dict[tuple[bytes, str], dict[str, Any]] = {}
    for row in sorted(line.stored(), key=lambda row: int(row["version"])):
        found[bytes(row["subject_key"]), str(row["section"])] = row
    return found


def require_all_signed_anew(line: Line) -> None:
    """Every newest version is valid, signed by the second key, replaces the old one, once."""
    for row in newest(line).values():
        assert row["version"] == 2, row["section"]
        assert row["signed_by"] == method(line, SECOND)
        report = verification.verify_bytes(line.ctx, bytes(row["body"]))
        assert report.verdict == "valid", (row["section"], report)
    counts = Counter((bytes(row["subject_key"]), row["section"]) for row in line.stored())
    assert set(counts.values()) == {2}
    types = line.leaf_types()
    assert types.count("credential-reissued") == len(counts)


def test_every_section_is_signed_anew_and_valid_again(issued: Line):
    assert issued.report("public").error == "KEY_REVOKED"
    result = resigning.resign(issued.ctx)
    assert (result.signed, result.left_out) == (3 + 3 * 3, [])
    require_all_signed_anew(issued)
    for serial in SERIALS:
        shown = reading.show(issued.ctx, issued.battery(serial).passport_uuid, ANYONE)
        assert [one.report.verdict for one in shown.sections] == ["valid"]


def test_the_content_stays_and_what_is_new_is_new(issued: Line):
    resigning.resign(issued.ctx)
    for section in (*MODEL, *ITEM):
        old, new = issued.history(section)
        digest = digest_of(issued, section, 1)
        assert new["id"] != old["id"]
        assert new["id"].startswith("urn:uuid:")
        assert new["validFrom"] == "2026-11-25T12:00:00Z"
        assert new["replaces"] == [{"id": old["id"], "digestMultibase": digest}]
        changed = {"id", "validFrom", "proof", "replaces"}
        if section in ("condition", "use"):
            assert (new["sequence"], new["previous"]) == (2, digest)
            changed |= {"sequence", "previous"}
        if section == "public":
            changed |= {"relatedResource"}
        same = set(new) - changed
        assert {name: new[name] for name in same} == {name: old[name] for name in same}
        assert {"credentialSubject", "credentialStatus", "credentialSchema", "issuer", "type"} <= same


def test_public_sections_link_to_the_new_model_sections(issued: Line):
    resigning.resign(issued.ctx)
    for link in issued.history("public")[1]["relatedResource"]:
        section = link["id"].split("/")[-2]
        assert link["id"] == f"{ORIGIN}/models/{factories.GTIN}/sections/{section}/2"
        assert link["digestMultibase"] == digest_of(issued, section, 2)
    maker = Reader("maker", "m", issued.ctx.issuer.did)
    shown = reading.show(issued.ctx, issued.battery().passport_uuid, maker)
    assert {one.report.verdict for one in shown.sections} == {"valid"}


def test_a_row_says_why_it_was_made_and_the_log_has_it(issued: Line):
    resigning.resign(issued.ctx)
    for row in newest(issued).values():
        assert row["made_by"] == "maker"
        assert "Signed anew" in str(row["reason"])
        assert row["log_position"] is not None
    with issued.ctx.read() as store:
        leaf = store.log.leaves_at([newest(issued)[bytes(issued.battery().key), "public"]["log_position"]])
    (found,) = leaf.values()
    assert orjson.loads(found)["digest"] == digest_of(issued, "public", 2)


def test_running_it_again_does_nothing(issued: Line):
    resigning.resign(issued.ctx)
    before = (issued.stored(), issued.leaves())
    result = resigning.resign(issued.ctx)
    assert (result.signed, result.left_out) == (0, [])
    assert (issued.stored(), issued.leaves()) == before


def test_a_trial_run_checks_everything_and_writes_nothing(issued: Line):
    before = (issued.stored(), issued.leaves())
    assert resigning.resign(issued.ctx, dry_run=True).signed == 12
    assert (issued.stored(), issued.leaves()) == before


def test_one_section_at_a_time(issued: Line):
    assert resigning.resign(issued.ctx, sections=["public"]).signed == 3
    assert issued.report("public").verdict == "valid"
    assert issued.report("condition").error == "KEY_REVOKED"
    assert issued.history("public")[1]["relatedResource"] == issued.history("public")[0]["relatedResource"]
    assert resigning.resign(issued.ctx).signed == 9


def test_progress_is_told_up_to_the_whole(issued: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resigning, "PAGE", 2)
    told: list[tuple[int, int]] = []
    resigning.resign(issued.ctx, told=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (12, 12)
    require_all_signed_anew(issued)


def test_a_key_that_only_expired_is_done_when_it_is_named(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(days=1)
    key_life.create(line.ctx, wiring.key_backends(line.ctx.settings).file)
    trust.renew_if_due(line.ctx)
    key_life.rotate(line.ctx)
    trust.renew_if_due(line.ctx)
    clock.forward(seconds=2)
    assert resigning.resign(line.ctx).signed == 0
    with pytest.raises(Conflict, match="neither expired nor revoked"):
        resigning.resign(line.ctx, [SECOND])
    with pytest.raises(NotFound):
        resigning.resign(line.ctx, ["seal-1999"])
    assert resigning.resign(line.ctx, [FIRST]).signed == 6
    assert line.report("public").verdict == "valid"


def test_without_a_key_that_readers_know_nothing_is_begun(line: Line):
    line.send_all(a_lean_pack(START))
    key_life.revoke(line.ctx, FIRST, START, "stolen", stop_issuing=True)
    before = line.stored()
    with pytest.raises(CannotSign):
        resigning.resign(line.ctx)
    assert line.stored() == before


def test_a_jose_form_by_the_revoked_key_of_a_document_by_another_is_made_anew(line: Line, clock: Clock):
    ctx = line.ctx
    line.send_all(a_lean_pack(START))
    clock.forward(days=1)
    key_life.create(ctx, wiring.key_backends(ctx.settings).file)
    trust.renew_if_due(ctx)
    key_life.rotate(ctx)
    trust.renew_if_due(ctx)
    clock.forward(days=1)
    uuid = line.battery().passport_uuid
    old = token_of(ctx, uuid)
    key_life.create(ctx, wiring.key_backends(ctx.settings).file)
    trust.renew_if_due(ctx)
    key_life.revoke(ctx, SECOND, clock.now, "stolen")
    trust.renew_if_due(ctx)
    assert verification.verify_bytes(ctx, old).error == "KEY_REVOKED"
    assert resigning.resign(ctx).signed == 0
    new = token_of(ctx, uuid)
    assert new != old
    assert verification.verify_bytes(ctx, new).verdict == "valid"


def token_of(ctx: Context, uuid: str) -> bytes:
    """The public section as `application/vc+jwt`."""
    return reading.section_bytes(ctx, uuid, "public", ANYONE, as_token=True).body


# --- what was withdrawn, what changed meanwhile


def test_a_withdrawn_passport_is_signed_anew_and_stays_withdrawn(line: Line, clock: Clock):
    line.send_all([*a_lean_pack(START), *a_further_pack(START, "P0002")])
    maker = Reader("maker", "m", line.ctx.issuer.did)
    revocation.revoke(line.ctx, line.battery().passport_uuid, "recalled", maker)
    line.send(withdrawal_record(START + timedelta(minutes=1), "P0002"))
    clock.forward(days=1)
    replace_key(line.ctx)
    assert resigning.resign(line.ctx).signed == 9
    assert line.report("public").error == "REVOKED"
    assert line.report("public", "P0002").error == "SUSPENDED"


def test_a_section_that_changed_in_between_is_not_signed_anew_from_its_old_content(
    issued: Line, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    real = Documents.newest_signed_by
    late: list[str] = []

    def look(self: Documents, *given: Any) -> Any:
        found = real(self, *given)
        if given[1] == "condition" and found and not late:
            late.append("once")
            issued.send(changed_reading(clock))  # another process signs it while we do
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Documents, "newest_signed_by", look)
        resigning.resign(issued.ctx)
    assert late
    condition = issued.history("condition")
    assert [one["credentialSubject"].get("stateOfCertifiedEnergy", {}).get("value") for one in condition] == [
        condition[0]["credentialSubject"]["stateOfCertifiedEnergy"]["value"],
        "91.5",
    ]
    for serial in SERIALS:
        assert issued.report("condition", serial).verdict == "valid"


def test_a_page_that_is_read_again_takes_nothing_of_the_next_one(
    issued: Line, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    real = Documents.newest_signed_by
    late: list[str] = []
    first, second, _ = sorted(SERIALS, key=lambda serial: bytes(issued.battery(serial).key))
    overwrite(issued, bytes(issued.battery(second).key), "condition", body=b"{}")

    def look(self: Documents, *given: Any) -> Any:
        found = real(self, *given)
        if given[1] == "condition" and found and not late:
            late.append("once")
            issued.send(changed_reading(clock, first))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Documents, "newest_signed_by", look)
        patched.setattr(resigning, "PAGE", 1)
        result = resigning.resign(issued.ctx)
    assert late
    assert [one.section for one in result.left_out] == ["condition"], "told once"


def test_an_older_version_is_left_as_it_is(line: Line, clock: Clock):
    line.send_all(a_lean_pack(START))
    clock.forward(days=2)
    line.send(changed_reading(clock))
    replace_key(line.ctx)
    assert resigning.resign(line.ctx).signed == 6
    assert [one["sequence"] for one in line.history("condition")] == [1, 2, 3]
    third = line.history("condition")[2]
    assert third["previous"] == digest_of(line, "condition", 2)
    assert [one["digestMultibase"] for one in third["replaces"]] == [third["previous"]]


# --- what was forged


def test_a_row_whose_bytes_were_altered_is_named_and_left_out(issued: Line):
    key = bytes(issued.battery().key)
    body = bytes(newest(issued)[key, "public"]["body"]).replace(b'"batteryMass":"', b'"batteryMass":"9')
    overwrite(issued, key, "public", body=body)
    result = resigning.resign(issued.ctx)
    assert result.signed == 11
    (left,) = result.left_out
    assert (left.section, left.version, left.why) == ("public", 1, "its stored bytes were altered")
    assert SERIAL in left.subject
    assert issued.report("public", "P0002").verdict == "valid"
    assert len(issued.history("public")) == 1
    assert resigning.resign(issued.ctx).left_out == result.left_out


def test_a_row_that_the_stolen_key_signed_is_not_given_a_good_signature(issued: Line):
    key = bytes(issued.battery().key)
    document = orjson.loads(bytes(newest(issued)[key, "public"]["body"]))
    document["credentialSubject"]["batteryMass"] = "1"
    forged = signed_by_the_thief(issued, document)
    overwrite(issued, key, "public", body=forged, digest=digest_multibase(forged))
    (left,) = resigning.resign(issued.ctx).left_out
    assert left.why == "the log does not know it"
    assert len(issued.history("public")) == 1


def test_a_row_with_an_entry_of_its_own_in_place_of_the_right_one_is_left_out(issued: Line):
    key = bytes(issued.battery().key)
    row = newest(issued)[key, "public"]
    other = newest(issued)[bytes(issued.battery("P0002").key), "public"]
    overwrite(issued, key, "public", log_position=other["log_position"])
    (left,) = resigning.resign(issued.ctx, sections=["public"]).left_out
    assert (left.credential_id, left.why) == (row["credential_id"], "the log does not know it")


def test_a_document_that_was_moved_to_another_battery_is_left_out(issued: Line):
    mine, theirs = bytes(issued.battery().key), bytes(issued.battery("P0002").key)
    taken = newest(issued)[theirs, "condition"]
    columns = ("body", "digest", "log_position", "created_at", "content_digest")
    overwrite(issued, mine, "condition", **{name: taken[name] for name in columns})
    (left,) = resigning.resign(issued.ctx).left_out
    assert left.why == "it is about something else than it is stored under"


def test_a_row_that_names_another_signer_than_its_document_is_left_out(issued: Line):
    overwrite(issued, bytes(issued.battery().key), "use", signed_by=method(issued, SECOND))
    resigning.resign(issued.ctx)
    overwrite(issued, bytes(issued.battery().key), "use", signed_by=method(issued, FIRST))
    assert resigning.resign(issued.ctx).signed == 1
    body = signed_by_the_thief(issued, issued.history("use")[1], SECOND)
    overwrite(
        issued, bytes(issued.battery().key), "use", version=2, body=body, signed_by=method(issued, FIRST)
    )
    (left,) = resigning.resign(issued.ctx).left_out
    assert left.section == "use"


def test_a_public_section_keeps_its_link_to_a_model_section_that_was_left_out(issued: Line):
    with issued.ctx.read() as store:
        model = bytes(store.batteries.by_key(issued.battery().key).model_key)  # type: ignore[union-attr]
    overwrite(issued, model, "composition", log_position=0)
    result = resigning.resign(issued.ctx)
    assert [one.section for one in result.left_out] == ["composition"]
    links = {one["id"].split("/")[-2]: one["id"] for one in issued.history("public")[1]["relatedResource"]}
    assert links["composition"].endswith("/composition/1")
    assert links["compliance"].endswith("/compliance/2")


def test_documents_of_before_signers_were_noted_are_done_too(issued: Line):
    with issued.ctx.engine.begin() as connection:
        connection.execute(update(documents).values(signed_by=None, log_position=None))
    assert resigning.resign(issued.ctx).signed == 12
    require_all_signed_anew(issued)


def test_of_documents_of_before_those_of_another_key_are_left_alone(issued: Line):
    resigning.resign(issued.ctx)
    with issued.ctx.engine.begin() as connection:
        connection.execute(update(documents).values(signed_by=None, log_position=None))
    assert resigning.resign(issued.ctx).signed == 0


# --- killed


def test_killed_at_any_moment_it_goes_on_where_it_was(
    issued: Line, clock: Clock, data_dir: Path, database_url: str | None
):
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.services.victim"])
    seen = set()
    chance = random.Random(20260218)
    for _ in range(6):
        ours, theirs = forks.Pipe()
        process = forks.Process(
            target=victim.resign, args=(data_dir, database_url, clock.now, theirs), daemon=True
        )
        process.start()
        assert ours.poll(PATIENCE_S)
        ours.recv()  # one more was stored
        process.join(chance.uniform(0, 0.05))
        process.kill()
        process.join(PATIENCE_S)
        seen.add(len(issued.stored()))
    assert 12 not in seen
    resigning.resign(issued.ctx)
    require_all_signed_anew(issued)
    leaves = sorted(rows(issued.ctx.engine, "log_entries"), key=lambda row: int(row["log_index"]))
    assert [row["log_index"] for row in leaves] == list(range(len(leaves)))
    assert len(seen) > 2, seen


def changed_reading(clock: Clock, serial: str = SERIAL) -> dict[str, Any]:
    subject = {"gtin": factories.GTIN, "serial": serial}
    values = {"stateOfCertifiedEnergy": {"value": "91.5", "unit": "%"}}
    return a_record("reading", subject, clock.now, values=values, details={"device": "BMS reader"})


def digest_of(line: Line, section: str, version: int) -> str:
    keys = {bytes(line.battery().key), bytes(line.battery().model_key)}
    (found,) = [
        row["digest"]
        for row in line.stored()
        if (row["section"], row["version"]) == (section, version) and bytes(row["subject_key"]) in keys
    ]
    return str(found)


def overwrite(line: Line, key: bytes, section: str, version: int = 1, **values: Any) -> None:
    """What somebody with the database in hand does."""
    with line.ctx.engine.begin() as connection:
        connection.execute(
            update(documents)
            .where(
                documents.c.subject_key == key,
                documents.c.section == section,
                documents.c.version == version,
            )
            .values(**values)
        )


def signed_by_the_thief(line: Line, document: dict[str, Any], name: str = FIRST) -> bytes:

    signer = FileSigner(line.ctx.settings.keys_dir / f"{name}.pem", method(line, name))
    unsigned = {member: value for member, value in document.items() if member != "proof"}
    return proof.serialize(proof.add_proofs(unsigned, signer, START))
