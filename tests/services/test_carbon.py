"""Footprints in an installation: through the intake, beside declared values, with sets that stay."""

import json
from datetime import timedelta
from typing import Any

import pytest

from app.core.errors import Conflict, MalformedInput, NotFound
from app.core.identifiers import BatteryKey
from app.services import carbon, drafts, footprints, intake, intake_batch
from app.services.context import Context
from app.services.plants import Plant
from tests import factories
from tests.core.activity import FACILITY, FACTORS, SET, a_factor, factor_set, whole
from tests.factories import GTIN, OTHER_GTIN
from tests.installation import START
from tests.line import Line

FOOTPRINT = "batteryCarbonFootprint"
STAGES = "carbonFootprintPerLifecycleStage"
CALCULATED = "0.080444"
"""Reckoned by hand in tests/core/test_carbon.py."""


@pytest.fixture(autouse=True)
def imported(ctx: Context) -> None:
    assert carbon.import_set(ctx, factor_set())


def activity(details: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return factories.a_record("carbon-activity", {"gtin": GTIN}, START, details=details or whole(), **changes)


def without_footprint(level: str, **changes: Any) -> dict[str, Any]:
    """Owed values and none of the footprint; the plant is the one of the activity data."""
    values = factories.owed_values(level) | changes
    return {name: value for name, value in values.items() if "arbonFootprint" not in name}


def a_pack(line: Line, *, plant: str | None = FACILITY, batch: dict[str, Any] | None = None) -> None:
    known = {} if plant is None else {"facilityIdentifier": plant}
    line.send(factories.model_record(START, values=without_footprint("model")))
    line.send(factories.batch_record(START, values=without_footprint("batch") | known | (batch or {})))
    line.send(factories.pack_record(START, values=without_footprint("item")))


def draft(ctx: Context, line: Line) -> Any:
    with ctx.read() as store:
        return drafts.load(store, line.battery())[0]


def declared(ctx: Context) -> dict[str, Any]:
    """A declared value of the footprint alone, as a study gives it."""
    return {FOOTPRINT: {"value": "0.07", "unit": "kg CO2e/kWh"}}


def test_what_is_calculated_goes_into_the_draft_with_its_record(ctx: Context, line: Line):
    a_pack(line)
    sent = activity()
    assert line.send(sent)["issued"] == []
    found = draft(ctx, line)
    assert found.value(FOOTPRINT) == CALCULATED
    assert found.values[FOOTPRINT].record_id == sent["recordId"]
    assert [found.value(f"{STAGES}.{stage}") for stage in ("rawMaterialExtraction", "recycling")] == [
        "0.057778", "0.004444",
    ]  # fmt: skip
    assert found.value("absoluteCarbonFootprint") == "3620"
    assert found.value("carbonFootprintPerformanceClass") is None


def test_what_is_calculated_is_signed_into_the_passport(ctx: Context, line: Line):
    line.send(activity(whole() | {"study": "https://maker.example/study"}))
    a_pack(line)
    assert line.send(factories.release_record(START))["battery"]["state"] == "issued"
    subject = line.history("public")[-1]["credentialSubject"]
    assert subject[FOOTPRINT] == CALCULATED
    assert subject["carbonFootprintStudy"] == "https://maker.example/study"


def test_the_page_of_a_draft_shows_it_with_its_record(ctx: Context, line: Line):
    a_pack(line)
    sent = activity()
    line.send(sent)
    shown = drafts.show(ctx, BatteryKey(GTIN, factories.SERIAL), line.plant.economic_operator_id)
    [value] = [each for each in shown["values"] if each["attribute"] == FOOTPRINT]
    assert (value["value"], value["record"], value["level"]) == (CALCULATED, sent["recordId"], "model")


def test_by_the_chunk_it_is_judged_and_signed_as_one_by_one(ctx: Context, line: Line):
    records = [
        factories.model_record(START, values=without_footprint("model")),
        factories.batch_record(START, values=without_footprint("batch") | {"facilityIdentifier": FACILITY}),
        activity(),
        activity(whole() | {"factorSet": SET | {"version": "9"}}),
        *(factories.pack_record(START, f"P{at}", values=without_footprint("item")) for at in range(3)),
        *(factories.release_record(START, f"P{at}") for at in range(3)),
    ]
    messages = [intake_batch.Message(factories.body(record)) for record in records]
    outcomes = intake_batch.accept_many(ctx, line.plant, messages)
    assert [isinstance(each, intake.Quarantined) for each in outcomes] == [at == 3 for at in range(10)]
    for at in range(3):
        assert line.state(f"P{at}") == "issued"
        assert line.history("public", f"P{at}")[-1]["credentialSubject"][FOOTPRINT] == CALCULATED


def test_its_absence_never_blocks_a_passport(line: Line):
    a_pack(line)
    assert line.send(factories.release_record(START))["battery"]["state"] == "issued"


@pytest.mark.parametrize("level", ["model", "batch"])
def test_a_declared_value_takes_precedence_over_all_that_is_calculated(ctx: Context, line: Line, level: str):
    a_pack(line)
    subject = {"gtin": GTIN} | ({"lot": "L1"} if level == "batch" else {})
    details = {
        "method": "of the study",
        "stages": [{"stage": "recycling", "carbonFootprint": "0.07"}],
    }
    study = factories.a_record("carbon-footprint", subject, START - timedelta(days=1),
                               values=declared(ctx), details=details)  # fmt: skip
    line.send(study)
    line.send(activity())
    found = draft(ctx, line)
    assert found.value(FOOTPRINT) == "0.07"
    # figures of two origins would not add up: the stages stay out, too, and all is kept in sight
    assert found.value(f"{STAGES}.recycling") is None
    losers = {name: [each.value for each in found.losers[name]] for name in found.losers if "arbon" in name}
    assert losers[FOOTPRINT] == [CALCULATED]
    assert losers[f"{STAGES}.recycling"] == ["0.004444"]
    counted = footprints.of_model(ctx, GTIN, line.plant.economic_operator_id)
    assert footprints.counts(counted, counted.plants[0]) == ("declared" if level == "model" else "by-batch")
    assert counted.declared[0].values == {FOOTPRINT: "0.07"}


def test_a_reason_why_it_does_not_apply_is_a_declaration_too(ctx: Context, line: Line):
    a_pack(line)
    line.send(activity())
    line.send(factories.a_record("model", {"gtin": GTIN}, START,
                                 notApplicable={FOOTPRINT: "the act is not out"}))  # fmt: skip
    assert draft(ctx, line).value(FOOTPRINT) is None


def test_each_plant_has_its_own_and_a_battery_takes_that_of_its_plant(ctx: Context, line: Line):
    other = whole() | {"facility": "GLN 9506000130040"}
    other["materials"] = other["materials"][:1]
    line.send(activity())
    line.send(activity(other))
    a_pack(line)
    assert draft(ctx, line).value(FOOTPRINT) == CALCULATED
    found = footprints.of_model(ctx, GTIN, line.plant.economic_operator_id)
    assert [each.facility for each in found.plants] == [FACILITY, "GLN 9506000130040"]


@pytest.mark.parametrize(
    ("named", "plants", "taken"), [(None, 1, True), (None, 2, False), ("Elsewhere", 1, False)]
)
def test_a_battery_of_an_unknown_plant_takes_the_only_one_that_there_is(
    ctx: Context, line: Line, named: str | None, plants: int, taken: bool
):
    for at in range(plants):
        line.send(activity(whole() | {"facility": f"Plant {at}"}))
    a_pack(line, plant=named)
    assert (draft(ctx, line).value(FOOTPRINT) == CALCULATED) == taken


def test_newer_activity_data_takes_the_place_of_the_older_and_the_older_stays(ctx: Context, line: Line):
    a_pack(line)
    newer = whole()
    newer["transport"][0]["mass"]["value"] = 800
    line.send(activity(newer))
    older = activity()
    older["sentAt"] = "2026-11-20T12:00:00Z"
    line.send(older)  # arrives later, was sent earlier
    # 20 kg more: 3640 kg
    assert draft(ctx, line).value("absoluteCarbonFootprint") == "3640"
    found = footprints.of_model(ctx, GTIN, line.plant.economic_operator_id).plants[0]
    assert (str(found.footprint.figures["absoluteCarbonFootprint"]), found.earlier) == ("3640", 1)


@pytest.mark.parametrize("change", [{"publish": False}, {"transport": None}])
def test_what_is_not_published_or_not_whole_stays_with_the_maker(
    ctx: Context, line: Line, change: dict[str, Any]
):
    a_pack(line)
    details = {name: value for name, value in (whole() | change).items() if value is not None}
    line.send(activity(details))
    assert draft(ctx, line).value(FOOTPRINT) is None
    found = footprints.of_model(ctx, GTIN, line.plant.economic_operator_id)
    assert found.footprints
    assert footprints.counts(found, found.plants[0]) == ("kept" if "publish" in change else "incomplete")


def test_activity_data_that_gives_no_footprint_waits_in_quarantine(line: Line):
    details = whole()
    details["materials"][0]["factor"] = "material.unobtainium"
    refusal = line.refused(activity(details)).refusal
    assert isinstance(refusal, MalformedInput)
    assert (refusal.rule, refusal.pointer) == ("factor", "/details/materials/0/factor")
    refusal = line.refused(activity(whole() | {"factorSet": SET | {"version": "9"}})).refusal
    assert isinstance(refusal, MalformedInput)
    assert refusal.rule == "factor-set"


def test_a_set_brought_in_later_lets_the_quarantine_be_replayed(ctx: Context, line: Line, plant: Plant):
    refused = line.refused(activity(whole() | {"factorSet": SET | {"version": "2"}}))
    carbon.import_set(ctx, factor_set(version="2"))
    assert intake.replay(ctx, plant, refused.quarantine_id).answer["status"] == "accepted"


def test_the_same_record_twice_is_one(ctx: Context, line: Line):
    sent = activity()
    assert line.send(sent) == line.send(sent)
    found = footprints.of_model(ctx, GTIN, line.plant.economic_operator_id)
    assert [each.earlier for each in found.plants] == [0]


def test_a_set_is_never_silently_replaced(ctx: Context):
    assert not carbon.import_set(ctx, factor_set())  # the very same: nothing happens
    other = factor_set(factors=[*FACTORS["factors"], a_factor("material.new", "material", "1")])
    with pytest.raises(Conflict):
        carbon.import_set(ctx, other)
    with ctx.read() as store:
        assert carbon.find_set(store, "test-set", "1") == factor_set()


def test_no_set_can_take_the_name_and_version_of_a_shipped_one(ctx: Context):
    with pytest.raises(Conflict):
        carbon.import_set(ctx, factor_set(name="open-battery-passport", version="2026.1"))


def test_every_set_is_listed_with_its_digest(ctx: Context):
    found = {(each["name"], each["version"]): each for each in carbon.sets(ctx)}
    assert found["test-set", "1"]["digest"] == factor_set().digest
    assert found["open-battery-passport", "2026.1"]["importedAt"] is None


def test_a_calculation_is_repeated_to_the_byte_by_another_process(ctx: Context, line: Line):
    line.send(activity())
    told = []
    for _ in range(2):
        carbon._footprint.cache_clear()  # as a new process, or another worker, begins
        carbon._read.cache_clear()
        found = footprints.of_model(ctx, GTIN, line.plant.economic_operator_id)
        told.append(json.dumps(footprints.as_dict(found)))
    assert told[0] == told[1]


def test_what_an_older_version_took_in_and_todays_refuses_stops_neither_line_nor_page(
    ctx: Context, line: Line, monkeypatch: pytest.MonkeyPatch
):
    a_pack(line)
    line.send(activity())
    carbon._footprint.cache_clear()
    monkeypatch.setattr("app.core.carbon._MOST_PER_KWH", 0)
    assert draft(ctx, line).value(FOOTPRINT) is None
    found = footprints.of_model(ctx, GTIN, line.plant.economic_operator_id)
    assert found.plants[0].footprint is None
    assert "check the units" in found.plants[0].refusal
    carbon._footprint.cache_clear()


def test_a_model_of_which_nothing_came_in_is_not_known_nor_is_another_operators(ctx: Context, line: Line):
    line.send(activity())
    with pytest.raises(NotFound):
        footprints.of_model(ctx, OTHER_GTIN, line.plant.economic_operator_id)
    with pytest.raises(NotFound):
        footprints.of_model(ctx, GTIN, "did:web:elsewhere.example")
