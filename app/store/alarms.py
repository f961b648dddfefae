"""Alarms: one row for each thing that is watched and was ever raised."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from app.store.factory_tables import alarms

_ALL: Final = select(alarms).order_by(alarms.c.name)
_CHANGE: Final = (
    update(alarms)
    .where(alarms.c.name == bindparam("alarm"), alarms.c.state != bindparam("new_state"))
    .values(
        state=bindparam("new_state"), detail=bindparam("new_detail"), changed_at=bindparam("at"), told_at=None
    )
)
_KNOWN: Final = select(alarms.c.name).where(alarms.c.name == bindparam("alarm"))
_TOLD: Final = (
    update(alarms)
    .where(alarms.c.name == bindparam("alarm"), alarms.c.changed_at == bindparam("change"))
    .values(told_at=bindparam("at"))
)


class Alarms:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> Sequence[Row[Any]]:
        return self._connection.execute(_ALL).all()

    def change(self, name: str, operator: str, state: str, detail: str, at: str) -> None:
        """Another state, which nobody was told of. One that another process set already stays. Raises:
        Collision where that one was the first."""
        if self._connection.execute(_KNOWN, {"alarm": name}).one_or_none() is None:
            self._connection.execute(
                insert(alarms).values(
                    name=name, economic_operator_id=operator, state=state, detail=detail, changed_at=at
                )
            )
            return
        self._connection.execute(_CHANGE, {"alarm": name, "new_state": state, "new_detail": detail, "at": at})

    def told(self, name: str, changed_at: str, at: str) -> None:
        """The webhook took it; unless it changed meanwhile."""
        self._connection.execute(_TOLD, {"alarm": name, "change": changed_at, "at": at})
