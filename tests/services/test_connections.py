"""Connections to the database: what a server that hung up, or a fork, leaves behind is not noticed."""

import os

import pytest
from sqlalchemy import text

from app.services import plants
from app.services.context import Context
from tests.installation import TOKEN


def _hang_up(ctx: Context) -> None:
    """The server ends every other connection to this database, as it does when it restarts."""
    with ctx.engine.connect() as connection:
        connection.execute(
            text(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        )


@pytest.fixture
def database() -> str:
    return "postgresql"


def test_a_read_after_the_server_hung_up_is_answered(ctx: Context):
    for _ in range(2):
        assert plants.of_token(ctx, TOKEN).id == "hall-1"
        _hang_up(ctx)
    assert plants.of_token(ctx, TOKEN).id == "hall-1"


def test_reads_see_each_commit_at_once_and_hold_no_transaction_open(ctx: Context):
    with ctx.read() as store:
        assert store.records.count() == 0
        plants.add(ctx, "plant-9", "Plant 9", "another-token-for-these-tests")
        assert store.plants.get("plant-9") is not None
        with ctx.engine.connect() as connection:
            open_ones = connection.execute(
                text(
                    "select count(*) from pg_stat_activity where datname = current_database()"
                    " and state like 'idle in transaction%'"
                )
            ).scalar_one()
        assert open_ones == 0


def test_a_process_that_was_forked_opens_connections_of_its_own(ctx: Context):
    assert plants.of_token(ctx, TOKEN).id == "hall-1"
    before = ctx.reader.pool.status()
    child = os.fork()
    if child == 0:
        ctx.dispose(close=False)
        ok = plants.of_token(ctx, TOKEN).id == "hall-1"
        os._exit(0 if ok else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert ctx.reader.pool.status() == before
    assert plants.of_token(ctx, TOKEN).id == "hall-1"
