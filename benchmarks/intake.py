"""Intake: records a second, beside a bare insert of the same rows in a database of its own.

Each record is a transaction in both: an event alone is durable when it is acknowledged.
"""

from collections.abc import Sequence

from app.services import intake
from benchmarks import bare_insert, measure
from benchmarks.bare_insert import BARE_LOT, BARE_PACK, Sides
from benchmarks.measure import Group, Target

RECORDS = 40
PACK, LOT, REPEATED = "pack record, a new battery", "lot of cells", "record sent again"


def run(rounds: int) -> list[Group]:
    """SQLite on this machine's disk, and PostgreSQL."""
    with bare_insert.databases() as found:
        return [group for name, url, bare_url in found for group in _on(name, url, bare_url, rounds)]


def _on(name: str, database_url: str | None, bare_url: str | None, rounds: int) -> list[Group]:
    told = []
    with bare_insert.beside(database_url, bare_url) as (made, bare):

        def take(sent: Sequence[bytes]) -> None:
            for body in sent:
                intake.accept(made.ctx, made.plant, body)

        for clock, of in bare_insert.CLOCKS:
            sides = Sides(made, bare, take, clock, RECORDS, chunk=1)
            contenders = {
                PACK: sides.taken(sides.packs),
                BARE_PACK: sides.inserted(sides.packs),
                LOT: sides.taken(sides.lots),
                BARE_LOT: sides.inserted(sides.lots),
                REPEATED: sides.taken(sides.lots, again=True),
            }
            costs = measure.rounds(contenders, rounds)
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
    return told
