"""What came in: plants, records and the quarantine."""

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from app.core.quarantine_filter import QuarantineFilter
from app.store.factory_tables import intake_records, plants, quarantine
from app.store.many_keys import ManyKeys
from app.store.many_rows import ManyRows

# Built once: building a statement costs more than running it. Names of values differ from those of columns
# where a statement has both.
_FIND = select(intake_records).where(
    intake_records.c.plant_id == bindparam("plant_id"), intake_records.c.record_id == bindparam("record_id")
)
_FIND_MANY = ManyKeys(
    intake_records.c.record_id,
    lambda among: select(
        intake_records.c.record_id,
        intake_records.c.body_digest,
        intake_records.c.answer,
        intake_records.c.received_at,
    ).where(intake_records.c.plant_id == bindparam("plant_id"), among),
)
_ADD = insert(intake_records).returning(intake_records.c.sequence)
_ADD_MANY = ManyRows(intake_records)
_KEEP_ANSWERS = update(intake_records).where(
    intake_records.c.plant_id == bindparam("plant"),
    intake_records.c.record_id == bindparam("record"),
    intake_records.c.answer.is_(None),
)
_UNANSWERED = (
    select(
        intake_records.c.sequence, intake_records.c.plant_id, intake_records.c.body,
        intake_records.c.received_at,
    )
    .where(
        intake_records.c.answer.is_(None),
        intake_records.c.sequence > bindparam("through"),
        intake_records.c.received_at <= bindparam("until"),
    )
    .order_by(intake_records.c.sequence)
    .limit(bindparam("at_most"))
)  # fmt: skip
_ACTS_OF = (
    select(intake_records.c.subject_key, intake_records.c.kind, intake_records.c.sent_at)
    .where(
        intake_records.c.subject_key.in_(bindparam("keys", expanding=True)),
        intake_records.c.kind.in_((literal_column("'release'"), literal_column("'withdrawal'"))),
    )
    .order_by(intake_records.c.sequence)
)
_KEEP_ANSWER = update(intake_records).where(
    intake_records.c.sequence == bindparam("number"), intake_records.c.answer.is_(None)
)
_ANSWER = select(intake_records.c.answer).where(intake_records.c.sequence == bindparam("number"))
_KEPT = (intake_records.c.sequence, intake_records.c.body, intake_records.c.plant_id)
_OF_SUBJECTS = (
    select(*_KEPT)
    .where(intake_records.c.subject_key.in_(bindparam("keys", expanding=True)))
    .order_by(intake_records.c.sequence)
)
_NUMBERED = (
    select(intake_records.c.sequence, intake_records.c.body)
    .where(intake_records.c.sequence.in_(bindparam("numbers", expanding=True)))
    .order_by(intake_records.c.sequence)
)
_DESCRIBED = select(
    *(column for column in intake_records.c if column.name not in ("body", "body_digest", "answer"))
).where(intake_records.c.sequence.in_(bindparam("numbers", expanding=True)))
_ABOUT = (
    select(*_KEPT, intake_records.c.received_at)
    .where(
        intake_records.c.subject_key.in_(bindparam("keys", expanding=True)),
        intake_records.c.economic_operator_id == bindparam("operator"),
    )
    .order_by(intake_records.c.sequence)
)
_SLOTS: Final = 3
"""Subjects that a draft is made of: model, battery and batch."""
_NEWEST_OF = select(
    *(
        select(func.max(intake_records.c.sequence))
        .where(intake_records.c.subject_key == bindparam(f"key{slot}"))
        .scalar_subquery()
        for slot in range(_SLOTS)
    )
)
_AFTER = (
    select(intake_records.c.subject_key, *_KEPT)
    .where(
        or_(
            *(
                and_(
                    intake_records.c.subject_key == bindparam(f"key{slot}"),
                    intake_records.c.sequence > bindparam(f"through{slot}"),
                )
                for slot in range(_SLOTS)
            )
        )
    )
    .order_by(intake_records.c.sequence)
)
_OF_MANY = select(intake_records.c.subject_key, *_KEPT).where(
    intake_records.c.subject_key.in_(bindparam("keys", expanding=True))
)
_NEWEST_OF_EACH = (
    select(intake_records.c.subject_key, func.max(intake_records.c.sequence))
    .where(intake_records.c.subject_key.in_(bindparam("keys", expanding=True)))
    .group_by(intake_records.c.subject_key)
)
ALL: Final = QuarantineFilter()
_WITHOUT_BODY = [column for column in quarantine.c if column.name != "body"]
_OPEN_BY_ID, _OPEN_BY_DIGEST = (
    ManyKeys(
        column,
        lambda among: select(quarantine.c.id).where(
            quarantine.c.plant_id == bindparam("plant_id"), quarantine.c.settled.is_(None), among
        ),
    )
    for column in (quarantine.c.record_id, quarantine.c.body_digest)
)
_SETTLE_ACCEPTED = (
    update(quarantine)
    .where(
        quarantine.c.plant_id == bindparam("plant"),
        or_(quarantine.c.body_digest == bindparam("digest"), quarantine.c.record_id == bindparam("record")),
        quarantine.c.settled.is_(None),
    )
    .values(
        settled=case((quarantine.c.body_digest == bindparam("digest"), "replayed"), else_="replaced"),
        settled_at=bindparam("at"),
    )
)


def _waiting(plant_id: str | None, only: QuarantineFilter) -> list[ColumnElement[bool]]:
    """What is open and meant. The refusal is JSON text: a quote inside one of its texts is escaped, so a
    member with its value is found nowhere but where it stands."""
    found: list[ColumnElement[bool]] = [quarantine.c.settled.is_(None)]
    if plant_id is not None:
        found.append(quarantine.c.plant_id == plant_id)
    if only.mapping is not None and ":" in only.mapping:
        found.append(quarantine.c.mapping == only.mapping)
    elif only.mapping is not None:
        found.append(quarantine.c.mapping.startswith(f"{only.mapping}:", autoescape=True))
    for name, text in (("rule", only.rule), ("pointer", only.pointer)):
        if text is not None:
            member = f"{json.dumps(name)}: {json.dumps(text)}"
            found.append(quarantine.c.problem.contains(member, autoescape=True))
    if only.file is not None:
        found.append(quarantine.c.origin.startswith(f"{only.file}:", autoescape=True))
    if only.door is not None:
        found.append(quarantine.c.door == only.door)
    return found


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

    def change_token(self, plant_id: str, token_hash: bytes) -> None:
        self._connection.execute(update(plants).where(plants.c.id == plant_id).values(token_hash=token_hash))

    def revoke(self, plant_id: str, at: str | None) -> None:
        """From this moment it may not send; with None it may again."""
        self._connection.execute(update(plants).where(plants.c.id == plant_id).values(revoked_at=at))

    def get(self, plant_id: str) -> Row[Any] | None:
        return self._connection.execute(select(plants).where(plants.c.id == plant_id)).one_or_none()

    def all(self) -> Sequence[Row[Any]]:
        return self._connection.execute(select(plants).order_by(plants.c.id)).all()


class Records:
    """Accepted records, as they were sent. Never changed but for the kept answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, plant_id: str, record_id: str) -> Row[Any] | None:
        return self._connection.execute(_FIND, {"plant_id": plant_id, "record_id": record_id}).one_or_none()

    def add(self, **values: Any) -> int:
        """Store one record and return its sequence number. A record id that is known is a `Collision`."""
        return int(self._connection.execute(_ADD, values).scalar_one())

    def find_many(self, plant_id: str, record_ids: Sequence[str]) -> Sequence[Any]:
        """Those of several record ids that are known: digest of the body, and the answer."""
        return _FIND_MANY.rows(self._connection, record_ids, plant_id=plant_id)

    def add_many(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store new records in their order. A record id that is known meanwhile is a `Collision`."""
        _ADD_MANY.add(self._connection, rows)

    def keep_answers(self, answers: Sequence[tuple[str, str, str]]) -> None:
        """Plant, record id and first answer of several records; an answer that is kept stays."""
        self._connection.execute(
            _KEEP_ANSWERS,
            [{"plant": plant, "record": record, "answer": answer} for plant, record, answer in answers],
        )

    def unanswered(self, through: int, until: str, at_most: int) -> Sequence[Any]:
        """Records received until then whose follow-up is not done, after a sequence number, oldest first."""
        values = {"through": through, "until": until, "at_most": at_most}
        return self._connection.execute(_UNANSWERED, values).all()

    def acts_of(self, keys: Sequence[bytes]) -> Sequence[Any]:
        """Stamps of these batteries and their withdrawals, in order of arrival."""
        return self._connection.execute(_ACTS_OF, {"keys": list(keys)}).all()

    def keep_answer(self, sequence: int, answer: str) -> str:
        """Keep the first answer to a record; returns the one that is kept."""
        self._connection.execute(_KEEP_ANSWER, {"number": sequence, "answer": answer})
        return str(self._connection.execute(_ANSWER, {"number": sequence}).scalar_one())

    def of_subjects(self, keys: Iterable[bytes]) -> Sequence[Row[Any, Any, Any]]:
        """Sequence number, bytes and plant of every record about these subjects, in order of arrival."""
        return self._connection.execute(_OF_SUBJECTS, {"keys": list(keys)}).all()

    def about(self, keys: Iterable[bytes], operator: str) -> Sequence[Row[Any, Any, Any, Any]]:
        """The same with time of receipt, of one economic operator."""
        return self._connection.execute(_ABOUT, {"keys": list(keys), "operator": operator}).all()

    def numbered(self, numbers: Sequence[int]) -> Sequence[Row[Any, Any]]:
        """Records by their numbers, in order."""
        return self._connection.execute(_NUMBERED, {"numbers": list(numbers)}).all()

    def has_about(self, key: bytes, operator: str) -> bool:
        """Whether this economic operator has a record about a subject."""
        query = (
            select(intake_records.c.sequence)
            .where(intake_records.c.subject_key == key, intake_records.c.economic_operator_id == operator)
            .limit(1)
        )
        return self._connection.execute(query).one_or_none() is not None

    def described(self, numbers: Sequence[int]) -> Sequence[Row[Any]]:
        """How records came in, by their numbers: without their bytes."""
        return self._connection.execute(_DESCRIBED, {"numbers": list(numbers)}).all() if numbers else []

    def after(self, known: Sequence[tuple[bytes, int]]) -> Sequence[Any]:
        """Records about up to three subjects, each after a sequence number, in order of arrival."""
        filled = [*known, *[(b"", 0)] * (_SLOTS - len(known))]
        values = {f"key{slot}": key for slot, (key, _) in enumerate(filled)}
        return self._connection.execute(
            _AFTER, values | {f"through{slot}": through for slot, (_, through) in enumerate(filled)}
        ).all()

    def newest_of(self, keys: Sequence[bytes]) -> int:
        """The highest sequence number of a record about up to three subjects; 0 where there is none."""
        filled = [*keys, *[b""] * (_SLOTS - len(keys))]
        row = self._connection.execute(
            _NEWEST_OF, {f"key{slot}": key for slot, key in enumerate(filled)}
        ).one()
        return max(number or 0 for number in row)

    def of_many(self, keys: Iterable[bytes]) -> dict[bytes, list[tuple[int, bytes, str]]]:
        """As `of_subjects`, for each subject by itself and in no order."""
        found: dict[bytes, list[tuple[int, bytes, str]]] = {}
        for subject, sequence, body, plant in self._connection.execute(_OF_MANY, {"keys": list(keys)}):
            found.setdefault(bytes(subject), []).append((sequence, bytes(body), plant))
        return found

    def newest_of_each(self, keys: Iterable[bytes]) -> dict[bytes, int]:
        """As `newest_of`, for each subject that has a record."""
        rows = self._connection.execute(_NEWEST_OF_EACH, {"keys": list(keys)})
        return {bytes(subject): int(sequence) for subject, sequence in rows}

    def newest(self) -> int:
        """The highest sequence number of any record; 0 where there is none."""
        return int(self._connection.execute(select(func.max(intake_records.c.sequence))).scalar_one() or 0)

    def count(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(intake_records)).scalar_one())


class Quarantine:
    """Refused records: kept whole, counted, and ready to be replayed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(
        self, *, operator: str, plant_id: str, body_digest: bytes, body: bytes, problem: str,
        record_id: str | None, at: str, mended_from: str | None = None, door: str = "rest",
        origin: str | None = None, mapping: str | None = None, rule: str | None = None,
    ) -> str:  # fmt: skip
        """Set aside one refused body; the same bytes again only count up. Returns its id."""
        same = (quarantine.c.plant_id == plant_id) & (quarantine.c.body_digest == body_digest)
        known = self._connection.execute(
            update(quarantine)
            .where(same)
            .values(
                times=quarantine.c.times + 1,
                last_received_at=at,
                door=door,
                origin=origin,
                mapping=mapping,
                problem=problem,
                rule=rule,
                settled=None,
                settled_at=None,
                settled_by=None,
                reason=None,
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
                mended_from=mended_from, door=door, origin=origin, mapping=mapping, rule=rule,
            )
        )  # fmt: skip
        return quarantine_id

    def get(self, quarantine_id: str) -> Row[Any] | None:
        return self._connection.execute(
            select(quarantine).where(quarantine.c.id == quarantine_id)
        ).one_or_none()

    def settled_under(self, plant_id: str, record_id: str) -> Sequence[str]:
        """Entries that were refused under a record's id before it was accepted, oldest first."""
        query = (
            select(quarantine.c.id)
            .where(quarantine.c.plant_id == plant_id, quarantine.c.record_id == record_id)
            .where(quarantine.c.settled.is_not(None))
            .order_by(quarantine.c.received_at, quarantine.c.id)
        )
        return [str(each) for each in self._connection.execute(query).scalars()]

    def open(
        self, plant_id: str | None, *, limit: int, offset: int, only: QuarantineFilter = ALL
    ) -> Sequence[Row[Any]]:
        """What waits, newest first, without the bodies."""
        query = select(*_WITHOUT_BODY).where(*_waiting(plant_id, only))
        newest_first = query.order_by(quarantine.c.last_received_at.desc(), quarantine.c.id)
        return self._connection.execute(newest_first.limit(limit).offset(offset)).all()

    def count_open(self, plant_id: str | None = None, only: QuarantineFilter = ALL) -> int:
        query = select(func.count()).select_from(quarantine).where(*_waiting(plant_id, only))
        return int(self._connection.execute(query).scalar_one())

    def settle(
        self, quarantine_id: str, how: str, at: str, *, by: str | None = None, reason: str | None = None
    ) -> bool:
        """Close an entry that is open. False: somebody was faster (T50)."""
        done = self._connection.execute(
            update(quarantine)
            .where(quarantine.c.id == quarantine_id, quarantine.c.settled.is_(None))
            .values(settled=how, settled_at=at, settled_by=by, reason=reason)
        )
        return done.rowcount == 1

    def settle_accepted_many(
        self, plant_id: str, accepted: Sequence[tuple[str, bytes]], at: str, but: Collection[str] = (),
        rows: Sequence[bytes] = (),
    ) -> None:  # fmt: skip
        """The same for many records, by id and digest: two look-ups where nothing of them waits.

        `rows` are digests of the plant's own rows that records were made of, all of them taken.
        """
        found: dict[str, str] = {}
        for waiting, keys, how in (
            (_OPEN_BY_ID, [record_id for record_id, _ in accepted], "replaced"),
            (_OPEN_BY_DIGEST, [*(digest for _, digest in accepted), *rows], "replayed"),
        ):
            open_ones = waiting.rows(self._connection, keys, plant_id=plant_id)
            found |= {str(row.id): how for row in open_ones}
        for quarantine_id, how in sorted(found.items()):
            if quarantine_id not in but:
                self.settle(quarantine_id, how, at)

    def settle_accepted(self, plant_id: str, record_id: str, body_digest: bytes, at: str) -> None:
        """A record was accepted: the same bytes wait no longer, nor what was refused under the same id."""
        self._connection.execute(
            _SETTLE_ACCEPTED, {"plant": plant_id, "record": record_id, "digest": body_digest, "at": at}
        )
