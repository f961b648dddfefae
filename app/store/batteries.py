"""Batteries and what is about to be issued for them."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from app.store.factory_tables import intake_records, is_event_of_item
from app.store.many_keys import ManyKeys
from app.store.many_rows import ManyRows
from app.store.tables import batteries, documents, issuance_intentions

# Built once: building a statement costs more than running it.
_BY_KEY = select(batteries).where(batteries.c.key == bindparam("key"))
_BY_KEYS = select(batteries).where(batteries.c.key.in_(bindparam("keys", expanding=True)))
_BY_UUID = select(batteries).where(batteries.c.passport_uuid == bindparam("passport_uuid"))
# SQLite's write transactions wait for each other anyway; in PostgreSQL the row is held until this one ends.
_HELD_BY_KEY = _BY_KEY.with_for_update(key_share=True)
_HELD_ALL = ManyKeys(
    # in the same order everywhere, so that two that hold many do not wait for each other
    batteries.c.key,
    lambda among: select(batteries).where(among).order_by(batteries.c.key).with_for_update(key_share=True),
)
_HELD_BY_UUID = _BY_UUID.with_for_update(key_share=True)
_ADD = insert(batteries).returning(batteries)
_ADD_MANY = ManyRows(batteries)
_CHANGE = update(batteries).where(batteries.c.key == bindparam("battery"))
_NAMED_EARLY = (
    select(
        intake_records.c.subject_key, intake_records.c.serial, intake_records.c.plant_id,
        intake_records.c.economic_operator_id,
    )
    .where(
        intake_records.c.gtin == bindparam("gtin"),
        is_event_of_item(),
        ~exists(select(literal_column("1")).where(batteries.c.key == intake_records.c.subject_key)),
    )
    .order_by(intake_records.c.sequence)
    .limit(bindparam("at_most"))
)  # fmt: skip
_PLAN = select(issuance_intentions.c.plan).where(
    issuance_intentions.c.battery_key == bindparam("battery_key")
)
_PLANS = select(issuance_intentions.c.battery_key, issuance_intentions.c.plan).where(
    issuance_intentions.c.battery_key.in_(bindparam("keys", expanding=True))
)
_PUT = insert(issuance_intentions)
_DROP = delete(issuance_intentions).where(issuance_intentions.c.battery_key == bindparam("battery_key"))


class Batteries:
    """One row for each physical battery, from its first record on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, *, key: bytes, operator: str, gtin: str, serial: str, model_key: bytes, lot: str | None,
        plant_id: str, at: str,
    ) -> Row[Any]:  # fmt: skip
        """A draft with a passport identifier of its own, given once, random (T13, T54)."""
        return self._connection.execute(
            _ADD,
            {
                "key": key, "economic_operator_id": operator, "gtin": gtin, "serial": serial, "lot": lot,
                "model_key": model_key, "passport_uuid": str(uuid.uuid4()), "release": "none",
                "state": "draft", "created_at": at, "changed_at": at, "plant_id": plant_id,
            },
        ).one()  # fmt: skip

    def lots_of(self, model_key: bytes, *, limit: int) -> Sequence[str]:
        """Production batches of a model, those of the newest batteries first."""
        query = (
            select(batteries.c.lot)
            .where(batteries.c.model_key == model_key, batteries.c.lot.is_not(None))
            .group_by(batteries.c.lot)
            .order_by(func.max(batteries.c.created_at).desc(), batteries.c.lot)
            .limit(limit)
        )
        return [str(row.lot) for row in self._connection.execute(query)]

    def named_early(self, gtin: str, *, limit: int) -> Sequence[Any]:
        """Events about products of a model that have no row yet, in order of arrival."""
        return self._connection.execute(_NAMED_EARLY, {"gtin": gtin, "at_most": limit}).all()

    def by_key(self, key: bytes) -> Row[Any] | None:
        return self._connection.execute(_BY_KEY, {"key": key}).one_or_none()

    def by_keys(self, keys: Sequence[bytes]) -> Sequence[Row[Any]]:
        return self._connection.execute(_BY_KEYS, {"keys": list(keys)}).all() if keys else []

    def by_uuid(self, passport_uuid: str) -> Row[Any] | None:
        return self._connection.execute(_BY_UUID, {"passport_uuid": passport_uuid}).one_or_none()

    def held(self, key: bytes) -> Row[Any] | None:
        """The battery, kept from other writers until this transaction ends (T50)."""
        return self._connection.execute(_HELD_BY_KEY, {"key": key}).one_or_none()

    def add_many(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """New drafts. A key that is known meanwhile is a `Collision`."""
        _ADD_MANY.add(
            self._connection,
            [
                {
                    "key": row["key"], "economic_operator_id": row["operator"], "gtin": row["gtin"],
                    "serial": row["serial"], "lot": row["lot"], "model_key": row["model_key"],
                    "passport_uuid": str(uuid.uuid4()), "release": row["release"], "state": "draft",
                    "created_at": row["at"], "changed_at": row["at"], "plant_id": row["plant_id"],
                }
                for row in rows
            ],
        )  # fmt: skip

    def change_many(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Batch and stamp of several batteries, which the caller holds."""
        if rows:
            names = ("battery", "lot", "release", "changed_at")
            self._connection.execute(_CHANGE, [{name: row[name] for name in names} for row in rows])

    def held_by_uuid(self, passport_uuid: str) -> Row[Any] | None:
        """The same by its passport's identifier."""
        return self._connection.execute(_HELD_BY_UUID, {"passport_uuid": passport_uuid}).one_or_none()

    def held_all(self, keys: Iterable[bytes]) -> Sequence[Row[Any]]:
        """As `held`, for many: those that are known, held in the order of their keys."""
        return _HELD_ALL.rows(self._connection, list(keys))

    def change_all(self, keys: Iterable[bytes], at: str, **values: Any) -> None:
        """As `change`, the same for many."""
        self._connection.execute(_CHANGE, [{"battery": key, "changed_at": at, **values} for key in keys])

    def change(self, key: bytes, at: str, **values: Any) -> None:
        self._connection.execute(_CHANGE, {"battery": key, "changed_at": at, **values})

    def all(self, *, limit: int = 500) -> Sequence[Row[Any]]:
        query = select(batteries).order_by(batteries.c.created_at, batteries.c.key).limit(limit)
        return self._connection.execute(query).all()

    def unsettled(self) -> Sequence[Row[Any]]:
        """What a crash, or a value that came late, may have left behind: state and stamp do not agree."""
        query = select(batteries).where(
            or_(
                and_(batteries.c.state.in_(("draft", "suspended")), batteries.c.release == "released"),
                and_(batteries.c.state == "issued", batteries.c.release == "withdrawn"),
            )
        )
        return self._connection.execute(query).all()

    def with_unsigned_values(self, after: int, sections: Sequence[str], *, limit: int) -> Sequence[Row[Any]]:
        """Records above a number that came in after one of these sections of their battery was last signed,
        oldest first, each with its battery."""
        is_newer = (
            select(documents.c.section)
            .where(documents.c.subject_key == batteries.c.key, documents.c.section.in_(sections))
            .group_by(documents.c.section)
            .having(func.max(documents.c.created_at) < intake_records.c.received_at)
            .correlate(batteries, intake_records)
            .exists()
        )
        query: Select[Any] = (
            select(intake_records.c.sequence, batteries.c.gtin, batteries.c.serial)
            .join(batteries, batteries.c.key == intake_records.c.subject_key)
            .where(intake_records.c.sequence > after, batteries.c.state == "issued", is_newer)
            .order_by(intake_records.c.sequence)
            .limit(limit)
        )
        return self._connection.execute(query).all()

    def waiting_groups(self, model_key: bytes, lot: str | None) -> list[tuple[str | None, str | None]]:
        """Batch and `waits_for` of the stamped drafts of a model, or of one batch of it: each pair once."""
        query = select(batteries.c.lot, batteries.c.waits_for).where(*_waiting(model_key)).distinct()
        if lot is not None:
            query = query.where(batteries.c.lot == lot)
        return [(row.lot, row.waits_for) for row in self._connection.execute(query)]

    def waiting_in(self, model_key: bytes, lot: str | None, waits_for: str | None) -> Sequence[Any]:
        """The stamped drafts of one such group, in the order in which they came."""
        query = (
            select(batteries.c.gtin, batteries.c.serial)
            .where(*_waiting(model_key), batteries.c.lot == lot, batteries.c.waits_for == waits_for)
            .order_by(batteries.c.created_at, batteries.c.key)
        )
        return self._connection.execute(query).all()


def _waiting(model_key: bytes) -> tuple[ColumnElement[bool], ...]:
    return (
        batteries.c.model_key == model_key,
        batteries.c.state == "draft",
        batteries.c.release == "released",
    )


class Intentions:
    """What issuing is about to write, stored before anything is signed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, battery_key: bytes, operator: str, plan: dict[str, Any], at: str) -> None:
        self._connection.execute(
            _PUT,
            {
                "battery_key": battery_key,
                "economic_operator_id": operator,
                "plan": json.dumps(plan),
                "created_at": at,
            },
        )

    def get(self, battery_key: bytes) -> dict[str, Any] | None:
        plan = self._connection.execute(_PLAN, {"battery_key": battery_key}).scalar_one_or_none()
        return None if plan is None else dict(json.loads(plan))

    def put_all(self, plans: Mapping[bytes, dict[str, Any]], operator: str, at: str) -> None:
        """As `put`, for many; those that are there are replaced."""
        self.drop_all(plans)
        self._connection.execute(
            _PUT,
            [
                {
                    "battery_key": key, "economic_operator_id": operator, "plan": json.dumps(plan),
                    "created_at": at,
                }
                for key, plan in plans.items()
            ],
        )  # fmt: skip

    def get_all(self, keys: Iterable[bytes]) -> dict[bytes, dict[str, Any]]:
        """The plans that are there."""
        rows = self._connection.execute(_PLANS, {"keys": list(keys)})
        return {bytes(key): dict(json.loads(plan)) for key, plan in rows}

    def drop_all(self, keys: Iterable[bytes]) -> None:
        self._connection.execute(_DROP, [{"battery_key": key} for key in keys])

    def begun(self, until: str) -> Sequence[Any]:
        """GTIN and serial of the batteries whose issuing was begun until then and not finished."""
        query = (
            select(batteries.c.gtin, batteries.c.serial)
            .join(issuance_intentions, issuance_intentions.c.battery_key == batteries.c.key)
            .where(issuance_intentions.c.created_at <= until)
        )
        return self._connection.execute(query).all()

    def drop(self, battery_key: bytes) -> None:
        self._connection.execute(_DROP, {"battery_key": battery_key})
