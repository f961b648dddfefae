"""Records by MQTT: each is stored, answered with a receipt, and only then acknowledged."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.services import intake_batch, mappings, plants
from app.services.context import Context
from tests.factories import a_lean_pack, a_record, body
from tests.installation import START, rows
from tests.mqtt import brokers
from tests.mqtt.lines import LineClient, eventually
from tests.mqtt.workers import Worker

TOPIC = "passport/v1/hall-1/line-2"
DETAILS = {
    "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
    "quantity": 1200,
}  # fmt: skip
Work = Callable[..., Worker]
needs_mosquitto = pytest.mark.skipif(
    brokers.mosquitto() is None, reason="not checked: Mosquitto is not installed, and amqtt cannot do this"
)


def a_lot(number: int = 1, **changes: Any) -> dict[str, Any]:
    return a_record("cell-lot", {"lot": f"C{number}"}, START, **({"details": DETAILS} | changes))


def test_a_record_is_stored_with_its_topic_and_its_line_gets_a_receipt(
    ctx: Context, work: Work, line: LineClient
):
    work()
    record = a_lot()
    line.send(record)
    topic, told, _ = line.whole_receipt()
    assert topic == f"{TOPIC}/receipts"
    assert (told["status"], told["recordId"]) == ("accepted", record["recordId"])
    assert told["answer"]["kind"] == "cell-lot"
    (row,) = rows(ctx.engine, "intake_records")
    assert (row["plant_id"], row["door"], row["origin"]) == ("hall-1", "mqtt", f"{TOPIC}/records")


def test_a_pack_that_is_stamped_by_mqtt_has_its_passport_in_the_receipt(work: Work, line: LineClient):
    work()
    for record in a_lean_pack(START):
        line.send(record)
    told = [line.receipt() for _ in range(4)]
    assert [each["status"] for each in told] == ["accepted"] * 4
    assert told[-1]["answer"]["battery"]["state"] == "issued"
    assert told[-1]["answer"]["battery"]["passport"].startswith("https://passports.example/passports/")


def test_a_record_that_comes_twice_is_stored_once_and_told_as_repeated(
    ctx: Context, work: Work, line: LineClient
):
    work()
    record = a_lot()
    for _ in range(3):
        line.send(record)
    assert [line.receipt()["status"] for _ in range(3)] == ["accepted", "repeated", "repeated"]
    assert len(rows(ctx.engine, "intake_records")) == 1


def test_an_array_gets_a_receipt_for_each_of_its_records(ctx: Context, work: Work, line: LineClient):
    work()
    good, bad = a_lot(), a_lot(2, details={**DETAILS, "quantity": "many"})
    line.send(b"[" + body(good) + b"," + body(bad) + b"]")
    told = sorted((line.receipt() for _ in range(2)), key=lambda each: each["record"])
    assert [(each["record"], each["status"]) for each in told] == [(1, "accepted"), (2, "refused")]
    assert told[1]["recordId"] == bad["recordId"]
    assert told[1]["problem"]["pointer"] == "/details/quantity"
    (kept,) = rows(ctx.engine, "quarantine")
    assert kept["id"] == told[1]["problem"]["quarantine"]
    assert kept["origin"] == f"{TOPIC}/records:2"


def test_what_cannot_be_read_waits_in_quarantine_once_however_often_it_comes(
    ctx: Context, work: Work, line: LineClient
):
    work()
    for _ in range(3):
        line.send(b"\xff\x00 no record")
    line.send(a_lot())
    told = [line.receipt() for _ in range(4)]
    assert [each["status"] for each in told] == ["refused"] * 3 + ["accepted"]
    (kept,) = rows(ctx.engine, "quarantine")
    assert (kept["times"], bytes(kept["body"]), kept["door"]) == (3, b"\xff\x00 no record", "mqtt")
    assert {each["problem"]["quarantine"] for each in told[:3]} == {kept["id"]}
    assert len({each["sha256"] for each in told[:3]}) == 1


def test_an_empty_message_and_clocks_that_are_wrong_are_told_and_the_line_goes_on(
    ctx: Context, work: Work, line: LineClient
):
    work()
    line.send(b"")
    line.send(a_lot() | {"sentAt": "2026-11-24T13:00:00Z"})
    line.send(a_lot() | {"sentAt": "2026-10-01T12:00:00Z"})
    line.send(a_lot())
    told = [line.receipt() for _ in range(4)]
    assert [each["status"] for each in told] == ["refused", "refused", "refused", "accepted"]
    assert told[0]["problem"]["detail"] == "The message is empty."
    assert "ahead of this server's clock" in told[1]["problem"]["detail"]
    assert "more than 30 days back" in told[2]["problem"]["detail"]
    assert len(rows(ctx.engine, "quarantine")) == 2


def test_a_plant_that_is_not_registered_is_told_so_and_counted(ctx: Context, work: Work, broker: Any):
    worker = work()
    stranger = LineClient(broker, "nowhere/line-1")
    try:
        stranger.send(a_lot())
        told = stranger.receipt()
    finally:
        stranger.close()
    assert told["status"] == "refused"
    assert told["problem"]["detail"].startswith("There is no plant nowhere here.")
    eventually(lambda: worker.health.unknown_plants == 1)
    assert any("There is no plant nowhere here." in text for text in worker.told)
    assert rows(ctx.engine, "intake_records") == rows(ctx.engine, "quarantine") == []


@needs_mosquitto
def test_a_receipt_carries_the_correlation_data_and_goes_where_the_sender_asked_within_its_own_topics(
    ctx: Context, work: Work, line: LineClient
):
    work()
    line.send(a_lot(), correlation=b"A-17", answer_to=f"{TOPIC}/receipts/station-4")
    assert line.whole_receipt()[::2] == (f"{TOPIC}/receipts/station-4", b"A-17")
    line.send(a_lot(2), correlation=b"\x00\xff", answer_to="passport/v1/hall-2/line-1/receipts")
    assert line.whole_receipt()[::2] == (f"{TOPIC}/receipts", b"\x00\xff")
    assert [row["origin"] for row in rows(ctx.engine, "intake_records")] == [
        f"{TOPIC}/records #A-17", f"{TOPIC}/records #00ff",
    ]  # fmt: skip


def test_a_record_that_trips_a_fault_of_ours_is_set_aside_and_keeps_no_other_out(
    ctx: Context, work: Work, line: LineClient, monkeypatch: pytest.MonkeyPatch
):
    real = intake_batch.accept_many
    fatal = a_lot()

    def faulty(ctx: Context, plant: Any, messages: Any, **options: Any) -> Any:
        if any(fatal["recordId"].encode() in message.body and not message.refusal for message in messages):
            raise KeyError("a fault")
        return real(ctx, plant, messages, **options)

    monkeypatch.setattr("app.services.intake_batch.accept_many", faulty)
    worker = work()
    good = [a_lot(number) for number in (2, 3)]
    line.send(b"[" + b",".join(body(each) for each in (good[0], fatal, good[1])) + b"]")
    line.send(a_lot(4))
    told = sorted((line.receipt() for _ in range(4)), key=lambda each: each.get("record", 4))
    assert [each["status"] for each in told] == ["accepted", "refused", "accepted", "accepted"]
    (kept,) = rows(ctx.engine, "quarantine")
    assert bytes(kept["body"]) == body(fatal)
    assert told[1]["problem"]["quarantine"] == kept["id"]
    assert worker.health.held == 0


def test_a_message_that_can_not_even_be_set_aside_is_held_back_and_the_line_goes_on(
    ctx: Context, work: Work, line: LineClient, monkeypatch: pytest.MonkeyPatch
):
    real = intake_batch.accept_many
    fatal = a_lot()

    def faulty(ctx: Context, plant: Any, messages: Any, **options: Any) -> Any:
        if any(fatal["recordId"].encode() in message.body for message in messages):
            raise KeyError("a fault")
        return real(ctx, plant, messages, **options)

    with monkeypatch.context() as patched:
        patched.setattr("app.services.intake_batch.accept_many", faulty)
        worker = work()
        line.send(fatal)
        line.send(a_lot(2))
        assert line.receipt()["status"] == "accepted"
        assert worker.health.held == 1
        worker.end()
    if brokers.mosquitto():  # it was not acknowledged: the next worker gets it again
        work()
        told = line.receipt()
        assert (told["status"], told["recordId"]) == ("accepted", fatal["recordId"])


def test_more_records_than_a_message_may_hold_and_longer_ones_are_refused_whole(
    ctx: Context, work: Work, line: LineClient
):
    work()
    line.send(b"[" + b",".join([b"{}"] * 1001) + b"]")
    told = line.receipt()
    assert (told["status"], told["problem"]["title"]) == ("refused", "too large")
    assert "record" not in told
    line.send(b"[]")
    assert line.receipt()["status"] == "refused"
    assert len(rows(ctx.engine, "quarantine")) == 2


PRESS = b"""name = "press"
[source]
mqtt = ["line-2"]
unmapped = "tell"
rows = "lose"
[[records]]
kind = "cell-lot"
fields = [
  { to = "recordId", template = "lot-{nr}" },
  { to = "sentAt", from = "zeit" },
  { to = "lot", from = "nr" },
  { to = "details.cellModel", constant = "NMC-94" },
  { to = "details.manufacturer", constant = "Example Cells" },
  { to = "details.format", constant = "prismatic" },
  { to = "details.chemistry", constant = "NMC 811" },
  { to = "details.quantity", from = "gut" },
]
"""


def test_a_line_that_a_mapping_names_sends_its_own_payload(ctx: Context, work: Work, line: LineClient):
    plant = plants.get(ctx, "hall-1")
    mappings.save(ctx, plant, PRESS, "a test")
    work()
    lots = [{"nr": "A", "zeit": f"{START:%Y-%m-%dT%H:%M:%SZ}", "gut": 480, "op": "x"}]
    lots.append(lots[0] | {"nr": "B", "gut": "many"})
    line.send({"lose": lots}, correlation=b"7" if line.broker.is_five else None)
    told = sorted((line.receipt() for _ in range(2)), key=lambda each: each["record"])
    assert [(each["status"], each["record"], each["mapping"]) for each in told] == [
        ("accepted", 1, "press:1"), ("refused", 2, "press:1"),
    ]  # fmt: skip
    assert told[0]["recordId"] == "lot-A"
    assert told[0]["unmapped"] == ["op"]
    (row,) = rows(ctx.engine, "intake_records")
    assert (row["mapping"], row["door"]) == ("press:1", "mqtt")
    assert row["origin"].startswith(f"{TOPIC}/records")
    (kept,) = rows(ctx.engine, "quarantine")
    assert json.loads(bytes(kept["body"]))["gut"] == "many"
    assert kept["mapping"] == "press:1"
    # Without the line, the next message is a record of ours or none; the mapping counts from its saving.
    mappings.save(ctx, plant, PRESS.replace(b'mqtt = ["line-2"]', b""), "a test")
    line.send(a_lot())
    assert "mapping" not in line.receipt()


def test_what_is_no_list_of_rows_is_one_refusal(ctx: Context, work: Work, line: LineClient):
    mappings.save(ctx, plants.get(ctx, "hall-1"), PRESS, "a test")
    work()
    for payload in (b"no JSON", b"{}", b'{"lose": []}'):
        line.send(payload)
        told = line.receipt()
        assert (told["status"], told["mapping"]) == ("refused", "press:1")
    line.send(b'{"lose": [' + b'{"a":1},' * 1_000 + b'{"a":1}]}')
    assert "at most 1000 rows" in line.receipt()["problem"]["detail"]
