"""Graphs of strangers are canonicalized beside the server, within limits of time and number (T23, T27)."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from app.core import jsonld
from app.core.errors import Busy
from app.core.proof_error import OutOfTime, ProofError
from app.services import graphs, reading, verification
from app.services.context import Context
from app.services.graphs import GraphWorker
from tests.vectors import kit as k
from tests.web.conftest import Client

CREDENTIAL = {"Content-Type": "application/vc"}


@pytest.fixture
def document(ctx: Context) -> bytes:
    """A public section with both proofs."""
    with ctx.read() as store:
        uuid = store.batteries.all()[0].passport_uuid
    return reading.public_bytes(ctx, uuid).body


def outcome(report: dict[str, list[dict[str, str]]], name: str) -> dict[str, str]:
    return next(check for check in report["checks"] if check["name"] == name)


def test_a_document_is_checked_whole_and_its_graph_in_another_process(
    client: Client, ctx: Context, document: bytes
):
    report = client.post("/api/v1/verify", data=document, headers=CREDENTIAL).get_json()
    assert report["verdict"] == "valid"
    assert outcome(report, "signature-rdfc")["outcome"] == "passed"
    pid = graphs.worker(ctx).pid
    assert pid is not None
    assert pid != os.getpid()
    environment = Path(f"/proc/{pid}/environ")
    if environment.exists():
        assert b"PASSPORT" not in environment.read_bytes()


def test_nothing_is_started_for_what_has_no_graph_to_check(client: Client, ctx: Context):
    client.post("/api/v1/verify", data=k.text(k.sign(k.a_credential(), k.JCS)), headers=CREDENTIAL)
    assert graphs.worker(ctx).pid is None


def test_what_takes_too_long_is_unknown_and_the_next_one_is_checked(ctx: Context, document: bytes):
    graphs.worker(ctx).time_limit_s = 0.00001
    report = verification.verify_bytes(ctx, document)
    assert report.verdict == "unknown"
    assert report.check("signature-jcs").outcome == "passed"
    check = report.check("signature-rdfc")
    assert (check.outcome, check.error) == ("not-checked", None)
    assert "too long" in check.sentence
    graphs.worker(ctx).time_limit_s = graphs.TIME_LIMIT_S
    assert verification.verify_bytes(ctx, document).verdict == "valid"


def test_who_comes_when_one_waits_already_is_asked_to_come_again(
    client: Client, ctx: Context, document: bytes
):
    worker = graphs.worker(ctx)
    for _ in range(graphs.MOST_AT_ONCE):
        assert worker._places.acquire(blocking=False)
    answer = client.post("/api/v1/verify", data=document, headers=CREDENTIAL)
    assert answer.status_code == 503
    assert answer.get_json()["type"].endswith("/problems/busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/problems/busy").status_code == 200
    for _ in range(graphs.MOST_AT_ONCE):
        worker._places.release()
    assert client.post("/api/v1/verify", data=document, headers=CREDENTIAL).status_code == 200


def test_a_graph_that_is_too_complex_is_refused_by_counting():
    worker = GraphWorker()
    alike = [{"batteryMaterialName": "Lithium"}] * 5
    with pytest.raises(ProofError) as caught:
        worker.turn()(k.with_subject(batteryMaterials=alike))
    assert caught.value.name == "RESOURCE_LIMIT"
    assert worker.turn()(k.a_credential()) == jsonld.canonicalize(k.a_credential())
    worker.close()


def test_a_process_that_was_killed_is_replaced():
    worker = GraphWorker()
    worker.turn()(k.a_credential())
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert worker.turn()(k.a_credential())
    assert worker.pid != pid
    worker.close()
    assert worker.pid is None


def test_a_process_that_hangs_is_killed_at_its_time():
    worker = GraphWorker()
    worker.turn()(k.a_credential())
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    worker.time_limit_s = 0.3
    begun = time.monotonic()
    turn = worker.turn()
    with pytest.raises(OutOfTime):
        turn(k.a_credential())
    assert time.monotonic() - begun < 10
    with pytest.raises(OutOfTime):  # all graphs of one document share the limit
        turn(k.a_credential())
    assert worker.pid is None
    assert not Path(f"/proc/{pid}").exists()
    worker.close()


def test_threads_take_turns_and_the_third_is_busy():
    worker = GraphWorker()
    worker.turn()(k.a_credential())
    pid = worker.pid
    assert pid is not None
    found: list[object] = []

    def ask() -> None:
        try:
            found.append(worker.turn()(k.a_credential()))
        except Busy:
            found.append("busy")

    os.kill(pid, signal.SIGSTOP)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(found) < 2:
        time.sleep(0.01)
    os.kill(pid, signal.SIGCONT)
    for thread in threads:
        thread.join(30)
    assert found.count("busy") == 2
    assert len(found) == 4
    worker.close()


def test_the_process_ends_with_the_server(ctx: Context, document: bytes):
    verification.verify_bytes(ctx, document)
    pid = graphs.worker(ctx).pid
    ctx.dispose()
    assert not Path(f"/proc/{pid}").exists()
