"""The recall question: which batteries hold a lot, cell or module, and which held it once.

From the thing upwards, link by link, each with the times at which it held (app/core/holding.py). A thing that
is reached anew, or at more times, is looked at again; so circles end, and the order of records is nothing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from app.core import holding
from app.core.genealogy_things import Thing, ThingKind, named
from app.core.holding import ALWAYS, Held, Reach, Spans, Standing
from app.services.context import Context
from app.store.unit_of_work import Store

MAX_LINKS: Final = 2_000_000
"""Links that one question may read; beyond, the answer says that it is cut."""
MAX_LOOSE: Final = 100
_PARTS: Final = frozenset({"module", "cell", "battery", "thing"})
_CELLS: Final = frozenset({"cell-lot", "cell", "batch", "module", "battery", "thing", "transformation"})


class Pack(NamedTuple):
    """One battery of the answer. `state` is that of its passport; `unknown` where no record is about it."""

    gtin: str
    serial: str
    lot: str | None
    state: str
    passport: str | None
    standing: Standing
    spans: Spans

    @property
    def thing(self) -> Thing:
        return Thing("battery", self.serial, self.gtin)


@dataclass(frozen=True, slots=True)
class Recall:
    """Every battery that holds or held a thing, those that hold it first, by GTIN and serial."""

    of: Thing
    packs: Sequence[Pack]
    counts: Counter[tuple[str, str]]
    """By standing and state of the passport."""
    loose: Sequence[Thing]
    """Modules and cells that hold it now and that nothing holds, at most `MAX_LOOSE`."""
    loose_count: int
    is_cut: bool
    """More links than one question may read: packs may be missing."""
    is_filling: bool
    """Records of before there were links are still being read."""

    def count(self, standing: str) -> int:
        return sum(number for (found, _), number in self.counts.items() if found == standing)


def of_thing(ctx: Context, operator: str, thing: Thing) -> Recall:
    """Every battery of one economic operator that holds `thing`, or held it."""
    with ctx.read() as store:
        walk = _Walk(store, operator)
        walk.up(thing.key())
        packs = walk.packs()
        loose = walk.loose(thing.key())
        filled = store.genealogy.is_complete()
    counts: Counter[tuple[str, str]] = Counter((pack.standing, pack.state) for pack in packs)
    return Recall(thing, packs, counts, loose[:MAX_LOOSE], len(loose), walk.is_cut, not filled)


@dataclass(slots=True)
class _Walk:
    store: Store
    operator: str
    reaches: dict[bytes, Reach] = field(default_factory=dict)
    kinds: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    held_now: set[bytes] = field(default_factory=set)
    links: int = 0
    is_cut: bool = False
    _same: dict[Any, Any] = field(default_factory=dict)
    """Many things are reached alike: what was worked out once is used again, and kept once."""

    def up(self, start: bytes) -> None:
        self.reaches[start] = Reach(firm=ALWAYS)
        frontier = {start}
        while frontier and not self.is_cut:
            found: set[bytes] = set()
            for child, parent, link in self._pairs(sorted(frontier)):
                before = self.reaches.get(parent, _NOWHERE)
                way = self._worked_out(self.reaches[child], link)
                if way is _NOWHERE:
                    continue
                after = self._joined(before, way)
                if holding.standing_of(link.spans) == "now":
                    self.held_now.add(child)
                if after != before:
                    self.reaches[parent] = after
                    found.add(parent)
            frontier = found

    def _pairs(self, children: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, Held]]:
        rows = self.store.genealogy.above(self.operator, children)
        for (child, parent), each in groupby(rows, key=_PAIR):
            stated = list(each)
            self.links += len(stated)
            if self.links > MAX_LINKS:
                self.is_cut = True
                return
            if parent not in self.kinds:
                first = stated[0]
                self.kinds[parent] = (first.parent_kind, first.parent)
            yield child, parent, self._held(stated)

    def _held(self, stated: Sequence[Any]) -> Held:
        if len(stated) > 1:
            return holding.held(stated)
        row = stated[0]
        alike = (
            row.act,
            bool(row.superseded),
            row.parent_kind,
            row.at if row.act in ("add", "remove") else "",
        )
        if alike not in self._same:
            self._same[alike] = holding.held(stated)
        return self._same[alike]  # type: ignore[no-any-return]

    def _worked_out(self, reach: Reach, link: Held) -> Reach:
        alike = (reach, link)
        if alike not in self._same:
            way = reach.above(link)
            self._same[alike] = _NOWHERE if way == _NOWHERE else way
        return self._same[alike]  # type: ignore[no-any-return]

    def _joined(self, before: Reach, way: Reach) -> Reach:
        if before is _NOWHERE:
            return way
        alike = (before, way, "joined")
        if alike not in self._same:
            self._same[alike] = before.joined(way)
        return self._same[alike]  # type: ignore[no-any-return]

    def packs(self) -> list[Pack]:
        """The batteries among what was reached, judged and with their passports."""
        keys = sorted(
            key for key, (kind, _) in self.kinds.items() if kind == "battery" and key in self.reaches
        )
        is_open = self._open([key for key in keys if self.reaches[key].depends])
        states = {bytes(row.key): row for row in self.store.genealogy.states(self.operator, keys)}
        found = []
        for key in keys:
            judged = self.reaches[key].standing(is_open=key in is_open)
            if judged is None:
                continue
            row = states.get(key)
            if row is None:
                thing = named("battery", self.kinds[key][1])
                found.append(Pack(thing.of or "", thing.number, None, "unknown", None, *judged))
            else:
                found.append(Pack(row.gtin, row.serial, row.lot, row.state, row.passport_uuid, *judged))
        found.sort(key=lambda pack: (holding.STANDINGS.index(pack.standing), pack.gtin, pack.serial))
        return found

    def _open(self, keys: Sequence[bytes]) -> set[bytes]:
        """Batteries whose parts do not say all of their cells: some part that is in it now says nothing, or
        nothing is known to be in it."""
        parts: dict[bytes, list[bytes]] = {key: [] for key in keys}
        told: set[bytes] = set()
        for parent, child, kind, link in below(self.store, self.operator, keys):
            if holding.standing_of(link.spans) == "now" and link.label == "firm":
                if kind in _PARTS:
                    parts[parent].append(child)
                elif kind in _CELLS and kind != "batch":
                    told.add(parent)
        wanted = sorted({part for each in parts.values() for part in each})
        known = {
            parent
            for parent, _, kind, link in below(self.store, self.operator, wanted)
            if kind in _CELLS and holding.standing_of(link.spans) == "now"
        }
        return {
            key
            for key, each in parts.items()
            if any(part not in known for part in each) or (not each and key not in told)
        }

    def loose(self, start: bytes) -> list[Thing]:
        """Modules and cells on the shelf that hold what is asked for."""
        kinds: dict[str, ThingKind] = {"module": "module", "cell": "cell"}
        found = [
            named(kinds[kind], name)
            for key, (kind, name) in self.kinds.items()
            if kind in kinds and key not in self.held_now and key != start
            and key in self.reaches and holding.standing_of(self.reaches[key].firm) == "now"
        ]  # fmt: skip
        return sorted(found, key=lambda thing: (thing.kind, thing.number))


_NOWHERE: Final = Reach()
_PAIR: Final = itemgetter(0, 1)
"""Of a row up: child and parent."""


def below(store: Store, operator: str, parents: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, str, Held]]:
    """What each of these things holds or held: parent, child, kind of the child, how."""
    rows = store.genealogy.below(operator, parents)
    for _, each in groupby(rows, key=lambda row: (row.parent_key, row.child_key)):
        stated = list(each)
        yield (
            bytes(stated[0].parent_key), bytes(stated[0].child_key), stated[0].child_kind,
            holding.held(stated),
        )  # fmt: skip
