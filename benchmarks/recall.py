"""The recall question among 100,000 packs: a lot that is in every one, and a lot that is in each twentieth.

Each pack has a module, each module names its lots: so every pack is two links away from its lot.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from sqlalchemy import select

from app.core.genealogy_things import Thing
from app.core.intake import parse
from app.services import genealogy_rows, recall
from app.store.factory_tables import genealogy_links
from app.store.tables import batteries
from benchmarks import installation, measure
from benchmarks.installation import GTIN, Installation
from benchmarks.measure import Contender, Group, Target

PACKS: Final = 100_000
LOTS: Final = 20
_CHUNK: Final = 5_000
EVERY, SOME = "batteries with a lot that is in 100,000", "batteries with a lot that is in 5,000"
BARE_EVERY, BARE_SOME = "their links and batteries, read by key", "links and batteries of 5,000, read by key"


def run(rounds: int) -> list[Group]:
    """On SQLite on this machine's disk, and on PostgreSQL."""
    with installation.postgresql() as url:
        return [_on("SQLite", None, rounds), _on("PostgreSQL", url, rounds)]


def _on(name: str, database_url: str | None, rounds: int) -> Group:
    with installation.new(database_url=database_url) as made:
        _fill(made)
        every, some = Thing("cell-lot", "EVERY"), Thing("cell-lot", "C7")
        contenders = {
            EVERY: _elapsed(lambda: _asked(made, every, PACKS)),
            BARE_EVERY: _elapsed(lambda: _read(made, every, PACKS)),
            SOME: _elapsed(lambda: _asked(made, some, PACKS // LOTS)),
            BARE_SOME: _elapsed(lambda: _read(made, some, PACKS // LOTS)),
        }
        costs = measure.rounds(contenders, min(rounds, 5))
    figures = (
        measure.figure(costs, EVERY, BARE_EVERY, unit="s", target=Target(10, "value", "s")),
        measure.figure(costs, SOME, BARE_SOME, unit="ms", target=Target(1000, "value", "ms")),
    )
    return Group(f"Recall of one lot among 100,000 packs on {name}: elapsed time", figures)


def _elapsed(call: Callable[[], object]) -> Contender:
    def run() -> float:
        begun = time.perf_counter()
        call()
        return time.perf_counter() - begun

    return run


def _asked(made: Installation, thing: Thing, packs: int) -> None:
    found = recall.of_thing(made.ctx, made.plant.economic_operator_id, thing)
    assert found.count("now") == packs


def _read(made: Installation, thing: Thing, packs: int) -> None:
    """The same rows with nothing judged: links up, level by level, then the batteries."""
    keys, operator = [thing.key()], made.plant.economic_operator_id
    links, found = genealogy_links.c, 0
    with made.ctx.read() as store:
        connection = store.genealogy._connection
        for _ in range(2):
            above: list[bytes] = []
            for start in range(0, len(keys), 500):
                wanted = links.child_key.in_(keys[start : start + 500])
                query = select(links.parent_key).where(wanted, links.economic_operator_id == operator)
                above += [bytes(row.parent_key) for row in connection.execute(query)]
            keys = above
        for start in range(0, len(keys), 500):
            query = select(batteries).where(batteries.c.key.in_(keys[start : start + 500]))
            found += len(connection.execute(query).all())
    assert found == packs


def _fill(made: Installation) -> None:
    for start in range(0, PACKS, _CHUNK):
        numbers = range(start, start + _CHUNK)
        with made.ctx.unit_of_work() as work:
            work.batteries.add_many([_battery(made, number) for number in numbers])
            work.genealogy.add([link for number in numbers for link in _links(made, number)])
            work.commit()


def _battery(made: Installation, number: int) -> dict[str, Any]:
    thing = Thing("battery", f"R{number}", GTIN)
    return {
        "key": thing.key(), "operator": made.plant.economic_operator_id, "gtin": GTIN, "serial": thing.number,
        "model_key": b"m" * 16, "lot": None, "plant_id": made.plant.id, "release": "none",
        "at": "2026-11-24T12:00:00.000000Z",
    }  # fmt: skip


def _links(made: Installation, number: int) -> Iterator[dict[str, Any]]:
    lots = [{"lot": "EVERY"}, {"lot": f"C{number % LOTS}"}]
    module = {"moduleModel": "K", "cellLots": lots}
    pack = {
        "assembledOn": "2026-11-20", "configuration": "2s1p", "modules": [{"moduleNumber": f"M{number}"}]
    }  # fmt: skip
    for kind, subject, details in (
        ("module", {"serial": f"M{number}"}, module),
        ("pack", {"gtin": GTIN, "serial": f"R{number}"}, pack),
    ):
        record = parse(
            {
                "recordId": f"{kind}-{number}", "kind": kind, "sentAt": "2026-11-24T12:00:00Z",
                "subject": subject, "details": details,
            }
        )  # fmt: skip
        yield from genealogy_rows.rows_of(record, made.plant.id, made.plant.economic_operator_id)
