"""Simulated messages by two more doors: MQTT with its receipts, and EPCIS events for the stamps."""

import hashlib
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from app.cli.simulate_doors import NoAnswer, Numbered, Rest
from app.core.line_simulation_faults import Message
from app.core.line_simulation_ledger import Answer, Told
from app.core.vocabulary import TERMS_URL

_WAIT_S: Final = 20.0
_MOST_OUT: Final = 200
"""Messages that no receipt came for yet; then the line waits."""
_ANSWERS: Final[Mapping[str, Answer]] = {
    "accepted": "accepted", "repeated": "repeated", "refused": "refused"
}  # fmt: skip
_CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


class Mqtt:
    """A line at a broker. What is told of a message is its receipt, known by the digest of its bytes."""

    def __init__(
        self, name: str, url: str, line: str, password: str | None = None, *, ca: str | None = None,
        is_five: bool = True,
    ) -> None:  # fmt: skip
        """Raises: NoAnswer where the broker does not let the line in."""
        self.name = name
        self._topic = f"passport/v1/{line}"
        self._out: dict[str, deque[int]] = {}
        self._told: list[Told] = []
        self._lock = threading.Lock()
        self._ready = threading.Event()
        protocol = MQTTProtocolVersion.MQTTv5 if is_five else MQTTProtocolVersion.MQTTv311
        self._client = Client(CallbackAPIVersion.VERSION2, f"{line}-simulator", protocol=protocol)
        parts = urlsplit(url)
        if password is not None:
            self._client.username_pw_set(line, password)
        if parts.scheme == "mqtts":
            self._client.tls_set(ca)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self._topic}/receipts", 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._came
        try:
            self._client.connect(parts.hostname or "localhost", parts.port or 1883)
        except OSError as error:
            raise NoAnswer(f"{url} does not answer ({error.strerror or error}).") from None
        self._client.loop_start()
        if not self._ready.wait(_WAIT_S):
            raise NoAnswer(f"{url} does not let the line {line} in.")

    def send(self, messages: Numbered) -> list[Told]:
        for number, message in messages:
            digest = hashlib.sha256(message.text).hexdigest()
            with self._lock:
                self._out.setdefault(digest, deque()).append(number)
            self._client.publish(f"{self._topic}/records", message.text, 1).wait_for_publish(_WAIT_S)
        until = time.monotonic() + _WAIT_S
        while len(self._out) > _MOST_OUT and time.monotonic() < until:
            time.sleep(0.05)
        return self._take()

    def finish(self, patience_s: float) -> list[Told]:
        until = time.monotonic() + patience_s
        while self._out and time.monotonic() < until:
            time.sleep(0.1)
        self._client.disconnect()
        self._client.loop_stop()
        return self._take()

    def _take(self) -> list[Told]:
        with self._lock:
            found, self._told = self._told, []
        return found

    def _came(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        receipt = json.loads(message.payload)
        with self._lock:
            waiting = self._out.get(receipt.get("sha256", ""))
            if waiting:
                rule = receipt.get("problem", {}).get("rule", "")
                self._told.append(Told(waiting.popleft(), _ANSWERS[receipt["status"]], rule))
                if not waiting:
                    del self._out[receipt["sha256"]]


class Epcis(Rest):
    """Stamps and withdrawals as EPCIS events of an inspection; everything else as REST records."""

    def __init__(self, name: str, server: str, token: str, **options: Any) -> None:
        super().__init__(name, server, token, "single", **options)
        self._records = self._url
        self._capture = f"{server}/epcis/capture"

    def send(self, messages: Numbered) -> list[Told]:
        found: list[Told] = []
        for number, message in messages:
            if message.record["kind"] in ("release", "withdrawal"):
                self._url = self._capture
                answer = self._post(_document(message), "application/ld+json")
                found.append(_told(number, answer))
            else:
                self._url = self._records
                found += super().send([(number, message)])
        return found


def _told(number: int, answer: requests.Response) -> Told:
    if answer.status_code != 202:
        return Told(number, "refused", str(answer.json().get("rule") or ""))
    job = answer.json()
    if job["errors"]:
        return Told(number, "refused", str(job["errors"][0].get("rule") or ""))
    return Told(number, "repeated" if job["repeated"] else "accepted")


def _document(message: Message) -> bytes:
    record = message.record
    stamps = record["kind"] == "release"
    subject = record["subject"]
    event = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, record['recordId'])}",
        "eventTime": record["sentAt"],
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "disposition": "conformant" if stamps else "non_conformant",
        "epcList": [f"https://id.gs1.org/01/{subject['gtin']}/21/{subject['serial']}"],
        "bizTransactionList": [
            {
                "type": f"{TERMS_URL}{'stamp' if stamps else 'stampWithdrawn'}",
                "bizTransaction": "urn:end-of-line:1",
            }
        ],
    }
    document = {
        "@context": _CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": record["sentAt"],
        "epcisBody": {"eventList": [event]},
    }
    return json.dumps(document).encode()
