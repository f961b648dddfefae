"""What came in: plants, records and the quarantine."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from app.store.tables import intake_records, plants, quarantine


class Plants:
    """Who may send, by the hash of its token."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, plant_id: str, operator: str, name: str, token_hash: bytes, at: str) -> None:
        self._connection.execute(
            insert(plants).values(
                id=plant_id, economic_operator_id=operator, name=name, token_hash=token_hash, created_at=at
            )
        )

    def by_token_hash(self, token_hash: bytes) -> Row[Any] | None:
        query = select(plants).where(plants.c.token_hash == token_hash, plants.c.revoked_at.is_(None))
        return self._connection.execute(query).one_or_none()

    def get(self, plant_id: str) -> Row[Any] | None:
        return self._connection.execute(select(plants).where(plants.c.id == plant_id)).one_or_none()

    def all(self) -> Sequence[Row[Any]]:
        return self._connection.execute(select(plants).order_by(plants.c.id)).all()


class Records:
    """Accepted records, as they were sent. Never changed but for the kept answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, plant_id: str, record_id: str) -> Row[Any] | None:
        query = select(intake_records).where(
            intake_records.c.plant_id == plant_id, intake_records.c.record_id == record_id
        )
        return self._connection.execute(query).one_or_none()

    def add(self, **values: Any) -> int:
        result = self._connection.execute(
            insert(intake_records).values(**values).returning(intake_records.c.sequence)
        )
        return int(result.scalar_one())

    def keep_answer(self, sequence: int, answer: str) -> str:
        """Keep the first answer to a record; returns the one that is kept."""
        this = intake_records.c.sequence == sequence
        self._connection.execute(
            update(intake_records).where(this, intake_records.c.answer.is_(None)).values(answer=answer)
        )
        return str(self._connection.execute(select(intake_records.c.answer).where(this)).scalar_one())

    def of_subjects(self, keys: Iterable[bytes]) -> Sequence[Row[Any]]:
        query = (
            select(intake_records)
            .where(intake_records.c.subject_key.in_(list(keys)))
            .order_by(intake_records.c.sequence)
        )
        return self._connection.execute(query).all()

    def count(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(intake_records)).scalar_one())


class Quarantine:
    """Refused records: kept whole, counted, and ready to be replayed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(
        self, *, operator: str, plant_id: str, body_digest: bytes, body: bytes, problem: str,
        record_id: str | None, at: str,
    ) -> str:  # fmt: skip
        """Set aside one refused body; the same bytes again only count up. Returns its id."""
        same = (quarantine.c.plant_id == plant_id) & (quarantine.c.body_digest == body_digest)
        known = self._connection.execute(
            update(quarantine)
            .where(same)
            .values(
                times=quarantine.c.times + 1,
                last_received_at=at,
                problem=problem,
                settled=None,
                settled_at=None,
            )
            .returning(quarantine.c.id)
        ).scalar_one_or_none()
        if known is not None:
            return str(known)
        quarantine_id = str(uuid.uuid4())
        self._connection.execute(
            insert(quarantine).values(
                id=quarantine_id, economic_operator_id=operator, plant_id=plant_id, body_digest=body_digest,
                body=body, problem=problem, record_id=record_id, times=1, received_at=at, last_received_at=at,
            )
        )  # fmt: skip
        return quarantine_id

    def get(self, quarantine_id: str) -> Row[Any] | None:
        return self._connection.execute(
            select(quarantine).where(quarantine.c.id == quarantine_id)
        ).one_or_none()

    def open(self, plant_id: str | None = None, limit: int = 200) -> Sequence[Row[Any]]:
        query = select(quarantine).where(quarantine.c.settled.is_(None))
        if plant_id is not None:
            query = query.where(quarantine.c.plant_id == plant_id)
        return self._connection.execute(
            query.order_by(quarantine.c.last_received_at.desc()).limit(limit)
        ).all()

    def count_open(self, plant_id: str | None = None) -> int:
        query = select(func.count()).select_from(quarantine).where(quarantine.c.settled.is_(None))
        if plant_id is not None:
            query = query.where(quarantine.c.plant_id == plant_id)
        return int(self._connection.execute(query).scalar_one())

    def settle(self, quarantine_id: str, how: str, at: str) -> None:
        self._connection.execute(
            update(quarantine).where(quarantine.c.id == quarantine_id).values(settled=how, settled_at=at)
        )

    def settle_body(self, plant_id: str, body_digest: bytes, at: str) -> None:
        """The same bytes were accepted after all: they wait no longer."""
        self._connection.execute(
            update(quarantine)
            .where(
                quarantine.c.plant_id == plant_id,
                quarantine.c.body_digest == body_digest,
                quarantine.c.settled.is_(None),
            )
            .values(settled="replayed", settled_at=at)
        )
