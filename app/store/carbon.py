"""Sets of emission factors that the maker brought in: each version once, never changed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from app.store.factory_tables import emission_factor_sets


class EmissionFactorSets:
    """By name and version. There is no change and no removal: a calculation names the set that it used."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, name: str, version: str, operator: str, digest: bytes, body: bytes, at: str) -> None:
        """Keep one set. A name and version that are known are a `Collision`."""
        self._connection.execute(
            insert(emission_factor_sets).values(
                name=name, version=version, economic_operator_id=operator, digest=digest, body=body,
                created_at=at,
            )
        )  # fmt: skip

    def get(self, name: str, version: str) -> Row[Any] | None:
        query = select(emission_factor_sets).where(
            emission_factor_sets.c.name == name, emission_factor_sets.c.version == version
        )
        return self._connection.execute(query).one_or_none()

    def all(self) -> Sequence[Row[Any]]:
        """Every set, by name and age."""
        query = select(emission_factor_sets).order_by(
            emission_factor_sets.c.name, emission_factor_sets.c.created_at, emission_factor_sets.c.version
        )
        return self._connection.execute(query).all()
