"""Mappings of plants: each version once, never changed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from app.store.factory_tables import mappings, plants


class Mappings:
    """By plant, name and version. None is changed or removed: a record names the one that made it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, plant_id: str) -> None:
        """Let nobody else save a mapping of this plant until the transaction ends; records still come in."""
        query = select(plants.c.id).where(plants.c.id == plant_id)
        self._connection.execute(query.with_for_update(key_share=True))

    def add(
        self, *, plant_id: str, name: str, version: int, operator: str, digest: bytes, body: bytes,
        made_by: str, at: str,
    ) -> None:  # fmt: skip
        """Keep one version. One that is known is a `Collision`."""
        self._connection.execute(
            insert(mappings).values(
                plant_id=plant_id, name=name, version=version, economic_operator_id=operator, digest=digest,
                body=body, made_by=made_by, created_at=at,
            )
        )  # fmt: skip

    def get(self, plant_id: str, name: str, version: int | None = None) -> Row[Any] | None:
        """One version, or else the newest."""
        query = select(mappings).where(mappings.c.plant_id == plant_id, mappings.c.name == name)
        if version is not None:
            query = query.where(mappings.c.version == version)
        return self._connection.execute(query.order_by(mappings.c.version.desc()).limit(1)).one_or_none()

    def newest_of_each(self, plant_id: str | None = None) -> Sequence[Row[Any]]:
        """The newest version of every mapping, by plant and name."""
        newest = (
            select(mappings.c.plant_id, mappings.c.name, func.max(mappings.c.version).label("version"))
            .group_by(mappings.c.plant_id, mappings.c.name)
            .subquery()
        )
        query = select(mappings).join(
            newest,
            (mappings.c.plant_id == newest.c.plant_id)
            & (mappings.c.name == newest.c.name)
            & (mappings.c.version == newest.c.version),
        )
        if plant_id is not None:
            query = query.where(mappings.c.plant_id == plant_id)
        return self._connection.execute(query.order_by(mappings.c.plant_id, mappings.c.name)).all()

    def versions(self, plant_id: str, name: str) -> Sequence[Row[Any]]:
        """Every version of one mapping, newest first, without the bodies."""
        columns = [column for column in mappings.c if column.name != "body"]
        query = select(*columns).where(mappings.c.plant_id == plant_id, mappings.c.name == name)
        return self._connection.execute(query.order_by(mappings.c.version.desc())).all()
