"""The transparency log as it is stored: entries, tiles, checkpoints and cosignatures.

Logs count from 1; only the newest is open. Entry i of a log is row `first + i` of `log_entries`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from app.store.tables import (
    battery_events,
    documents,
    jose_documents,
    log_checkpoints,
    log_cosignatures,
    log_entries,
    log_head,
    log_tiles,
)

# Built once: building a statement costs more than running it.
_GROW = (
    update(log_head)
    .where(log_head.c.closed_at.is_(None))
    .values(size=log_head.c.size + bindparam("more"))
    .returning(log_head.c.first, log_head.c.size)
)
_APPEND = insert(log_entries)
_HEAD = select(log_head).where(log_head.c.id == bindparam("number"))
_HELD = select(log_head).where(log_head.c.closed_at.is_(None)).with_for_update()
_HEAD_OF_ROW = select(log_head).where(log_head.c.first <= bindparam("row")).order_by(log_head.c.id.desc())
_CHECKPOINTS = select(log_checkpoints).where(log_checkpoints.c.log_id == bindparam("number"))
_NEWEST = _CHECKPOINTS.order_by(log_checkpoints.c.size.desc()).limit(1)
_TILE = select(log_tiles.c.hashes).where(
    log_tiles.c.log_id == bindparam("number"),
    log_tiles.c.level == bindparam("level"),
    log_tiles.c.tile_index == bindparam("index"),
)
_ROWS = log_entries.c.log_index.between(bindparam("begin"), bindparam("last"))
_HASHES = select(log_entries.c.leaf_hash).where(_ROWS).order_by(log_entries.c.log_index)
_AT = select(log_entries.c.log_index, log_entries.c.leaf).where(
    log_entries.c.log_index.in_(bindparam("rows", expanding=True))
)
_OF_HASH = select(log_entries.c.log_index).where(log_entries.c.leaf_hash == bindparam("leaf_hash")).limit(1)
_LEAVES = select(log_entries.c.leaf).where(_ROWS).order_by(log_entries.c.log_index)


class Log:
    """Every log of this installation. One sequencer: the row of `log_head` is the lock (T43)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- entries

    def append_all(self, leaves: Sequence[tuple[bytes, bytes]], operator: str, at: str) -> int:
        """Add leaves, each with its hash, to the open log in the caller's transaction.

        Returns the row of the first in `log_entries`; the others follow it without gaps.
        """
        more = len(leaves)
        head = self._connection.execute(_GROW, {"more": more}).one_or_none()
        if head is None:
            self._connection.execute(insert(log_head).values(id=1, size=more))
        row = head.first + head.size - more if head is not None else 0
        if more:
            self._connection.execute(
                _APPEND,
                [
                    {
                        "log_index": index,
                        "leaf": leaf,
                        "leaf_hash": leaf_hash,
                        "economic_operator_id": operator,
                        "created_at": at,
                    }
                    for index, (leaf, leaf_hash) in enumerate(leaves, row)
                ],
            )
        return int(row)

    def rows(self, begin: int, end: int) -> Sequence[Row[Any]]:
        """Entries by row, `end` not included."""
        query = select(log_entries).where(_ROWS).order_by(log_entries.c.log_index)
        return self._connection.execute(query, {"begin": begin, "last": end - 1}).all()

    def leaf_hashes(self, begin: int, end: int) -> list[bytes]:
        """Hashes of entries by row, `end` not included."""
        found = self._connection.execute(_HASHES, {"begin": begin, "last": end - 1})
        return [bytes(one) for one in found.scalars()]

    def entries(self, begin: int, end: int) -> list[bytes]:
        """Entries themselves, by row, `end` not included."""
        found = self._connection.execute(_LEAVES, {"begin": begin, "last": end - 1})
        return [bytes(one) for one in found.scalars()]

    def leaves_at(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Entries by their rows; one that is not there is left out."""
        found = self._connection.execute(_AT, {"rows": list(rows)})
        return {int(row.log_index): bytes(row.leaf) for row in found}

    def has(self, leaf_hash: bytes) -> bool:
        """Whether there is such an entry. Slow: for documents of before each knew its entry."""
        return self._connection.execute(_OF_HASH, {"leaf_hash": leaf_hash}).first() is not None

    # --- heads

    def head(self, number: int) -> Row[Any] | None:
        return self._connection.execute(_HEAD, {"number": number}).one_or_none()

    def heads(self) -> Sequence[Row[Any]]:
        return self._connection.execute(select(log_head).order_by(log_head.c.id)).all()

    def head_of_row(self, row: int) -> Row[Any] | None:
        """The log that a row of `log_entries` belongs to."""
        return self._connection.execute(_HEAD_OF_ROW, {"row": row}).first()

    def held(self) -> Row[Any] | None:
        """The open log, kept from other writers until this transaction ends."""
        return self._connection.execute(_HELD).one_or_none()

    def close(self, number: int, at: str) -> None:
        """End this log and open the next, in the caller's transaction."""
        head = self._connection.execute(_HEAD, {"number": number}).one()
        self._connection.execute(update(log_head).where(log_head.c.id == number).values(closed_at=at))
        self._connection.execute(insert(log_head).values(id=number + 1, size=0, first=head.first + head.size))

    def move(self, begin: int, end: int, to: int) -> None:
        """Documents and events whose entries stand in these rows have them from `to` on."""
        for table in (documents, jose_documents, battery_events):
            self._connection.execute(
                update(table)
                .where(table.c.log_position.between(begin, end - 1))
                .values(log_position=table.c.log_position - begin + to)
            )

    # --- tiles

    def tile(self, number: int, level: int, index: int) -> bytes | None:
        asked = {"number": number, "level": level, "index": index}
        found = self._connection.execute(_TILE, asked).scalar_one_or_none()
        return None if found is None else bytes(found)

    def full_tiles(self, number: int) -> int:
        """How many tiles of level 0 are stored."""
        query = select(func.max(log_tiles.c.tile_index)).where(
            log_tiles.c.log_id == number, log_tiles.c.level == 0
        )
        newest = self._connection.execute(query).scalar_one()
        return 0 if newest is None else int(newest) + 1

    def put_tile(self, number: int, level: int, index: int, hashes: bytes, *, is_new: bool) -> None:
        if is_new:
            self._connection.execute(
                insert(log_tiles).values(log_id=number, level=level, tile_index=index, hashes=hashes)
            )
            return
        self._connection.execute(
            update(log_tiles)
            .where(log_tiles.c.log_id == number, log_tiles.c.level == level, log_tiles.c.tile_index == index)
            .values(hashes=hashes)
        )

    # --- checkpoints

    def has_checkpoints(self) -> bool:
        """Whether a key of the log was ever used."""
        return self._connection.execute(select(log_checkpoints.c.size).limit(1)).one_or_none() is not None

    def newest_checkpoint(self, number: int) -> Row[Any] | None:
        return self._connection.execute(_NEWEST, {"number": number}).one_or_none()

    def checkpoint(self, number: int, size: int) -> Row[Any] | None:
        query = _CHECKPOINTS.where(log_checkpoints.c.size == size)
        return self._connection.execute(query, {"number": number}).one_or_none()

    def checkpoints(self, number: int) -> Sequence[Row[Any]]:
        query = _CHECKPOINTS.order_by(log_checkpoints.c.size)
        return self._connection.execute(query, {"number": number}).all()

    def add_checkpoint(self, *, number: int, size: int, root: bytes, note: str, at: str) -> None:
        self._connection.execute(
            insert(log_checkpoints).values(log_id=number, size=size, root=root, note=note, created_at=at)
        )

    def cosigned_above(self, number: int, index: int) -> Row[Any] | None:
        """The smallest checkpoint that holds entry `index` and that a witness cosigned."""
        query = (
            _CHECKPOINTS.join(
                log_cosignatures,
                (log_cosignatures.c.log_id == log_checkpoints.c.log_id)
                & (log_cosignatures.c.size == log_checkpoints.c.size),
            )
            .where(log_checkpoints.c.size > index)
            .order_by(log_checkpoints.c.size)
            .limit(1)
        )
        return self._connection.execute(query, {"number": number}).first()

    def timestamped_above(self, number: int, index: int) -> Row[Any] | None:
        """The smallest checkpoint that holds entry `index` and has a time stamp."""
        query = (
            _CHECKPOINTS.where(log_checkpoints.c.size > index, log_checkpoints.c.timestamp_token.is_not(None))
            .order_by(log_checkpoints.c.size)
            .limit(1)
        )
        return self._connection.execute(query, {"number": number}).one_or_none()

    def newest_timestamp(self) -> str | None:
        """When a checkpoint of any log was last time-stamped."""
        found = self._connection.execute(select(func.max(log_checkpoints.c.timestamped_at))).scalar_one()
        return None if found is None else str(found)

    def set_timestamp(self, number: int, size: int, token: bytes, at: str) -> None:
        self._connection.execute(
            update(log_checkpoints)
            .where(log_checkpoints.c.log_id == number, log_checkpoints.c.size == size)
            .values(timestamp_token=token, timestamped_at=at)
        )

    # --- cosignatures

    def cosignatures(self, number: int, size: int) -> list[str]:
        """Lines of witnesses under one checkpoint, oldest first."""
        query = (
            select(log_cosignatures.c.line)
            .where(log_cosignatures.c.log_id == number, log_cosignatures.c.size == size)
            .order_by(log_cosignatures.c.created_at, log_cosignatures.c.witness)
        )
        return list(self._connection.execute(query).scalars())

    def add_cosignature(self, *, number: int, size: int, witness: str, line: str, at: str) -> None:
        self._connection.execute(
            insert(log_cosignatures).values(
                log_id=number, size=size, witness=witness, line=line, created_at=at
            )
        )
