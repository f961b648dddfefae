"""Brokers that a test starts, stops, kills, and starts again on the same port.

Mosquitto runs with the configuration that is shipped: only its paths and ports are those of the test.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from app.config import MqttSettings
from app.mqtt import logins
from tests.boot.started import ROOT, free_port

PATIENCE_S = 30
PASSWORDS = {
    "passport": "password-of-passport", "hall-1/line-2": "pw-12", "hall-1/line-3": "pw-13",
    "hall-2/line-1": "pw-21", "nowhere/line-1": "pw-01",
}  # fmt: skip


def mosquitto() -> str | None:
    """Where Mosquitto is: its package puts it among what only root runs."""
    if os.environ.get("MQTT_TEST_BROKER") == "amqtt":
        return None
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None and os.environ.get("CI") == "true":
        raise RuntimeError("Mosquitto is missing: topic rights and kills would not be checked")
    return found


@dataclass
class Mosquitto:
    """The shipped configuration: lines come over TLS, the worker by the port of this machine."""

    place: Path
    own_port: int = field(default_factory=free_port)
    line_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    is_five = True

    @property
    def ca_file(self) -> Path:
        return self.place / "server.crt"

    def settings(self, **changes: object) -> MqttSettings:
        """What a worker is given."""
        found: dict[str, object] = {
            "host": "127.0.0.1", "port": self.own_port, "username": "passport",
            "password": PASSWORDS["passport"],
        }  # fmt: skip
        return MqttSettings(**(found | changes))  # type: ignore[arg-type]

    def start(self) -> None:
        if not (self.place / "broker.conf").exists():
            self._prepare()
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen([str(mosquitto()), "-c", self.place / "broker.conf"], stderr=log)
        wait_for(self.line_port)

    def stop(self, *, kill: bool = False) -> None:
        if self.process is not None:
            self.process.kill() if kill else self.process.terminate()
            self.process.wait(PATIENCE_S)

    def _prepare(self) -> None:
        own_certificate(self.place)
        for login, password in PASSWORDS.items():
            logins.write(self.place / "passwords", logins.entry(login, password))
        shutil.copy(ROOT / "deploy" / "mosquitto" / "topics.acl", self.place)
        (self.place / "topics.acl").chmod(0o600)
        text = (ROOT / "deploy" / "mosquitto" / "passport.conf").read_text()
        for shipped, ours in (
            ("/etc/mosquitto/passport/", f"{self.place}/"),
            ("/var/lib/mosquitto/", f"{self.place}/"),
            ("listener 8883", f"listener {self.line_port} 127.0.0.1"),
            ("listener 1883 ", f"listener {self.own_port} "),
        ):
            assert shipped in text
            text = text.replace(shipped, ours)
        if os.getuid() == 0:
            text = f"user root\n{text}"  # it would become another user, who cannot read a test's files
        (self.place / "broker.conf").write_text(text)


@dataclass
class Amqtt:
    """A broker of the Python index: MQTT 3.1.1, no topic rights by login, nothing kept over a restart."""

    place: Path
    own_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    is_five = False
    ca_file = None

    @property
    def line_port(self) -> int:
        return self.own_port

    def settings(self, **changes: object) -> MqttSettings:
        found: dict[str, object] = {"host": "127.0.0.1", "port": self.own_port, "version": "3.1.1"}
        return MqttSettings(**(found | changes))  # type: ignore[arg-type]

    def start(self) -> None:
        (self.place / "broker.yaml").write_text(
            f"listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{self.own_port}\n"
            "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
        )
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "amqtt.scripts.broker_script", "-c", self.place / "broker.yaml"],
                stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        wait_for(self.own_port)

    def stop(self, *, kill: bool = False) -> None:
        if self.process is not None:
            self.process.kill() if kill else self.process.terminate()
            self.process.wait(PATIENCE_S)


def wait_for(port: int) -> None:
    """Until something listens."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on {port}")


def own_certificate(place: Path) -> None:
    """A certificate for this machine that vouches for itself."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", place / "server.key", "-out", place / "server.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
