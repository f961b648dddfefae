"""How a worker is: a small file in the data directory, written every two seconds, and read by a probe.

A file and no port: nothing more listens, and a disk that is full or a process that hangs shows as a file that
grows old.
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

EVERY_S: Final = 2.0
OLD_S: Final = 15.0
LONG_S: Final = 300.0
"""A batch under work for so long is a trouble: no batch takes a tenth of it."""


def path_of(data_dir: Path, worker: int) -> Path:
    return data_dir / f"mqtt-{worker}.json"


@dataclass(slots=True)
class Health:
    """What one worker tells about itself. Counts are since its start."""

    path: Path
    broker: str
    state: str = "starting"
    trouble: str | None = None
    messages: int = 0
    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    ignored: int = 0
    """Retained messages, and topics that are none of ours."""
    unknown_plants: int = 0
    receipts_refused: int = 0
    held: int = 0
    waiting: int = 0
    last_message: float | None = None
    busy_since: float | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Write it from now on."""
        threading.Thread(target=self._write_on, name="health", daemon=True).start()

    def end(self) -> None:
        self._stop.set()
        self.state = "stopped"
        self.write()

    def write(self) -> None:
        """Whole or not at all. A disk that is full is no reason to fall."""
        beside = self.path.with_suffix(".tmp")
        try:
            beside.write_text(json.dumps(self.as_dict(), indent=1) + "\n", encoding="utf-8")
            os.replace(beside, self.path)
        except OSError:
            return

    def as_dict(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "at": _text(time.time()),
            "state": self.state,
            "broker": self.broker,
            "trouble": self.trouble,
            "lastMessageAt": _text(self.last_message),
            "busySince": _text(self.busy_since),
            "waiting": self.waiting,
            "messages": self.messages,
            "accepted": self.accepted,
            "repeated": self.repeated,
            "refused": self.refused,
            "ignored": self.ignored,
            "unknownPlants": self.unknown_plants,
            "receiptsRefused": self.receipts_refused,
            "held": self.held,
        }

    def _write_on(self) -> None:
        while not self._stop.is_set():
            self.write()
            self._stop.wait(EVERY_S)


def judge(told: Mapping[str, Any], now: datetime) -> str | None:
    """What is wrong, in a sentence; None where nothing is."""
    age = (now - datetime.fromisoformat(told["at"])).total_seconds()
    if told["state"] == "stopped":
        return "It was stopped."
    if age > OLD_S:
        return f"It has not said anything for {age:.0f} seconds."
    if told["trouble"]:
        return str(told["trouble"])
    if told["state"] != "connected":
        return f"It is {told['state']}."
    busy = told["busySince"]
    if busy is not None and (now - datetime.fromisoformat(busy)).total_seconds() > LONG_S:
        return f"It has worked on the same messages since {busy}."
    if told["held"]:
        return f"{told['held']} messages can neither be taken nor set aside: the log says why."
    return None


def _text(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
