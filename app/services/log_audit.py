"""Working the whole log out again: entries, tiles, checkpoints, and every stored document against its entry.

(1) each entry has its hash, and there are as many as the log says; (2) tiles hold these hashes; (3) the root
under each checkpoint is that of the entries, and its log signed it; (4) each document's bytes have an entry,
and each entry of an issue its document. Nothing is believed that can be worked out. Source: T42.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from app.core import checkpoint, log, merkle, tiles
from app.core.errors import MalformedInput
from app.core.multibase import digest_multibase
from app.services import checkpoints
from app.services.context import Context
from app.store.unit_of_work import Store

BATCH: Final = 4096
ISSUED: Final = frozenset({"credential-issued", "credential-reissued", "credential-form-added"})
MAX_FAULTS: Final = 100

Progress = Callable[[int, int], None]
"""(entries looked at, of how many)."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What does not fit. Entries `first` to `last` of a log; where only a span is known, they differ."""

    log: int
    first: int
    last: int
    sentence: str

    def __str__(self) -> str:
        where = f"entry {self.first}" if self.first == self.last else f"entries {self.first} to {self.last}"
        return f"log {self.log}, {where}: {self.sentence}"


@dataclass(slots=True)
class Audit:
    """What was looked at, and what did not fit."""

    entries: int = 0
    tiles: int = 0
    checkpoints: int = 0
    documents: int = 0
    faults: list[Fault] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def first(self) -> Fault | None:
        """The first bad entry: one that is known by itself before a span that holds it."""
        return min(self.faults, key=lambda one: (one.log, one.last, one.first), default=None)

    def add(self, log_id: int, first: int, last: int, sentence: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(log_id, first, last, sentence))


def verify(ctx: Context, progress: Progress = lambda done, total: None) -> Audit:
    """Everything, from the first entry on."""
    found = Audit()
    named: dict[int, bytes] = {}  # leaves of issues, by row
    with ctx.read() as store:
        heads = store.log.heads()
        total = sum(head.size for head in heads)
        for head in heads:
            _one_log(ctx, store, head, found, named, lambda done: progress(done, total))
        _documents(ctx, store, heads, found, named)
    seen = checkpoints.published_head(ctx)
    if seen is not None and (trouble := checkpoints.behind(ctx, seen)):
        number, size = (heads[-1].id, heads[-1].size) if heads else (1, 0)
        found.add(number, min(seen.size, size), seen.size, trouble)
    return found


class _Frontier:
    """The tree as it grows: roots of its full subtrees, from the largest down."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def add(self, leaf_hash: bytes) -> None:
        value, size = leaf_hash, self.size
        while size & 1:
            value = merkle.node_hash(self._roots.pop(), value)
            size >>= 1
        self._roots.append(value)
        self.size += 1

    def root(self) -> bytes:
        if not self._roots:
            return merkle.root([])
        *rest, value = self._roots
        for one in reversed(rest):
            value = merkle.node_hash(one, value)
        return value


def _one_log(
    ctx: Context, store: Store, head: Any, found: Audit, named: dict[int, bytes], done: Callable[[int], None]
) -> None:
    signed = {row.size: row for row in store.log.checkpoints(head.id)}
    covered = max(signed, default=0)
    tree, last_good = _Frontier(), 0
    waiting: list[bytes] = []
    levels: dict[tuple[int, int], bytearray] = {}
    _signatures(ctx, store, head, signed.values(), found)
    if 0 in signed:
        last_good = _compare(head, signed[0], tree, 0, found)
    for index, row in _rows(store, head):
        if row is None or merkle.leaf_hash(bytes(row.leaf)) != bytes(row.leaf_hash):
            what = "is missing" if row is None else "was changed: it does not have its hash"
            found.add(head.id, index, index, f"it {what}.")
            if row is None:
                return
        leaf = bytes(row.leaf)
        if _kind(leaf) in ISSUED and (not head.closed_at or index < covered):
            named[row.log_index] = leaf
        value = merkle.leaf_hash(leaf)
        tree.add(value)
        waiting.append(value)
        if len(waiting) == tiles.WIDTH:
            _tile(store, head, index // tiles.WIDTH, waiting, levels, found)
            waiting.clear()
        if tree.size in signed:
            last_good = _compare(head, signed[tree.size], tree, last_good, found)
        found.entries += 1
        if found.entries % BATCH == 0:
            done(found.entries)
    for size in sorted(signed):
        if size > tree.size:
            found.add(head.id, tree.size, size - 1, "a checkpoint says that there are more entries.")
            break
    for (level, index), hashes in levels.items():
        if (store.log.tile(head.id, level, index) or b"") != bytes(hashes):
            first = index * tiles.WIDTH ** (level + 1)
            last = min(first + tiles.WIDTH ** (level + 1), head.size) - 1
            found.add(head.id, first, last, f"the tile above them (level {level}) is another.")
        found.tiles += 1
    done(found.entries)


def _rows(store: Store, head: Any) -> Iterator[tuple[int, Any]]:
    """Index and row of each entry; None where there is none, at the first gap."""
    index = 0
    while index < head.size:
        end = min(index + BATCH, head.size)
        for row in store.log.rows(head.first + index, head.first + end):
            if row.log_index != head.first + index:
                yield index, None
                return
            yield index, row
            index += 1
        if index < end:
            yield index, None
            return


def _tile(
    store: Store, head: Any, index: int, hashes: list[bytes], levels: dict[tuple[int, int], bytearray],
    found: Audit,
) -> None:  # fmt: skip
    """A full tile of level 0 against the stored one; its root is kept for the tile above."""
    stored = store.log.tile(head.id, 0, index)
    whole = b"".join(hashes)
    if stored is None:
        return  # made with the next checkpoint
    found.tiles += 1
    if stored != whole:
        others = tiles.split(stored)
        place = next((at for at, one in enumerate(hashes) if at >= len(others) or others[at] != one), 0)
        at = index * tiles.WIDTH + place
        found.add(head.id, at, at, "its tile has another hash for it: one of them was changed.")
    for level in range(1, tiles.MAX_LEVEL + 1):
        root = tiles.root_of_full(whole)
        index = index // tiles.WIDTH
        row = levels.setdefault((level, index), bytearray())
        row += root
        if len(row) < tiles.WIDTH * tiles.HASH:
            return
        whole = bytes(row)


def _compare(head: Any, row: Any, tree: _Frontier, last_good: int, found: Audit) -> int:
    """The root under one checkpoint. Returns up to where all is well."""
    found.checkpoints += 1
    if tree.root() == bytes(row.root):
        return tree.size
    if last_good >= 0:
        found.add(
            head.id, last_good, max(last_good, tree.size - 1),
            f"one of them is not what it was when the checkpoint of {tree.size} entries was signed.",
        )  # fmt: skip
    return -1


def _signatures(ctx: Context, store: Store, head: Any, rows: Iterable[Any], found: Audit) -> None:
    key = ctx.log_keys.get(head.id)
    if key is None:
        found.unchecked.append(f"The key of log {head.id} is missing: no signature was checked.")
        return
    for row in rows:
        try:
            note = checkpoints.with_cosignatures(store, row)
            opened = checkpoint.open_note(note, [key.vkey], checkpoints.witnesses(ctx))
            fits = (opened.checkpoint.size, opened.checkpoint.root) == (row.size, bytes(row.root))
        except MalformedInput:
            fits = False
        if not fits:
            at = max(0, row.size - 1)
            found.add(head.id, at, at, f"the checkpoint of {row.size} entries is not signed as it should be.")


def _documents(ctx: Context, store: Store, heads: Any, found: Audit, named: dict[int, bytes]) -> None:
    def place(row: int) -> tuple[int, int]:
        head = next((one for one in reversed(heads) if one.first <= row), None)
        return (head.id, row - head.first) if head is not None else (1, row)

    without = 0
    for document in store.documents.all_with_entries():
        found.documents += 1
        digest = digest_multibase(bytes(document.body))
        if document.log_position is None:
            without += 1
            continue
        leaf = named.pop(document.log_position, None)
        if leaf is None or not log.names(leaf, digest, log.derived_salt(ctx.secret, digest)):
            what = f"{document.section} version {document.version}"
            number, index = place(document.log_position)
            found.add(number, index, index, f"the stored document ({what}) is not the one that was entered.")
    if without:
        found.unchecked.append(f"{without} documents were stored before they knew their entries.")
    else:
        for row in sorted(named)[:MAX_FAULTS]:
            number, index = place(row)
            found.add(number, index, index, "the document that it names is not stored.")


def _kind(leaf: bytes) -> str:
    try:
        value = orjson.loads(leaf)
    except orjson.JSONDecodeError:
        return ""
    return str(value.get("type", "")) if isinstance(value, dict) else ""
