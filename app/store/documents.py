"""Signed documents: written once, byte-exact, never changed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
)

from app.store.tables import batteries, documents, jose_documents
from app.store.trust import MARK_TABLES, MARKS

# Built once: building a statement costs more than running it. This is the one select of the public look-up.
_NEWEST_OF_PASSPORT = (
    select(documents.c.body, documents.c.digest, batteries.c.state)
    .join(batteries, batteries.c.key == documents.c.subject_key)
    .where(
        batteries.c.passport_uuid == bindparam("passport_uuid"),
        documents.c.section == bindparam("section"),
    )
    .order_by(documents.c.version.desc())
    .limit(1)
)


# The same with all that the page of a passport depends on.
_PUBLIC_PAGE = (
    select(documents.c.body, batteries.c.state, *MARKS)
    .select_from(
        documents.join(batteries, batteries.c.key == documents.c.subject_key).join(MARK_TABLES, true())
    )
    .where(batteries.c.passport_uuid == bindparam("passport_uuid"), documents.c.section == "public")
    .order_by(documents.c.version.desc())
    .limit(1)
)

_NEWEST = (
    select(documents)
    .where(documents.c.subject_key == bindparam("subject_key"), documents.c.section == bindparam("section"))
    .order_by(documents.c.version.desc())
    .limit(1)
)
_HEAD = (
    select(documents.c.subject_key, documents.c.section, func.max(documents.c.version).label("version"))
    .where(
        documents.c.subject_key.in_(bindparam("subject_keys", expanding=True)),
        documents.c.section.in_(bindparam("sections", expanding=True)),
    )
    .group_by(documents.c.subject_key, documents.c.section)
    .subquery()
)
_NEWEST_OF = select(documents).join(
    _HEAD,
    and_(
        documents.c.subject_key == _HEAD.c.subject_key,
        documents.c.section == _HEAD.c.section,
        documents.c.version == _HEAD.c.version,
    ),
)


_ADD = insert(documents)
_WITHOUT_BODY = [column for column in documents.c if column.name not in ("body", "sources")]
_HEADS_OF = select(*_WITHOUT_BODY).join(
    _HEAD,
    and_(
        documents.c.subject_key == _HEAD.c.subject_key,
        documents.c.section == _HEAD.c.section,
        documents.c.version == _HEAD.c.version,
    ),
)
_HISTORY = (
    select(*_WITHOUT_BODY)
    .where(documents.c.subject_key == bindparam("subject_key"), documents.c.section == bindparam("section"))
    .order_by(documents.c.version.desc())
)

_VERSIONS_OF = (
    select(*_WITHOUT_BODY)
    .where(
        documents.c.subject_key.in_(bindparam("subject_keys", expanding=True)),
        documents.c.section.in_(bindparam("sections", expanding=True)),
    )
    .order_by(documents.c.created_at.desc(), documents.c.section, documents.c.version.desc())
)


_NEWER = documents.alias("newer")
_IS_NEWEST = ~exists().where(
    _NEWER.c.subject_key == documents.c.subject_key,
    _NEWER.c.section == documents.c.section,
    _NEWER.c.version > documents.c.version,
)
_COUNTS = select(documents.c.signed_by, func.count()).where(_IS_NEWEST).group_by(documents.c.signed_by)
_SIGNED_BY = (
    select(documents)
    .where(
        _IS_NEWEST,
        documents.c.section == bindparam("section"),
        documents.c.subject_key > bindparam("after"),
    )
    .order_by(documents.c.subject_key)
    .limit(bindparam("limit"))
)
_BY_KEY, _BY_NOBODY = documents.c.signed_by == bindparam("method"), documents.c.signed_by.is_(None)


_PAGE = 256


class Documents:
    """Versions of each section of each battery or model, oldest is 1."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_all(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store versions. One that exists already is a `Collision`: somebody was faster."""
        self._connection.execute(_ADD, rows)

    def all_with_entries(self) -> Iterator[Row[Any]]:
        """Every version of every section in both forms: its bytes, and where its entry stands."""
        for table in (documents, jose_documents):
            key = (table.c.subject_key, table.c.section, table.c.version)
            query: Select[Any] = select(*key, table.c.body, table.c.log_position).order_by(*key).limit(_PAGE)
            page = self._connection.execute(query).all()
            while page:
                yield from page
                after = tuple_(*key) > tuple_(*(literal(value) for value in page[-1][:3]))
                page = self._connection.execute(query.where(after)).all()

    def newest(self, subject_key: bytes, section: str) -> Row[Any] | None:
        return self._connection.execute(
            _NEWEST, {"subject_key": subject_key, "section": section}
        ).one_or_none()

    def version(self, subject_key: bytes, section: str, version: int) -> Row[Any] | None:
        query = select(documents).where(
            documents.c.subject_key == subject_key,
            documents.c.section == section,
            documents.c.version == version,
        )
        return self._connection.execute(query).one_or_none()

    def newest_of(self, subject_keys: Iterable[bytes], sections: Iterable[str]) -> Sequence[Row[Any]]:
        """Newest version of each section asked for, of each subject. Nothing else is read."""
        return self._connection.execute(
            _NEWEST_OF, {"subject_keys": list(subject_keys), "sections": list(sections)}
        ).all()

    def history(self, subject_key: bytes, section: str) -> Sequence[Row[Any]]:
        """All versions, newest first, without their bytes."""
        return self._connection.execute(_HISTORY, {"subject_key": subject_key, "section": section}).all()

    def versions_of(self, subject_keys: Iterable[bytes], sections: Iterable[str]) -> Sequence[Row[Any]]:
        """Every version of each section asked for, newest first, without bytes. Nothing else is read."""
        return self._connection.execute(
            _VERSIONS_OF, {"subject_keys": list(subject_keys), "sections": list(sections)}
        ).all()

    def heads_of(self, subject_keys: Iterable[bytes], sections: Iterable[str]) -> Sequence[Row[Any]]:
        """As `newest_of`, without their bytes."""
        return self._connection.execute(
            _HEADS_OF, {"subject_keys": list(subject_keys), "sections": list(sections)}
        ).all()

    def count_newest_by_signer(self) -> dict[str | None, int]:
        """How many newest versions each verification method signed. None: stored before that was noted."""
        return {row[0]: int(row[1]) for row in self._connection.execute(_COUNTS)}

    def newest_signed_by(
        self, method: str | None, section: str, after: bytes, limit: int
    ) -> Sequence[Row[Any]]:
        """Newest versions that this key signed, of subjects after `after`, in the order of their keys. None:
        those stored before that was noted."""
        query = _SIGNED_BY.where(_BY_NOBODY if method is None else _BY_KEY)
        asked = {"section": section, "after": after, "limit": limit}
        return self._connection.execute(query, asked if method is None else {**asked, "method": method}).all()

    def count_newest_signed_by(self, methods: Iterable[str], sections: Iterable[str]) -> int:
        """How many newest versions these keys signed."""
        query = (
            select(func.count())
            .select_from(documents)
            .where(_IS_NEWEST, documents.c.signed_by.in_(list(methods)))
        )
        return int(
            self._connection.execute(query.where(documents.c.section.in_(list(sections)))).scalar_one()
        )

    def public_page(self, passport_uuid: str) -> tuple[bytes, str, tuple[object, ...]] | None:
        """Bytes of the newest public section, the passport's state, and the marks of the lists."""
        row = self._connection.execute(_PUBLIC_PAGE, {"passport_uuid": passport_uuid}).one_or_none()
        return None if row is None else (bytes(row[0]), str(row[1]), tuple(row[2:]))

    def newest_of_passport(self, passport_uuid: str, section: str) -> Row[Any, Any, Any] | None:
        """The bytes and digest of an item section: the one select of the public look-up."""
        return self._connection.execute(
            _NEWEST_OF_PASSPORT, {"passport_uuid": passport_uuid, "section": section}
        ).one_or_none()
