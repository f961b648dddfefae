"""Many passports at once: the same result as one by one, whatever happens on the way."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT
from app.services import bulk, intake, issuance, keys, signing, signing_pool
from app.services.context import Context
from tests.factories import a_further_pack, a_lean_pack
from tests.installation import START, rows
from tests.line import Line

PACKS = 12


class PowerCut(BaseException):
    """The process ends here."""


@pytest.fixture
def waiting(line: Line, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Serials of stamped, complete packs that wait for their passport, as a crash leaves them."""
    with monkeypatch.context() as patched:
        patched.setattr(intake.issuance, "settle", lambda _ctx, key: issuance.Outcome(key, "x", ""))
        line.send_all(a_lean_pack(START))
        serials = [f"B{number:03}" for number in range(PACKS)]
        for serial in serials:
            for record in a_further_pack(START, serial):
                line.send(record)
    assert line.stored() == []
    return serials


def require_all_issued_once(line: Line, serials: list[str]) -> None:
    engine = line.ctx.engine
    batteries = {bytes(row["key"]): row for row in rows(engine, "batteries")}
    assert {row["state"] for row in batteries.values()} == {"issued"}
    documents = rows(engine, "documents")
    assert Counter(row["version"] for row in documents) == {1: len(documents)}
    per_battery = Counter(bytes(row["subject_key"]) for row in documents)
    assert {per_battery[key] for key in batteries} == {3}
    assert rows(engine, "issuance_intentions") == []
    entries = rows(engine, "status_entries")
    assert len(entries) == 2 * len(documents)
    assert len({(row["list_name"], row["list_index"]) for row in entries}) == len(entries)
    positions = sorted(int(row["log_position"]) for row in documents)
    assert len(set(positions)) == len(positions)
    assert line.leaf_types().count("credential-issued") == len(documents)
    for serial in serials[::5]:
        report = line.report("public", serial)
        assert report.verdict == "valid"
        assert report.check("signature-rdfc").outcome != "failed"


def test_what_waits_is_issued_by_the_group_and_once(line: Line, waiting: list[str]):
    assert issuance.recover(line.ctx) == PACKS + 1
    require_all_issued_once(line, waiting)
    assert issuance.recover(line.ctx) == 0
    require_all_issued_once(line, waiting)


@pytest.mark.parametrize("step", ["plan", "sign", "publish"])
def test_a_crash_in_a_batch_is_finished_with_the_same_identifiers(
    line: Line, waiting: list[str], monkeypatch: pytest.MonkeyPatch, step: str
):
    def cut(*_: Any, **__: Any) -> Any:
        raise PowerCut

    with monkeypatch.context() as patched:
        if step == "plan":
            patched.setattr(bulk, "_plans", cut)
        elif step == "sign":
            patched.setattr(signing_pool, "_sign_task", cut)
        else:
            real = bulk.store

            def stored_and_cut(*given: Any) -> None:
                real(*given)
                raise PowerCut

            patched.setattr(bulk, "store", stored_and_cut)
        with pytest.raises(PowerCut):
            issuance.recover(line.ctx)
    plans = [
        json.loads(str(row["plan"]))["credentials"] for row in rows(line.ctx.engine, "issuance_intentions")
    ]
    planned = {identifier for plan in plans for identifier in plan.values()}
    issuance.recover(line.ctx)
    require_all_issued_once(line, waiting)
    stored = {row["credential_id"] for row in line.stored()}
    assert len(planned - stored) <= len(planned) // 2  # those of the model's sections, which are there once
    assert bool(planned & stored) == bool(planned)


def test_one_bad_battery_waits_and_the_others_are_issued(
    line: Line, waiting: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    real = signing.sign_document

    def sign(document: dict[str, Any], *given: Any, **named: Any) -> bytes:
        if document["credentialSubject"].get("batterySerialNumber") == waiting[3]:
            raise ValueError("somebody damaged this one")
        return real(document, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(signing, "sign_document", sign)
        assert issuance.recover(line.ctx) == PACKS
    assert "somebody damaged this one" in caplog.text
    assert waiting[3] not in caplog.text  # a serial is nobody's business in a log
    assert line.state(waiting[3]) == "draft"
    assert line.report("public", waiting[4]).verdict == "valid"
    assert issuance.recover(line.ctx) == 1
    require_all_issued_once(line, waiting)


def test_a_battery_that_changed_meanwhile_is_judged_anew(
    line: Line, waiting: list[str], monkeypatch: pytest.MonkeyPatch
):
    real = bulk._publish_group

    def publish(ctx: Context, ready: Any, made: Any) -> set[bytes]:
        serial = ready[0].judged.battery.serial
        later = next(iter(a_further_pack(START, serial)))
        later |= {"recordId": f"{later['recordId']}-later", "sentAt": "2026-11-24T12:01:00Z"}
        with monkeypatch.context() as quiet:
            quiet.setattr(intake.issuance, "settle", lambda _ctx, key: issuance.Outcome(key, "x", ""))
            line.send(later)
        done = real(ctx, ready, made)
        assert bytes(ready[0].judged.battery.key) not in done
        return done

    with monkeypatch.context() as patched:
        patched.setattr(bulk, "_publish_group", publish)
        assert issuance.recover(line.ctx) == PACKS + 1
    require_all_issued_once(line, waiting)


def test_nothing_is_published_with_a_key_that_was_revoked_meanwhile(
    line: Line, waiting: list[str], monkeypatch: pytest.MonkeyPatch
):
    def superseded(*_: Any, **__: Any) -> None:
        raise keys.Superseded

    with monkeypatch.context() as patched:
        patched.setattr(bulk, "store", superseded)
        with line.ctx.read() as reading:
            unsettled = reading.batteries.unsettled()
        settled: list[object] = []
        done = bulk.issue(line.ctx, unsettled, settled.append)
    assert done == frozenset()
    issuance.recover(line.ctx)
    require_all_issued_once(line, waiting)


IN_PROCESSES = """
import sys
from pathlib import Path
from app import wiring
from app.services import bulk, issuance, signing_pool
from tests import installation
import os, signal

ctx = wiring.build(installation.load(Path(sys.argv[1])), now=installation.Clock())
if sys.argv[2] == "killed":
    real = signing_pool._sign_group
    def sign(group, signer):
        if os.getpid() != PARENT:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(group, signer)
    PARENT = os.getpid()
    signing_pool._sign_group = sign
with ctx.read() as reading:
    waiting = reading.batteries.unsettled()
begun = []
real_submit = signing_pool.SigningPool.submit
def submit(self, tasks):
    begun.append(self._pool is not None)
    return real_submit(self, tasks)
signing_pool.SigningPool.submit = submit
done = bulk.issue(ctx, waiting, lambda key: issuance.settle(ctx, key))
assert begun == [True], begun
print(len(done))
ctx.dispose()
"""


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("fate", ["alive", "killed"])
def test_processes_sign_and_one_that_is_killed_is_replaced_by_the_parent(
    line: Line, waiting: list[str], data_dir: Path, fate: str
):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IN_PROCESSES, str(data_dir), fate],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) == PACKS
    assert issuance.recover(line.ctx) == 0
    require_all_issued_once(line, waiting)
