"""The board: batteries counted, grouped, and listed by what is asked for, each over an index of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from app.store.factory_tables import intake_records, quarantine
from app.store.tables import batteries

_COUNTS: Final = select(batteries.c.state, batteries.c.release, func.count()).group_by(
    batteries.c.state, batteries.c.release
)
_ISSUED_SINCE: Final = (
    select(func.count()).select_from(batteries).where(batteries.c.issued_at >= bindparam("since"))
)
_STAMPED_SINCE: Final = select(func.count(intake_records.c.subject_key.distinct())).where(
    intake_records.c.kind == "release", intake_records.c.received_at >= bindparam("since")
)
_LACKING: Final = (
    select(
        batteries.c.model_key, batteries.c.gtin, batteries.c.lot, batteries.c.lacks,
        func.count().label("number"),
    )
    .where(batteries.c.state == "draft", batteries.c.release == "released")
    .group_by(batteries.c.model_key, batteries.c.gtin, batteries.c.lot, batteries.c.lacks)
    .order_by(func.count().desc())
    .limit(bindparam("at_most"))
)  # fmt: skip
_REFUSED: Final = (
    select(quarantine.c.plant_id, quarantine.c.rule, func.count().label("number"))
    .where(quarantine.c.settled.is_(None))
    .group_by(quarantine.c.plant_id, quarantine.c.rule)
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None and empty take everything. `lacking` has groups of stamped drafts: model, batch
    and what they lack."""

    state: str | None = None
    release: str | None = None
    not_released: bool = False
    plant: str | None = None
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    since: str | None = None
    until: str | None = None
    lacking: Sequence[tuple[bytes, str | None, str | None]] | None = None


class Board:
    """Reads alone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counts(self, plant: str | None = None) -> list[tuple[str, str, int]]:
        """State, release and how many; of all plants, or of those that this one began."""
        found = self._connection.execute(_of(_COUNTS, batteries.c.plant_id, plant))
        return [(row[0], row[1], int(row[2])) for row in found]

    def issued_since(self, since: str, plant: str | None = None) -> int:
        query = _of(_ISSUED_SINCE, batteries.c.plant_id, plant)
        return int(self._connection.execute(query, {"since": since}).scalar_one())

    def stamped_since(self, since: str, plant: str | None = None) -> int:
        """Batteries whose stamp came in since then, each once; from all plants, or from one."""
        query = _of(_STAMPED_SINCE, intake_records.c.plant_id, plant)
        return int(self._connection.execute(query, {"since": since}).scalar_one())

    def lacking(self, at_most: int, plant: str | None = None) -> Sequence[Row[Any]]:
        """Stamped drafts by model, batch and what they lacked when they were judged, largest group first."""
        query = _of(_LACKING, batteries.c.plant_id, plant)
        return self._connection.execute(query, {"at_most": at_most}).all()

    def refused(self, plant: str | None = None) -> Sequence[Row[Any]]:
        """What is open in quarantine, by plant and rule."""
        return self._connection.execute(_of(_REFUSED, quarantine.c.plant_id, plant)).all()

    def models(self, operator: str, at_most: int) -> Sequence[str]:
        """GTINs of the models that this economic operator has sent a record about, in order."""
        query = (
            select(intake_records.c.gtin)
            .where(intake_records.c.level == literal_column("'model'"), intake_records.c.gtin.is_not(None))
            .where(intake_records.c.economic_operator_id == operator)
            .distinct()
            .order_by(intake_records.c.gtin)
            .limit(at_most)
        )
        return list(self._connection.execute(query).scalars())

    def refused_since(self, plant_id: str, since: str) -> int:
        """How many open entries of a plant came in since then."""
        query = (
            select(func.count())
            .select_from(quarantine)
            .where(
                quarantine.c.settled.is_(None),
                quarantine.c.plant_id == plant_id,
                quarantine.c.received_at >= since,
            )
        )
        return int(self._connection.execute(query).scalar_one())

    def page(self, wanted: Wanted, after: tuple[str, bytes] | None, limit: int) -> Sequence[Row[Any]]:
        """Batteries, the newest first, after the time and key of the last one that was shown."""
        return self._connection.execute(_page(wanted, after, limit)).all()


def _of(query: Select[Any], column: ColumnElement[Any], plant: str | None) -> Select[Any]:
    return query if plant is None else query.where(column == plant)


def _page(wanted: Wanted, after: tuple[str, bytes] | None, limit: int) -> Select[Any]:
    query = select(batteries).where(*_conditions(wanted))
    if after is not None:
        query = query.where(tuple_(batteries.c.created_at, batteries.c.key) < tuple_(*after))
    return query.order_by(batteries.c.created_at.desc(), batteries.c.key.desc()).limit(limit)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    equal = {
        "state": wanted.state, "release": wanted.release, "plant_id": wanted.plant, "gtin": wanted.gtin,
        "lot": wanted.lot,
    }  # fmt: skip
    found: list[ColumnElement[bool]] = [batteries.c[name] == value for name, value in equal.items() if value]
    if wanted.not_released:
        found.append(batteries.c.release != "released")
    if wanted.serial:
        found.append(batteries.c.serial.icontains(wanted.serial, autoescape=True))
    if wanted.since:
        found.append(batteries.c.created_at >= wanted.since)
    if wanted.until:
        found.append(batteries.c.created_at < wanted.until)
    if wanted.lacking is not None:
        found.append(
            or_(
                *(
                    and_(
                        batteries.c.model_key == model,
                        _is(batteries.c.lot, lot),
                        _is(batteries.c.lacks, lacks),
                    )
                    for model, lot, lacks in wanted.lacking
                ),
                false(),
            )
        )
    return found


def _is(column: ColumnElement[Any], value: str | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value
