"""Files that belong to records and passports, by the digest of their bytes; stored once, never changed."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from app.store.factory_tables import file_uses, files

_ABOUT: Final = [column for column in files.c if column.name != "body"]


class Attachments:
    """There is no change and no removal: a passport may be bound to any of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, *, digest: bytes, operator: str, plant_id: str, media_type: str, name: str, body: bytes, at: str
    ) -> None:
        """Keep one file. Bytes that are known are a `Collision`."""
        self._connection.execute(
            insert(files).values(
                digest=digest, economic_operator_id=operator, plant_id=plant_id, media_type=media_type,
                size=len(body), name=name, created_at=at, body=body,
            )
        )  # fmt: skip

    def about(self, digest: bytes) -> Row[Any] | None:
        """What is known of a file, without its bytes."""
        return self._connection.execute(select(*_ABOUT).where(files.c.digest == digest)).one_or_none()

    def get(self, digest: bytes) -> Row[Any] | None:
        return self._connection.execute(select(files).where(files.c.digest == digest)).one_or_none()

    def known(self, digests: Collection[bytes]) -> frozenset[bytes]:
        """Those of `digests` that are here."""
        query = select(files.c.digest).where(files.c.digest.in_(digests))
        return frozenset(bytes(row.digest) for row in self._connection.execute(query))

    def newest(self, operator: str, *, limit: int, offset: int) -> Sequence[Row[Any]]:
        query = (
            select(*_ABOUT)
            .where(files.c.economic_operator_id == operator)
            .order_by(files.c.created_at.desc(), files.c.digest)
        )
        return self._connection.execute(query.limit(limit).offset(offset)).all()

    def add_uses(self, rows: Sequence[dict[str, Any]]) -> None:
        """Say which signed documents link to which files."""
        self._connection.execute(insert(file_uses), rows)

    def sections_of(self, digest: bytes) -> frozenset[str]:
        """Sections in which a signed document links to the file."""
        query = select(file_uses.c.section).where(file_uses.c.digest == digest).distinct()
        return frozenset(row.section for row in self._connection.execute(query))
