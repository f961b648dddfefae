"""Taking records in beside a bare insert of the same rows, in a database of its own, at one batch size."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, create_engine, insert, select, text

from app import wiring
from app.core.identifiers import BatteryKey
from app.store import engine as engines
from app.store.factory_tables import genealogy_links, intake_records, plants
from app.store.tables import batteries
from app.store.unit_of_work import unit_of_work
from benchmarks import installation
from benchmarks.installation import Installation
from benchmarks.measure import Contender
from tests import factories

BARE_PACK, BARE_LOT = "bare insert of its rows and links", "bare insert of its row and links"
CLOCKS = ((time.process_time, "CPU"), (time.perf_counter, "elapsed"))
"""Elapsed time is told beside CPU time: a commit waits for the disk, and other programs for the processor."""

Take = Callable[[Sequence[bytes]], object]


@contextmanager
def databases() -> Iterator[list[tuple[str, str | None, str | None]]]:
    """(name, address, address of a second and empty one) of SQLite on this disk and of PostgreSQL."""
    with installation.postgresql() as url:
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("create database bare"))
        yield [("SQLite", None, None), ("PostgreSQL", url, url.replace("/postgres?", "/bare?"))]


@contextmanager
def beside(database_url: str | None, bare_url: str | None) -> Iterator[tuple[Installation, Engine]]:
    """An installation, and the same tables with nothing in them but the plants."""
    with installation.new(database_url=database_url) as made:
        bare = engines.create(bare_url or f"sqlite:///{made.settings.data_dir / 'bare.sqlite3'}")
        wiring.upgrade(bare)
        with made.ctx.engine.connect() as source, closing(bare.connect()) as target:
            target.execute(insert(plants), [dict(row._mapping) for row in source.execute(select(plants))])
            target.commit()
        yield made, bare
        bare.dispose()


def numbers() -> Iterator[int]:
    """Never given before, also by an earlier run."""
    number = time.time_ns() // 1000 % 1_000_000
    while True:
        number += 1
        yield number


@dataclass(frozen=True)
class Sides:
    """Contenders, each told in seconds a record: `take` is given `length` bodies, and the bare insert writes
    the rows that they left, `chunk` records a transaction."""

    made: Installation
    bare: Engine
    take: Take
    clock: Callable[[], float]
    length: int
    chunk: int
    number: Iterator[int] = field(default_factory=numbers)

    def packs(self) -> list[bytes]:
        now = self.made.ctx.now()
        return [installation.pack_bodies(now, f"I{next(self.number):07}")[0] for _ in range(self.length)]

    def lots(self) -> list[bytes]:
        now = self.made.ctx.now()
        return [factories.body(_cell_lot(now, next(self.number))) for _ in range(self.length)]

    def taken(self, bodies: Callable[[], list[bytes]], *, again: bool = False) -> Contender:
        def once() -> float:
            sent = bodies()
            if again:
                self.take(sent)
            begun = self.clock()
            self.take(sent)
            return (self.clock() - begun) / self.length

        return once

    def inserted(self, bodies: Callable[[], list[bytes]]) -> Contender:
        def once() -> float:
            sent = bodies()
            self.take(sent)
            records, packs, links = self._rows()
            parts = [slice(first, first + self.chunk) for first in range(0, self.length, self.chunk)]
            made = [
                (own, packs[part], [link for row in own for link in links[row["record_id"]]])
                for part in parts
                for own in [records[part]]
            ]
            begun = self.clock()
            for tables in made:
                with unit_of_work(self.bare) as work:
                    for table, rows in zip((intake_records, batteries, genealogy_links), tables, strict=True):
                        if rows:
                            work._connection.execute(insert(table), rows)
                    work.commit()
            return (self.clock() - begun) / self.length

        return once

    def _rows(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
        """The rows that the last records have left: of records, of batteries, and links by record id."""
        with self.made.ctx.engine.connect() as connection:
            query = select(intake_records).order_by(intake_records.c.sequence.desc()).limit(self.length)
            records = [dict(row._mapping) for row in connection.execute(query)]
            keys = [BatteryKey(row["gtin"], row["serial"]).digest() for row in records if row["serial"]]
            packs = connection.execute(select(batteries).where(batteries.c.key.in_(keys)))
            for record in records:
                del record["sequence"]
            links: dict[str, list[dict[str, Any]]] = {row["record_id"]: [] for row in records}
            stated = select(genealogy_links).where(genealogy_links.c.record_id.in_(links))
            for row in connection.execute(stated.order_by(genealogy_links.c.sequence)):
                link = dict(row._mapping)
                del link["sequence"]
                links[link["record_id"]].append(link)
            return records, [dict(row._mapping) for row in packs], links


def _cell_lot(now: Any, number: int) -> dict[str, Any]:
    details = {
        "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
        "quantity": 1200, "materialLots": ["M1", "M2"],
    }  # fmt: skip
    return factories.a_record("cell-lot", {"lot": f"C{number}"}, now, details=details)
