"""One connection to the broker, from CONNECT to its end. What happens on it comes as events, in order.

One thread does everything: while records are stored nothing is read, and the broker waits. A batch takes far
less than the minute and a half of silence that the keep-alive allows.

The session outlives the connection: a fixed client id, no clean start, and a session that never expires. The
broker gives again what was not acknowledged. A new connection is a new object, so that nothing of an old one
(packet ids least of all) is ever taken for the new one's.
"""

import contextlib
import logging
import ssl
import struct
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from app.config import MqttSettings
from app.core.errors import NotConfigured
from app.mqtt import topics
from app.mqtt.buffered import BufferedClient

RECEIVE_MAXIMUM: Final = 2000
"""Messages that the broker hands over before they are acknowledged: four batches."""
IN_FLIGHT: Final = 100
"""Receipts that are on their way at once, if the broker takes so many; more wait here for their turn. paho
looks through all of them whenever one is confirmed."""
NEVER: Final = 0xFFFFFFFF
RECEIPT_LIFE_S: Final = 7 * 86_400
"""A receipt that nobody fetched is then worth less than sending the record again."""
KEEPALIVE_S: Final = 60
CONNECT_S: Final = 10.0
TAKEN_OVER: Final = 0x8E
_log = logging.getLogger("app.mqtt")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as the broker gave it; `topic` is None where it is no UTF-8."""

    topic: str | None
    payload: bytes
    packet: int
    qos: int = 1
    is_retained: bool = False
    correlation: bytes | None = None
    answer_to: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is published about one record."""

    topic: str
    payload: bytes
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Up:
    """The broker took the connection and the subscription."""

    session_was_kept: bool


@dataclass(frozen=True, slots=True)
class Down:
    """The connection has ended, or never began; `code` is the broker's reason, where it gave one."""

    reason: str
    code: int = 0


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker has a receipt. `refusal` says why it did not want it."""

    packet: int
    refusal: str | None = None


Event = Arrival | Up | Down | Confirmed


@dataclass(frozen=True, slots=True)
class _Packed:
    """Properties of a receipt as they travel (MQTT 5, 3.3.2.3): paho's own cost more than the rest."""

    data: bytes

    @classmethod
    def of(cls, correlation: bytes | None) -> "_Packed":
        content = b"application/json"
        found = struct.pack("!BIBH", 0x02, RECEIPT_LIFE_S, 0x03, len(content)) + content
        if correlation is not None:
            found += struct.pack("!BH", 0x09, len(correlation)) + correlation
        return cls(VariableByteIntegers.encode(len(found)) + found)

    def pack(self) -> bytes:
        return self.data


_PLAIN: Final = _Packed.of(None)


@dataclass(slots=True)
class _Open:
    """A message that is stored and waits for its receipts to lie with the broker."""

    arrival: Arrival
    receipts_left: int


@dataclass(slots=True)
class Connection:
    """`events` is filled by `pump`."""

    settings: MqttSettings
    client_id: str
    password: str | None = field(repr=False)
    subscribes: bool = True
    """Not when the session is to be ended: then the subscription is taken back."""
    events: deque[Event] = field(default_factory=deque)
    _client: BufferedClient = field(init=False)
    _open: deque[_Open] = field(default_factory=deque)
    _by_receipt: dict[int, _Open] = field(default_factory=dict)
    _kept: bool = False
    is_down: bool = False

    def __post_init__(self) -> None:
        self._client = self._made()

    @property
    def unacknowledged(self) -> int:
        """Messages that are stored and whose receipts are on their way."""
        return len(self._open)

    def open(self) -> None:
        """Connect; whether the broker takes it comes as an event. Raises: OSError."""
        self._client.connect(
            self.settings.host, self.settings.port, KEEPALIVE_S, **self._connect_options()
        )  # fmt: skip

    def pump(self, seconds: float) -> None:
        """Read, write and keep alive, for so long at most as nothing happens."""
        try:
            with self._client.in_one_piece():
                code = self._client.loop(seconds)
        except Exception:
            if self.is_down:
                return
            self.is_down = True
            _log.exception("the connection to the broker has failed")
            self.events.append(Down("the connection has failed: the log says why"))
            return
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and not self.is_down:
            self.is_down = True
            self.events.append(Down("the connection has ended"))

    def settle(self, arrival: Arrival, receipts: Sequence[Receipt]) -> None:
        """A message is durable, or refused: tell its receipts. It is acknowledged once the broker has them,
        in the order of arrival (MQTT 5, 4.6)."""
        entry = _Open(arrival, len(receipts))
        self._open.append(entry)
        for receipt in receipts:
            told = self._client.publish(receipt.topic, receipt.payload, 1, properties=self._about(receipt))
            self._by_receipt[told.mid] = entry
        self._acknowledge()

    def in_one_piece(self) -> AbstractContextManager[None]:
        """What is told and acknowledged inside goes out together."""
        return self._client.in_one_piece()

    def confirmed(self, packet: int) -> None:
        """A receipt lies with the broker."""
        entry = self._by_receipt.pop(packet, None)
        if entry is not None:
            entry.receipts_left -= 1
            self._acknowledge()

    def close(self, *, end_session: bool = False) -> None:
        """Leave; what was not acknowledged comes again. `end_session` has the broker forget this client."""
        properties = None
        if end_session and self._is_five:
            properties = Properties(PacketTypes.DISCONNECT)
            properties.SessionExpiryInterval = 0
        with contextlib.suppress(OSError):
            self._client.disconnect(properties=properties)

    def _acknowledge(self) -> None:
        while self._open and self._open[0].receipts_left == 0:
            arrival = self._open.popleft().arrival
            if arrival.qos:
                self._client.ack(arrival.packet, arrival.qos)

    # --- what paho is told

    @property
    def _is_five(self) -> bool:
        return self.settings.version == "5"

    def _made(self) -> BufferedClient:
        client = BufferedClient(
            CallbackAPIVersion.VERSION2, self.client_id,
            clean_session=None if self._is_five else False,
            protocol=MQTTProtocolVersion.MQTTv5 if self._is_five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False, manual_ack=True,
        )  # fmt: skip
        client.connect_timeout = CONNECT_S
        if self.settings.username is not None:
            client.username_pw_set(self.settings.username, self.password)
        if self.settings.tls:
            client.tls_set_context(_tls(self.settings))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        return client

    def _connect_options(self) -> dict[str, Any]:
        if not self._is_five:
            return {}
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = NEVER
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        return {"clean_start": False, "properties": properties}

    def _about(self, receipt: Receipt) -> "_Packed | None":
        if not self._is_five:
            return None
        return _PLAIN if receipt.correlation is None else _Packed.of(receipt.correlation)

    # --- what paho tells, while it is pumped

    def _on_connect(
        self,
        client: Client,
        _data: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Any,
    ) -> None:
        if reason.is_failure:
            self.events.append(Down(f"the broker refuses the connection: {reason}", reason.value))
            client.disconnect()
            return
        self._kept = flags.session_present
        if self._is_five:
            self._client.allow(min(getattr(properties, "ReceiveMaximum", IN_FLIGHT), IN_FLIGHT))
        shared = self._is_five and getattr(properties, "SharedSubscriptionAvailable", True)
        wanted = f"$share/{topics.GROUP}/{topics.RECORDS}" if shared else topics.RECORDS
        if not self.subscribes:
            client.unsubscribe(wanted)
        elif self._is_five:
            # What a broker kept as retained is not asked for: it would come at every start (T14).
            client.subscribe(wanted, options=SubscribeOptions(qos=1, retainHandling=2))
        else:
            client.subscribe(wanted, 1)

    def _on_subscribe(
        self, client: Client, _data: Any, _packet: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        if reasons[0].is_failure:
            self.events.append(Down(f"the broker refuses the subscription: {reasons[0]}", reasons[0].value))
            client.disconnect()
        else:
            self.events.append(Up(self._kept))

    def _on_unsubscribe(self, *_: Any) -> None:
        self.events.append(Up(self._kept))

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic: str | None = message.topic
        except UnicodeDecodeError:
            topic = None
        properties = message.properties
        self.events.append(
            Arrival(
                topic,
                bytes(message.payload),
                message.mid,
                message.qos,
                message.retain,
                getattr(properties, "CorrelationData", None),
                getattr(properties, "ResponseTopic", None),
            )
        )

    def _on_publish(self, _client: Client, _data: Any, packet: int, reason: ReasonCode, _props: Any) -> None:
        self.events.append(Confirmed(packet, str(reason) if reason.is_failure else None))

    def _on_disconnect(
        self, _client: Client, _data: Any, flags: DisconnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if not self.is_down:
            self.is_down = True
            self.events.append(Down(f"the connection has ended: {reason}", reason.value))


def _tls(settings: MqttSettings) -> ssl.SSLContext:
    """Raises: NotConfigured."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except OSError as error:
        raise NotConfigured(
            f"A certificate or key for MQTT cannot be used ({error.strerror or error}):"
            " see PASSPORT_MQTT_CA_FILE, PASSPORT_MQTT_CERT_FILE and PASSPORT_MQTT_KEY_FILE."
        ) from None
    return context
