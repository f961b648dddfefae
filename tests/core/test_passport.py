"""Drafts: which record wins, who loses, and what stays visible."""

import pytest

from app.core.passport import assemble
from tests.core.drafts import a_record


def test_item_beats_batch_beats_model_whatever_the_time():
    records = [
        a_record({"batteryMass": "1"}, level="item", record_id="I", lot="B1"),
        a_record({"batteryMass": "2"}, level="batch", kind="batch", lot="B1", minutes=10, record_id="B"),
        a_record({"batteryMass": "3"}, level="model", kind="model", minutes=20, record_id="M"),
    ]
    draft = assemble(records)
    assert draft.value("batteryMass") == "1"
    assert [loser.record_id for loser in draft.losers["batteryMass"]] == ["B", "M"]


def test_within_a_level_the_later_time_of_the_sender_wins():
    late = a_record({"batteryMass": "2"}, minutes=5, record_id="late")
    early = a_record({"batteryMass": "1"}, record_id="early")
    for records in ([early, late], [late, early]):
        draft = assemble(records)
        assert draft.values["batteryMass"].record_id == "late"
        assert [loser.record_id for loser in draft.losers["batteryMass"]] == ["early"]


def test_at_the_same_time_the_later_arrival_wins():
    draft = assemble([a_record({"batteryMass": "1"}), a_record({"batteryMass": "2"}, record_id="R2")])
    assert draft.value("batteryMass") == "2"


def test_a_batch_counts_only_for_the_batteries_made_from_it():
    records = [
        a_record({}, lot="B1"),
        a_record({"facilityIdentifier": "ours"}, level="batch", kind="batch", lot="B1"),
        a_record({"facilityIdentifier": "theirs"}, level="batch", kind="batch", lot="B2", minutes=9),
    ]
    draft = assemble(records)
    assert (draft.lot, draft.value("facilityIdentifier")) == ("B1", "ours")


def test_a_battery_without_batch_takes_nothing_from_any():
    records = [a_record({}), a_record({"facilityIdentifier": "x"}, level="batch", kind="batch", lot="B1")]
    assert assemble(records).values == {}


def test_a_later_value_overrules_a_reason_and_a_later_reason_a_value():
    reason = a_record({}, not_applicable={"warrantyPeriod": "none given"}, record_id="why")
    value = a_record({"warrantyPeriod": "P8Y"}, minutes=1, record_id="value")
    draft = assemble([reason, value])
    assert draft.value("warrantyPeriod") == "P8Y"
    assert draft.not_applicable == {}
    assert draft.losers["warrantyPeriod"][0].is_reason
    again = a_record({}, not_applicable={"warrantyPeriod": "withdrawn"}, minutes=2, record_id="again")
    draft = assemble([reason, value, again])
    assert draft.value("warrantyPeriod") is None
    assert draft.not_applicable["warrantyPeriod"].value == "withdrawn"


def test_each_value_names_its_record():
    [found] = assemble([a_record({"batteryMass": "1"}, record_id="MES-7")]).values.values()
    assert (found.record_id, found.level, found.kind) == ("MES-7", "item", "pack")


def test_the_last_stamp_counts():
    release = a_record(kind="release", record_id="ok")
    withdrawal = a_record(kind="withdrawal", minutes=1, record_id="stop")
    assert assemble([a_record({})]).release == "none"
    assert assemble([release]).release == "released"
    assert assemble([withdrawal, release]).release == "withdrawn"
    again = a_record(kind="release", minutes=2)
    assert assemble([release, withdrawal, again]).release == "released"


def test_records_of_two_batteries_make_no_draft():
    with pytest.raises(ValueError, match="at most one serial"):
        assemble([a_record({}), a_record({}, serial="A2")])
    with pytest.raises(ValueError, match="one model"):
        assemble([a_record({}), a_record({}, gtin="09506000134369")])
    with pytest.raises(ValueError, match="one model"):
        assemble([])


def test_the_category_is_the_one_a_record_gave():
    assert assemble([a_record({})]).category is None
    assert assemble([a_record({"batteryCategory": "lmt"})]).category == "lmt"
