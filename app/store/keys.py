"""The register of signing keys. Rows are changed, never removed; no secret stands in them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from app.core.key_register import KeyRecord
from app.core.keys import PublicKey
from app.core.times import parse, to_text
from app.store.tables import signing_keys

# Built once: building a statement costs more than running it.
_ALL = select(signing_keys).order_by(signing_keys.c.created_at, signing_keys.c.name)
# SQLite's write transactions wait for each other anyway; in PostgreSQL a change of these rows waits.
_SHARED = (
    select(signing_keys)
    .where(signing_keys.c.name.in_(bindparam("names", expanding=True)))
    .with_for_update(read=True)
)
_HELD = _ALL.with_for_update()
_ADD = insert(signing_keys)
_CHANGE = update(signing_keys).where(signing_keys.c.name == bindparam("key_name"))


class Keys:
    """Every key that ever spoke for this operator, oldest first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, record: KeyRecord, operator: str) -> None:
        """A new key. A name that is taken is a `Collision`."""
        self._connection.execute(
            _ADD,
            {
                "name": record.name, "economic_operator_id": operator, "backend": record.backend,
                "reference": record.reference, "public_key": record.public_key.to_multikey(),
                "created_at": to_text(record.created_at),
                "valid_from": to_text(record.valid_from) if record.valid_from else None,
            },
        )  # fmt: skip

    def all(self) -> list[KeyRecord]:
        return [_record(row) for row in self._connection.execute(_ALL)]

    def held(self) -> list[KeyRecord]:
        """All of them, kept from other writers until this transaction ends: one change at a time."""
        return [_record(row) for row in self._connection.execute(_HELD)]

    def shared(self, names: Iterable[str]) -> list[KeyRecord]:
        """Those of these names; none of them changes until this transaction ends."""
        return [_record(row) for row in self._connection.execute(_SHARED, {"names": list(names)})]

    def change(self, name: str, **values: Any) -> None:
        self._connection.execute(_CHANGE, {"key_name": name, **values})


def _record(row: Row[Any]) -> KeyRecord:
    return KeyRecord(
        row.name,
        row.backend,
        row.reference,
        PublicKey.from_multikey(row.public_key),
        parse(row.created_at),
        parse(row.valid_from) if row.valid_from else None,
        parse(row.expires_at) if row.expires_at else None,
        parse(row.revoked_at) if row.revoked_at else None,
        row.reason,
    )
