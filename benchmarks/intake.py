"""Intake: records a second, beside a bare insert of the same rows in a database of its own.

Each record is a transaction in both: an event alone is durable when it is acknowledged. Elapsed time is told
beside CPU time, since a commit waits for the disk.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from sqlalchemy import Engine, insert, select

from app import wiring
from app.core.identifiers import BatteryKey
from app.services import intake
from app.store import engine as engines
from app.store.tables import batteries, intake_records, plants
from app.store.unit_of_work import unit_of_work
from benchmarks import installation, measure
from benchmarks.installation import Installation
from benchmarks.measure import Contender, Group, Target
from tests import factories

RECORDS = 40
PACK, LOT, REPEATED = "pack record, a new battery", "lot of cells", "record sent again"
BARE_PACK, BARE_LOT = "bare insert of its two rows", "bare insert of its row"


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
            told.append(
                Group(
                    f"Intake on {name}, one record a transaction: {of} time",
                    (
                        measure.figure(costs, PACK, BARE_PACK, unit="/s", target=Target(2)),
                        measure.figure(costs, LOT, BARE_LOT, unit="/s", target=Target(2)),
                        measure.figure(costs, REPEATED, BARE_LOT, unit="/s"),
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
            return [installation.pack_bodies(now, f"I{next(number):07}")[0] for _ in range(RECORDS)]
        return [factories.body(_cell_lot(now, next(number))) for _ in range(RECORDS)]

    def taken(kind: str, *, again: bool = False) -> Contender:
        def once() -> float:
            sent = bodies(kind)
            if again:
                _take(made, sent)
            begun = clock()
            _take(made, sent)
            return (clock() - begun) / RECORDS

        return once

    def inserted(kind: str) -> Contender:
        def once() -> float:
            rows = _rows(made, _take(made, bodies(kind)))
            begun = clock()
            for record, battery in rows:
                with unit_of_work(bare) as work:
                    work._connection.execute(insert(intake_records).values(**record))
                    if battery:
                        work._connection.execute(insert(batteries).values(**battery))
                    work.commit()
            return (clock() - begun) / RECORDS

        return once

    return {
        PACK: taken(PACK),
        BARE_PACK: inserted(PACK),
        LOT: taken(LOT),
        BARE_LOT: inserted(LOT),
        REPEATED: taken(LOT, again=True),
    }


def _take(made: Installation, sent: list[bytes]) -> list[str]:
    return [intake.accept(made.ctx, made.plant, body).answer["recordId"] for body in sent]


def _rows(made: Installation, record_ids: list[str]) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """The rows that taking these records in has left."""
    found = []
    with made.ctx.engine.connect() as connection:
        for record_id in record_ids:
            wanted = select(intake_records).where(intake_records.c.record_id == record_id)
            record = dict(connection.execute(wanted).one()._mapping)
            del record["sequence"]
            battery = None
            if record["serial"]:
                key = BatteryKey(record["gtin"], record["serial"]).digest()
                battery = dict(
                    connection.execute(select(batteries).where(batteries.c.key == key)).one()._mapping
                )
            found.append((record, battery))
    return found


def _cell_lot(now: Any, number: int) -> dict[str, Any]:
    details = {
        "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
        "quantity": 1200, "materialLots": ["M1", "M2"],
    }  # fmt: skip
    return factories.a_record("cell-lot", {"lot": f"C{number}"}, now, details=details)


def _numbers() -> Iterator[int]:
    number = time.time_ns() // 1000 % 1_000_000
    while True:
        number += 1
        yield number


def _copy_plants(made: Installation, bare: Engine) -> None:
    with made.ctx.engine.connect() as source, closing(bare.connect()) as target:
        rows = [dict(row._mapping) for row in source.execute(select(plants))]
        target.execute(insert(plants), rows)
        target.commit()


def _second(url: str) -> str:
    """Another database on the same server."""
    from sqlalchemy import create_engine, text

    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("create database bare"))
    return url.replace("/postgres?", "/bare?")
