"""A full disk and a database that is away: told as such, nothing acknowledged, and the line goes on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.services.context import Context
from app.store.unit_of_work import trouble
from tests import factories
from tests.factories import body
from tests.installation import START, TOKEN, rows
from tests.web.conftest import Client

HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


@pytest.fixture
def start() -> str:
    return "bare"


@contextmanager
def full(ctx: Context) -> Iterator[None]:
    """No page more for the database file: what SQLite says of a full disk."""

    def no_more(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # never below what it has

    event.listen(ctx.engine, "checkout", no_more)
    ctx.engine.dispose()
    try:
        yield
    finally:
        event.remove(ctx.engine, "checkout", no_more)
        ctx.engine.dispose()


def large(number: int) -> dict[str, Any]:
    """A record that needs pages of its own."""
    details = {"materialLots": [f"LOT-{place:016d}" for place in range(500)], "plant": "hall-1"}
    subject = {"gtin": factories.GTIN, "lot": f"B-{number}"}
    return factories.a_record("batch", subject, START, recordId=f"full-{number}", details=details)


def test_a_full_disk_is_told_and_the_line_goes_on_once_there_is_room(client: Client, ctx: Context):
    assert client.post("/api/v1/intake/records", data=body(large(0)), headers=HEADERS).status_code == 201
    with full(ctx):
        answers = [
            client.post("/api/v1/intake/records", data=body(large(number)), headers=HEADERS)
            for number in range(1, 12)
        ]
        refused = [answer for answer in answers if answer.status_code != 201]
        assert refused
        assert {answer.status_code for answer in refused} == {507}
        assert all(answer.headers["Retry-After"] for answer in refused)
        assert refused[0].get_json()["type"].endswith("/problems/store-full")
        assert client.get("/").status_code == 200  # reading goes on
    acknowledged = {f"full-{number}" for number, one in enumerate(answers, 1) if one.status_code == 201}
    assert {row["record_id"] for row in rows(ctx.engine, "intake_records")} == acknowledged | {"full-0"}
    for number in range(1, 12):
        again = client.post("/api/v1/intake/records", data=body(large(number)), headers=HEADERS)
        assert again.status_code in (200, 201)
    assert len(rows(ctx.engine, "intake_records")) == 12


class _Refusal(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("refused")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(("sqlstate", "code"), [
    ("53100", "store-full"), ("57P01", "store-away"), ("08006", "store-away"), (None, "store-away"),
    ("22003", None),
])  # fmt: skip
def test_what_a_database_server_says_is_understood(sqlstate: str | None, code: str | None):
    found = trouble(OperationalError("insert", {}, _Refusal(sqlstate)))
    assert (found.code if found else None) == code


def test_a_lock_that_is_held_too_long_is_told_as_such():
    held = sqlite3.OperationalError("database is locked")
    held.sqlite_errorcode = sqlite3.SQLITE_BUSY
    found = trouble(OperationalError("begin", {}, held))
    assert found is not None
    assert found.code == "store-away"
