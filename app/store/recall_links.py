"""Links as the recall question reads them: hundreds of thousands, so only what is judged, many keys at once.

Links are only added, with growing numbers: what was asked up to a number is found again later as it was.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, literal_column, or_, select

from app.store.factory_tables import genealogy_links
from app.store.many_keys import ManyKeys
from app.store.tables import batteries

_LINKS = genealogy_links.c
_newer = genealogy_links.alias("newer").c


def superseded(*among: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a newer record of the same source took a link's place; `among` bounds which ones count.

    Asked of the first link of each record alone, for which there is an index, and of what is not older: a
    record that nothing took the place of is told by the index.
    """
    newer = exists(
        select(literal_column("1")).where(
            _newer.source_key == _LINKS.source_key,
            _newer.head == literal_column("1"),
            _newer.sent_at >= _LINKS.sent_at,
            _newer.sequence != _LINKS.sequence,
            _newer.economic_operator_id == _LINKS.economic_operator_id,
            or_(
                _newer.sent_at > _LINKS.sent_at,
                _newer.record_id > _LINKS.record_id,
                and_(_newer.record_id == _LINKS.record_id, _newer.plant_id > _LINKS.plant_id),
            ),
            *among,
        )
    )
    return newer.label("superseded")


_SUPERSEDED = superseded(_newer.sequence <= bindparam("through"))
_COUNTING = and_(
    _LINKS.economic_operator_id == bindparam("operator"), _LINKS.sequence <= bindparam("through")
)
_ABOVE = ManyKeys(
    _LINKS.child_key,
    lambda among: (
        select(_LINKS.child_key, _LINKS.parent_key, _LINKS.parent_kind, _LINKS.act, _SUPERSEDED, _LINKS.at)
        .where(among, _COUNTING)
        .order_by(_LINKS.child_key, _LINKS.parent_key)
    ),
)
_BELOW = ManyKeys(
    _LINKS.parent_key,
    lambda among: (
        select(
            _LINKS.parent_key, _LINKS.child_key, _LINKS.parent_kind, _LINKS.act, _SUPERSEDED, _LINKS.at,
            _LINKS.child_kind,
        )
        .where(among, _COUNTING)
        .order_by(_LINKS.parent_key, _LINKS.child_key)
    ),
)  # fmt: skip
_STATES = ManyKeys(
    batteries.c.key,
    lambda among: select(
        batteries.c.key, batteries.c.gtin, batteries.c.serial, batteries.c.state, batteries.c.lot,
        batteries.c.passport_uuid,
    ).where(among, batteries.c.economic_operator_id == bindparam("operator")),
)  # fmt: skip
_NEWEST = select(func.max(_LINKS.sequence))
_MAPPED_BYTES: Final = 1 << 30
# Whoever adds links holds this lock from before the first number is drawn until the commit is seen by all.
_ADDING: Final = (
    "SELECT virtualtransaction FROM pg_locks WHERE relation = 'genealogy_links'::regclass AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND mode = 'RowExclusiveLock'"
)
SETTLES_S: Final = 1.0
"""How long a question waits for those who add links at this moment."""
_LOOK_S: Final = 0.005


class RecallLinks:
    """What the recall question asks of the store, of one economic operator."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self) -> int:
        """The number of the newest link; 0 where there is none."""
        return int(self._connection.execute(_NEWEST).scalar_one() or 0)

    def is_settled(self) -> bool:
        """Whether every link up to the `newest` that was asked before is there, or never will be.

        PostgreSQL: numbers are drawn before they are committed, so a lower one may come in later. This waits
        for the transactions that add links now, not for those that begin meanwhile, and holds nobody up.
        SQLite has one writer at a time.
        """
        if self._connection.dialect.name == "sqlite":
            return True
        until = time.monotonic() + SETTLES_S
        left = self._adding()
        while left and time.monotonic() < until:
            time.sleep(_LOOK_S)
            left &= self._adding()
        return not left

    def _adding(self) -> set[str]:
        return set(self._connection.exec_driver_sql(_ADDING).scalars())

    def above(self, operator: str, keys: Sequence[bytes], through: int) -> Iterator[Any]:
        """Links up from these things: child, parent, parent's kind, act, superseded, at; by pair."""
        return _ABOVE.each(self._connection, keys, operator=operator, through=through)

    def below(self, operator: str, keys: Sequence[bytes], through: int) -> Iterator[Any]:
        """Links down: parent, child, parent's kind, act, superseded, at, child's kind; by pair."""
        return _BELOW.each(self._connection, keys, operator=operator, through=through)

    def states(self, operator: str, keys: Sequence[bytes]) -> Iterator[Any]:
        """Batteries with the state of their passports, in no order."""
        return _STATES.each(self._connection, keys, operator=operator)

    @contextmanager
    def many(self) -> Iterator[None]:
        """While very much is read: SQLite copies no page then."""
        if self._connection.dialect.name != "sqlite":
            yield
            return
        self._connection.exec_driver_sql(f"PRAGMA mmap_size={_MAPPED_BYTES}")
        try:
            yield
        finally:
            self._connection.exec_driver_sql("PRAGMA mmap_size=0")
