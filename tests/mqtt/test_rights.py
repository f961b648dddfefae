"""Who may do what with the shipped configuration of Mosquitto (T14)."""

import gc
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from app.mqtt import logins
from app.services.context import Context
from tests.installation import rows
from tests.mqtt.brokers import Mosquitto
from tests.mqtt.lines import LineClient, eventually
from tests.mqtt.test_records import TOPIC, a_lot, needs_mosquitto
from tests.mqtt.workers import Worker

pytestmark = needs_mosquitto
leaking = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""paho leaves the socket of a failed TLS handshake to the collector."""
Work = Callable[..., Worker]


def connected(
    broker: Mosquitto, login: str | None, password: str | None, context: ssl.SSLContext | None
) -> str:
    """What the broker says to somebody who connects to the port of the lines."""
    said: list[str] = []
    client = Client(
        CallbackAPIVersion.VERSION2,
        "stranger",
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
    )
    if login is not None:
        client.username_pw_set(login, password)
    if context is not None:
        client.tls_set_context(context)
    client.on_connect = lambda _c, _d, _f, reason, _p: said.append(str(reason))
    client.on_disconnect = lambda _c, _d, _f, reason, _p: said.append(str(reason))
    try:
        client.connect("127.0.0.1", broker.line_port)
    except OSError as error:
        return type(error).__name__
    client.loop_start()
    eventually(lambda: said)
    client.disconnect()
    client.loop_stop()
    return said[0]


def test_a_line_cannot_send_as_another_plant_or_line_nor_read_their_receipts(
    ctx: Context, work: Work, broker: Mosquitto, line: LineClient
):
    work()
    other = LineClient(broker, "hall-2/line-1")
    try:
        for topic in ("passport/v1/hall-1/line-2/records", "passport/v1/hall-2/line-2/records",
                      "passport/v1/hall-2/line-1/receipts"):  # fmt: skip
            other.send(a_lot(), to=topic)
        assert other.refusals == ["Not authorized"] * 3
        granted: list[Any] = []
        other.client.on_subscribe = lambda _c, _d, _m, reasons, _p: granted.extend(reasons)
        other.client.subscribe([("passport/v1/hall-1/line-2/receipts/#", 1), ("passport/v1/#", 1)])
        eventually(lambda: len(granted) == 2)
        line.send(a_lot())
        assert line.receipt()["status"] == "accepted"
        other.send(a_lot())
        assert other.whole_receipt()[0] == "passport/v1/hall-2/line-1/receipts"
        time.sleep(0.3)
        while not other.receipts.empty():
            assert other.whole_receipt()[0] == "passport/v1/hall-2/line-1/receipts"
    finally:
        other.close()
    assert [row["plant_id"] for row in rows(ctx.engine, "intake_records")] == ["hall-1", "hall-2"]


def test_what_a_payload_says_about_its_plant_changes_nothing(ctx: Context, work: Work, line: LineClient):
    work()
    line.send(a_lot() | {"plant": "hall-2"})
    line.send(a_lot())
    assert [line.receipt()["status"] for _ in range(2)] == ["refused", "accepted"]
    assert {row["plant_id"] for row in rows(ctx.engine, "quarantine")} == {"hall-1"}


@pytest.mark.parametrize(
    ("login", "password"),
    [(None, None), ("hall-1/line-2", "wrong"), ("hall-1/line-9", "pw-12"), ("passport", None)],
)
def test_nobody_comes_in_without_the_password_of_a_login(
    broker: Mosquitto, login: str | None, password: str | None
):
    context = ssl.create_default_context(cafile=str(broker.ca_file))
    assert connected(broker, login, password, context) == "Not authorized"


@leaking
def test_lines_are_heard_over_tls_alone_and_know_the_broker_by_its_certificate(broker: Mosquitto):
    assert connected(broker, "hall-1/line-2", "pw-12", None) == "Unspecified error"
    others = ssl.create_default_context()
    assert connected(broker, "hall-1/line-2", "pw-12", others) == "SSLCertVerificationError"
    right = ssl.create_default_context(cafile=str(broker.ca_file))
    assert connected(broker, "hall-1/line-2", "pw-12", right) == "Success"
    gc.collect()


def test_a_line_cannot_take_the_session_of_the_worker_by_its_client_id(
    ctx: Context, work: Work, broker: Mosquitto
):
    worker = work()
    thief = LineClient(broker, "hall-1/line-2", client_id="passport-1")
    try:
        thief.send(a_lot())
        assert thief.receipt()["status"] == "accepted"
    finally:
        thief.close()
    assert worker.health.state == "connected"
    assert not any("ended" in text for text in worker.told)


@leaking
def test_a_worker_speaks_tls_too_with_a_password_or_not_at_all(ctx: Context, broker: Mosquitto):
    good = broker.settings(port=broker.line_port, tls=True, ca_file=broker.ca_file, host="localhost")
    for settings, told in (
        (good, "Connected to mqtts://"),
        (broker.settings(port=broker.line_port, tls=True, host="localhost"), "cannot be reached"),
        (broker.settings(password="wrong"), "refuses the connection: Not authorized"),
    ):
        worker = Worker(ctx, settings)
        worker.start(wait=False)
        eventually(lambda worker=worker, told=told: any(told in text for text in worker.told))
        worker.end()
    gc.collect()


def test_retained_messages_and_what_is_too_large_are_refused_by_the_broker(
    ctx: Context, work: Work, broker: Mosquitto, line: LineClient
):
    worker = work()
    ended: list[str] = []
    line.client.on_disconnect = lambda _c, _d, _f, reason, _p: ended.append(str(reason))
    line.client.publish(f"{TOPIC}/records", b"poison", 1, retain=True)
    eventually(lambda: "Retain not supported" in ended)
    line.close()
    ended[1:] = []
    again = LineClient(broker, "hall-1/line-2")
    again.client.on_disconnect = line.client.on_disconnect
    again.client.publish(f"{TOPIC}/records", b"x" * 1_100_000, 1)
    eventually(lambda: len(ended) > 1)  # in the middle of sending: the reason may not be read any more
    again.close()
    assert worker.health.messages == 0
    assert rows(ctx.engine, "quarantine") == []


def test_a_login_is_put_into_the_password_file_in_place_of_its_old_entry(tmp_path: Path):
    path = tmp_path / "passwords"
    first, second = logins.entry("hall-1/line-2", "one"), logins.entry("hall-1/line-2", "two")
    other = logins.entry("hall-2/line-1", "three")
    for each in (first, other, second):
        logins.write(path, each)
    path.chmod(0o640)
    logins.write(path, first)
    assert path.read_text().splitlines() == [other, first]
    assert path.stat().st_mode & 0o777 == 0o640
    (tmp_path / "no").write_text("root:x:0:0:root:/root:/bin/bash\n")
    with pytest.raises(Exception, match="is no password file of Mosquitto"):
        logins.write(tmp_path / "no", first)
