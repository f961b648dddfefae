"""Records about one subject in short, kept so that their number does not count."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql

from app.store.factory_tables import intake_records, record_summaries
from app.store.many_keys import ManyKeys

_OF = select(record_summaries.c.subject_key, record_summaries.c.body).where(
    record_summaries.c.subject_key.in_(bindparam("keys", expanding=True))
)
_HOLD = (
    select(record_summaries.c.through)
    .where(record_summaries.c.subject_key == bindparam("key"))
    .with_for_update()
)
_BEGIN = postgresql.insert(record_summaries).on_conflict_do_nothing()
_ADD = insert(record_summaries)
_REPLACE = (
    update(record_summaries)
    .where(record_summaries.c.subject_key == bindparam("key"))
    .values(through=bindparam("newest"), body=bindparam("text"))
)
_SUMMED = (
    select(record_summaries.c.through)
    .where(record_summaries.c.subject_key == intake_records.c.subject_key)
    .scalar_subquery()
)
_LONG = ManyKeys(
    intake_records.c.subject_key,
    lambda among: (
        select(intake_records.c.subject_key)
        .where(among, intake_records.c.sequence > func.coalesce(_SUMMED, 0))
        .group_by(intake_records.c.subject_key)
        .having(func.count() >= bindparam("at_least"))
    ),
)
_NEXT = (
    select(intake_records.c.sequence)
    .where(
        intake_records.c.subject_key == bindparam("key"),
        intake_records.c.sequence
        > func.coalesce(
            select(record_summaries.c.through)
            .where(record_summaries.c.subject_key == bindparam("key"))
            .scalar_subquery(),
            0,
        ),
    )
    .limit(bindparam("at_least"))
)


class Summaries:
    """One row for each subject with many records, or that many batteries ask for: a model, a batch."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The stored form by subject, where there is one."""
        return {
            bytes(row.subject_key): bytes(row.body)
            for row in self._connection.execute(_OF, {"keys": list(keys)})
        }

    def hold(self, key: bytes, operator: str, empty: bytes) -> None:
        """Keep other writers from the records of a model or batch until this transaction ends.

        Without it a record could be committed after one with a higher number, and a summary that holds the
        one would never take in the other. SQLite's writers wait for each other anyway.
        """
        if self._connection.dialect.name != "sqlite":
            self._connection.execute(
                _BEGIN, {"subject_key": key, "economic_operator_id": operator, "through": 0, "body": empty}
            )
            self._connection.execute(_HOLD, {"key": key})

    def keep(self, key: bytes, operator: str, through: int, body: bytes) -> None:
        """Store or replace; whoever calls this holds the subject."""
        done = self._connection.execute(_REPLACE, {"key": key, "newest": through, "text": body})
        if not done.rowcount:
            self._connection.execute(
                _ADD,
                {"subject_key": key, "economic_operator_id": operator, "through": through, "body": body},
            )

    def has_many_after(self, key: bytes, at_least: int) -> bool:
        """Whether so many records came in since the summary of this subject."""
        found = self._connection.execute(_NEXT, {"key": key, "at_least": at_least}).all()
        return len(found) >= at_least

    def with_many_after(self, keys: Sequence[bytes], at_least: int) -> list[bytes]:
        """The same of several subjects."""
        rows = _LONG.rows(self._connection, keys, at_least=at_least)
        return [bytes(row.subject_key) for row in rows]
