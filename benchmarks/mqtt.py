"""Records by MQTT: published at QoS 1, stored, told by receipt, acknowledged then; beside a bare insert.

From the first message to the last receipt, with broker, sender, reader of receipts and worker on one machine.
The worker is the real process. Mosquitto where it is installed, with its own sender and reader; else amqtt,
and paho sends and reads, at their own pace.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from app.services.intake_batch import CHUNK, Message, accept_many
from benchmarks import bare_insert, measure
from benchmarks.bare_insert import BARE_LOT, Sides
from benchmarks.installation import Installation
from benchmarks.measure import Contender, Figure, Group, Spread, Target
from tests.boot.started import ROOT, free_port
from tests.mqtt.brokers import PATIENCE_S, Amqtt, mosquitto, wait_for

MESSAGES = {"Mosquitto": 6_000, "amqtt": 1_000}
RECORDS, RECEIPTS = "passport/v1/plant-1/line-1/records", "passport/v1/plant-1/line-1/receipts"
LOT = "lot of cells, a message each"
LONGEST_S = 120


def run(rounds: int) -> list[Group]:
    """SQLite on this machine's disk, and PostgreSQL."""
    with bare_insert.databases() as found:
        return [_on(name, url, bare_url, rounds) for name, url, bare_url in found]


def _on(name: str, database_url: str | None, bare_url: str | None, rounds: int) -> Group:
    with (
        tempfile.TemporaryDirectory(prefix="mqtt") as directory,
        bare_insert.beside(database_url, bare_url) as (made, bare),
        _broker(Path(directory)) as (broker, port),
        _worker(made, broker, port, Path(directory)) as worker,
    ):
        spent: list[float] = []
        sides = Sides(
            made, bare, lambda sent: _stored(made, sent), time.perf_counter, MESSAGES[broker], chunk=CHUNK
        )

        def delivered() -> float:
            sent = sides.lots()
            before = _cpu(worker.pid)
            send = _by_mosquitto if broker == "Mosquitto" else _by_paho
            took = send(Path(directory), port, sent)
            spent.append((_cpu(worker.pid) - before) / len(sent))
            return took / len(sent)

        contenders: dict[str, Contender] = {LOT: delivered, BARE_LOT: sides.inserted(sides.lots)}
        costs = measure.rounds(contenders, rounds)
        target = Target(2_000, "at least", "/s") if broker == "Mosquitto" else None
        return Group(
            f"MQTT on {name}, QoS 1, by {broker}: elapsed time",
            (
                measure.figure(costs, LOT, BARE_LOT, unit="/s", target=target),
                Figure(
                    "CPU time of the worker for a message",
                    Spread.of([each * 1e6 for each in spent[1:]]),
                    "us",
                ),
            ),
        )


def _stored(made: Installation, sent: Sequence[bytes]) -> None:
    accept_many(made.ctx, made.plant, [Message(body, RECORDS) for body in sent], door="mqtt")


def _by_mosquitto(place: Path, port: int, sent: Sequence[bytes]) -> float:
    """Seconds from the first message to the last receipt."""
    common = ["-p", str(port), "-q", "1", "-V", "5"]
    (place / "sent").write_bytes(b"\n".join(sent) + b"\n")
    with (place / "sent").open("rb") as lines, (place / "receipts").open("wb") as receipts:
        reader = subprocess.Popen(
            ["mosquitto_sub", *common, "-t", RECEIPTS, "-C", str(len(sent)), "-W", str(LONGEST_S)],
            stdout=receipts,
        )
        time.sleep(0.5)  # until it has subscribed
        begun = time.perf_counter()
        subprocess.run(["mosquitto_pub", *common, "-t", RECORDS, "-l"], stdin=lines, check=True)
        assert reader.wait(LONGEST_S) == 0
        took = time.perf_counter() - begun
    assert (place / "receipts").read_bytes().count(b'{"status":"accepted"') == len(sent)
    return took


def _by_paho(_place: Path, port: int, sent: Sequence[bytes]) -> float:
    """The same."""
    ready, done = threading.Event(), threading.Event()
    receipts: list[bytes] = []

    def came(_client: Client, _data: Any, message: Any) -> None:
        receipts.append(message.payload)
        if len(receipts) == len(sent):
            done.set()

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = came
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe(RECEIPTS, 1)
    assert ready.wait(PATIENCE_S)
    begun = time.perf_counter()
    for body in sent:
        client.publish(RECORDS, body, 1)
    assert done.wait(LONGEST_S)
    took = time.perf_counter() - begun
    client.disconnect()
    client.loop_stop()
    return took


@contextmanager
def _broker(place: Path) -> Iterator[tuple[str, int]]:
    """Name and port of a broker; nobody signs in, and what counts for speed is as shipped."""
    found = mosquitto()
    if found is None:
        amqtt = Amqtt(place)
        amqtt.start()
        yield "amqtt", amqtt.own_port
        amqtt.stop()
        return
    port = free_port()
    shipped = (ROOT / "deploy" / "mosquitto" / "passport.conf").read_text().splitlines()
    kept = [line for line in shipped if line.startswith(("max_", "retain_", "persistence true", "autosave_"))]
    config = [f"listener {port} 127.0.0.1", "allow_anonymous true", f"persistence_location {place}/", *kept]
    if os.getuid() == 0:
        config.append("user root")
    (place / "broker.conf").write_text("\n".join(config) + "\n")
    process = subprocess.Popen([found, "-c", place / "broker.conf"], stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield "Mosquitto", port
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@contextmanager
def _worker(made: Installation, broker: str, port: int, place: Path) -> Iterator[subprocess.Popen[str]]:
    """`passport mqtt`, connected."""
    environ = {
        **os.environ, **made.environ, "PASSPORT_MQTT_URL": f"mqtt://localhost:{port}",
        "PASSPORT_MQTT_VERSION": "5" if broker == "Mosquitto" else "3.1.1",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "mqtt", "--data", made.settings.data_dir],
        env=environ, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Connected")
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _cpu(pid: int) -> float:
    """CPU seconds, user and system, of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
