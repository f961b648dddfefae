"""The sequencer: signs what grows, refuses what forks or shrinks, is one also where two run (T42, T43)."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from app import wiring
from app.core import checkpoint, log, merkle, tiles, times
from app.core.checkpoint import Checkpoint
from app.core.errors import ForkedLog, NotConfigured, NotFound
from app.core.notes import Note
from app.services import checkpoints, log_reading, log_tree
from app.services.context import Context
from app.store.tables import log_checkpoints, log_entries, log_head, log_tiles
from tests.installation import Clock, rows


def grow(ctx: Context, count: int) -> None:
    """So many entries more, as issuing would make them."""
    now = ctx.now()
    leaves = [log.key_added(f"did:web:x#{number}", "z", at=now) for number in range(count)]
    with ctx.unit_of_work() as work:
        work.log.append_all([(leaf, log.leaf_hash(leaf)) for leaf in leaves], "did:web:x", times.to_text(now))
        work.commit()


def opened(ctx: Context, note: str | None) -> Checkpoint:
    assert note is not None
    return checkpoint.open_note(note, checkpoints.vkeys(ctx)).checkpoint


def hashes(ctx: Context) -> list[bytes]:
    return [row["leaf_hash"] for row in sorted(rows(ctx.engine, "log_entries"), key=lambda r: r["log_index"])]


def test_a_checkpoint_has_the_root_of_all_entries_and_the_logs_signature(ctx: Context):
    grow(ctx, 600)
    made = opened(ctx, checkpoints.make(ctx))
    assert made.origin == "passports.example/log/1"
    assert (made.size, made.root) == (len(hashes(ctx)), merkle.root(hashes(ctx)))
    assert len(rows(ctx.engine, "log_tiles")) == 3  # two full ones, and what they are in the one above
    assert checkpoints.make(ctx) == checkpoints.make(ctx)
    assert len(rows(ctx.engine, "log_checkpoints")) == 1


def test_the_log_grows_over_full_tiles_of_each_level_bit_by_bit(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tiles, "WIDTH", 4)  # tiles as small as in a picture: the same code, three levels
    monkeypatch.setattr(tiles, "root_of_full", lambda hashes: merkle.root(tiles.split(hashes)))
    for _ in range(9):
        grow(ctx, 7)
        with ctx.unit_of_work() as work:
            head = work.log.held()
            assert head is not None
            log_tree.fill(work, head)
            work.commit()
    stored = {(row["level"], row["tile_index"]): row["hashes"] for row in rows(ctx.engine, "log_tiles")}
    leaves = hashes(ctx)
    for (level, index), found in stored.items():
        span = 4**level
        for place, one in enumerate(tiles.split(found)):
            begin = (index * 4 + place) * span
            assert one == merkle.root(leaves[begin : begin + span])
    assert max(level for level, _ in stored) == 3


def test_the_newest_checkpoint_is_at_most_five_seconds_old_while_entries_wait(ctx: Context, clock: Clock):
    first = opened(ctx, checkpoints.newest(ctx))
    grow(ctx, 1)
    assert opened(ctx, checkpoints.newest(ctx)) == first
    clock.forward(seconds=5)
    assert opened(ctx, checkpoints.newest(ctx)).size == first.size + 1


def test_two_sequencers_make_one_checkpoint(ctx: Context, data_dir: Path):
    grow(ctx, 300)
    others = [wiring.build(ctx.settings, now=ctx.now) for _ in range(4)]
    found: list[str | None] = []
    threads = [threading.Thread(target=lambda one=one: found.append(checkpoints.make(one))) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.dispose()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(rows(ctx.engine, "log_checkpoints")) == 1


def test_killed_between_tiles_and_checkpoint_the_next_one_goes_on(ctx: Context):
    grow(ctx, 600)
    with ctx.unit_of_work() as work:
        log_tree.fill(work, work.log.held())
        work.commit()
    grow(ctx, 300)
    with ctx.unit_of_work() as work:  # killed before the commit
        log_tree.fill(work, work.log.held())
    assert opened(ctx, checkpoints.make(ctx)).root == merkle.root(hashes(ctx))


def test_an_entry_that_was_changed_after_it_was_signed_stops_the_sequencer(ctx: Context):
    grow(ctx, 20)
    checkpoints.make(ctx)
    grow(ctx, 1)
    with ctx.engine.begin() as connection:
        connection.execute(
            update(log_entries).where(log_entries.c.log_index == 3).values(leaf_hash=bytes(32))
        )
    with pytest.raises(ForkedLog, match="not those that were signed"):
        checkpoints.make(ctx)
    assert len(rows(ctx.engine, "log_checkpoints")) == 1


def test_a_log_that_lost_its_end_stops_the_sequencer(ctx: Context):
    grow(ctx, 20)
    checkpoints.make(ctx)
    with ctx.engine.begin() as connection:
        connection.execute(delete(log_entries).where(log_entries.c.log_index >= 10))
        connection.execute(update(log_head).values(size=10))
    with pytest.raises(ForkedLog, match="smaller"):
        checkpoints.make(ctx)


def test_a_database_of_before_is_noticed_at_the_start_and_by_the_sequencer(ctx: Context):
    grow(ctx, 20)
    checkpoints.make(ctx)
    checkpoints.require_not_behind(ctx)
    with ctx.engine.begin() as connection:  # as a backup of an hour ago would have it
        connection.execute(delete(log_checkpoints))
        connection.execute(delete(log_entries).where(log_entries.c.log_index >= 10))
        connection.execute(update(log_head).values(size=10))
    with pytest.raises(NotConfigured, match="older copy"):
        checkpoints.require_not_behind(ctx)
    with pytest.raises(ForkedLog, match="were published"):
        checkpoints.make(ctx)
    grow(ctx, 30)  # it has grown since, another way
    with pytest.raises(NotConfigured, match="not those that were published"):
        checkpoints.require_not_behind(ctx)
    with pytest.raises(ForkedLog):
        checkpoints.make(ctx)


def test_a_tile_that_was_changed_stops_the_sequencer(ctx: Context):
    grow(ctx, 300)
    checkpoints.make(ctx)
    grow(ctx, 1)
    with ctx.engine.begin() as connection:
        connection.execute(update(log_tiles).where(log_tiles.c.level == 0).values(hashes=bytes(8192)))
        connection.execute(update(log_tiles).where(log_tiles.c.level == 1).values(hashes=bytes(32)))
    with pytest.raises(ForkedLog):
        checkpoints.make(ctx)


def test_an_outsider_reads_the_whole_log_from_its_tiles(ctx: Context):
    grow(ctx, 600)
    note = log_reading.checkpoint(ctx, 1)
    size = opened(ctx, note).size

    def fetch(level: int, index: int, width: int) -> bytes:
        return log_reading.tile(ctx, 1, level, tiles.path(index, width)).body

    assert merkle.root_of(size, tiles.Reader(size, fetch).node) == opened(ctx, note).root
    found = []
    for index in range(size // 256 + 1):
        part = log_reading.entries(ctx, 1, tiles.path(index, tiles.width(0, index, size)))
        assert part.is_full == (index < size // 256)
        found += tiles.parse_bundle(part.body)
    assert [merkle.leaf_hash(one) for one in found] == hashes(ctx)
    assert json.loads(found[0])["type"] == "key-added"


def test_what_no_checkpoint_covers_is_not_given_out(ctx: Context):
    checkpoints.make(ctx)
    size = len(hashes(ctx))
    grow(ctx, 300)
    assert len(log_reading.tile(ctx, 1, 0, f"000.p/{size}").body) == size * 32
    for number, level, path in [
        (1, 0, f"000.p/{size + 1}"),
        (1, 0, "000"),
        (1, 1, "000.p/1"),
        (1, 63, "000.p/1"),
        (1, 0, "x"),
        (1, 0, "x999/x999/x999/x999/x999/x999/x999/999"),
        (2, 0, "000"),
    ]:
        with pytest.raises(NotFound):
            log_reading.tile(ctx, number, level, path)
    with pytest.raises(NotFound):
        log_reading.checkpoint(ctx, 2)
    assert Note.parse(log_reading.checkpoint(ctx, 1)).signatures


def test_two_threads_that_note_a_checkpoint_at_once_leave_one_of_them_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, real = tmp_path / "log-head", os.fsync

    def meanwhile(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", real)
        checkpoints.write_whole(path, "longer than the other one\n")
        real(handle)

    monkeypatch.setattr(os, "fsync", meanwhile)
    checkpoints.write_whole(path, "short\n")
    assert path.read_text() == "short\n"
    assert [one.name for one in tmp_path.iterdir()] == ["log-head"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
