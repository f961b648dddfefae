"""Many records at once: beside a bare insert of the same rows, and a record beside its thousandth sister.

Both sides store the same rows at the same number a transaction. The pipeline is timed on one core, and with
two senders on two, as a server has a worker for each core; the bare insert is one program, as it would be
written.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from app.services.intake_batch import CHUNK, Message, accept_many
from benchmarks import bare_insert, installation, measure, two_senders
from benchmarks.bare_insert import BARE_LOT, BARE_PACK, Sides
from benchmarks.installation import GTIN, Installation
from benchmarks.measure import Contender, Group, Target
from tests import factories

LOT, PACK = "lot of cells, of 500 a transaction", "pack record, a new battery, of 500 a transaction"
AGAIN = "lot sent again"
TWO_LOTS, TWO_PACKS = f"{LOT}, two senders", f"{PACK}, two senders"
OF_EACH = 2 * CHUNK
"""Records of each of two senders in a round."""
FIRST, LAST = "reading of a battery with 1", "reading of a battery with 2,000"
FEW, MANY = "record about a model with 1 waiting pack", "record about a model with 5,000 waiting packs"


def run(rounds: int) -> list[Group]:
    """SQLite on this machine's disk, and PostgreSQL."""
    with bare_insert.databases() as found:
        return [group for name, url, bare_url in found for group in _on(name, url, bare_url, rounds)]


def _on(name: str, database_url: str | None, bare_url: str | None, rounds: int) -> list[Group]:
    told = []
    with bare_insert.beside(database_url, bare_url) as (made, bare):
        for clock, of in bare_insert.CLOCKS:
            sides = Sides(made, bare, lambda sent: _take(made, sent), clock, CHUNK, chunk=CHUNK)
            contenders = {
                LOT: sides.taken(sides.lots), BARE_LOT: sides.inserted(sides.lots),
                PACK: sides.taken(sides.packs), BARE_PACK: sides.inserted(sides.packs),
                AGAIN: sides.taken(sides.lots, again=True),
                TWO_LOTS: _by_two(made, sides.lots, cpu=of == "CPU"),
                TWO_PACKS: _by_two(made, sides.packs, cpu=of == "CPU"),
            }  # fmt: skip
            costs = measure.rounds(contenders, rounds)
            figures = [
                measure.figure(costs, TWO_LOTS, BARE_LOT, unit="/s", target=Target(2)),
                measure.figure(costs, TWO_PACKS, BARE_PACK, unit="/s", target=Target(2)),
                measure.figure(costs, LOT, BARE_LOT, unit="/s"),
                measure.figure(costs, PACK, BARE_PACK, unit="/s"),
                measure.figure(costs, AGAIN, BARE_LOT, unit="/s"),
            ]
            if name == "SQLite":
                least = Target(5_000, "at least", "/s")
                for each, bare_one in ((TWO_LOTS, BARE_LOT), (TWO_PACKS, BARE_PACK)):
                    label = f"{each}, rate"
                    figures.append(
                        measure.figure(costs, each, bare_one, unit="/s", target=least, label=label)
                    )
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
    return told


def _take(made: Installation, sent: Sequence[bytes]) -> None:
    found = accept_many(made.ctx, made.plant, [Message(body, f"bench:{n}") for n, body in enumerate(sent)])
    assert all(hasattr(each, "answer") for each in found)


def _by_two(made: Installation, bodies: Callable[[], list[bytes]], *, cpu: bool) -> Contender:
    def once() -> float:
        sent = [body for _ in range(2 * OF_EACH // CHUNK) for body in bodies()]
        cost = two_senders.send(made, sent)
        return (cost.cpu_s if cpu else cost.elapsed_s) / len(sent)

    return once


def _growing(made: Installation) -> dict[str, Contender]:
    """A battery with few and with many readings; a model for which one and thousands of packs wait."""
    number = bare_insert.numbers()
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
