"""The commands and the program of docs/mqtt.md, run against a demo that `./run` made and a broker."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.boot.started import ROOT, free_port, running
from tests.house.test_connect_examples import PYTHON, SHELL
from tests.mqtt import brokers

pytestmark = [
    pytest.mark.xdist_group("run"),
    pytest.mark.skipif(
        not brokers.mosquitto() or (shutil.which("mosquitto_rr") is None and os.environ.get("CI") != "true"),
        reason="not checked: Mosquitto or its clients are not installed",
    ),
]


def test_the_commands_of_the_guide_send_a_record_and_get_its_receipt(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
    port = free_port()
    shipped = (ROOT / "deploy" / "mosquitto" / "try.conf").read_text()
    (tmp_path / "deploy" / "mosquitto").mkdir(parents=True)
    (tmp_path / "deploy" / "mosquitto" / "try.conf").write_text(
        shipped.replace("listener 1883 ", f"listener {port} ")
    )
    (tmp_path / ".venv").symlink_to(sys.prefix)
    commands = "".join(SHELL.findall(text)).replace("mosquitto_rr ", f"mosquitto_rr -p {port} ")
    environ = {
        "PATH": f"/usr/local/bin:/usr/bin:/bin:{Path(sys.executable).parent}",
        "PASSPORT_DATA": str(tmp_path / "data"),
        "PASSPORT_MQTT_URL": f"mqtt://localhost:{port}",
        "MQTT_PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "PROGRAM": PYTHON.findall(text)[0],
        "PYTHON": sys.executable,
    }
    with running("--data", str(tmp_path / "data"), "--port", str(free_port())):
        started = subprocess.Popen(
            ["bash", "-eu", "-c", f'{commands}\n"$PYTHON" -c "$PROGRAM"'], cwd=tmp_path, env=environ,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            told, troubles = started.communicate(timeout=60)
        finally:
            os.killpg(
                started.pid, signal.SIGTERM
            )  # the broker and the process that it left in the background
    assert started.returncode == 0, troubles
    lines = told.splitlines()
    assert lines.pop(1) == "press:1"
    through = json.loads(lines.pop(1))
    assert (through["status"], through["recordId"], through["mapping"]) == ("accepted", "P-7-1", "press:1")
    assert lines[0].startswith('{"status":"accepted","recordId":"Q-1",')
    assert sorted(lines[1:4]) == ["R-0 accepted", "R-1 accepted", "R-2 accepted"]
    assert lines[4] == "all stored"


def test_the_receipt_in_the_guide_has_the_members_of_a_receipt() -> None:
    text = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert {"status", "recordId", "answer", "problem", "record", "sha256"} <= table
