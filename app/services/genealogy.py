"""What a thing is made of, as a tree; and which things a number that somebody typed or scanned may name.

The tree goes from the thing down, each link with the records that say so. Of a thing that comes twice the
second place only points to the first, so circles end.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import orjson

from app.core import holding, identifiers
from app.core.errors import MalformedIdentifier, MalformedInput, NotFound
from app.core.genealogy_things import Thing, ThingKind, named
from app.core.genealogy_uris import thing_of
from app.core.holding import Held, Standing
from app.services.context import Context
from app.store.unit_of_work import Store

MAX_DEPTH: Final = 12
MAX_NODES: Final = 600
MAX_FOUND: Final = 50
KINDS: Final[dict[ThingKind, str]] = {
    "battery": "Battery", "module": "Module", "cell": "Cell", "component": "Component", "batch": "Batch",
    "cell-lot": "Lot of cells", "material-lot": "Lot of material", "supplier-lot": "Lot of a supplier",
    "supplier": "Supplier", "transformation": "Transformation", "thing": "Thing",
}  # fmt: skip
"""Kinds that can be asked for, in words."""
TWO_PARTS: Final[frozenset[ThingKind]] = frozenset({"battery", "batch", "supplier-lot"})
"""Kinds whose name has a second part: `of`."""
_HIDDEN: Final = frozenset({"nothing", "lot-number"})
_DESCRIBED: Final = frozenset({"cell-lot", "material-lot", "cell", "module"})
_EXAMPLES: Final[tuple[ThingKind, ...]] = ("supplier-lot", "cell-lot", "module", "battery")
_NEWEST: Final = 500
_ELEMENT_STRING: Final = re.compile(r"\(01\)(\d{14})\(10\)(.{1,20})")


@dataclass(slots=True)
class Node:
    """One place of the tree. `standing` and `held` speak of the link from above."""

    thing: Thing
    note: str | None = None
    held: Held | None = None
    quantity: str | None = None
    unit: str | None = None
    records: tuple[tuple[str, str], ...] = ()
    children: list["Node"] = field(default_factory=list)
    is_repeated: bool = False

    @property
    def standing(self) -> Standing:
        return self.held.standing if self.held is not None else "now"

    @property
    def words(self) -> str:
        return KINDS[self.thing.kind]

    @property
    def until(self) -> str | None:
        """When it was taken out, for what is in it no more."""
        spans = self.held.spans if self.held is not None else ()
        return spans[-1][1] if self.standing == "former" else None

    @property
    def since(self) -> str | None:
        """When it was put in, where that was not the assembly."""
        spans = self.held.spans if self.held is not None else ()
        return (spans[-1][0] or None) if spans else None


@dataclass(frozen=True, slots=True)
class Tree:
    """What one thing is made of. `is_cut`: too much or too deep for one answer."""

    root: Node
    count: int
    is_cut: bool


def asked_for(kind: str, number: str, of: str | None) -> Thing:
    """The thing that an address names. Raises: MalformedInput; MalformedIdentifier."""
    if kind not in KINDS:
        raise MalformedInput(f"Ask for one of {', '.join(KINDS)}.", pointer="/kind", rule="enum")
    if not 0 < len(number) <= 4000 or len(of or "") > 4000:
        raise MalformedInput("Name the thing by its number.", pointer="/number", rule="required")
    found = kind
    if (found in TWO_PARTS) != bool(of):
        told = "Name the GTIN, or the supplier, in `of`." if found in TWO_PARTS else "Leave `of` out."
        raise MalformedInput(told, pointer="/of", rule="required")
    if of and found != "supplier-lot":
        identifiers.gtin(of, "/of")
    return Thing(found, number, of or None)


def require_known(ctx: Context, operator: str, thing: Thing) -> None:
    """A number that nobody knows is told as that, never as a lot that no battery holds. Raises: NotFound."""
    with ctx.read() as store:
        keys = [thing.key()]
        if next(store.genealogy.nodes(operator, keys), None) or next(
            store.recall_links.states(operator, keys), None
        ):
            return
    raise NotFound("No record names this. Check the number, and whether its record has come in.")


def find(ctx: Context, operator: str, text: str) -> list[Thing]:
    """What a typed or scanned text may name, at most `MAX_FOUND`; empty when no record knows it."""
    text = text.strip()[:500]
    if not text:
        return []
    exact = _scanned(text)
    with ctx.read() as store:
        wanted = [exact] if exact else [Thing(kind, text) for kind in KINDS if kind not in TWO_PARTS]
        keys = [thing.key() for thing in wanted]
        found = {
            bytes(row.key): named(row.kind, row.name)
            for row in store.genealogy.nodes(operator, keys)
            if row.kind in KINDS
        }
        for row in store.recall_links.states(operator, keys):
            found[bytes(row.key)] = Thing("battery", row.serial, row.gtin)
        if exact is None:
            for row in store.genealogy.holders(operator, Thing("lot-number", text).key()):
                found[bytes(row.parent_key)] = named(row.parent_kind, row.parent)
            for row in store.genealogy.batteries_called(operator, text, limit=MAX_FOUND):
                called = [Thing("battery", row.serial, row.gtin)] if row.lot != text else []
                for thing in (*called, *([Thing("batch", row.lot, row.gtin)] if row.lot == text else [])):
                    found.setdefault(thing.key(), thing)
    order = list(KINDS)
    things = sorted(found.values(), key=lambda each: (order.index(each.kind), each.of or "", each.number))
    return things[:MAX_FOUND]


def newest(ctx: Context, operator: str) -> list[Thing]:
    """One of each kind that the newest links speak of, to begin with: a supplier's lot before a battery."""
    found: dict[str, Thing] = {}
    with ctx.read() as store:
        for kind, name in store.genealogy.newest(operator, limit=_NEWEST):
            if kind in _EXAMPLES:
                found.setdefault(kind, named(kind, name))
    return [found[kind] for kind in _EXAMPLES if kind in found]


def _scanned(text: str) -> Thing | None:
    """A battery or batch by its code, or None for a bare number."""
    try:
        key = identifiers.parse_scanned(text)
    except MalformedIdentifier:
        pass
    else:
        return Thing("battery", key.serial, key.gtin)
    if match := _ELEMENT_STRING.fullmatch(text):
        return Thing("batch", match[2], match[1])
    named_by = thing_of(text) if ":" in text else None
    return named_by if named_by is not None and named_by.kind != "thing" else None


def tree(ctx: Context, operator: str, thing: Thing) -> Tree:
    """What a thing is made of. Raises: NotFound."""
    require_known(ctx, operator, thing)
    with ctx.read() as store:
        growing = _Growing(store, operator)
        growing.read_down(thing.key())
        growing.describe(thing)
    root = growing.grow(Node(thing, growing.notes.get(thing.key())), thing.key(), 0)
    return Tree(root, growing.count, growing.is_cut)


@dataclass(slots=True)
class _Growing:
    store: Store
    operator: str
    below: dict[bytes, list[tuple[bytes, Node]]] = field(default_factory=lambda: defaultdict(list))
    notes: dict[bytes, str] = field(default_factory=dict)
    kinds: dict[bytes, str] = field(default_factory=dict)
    count: int = 0
    is_cut: bool = False
    _grown: set[bytes] = field(default_factory=set)

    def read_down(self, start: bytes) -> None:
        seen, frontier, links = {start}, [start], 0
        for _ in range(MAX_DEPTH):
            reached: set[bytes] = set()
            for parent, child, node in self._links(frontier):
                links += 1
                if links > 4 * MAX_NODES:
                    self.is_cut = True
                    break
                self.below[parent].append((child, node))
                self.kinds[child] = node.thing.kind
                reached.add(child)
            frontier = sorted(reached - seen)
            seen |= reached
            if not frontier or self.is_cut:
                return
        self.is_cut = True

    def _links(self, parents: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, Node]]:
        rows = self.store.genealogy.below(self.operator, parents)
        for _, each in groupby(rows, key=lambda row: (row.parent_key, row.child_key)):
            stated = list(each)
            first = stated[0]
            if first.child_kind in _HIDDEN:
                continue
            counts = [row for row in stated if not row.superseded] or stated
            told = next((row for row in counts if row.quantity), None)
            node = Node(
                named(first.child_kind, first.child),
                held=holding.held(stated),
                quantity=told.quantity if told else None,
                unit=told.unit if told else None,
                records=tuple(dict.fromkeys((row.plant_id, row.record_id) for row in counts)),
            )
            yield bytes(first.parent_key), bytes(first.child_key), node

    def describe(self, thing: Thing) -> None:
        """What the newest record about each lot, cell or module calls it."""
        self.kinds[thing.key()] = thing.kind
        keys = [key for key, kind in self.kinds.items() if kind in _DESCRIBED][: 2 * MAX_NODES]
        newest: dict[bytes, tuple[str, dict[str, Any]]] = {}
        for key, body in self.store.genealogy.bodies(self.operator, keys):
            document = orjson.loads(body)
            if document["kind"] in _DESCRIBED and document["sentAt"] >= newest.get(key, ("", {}))[0]:
                newest[key] = (document["sentAt"], document["details"])
        self.notes = {key: _note(details) for key, (_, details) in newest.items()}

    def grow(self, node: Node, key: bytes, depth: int) -> Node:
        self._grown.add(key)
        for child, below in self._shown(key):
            self.count += 1
            if self.count > MAX_NODES:
                self.is_cut = True
                break
            below.note = self.notes.get(child)
            node.children.append(below)
            if child in self._grown:
                below.is_repeated = bool(self.below.get(child))
            elif depth < MAX_DEPTH:
                self.grow(below, child, depth + 1)
        return node

    def _shown(self, key: bytes) -> list[tuple[bytes, Node]]:
        """Children in order; a lot that stands in a pack's own list and in one of its parts stands there."""
        children = self.below.get(key, [])
        parts = [child for child, node in children if node.held is None or node.held.label == "firm"]
        inside = (
            self._inside(parts)
            if any(node.held and node.held.label == "own" for _, node in children)
            else set()
        )
        order = list(KINDS)
        return sorted(
            (
                (child, node)
                for child, node in children
                if not (node.held and node.held.label == "own" and child in inside)
            ),
            key=lambda each: (
                holding.STANDINGS.index(each[1].standing), order.index(each[1].thing.kind),
                each[1].thing.number,
            ),
        )  # fmt: skip

    def _inside(self, keys: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        todo = list(keys)
        while todo:
            for child, _ in self.below.get(todo.pop(), ()):
                if child not in found:
                    found.add(child)
                    todo.append(child)
        return found


def _note(details: dict[str, Any]) -> str:
    supplier = details.get("supplier", {})
    received = details.get("dateReceived")
    parts = (
        details.get("material"), supplier.get("name"), received and f"received {received}",
        details.get("countryOfOrigin"), details.get("cellModel"), details.get("moduleModel"),
        details.get("manufacturer"), details.get("chemistry"),
    )  # fmt: skip
    return ", ".join(str(part) for part in parts if part)


def as_dict(node: Node) -> dict[str, Any]:
    """A tree for machines."""
    found: dict[str, Any] = {"kind": node.thing.kind, "number": node.thing.number, "of": node.thing.of}
    found["note"] = node.note
    if node.held is not None:
        found |= {
            "standing": node.standing,
            "label": node.held.label,
            "spans": [spans_as_dict(span) for span in node.held.spans],
            "quantity": node.quantity,
            "unit": node.unit,
            "records": [{"plant": plant, "record": record} for plant, record in node.records],
        }
    return found | {"isRepeated": node.is_repeated, "holds": [as_dict(child) for child in node.children]}


def spans_as_dict(span: tuple[str, str]) -> dict[str, str | None]:
    return {"from": span[0] or None, "until": None if span[1] == holding.END else span[1]}
