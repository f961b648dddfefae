"""The rehearsed key compromise: from the theft to the last document signed anew, as the runbook has it.

What a thief signs is believed by nobody from the revocation on; what the log and a witness prove to be older
stays valid all along; at the end everything is valid again. Both verifiers are asked at each step.
"""

import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from app import wiring
from app.core import times, trust_edit
from app.core.access import ANYONE
from app.core.errors import CannotSign, Conflict
from app.core.report import Report
from app.core.times import to_text
from app.core.verification import verify
from app.services import (
    checkpoints,
    key_life,
    log_proofs,
    reading,
    resigning,
    status,
    trust,
    trust_lists,
    verification,
)
from tests.factories import SERIAL, a_further_pack, a_lean_pack
from tests.installation import START, Clock
from tests.js.node import NODE, QUIET
from tests.line import Line
from tests.services.test_resigning import signed_by_the_thief
from tests.vectors import cases_notes as witness

FIRST, SECOND = "seal-2026", "seal-2026-2"
SEEN, UNSEEN = SERIAL, "P0002"
"""The first battery's entries are under a checkpoint that a witness saw in time, the second one's are not."""
VERDICTS = Path(__file__).resolve().parents[1] / "js" / "verdicts.js"


@dataclass(frozen=True)
class Asked:
    """What both verifiers and the page say of a battery's public section."""

    python: str
    browser: str
    page: str


def ask(line: Line, serial: str) -> Asked:
    """With the proof that the server hands out beside the document, as a phone has it offline."""
    uuid = line.battery(serial).passport_uuid
    stored = reading.public_bytes(line.ctx, uuid)
    policy = verification.own_policy(line.ctx)
    row = max(
        (row for row in line.stored() if bytes(row["body"]) == stored.body),
        key=lambda row: int(row["version"]),
    )
    entry, proven_at = log_proofs.evidence(line.ctx, policy, stored.body, row["log_position"], row["digest"])
    report = verify(stored.body, policy, now=line.ctx.now(), log=entry, proven_at=proven_at)
    shown = reading.show(line.ctx, uuid, ANYONE).sections[0].report
    proof = reading.log_proof(line.ctx, uuid, "public", ANYONE, int(row["version"]))
    return Asked(said(report), browser(line, stored.body, proof), said(shown))


def said(report: Report) -> str:
    return report.error or report.verdict


def browser(line: Line, body: bytes, proof: str) -> str:
    """The same document, list, statuses and proof, judged by the browser's verifier."""
    asked = {
        "data": body.decode(),
        "now": times.to_seconds(line.ctx.now()),
        "root": line.ctx.trust_root,
        "trustList": trust.published(line.ctx).decode(),
        "statusLists": {url: text.decode() for url, text in status.all_published(line.ctx).items()},
        "linked": {},
        "expectedSubject": None,
        "logProof": proof,
    }
    done = subprocess.run(
        [NODE, QUIET, VERDICTS], input=f"{json.dumps(asked)}\n", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return next((error for _, _, error in answer["checks"] if error), answer["verdict"])


def same(word: str) -> Asked:
    return Asked(word, word, word)


def witness_sees_the_log(line: Line, clock: Clock) -> None:
    """Somebody else's witness cosigns the newest checkpoint."""
    note = checkpoints.make(line.ctx)
    assert note is not None
    text = note.partition("\n\n")[0] + "\n"
    line_of_witness = witness.cosigned(text, int(clock.now.timestamp()))
    with line.ctx.unit_of_work() as work:
        newest = work.log.newest_checkpoint(1)
        assert newest is not None
        work.log.add_cosignature(
            number=1,
            size=newest.size,
            witness=witness.WITNESS_NAME,
            line=line_of_witness,
            at=to_text(clock.now),
        )
        work.commit()


def test_a_stolen_key_from_the_theft_to_the_last_document_signed_anew(line: Line, clock: Clock):
    ctx = line.ctx
    # quiet times: a witness is on the list; a battery is issued, and the witness sees the log
    trust_lists.change(ctx, trust_edit.add_text("witnesses", str(witness.WITNESS)))
    line.send_all(a_lean_pack(START))
    clock.forward(hours=1)
    witness_sees_the_log(line, clock)
    # the theft; nobody knows, the line goes on
    clock.forward(hours=1)
    theft = clock.now
    clock.forward(hours=5)
    line.send_all(a_further_pack(clock.now, UNSEEN))
    assert ask(line, SEEN) == ask(line, UNSEEN) == same("valid")

    # 1: it is found out; a new key is made, readers get to know it, the old one is revoked
    clock.forward(days=1)
    key_life.create(ctx, wiring.key_backends(ctx.settings).file)
    trust.renew_if_due(ctx)
    _, heir = key_life.revoke(ctx, FIRST, theft, "backup medium stolen")
    assert heir is not None
    assert heir.name == SECOND
    assert ask(line, UNSEEN) == same("valid")  # readers go by the published list
    trust.renew_if_due(ctx)

    # 2: what is not proven to be older is believed no more; what is proven, is
    assert ask(line, UNSEEN) == same("KEY_REVOKED")
    assert ask(line, SEEN) == same("valid")
    lists = [orjson.loads(text)["proof"][0] for text in status.all_published(ctx).values()]
    assert {one["verificationMethod"].partition("#")[2] for one in lists} == {SECOND}
    # and the line goes on with the new key
    line.send_all(a_further_pack(clock.now, "P0003"))
    assert ask(line, "P0003") == same("valid")

    # 3, 4: what is stored is what the log says, and it is signed anew
    trial = resigning.resign(ctx, dry_run=True)
    assert trial.left_out == []
    clock.forward(minutes=10)
    done = resigning.resign(ctx)
    assert (done.signed, done.left_out) == (trial.signed, [])
    assert done.signed == 3 + 3 + 3

    # 5: it is over
    assert ask(line, SEEN) == ask(line, UNSEEN) == ask(line, "P0003") == same("valid")
    assert resigning.resign(ctx).signed == 0
    assert {one.record.name: one.documents for one in key_life.standings(ctx)}[FIRST] == 0
    told = Counter(line.leaf_types())
    assert told["key-added"] == 2
    assert told["key-started"] == told["key-revoked"] == 1
    assert told["credential-reissued"] == done.signed
    with pytest.raises(Conflict, match="is revoked"):
        key_life.rotate(ctx, FIRST)
    clock.forward(days=20)
    assert ask(line, UNSEEN) == same("valid")


def test_without_a_prepared_key_issuing_stops_until_there_is_one(line: Line, clock: Clock):
    ctx = line.ctx
    line.send_all(a_lean_pack(START))
    clock.forward(hours=2)
    key_life.revoke(ctx, FIRST, START, "laptop stolen", stop_issuing=True)
    trust.renew_if_due(ctx)
    *before, stamp = a_further_pack(clock.now, UNSEEN)
    line.send_all(before)
    with pytest.raises(CannotSign):
        line.send(stamp)
    shown = reading.show(ctx, line.battery().passport_uuid, ANYONE)  # what is out can be read
    assert said(shown.sections[0].report) == "KEY_REVOKED"
    key_life.create(ctx, wiring.key_backends(ctx.settings).file)
    trust.renew_if_due(ctx)
    key_life.rotate(ctx)
    assert line.send(stamp)["battery"]["state"] == "issued"
    assert resigning.resign(ctx).signed == 6
    assert ask(line, SEEN) == ask(line, UNSEEN) == same("valid")


def test_a_thief_who_dates_back_is_not_believed(line: Line, clock: Clock):
    ctx = line.ctx
    line.send_all(a_lean_pack(START))
    clock.forward(days=2)
    key_life.create(ctx, wiring.key_backends(ctx.settings).file)
    trust.renew_if_due(ctx)
    key_life.revoke(ctx, FIRST, START + timedelta(days=1), "stolen")
    trust.renew_if_due(ctx)
    document = orjson.loads(reading.public_bytes(ctx, line.battery().passport_uuid).body)
    document["credentialSubject"]["batteryMass"] = "1"
    forged = signed_by_the_thief(line, document)
    assert orjson.loads(forged)["proof"][0]["created"] == "2026-11-24T12:00:00Z"
    assert verification.verify_bytes(ctx, forged).error == "KEY_REVOKED"
