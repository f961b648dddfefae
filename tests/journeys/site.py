"""A demo installation that really runs, as `./run` makes it, and what a journey asks of it itself."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core.times import to_seconds
from app.services import demo
from tests.boot.started import ROOT, environment, free_port

_serials = itertools.count(1)
UNSAFE_PORTS = frozenset({5060, 5061, 6000, 6566, 10080, *range(6665, 6670), 6697})
"""Those above 1024 to which Chromium opens no page."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the server."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_StayHere, urllib.request.ProxyHandler({}))


@dataclass
class Site:
    """One installation on a port of its own; `stopped()` takes it away for a while."""

    data: Path
    port: int
    _process: subprocess.Popen[str] | None = None
    _passports: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start `./run` and wait for the last line of its banner."""
        with open(self.data.with_suffix(".log"), "a") as log:
            self._process = subprocess.Popen(
                [ROOT / "run", "--data", str(self.data), "--port", str(self.port)],
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        if not any(line.startswith("Data in") for line in self._process.stdout):
            raise AssertionError(f"it ended: {self.data.with_suffix('.log').read_text()}")

    def stop(self) -> None:
        """Take it down at once, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Nothing answers meanwhile; afterwards it runs again with the same data."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def ask(
        self, path: str, body: bytes | None = None, *, method: str | None = None, **headers: str
    ) -> Answer:
        """One request without a browser. A header's underscores are hyphens."""
        request = urllib.request.Request(
            self.origin + path,
            data=body,
            method=method,
            headers={name.replace("_", "-"): text for name, text in headers.items()},
        )
        try:
            with _OPENER.open(request, timeout=30) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, dict(refusal.headers), refusal.read())

    def send(self, record: dict[str, Any]) -> Answer:
        """A record, as the demo's plant sends it."""
        return self.ask(
            "/api/v1/intake/records",
            json.dumps(record).encode(),
            Content_Type="application/json",
            Authorization=f"Bearer {demo.PLANT_TOKEN}",
        )

    def issue(self, name: str) -> str:
        """One more battery of the demo's first model, stamped; returns its serial."""
        serial = f"{name}-{next(_serials)}"
        for record in pack_records(serial):
            answer = self.send(record)
            assert answer.status == 201, answer.body
        return serial

    def credential(self, serial: str) -> bytes:
        """The public section of a passport, as anyone gets it."""
        return self.ask(f"{self.page(serial)}/sections/public", Accept="application/vc").body

    def page(self, serial: str) -> str:
        """Path of the passport's page."""
        if serial not in self._passports:
            answer = self.ask(f"/01/{gtin_of(serial)}/21/{serial}")
            assert answer.status == 307, (serial, answer.body)
            self._passports[serial] = answer.headers["Location"].removeprefix(self.origin)
        return self._passports[serial]

    def link(self, serial: str) -> str:
        """What the battery's label says."""
        return f"{self.origin}/01/{gtin_of(serial)}/21/{serial}"


def new_site(directory: Path) -> Site:
    port = free_port()
    while port in UNSAFE_PORTS:
        port = free_port()
    return Site(directory, port)


FIRST = demo.records()[0]
FIRST_GTIN: str = FIRST[0]["subject"]["gtin"]
FIRST_SERIAL: str = next(record["subject"]["serial"] for record in FIRST if "serial" in record["subject"])
INCOMPLETE: dict[str, str] = next(
    file[-1]["subject"] for file in demo.records() if not any(one["kind"] == "release" for one in file)
)
_GTINS = {
    record["subject"]["serial"]: record["subject"]["gtin"]
    for file in demo.records()
    for record in file
    if "serial" in record["subject"]
}


def gtin_of(serial: str) -> str:
    """Of a battery of the demo data; all others are of the first model."""
    return _GTINS.get(serial, FIRST_GTIN)


def pack_records(serial: str) -> list[dict[str, Any]]:
    """What the line sends now for one battery of the first model, from pack to stamp."""
    now = to_seconds(datetime.now(UTC))
    subject = {"gtin": FIRST_GTIN, "serial": serial}
    return [
        record | {"subject": subject, "recordId": f"{record['recordId']}.{serial}", "sentAt": now}
        for record in FIRST
        if record["subject"].get("serial") == FIRST_SERIAL
    ]
