"""What a sender is told about a record that is stored. The first answer is kept and repeated."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from app.core.intake import IntakeRecord
from app.core.times import to_seconds
from app.services import issuance

_DAY: Final = timedelta(days=1)
_told: Final = lru_cache(maxsize=8)(to_seconds)
"""(The records of a chunk were received at one moment.)"""


def answer_to(
    origin: str, record: IntakeRecord, outcomes: list[issuance.Outcome], now: datetime
) -> dict[str, Any]:
    """The answer that is kept; `now` is when the record was received."""
    answer = _envelope(record, now)
    if record.level == "item" and outcomes:
        answer["battery"] = outcomes[0].as_dict(origin)
    else:
        answer["issued"] = [outcome.as_dict(origin) for outcome in outcomes if outcome.state == "issued"]
    return answer


def plain_answer(
    origin: str, record: IntakeRecord, now: datetime, *, of_battery: bool = True
) -> dict[str, Any]:
    """The answer to one of many records from which nothing follows: its draft is named and not judged."""
    answer = _envelope(record, now)
    if of_battery and record.gtin is not None and record.serial is not None:
        battery = {"gtin": record.gtin, "serial": record.serial}
        answer["battery"] = battery | {"draft": issuance.draft_address(origin, **battery)}
    else:
        answer["issued"] = []
    return answer


def _envelope(record: IntakeRecord, now: datetime) -> dict[str, Any]:
    return {
        "recordId": record.record_id,
        "status": "accepted",
        "kind": record.kind,
        "level": record.level,
        "receivedAt": _told(now),
        "late": now - record.sent_at > _DAY,
    }
