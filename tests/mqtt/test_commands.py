"""`passport mqtt`: logins, health, and a worker that leaves for good."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.main import main
from app.mqtt import health, topics
from app.services.context import Context
from tests import installation
from tests.boot.started import ROOT
from tests.installation import rows
from tests.mqtt.brokers import Mosquitto
from tests.mqtt.lines import LineClient, eventually
from tests.mqtt.test_records import a_lot, needs_mosquitto
from tests.mqtt.workers import Worker

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Work = Callable[..., Worker]


@pytest.fixture
def data(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = installation.copy(installation.template(shared, "bare"), tmp_path / "installed")
    return installation.choose(copied, monkeypatch)


@pytest.mark.usefixtures("data")
def test_a_login_is_made_for_a_line_of_a_plant_that_is_registered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "passwords"
    assert main(["mqtt", "--login", "hall-1/line-2", "--file", str(path)]) == 0
    assert len(capsys.readouterr().out.strip()) == 32
    assert path.read_text().startswith("hall-1/line-2:$7$")
    assert main(["mqtt", "--login", "passport"]) == 0
    assert "passport:$7$" in capsys.readouterr().err
    assert main(["mqtt", "--login", "nowhere/line-1"]) == 1
    assert "There is no plant nowhere here." in capsys.readouterr().err
    assert main(["mqtt", "--login", "hall-1/+"]) == 2
    assert main(["mqtt", "--worker", "0"]) == 2


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, None),
        ({"state": "stopped"}, "It was stopped."),
        ({"state": "connecting"}, "It is connecting."),
        ({"trouble": "Nothing can be stored: the disk is full."}, "Nothing can be stored: the disk is full."),
        ({"at": NOW - timedelta(seconds=60)}, "It has not said anything for 60 seconds."),
        ({"busySince": NOW - timedelta(minutes=6)}, "It has worked on the same messages since "),
        ({"held": 1}, "1 messages can neither be taken nor set aside"),
    ],
)
def test_a_worker_is_well_or_it_is_said_what_is_wrong(changes: dict[str, object], wrong: str | None):
    told = {"at": NOW, "state": "connected", "trouble": None, "busySince": None, "held": 0, **changes}
    told = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in told.items()}
    found = health.judge(told, NOW)
    assert found is None if wrong is None else found is not None and found.startswith(wrong)


@needs_mosquitto
def test_the_command_works_tells_how_it_is_and_ends_when_it_is_told_to(
    data: Path, broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    assert main(["mqtt", "--check"]) == 1
    assert capsys.readouterr().out == "Worker 1 has never run here.\n"
    secret = tmp_path / "password"
    secret.write_text(str(broker.settings().password))
    secret.chmod(0o600)
    monkeypatch.setenv("PASSPORT_MQTT_URL", f"mqtt://localhost:{broker.own_port}")
    monkeypatch.setenv("PASSPORT_MQTT_USERNAME", "passport")
    monkeypatch.setenv("PASSPORT_MQTT_PASSWORD_FILE", str(secret))
    command = [sys.executable, "-m", "app.cli.main", "mqtt"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Connected to mqtt://localhost:")
        assert main(["mqtt"]) == 2
        assert "Worker 1 is running already" in capsys.readouterr().err
        line = LineClient(broker, "hall-1/line-2")
        line.send(b"no record")
        assert line.receipt()["status"] == "refused"
        line.close()
        told = data / "mqtt-1.json"
        eventually(lambda: json.loads(told.read_text())["refused"] == 1)
        assert main(["mqtt", "--check"]) == 0
        assert capsys.readouterr().out.endswith("It is well.\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert main(["mqtt", "--check"]) == 1


@needs_mosquitto
def test_a_worker_that_leaves_takes_what_its_session_holds_and_gets_nothing_more(
    ctx: Context, work: Work, broker: Mosquitto, line: LineClient
):
    second = work(2)
    second.end()  # its session stays: its share of the messages waits for it
    first = work(1)
    for number in range(10):
        line.send(a_lot(number))
    leaving = Worker(ctx, broker.settings(), 2, leaves=True)
    leaving.start()
    leaving.join()
    assert leaving.told[-1] == "The session is ended."
    assert [line.receipt()["status"] for _ in range(10)] == ["accepted"] * 10
    for number in range(10, 20):
        line.send(a_lot(number))
    assert [line.receipt()["status"] for _ in range(10)] == ["accepted"] * 10
    eventually(lambda: first.health.accepted + leaving.health.accepted == 20)
    assert len(rows(ctx.engine, "intake_records")) == 20


@pytest.mark.parametrize(
    "topic",
    ["passport/v1/hall-1/records", "passport/v1/hall-1/line-2/receipts", "passport/v1/Hall-1/line-2/records",
     "passport/v1/hall-1/line-2/x/records", "passport/v1//l/records", "passport/v2/hall-1/line-2/records",
     "passport/v1/hall-1/line\n/records", f"passport/v1/hall-1/{'l' * 64}/records"],
)  # fmt: skip
def test_a_topic_that_is_no_lines_names_nobody(topic: str):
    assert topics.of_topic(topic) is None


def test_receipts_go_to_topics_of_the_line_alone():
    sender = topics.of_login("hall-1/line-2")
    assert sender is not None
    own = sender.receipts
    assert [sender.may_be_answered_at(topic) for topic in (own, f"{own}/a", f"{own}/a/b")] == [True] * 3
    for topic in (f"{own}x", "passport/v1/hall-1/line-3/receipts", f"{own}/+", f"{own}/#", "#", "",
                  "passport/v1/hall-1/line-2/records"):  # fmt: skip
        assert not sender.may_be_answered_at(topic)
