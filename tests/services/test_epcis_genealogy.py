"""What EPCIS events say of parts reaches the recall question, in any order."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from app.core.genealogy_things import Thing
from app.services import epcis, plants, recall
from app.services.context import Context
from app.services.plants import Plant
from tests.epcis import an_event, body, declared_wrong, item
from tests.installation import START

SQLITE = pytest.mark.parametrize("database", ["sqlite"])
CELLS = Thing("cell-lot", "CELL-8")
M1, M2 = "https://maker.example/module/M1", "https://maker.example/module/M2"


def standing(ctx: Context, plant: Plant, thing: Thing) -> dict[str, str]:
    found = recall.of_thing(ctx, plant.economic_operator_id, thing)
    return {
        pack.serial: pack.standing
        for packs in recall.all_packs(ctx, plant.economic_operator_id, found)
        for pack in packs
    }


def a_line() -> list[dict[str, Any]]:
    """Cells become a module, the module goes into a pack, and is exchanged."""
    lot = {"epcClass": "https://cells.example/class/CELL-8", "quantity": 96}
    at = START - timedelta(hours=5)

    def joined(action: str, module: str, hours: int) -> dict[str, Any]:
        when = at + timedelta(hours=hours)
        return an_event(when, "AssociationEvent", action=action, childEPCs=[module])

    return [
        an_event(at, "TransformationEvent", inputQuantityList=[lot], outputEPCList=[M1]),
        joined("ADD", M1, 1),
        joined("DELETE", M1, 2),
        joined("ADD", M2, 3),
    ]


@pytest.mark.parametrize("order", [*itertools.islice(itertools.permutations(range(4)), 0, 24, 5)])
def test_an_exchanged_module_takes_its_cells_with_it_in_any_order(
    ctx: Context, plant: Plant, order: tuple[int, ...]
):
    events = a_line()
    for at in order:
        assert epcis.capture(ctx, plant, body(events[at]))["errors"] == []
    serial = item().rpartition("/")[2]
    assert standing(ctx, plant, CELLS) == {serial: "former"}
    assert standing(ctx, plant, Thing("module", "M2")) == {serial: "now"}


@pytest.mark.parametrize("wrong_first", [False, True])
def test_an_assembly_that_was_declared_wrong_was_never_in_the_pack(
    ctx: Context, plant: Plant, wrong_first: bool
):
    made, joined, *_ = a_line()
    told = [made, joined, declared_wrong(joined, START)]
    for event in reversed(told) if wrong_first else told:
        assert epcis.capture(ctx, plant, body(event))["errors"] == []
    assert "now" not in standing(ctx, plant, CELLS).values()


@SQLITE
def test_an_assembly_is_not_declared_wrong_by_another_plant(ctx: Context, plant: Plant):
    made, joined, *_ = a_line()
    for event in (made, joined):
        epcis.capture(ctx, plant, body(event))
    elsewhere = plants.of_token(ctx, plants.add(ctx, "hall-3", "Hall 3"))
    epcis.capture(ctx, elsewhere, body(declared_wrong(joined, START)))
    assert set(standing(ctx, plant, CELLS).values()) == {"now"}


def test_packs_on_a_pallet_are_not_made_of_it(ctx: Context, plant: Plant):
    pallet = an_event(
        START, "AggregationEvent", parentID="urn:epc:id:sscc:4012345.0000000333", childEPCs=[item()]
    )
    assert epcis.capture(ctx, plant, body(pallet))["errors"] == []
    assert standing(ctx, plant, Thing("thing", "urn:epc:id:sscc:4012345.0000000333")) == {}
