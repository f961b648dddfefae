"""Rows looked up by many keys at once.

SQLAlchemy writes an IN list anew at each call, which takes longer than the look-up. So a text is written once
and given to the driver: PostgreSQL takes the keys as one array in binary form, SQLite as a list of one of
few lengths, filled up with a key that is there already.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, repeat
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Dialect, LargeBinary, Select, String, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as pysqlite_dialect

_SQLITE: Final[Dialect] = pysqlite_dialect()
_POSTGRESQL: Final[Dialect] = psycopg_dialect()  # type: ignore[no-untyped-call]
DIALECTS: Final[Mapping[str, Dialect]] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
_LENGTHS: Final = (8, 64, 512)
"""Of lists in SQLite, which takes many thousand values in one statement."""
_ROWS_AT_ONCE: Final = 1_000
_NAMES: Final = [f"key{number}" for number in range(_LENGTHS[-1])]


class ManyKeys:
    """One look-up. `statement` is given the condition on `column` and may have values of its own to bind."""

    def __init__(
        self, column: ColumnElement[Any], statement: Callable[[ColumnElement[bool]], Select[Any]]
    ) -> None:
        self._column = column
        self._statement = statement
        self._list = cache(self._write_list)
        self._array = cache(self._write_array)

    def rows(self, connection: Connection, keys: Sequence[Any], **values: Any) -> list[Any]:
        """The rows of these keys. More than 512 keys: in the statement's order for each 512 of them."""
        if connection.dialect.name != "sqlite":
            text, told = self._array()
            return list(connection.exec_driver_sql(text, {**told, **values, "keys": list(keys)}))
        found: list[Any] = []
        for start in range(0, len(keys), _LENGTHS[-1]):
            text, bound = self._filled(keys[start : start + _LENGTHS[-1]], values)
            found.extend(connection.exec_driver_sql(text, bound))
        return found

    def each(self, connection: Connection, keys: Sequence[Any], **values: Any) -> Iterator[Any]:
        """The same, a part of the keys at a time and as the rows are read: few are in memory at once."""
        return chain.from_iterable(self._parts(connection, keys, values))

    def _parts(
        self, connection: Connection, keys: Sequence[Any], values: Mapping[str, Any]
    ) -> Iterator[Sequence[Any]]:
        for start in range(0, len(keys), _LENGTHS[-1]):
            if connection.dialect.name != "sqlite":
                text, told = self._array()
                bound: Any = {**told, **values, "keys": list(keys[start : start + _LENGTHS[-1]])}
            else:
                text, bound = self._filled(keys[start : start + _LENGTHS[-1]], values)
            yield from connection.exec_driver_sql(text, bound).partitions(_ROWS_AT_ONCE)

    def _filled(self, part: Sequence[Any], values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The text for so many keys, and what it is given."""
        length = next(length for length in _LENGTHS if length >= len(part))
        text, names, told = self._list(length)
        filled = chain(part, repeat(part[0], length - len(part)))
        bound = {**told, **values, **dict(zip(_NAMES[:length], filled, strict=True))}
        return text, tuple([bound[name] for name in names])

    def _write_list(self, length: int) -> tuple[str, Sequence[str], Mapping[str, Any]]:
        """The text with a mark for each value, the names of the values in order, and those that are known."""
        among = self._column.in_([bindparam(name) for name in _NAMES[:length]])
        compiled = self._statement(among).compile(dialect=_SQLITE)
        return str(compiled), compiled.positiontup or (), _known(compiled.params)

    def _write_array(self) -> tuple[str, Mapping[str, Any]]:
        item = LargeBinary() if isinstance(self._column.type, LargeBinary) else String()
        among = self._column == any_(bindparam("keys", type_=ARRAY(item)))
        compiled = self._statement(among).compile(dialect=_POSTGRESQL)
        # %b: the array in binary form; written as text each byte would be four characters
        return str(compiled).replace("%(keys)s", "%(keys)b"), _known(compiled.params)


def _known(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
