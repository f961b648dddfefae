"""A message that waits as a whole is replayed with all its rows, and none of them grows without a limit."""

import hashlib
import json
from typing import Any

import pytest

from app.core.errors import TooLarge
from app.core.mapping_rows import FileFacts
from app.mqtt import receipts
from app.services import intake, intake_batch, mapped_rows, mappings, replaying
from app.services.intake import Accepted, Quarantined
from app.services.intake_batch import Message
from tests.installation import START, rows
from tests.line import Line

TOPIC = "passport/v1/plant/line-1/records"


def saved(line: Line, place: str | None) -> mappings.Applied:
    document = {
        "name": "bms", "source": {} if place is None else {"rows": place},
        "records": [{"kind": "reading", "fields": [
            {"to": "recordId", "template": "r-{sn}"},
            {"to": "sentAt", "from": "at", "format": "unix"},
            {"to": "gtin", "constant": "09506000134352"},
            {"to": "serial", "from": "sn"},
            {"to": "details.device", "constant": "BMS 7"},
            {"to": "stateOfCharge", "from": "soc", "unit": "fraction"},
        ]}],
    }  # fmt: skip
    kept = mappings.save(line.ctx, line.plant, json.dumps(document).encode(), "a test")
    return mappings.get(line.ctx, line.plant, kept.reference)


def some(*charges: Any) -> list[dict[str, Any]]:
    at = int(START.timestamp())
    return [{"at": at, "sn": f"S{number}", "soc": soc} for number, soc in enumerate(charges, 1)]


def refused(line: Line, payload: Any, place: str | None, origin: str = TOPIC) -> str:
    """A message that its mapping cannot cut: it waits as it was published. Returns its entry."""
    applied, text = saved(line, place), json.dumps(payload).encode()
    made = mapped_rows.of_message(applied, text, None, FileFacts(origin), line.ctx.now(), {})
    (found,) = intake_batch.accept_many(line.ctx, line.plant, made, door="mqtt")
    assert isinstance(found, Quarantined)
    return found.quarantine_id


@pytest.mark.parametrize(
    ("payload", "wrong", "right", "origin"),
    [
        ({"data": some(0.5, 1)}, "list", "data", TOPIC),
        ({"data": some(0.5, 1)}, None, "data", f"{TOPIC} #order:17"),
        (some(0.5, 1), "list", None, f"{TOPIC} #order:17"),
    ],
)
def test_a_message_that_waits_comes_in_with_all_its_rows(
    line: Line, payload: Any, wrong: str | None, right: str | None, origin: str
):
    kept = refused(line, payload, wrong, origin)
    saved(line, right)
    assert not replaying.replay(line.ctx, line.plant, kept).repeated
    stored = rows(line.ctx.engine, "intake_records")
    assert [(row["serial"], row["origin"]) for row in stored] == [
        ("S1", f"{origin}:1"), ("S2", f"{origin}:2"),
    ]  # fmt: skip
    assert {(row["door"], row["mapping"]) for row in stored} == {("mqtt", "bms:2")}
    (entry,) = rows(line.ctx.engine, "quarantine")
    assert entry["settled"] == "replayed"


def test_one_row_that_is_refused_keeps_the_message_waiting_until_it_is_mended(line: Line):
    kept = refused(line, {"data": some(0.5, "many", "x")}, "list")
    saved(line, "data")
    with pytest.raises(Quarantined) as caught:
        replaying.replay(line.ctx, line.plant, kept)
    assert caught.value.quarantine_id == kept
    assert rows(line.ctx.engine, "intake_records") == []
    (entry,) = intake.quarantine_list(line.ctx)["records"]
    detail = entry["problem"]["detail"]
    assert detail.startswith("Row 2 of the message: ")
    assert detail.endswith(" 1 more row is refused.")
    assert (entry["id"], entry["mapping"]) == (kept, "bms:2")
    worse = json.dumps({"data": some(0.5, "many")}).encode()
    with pytest.raises(Quarantined) as caught:
        replaying.replay(line.ctx, line.plant, kept, worse)
    (entry,) = intake.quarantine_list(line.ctx)["records"]
    assert (entry["id"], entry["mendedFrom"]) == (caught.value.quarantine_id, kept)
    better = json.dumps({"data": some(0.5, 1)}).encode()
    replaying.replay(line.ctx, line.plant, entry["id"], better)
    assert intake.quarantine_list(line.ctx)["count"] == 0
    assert len(rows(line.ctx.engine, "intake_records")) == 2


def test_what_stands_beside_many_rows_is_not_copied_without_a_limit(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mapped_rows, "MOST_BYTES_BESIDE", 10_000)
    applied = saved(line, "data")
    for count, is_refused in ((9, False), (10, True)):
        text = json.dumps({"text": "x" * 1_000, "data": some(*[1] * count)}).encode()
        made = mapped_rows.of_message(applied, text, None, FileFacts(TOPIC), line.ctx.now(), {})
        assert isinstance(made[0].refusal, TooLarge) is is_refused
        assert len(made) == (1 if is_refused else count)


def test_a_receipt_lists_some_of_the_members_that_were_passed_over():
    names = {f"m{number}": None for number in range(53)}
    message, taken = Message(b"{}"), Accepted({"recordId": "r"}, repeated=False)
    told = json.loads(receipts.body("https://example.org", message, taken, 1, names))
    assert (told["unmapped"], told["unmappedMore"]) == (list(names)[:50], 3)
    assert told["sha256"] == hashlib.sha256(b"{}").hexdigest()
    few = json.loads(receipts.body("https://example.org", message, taken, 1, dict.fromkeys(("a", "b"))))
    assert (few["unmapped"], "unmappedMore" in few) == (["a", "b"], False)
