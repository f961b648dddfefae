"""`passport log verify`: everything is worked out again, and the first bad entry is named."""

import json

import pytest
from sqlalchemy import delete, update

from app.core import log
from app.services import accounts, checkpoints, log_audit, plants
from app.services.context import Context
from app.store.tables import documents, log_checkpoints, log_entries, log_head, log_tiles
from tests.installation import rows
from tests.services.test_checkpoints import grow


@pytest.fixture
def start() -> str:
    return "issued"


@pytest.fixture
def grown(ctx: Context) -> Context:
    """Three checkpoints over some hundred entries."""
    checkpoints.make(ctx)
    for count in (300, 290):
        grow(ctx, count)
        checkpoints.make(ctx)
    return ctx


def change(ctx: Context, statement) -> None:  # type: ignore[no-untyped-def]
    with ctx.engine.begin() as connection:
        connection.execute(statement)


def first(ctx: Context) -> log_audit.Fault:
    found = log_audit.verify(ctx).first()
    assert found is not None
    return found


def test_a_log_that_nobody_touched_fits(grown: Context):
    seen: list[tuple[int, int]] = []
    found = log_audit.verify(grown, lambda done, total: seen.append((done, total)))
    assert (found.faults, found.unchecked) == ([], [])
    assert (found.checkpoints, found.tiles) == (3, 3)
    assert found.documents == len(rows(grown.engine, "documents"))
    assert seen[-1] == (found.entries, found.entries)


def test_an_entry_that_was_changed_is_named(grown: Context):
    change(grown, update(log_entries).where(log_entries.c.log_index == 123).values(leaf=b'{"v":1}'))
    assert (first(grown).first, first(grown).last) == (123, 123)


def test_an_entry_that_was_changed_with_its_hash_is_named_by_its_tile(grown: Context):
    leaf = b'{"v":1}'
    changed = update(log_entries).where(log_entries.c.log_index == 123)
    change(grown, changed.values(leaf=leaf, leaf_hash=log.leaf_hash(leaf)))
    assert (first(grown).first, first(grown).last) == (123, 123)


def test_beyond_the_full_tiles_the_checkpoint_that_no_longer_fits_says_between_which_entries(grown: Context):
    leaf = b'{"v":1}'
    at = len(rows(grown.engine, "log_entries")) - 3
    changed = update(log_entries).where(log_entries.c.log_index == at)
    change(grown, changed.values(leaf=leaf, leaf_hash=log.leaf_hash(leaf)))
    found = first(grown)
    assert found.first <= at <= found.last
    assert found.first > 300


def test_a_missing_entry_is_named(grown: Context):
    change(grown, delete(log_entries).where(log_entries.c.log_index == 77))
    assert (first(grown).first, first(grown).last) == (77, 77)


def test_a_document_that_is_not_the_one_that_was_entered_is_named_by_its_entry(grown: Context):
    row = next(row for row in rows(grown.engine, "documents") if row["section"] == "public")
    body = row["body"].replace(b'"ratedCapacity":"', b'"ratedCapacity":"9')
    change(grown, update(documents).where(documents.c.section == "public").values(body=body))
    assert first(grown).first == row["log_position"]


def test_a_document_that_was_taken_away_is_named_by_its_entry(grown: Context):
    row = next(row for row in rows(grown.engine, "documents") if row["section"] == "use")
    change(grown, delete(documents).where(documents.c.section == "use"))
    assert (first(grown).first, first(grown).last) == (row["log_position"],) * 2


def test_a_log_that_is_gone_altogether_is_told(grown: Context):
    for table in (log_checkpoints, log_tiles, log_head):
        change(grown, delete(table))
    found = log_audit.verify(grown)
    assert any("knows nothing of" in one.sentence for one in found.faults)
    assert any("not the one that was entered" in one.sentence for one in found.faults)


@pytest.mark.parametrize("what", ["root", "note", "size"])
def test_a_checkpoint_that_was_changed_is_found(grown: Context, what: str):
    biggest = max(row["size"] for row in rows(grown.engine, "log_checkpoints"))
    note = max(rows(grown.engine, "log_checkpoints"), key=lambda row: row["size"])["note"]
    values = {"root": {"root": bytes(32)}, "note": {"note": note.replace("/log/1\n", "/log/2\n", 1)},
              "size": {"size": biggest + 5}}[what]  # fmt: skip
    change(grown, update(log_checkpoints).where(log_checkpoints.c.size == biggest).values(**values))
    assert log_audit.verify(grown).faults


def test_a_tile_that_was_changed_is_found(grown: Context):
    change(grown, update(log_tiles).where(log_tiles.c.level == 1).values(hashes=bytes(64)))
    assert "tile" in first(grown).sentence


def test_accounts_and_plants_are_entered_without_their_names(ctx: Context):
    accounts.add(ctx, "erika", "a password of hers", "recycler")
    plants.add(ctx, "hall-9", "Hall 9")
    leaves = [json.loads(row["leaf"]) for row in rows(ctx.engine, "log_entries")]
    kinds = [leaf["type"] for leaf in leaves]
    assert kinds.count("account-added") >= 2
    assert kinds.count("plant-added") >= 3
    assert not any("erika" in json.dumps(leaf) or "hall" in json.dumps(leaf) for leaf in leaves)
