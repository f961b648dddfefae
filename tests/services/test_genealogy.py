"""The recall question answers exactly, whatever the order in which a plant's records come in."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert

from app.core.errors import MalformedInput
from app.core.genealogy_things import Thing
from app.services import genealogy_rows, intake, recall, recall_walk
from app.services.intake_batch import Message, accept_many
from app.store.factory_tables import genealogy_backfill, genealogy_links
from tests.assembly import Assembly, Oracle
from tests.factories import GTIN, a_record, body
from tests.installation import START, rows
from tests.line import Line

SQLITE = pytest.mark.parametrize("database", ["sqlite"])
"""What a question finds is worked out alike on both databases; the first test asks both."""
EXCHANGE = {"performedAt": "2026-11-20T10:00:00Z", "reason": "drift", "workshop": "Example, Lyon"}


@pytest.fixture
def start() -> str:
    return "bare"


def send(line: Line, records: list[dict[str, Any]]) -> None:
    found = accept_many(line.ctx, line.plant, [Message(body(record)) for record in records])
    assert {type(each).__name__ for each in found} == {"Accepted"}


def answer(line: Line, thing: Thing) -> dict[str, str]:
    found = recall.of_thing(line.ctx, line.plant.economic_operator_id, thing)
    assert not found.is_cut
    return {pack.serial: pack.standing for pack in every(line, found)}


def every(line: Line, found: recall.Recall) -> list[recall.Pack]:
    """All batteries of an answer."""
    operator = line.plant.economic_operator_id
    return [pack for packs in recall.all_packs(line.ctx, operator, found) for pack in packs]


def pack(serial: str, hours: int = 0, **details: Any) -> dict[str, Any]:
    made = {"assembledOn": "2026-11-05", "configuration": "2s1p"} | details
    return a_record(
        "pack", {"gtin": GTIN, "serial": serial}, START + timedelta(hours=hours - 99), details=made
    )


def module(serial: str, *lots: str) -> dict[str, Any]:
    details = {"moduleModel": "K", "cellLots": [{"lot": lot} for lot in lots]}
    return a_record("module", {"serial": serial}, START, details=details)


def exchange(serial: str, out: str, into: str) -> dict[str, Any]:
    parts = {
        "removed": [{"part": "module", "number": out}],
        "installed": [{"part": "module", "number": into}],
    }
    return a_record("exchange", {"gtin": GTIN, "serial": serial}, START, details=EXCHANGE | parts)


def modules(*numbers: str) -> list[dict[str, str]]:
    return [{"moduleNumber": number} for number in numbers]


def test_recall_of_every_lot_of_a_plant_is_exact(line: Line):
    plant = Assembly(seed=4, start=START, packs=160)
    oracle = Oracle(plant.records)
    send(line, plant.records[:200])
    for record in plant.records[200:230]:
        line.send(record)
    send(line, plant.records[230:])
    asked = [Thing("cell-lot", f"C{number}") for number in range(plant.lots)]
    asked += [Thing("material-lot", f"ML{number}") for number in range(6)]
    asked += [Thing("module", number) for number in plant.modules[::7]]
    standings = set()
    for thing in asked:
        wanted = oracle.recall((thing.kind, thing.number))
        assert answer(line, thing) == wanted, thing
        standings |= set(wanted.values())
    assert standings == {"now", "former", "corrected"}
    for supplier, lot in (("Salar", "1"), ("Other", "0")):
        assert answer(line, Thing("supplier-lot", lot, supplier)) == oracle.recall(("bought", supplier + lot))


def test_the_order_of_arrival_changes_nothing(line: Line):
    plant = Assembly(seed=11, start=START, packs=25, lots=4)
    oracle = Oracle(plant.records)
    random.Random(1).shuffle(plant.records)
    for record in plant.records:
        line.send(record)
    for number in range(4):
        assert answer(line, Thing("cell-lot", f"C{number}")) == oracle.recall(("cell-lot", f"C{number}"))


@SQLITE
def test_a_module_that_was_exchanged_takes_its_lot_with_it(line: Line):
    first = pack("P1", modules=modules("M1", "M2"), cellLots=["C8", "C9"])
    send(
        line, [exchange("P1", "M1", "M3"), module("M1", "C8"), module("M2", "C9"), module("M3", "C9"), first]
    )
    assert answer(line, Thing("cell-lot", "C8")) == {"P1": "former"}
    assert answer(line, Thing("cell-lot", "C9")) == {"P1": "now"}
    send(line, [pack("P2", modules=modules("M1", "M4"))])
    assert answer(line, Thing("cell-lot", "C8")) == {"P1": "former", "P2": "now"}


@SQLITE
def test_a_module_that_says_nothing_of_its_cells_leaves_the_packs_own_list_standing(line: Line):
    send(line, [pack("P1", modules=modules("M1", "M2"), cellLots=["C8"]), module("M1", "C8")])
    send(line, [exchange("P1", "M1", "M3"), module("M3", "C9")])
    assert answer(line, Thing("cell-lot", "C8")) == {"P1": "now"}, "M2 may hold it too"
    send(line, [module("M2", "C9")])
    assert answer(line, Thing("cell-lot", "C8")) == {"P1": "former"}


@SQLITE
def test_what_was_taken_out_before_the_module_was_put_in_was_never_in_the_pack(line: Line):
    uri = "https://w3id.org/open-battery-passport/id/"
    event = {
        "eventId": "ni:///1", "eventType": "AssociationEvent", "action": "DELETE",
        "parent": f"{uri}module/M3", "children": [f"{uri}cell/X1"],
        "eventTime": "2026-11-10T10:00:00Z", "eventTimeZoneOffset": "+01:00",
    }  # fmt: skip
    cell = {"cellModel": "N", "manufacturer": "E", "cellLot": "C8"}
    send(
        line,
        [
            a_record("event", {"serial": "M3"}, START, details=event),
            a_record("cell", {"serial": "X1"}, START, details=cell),
            a_record("module", {"serial": "M3"}, START, details={"moduleModel": "K", "cells": ["X1", "X2"]}),
            pack("P1", modules=modules("M1")),
            exchange("P1", "M1", "M3"),
        ],
    )
    assert answer(line, Thing("cell-lot", "C8")) == {}
    assert answer(line, Thing("cell", "X2")) == {"P1": "now"}


@SQLITE
def test_a_correction_is_told_apart_from_an_exchange_and_the_senders_time_decides(line: Line):
    send(line, [pack("P1", 5, cellLots=["C2"]), pack("P1", 0, cellLots=["C1"])])
    assert answer(line, Thing("cell-lot", "C1")) == {"P1": "corrected"}
    assert answer(line, Thing("cell-lot", "C2")) == {"P1": "now"}


@SQLITE
def test_an_event_that_was_declared_wrong_says_nothing_any_more(line: Line):
    event = {
        "eventId": "ni:///1", "eventType": "AssociationEvent", "action": "ADD",
        "parent": f"urn:epc:id:sgtin:950600.0{GTIN[7:13]}.P1", "childQuantities": [{"class": "urn:x:lot"}],
        "eventTime": "2026-11-10T10:00:00Z", "eventTimeZoneOffset": "+01:00",
    }  # fmt: skip
    subject = {"gtin": GTIN, "serial": "P1"}
    send(line, [a_record("event", subject, START - timedelta(hours=2), details=event)])
    assert answer(line, Thing("thing", "urn:x:lot")) == {"P1": "now"}
    wrong = event | {"declaredWrongAt": "2026-11-11T10:00:00Z"}
    send(line, [a_record("event", subject, START, details=wrong)])
    assert answer(line, Thing("thing", "urn:x:lot")) == {"P1": "corrected"}


@SQLITE
def test_a_circle_of_parts_ends_the_walk(line: Line):
    uri = "https://w3id.org/open-battery-passport/id/module/"
    for number, (parent, child) in enumerate([("M1", "M2"), ("M2", "M3"), ("M3", "M1")]):
        event = {
            "eventId": f"ni:///{number}", "eventType": "AssociationEvent", "action": "ADD",
            "parent": f"{uri}{parent}", "children": [f"{uri}{child}"], "eventTimeZoneOffset": "+01:00",
            "eventTime": f"2026-11-1{number}T10:00:00Z",
        }  # fmt: skip
        send(line, [a_record("event", {"serial": parent}, START, details=event)])
    send(line, [pack("P1", modules=modules("M2"))])
    assert answer(line, Thing("module", "M3")) == {"P1": "now"}
    assert answer(line, Thing("module", "M1")) == {"P1": "now"}


@SQLITE
def test_a_lot_number_of_another_operator_is_another_lot(line: Line):
    send(line, [pack("P1", cellLots=["C1"])])
    assert recall.of_thing(line.ctx, "did:web:elsewhere", Thing("cell-lot", "C1")).counts == {}


@SQLITE
def test_the_answer_has_the_passport_of_each_pack_and_what_lies_on_the_shelf(line: Line):
    send(line, [pack("P1", cellLots=["C1"], batchLot="B1"), module("M7", "C1"), module("M8", "C1")])
    send(line, [pack("P2", modules=modules("M8"))])
    found = recall.of_thing(line.ctx, line.plant.economic_operator_id, Thing("cell-lot", "C1"))
    assert [(each.serial, each.lot, each.state) for each in every(line, found)] == [
        ("P1", "B1", "draft"), ("P2", None, "draft"),
    ]  # fmt: skip
    assert all(each.passport for each in every(line, found))
    assert found.counts == {("now", "draft"): 2}
    assert (found.loose, found.loose_count) == ([Thing("module", "M7")], 1)


def test_pages_of_one_answer_belong_together_whatever_comes_in_between(line: Line):
    operator, lot = line.plant.economic_operator_id, Thing("cell-lot", "C1")
    send(line, [pack(f"P{number:02}", cellLots=["C1"]) for number in range(0, 20, 2)])
    send(line, [pack("P04", 5, cellLots=["C2"])])
    seen: list[str] = []
    mark = None
    for turn in range(9):
        found, packs, mark = recall.page_after(line.ctx, operator, lot, mark, 3)
        seen += [each.serial for each in packs]
        if mark is None:
            break
        send(
            line, [pack(f"P{19 - 2 * turn:02}", cellLots=["C1"]), pack(f"P{2 * turn:02}", 9, cellLots=["C2"])]
        )
        line.ctx.kept.clear()  # as another process would, which never had the first page
    wanted = [f"P{number:02}" for number in range(0, 20, 2) if number != 4]
    assert seen == [*wanted, "P04"]
    assert found.count("corrected") == 1
    now = recall.of_thing(line.ctx, operator, lot)
    assert (now.count("now"), now.count("corrected")) == (10, 3)


@SQLITE
def test_a_mark_of_another_answer_is_refused(line: Line):
    send(line, [pack("P1", cellLots=["C1"]), pack("P2", cellLots=["C2"])])
    operator, newest = line.plant.economic_operator_id, 2
    other = Thing("battery", "P2", GTIN).key().hex()
    for mark in ("", "1", f"x-{other}", f"{newest}-{other}", f"{10**18}-{other}"):
        with pytest.raises(MalformedInput):
            recall.page_after(line.ctx, operator, Thing("cell-lot", "C1"), mark, 3)


@SQLITE
def test_an_answer_is_kept_and_worked_out_anew_when_a_link_came_in(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    walks: list[bytes] = []
    up = recall_walk.Walk.up
    monkeypatch.setattr(recall_walk.Walk, "up", lambda walk, start: (walks.append(start), up(walk, start)))
    send(line, [pack("P1", cellLots=["C1"])])
    for _ in range(3):
        assert answer(line, Thing("cell-lot", "C1")) == {"P1": "now"}
    assert len(walks) == 1
    send(line, [pack("P2", cellLots=["C1"])])
    assert answer(line, Thing("cell-lot", "C1")) == {"P1": "now", "P2": "now"}
    assert len(walks) == 2


@SQLITE
def test_a_question_that_reads_too_much_says_that_it_is_cut(line: Line, monkeypatch: pytest.MonkeyPatch):
    send(line, [pack(f"P{number}", cellLots=["C1"]) for number in range(5)])
    monkeypatch.setattr(recall_walk, "MAX_LINKS", 3)
    found = recall.of_thing(line.ctx, line.plant.economic_operator_id, Thing("cell-lot", "C1"))
    assert found.is_cut
    assert len(found) == 3


def test_a_record_that_is_repeated_or_replayed_has_its_links_once(line: Line):
    record = pack("P1", cellLots=["C1"])
    line.send(record)
    line.send(record)
    send(line, [record, record])
    refused = line.refused(pack("P2", cellLots=["C1"], assembledOn="2026-02-31"))
    mended = body(pack("P2", cellLots=["C1"]))
    intake.replay(line.ctx, line.plant, refused.quarantine_id, mended)
    assert len(rows(line.ctx.engine, genealogy_links.name)) == 2


def test_records_of_before_get_their_links_a_chunk_at_a_time(line: Line, monkeypatch: pytest.MonkeyPatch):
    plant = Assembly(seed=2, start=START, packs=20, lots=3)
    send(line, plant.records)
    wanted = rows(line.ctx.engine, genealogy_links.name)
    newest = max(row["sequence"] for row in rows(line.ctx.engine, "intake_records"))
    with line.ctx.engine.begin() as connection:
        connection.execute(delete(genealogy_links))
        connection.execute(
            insert(genealogy_backfill).values(id=1, economic_operator_id="x", through=0, until=newest)
        )
    monkeypatch.setattr(genealogy_rows, "CHUNK", 7)
    thing = Thing("cell-lot", "C1")
    assert recall.of_thing(line.ctx, line.plant.economic_operator_id, thing).is_filling
    assert genealogy_rows.fill(line.ctx, 2) == 14
    genealogy_rows.fill(line.ctx)
    assert genealogy_rows.fill(line.ctx) == 0
    assert _in_order(rows(line.ctx.engine, genealogy_links.name)) == _in_order(wanted)
    assert not recall.of_thing(line.ctx, line.plant.economic_operator_id, thing).is_filling


def _in_order(links: list[dict[str, Any]]) -> list[list[Any]]:
    return [
        [value for name, value in row.items() if name != "sequence"]
        for row in sorted(links, key=lambda row: row["sequence"])
    ]
