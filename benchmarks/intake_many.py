"""Many records at once: beside a bare insert of the same rows, and a record beside its thousandth sister.

Both sides store the same rows at the same number a transaction. Elapsed time is told beside CPU time, since a
commit waits for the disk and other programs for the processor.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Engine, insert, select

from app import wiring
from app.core.identifiers import BatteryKey
from app.services.intake_batch import CHUNK, Message, accept_many
from app.store import engine as engines
from app.store.tables import batteries, intake_records
from app.store.unit_of_work import unit_of_work
from benchmarks import installation, measure
from benchmarks.installation import GTIN, Installation
from benchmarks.intake import _cell_lot, _copy_plants, _numbers, _second
from benchmarks.measure import Contender, Figure, Group, Target
from tests import factories

LOT, PACK = "lot of cells, of 500 a transaction", "pack record, a new battery, of 500 a transaction"
BARE_LOT, BARE_PACK = "bare insert of its row", "bare insert of its two rows"
AGAIN = "lot sent again"
FIRST, LAST = "reading of a battery with 1", "reading of a battery with 2,000"
FEW, MANY = "record about a model with 1 waiting pack", "record about a model with 5,000 waiting packs"


def run(rounds: int) -> list[Group]:
    """SQLite on this machine's disk, and PostgreSQL."""
    with installation.postgresql() as url:
        return [*_on("SQLite", None, None, rounds), *_on("PostgreSQL", url, _second(url), rounds)]


def _on(name: str, database_url: str | None, bare_url: str | None, rounds: int) -> list[Group]:
    with installation.new(database_url=database_url) as made:
        bare = engines.create(bare_url or f"sqlite:///{made.settings.data_dir / 'bare.sqlite3'}")
        wiring.upgrade(bare)
        _copy_plants(made, bare)
        told = []
        for clock, of in ((time.process_time, "CPU"), (time.perf_counter, "elapsed")):
            costs = measure.rounds(_contenders(made, bare, clock), rounds)
            least = (Target(5_000, "at least", "/s"),) if name == "SQLite" else ()
            figures: list[Figure] = [
                measure.figure(costs, LOT, BARE_LOT, unit="/s", target=Target(2)),
                measure.figure(costs, PACK, BARE_PACK, unit="/s", target=Target(2)),
                measure.figure(costs, AGAIN, BARE_LOT, unit="/s"),
                *(
                    measure.figure(costs, LOT, BARE_LOT, unit="/s", target=one, label=f"{LOT}, rate")
                    for one in least
                ),
            ]
            told.append(Group(f"Many records on {name}: {of} time", tuple(figures)))
        growth = measure.rounds(_growing(made), rounds)
        told.append(
            Group(
                f"Growth on {name}: elapsed time",
                (
                    measure.figure(growth, LAST, FIRST, unit="ms", target=Target(2)),
                    measure.figure(growth, MANY, FEW, unit="ms", target=Target(4)),
                ),
            )
        )
        bare.dispose()
        return told


def _contenders(made: Installation, bare: Engine, clock: Callable[[], float]) -> dict[str, Contender]:
    number = _numbers()

    def bodies(kind: str) -> list[bytes]:
        now = made.ctx.now()
        if kind == PACK:
            return [installation.pack_bodies(now, f"J{next(number):07}")[0] for _ in range(CHUNK)]
        return [factories.body(_cell_lot(now, next(number))) for _ in range(CHUNK)]

    def taken(kind: str, *, again: bool = False) -> Contender:
        def once() -> float:
            sent = bodies(kind)
            if again:
                _take(made, sent)
            begun = clock()
            _take(made, sent)
            return (clock() - begun) / CHUNK

        return once

    def inserted(kind: str) -> Contender:
        def once() -> float:
            sent = bodies(kind)
            _take(made, sent)
            records, packs = _rows(made, sent)
            begun = clock()
            with unit_of_work(bare) as work:
                work._connection.execute(insert(intake_records), records)
                if packs:
                    work._connection.execute(insert(batteries), packs)
                work.commit()
            return (clock() - begun) / CHUNK

        return once

    return {
        LOT: taken(LOT), BARE_LOT: inserted(LOT), PACK: taken(PACK), BARE_PACK: inserted(PACK),
        AGAIN: taken(LOT, again=True),
    }  # fmt: skip


def _take(made: Installation, sent: Sequence[bytes]) -> None:
    found = accept_many(made.ctx, made.plant, [Message(body, f"bench:{n}") for n, body in enumerate(sent)])
    assert all(hasattr(each, "answer") for each in found)


def _rows(made: Installation, sent: Sequence[bytes]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with made.ctx.engine.connect() as connection:
        query = select(intake_records).order_by(intake_records.c.sequence.desc()).limit(len(sent))
        records = [dict(row._mapping) for row in connection.execute(query)]
        keys = [BatteryKey(row["gtin"], row["serial"]).digest() for row in records if row["serial"]]
        packs = connection.execute(select(batteries).where(batteries.c.key.in_(keys)))
        for record in records:
            del record["sequence"]
        return records, [dict(row._mapping) for row in packs]


def _growing(made: Installation) -> dict[str, Contender]:
    """A battery with few and with many readings; a model for which one and thousands of packs wait."""
    number = _numbers()
    now = made.ctx.now()

    def reading(serial: str) -> dict[str, Any]:
        return factories.a_record(
            "reading", {"gtin": GTIN, "serial": serial}, now, details={"device": "BMS"},
            values={"numberOfFullCycles": next(number)},
        )  # fmt: skip

    def stamped(gtin: str, count: int) -> None:
        stamps = [factories.release_record(now, f"W{n:05}") for n in range(count)]
        sent = [stamp | {"subject": {"gtin": gtin, "serial": stamp["subject"]["serial"]}} for stamp in stamps]
        _take(made, [factories.body(record) for record in sent])

    def about(gtin: str) -> dict[str, Any]:
        return factories.a_record(
            "model", {"gtin": gtin}, now, values={"nominalVoltage": {"value": "350.0", "unit": "V"}}
        )

    one, many = "09506000134376", "09506000134383"
    for serial, count in (("R-FEW", 1), ("R-MANY", 2_000)):
        _take(made, [factories.body(reading(serial)) for _ in range(count)])
    stamped(one, 1)
    stamped(many, 5_000)

    def timed(record: Callable[[], dict[str, Any]]) -> Contender:
        def once() -> float:
            sent = record()
            begun = time.perf_counter()
            installation.take(made.ctx, made.plant, sent)
            return time.perf_counter() - begun

        return once

    return {
        FIRST: timed(lambda: reading("R-FEW")), LAST: timed(lambda: reading("R-MANY")),
        FEW: timed(lambda: about(one)), MANY: timed(lambda: about(many)),
    }  # fmt: skip
