"""What trust rests on: status lists and the trust list."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    func,
    insert,
    select,
    true,
    update,
)

from app.store.tables import status_entries, status_lists, trust_lists, trust_roots

# Built once: building a statement costs more than running it.
_ENTRIES_OF = select(status_entries).where(
    status_entries.c.subject_key.in_(bindparam("keys", expanding=True))
)
_NAMES = select(status_lists.c.purpose, status_lists.c.name)
_TAKEN = select(status_entries.c.list_name, status_entries.c.list_index).where(
    status_entries.c.list_name.in_(bindparam("names", expanding=True)),
    status_entries.c.list_index.in_(bindparam("indexes", expanding=True)),
)
_GIVE = insert(status_entries)


class StatusLists:
    """Bit strings by purpose, and which bit belongs to which section."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, name: str, operator: str, purpose: str, bits: bytes) -> None:
        self._connection.execute(
            insert(status_lists).values(name=name, economic_operator_id=operator, purpose=purpose, bits=bits)
        )

    def get(self, name: str) -> Row[Any] | None:
        return self._connection.execute(select(status_lists).where(status_lists.c.name == name)).one_or_none()

    def held(self, name: str) -> Row[Any] | None:
        """The list, kept from other writers until this transaction ends: no bit is written over (T50)."""
        query = select(status_lists).where(status_lists.c.name == name).with_for_update(key_share=True)
        return self._connection.execute(query).one_or_none()

    def names(self) -> Sequence[tuple[str, str]]:
        """(purpose, name) of every list, without its bits."""
        return [(row.purpose, row.name) for row in self._connection.execute(_NAMES)]

    def save(self, name: str, **values: Any) -> None:
        self._connection.execute(update(status_lists).where(status_lists.c.name == name).values(**values))

    def entries_of(self, subject_keys: Sequence[bytes]) -> Sequence[Row[Any]]:
        return self._connection.execute(_ENTRIES_OF, {"keys": list(subject_keys)}).all()

    def taken(self, places: Iterable[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """Which of these (list, index) belong to a section already."""
        asked = set(places)
        found = self._connection.execute(
            _TAKEN,
            {"names": sorted({name for name, _ in asked}), "indexes": sorted({index for _, index in asked})},
        )
        return frozenset((row.list_name, row.list_index) for row in found) & asked

    def give_all(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store entries. A place that another worker took meanwhile is a `Collision`."""
        self._connection.execute(_GIVE, rows)


_TRUST_MARK = select(func.max(trust_lists.c.version).label("trust_version")).subquery()
_STATUS_MARK = select(
    func.count().label("lists"),  # a new one is not signed yet
    func.count(status_lists.c.digest).label("lists_signed"),
    func.max(status_lists.c.signed_at).label("lists_signed_at"),
    func.min(status_lists.c.digest).label("lists_least"),
    func.max(status_lists.c.digest).label("lists_most"),
).subquery()
MARKS = (*_TRUST_MARK.c, *_STATUS_MARK.c)
"""Columns that change whenever the trust list or a status list does, for a select of one row."""
MARK_TABLES = _TRUST_MARK.join(_STATUS_MARK, true())
_MARKS = select(*MARKS).select_from(MARK_TABLES)


class TrustRoots:
    """Versions of the trust root after the first, which lies as a file beside the keys."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: int, body: bytes, at: str) -> None:
        self._connection.execute(insert(trust_roots).values(version=version, body=body, created_at=at))

    def get(self, version: int) -> bytes | None:
        query = select(trust_roots.c.body).where(trust_roots.c.version == version)
        found = self._connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)

    def all(self) -> list[bytes]:
        """Oldest first."""
        query = select(trust_roots.c.body).order_by(trust_roots.c.version)
        return [bytes(row.body) for row in self._connection.execute(query)]


class TrustLists:
    """Every version of the signed trust list."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: int, body: bytes, at: str) -> None:
        self._connection.execute(insert(trust_lists).values(version=version, body=body, created_at=at))

    def marks(self) -> tuple[object, ...]:
        """What changes whenever the trust list or a status list does: one cheap select."""
        return tuple(self._connection.execute(_MARKS).one())

    def newest(self) -> Row[Any] | None:
        query = select(trust_lists).order_by(trust_lists.c.version.desc()).limit(1)
        return self._connection.execute(query).one_or_none()
