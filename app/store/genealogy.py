"""Links between things: who holds what, as records say it, up and down."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    func,
    or_,
    select,
    update,
)

from app.store.factory_tables import genealogy_backfill, genealogy_links, intake_records
from app.store.many_rows import ManyRows
from app.store.recall_links import superseded
from app.store.tables import batteries

_LINKS = genealogy_links.c
_OWN = _LINKS.economic_operator_id == bindparam("operator")
_HOLDERS = select(_LINKS.parent_key, _LINKS.parent_kind, _LINKS.parent).where(
    _LINKS.child_key.in_(bindparam("keys", expanding=True)), _OWN
)
_BELOW = (
    select(
        _LINKS.parent_key, _LINKS.parent_kind, _LINKS.child_key, _LINKS.child_kind, _LINKS.child, _LINKS.act,
        _LINKS.at, _LINKS.quantity, _LINKS.unit, _LINKS.plant_id, _LINKS.record_id, _LINKS.sent_at,
        superseded(),
    )
    .where(_LINKS.parent_key.in_(bindparam("keys", expanding=True)), _OWN)
    .order_by(_LINKS.parent_key, _LINKS.child_key, _LINKS.sequence)
)  # fmt: skip
_NODES = (
    select(_LINKS.parent_key.label("key"), _LINKS.parent_kind.label("kind"), _LINKS.parent.label("name"))
    .where(_LINKS.parent_key.in_(bindparam("keys", expanding=True)), _OWN)
    .union(
        select(_LINKS.child_key, _LINKS.child_kind, _LINKS.child).where(
            _LINKS.child_key.in_(bindparam("keys", expanding=True)), _OWN
        )
    )
)
_BODIES = (
    select(intake_records.c.subject_key, intake_records.c.body)
    .where(
        intake_records.c.subject_key.in_(bindparam("keys", expanding=True)),
        intake_records.c.economic_operator_id == bindparam("operator"),
    )
    .order_by(intake_records.c.sequence)
)
_ADD_MANY = ManyRows(genealogy_links)
_KEYS_AT_ONCE: Final = 500
_ROWS_AT_ONCE: Final = 1_000
"""Rows are many: one by one they cost more to fetch than to judge."""


class Genealogy:
    """What records say of who holds what. Links are only added: the newest record of a source stands."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store links, in the transaction of the records that state them."""
        _ADD_MANY.add(self._connection, rows)

    def holders(self, operator: str, key: bytes) -> Iterator[Row[Any]]:
        """What holds or held one thing."""
        return self._each(_HOLDERS, operator, [key])

    def below(self, operator: str, keys: Sequence[bytes]) -> Iterator[Row[Any]]:
        """All links down from these things, those of one pair side by side, with who says so."""
        return self._each(_BELOW, operator, keys)

    def nodes(self, operator: str, keys: Sequence[bytes]) -> Iterator[Row[Any]]:
        """Kind and name of those things that a link speaks of."""
        return self._each(_NODES, operator, keys)

    def newest(self, operator: str, *, limit: int) -> Iterator[tuple[Any, str]]:
        """Kind and name of what the newest links speak of, the newest first; a thing more than once."""
        query = (
            select(_LINKS.parent_kind, _LINKS.parent, _LINKS.child_kind, _LINKS.child)
            .where(_LINKS.economic_operator_id == operator)
            .order_by(_LINKS.sequence.desc())
            .limit(limit)
        )
        for row in self._connection.execute(query):
            yield row.parent_kind, row.parent
            yield row.child_kind, row.child

    def bodies(self, operator: str, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Every record about these subjects as it was sent, with the subject's key, in order of arrival."""
        for row in self._each(_BODIES, operator, keys):
            yield bytes(row.subject_key), bytes(row.body)

    def _each(self, query: Select[Any] | Any, operator: str, keys: Sequence[bytes]) -> Iterator[Row[Any]]:
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            values = {"operator": operator, "keys": list(keys[start : start + _KEYS_AT_ONCE])}
            for some in self._connection.execute(query, values).partitions(_ROWS_AT_ONCE):
                yield from some

    def batteries_called(self, operator: str, text: str, *, limit: int) -> Sequence[Any]:
        """Batteries by serial, batch lot or GTIN, as it was typed."""
        query = (
            select(batteries.c.gtin, batteries.c.serial, batteries.c.lot)
            .where(
                batteries.c.economic_operator_id == operator,
                or_(
                    func.upper(batteries.c.serial) == text.upper(),
                    batteries.c.lot == text,
                    batteries.c.gtin == text,
                ),
            )
            .order_by(batteries.c.gtin, batteries.c.serial)
            .limit(limit)
        )
        return self._connection.execute(query).all()

    # --- records of before there were links

    def unlinked(self, kinds: Iterable[str], *, limit: int) -> tuple[int, Sequence[Any]]:
        """The next records whose links are not made yet, and the number up to which they then are.

        (0, nothing) when none is left. Other processes are kept from the same ones until the commit.
        """
        place = self._connection.execute(select(genealogy_backfill).with_for_update()).one_or_none()
        if place is None or place.through >= place.until:
            return 0, []
        found = self._connection.execute(
            select(
                intake_records.c.sequence, intake_records.c.plant_id, intake_records.c.economic_operator_id,
                intake_records.c.body,
            )
            .where(
                intake_records.c.sequence > place.through,
                intake_records.c.sequence <= place.until,
                intake_records.c.kind.in_(sorted(kinds)),
            )
            .order_by(intake_records.c.sequence)
            .limit(limit)
        ).all()  # fmt: skip
        through = int(found[-1].sequence) if len(found) == limit else int(place.until)
        return through, found

    def linked_through(self, number: int) -> None:
        """Records up to this number have their links."""
        self._connection.execute(update(genealogy_backfill).values(through=number))

    def is_complete(self) -> bool:
        """Whether every record that is stored has its links."""
        place = self._connection.execute(select(genealogy_backfill)).one_or_none()
        return place is None or place.through >= place.until
