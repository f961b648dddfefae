"""Capture jobs: what became of each EPCIS document that was sent."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select

from app.store.factory_tables import epcis_captures


class EpcisCaptures:
    """By id; a job is written once, when everything it speaks of is durable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, **values: Any) -> None:
        self._connection.execute(insert(epcis_captures).values(**values))

    def get(self, capture_id: str) -> Row[Any] | None:
        query = select(epcis_captures).where(epcis_captures.c.id == capture_id)
        return self._connection.execute(query).one_or_none()

    def of_plant(self, plant_id: str, limit: int, after: tuple[str, str] | None = None) -> Sequence[Row[Any]]:
        """One plant's, newest first; `after` is time and id of the last one that was told."""
        time, own = epcis_captures.c.created_at, epcis_captures.c.id
        query = select(epcis_captures).where(epcis_captures.c.plant_id == plant_id)
        if after is not None:
            query = query.where(or_(time < after[0], and_(time == after[0], own < after[1])))
        return self._connection.execute(query.order_by(time.desc(), own.desc()).limit(limit)).all()
