"""Documents of others, taken in: what is stored, what a draft holds then, and that twice changes nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.access import Reader
from app.core.errors import MalformedInput, NotFound
from app.core.identifiers import battery_key
from app.core.imports.records import Told
from app.core.imports.tables import VERSION
from app.core.quarantine_filter import QuarantineFilter
from app.services import attachments, drafts, footprints, imports, intake, replaying
from app.services.context import Context
from app.services.plants import Plant
from tests import factories
from tests.line import Line

PLACE = Path(__file__).resolve().parents[1] / "vectors" / "imports"
GTIN = "09506000134352"
SERIAL = "CW-000417"
FULL = "battery-pass-1.2.1.json"


def taken(ctx: Context, plant: Plant, name: str = FULL) -> imports.Result:
    return imports.take(ctx, plant, name, (PLACE / name).read_bytes(), Told(GTIN))


def test_a_document_becomes_records_and_twice_changes_nothing(ctx: Context, plant: Plant, clock):
    first = taken(ctx, plant)
    assert [(sent.kind, sent.state) for sent in first.sent] == [
        ("model", "accepted"),
        ("carbon-footprint", "accepted"),
        ("reading", "accepted"),
    ]
    clock.forward(hours=2)
    again = taken(ctx, plant)
    assert {sent.state for sent in again.sent} == {"repeated"}
    assert [sent.record_id for sent in again.sent] == [sent.record_id for sent in first.sent]
    with ctx.read() as store:
        kept = [store.records.find(plant.id, sent.record_id) for sent in first.sent]
    assert [row is not None and row.origin.split("#")[0] for row in kept] == [FULL] * 3
    assert {row.door for row in kept if row is not None} == {"file"}


def test_a_record_that_was_refused_is_replayed_as_what_it_is(ctx: Context, plant: Plant):
    narrow = replace(plant, scopes=frozenset({"send:model"}))
    refused = [sent for sent in taken(ctx, narrow).sent if sent.state == "quarantined"]
    assert [sent.kind for sent in refused] == ["carbon-footprint", "reading"]
    alone, other = (each["id"] for each in intake.quarantine_list(ctx)["records"])
    replaying.replay(ctx, plant, alone)
    told = replaying.replay_many(ctx, [plant], QuarantineFilter())
    assert (told.found, told.accepted) == (1, 1)
    assert {intake.quarantine_entry(ctx, each)["settled"] for each in (alone, other)} == {"replayed"}
    with ctx.read() as store:
        kept = [store.records.find(plant.id, sent.record_id) for sent in refused]
    assert {row is not None and row.mapping for row in kept} == {f"battery-pass:{VERSION}"}
    assert {row is not None and row.origin.split("#")[0] for row in kept} == {FULL}


def test_the_document_itself_is_kept_and_the_lineage_of_a_value_leads_to_it(ctx: Context, plant: Plant):
    data = (PLACE / FULL).read_bytes()
    taken(ctx, plant)
    shown = drafts.show(ctx, battery_key(GTIN, SERIAL), plant.economic_operator_id)
    (path,) = {row["document"] for row in shown["values"]}
    maker = Reader("maker", "maker", plant.economic_operator_id)
    file, body, is_public = attachments.read(ctx, path.removeprefix("/files/"), maker)
    assert (body, file.name, file.media_type, is_public) == (data, FULL, "application/json", False)
    for other in (Reader("recycler", "recycler", None), Reader("maker", "maker", "did:web:other.example")):
        with pytest.raises(NotFound):
            attachments.read(ctx, path.removeprefix("/files/"), other)


def test_the_footprint_of_one_model_is_kept_apart_for_each_manufacturing_plant(ctx: Context, plant: Plant):
    for serial, facility, figure in (("S-1", "NORTH", 61.5), ("S-2", "SOUTH", 47.25)):
        imports.take(ctx, plant, f"{facility}.json", footprint_of(facility, figure), Told(GTIN, serial))
    for serial, figure in (("S-1", "61.5"), ("S-2", "47.25")):
        with ctx.read() as store:
            draft, _ = drafts.load(store, store.batteries.by_key(battery_key(GTIN, serial).digest()))
        assert draft.value("batteryCarbonFootprint") == figure
    found = footprints.of_model(ctx, GTIN, plant.economic_operator_id)
    told = [(each.facility, each.values["batteryCarbonFootprint"]) for each in found.declared]
    assert told == [("NORTH", "61.5"), ("SOUTH", "47.25")]


def footprint_of(facility: str, figure: float) -> bytes:
    """A pass of Catena-X form with nothing but a plant and its whole footprint."""
    passport = {
        "identification": {"chemistry": "LFP"},
        "operation": {"manufacturer": {"facility": [{"facility": facility}]}},
        "sustainability": {
            "carbonFootprint": [
                {"lifecycle": "whole life cycle", "type": "Climate Change Total", "value": figure,
                 "unit": "kg CO2 / kWh"}
            ]
        },
    }  # fmt: skip
    return json.dumps(passport).encode()


def test_looking_stores_nothing(ctx: Context, plant: Plant):
    looked = imports.look(ctx, FULL, (PLACE / FULL).read_bytes())
    assert {sent.state for sent in looked.sent} == {"planned"}
    with ctx.read() as store:
        assert store.records.find(plant.id, looked.sent[0].record_id) is None


def test_the_draft_holds_just_these_values_and_with_the_missing_ones_it_issues(
    ctx: Context, plant: Plant, line: Line
):
    records = taken(ctx, plant).imported.records
    given = {name for record in records for name in record.document["values"]}
    with ctx.read() as store:
        draft, _ = drafts.load(store, store.batteries.by_key(battery_key(GTIN, SERIAL).digest()))
    assert set(draft.values) == given
    assert draft.values["ratedMaximumPower"].value == "160500.0"
    assert draft.values["remainingCapacity"].value == {
        "value": "231.0",
        "observedAt": "2026-10-01T08:00:00Z",
        "source": "Import: Battery Pass data model (SAMM) 1.2.1",
    }
    shown = drafts.show(ctx, battery_key(GTIN, SERIAL), plant.economic_operator_id)
    missing = {row["id"] for row in shown["missing"]}
    assert missing
    now = ctx.now()
    for level in ("model", "item"):
        values = {name: value for name, value in factories.values_for(level).items() if name in missing}
        if level == "model":
            line.send(factories.model_record(now, values=values))
        else:
            details = {"assembledOn": "2026-03-14", "configuration": "96s2p", "cellLots": ["C1"]}
            line.send(factories.pack_record(now, SERIAL, values=values, details=details))
    assert line.send(factories.release_record(now, SERIAL))["battery"]["state"] == "issued"


def test_a_document_without_anything_to_take_is_refused(ctx: Context, plant: Plant):
    document = json.dumps({"batteryCategory": "submarine", "batteryMass": "heavy", "warrentyPeriod": "--01"})
    with pytest.raises(MalformedInput, match="Nothing of the document"):
        imports.take(ctx, plant, "x.json", document.encode(), Told(GTIN))
