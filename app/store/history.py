"""What happened to a battery's passport: revoked, suspended, reinstated. Rows are only ever added."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from app.store.tables import battery_events

_ADD = insert(battery_events)
_OF_BATTERY = (
    select(battery_events)
    .where(battery_events.c.battery_key == bindparam("battery_key"))
    .order_by(battery_events.c.sequence)
)


class Events:
    """Changes of state, each written in the transaction that makes it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        battery_key: bytes,
        operator: str,
        kind: str,
        made_by: str | None,
        reason: str | None,
        log_position: int,
        at: str,
    ) -> None:
        self._connection.execute(
            _ADD,
            {
                "battery_key": battery_key, "economic_operator_id": operator, "kind": kind,
                "made_by": made_by, "reason": reason, "log_position": log_position, "created_at": at,
            },
        )  # fmt: skip

    def of_battery(self, battery_key: bytes) -> Sequence[Row[Any]]:
        """Oldest first."""
        return self._connection.execute(_OF_BATTERY, {"battery_key": battery_key}).all()
