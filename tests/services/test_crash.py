"""Broken at every step: after a restart the work is finished, with the same identifiers and nothing twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from app.core.access import Reader
from app.services import answers, intake, intake_batch, issuance, keys, revocation, status
from app.services.context import Context
from app.store.batteries import Intentions
from app.store.documents import Documents
from app.store.log import Log
from app.store.unit_of_work import UnitOfWork
from tests.factories import a_lean_pack, body, release_record, withdrawal_record
from tests.installation import START, rows
from tests.line import Line


class PowerCut(BaseException):
    """The process ends here: no code of ours may catch this."""


class FailingSigner:
    """The real key, which gives up at its n-th signature."""

    def __init__(self, signer: Any, at: int) -> None:
        self._signer = signer
        self._left = at
        self.verification_method = signer.verification_method
        self.public_key = signer.public_key

    def sign_digest(self, digest: bytes) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise PowerCut
        return bytes(self._signer.sign_digest(digest))


def send_all_but_the_stamp(line: Line) -> dict[str, Any]:
    *before, stamp = a_lean_pack(START)
    line.send_all(before)
    return stamp


def planned_ids(line: Line) -> dict[str, str]:
    (intention,) = rows(line.ctx.engine, "issuance_intentions")
    plan: dict[str, str] = orjson.loads(str(intention["plan"]))["credentials"]
    return plan


def require_issued_once(line: Line) -> None:
    """One passport, each section once, one leaf each, no intention left, all valid."""
    documents = line.stored()
    assert line.state() == "issued"
    assert sorted(row["section"] for row in documents) == [
        "compliance", "composition", "condition", "dismantling", "public", "use",
    ]  # fmt: skip
    assert {row["version"] for row in documents} == {1}
    assert line.leaf_types().count("credential-issued") == len(documents)
    assert rows(line.ctx.engine, "issuance_intentions") == []
    assert len(rows(line.ctx.engine, "status_entries")) == 2 * len(documents)
    assert line.report("public").verdict == "valid"


@pytest.mark.parametrize("signatures", [0, 1, 2, 5, 11])
def test_a_crash_while_signing_is_finished_with_the_same_identifiers(line: Line, signatures: int):
    stamp = send_all_but_the_stamp(line)
    status.all_published(line.ctx)  # else the first signatures would be those of the lists
    failing = FailingSigner(keys.signer(line.ctx), signatures)
    broken = replace(line.ctx, open_signer=lambda _record: failing, kept={})
    with pytest.raises(PowerCut):
        intake.accept(broken, line.plant, body(stamp))
    assert line.stored() == []
    planned = planned_ids(line)
    assert intake_batch.finish(line.ctx) == 1
    require_issued_once(line)
    assert {row["section"]: row["credential_id"] for row in line.stored()} == planned


def test_a_crash_between_record_and_intention_is_finished(line: Line, monkeypatch: pytest.MonkeyPatch):
    stamp = send_all_but_the_stamp(line)
    with monkeypatch.context() as patched:
        patched.setattr(issuance, "_intend", _cut)
        with pytest.raises(PowerCut):
            intake.accept(line.ctx, line.plant, body(stamp))
    assert rows(line.ctx.engine, "issuance_intentions") == []
    assert intake_batch.finish(line.ctx) == 1
    require_issued_once(line)


@pytest.mark.parametrize("step", ["documents", "log", "state", "commit"])
def test_a_crash_while_storing_leaves_nothing_by_halves(
    line: Line, monkeypatch: pytest.MonkeyPatch, step: str
):
    stamp = send_all_but_the_stamp(line)
    with monkeypatch.context() as patched:
        if step == "commit":
            patched.setattr(UnitOfWork, "commit", _once_documents_are_there(UnitOfWork.commit))
        else:
            table, verb = _WRITES[step]
            patched.setattr(table, verb, _done_and_cut(getattr(table, verb)))
        with pytest.raises(PowerCut):
            intake.accept(line.ctx, line.plant, body(stamp))
    assert line.stored() == []
    assert not [kind for kind in line.leaf_types() if kind.startswith("credential-")]
    planned = planned_ids(line)
    assert intake_batch.finish(line.ctx) == 1
    require_issued_once(line)
    assert {row["section"]: row["credential_id"] for row in line.stored()} == planned


def test_a_crash_after_issuing_and_before_the_answer_gives_the_answer_when_asked_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    stamp = send_all_but_the_stamp(line)
    with monkeypatch.context() as patched:
        patched.setattr(answers, "answer_to", _cut)
        with pytest.raises(PowerCut):
            intake.accept(line.ctx, line.plant, body(stamp))
    require_issued_once(line)
    assert intake.accept(line.ctx, line.plant, body(stamp)).answer["battery"]["state"] == "issued"
    require_issued_once(line)


def test_the_sender_that_repeats_after_a_crash_finishes_the_work_too(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    stamp = send_all_but_the_stamp(line)
    with monkeypatch.context() as patched:
        patched.setattr(issuance, "_publish", _cut)
        with pytest.raises(PowerCut):
            intake.accept(line.ctx, line.plant, body(stamp))
    assert intake.accept(line.ctx, line.plant, body(stamp)).answer["battery"]["state"] == "issued"
    require_issued_once(line)


@pytest.mark.parametrize(("release", "expected"), [("withdrawn", "suspended"), ("released", "issued")])
def test_a_crash_between_a_withdrawal_or_stamp_and_what_follows_from_it_is_finished(
    line: Line, monkeypatch: pytest.MonkeyPatch, release: str, expected: str
):
    line.send_all(a_lean_pack(START))
    last = withdrawal_record(START)
    last["sentAt"] = "2026-11-24T12:01:00Z"
    if release == "released":
        line.send(last)
        last = release_record(START)
        last["sentAt"] = "2026-11-24T12:02:00Z"
    with monkeypatch.context() as patched:
        patched.setattr(issuance, "_change_suspension", _cut)
        with pytest.raises(PowerCut):
            intake.accept(line.ctx, line.plant, body(last))
    assert line.battery().release == release
    assert line.state() != expected
    intake_batch.finish(line.ctx)
    assert line.state() == expected
    kind = "credential-suspended" if expected == "suspended" else "credential-reinstated"
    assert line.leaf_types().count(kind) == 3


def test_a_revocation_that_cannot_be_logged_does_not_happen(line: Line, monkeypatch: pytest.MonkeyPatch):
    line.send_all(a_lean_pack(START))
    before = rows(line.ctx.engine, "status_lists")
    with monkeypatch.context() as patched:
        patched.setattr(status, "append_log", _cut)
        maker = Reader("maker", "m", line.ctx.issuer.did)
        with pytest.raises(PowerCut):
            revocation.revoke(line.ctx, line.battery().passport_uuid, "recalled", maker)
    assert line.state() == "issued"
    assert rows(line.ctx.engine, "status_lists") == before
    assert line.report("public").verdict == "valid"


def test_a_signature_that_does_not_verify_is_not_published(line: Line):
    stamp = send_all_but_the_stamp(line)

    class WrongSigner(FailingSigner):
        def sign_digest(self, digest: bytes) -> bytes:
            return bytes(self._signer.sign_digest(bytes(reversed(digest))))

    status.all_published(line.ctx)  # by the good key
    wrong = WrongSigner(keys.signer(line.ctx), 99)
    broken = replace(line.ctx, open_signer=lambda _record: wrong, kept={})
    with pytest.raises(Exception, match="sign"):
        intake.accept(broken, line.plant, body(stamp))
    assert line.stored() == []
    assert intake_batch.finish(line.ctx) == 1
    require_issued_once(line)


def test_recovery_that_finds_nothing_to_do_does_nothing(ctx: Context):
    assert intake_batch.finish(ctx) == 0


def _cut(*_: Any, **__: Any) -> Any:
    raise PowerCut


_WRITES: dict[str, tuple[type, str]] = {
    "documents": (Documents, "add_all"),
    "log": (Log, "append_all"),
    "state": (Intentions, "drop"),
}


def _done_and_cut(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        real(*given, **named)
        raise PowerCut

    return call


def _once_documents_are_there(real: Callable[[UnitOfWork], None]) -> Callable[[UnitOfWork], None]:
    def commit(self: UnitOfWork) -> None:
        if "documents" in self.__dict__:  # made when first asked for
            raise PowerCut
        real(self)

    return commit
