"""A line of a factory: sends records by MQTT and collects its receipts."""

import json
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.factories import body
from tests.mqtt.brokers import PASSWORDS, Amqtt, Mosquitto

PATIENCE_S = 20


class LineClient:
    """Connected as one login, subscribed to its receipts."""

    def __init__(self, broker: Mosquitto | Amqtt, login: str, **changes: Any) -> None:
        self.login, self.broker = login, broker
        self.receipts: SimpleQueue[tuple[str, dict[str, Any], bytes | None]] = SimpleQueue()
        five = broker.is_five
        self.client = Client(
            CallbackAPIVersion.VERSION2, changes.get("client_id", f"line-{login}"),
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
        )  # fmt: skip
        self.client.reconnect_delay_set(1, 1)
        if five:
            self.client.username_pw_set(login, changes.get("password", PASSWORDS.get(login)))
            self.client.tls_set(str(broker.ca_file))
        self.refusals: list[str] = []
        self.client.on_message = self._on_message
        self.client.on_connect = self._on_connect
        self.client.on_publish = lambda _c, _d, _mid, reason, _p: (
            self.refusals.append(str(reason)) if reason.is_failure else None
        )
        self.subscribed = False
        self.client.on_subscribe = lambda *_: setattr(self, "subscribed", True)
        self.client.connect("127.0.0.1", broker.line_port)
        self.client.loop_start()
        eventually(lambda: self.subscribed or self.refusals)

    def send(
        self, payload: dict[str, Any] | bytes, *, to: str | None = None, correlation: bytes | None = None,
        answer_to: str | None = None, retain: bool = False, qos: int = 1,
    ) -> None:  # fmt: skip
        """Publish, and wait until the broker has it."""
        properties = Properties(PacketTypes.PUBLISH) if self.broker.is_five else None
        if correlation is not None:
            properties.CorrelationData = correlation
        if answer_to is not None:
            properties.ResponseTopic = answer_to
        told = self.client.publish(
            to or f"passport/v1/{self.login}/records",
            payload if isinstance(payload, bytes) else body(payload),
            qos, retain=retain, properties=properties,
        )  # fmt: skip
        told.wait_for_publish(PATIENCE_S)

    def receipt(self) -> dict[str, Any]:
        """The next one."""
        return self.whole_receipt()[1]

    def whole_receipt(self) -> tuple[str, dict[str, Any], bytes | None]:
        """The next one with its topic and correlation data."""
        return self.receipts.get(timeout=PATIENCE_S)

    def no_receipt(self, seconds: float = 0.5) -> None:
        """Nothing comes."""
        try:
            raise AssertionError(f"a receipt came: {self.receipts.get(timeout=seconds)}")
        except Empty:
            return

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.refusals.append(str(reason))
        client.subscribe(f"passport/v1/{self.login}/receipts/#", 1)

    def _on_message(self, _client: Client, _data: Any, message: Any) -> None:
        correlation = getattr(message.properties, "CorrelationData", None)
        self.receipts.put((message.topic, json.loads(message.payload), correlation))


def eventually(holds: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait until it holds."""
    until = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(0.02)
