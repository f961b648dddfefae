"""The walk from a thing up to every battery that holds it or held it.

Level by level, many things at once, each with the times at which it held (app/core/holding.py). A thing that
is reached anew, or at more times, is looked at again; so circles end, and the order of records is nothing.

Many things are reached alike: what was worked out once has a number, and a thing is kept as that number with
marks beside it, however many there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from app.core import holding
from app.core.holding import ALWAYS, Held, Reach, Spans, Standing
from app.store.unit_of_work import Store

MAX_LINKS: Final = 2_000_000
"""Links that one question may read; beyond, the answer says that it is cut."""
_PARTS: Final = frozenset({"module", "cell", "battery", "thing"})
_CELLS: Final = frozenset({"cell-lot", "cell", "batch", "module", "battery", "thing", "transformation"})
_PLAIN: Final = frozenset({"hold", "sum"})
"""Acts without a time of their own."""
_BATTERY, _PART, _HELD_NOW, _SHIFT = 1, 2, 4, 3
_MARKS: Final = {"battery": _BATTERY, "module": _PART, "cell": _PART}
_NOWHERE: Final = Reach()
_PAIR: Final = itemgetter(0, 1)
Judged = tuple[Standing, Spans]


@dataclass(slots=True)
class Walk:
    """Everything that was reached from one thing, by the links up to and with number `through`."""

    store: Store
    operator: str
    through: int
    is_cut: bool = False
    _nodes: dict[bytes, int] = field(default_factory=dict)
    """The number of its reach, shifted, and marks."""
    _links: int = 0
    _reaches: list[Reach] = field(default_factory=lambda: [_NOWHERE])
    _numbers: dict[Reach, int] = field(default_factory=lambda: {_NOWHERE: 0})
    _ways: dict[tuple[Any, ...], tuple[int, bool]] = field(default_factory=dict)
    _joins: dict[tuple[int, int], int] = field(default_factory=dict)

    def up(self, start: bytes) -> None:
        """Reach all that there is. Stops after `MAX_LINKS` links, and notes it."""
        self._nodes[start] = self._number(Reach(firm=ALWAYS)) << _SHIFT
        frontier = {start}
        while frontier and not self.is_cut:
            frontier = self._level(sorted(frontier))

    def batteries(self) -> dict[bytes, Judged]:
        """The batteries among what was reached that hold it, held it, or were said to."""
        keys = [key for key, node in self._nodes.items() if node & _BATTERY]
        depends = [reach.depends for reach in self._reaches]
        is_open = self._open(sorted(key for key in keys if depends[self._nodes[key] >> _SHIFT]))
        judged = [reach.standing() for reach in self._reaches]
        found: dict[bytes, Judged] = {}
        for key in keys:
            number = self._nodes[key] >> _SHIFT
            how = self._reaches[number].standing(is_open=True) if key in is_open else judged[number]
            if how is not None:
                found[key] = how
        return found

    def loose(self, start: bytes) -> list[bytes]:
        """Modules and cells that hold it now and that nothing holds now, but for what was asked for."""
        holds = [holding.standing_of(reach.firm) == "now" for reach in self._reaches]
        return [
            key
            for key, node in self._nodes.items()
            if node & _PART and not node & _HELD_NOW and holds[node >> _SHIFT] and key != start
        ]

    # --- one level

    def _level(self, children: Sequence[bytes]) -> set[bytes]:
        nodes, ways, joins, found = self._nodes, self._ways, self._joins, set()
        rows = self.store.recall_links.above(self.operator, children, self.through)
        for (child, parent), each in groupby(rows, key=_PAIR):
            stated = list(each)
            self._links += len(stated)
            if self._links > MAX_LINKS:
                self.is_cut = True
                break
            first = stated[0]
            number = nodes[child] >> _SHIFT
            if len(stated) == 1 and first.act in _PLAIN:
                alike = (number, first[2], first[3], bool(first[4]))
                known = ways.get(alike)
                if known is None:
                    known = ways[alike] = self._way(number, stated)
                way, is_now = known
            else:
                way, is_now = self._way(number, stated)
            if not way:
                continue
            if is_now:
                nodes[child] |= _HELD_NOW
            node = nodes.get(parent)
            if node is None:
                nodes[parent] = (way << _SHIFT) | _MARKS.get(first[2], 0)
                found.add(parent)
                continue
            before = node >> _SHIFT
            after = joins.get((before, way))
            if after is None:
                joined = self._reaches[before].joined(self._reaches[way])
                after = joins[before, way] = self._number(joined)
            marks = node & (_HELD_NOW | _PART | _BATTERY) | _MARKS.get(first[2], 0)
            nodes[parent] = (after << _SHIFT) | marks
            if after != before:
                found.add(parent)
        return found

    def _way(self, number: int, stated: Sequence[Any]) -> tuple[int, bool]:
        """One link higher: the number of the reach, 0 where there is no way; whether it is held so now."""
        link = holding.held(stated)
        return self._number(self._reaches[number].above(link)), holding.standing_of(link.spans) == "now"

    def _number(self, reach: Reach) -> int:
        found = self._numbers.get(reach)
        if found is None:
            found = self._numbers[reach] = len(self._reaches)
            self._reaches.append(reach)
        return found

    # --- what a battery's parts leave open

    def _open(self, keys: Sequence[bytes]) -> set[bytes]:
        """Batteries whose parts do not say all of their cells: some part that is in it now says nothing, or
        nothing is known to be in it."""
        parts: dict[bytes, list[bytes]] = {key: [] for key in keys}
        told: set[bytes] = set()
        for parent, child, kind, link in self._below(keys):
            if holding.standing_of(link.spans) == "now" and link.label == "firm":
                if kind in _PARTS:
                    parts[parent].append(child)
                elif kind in _CELLS and kind != "batch":
                    told.add(parent)
        wanted = sorted({part for each in parts.values() for part in each})
        known = {
            parent
            for parent, _, kind, link in self._below(wanted)
            if kind in _CELLS and holding.standing_of(link.spans) == "now"
        }
        return {
            key
            for key, each in parts.items()
            if any(part not in known for part in each) or (not each and key not in told)
        }

    def _below(self, parents: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, str, Held]]:
        """What each of these things holds or held: parent, child, kind of the child, how."""
        rows = self.store.recall_links.below(self.operator, parents, self.through)
        for (parent, child), each in groupby(rows, key=_PAIR):
            stated = list(each)
            yield parent, child, stated[0].child_kind, holding.held(stated)
