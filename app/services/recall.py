"""The recall question: which batteries hold a lot, cell or module, and which held it once.

Asked once, an answer is kept in this process in few bytes a battery. It is what the links up to one number
say, and links are only added: its pages belong together, however many records come in between, and a process
that does not have it works the same one out again. The state of a passport is always that of now.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from app.core import holding
from app.core.bounded import Bounded
from app.core.errors import MalformedInput
from app.core.genealogy_things import Thing, ThingKind, named
from app.core.holding import Spans, Standing
from app.services.context import Context
from app.services.recall_walk import Judged, Walk
from app.store.unit_of_work import Store

MAX_LOOSE: Final = 100
KEPT_BYTES: Final = 16_000_000
"""Answers that a process keeps: one about half a million batteries, or many about few."""
_KEY: Final = 16
_RANKS: Final = {standing: rank for rank, standing in enumerate(holding.STANDINGS)}
_AT_ONCE: Final = 1_000
_MARK: Final = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})")


class Pack(NamedTuple):
    """One battery of the answer. `state` is that of its passport; `unknown` where no record is about it."""

    key: bytes
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
    as_of: int
    """Number of the newest link that counts."""
    counts: Counter[tuple[str, str]]
    """By standing and state of the passport, when it was asked first."""
    loose: Sequence[Thing]
    """Modules and cells that hold it now and that nothing holds, at most `MAX_LOOSE`."""
    loose_count: int
    is_cut: bool
    """More links than one question may read: packs may be missing."""
    is_filling: bool
    """Records of before there were links are still being read."""
    _keys: bytes
    """Of the batteries, in order, one after the other."""
    _judged: "array[int]"
    """Place of each battery's standing and times among `_ways`."""
    _ways: Sequence[Judged]

    def __len__(self) -> int:
        return len(self._judged)

    def count(self, standing: str) -> int:
        return sum(number for (found, _), number in self.counts.items() if found == standing)

    def packs(self, store: Store, operator: str, start: int, end: int) -> list[Pack]:
        """The batteries from one place to another, with their passports as they are now."""
        places = range(start, min(end, len(self)))
        keys = [self._keys[place * _KEY : (place + 1) * _KEY] for place in places]
        known = _described(store, operator, keys)
        return [
            Pack(key, *known[key], *self._ways[self._judged[place]])
            for place, key in zip(places, keys, strict=True)
        ]

    def after(self, key: bytes) -> int:
        """The place after one battery. Raises: MalformedInput where it is not in the answer."""
        at = self._keys.find(key)
        while at > 0 and at % _KEY:
            at = self._keys.find(key, at + 1)
        if at < 0:
            raise MalformedInput(
                "This is no mark of a next page of this answer.", pointer="/after", rule="mark"
            )
        return at // _KEY + 1

    def mark(self, pack: Pack) -> str:
        """What a page after this battery is asked for by."""
        return f"{self.as_of}-{pack.key.hex()}"


def of_thing(ctx: Context, operator: str, thing: Thing, as_of: int | None = None) -> Recall:
    """Every battery of one economic operator that holds `thing`, or held it, by the links up to `as_of`."""
    answers = cast(
        "Bounded[tuple[str, bytes, int], Recall]", ctx.kept.setdefault("recalls", Bounded(KEPT_BYTES))
    )
    with ctx.read() as store:
        newest = store.recall_links.newest()
        through = newest if as_of is None else min(as_of, newest)
        known = answers.get((operator, thing.key(), through))
        if known is not None and (not known.is_filling or as_of is not None):
            return known
        is_settled = store.recall_links.is_settled()
        found = _asked(store, operator, thing, through)
    if is_settled:  # else a link of a lower number may come in, and the answer must tell it from then on
        answers.put((operator, thing.key(), through), found, 20 * len(found) + 50_000)
    return found


def page_after(
    ctx: Context, operator: str, thing: Thing, mark: str | None, length: int
) -> tuple[Recall, list[Pack], str | None]:
    """The answer, its batteries after a mark (the first ones without), and the mark of the next page.

    Raises: MalformedInput for what is no mark of this answer.
    """
    given = _MARK.fullmatch(mark) if mark is not None else None
    if mark is not None and given is None:
        raise MalformedInput("This is no mark of a next page.", pointer="/after", rule="mark")
    found = of_thing(ctx, operator, thing, int(given[1]) if given else None)
    start = found.after(bytes.fromhex(given[2])) if given else 0
    with ctx.read() as store:
        packs = found.packs(store, operator, start, start + length)
    return found, packs, found.mark(packs[-1]) if packs and start + length < len(found) else None


def packs_of_page(ctx: Context, operator: str, found: Recall, page: int, length: int) -> list[Pack]:
    """The batteries of one page by its number, from 1."""
    with ctx.read() as store:
        return found.packs(store, operator, (page - 1) * length, page * length)


def all_packs(ctx: Context, operator: str, found: Recall) -> Iterator[list[Pack]]:
    """Every battery of the answer, a thousand at a time."""
    for start in range(0, len(found), _AT_ONCE):
        with ctx.read() as store:
            packs = found.packs(store, operator, start, start + _AT_ONCE)
        yield packs


def _asked(store: Store, operator: str, thing: Thing, through: int) -> Recall:
    is_filled = store.genealogy.is_complete()
    walk = Walk(store, operator, through)
    with store.recall_links.many():
        walk.up(thing.key())
        batteries = walk.batteries()
        loose = walk.loose(thing.key())
        ways: dict[Judged, int] = {}
        rows, counts = [], Counter[tuple[str, str]]()
        for key, gtin, serial, state in _ordered_by(store, operator, list(batteries)):
            judged = batteries[key]
            counts[judged[0], state] += 1
            place = ways.setdefault(judged, len(ways))
            rows.append((f"{_RANKS[judged[0]]}{gtin}{serial}", key, place))
    rows.sort()
    return Recall(
        thing, through, counts, _things(store, operator, loose)[:MAX_LOOSE], len(loose), walk.is_cut,
        not is_filled, b"".join([key for _, key, _ in rows]), array("L", [place for *_, place in rows]),
        list(ways),
    )  # fmt: skip


def _ordered_by(store: Store, operator: str, keys: list[bytes]) -> Iterator[tuple[bytes, str, str, str]]:
    """Key, GTIN, serial and state of each battery."""
    left = set(keys)
    for row in store.recall_links.states(operator, sorted(left)):
        left.discard(row[0])
        yield row[0], row[1], row[2], row[3]
    for row in store.genealogy.nodes(operator, sorted(left)):
        if bytes(row.key) in left:  # told once, however its serial was spelled
            left.discard(bytes(row.key))
            thing = named("battery", row.name)
            yield bytes(row.key), thing.of or "", thing.number, "unknown"


def _described(
    store: Store, operator: str, keys: Sequence[bytes]
) -> dict[bytes, tuple[str, str, str | None, str, str | None]]:
    """GTIN, serial, batch, state and passport of batteries."""
    found = {
        row.key: (row.gtin, row.serial, row.lot, row.state, row.passport_uuid)
        for row in store.recall_links.states(operator, keys)
    }
    unknown = [key for key in keys if key not in found]
    for row in store.genealogy.nodes(operator, unknown):
        thing = named("battery", row.name)
        found.setdefault(bytes(row.key), (thing.of or "", thing.number, None, "unknown", None))
    return found


def _things(store: Store, operator: str, keys: Sequence[bytes]) -> list[Thing]:
    """Modules and cells by their names, in order."""
    kinds: dict[str, ThingKind] = {"module": "module", "cell": "cell"}
    found: dict[bytes, Thing] = {}
    for row in store.genealogy.nodes(operator, keys):
        if row.kind in kinds:
            found.setdefault(bytes(row.key), named(kinds[row.kind], row.name))
    return sorted(found.values(), key=lambda thing: (thing.kind, thing.number))
