"""Lines that send to a server that dies: by each door, and again what was not acknowledged."""

import http.client
import json
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import epcis
from tests.factories import a_further_pack, body, pack_record
from tests.installation import START, TOKEN
from tests.mqtt.lines import LineClient

PATIENCE_S = 60
PACKS_AT_ONCE = 2
_WRONG_EVERY = 4
"""One of so many packs of the single records comes with a record that is refused."""


@dataclass
class Books:
    """What the lines were told, by all doors."""

    acknowledged: dict[str, bytes] = field(default_factory=dict)
    """Texts of records by their id; none where the record is made of an event."""
    refused: dict[str, bytes] = field(default_factory=dict)
    """Texts of records that were refused, by their place in quarantine."""
    issued: dict[str, str] = field(default_factory=dict)
    """Addresses of passports by serial."""
    odd: list[str] = field(default_factory=list)
    """Answers that no line should ever get."""
    by_door: dict[str, int] = field(default_factory=dict)
    may_be_away: bool = False
    """The database falls while the server goes on: then a 503 is an answer, and the same is sent again."""
    away: int = 0
    """How often that was the answer."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, door: str, text: bytes, answer: dict[str, Any] | None = None) -> None:
        battery = (answer or {}).get("battery", {})
        with self.lock:
            self.acknowledged[json.loads(text)["recordId"]] = text
            self.by_door[door] = self.by_door.get(door, 0) + 1
            if battery.get("state") == "issued":
                self.issued[battery["serial"]] = battery["passport"]

    def captured(self, event: dict[str, Any]) -> None:
        """An event becomes a record under its own id, and another where it stamps."""
        names = [event["eventID"], *([f"{event['eventID']}.ok.1"] if "bizTransactionList" in event else [])]
        with self.lock:
            self.acknowledged |= dict.fromkeys(names, b"")
            self.by_door["epcis"] = self.by_door.get("epcis", 0) + len(names)


@dataclass
class Sender:
    """One line. `waiting` is what it has not been told of; it outlives the server."""

    name: str
    books: Books
    waiting: list[bytes] = field(default_factory=list)
    packs: int = 0

    def made(self, count: int) -> Iterable[bytes]:
        for _ in range(count):
            self.packs += 1
            serial = f"{self.name}{self.packs:05}"
            if self.name == "REST" and self.packs % _WRONG_EVERY == 1:
                yield body(pack_record(START, serial, values={"capacityFade": {"value": 1, "unit": "kg"}}))
            yield from (body(record) for record in a_further_pack(START, serial))

    def run(self, port: int) -> None:
        """Send until the server is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            while True:
                if not self.waiting:
                    self.waiting = list(self.made(1))
                self.send(connection)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def send(self, connection: http.client.HTTPConnection) -> None:
        raise NotImplementedError

    def post(
        self, connection: http.client.HTTPConnection, path: str, text: bytes, media_type: str
    ) -> tuple[int, Any]:
        headers = {
            "Host": "passports.example", "Content-Type": media_type, "Authorization": f"Bearer {TOKEN}"
        }  # fmt: skip
        connection.request("POST", path, text, headers)
        answer = connection.getresponse()
        read = answer.read()
        if answer.status == 429:
            time.sleep(float(answer.headers["Retry-After"]))
            return self.post(connection, path, text, media_type)
        if answer.status == 503 and self.books.may_be_away:
            assert int(answer.headers["Retry-After"]) > 0
            self.books.away += 1
            time.sleep(0.1)
            return self.post(connection, path, text, media_type)
        return answer.status, json.loads(read) if read else {}


class Single(Sender):
    """REST, one record in a request."""

    def send(self, connection: http.client.HTTPConnection) -> None:
        text = self.waiting[0]
        status, told = self.post(connection, "/api/v1/intake/records", text, "application/json")
        if status in (200, 201):
            self.books.took("rest", text, told)
        elif status == 422:
            self.books.refused[told["quarantine"]] = text
        else:
            self.books.odd.append(f"{status}: {told}")
        self.waiting.pop(0)


class Stream(Sender):
    """REST, several records in a request, as lines."""

    def send(self, connection: http.client.HTTPConnection) -> None:
        self.waiting += self.made(PACKS_AT_ONCE - 1) if len(self.waiting) == 2 else ()
        text = b"\n".join(self.waiting)
        status, told = self.post(connection, "/api/v1/intake/records", text, "application/x-ndjson")
        if status != 207 or told["refused"]:
            self.books.odd.append(f"{status}: {told}")
        for sent, entry in zip(self.waiting, told.get("records", []), strict=True):
            self.books.took("rest-ndjson", sent, entry["answer"])
        self.waiting = []


class Captured(Sender):
    """EPCIS: a battery is commissioned and stamped by events, once REST has its values."""

    def made(self, count: int) -> Iterable[bytes]:
        for _ in range(count):
            self.packs += 1
            serial = f"{self.name}{self.packs:05}"
            assembly, _ = a_further_pack(START, serial)
            yield body(assembly)
            yield epcis.body(epcis.commissioning(START, serial), epcis.stamping(START, serial))

    def send(self, connection: http.client.HTTPConnection) -> None:
        text = self.waiting[0]
        if len(self.waiting) == 2:
            status, told = self.post(connection, "/api/v1/intake/records", text, "application/json")
        else:
            status, told = self.post(connection, "/epcis/capture", text, "application/ld+json")
        if status not in (200, 201, 202) or told.get("errors"):
            self.books.odd.append(f"{status}: {told}")
        elif status == 202:
            for event in json.loads(text)["epcisBody"]["eventList"]:
                self.books.captured(event)
        self.waiting.pop(0)


@dataclass
class Files(Sender):
    """A watched folder. Taken is what its result says, once the file has followed."""

    inbox: Path = Path()
    name_of_file: str = ""

    def run(self, port: int) -> None:
        """While the server answers at all."""
        while self.look() or _answers(port):
            time.sleep(0.02)

    def look(self) -> bool:
        """Whether the file that was sent is settled; then another is sent."""
        if self.name_of_file:
            is_there = (self.inbox / self.name_of_file).exists()
            told = self.result()
            if told is None:
                if not is_there:
                    self.put()  # a power cut took it: a plant that has no result sends it again
                return False
            if told["refused"] or told.get("refusal"):
                self.books.odd.append(str(told))
            if told["accepted"] + told["repeated"] != len(self.waiting):
                self.books.odd.append(f"of {len(self.waiting)} records in a file: {told}")
            for text in self.waiting:
                self.books.took("folder", text)
        self.waiting = list(self.made(PACKS_AT_ONCE))
        self.name_of_file = f"{self.name}-{self.packs}.ndjson"
        self.put()
        return True

    def result(self) -> Any:
        """What was made of the file, once it has followed its result."""
        for path in self.inbox.glob(f"*/*-{self.name_of_file}.result.json"):
            if path.with_name(path.name.removesuffix(".result.json")).exists():
                return json.loads(path.read_bytes())
        return None

    def put(self) -> None:
        beside = self.inbox / f".{self.name_of_file}.tmp"
        with beside.open("wb") as file:
            file.write(b"\n".join(self.waiting))
            file.flush()
            os.fsync(file.fileno())  # else a power cut leaves an empty file under the new name
        beside.replace(self.inbox / self.name_of_file)


@dataclass
class Published(Sender):
    """MQTT: what the broker has is sent; taken is what a receipt came for."""

    line: LineClient | None = None
    out: dict[str, bytes] = field(default_factory=dict)

    def run(self, port: int) -> None:
        """While the server answers at all."""
        while _answers(port):
            self.collect()
            if len(self.out) < 8:
                self.publish()
            time.sleep(0.01)

    def begin(self) -> None:
        """Until a first message is told of: before that the broker has no session to keep messages for."""
        assert self.line is not None
        until = time.monotonic() + PATIENCE_S
        (text, *_) = self.made(1)
        self.out[json.loads(text)["recordId"]] = text
        while self.out and time.monotonic() < until:
            self.line.send(text)
            time.sleep(0.2)
            self.collect()

    def again(self) -> None:
        """Send what no receipt came for: a broker that keeps nothing for a worker that is away needs it."""
        assert self.line is not None
        for text in self.out.values():
            self.line.send(text)

    def publish(self) -> None:
        assert self.line is not None
        for text in self.made(1):
            self.out[json.loads(text)["recordId"]] = text
            self.line.send(text)

    def collect(self) -> None:
        assert self.line is not None
        while not self.line.receipts.empty():
            receipt = self.line.receipts.get()[1]
            text = self.out.pop(receipt["recordId"], None)
            if receipt["status"] == "refused":
                self.books.odd.append(str(receipt))
            elif text is not None:
                self.books.took("mqtt", text, receipt["answer"])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True
