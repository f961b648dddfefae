"""Many rows stored at once.

SQLAlchemy binds each value of each row anew, which takes as long as the database takes to store it. So the
text is written once and given to the driver with the rows as they are. For tables whose types do nothing to a
value: texts, whole numbers and bytes.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, insert

from app.store.many_keys import DIALECTS


class ManyRows:
    """Inserts into one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._text = cache(self._write)

    def add(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store rows in their order; each has the same columns. A key that is known is a `Collision`."""
        if rows:
            text, names = self._text(connection.dialect.name, tuple(rows[0]))
            values = itemgetter(*names)
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(text, [values(row) for row in rows])
            else:
                connection.exec_driver_sql(text, [dict(row) for row in rows])

    def _write(self, dialect: str, names: tuple[str, ...]) -> tuple[str, Sequence[str]]:
        """The text, and the columns in the order of its marks."""
        made = insert(self._table).compile(dialect=DIALECTS[dialect], column_keys=list(names))
        return str(made), made.positiontup or names
