"""Entries of the log: each in the transaction of its change, each document knowing where its own stands."""

import json
import stat
from pathlib import Path

import pytest

from app import wiring
from app.core import log, times
from app.core.errors import NotConfigured
from app.services.context import Context
from app.store.tables import log_checkpoints, log_head
from tests import factories
from tests.installation import START, rows
from tests.line import Line


def test_each_document_knows_the_entry_that_names_it(line: Line):
    line.send_all(factories.a_whole_pack(START))
    entries = {row["log_index"]: json.loads(row["leaf"]) for row in rows(line.ctx.engine, "log_entries")}
    documents = rows(line.ctx.engine, "documents")
    assert len(documents) > 3
    for document in documents:
        leaf = entries[document["log_position"]]
        salt = log.derived_salt(line.ctx.secret, document["digest"])
        expected = {"digest": document["digest"], "commitment": log.commitment(document["digest"], salt)}
        name = "digest" if document["section"] == "public" else "commitment"
        assert leaf[name] == expected[name]


def test_entries_go_to_the_log_that_is_open(ctx: Context):
    now = times.to_text(ctx.now())
    there = len(rows(ctx.engine, "log_entries"))
    with ctx.unit_of_work() as work:
        assert work.log.append_all([(b"a", bytes(32)), (b"b", bytes(32))], ctx.issuer.did, now) == there
        work.commit()
    with ctx.engine.begin() as connection:
        connection.execute(log_head.update().values(closed_at=now))
        connection.execute(log_head.insert().values(id=2, size=0, first=there + 2))
    with ctx.unit_of_work() as work:
        assert work.log.append_all([(b"c", bytes(32))], ctx.issuer.did, now) == there + 2
        assert work.log.append_all([], ctx.issuer.did, now) == there + 3
        work.commit()
    assert {(head["id"], head["size"], head["first"]) for head in rows(ctx.engine, "log_head")} == {
        (1, there + 2, 0), (2, 1, there + 2),
    }  # fmt: skip


def test_a_new_installation_has_a_key_for_its_log_and_an_old_one_gets_it_when_it_is_migrated(
    ctx: Context, data_dir: Path
):
    assert ctx.log_keys[1].vkey.name == "passports.example/log/1"
    assert ctx.log_keys[1].sign("text\n").startswith("\u2014 passports.example/log/1 ")
    (data_dir / "keys" / "log-1.pem").unlink()
    without = wiring.build(ctx.settings, now=ctx.now)
    assert without.log_keys == {}
    without.dispose()
    wiring.migrate(ctx.settings, ctx.now)
    assert stat.S_IMODE((data_dir / "keys" / "log-1.pem").stat().st_mode) == 0o600


def test_a_key_of_the_log_that_was_lost_after_its_first_use_is_not_replaced(ctx: Context, data_dir: Path):
    with ctx.engine.begin() as connection:
        at = times.to_text(ctx.now())
        connection.execute(
            log_checkpoints.insert().values(log_id=1, size=1, root=bytes(32), note="", created_at=at)
        )
    (data_dir / "keys" / "log-1.pem").unlink()
    with pytest.raises(NotConfigured, match="restore"):
        wiring.migrate(ctx.settings, ctx.now)
