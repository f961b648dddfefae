"""The EPCIS door: an event is one record, whole; a document is taken as a whole or event by event."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from app.config import ROOT
from app.core import epcis_records
from app.core.epcis_event import EVENT_TYPES
from app.core.errors import MalformedInput, NotFound
from app.core.identifiers import BatteryKey
from app.services import drafts, early_events, epcis, intake, plants, replaying
from app.services.context import Context
from app.services.intake_batch import Message, accept_many
from app.services.plants import Plant
from tests import factories
from tests.epcis import CONTEXT, an_event, body, commissioning, declared_wrong, item, stamping
from tests.factories import GTIN, SERIAL, owed_values
from tests.installation import START, Clock, rows
from tests.line import Line

LOT = "https://cells.example/class/CELL-8"


def row_of(ctx: Context, record_id: str) -> dict[str, Any]:
    (found,) = [row for row in rows(ctx.engine, "intake_records") if row["record_id"] == record_id]
    return found


def test_an_event_becomes_one_record_that_holds_it_whole(ctx: Context, plant: Plant):
    event = commissioning(START) | {"example:colour": "blue", "recordTime": "2026-11-24T12:00:01Z"}
    told = epcis.capture(
        ctx, plant, body(event, **{"@context": [CONTEXT, {"example": "https://x.example/"}]})
    )
    assert (told["success"], told["running"], told["captured"], told["errors"]) == (True, False, 1, [])
    row = row_of(ctx, event["eventID"])
    kept = json.loads(row["body"])["details"]["event"]
    assert kept.pop("@context") == {"example": "https://x.example/"}
    assert kept == {name: value for name, value in event.items() if name != "recordTime"}
    assert (row["kind"], row["door"]) == ("event", "epcis")
    assert row["origin"] == f"capture {told['captureID']}:1"


def test_an_event_that_comes_twice_is_one_record(ctx: Context, plant: Plant):
    event = commissioning(START)
    first = epcis.capture(ctx, plant, body(event))
    turned = dict(reversed(event.items())) | {"recordTime": "2026-11-24T12:30:00Z"}
    again = epcis.capture(ctx, plant, body(turned, creationDate="2026-11-24T12:30:00Z"))
    assert (first["repeated"], again["success"], again["repeated"]) == (0, True, 1)
    assert len(rows(ctx.engine, "intake_records")) == 1


def test_an_event_without_an_id_is_known_by_its_content(ctx: Context, plant: Plant):
    event = commissioning(START) | {"eventID": None}
    nameless = {name: value for name, value in event.items() if value is not None}
    for repeated in (0, 1):
        assert epcis.capture(ctx, plant, body(nameless))["repeated"] == repeated
    told = epcis.capture(ctx, plant, body(nameless | {"eventTime": "2026-11-24T11:59:59Z"}))
    assert (told["success"], told["repeated"]) == (True, 0)


@pytest.mark.parametrize("behaviour", epcis.BEHAVIOURS)
def test_an_id_that_comes_with_other_content_is_refused_and_kept_whole(
    ctx: Context, plant: Plant, behaviour: epcis.Behaviour
):
    event = commissioning(START)
    epcis.capture(ctx, plant, body(event))
    other = stamping(START) | {"eventID": event["eventID"]}
    told = epcis.capture(ctx, plant, body(other), behaviour)
    (error,) = told["errors"]
    assert (told["success"], error["code"], error["event"]) == (False, "conflict", 1)
    with ctx.read() as store:
        kept = store.quarantine.get(error["quarantine"])
    assert kept is not None
    assert json.loads(kept.body) == other
    assert kept.origin == f"capture {told['captureID']}:1"
    records = rows(ctx.engine, "intake_records")
    assert [row["kind"] for row in records] == ["event"], "the stamp of a refused event is not taken"


def test_rollback_takes_nothing_of_a_document_with_a_refused_event(ctx: Context, plant: Plant):
    wrong = an_event(START, epcList=["https://id.gs1.org/01/09506000134353/21/X"])
    told = epcis.capture(ctx, plant, body(commissioning(START), wrong))
    assert (told["success"], told["captured"], told["events"]) == (False, 0, 2)
    assert [(error["event"], error["pointer"]) for error in told["errors"]] == [
        (2, "/epcisBody/eventList/1/epcList/0")
    ]
    assert rows(ctx.engine, "intake_records") == []


def test_rollback_undoes_what_the_store_refuses_too(ctx: Context, plant: Plant):
    known = commissioning(START)
    epcis.capture(ctx, plant, body(known))
    before = rows(ctx.engine, "intake_records")
    told = epcis.capture(
        ctx, plant, body(commissioning(START, "B2"), stamping(START) | {"eventID": known["eventID"]})
    )
    assert (told["success"], told["captured"]) == (False, 0)
    assert [error["event"] for error in told["errors"]] == [2]
    assert rows(ctx.engine, "intake_records") == before


def test_proceed_takes_the_good_events_of_a_document(ctx: Context, plant: Plant):
    known = commissioning(START)
    epcis.capture(ctx, plant, body(known))
    fresh = commissioning(START, "B2")
    told = epcis.capture(
        ctx, plant, body(fresh, stamping(START) | {"eventID": known["eventID"]}, {"type": "Event"}), "proceed"
    )
    assert (told["success"], told["captured"], told["events"]) == (False, 1, 3)
    assert [error["event"] for error in told["errors"]] == [2, 3]
    assert row_of(ctx, fresh["eventID"])


def test_a_commissioned_battery_of_a_known_model_has_a_draft_and_a_module_has_none(
    ctx: Context, plant: Plant, line: Line
):
    line.send(factories.model_record(START))
    module = an_event(
        START, action="ADD", bizStep="commissioning", epcList=[item("M1", factories.OTHER_GTIN)]
    )
    epcis.capture(ctx, plant, body(commissioning(START), module))
    assert [(row["gtin"], row["serial"]) for row in rows(ctx.engine, "batteries")] == [(GTIN, SERIAL)]
    assert line.state() == "draft"


def test_one_event_may_stamp_many_batteries_and_their_passports_are_issued(
    ctx: Context, plant: Plant, line: Line
):
    serials = ("P1", "P2", "P3")
    line.send(factories.model_record(START, values=owed_values("model")))
    line.send(factories.batch_record(START, values=owed_values("batch")))
    for serial in serials:
        line.send(factories.pack_record(START, serial, values=owed_values("item")))
    told = epcis.capture(ctx, plant, body(commissioning(START, *serials), stamping(START, *serials)))
    assert told["errors"] == []
    assert [line.state(serial) for serial in serials] == ["issued"] * 3


def test_an_inspection_alone_stamps_nothing(ctx: Context, plant: Plant, line: Line):
    line.send_all(list(factories.a_lean_pack(START))[:-1])
    epcis.capture(ctx, plant, body(an_event(START, disposition="conformant")))
    assert (line.state(), line.battery().release) == ("draft", "none")


def test_a_stamp_that_was_declared_wrong_is_withdrawn(ctx: Context, plant: Plant, line: Line, clock: Clock):
    line.send_all(list(factories.a_lean_pack(START))[:-1])
    stamp = stamping(START)
    epcis.capture(ctx, plant, body(stamp))
    assert line.state() == "issued"
    epcis.capture(ctx, plant, body(declared_wrong(stamp, clock.forward(minutes=5))))
    assert line.state() == "suspended"
    assert line.battery().release == "withdrawn"


def test_a_stamp_is_taken_back_by_a_non_conformant_inspection_that_says_so(
    ctx: Context, plant: Plant, line: Line, clock: Clock
):
    line.send_all(list(factories.a_lean_pack(START))[:-1])
    epcis.capture(ctx, plant, body(stamping(START)))
    at = clock.forward(minutes=5)
    epcis.capture(ctx, plant, body(an_event(at, disposition="non_conformant")))
    assert line.state() == "issued", "a result alone decides nothing"
    taken = {
        "type": "https://w3id.org/open-battery-passport/terms#stampWithdrawn",
        "bizTransaction": "urn:8d:7",
    }
    told = epcis.capture(
        ctx, plant, body(stamping(at, disposition="non_conformant", bizTransactionList=[taken]))
    )
    assert told["errors"] == []
    assert line.state() == "suspended"


def measured(attribute: str, value: Any, uom: str | None, **report: Any) -> dict[str, Any]:
    told = {"type": f"https://w3id.org/open-battery-passport/terms#{attribute}", "value": value, "uom": uom}
    return {"sensorReport": [{name: each for name, each in (told | report).items() if each is not None}]}


def values(ctx: Context) -> dict[str, Any]:
    from_draft = drafts.show(ctx, BatteryKey(GTIN, SERIAL), ctx.issuer.did)
    return {each["attribute"]: each["value"] for each in from_draft["values"]}


def test_what_was_measured_as_an_attribute_becomes_a_value(ctx: Context, plant: Plant, line: Line):
    line.send(factories.model_record(START))
    sensors = [
        measured("remainingCapacity", 94.5, "AMH", time="2026-11-24T11:58:00+01:00", deviceID="urn:bench:3"),
        {"sensorReport": [{"type": "Temperature", "value": 23.1, "uom": "CEL"}]},
    ]
    told = epcis.capture(ctx, plant, body(an_event(START, sensorElementList=sensors)))
    assert told["errors"] == []
    assert values(ctx)["remainingCapacity"] == {
        "value": "94.5", "observedAt": "2026-11-24T10:58:00.000000Z", "source": "urn:bench:3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sensor", "rule"),
    [
        (measured("remainingCapacity", 94500, "MAH"), "uom"),
        (measured("remainingCapacity", 94.5, None), "uom"),
        (measured("capacityFade", 120, "P1"), "range"),
        (measured("colour", 1, "C62"), "unknown-attribute"),
        (measured("batteryMass", None, "KGM"), "unknown-attribute"),
    ],
)
def test_a_value_in_another_unit_or_of_no_attribute_is_refused(
    ctx: Context, plant: Plant, sensor: dict[str, Any], rule: str
):
    told = epcis.capture(ctx, plant, body(an_event(START, sensorElementList=[sensor])))
    assert [error["rule"] for error in told["errors"]] == [rule]


def test_an_event_from_a_clock_ahead_waits_and_an_old_one_is_taken(ctx: Context, plant: Plant):
    ahead, old = (
        commissioning(START + timedelta(hours=1), "A1"),
        commissioning(START - timedelta(days=400), "A2"),
    )
    told = epcis.capture(ctx, plant, body(ahead, old), "proceed")
    assert [(error["event"], error["rule"]) for error in told["errors"]] == [(1, "sent-at")]
    assert row_of(ctx, old["eventID"])


def test_a_refused_event_can_be_mended_and_its_stamp_counts(ctx: Context, plant: Plant, line: Line):
    line.send_all(list(factories.a_lean_pack(START))[:-1])
    wrong = stamping(START, bizStep="packing")
    told = epcis.capture(ctx, plant, body(wrong))
    (error,) = told["errors"]
    with pytest.raises(intake.Quarantined):
        replaying.replay(ctx, plant, error["quarantine"])
    replaying.replay(ctx, plant, error["quarantine"], json.dumps(wrong | {"bizStep": "inspecting"}).encode())
    assert line.state() == "issued"
    assert [row["settled"] for row in rows(ctx.engine, "quarantine")] == ["replaced"]
    event_row = row_of(ctx, wrong["eventID"])
    assert event_row["origin"] == f"capture {told['captureID']}:1"  # its lineage leads to the message


def test_an_event_that_a_form_sends_back_unchanged_goes_on_waiting(ctx: Context, plant: Plant):
    wrong = commissioning(START) | {"action": "GIVE"}
    (error,) = epcis.capture(ctx, plant, body(wrong))["errors"]
    kept = intake.quarantine_entry(ctx, error["quarantine"])["body"]
    with pytest.raises(intake.Quarantined) as caught:
        replaying.replay(ctx, plant, error["quarantine"], f"{kept}\r\n".encode())
    assert caught.value.quarantine_id == error["quarantine"]
    (waiting,) = intake.quarantine_list(ctx)["records"]
    assert waiting["id"] == error["quarantine"]
    assert waiting["origin"].startswith("capture ")  # and still says where it came in


def test_a_refused_event_that_comes_again_in_order_waits_no_longer(ctx: Context, plant: Plant):
    wrong = commissioning(START) | {"action": "GIVE"}
    epcis.capture(ctx, plant, body(wrong))
    epcis.capture(ctx, plant, body(wrong | {"action": "ADD"}))
    assert [row["settled"] for row in rows(ctx.engine, "quarantine")] == ["replaced"]


def test_another_plant_may_use_the_same_id_and_sees_no_job(ctx: Context, plant: Plant, other_plant: Plant):
    event = an_event(START, epcList=["urn:cell:1"])
    told = epcis.capture(ctx, plant, body(event))
    other = an_event(START, epcList=["urn:cell:2"]) | {"eventID": event["eventID"]}
    assert epcis.capture(ctx, other_plant, body(other))["success"]
    with pytest.raises(NotFound):
        epcis.job(ctx, other_plant, told["captureID"])


def test_jobs_are_told_newest_first_and_page_by_page(ctx: Context, plant: Plant, clock: Clock):
    made = []
    for number in range(5):
        made.append(
            epcis.capture(ctx, plant, body(an_event(START, epcList=[f"urn:cell:{number}"])))["captureID"]
        )
        clock.forward(seconds=number % 2)
    found, token = [], None
    for _ in range(3):
        page, token = epcis.jobs(ctx, plant, 2, token)
        found += [job["captureID"] for job in page]
    assert token is None
    assert sorted(found) == sorted(made)
    assert found[0] in made[-2:]
    with pytest.raises(MalformedInput):
        epcis.jobs(ctx, plant, 2, "next")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_arrival_decides_nothing(ctx: Context, plant: Plant, line: Line, order: tuple[int, ...]):
    line.send_all(list(factories.a_lean_pack(START))[:-1])
    steps = [
        commissioning(START - timedelta(minutes=3)),
        an_event(
            START - timedelta(minutes=2), "AssociationEvent",
            childQuantityList=[{"epcClass": LOT, "quantity": 96}],
        ),
        stamping(START - timedelta(minutes=1)),
    ]  # fmt: skip
    for at in order:
        assert epcis.capture(ctx, plant, body(steps[at]))["errors"] == []
    assert line.state() == "issued"


@pytest.mark.parametrize("wrong_first", [False, True])
@pytest.mark.parametrize("others", [0, 20])
def test_the_values_of_an_event_that_was_declared_wrong_count_no_more(
    ctx: Context, plant: Plant, line: Line, wrong_first: bool, others: int
):
    line.send(factories.model_record(START))
    at = START - timedelta(hours=1)
    events = [
        an_event(
            at + timedelta(minutes=minute), sensorElementList=[measured("remainingCapacity", value, "AMH")]
        )
        for minute, value in ((0, 94), (1, 49))
    ]
    told = [events[0], events[1], declared_wrong(events[1], START)]
    if wrong_first:
        told = [told[0], told[2], told[1]]
    for event in told:
        assert epcis.capture(ctx, plant, body(event))["errors"] == []
    for number in range(others):
        epcis.capture(ctx, plant, body(an_event(START, readPoint={"id": f"urn:station:{number}"})))
    assert values(ctx)["remainingCapacity"]["value"] == "94"
    with ctx.read() as store:
        loaded, _ = drafts.load(store, line.battery())
    assert loaded.value("remainingCapacity")["value"] == "94"
    kept = [json.loads(row["body"])["recordId"] for row in rows(ctx.engine, "intake_records")]
    assert {record_id(events[1]), f"{record_id(events[1])}.w"} <= set(kept), "the history is kept"


def record_id(event: dict[str, Any]) -> str:
    return epcis_records.record_id(event["eventID"])


def test_of_an_event_about_many_only_what_it_said_is_taken_back(ctx: Context, plant: Plant, line: Line):
    line.send(factories.model_record(START))
    sensors = [measured("remainingCapacity", 94, "AMH")]
    event = an_event(START, epcList=[item(), item("B2")], sensorElementList=sensors)
    epcis.capture(ctx, plant, body(event))
    assert "remainingCapacity" in values(ctx)
    epcis.capture(ctx, plant, body(declared_wrong(event, START)))
    assert "remainingCapacity" not in values(ctx)


def test_an_event_takes_back_events_alone(ctx: Context, line: Line):
    line.send(factories.model_record(START))
    pack = factories.pack_record(START)
    line.send(pack)
    before = values(ctx)
    details = {
        "eventId": "urn:uuid:00000000-0000-4000-8000-000000000001", "eventType": "ObjectEvent",
        "action": "OBSERVE", "eventTime": "2026-11-24T10:00:00Z",
        "eventTimeZoneOffset": "+00:00", "takesBack": pack["recordId"],
    }  # fmt: skip
    line.send(factories.a_record("event", pack["subject"], START, details=details))
    assert values(ctx) == before


@pytest.fixture
def elsewhere(ctx: Context) -> Plant:
    """Another plant of the same economic operator."""
    return plants.of_token(ctx, plants.add(ctx, "hall-3", "Hall 3"))


@pytest.mark.parametrize("others", [0, 20])
def test_an_event_takes_back_nothing_of_another_plant(
    ctx: Context, line: Line, elsewhere: Plant, others: int
):
    """By either door, whichever came first: record and event ids are a plant's own."""
    line.send(factories.model_record(START))
    sensors = [measured("remainingCapacity", 94, "AMH")]
    event = an_event(START - timedelta(hours=1), sensorElementList=sensors)
    wrong = declared_wrong(event, START)
    assert epcis.capture(ctx, line.plant, body(event))["errors"] == []
    assert epcis.capture(ctx, elsewhere, body(wrong))["errors"] == []
    details = {
        "eventId": "urn:uuid:00000000-0000-4000-8000-000000000001", "eventType": "ObjectEvent",
        "action": "OBSERVE", "eventTime": "2026-11-24T10:00:00Z",
        "eventTimeZoneOffset": "+00:00", "takesBack": record_id(event),
    }  # fmt: skip
    record = factories.a_record("event", {"gtin": GTIN, "serial": SERIAL}, START, details=details)
    Line(ctx, elsewhere).send(record)
    for number in range(others):
        epcis.capture(ctx, line.plant, body(an_event(START, readPoint={"id": f"urn:station:{number}"})))

    def loaded() -> Any:
        with ctx.read() as store:
            return drafts.load(store, line.battery())[0].value("remainingCapacity")

    assert values(ctx)["remainingCapacity"]["value"] == loaded()["value"] == "94"
    line.send(record | {"recordId": "own"})
    assert "remainingCapacity" not in values(ctx)
    assert loaded() is None


@pytest.mark.parametrize("by_stream", [False, True])
def test_an_event_before_its_model_has_its_draft_when_the_model_comes(
    ctx: Context, line: Line, monkeypatch: pytest.MonkeyPatch, by_stream: bool
):
    monkeypatch.setattr(early_events, "CHUNK", 2)
    serials = [SERIAL, "B2", "B3", "b2"]
    sensors = [measured("remainingCapacity", 94, "AMH")]
    for serial in serials:
        event = an_event(START, epcList=[item(serial)], sensorElementList=sensors)
        assert epcis.capture(ctx, line.plant, body(event))["errors"] == []
    assert rows(ctx.engine, "batteries") == []
    model = factories.model_record(START)
    if by_stream:
        accept_many(ctx, line.plant, [Message(factories.body(model))])
    else:
        line.send(model)
    assert sorted(row["serial"] for row in rows(ctx.engine, "batteries")) == ["B2", "B3", SERIAL]
    for serial in serials[:3]:
        found = drafts.show(ctx, BatteryKey(GTIN, serial), line.plant.economic_operator_id)
        assert "remainingCapacity" in {each["attribute"] for each in found["values"]}


def test_every_step_of_a_line_is_taken_as_the_guide_has_it(ctx: Context, plant: Plant, line: Line):
    """From the serial to the scrap, in one document and in any order."""
    line.send_all(list(factories.a_lean_pack(START, "KP7-0000123"))[:-1])
    document = json.loads((ROOT / "docs" / "examples" / "epcis-line.json").read_text())
    turned = document | {"epcisBody": {"eventList": document["epcisBody"]["eventList"][::-1]}}
    for sent, repeated in ((turned, False), (document, True)):
        told = epcis.capture(ctx, plant, json.dumps(sent).encode())
        assert (told["errors"], told["captured"]) == ([], 15)
        assert bool(told["repeated"]) == repeated
    assert line.state("KP7-0000123") == "issued"
    kinds = {
        json.loads(row["body"]).get("details", {}).get("eventType")
        for row in rows(ctx.engine, "intake_records")
    }
    assert set(EVENT_TYPES) <= kinds
