"""JOSE forms of signed documents: made once; only one whose key was revoked is replaced."""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from app.store.tables import jose_documents

_ADD = insert(jose_documents)
_FORM = select(jose_documents).where(
    jose_documents.c.subject_key == bindparam("subject_key"),
    jose_documents.c.section == bindparam("section"),
    jose_documents.c.version == bindparam("version"),
)


class JoseDocuments:
    """The token of a document's version, beside its embedded form."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: dict[str, Any]) -> None:
        """Store one. One that exists already is a `Collision`: somebody was faster."""
        self._connection.execute(_ADD, row)

    def drop(self, row: Row[Any]) -> None:
        """Take one away, if it is still the same: another takes its place in this transaction."""
        self._connection.execute(
            delete(jose_documents).where(
                jose_documents.c.subject_key == row.subject_key,
                jose_documents.c.section == row.section,
                jose_documents.c.version == row.version,
                jose_documents.c.digest == row.digest,
            )
        )

    def of(self, subject_key: bytes, section: str, version: int) -> Row[Any] | None:
        return self._connection.execute(
            _FORM, {"subject_key": subject_key, "section": section, "version": version}
        ).one_or_none()
