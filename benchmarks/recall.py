"""The recall question among 100,000 packs: a lot that is in every one, and a lot that is in each twentieth.

Each pack has a module, each module names its lots: so every pack is two links away from its lot. The floor is
one statement of the database that joins the links and the batteries, with nothing judged.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from app.core.genealogy_things import Thing
from app.core.intake import IntakeRecord, parse
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
PAGE, TABLE = "each next page of a hundred", "all 100,000 as CSV"
BARE_EVERY, BARE_SOME = "links and batteries of 100,000, joined", "links and batteries of 5,000, joined"
BARE_PAGE = "two hundred batteries, read by key"


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
            BARE_EVERY: _elapsed(lambda: _joined(made, every, PACKS)),
            SOME: _elapsed(lambda: _asked(made, some, PACKS // LOTS)),
            BARE_SOME: _elapsed(lambda: _joined(made, some, PACKS // LOTS)),
            PAGE: _page(made, every),
            BARE_PAGE: _elapsed(lambda: _hundred(made)),
            TABLE: _table(made, every),
        }
        costs = measure.rounds(contenders, min(rounds, 5))
    figures = (
        measure.figure(costs, EVERY, BARE_EVERY, unit="s", target=Target(10, "value", "s")),
        measure.figure(costs, SOME, BARE_SOME, unit="ms", target=Target(1000, "value", "ms")),
        measure.figure(costs, PAGE, BARE_PAGE, unit="ms", target=Target(100, "value", "ms")),
        measure.figure(costs, TABLE, BARE_EVERY, unit="s"),
    )
    return Group(f"Recall of one lot among 100,000 packs on {name}: elapsed time", figures)


def _elapsed(call: Callable[[], object]) -> Contender:
    def run() -> float:
        begun = time.perf_counter()
        call()
        return time.perf_counter() - begun

    return run


def _asked(made: Installation, thing: Thing, packs: int) -> None:
    made.ctx.kept.clear()
    found = recall.of_thing(made.ctx, made.plant.economic_operator_id, thing)
    assert found.count("now") == packs


def _page(made: Installation, thing: Thing) -> Contender:
    """The second page, of an answer that is there."""
    operator = made.plant.economic_operator_id

    def run() -> float:
        found = recall.of_thing(made.ctx, operator, thing)
        with made.ctx.read() as store:
            mark = found.mark(found.packs(store, operator, 0, 100)[-1])
        begun = time.perf_counter()
        _, packs, _ = recall.page_after(made.ctx, operator, thing, mark, 100)
        elapsed = time.perf_counter() - begun
        assert len(packs) == 100
        return elapsed

    return run


def _table(made: Installation, thing: Thing) -> Contender:
    """The rows of the table, of an answer that is there."""
    operator = made.plant.economic_operator_id

    def run() -> float:
        found = recall.of_thing(made.ctx, operator, thing)
        begun = time.perf_counter()
        written = sum(len(packs) for packs in recall.all_packs(made.ctx, operator, found))
        elapsed = time.perf_counter() - begun
        assert written == PACKS
        return elapsed

    return run


def _joined(made: Installation, thing: Thing, packs: int) -> None:
    """The same rows by one statement, with nothing judged and nothing sorted."""
    lower, upper = genealogy_links.alias(), genealogy_links.alias()
    own = made.plant.economic_operator_id
    query = (
        select(lower.c.act, upper.c.act, batteries)
        .join_from(lower, upper, upper.c.child_key == lower.c.parent_key)
        .join(batteries, batteries.c.key == upper.c.parent_key)
        .where(
            lower.c.child_key == thing.key(), lower.c.economic_operator_id == own,
            upper.c.economic_operator_id == own,
        )
    )  # fmt: skip
    with made.ctx.read() as store:
        assert len(store.genealogy._connection.execute(query).all()) == packs


def _hundred(made: Installation) -> None:
    keys = [Thing("battery", f"R{number}", GTIN).key() for number in range(200)]
    with made.ctx.read() as store:
        for part in (keys[:100], keys[100:]):
            query = select(batteries).where(batteries.c.key.in_(part))
            assert len(store.genealogy._connection.execute(query).all()) == 100


def _fill(made: Installation) -> None:
    module, pack = _first()
    for start in range(0, PACKS, _CHUNK):
        numbers = range(start, start + _CHUNK)
        with made.ctx.unit_of_work() as work:
            work.batteries.add_many([_battery(made, number) for number in numbers])
            work.genealogy.add([link for number in numbers for link in _links(made, number, module, pack)])
            work.commit()


def _battery(made: Installation, number: int) -> dict[str, Any]:
    thing = Thing("battery", f"R{number}", GTIN)
    return {
        "key": thing.key(), "operator": made.plant.economic_operator_id, "gtin": GTIN, "serial": thing.number,
        "model_key": b"m" * 16, "lot": None, "plant_id": made.plant.id, "release": "none",
        "at": "2026-11-24T12:00:00.000000Z",
    }  # fmt: skip


def _first() -> tuple[IntakeRecord, IntakeRecord]:
    """A module and a pack; the others differ in their numbers alone."""
    module = {"moduleModel": "K", "cellLots": [{"lot": "EVERY"}]}
    pack = {"assembledOn": "2026-11-20", "configuration": "2s1p", "modules": [{"moduleNumber": "M"}]}
    first, second = (
        parse(
            {
                "recordId": "first", "kind": kind, "sentAt": "2026-11-24T12:00:00Z",
                "subject": subject, "details": details,
            }
        )
        for kind, subject, details in (
            ("module", {"serial": "M"}, module), ("pack", {"gtin": GTIN, "serial": "R"}, pack),
        )
    )  # fmt: skip
    return first, second


def _links(
    made: Installation, number: int, module: IntakeRecord, pack: IntakeRecord
) -> Iterator[dict[str, Any]]:
    lots = [{"lot": "EVERY"}, {"lot": f"C{number % LOTS}"}]
    for record in (
        replace(
            module, record_id=f"module-{number}", serial=f"M{number}",
            details={**module.details, "cellLots": lots},
        ),
        replace(
            pack, record_id=f"pack-{number}", serial=f"R{number}",
            details={**pack.details, "modules": [{"moduleNumber": f"M{number}"}]},
        ),
    ):  # fmt: skip
        yield from genealogy_rows.rows_of(record, made.plant.id, made.plant.economic_operator_id)
