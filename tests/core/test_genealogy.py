"""Links that a record states, and how they hold: a day's acts in any order are the same history."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import holding
from app.core.genealogy import LINKED, SNAPSHOTS, links_of, source_of, subject_of
from app.core.genealogy_things import NOTHING, Thing, named
from app.core.genealogy_uris import thing_of
from app.core.holding import ALWAYS, END, Held, Reach, both, either
from app.core.intake import KINDS, WITHOUT_GTIN, IntakeRecord, parse
from app.core.json_strict import loads
from app.services import subjects
from tests.factories import GTIN

SUBJECTS: dict[str, dict[str, str]] = {"batch": {"gtin": GTIN, "lot": "B1"}} | {
    kind: {WITHOUT_GTIN[kind][0]: "N-1"} for kind in WITHOUT_GTIN if kind != "event"
}
ITEM = {"gtin": GTIN, "serial": "P1"}
LEAST: dict[str, dict[str, Any]] = {
    "batch": {"plant": "Hall"},
    "cell": {"cellModel": "N", "manufacturer": "E"},
    "cell-lot": {
        "cellModel": "N", "manufacturer": "E", "format": "p", "chemistry": "NMC", "quantity": 1
    },
    "module": {"moduleModel": "K"},
    "material-lot": {
        "material": "lithium", "supplier": {"name": "Salar", "identifier": "4012345000009"},
        "lotNumber": "77", "dateReceived": "2026-10-01", "quantity": {"value": "800", "unit": "kg"},
    },
    "pack": {"assembledOn": "2026-11-20", "configuration": "2s1p", "cellLots": ["C1"]},
    "exchange": {
        "performedAt": "2026-11-20T10:00:00Z", "reason": "r", "workshop": "w",
        "removed": [{"part": "component", "number": "K-1"}],
    },
    "event": {
        "eventId": "ni:///1", "eventType": "ObjectEvent", "action": "OBSERVE",
        "eventTime": "2026-11-20T10:00:00Z", "eventTimeZoneOffset": "+01:00",
    },
}  # fmt: skip


def record(kind: str, **details: Any) -> IntakeRecord:
    document = {
        "recordId": "R-1", "kind": kind, "sentAt": "2026-11-20T12:00:00Z",
        "subject": SUBJECTS.get(kind, ITEM), "details": LEAST[kind] | details,
    }  # fmt: skip
    return parse(loads(json.dumps(document).encode(), decimals=True))


def told(kind: str, **details: Any) -> list[tuple[str, str, str, str, str]]:
    return [
        (link.act, link.parent.kind, link.parent.number, link.child.kind, link.child.number)
        for link in links_of(record(kind, **details))
    ]


@pytest.mark.parametrize("kind", sorted(SNAPSHOTS))
def test_a_thing_has_the_key_of_the_records_about_it(kind: str):
    found = record(kind)
    assert subject_of(found).key() == subjects.record_key(found)
    assert named(subject_of(found).kind, subject_of(found).name) == subject_of(found)


def test_a_pack_that_names_modules_only_sums_up_their_lots():
    assert told("pack", batchLot="B1", modules=[{"moduleNumber": "M1", "cellLot": "C1", "cells": 24}]) == [
        ("hold", "battery", "P1", "batch", "B1"),
        ("hold", "battery", "P1", "module", "M1"),
        ("hold", "module", "M1", "cell-lot", "C1"),
        ("sum", "battery", "P1", "cell-lot", "C1"),
    ]
    assert told("pack") == [("hold", "battery", "P1", "cell-lot", "C1")]


def test_a_lot_of_material_leads_to_the_suppliers_number_and_the_supplier():
    links = links_of(record("material-lot"))
    assert [(link.child.kind, link.child.number, link.child.of) for link in links] == [
        ("supplier-lot", "77", "4012345000009"),
        ("supplier", "4012345000009", None),
        ("lot-number", "77", None),
    ]
    assert (links[0].quantity, links[0].unit) == ("800", "kg")
    other = Thing("supplier-lot", "77", "somebody else")
    assert other.key() != links[0].child.key()


def test_quantities_are_kept_and_a_lot_told_twice_is_one_link():
    use = [{"lot": "M1", "quantity": {"value": "2.5", "unit": "kg"}}]
    (link,) = links_of(record("cell-lot", materialLots=["M1"], materialUse=use))
    assert (link.child.number, link.quantity, link.unit) == ("M1", "2.5", "kg")
    (link,) = links_of(record("module", cellLots=[{"lot": "C1", "cells": 24}]))
    assert (link.quantity, link.unit) == ("24", "pieces")


def test_an_exchange_takes_out_and_puts_in_at_its_own_time():
    links = links_of(record("exchange", installed=[{"part": "module", "number": "M2", "cellLot": "C2"}]))
    assert [(link.act, link.child.number, link.at[:16]) for link in links] == [
        ("remove", "K-1", "2026-11-20T10:00"),
        ("add", "M2", "2026-11-20T10:00"),
        ("hold", "C2", "2026-11-20T10:00"),
    ]
    assert source_of(record("exchange"), "hall-1") is None


def test_a_record_that_names_nothing_still_takes_the_place_of_an_earlier_one():
    assert [link.child for link in links_of(record("cell-lot"))] == [NOTHING]
    assert source_of(record("cell-lot"), "hall-1") == source_of(record("cell-lot", quantity=7), "hall-2")
    assert source_of(record("cell-lot"), "hall-1") != source_of(record("cell"), "hall-1")


def test_an_event_takes_the_place_of_none_of_another_plant():
    assert source_of(record("event"), "hall-1") == source_of(record("event", action="ADD"), "hall-1")
    assert source_of(record("event"), "hall-1") != source_of(record("event"), "hall-2")


def test_only_a_lasting_bond_is_genealogy():
    names = {"parent": f"https://x.example/01/{GTIN}/21/P1", "children": ["urn:x:1"]}
    for kind, action in (
        ("AggregationEvent", "ADD"),
        ("AssociationEvent", "OBSERVE"),
        ("ObjectEvent", "ADD"),
    ):
        (link,) = links_of(record("event", eventType=kind, action=action, **names))
        assert link.child == NOTHING
    bond = [("add", "battery", "P1", "thing", "urn:x:1")]
    assert told("event", eventType="AssociationEvent", action="ADD", **names) == bond
    bond = [("remove", "battery", "P1", "thing", "urn:x:1")]
    assert told("event", eventType="AssociationEvent", action="DELETE", **names) == bond


def test_a_transformation_is_a_node_of_its_own_between_what_it_uses_and_makes():
    inputs, outputs = [f"urn:x:in{n}" for n in range(100)], [f"urn:x:out{n}" for n in range(100)]
    found = told("event", eventType="TransformationEvent", action="ADD", inputs=inputs, outputs=outputs)
    assert len(found) == 200
    assert found[0] == ("hold", "thing", "urn:x:out0", "transformation", "ni:///1")
    assert found[-1] == ("hold", "transformation", "ni:///1", "thing", "urn:x:in99")


def test_every_other_kind_states_no_links():
    assert set(LINKED) == {*SNAPSHOTS, "exchange", "event"}
    assert set(KINDS) - set(LINKED) >= {"model", "reading", "release", "certificate"}


@pytest.mark.parametrize(
    ("uri", "thing"),
    [
        (f"https://id.example/01/{GTIN}/21/P%2F1", Thing("battery", "P/1", GTIN)),
        (f"https://id.example/01/{GTIN}/10/B1", Thing("batch", "B1", GTIN)),
        (f"https://id.example/a/01/{GTIN}/10/B1/21/P1", Thing("battery", "P1", GTIN)),
        ("urn:epc:id:sgtin:9506000.013435.P1", Thing("battery", "P1", GTIN)),
        ("urn:epc:class:lgtin:9506000.013435.B1", Thing("batch", "B1", GTIN)),
        ("https://maker.example/parts/module/M%201", Thing("module", "M 1")),
        ("https://cells.example/class/C1", Thing("cell-lot", "C1")),
        (f"https://id.example/01/{GTIN}", Thing("thing", f"https://id.example/01/{GTIN}")),
        ("no uri", Thing("thing", "no uri")),
        ("urn:epc:id:sscc:950600.01343520001", Thing("thing", "urn:epc:id:sscc:950600.01343520001")),
    ],
)
def test_a_uri_of_an_event_is_the_thing_that_records_speak_of(uri: str, thing: Thing):
    assert thing_of(uri) == thing


def test_a_lot_of_parts_is_one_of_cells_where_it_is_counted_and_else_of_material():
    uri = "https://cells.example/lot/L1"
    quantities = [{"class": uri, "quantity": "40"}, {"class": uri, "quantity": "2.5", "unit": "KGM"}]
    names = {"parent": f"https://x.example/01/{GTIN}/21/P1", "childQuantities": quantities}
    links = links_of(record("event", eventType="AssociationEvent", action="ADD", **names))
    assert [(link.child.kind, link.quantity, link.unit) for link in links] == [
        ("cell-lot", "40", "pieces"),
        ("material-lot", "2.5", "KGM"),
    ]


def test_a_record_of_one_product_of_an_event_takes_nothings_place():
    assert links_of(record("event", whole="R-0", eventType="AssociationEvent", action="ADD")) == ()


# --- how links hold


@dataclass(frozen=True)
class Told:
    act: str
    at: str = "2026-11-01"
    superseded: bool = False
    parent_kind: str = "battery"


STATED = st.builds(
    Told, st.sampled_from(["hold", "sum", "add", "remove"]), st.sampled_from("12345"), st.booleans()
)


@given(st.lists(STATED, min_size=1, max_size=7).flatmap(lambda s: st.tuples(st.just(s), st.permutations(s))))
def test_the_order_in_which_links_come_in_is_nothing(stated: tuple[Sequence[Told], Sequence[Told]]):
    assert holding.held(stated[0]) == holding.held(stated[1])


@given(st.lists(STATED, min_size=1, max_size=7))
def test_times_of_one_bond_are_in_order_and_apart(stated: list[Told]):
    spans = holding.held(stated).spans
    assert all(start < end for start, end in spans)
    assert [*spans] == sorted(spans)


POINTS = st.sampled_from(["", "1", "2", "3", "4", END])
SPANS = st.lists(st.tuples(POINTS, POINTS).filter(lambda s: s[0] < s[1]), max_size=3).map(
    lambda spans: either((), _union(spans))
)


def _union(spans: list[tuple[str, str]]) -> holding.Spans:
    found: holding.Spans = ()
    for span in spans:
        found = either(found, (span,))
    return found


def moments(spans: holding.Spans) -> set[int]:
    """The sixths of the time line that spans cover."""
    points = ["", "1", "2", "3", "4", END]
    return {
        place for place in range(5) if any(s <= points[place] and points[place + 1] <= e for s, e in spans)
    }


@given(SPANS, SPANS)
def test_times_of_both_and_of_either_are_those_of_sets(one: holding.Spans, other: holding.Spans):
    assert moments(both(one, other)) == moments(one) & moments(other)
    assert moments(either(one, other)) == moments(one) | moments(other)


@pytest.mark.parametrize(
    ("stated", "spans", "standing"),
    [
        ([Told("hold")], ALWAYS, "now"),
        ([Told("hold"), Told("remove", "3")], (("", "3"),), "former"),
        ([Told("remove", "3")], (("", "3"),), "former"),
        ([Told("add", "2"), Told("remove", "3"), Told("add", "4")], (("2", "3"), ("4", END)), "now"),
        ([Told("hold", superseded=True)], (), "corrected"),
        ([Told("hold", superseded=True), Told("hold")], ALWAYS, "now"),
    ],
)
def test_acts_decide_over_how_it_was_made(stated: list[Told], spans: holding.Spans, standing: str):
    found = holding.held(stated)
    assert (found.spans, found.standing) == (spans, standing)


def test_a_list_of_a_batch_counts_only_where_the_pack_leaves_it_open():
    reach = Reach(firm=ALWAYS).above(Held(ALWAYS, "batch")).above(Held(ALWAYS, "firm"))
    assert reach.depends
    assert reach.standing() is None
    assert reach.standing(is_open=True) == ("now", ALWAYS)
