"""A draft from summaries is the draft from all the records, in whatever order they came."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from app.core.intake import IntakeRecord
from app.core.passport import Draft, assemble
from app.core.summary import Summary, draft, fold, from_bytes, to_bytes
from tests.core.drafts import a_record

NAMES = ("batteryMass", "warrantyPeriod", "facilityIdentifier")
LOTS = ("B1", "B2")


@some.composite
def records(drawn: Any) -> IntakeRecord:
    level = drawn(some.sampled_from(("model", "batch", "item")))
    kinds = {
        "model": ("model", "certificate", "carbon-footprint"),
        "batch": ("batch", "test"),
        "item": ("pack", "test", "release", "withdrawal"),
    }
    kind = drawn(some.sampled_from(kinds[level]))
    details = {"batchLot": drawn(some.sampled_from(LOTS))} if kind == "pack" else {}
    if kind == "carbon-footprint":
        details = drawn(some.sampled_from(({}, {"facility": "0"}, {"facility": "1"})))
    claims = drawn(some.dictionaries(some.sampled_from(NAMES), some.booleans()))
    given_values = {name: str(number) for number, (name, is_value) in enumerate(claims.items()) if is_value}
    return a_record(
        given_values,
        level=level,
        kind=kind,
        minutes=drawn(some.integers(0, 3)),
        record_id=f"R{drawn(some.integers(0, 999))}",
        lot=drawn(some.sampled_from(LOTS)),
        not_applicable={name: "why not" for name, is_value in claims.items() if not is_value},
        details=details,
    )


def comparable(found: Draft) -> tuple[Any, ...]:
    """Everything but the losers, with its order."""
    return (
        found.gtin, found.serial, found.lot, found.release,
        list(found.values.items()), list(found.not_applicable.items()),
    )  # fmt: skip


@given(some.lists(records(), min_size=1, max_size=12))
def test_a_draft_from_summaries_is_the_draft_from_all_records(arrived: list[IntakeRecord]):
    summaries: dict[object, Summary] = {}
    for sequence, record in enumerate(arrived, 1):
        subject = (record.level, record.lot)
        folded = fold(summaries.get(subject, Summary()), sequence, record)
        summaries[subject] = from_bytes(to_bytes(folded))
        assert summaries[subject] == folded
    whole = assemble(arrived, range(1, len(arrived) + 1))
    counting = [
        summary for (level, lot), summary in summaries.items() if level != "batch" or lot == whole.lot
    ]
    if counting:
        assert comparable(draft(counting)) == comparable(whole)


def test_the_senders_time_decides_also_within_a_summary():
    late, early = a_record({"batteryMass": "2"}, minutes=5), a_record({"batteryMass": "1"})
    summary = fold(fold(Summary(), 1, late), 2, early)
    assert draft([summary]).value("batteryMass") == "2"
    assert summary.claims["batteryMass"].newest.sent_at - early.sent_at == timedelta(minutes=5)


def test_a_summary_knows_the_newest_activity_data_of_each_plant():
    sent = [("P1", 5), ("P2", 0), ("P1", 3), ("P2", 0)]
    summary = Summary()
    for sequence, (facility, minutes) in enumerate(sent, 1):
        record = a_record(
            {}, level="model", kind="carbon-activity", minutes=minutes, details={"facility": facility}
        )
        summary = fold(summary, sequence, record)
    assert {name: number for name, (_, number) in summary.activities.items()} == {"P1": 1, "P2": 4}
    assert from_bytes(to_bytes(summary)) == summary
