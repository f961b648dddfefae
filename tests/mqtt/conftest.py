"""MQTT is tested with a real broker: Mosquitto where it is installed, else amqtt."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.mqtt.process import Process
from app.services.context import Context
from tests.mqtt import brokers
from tests.mqtt.brokers import Amqtt, Mosquitto
from tests.mqtt.lines import LineClient
from tests.mqtt.workers import Worker

Broker = Mosquitto | Amqtt


@pytest.fixture
def broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Broker]:
    """The broker that there is."""
    place = tmp_path / "broker"
    place.mkdir()
    made: Broker = Mosquitto(place) if brokers.mosquitto() else Amqtt(place)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def line(broker: Broker) -> Iterator[LineClient]:
    """A line of hall 1, connected."""
    client = LineClient(broker, "hall-1/line-2")
    yield client
    client.close()


@pytest.fixture
def work(ctx: Context, broker: Broker) -> Iterator[Callable[..., Worker]]:
    """Starts a worker in a thread of this process, and waits until it is connected."""
    started: list[Worker] = []

    def start(number: int = 1, kind: type[Process] = Process, **options: bool) -> Worker:
        worker = Worker(ctx, broker.settings(), number, kind, **options)
        worker.start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.end()
