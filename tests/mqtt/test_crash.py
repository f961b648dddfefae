"""kill -9, restarts and outages: what a line has a receipt for is there, once; the rest comes again."""

import contextlib
import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from app.services.context import Context
from tests.factories import body
from tests.installation import rows
from tests.mqtt import workers
from tests.mqtt.brokers import Amqtt, Mosquitto
from tests.mqtt.lines import PATIENCE_S, LineClient, eventually
from tests.mqtt.test_records import a_lot, needs_mosquitto
from tests.mqtt.workers import Worker

Broker = Mosquitto | Amqtt
Work = Callable[..., Worker]
ROUNDS = {"sqlite": 6, "postgresql": 3}
MOST_WAITING = 200
"""Records of a line that no receipt has come for yet; then it waits, as a line with little memory does."""


class Forks:
    """Workers as processes."""

    def __init__(self, data_dir: Path, database_url: str | None, broker: Broker) -> None:
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(["tests.mqtt.workers"])
        self._given = (data_dir, database_url)
        self.broker = broker
        self.running: list[BaseProcess] = []

    def start(self, dies: str | None = None, number: int = 1) -> tuple[BaseProcess, Any]:
        ours, theirs = self._forks.Pipe()
        given = (*self._given, self.broker.settings(), number, dies, theirs)
        process = self._forks.Process(target=workers.run, args=given, daemon=True)
        process.start()
        self.running.append(process)
        return process, ours

    def until(self, pipe: Any, text: str) -> None:
        """Until it says so."""
        while pipe.poll(PATIENCE_S):
            if text in pipe.recv():
                return
        raise AssertionError(f"it never said: {text}")

    def kill(self, process: BaseProcess) -> None:
        process.kill()
        process.join(PATIENCE_S)


@pytest.fixture
def forks(data_dir: Path, database_url: str | None, broker: Broker) -> Iterator[Forks]:
    made = Forks(data_dir, database_url, broker)
    yield made
    for process in made.running:
        made.kill(process)


def killed(forks: Forks, line: LineClient, dies: str, records: list[Any]) -> None:
    """A worker is connected, records come, it dies at a chosen moment, and another takes its place."""
    process, pipe = forks.start(dies)
    forks.until(pipe, "Connected")
    for record in records:
        line.send(record)
    forks.until(pipe, "hangs")
    forks.kill(process)
    line.no_receipt(0.1)
    _, pipe = forks.start()
    forks.until(pipe, "Connected")


@needs_mosquitto
def test_a_worker_that_is_killed_before_the_commit_gets_its_messages_again(
    ctx: Context, forks: Forks, line: LineClient
):
    records = [a_lot(number) for number in range(5)]
    killed(forks, line, "before", records)
    told = [line.receipt() for _ in records]
    assert [each["status"] for each in told] == ["accepted"] * 5
    assert sorted(row["record_id"] for row in rows(ctx.engine, "intake_records")) == sorted(
        record["recordId"] for record in records
    )


@needs_mosquitto
def test_a_worker_that_is_killed_after_the_commit_stores_nothing_twice_and_tells_it(
    ctx: Context, forks: Forks, line: LineClient
):
    killed(forks, line, "after", [a_lot(), a_lot(), b"\xff poison"])
    told = [line.receipt() for _ in range(3)]
    first = [each for each in told if each["recordId"]]
    assert "repeated" in {each["status"] for each in first}
    assert len(rows(ctx.engine, "intake_records")) == 2
    assert [row["settled"] for row in rows(ctx.engine, "quarantine")] == [None]


@needs_mosquitto
def test_control_an_acknowledgement_before_the_commit_loses_what_a_kill_meets(
    ctx: Context, forks: Forks, line: LineClient
):
    """The same kill as above, with the safeguard taken out: it must lose, or those tests prove nothing."""
    killed(forks, line, "hasty", [a_lot()])
    line.no_receipt(1.5)
    assert rows(ctx.engine, "intake_records") == []


@needs_mosquitto
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_is_lost_or_doubled_while_workers_and_the_broker_are_killed_at_any_moment(
    ctx: Context, forks: Forks, broker: Mosquitto, database: str
):
    """A line that keeps a record until its receipt has come, as docs/mqtt.md asks it to."""
    line = LineClient(broker, "hall-1/line-2")
    waiting: dict[str, dict[str, Any]] = {}
    sent: set[str] = set()
    told: Counter[str] = Counter()
    over = threading.Event()

    def collect(seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not line.receipts.empty():
            receipt = line.receipt()
            assert receipt["status"] != "refused", receipt
            told[receipt["recordId"]] += 1
            waiting.pop(receipt["recordId"], None)

    def give(record: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the broker is away: it is sent again below
            line.send(record)

    def send() -> None:
        number = 0
        while not over.is_set():
            if len(waiting) >= MOST_WAITING:
                time.sleep(0.01)
                collect(0.01)
                continue
            number += 1
            record = a_lot(number)
            waiting[record["recordId"]] = record
            sent.add(record["recordId"])
            give(record)
            collect(0.01)

    sender = threading.Thread(target=send)
    sender.start()
    chance = random.Random(20261124)
    for turn in range(ROUNDS[database]):
        process, pipe = forks.start()
        forks.until(pipe, "Connected")
        time.sleep(chance.uniform(0.0, 0.4))
        if turn == 2:
            broker.stop(kill=True)
            time.sleep(0.2)
            broker.start()
        forks.kill(process)
    over.set()
    sender.join(PATIENCE_S)
    _, pipe = forks.start()
    forks.until(pipe, "Connected")
    until = time.monotonic() + PATIENCE_S
    while waiting and time.monotonic() < until:
        for record in list(waiting.values()):
            give(record)
        time.sleep(0.5)
        collect(5)
    line.close()
    assert waiting == {}
    stored = [str(row["record_id"]) for row in rows(ctx.engine, "intake_records")]
    assert len(stored) == len(set(stored))
    assert set(stored) == sent
    assert set(told) == sent
    assert rows(ctx.engine, "quarantine") == []


@needs_mosquitto
def test_a_worker_that_is_told_to_stop_acknowledges_what_it_stored_and_keeps_its_session(
    ctx: Context, forks: Forks, line: LineClient
):
    process, pipe = forks.start()
    forks.until(pipe, "Connected")
    line.send(a_lot(1))
    assert line.receipt()["status"] == "accepted"
    process.terminate()
    process.join(PATIENCE_S)
    assert process.exitcode == 0
    line.send(a_lot(2))  # while nobody is there
    _, pipe = forks.start()
    forks.until(pipe, "session continued")
    assert line.receipt()["status"] == "accepted"
    line.no_receipt(0.3)  # the first was acknowledged: it does not come again
    assert len(rows(ctx.engine, "intake_records")) == 2


@needs_mosquitto
def test_a_broker_that_goes_away_and_comes_back_is_found_again(
    ctx: Context, work: Work, broker: Mosquitto, line: LineClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.mqtt.process.FIRST_PAUSE_S", 0.1)
    worker = work()
    broker.stop()
    eventually(lambda: worker.health.trouble is not None)
    assert worker.health.state == "connecting"
    broker.start()
    eventually(lambda: worker.health.state == "connected" and worker.health.trouble is None)
    assert worker.told[-1].endswith("session continued.")
    line.close()
    again = LineClient(broker, "hall-1/line-2")
    again.send(a_lot())
    assert again.receipt()["status"] == "accepted"
    again.close()


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_database_that_is_away_stops_the_acknowledgements_and_loses_nothing(
    ctx: Context, work: Work, line: LineClient, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.mqtt.process.FIRST_PAUSE_S", 0.1)
    worker = work()
    name = database_url.split("/")[3].split("?")[0]
    server = create_engine(database_url.replace(f"/{name}?", "/postgres?"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": name},
            )
            for number in range(3):
                line.send(a_lot(number))
            eventually(lambda: worker.health.trouble is not None)
            assert worker.health.trouble is not None
            assert worker.health.trouble.startswith("Nothing can be stored: ")
            line.no_receipt(0.3)
        finally:
            connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    server.dispose()
    assert [line.receipt()["status"] for _ in range(3)] == ["accepted"] * 3
    assert worker.health.trouble is None
    assert "Records are stored again." in worker.told


def test_a_disk_that_is_full_stops_the_acknowledgements_and_loses_nothing(
    ctx: Context, work: Work, line: LineClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.mqtt.process.FIRST_PAUSE_S", 0.1)
    room = [1]

    def bound(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {room[0]}")

    worker = work()
    event.listen(ctx.engine, "begin", bound)
    line.send(b"[" + b",".join(body(a_lot(number)) for number in range(400)) + b"]")
    eventually(lambda: worker.health.trouble is not None)
    assert worker.health.trouble == "Nothing can be stored: database or disk is full."
    line.no_receipt(0.3)
    room[0] = 1_000_000
    assert [line.receipt()["status"] for _ in range(400)] == ["accepted"] * 400
    assert len(rows(ctx.engine, "intake_records")) == 400


@needs_mosquitto
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_workers_share_the_messages_and_none_comes_twice(ctx: Context, forks: Forks, line: LineClient):
    for number in (1, 2):
        _, pipe = forks.start(number=number)
        forks.until(pipe, "Connected")
    records = [a_lot(number) for number in range(200)]
    for record in records:
        line.send(record)
    told = Counter(line.receipt()["status"] for _ in records)
    line.no_receipt(0.2)
    assert told == {"accepted": 200}
    assert len(rows(ctx.engine, "intake_records")) == 200
