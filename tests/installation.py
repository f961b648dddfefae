"""Installations to test against: made once for each run, then copied for each test.

`bare` has keys, tables, two plants and an account for each role. `issued` also holds one whole battery with
its passport. Both stand on 24 November 2026, noon; a test moves its own clock on from there.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, create_engine, delete, insert, select, text

from app import config, wiring
from app.config import Settings
from app.core.sections import ROLES
from app.services import accounts, intake, plants
from app.services.context import Context
from app.store import engine as engines
from app.store.tables import attempts, metadata
from tests import factories

ORIGIN = "https://passports.example"
OPERATOR = "Musterzellen GmbH"
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKEN, OTHER_TOKEN = "token-of-hall-1-for-tests", "token-of-hall-2-for-tests"
ROLES_WITH_ACCOUNT = tuple(role for role in ROLES if role != "public")
PRODUCTION = {
    "PASSPORT_OPERATOR_NAME": OPERATOR,
}


@dataclass
class Clock:
    """A clock that moves when a test says so."""

    now: datetime = field(default=START)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


def password(role: str) -> str:
    return f"password-of-{role}"


def template(shared: Path, name: str) -> Path:
    """The directory of a template, made by whichever process comes first."""
    with open(shared / "templates.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shared / f"{name}.done"
        if not done.exists():
            (_make_bare if name == "bare" else _make_issued)(shared)
            done.touch()
    return shared / name


def session_tokens(shared: Path) -> dict[str, str]:
    """A session token of each role, good for twelve hours from START."""
    found: dict[str, str] = json.loads((shared / "tokens.json").read_text())
    return found


def load(directory: Path, database_url: str | None = None) -> Settings:
    """The settings of a copied template."""
    environ = {**PRODUCTION, **({"PASSPORT_DATABASE_URL": database_url} if database_url else {})}
    return config.load(directory, environ)


def by_the_real_clock(directory: Path, pack: Callable[[datetime], Iterable[dict[str, Any]]]) -> Path:
    """An installation with one passport, for commands: they have no other clock."""
    settings = config.create(directory, ORIGIN, demo=False, environ=PRODUCTION)
    wiring.create_data(settings)
    wiring.migrate(settings)
    config.finish(settings)
    ctx = wiring.build(settings)
    plants.add(ctx, "hall-1", "Hall 1", TOKEN)
    plant = plants.of_token(ctx, TOKEN)
    for record in pack(ctx.now()):
        intake.accept(ctx, plant, factories.body(record))
    ctx.dispose()
    return directory


def choose(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings as if this were the installation of the machine, and no other setting."""
    for name in [name for name in os.environ if name.startswith("PASSPORT_")]:
        monkeypatch.delenv(name)
    for name, value in {**PRODUCTION, "PASSPORT_DATA": str(directory)}.items():
        monkeypatch.setenv(name, value)
    return directory


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    target.chmod(0o700)
    return target


class Refilled:
    """One PostgreSQL database that is given a template's rows again before each test.

    Cheaper than a database for each test: nothing of the server's own is copied.
    """

    def __init__(self, server: str) -> None:
        self.url = new_database(server, "refilled")
        self._engine = engines.create(self.url)
        wiring.upgrade(self._engine)
        self._known: dict[Path, list[tuple[Table, list[dict[str, Any]]]]] = {}

    def fill(self, source: Path) -> None:
        """Exactly the rows of the SQLite database in the template `source`, nothing else."""
        if source not in self._known:
            self._known[source] = _all_rows(source)
        tables = self._known[source]
        with self._engine.begin() as connection:
            for table, _ in reversed(tables):
                connection.execute(delete(table))
            for table, found in tables:
                if found:
                    connection.execute(insert(table), found)
            connection.execute(text(_SET_SEQUENCE))

    def dispose(self) -> None:
        self._engine.dispose()


_SET_SEQUENCE = (
    "select setval(pg_get_serial_sequence('intake_records', 'sequence'),"
    " (select coalesce(max(sequence), 0) + 1 from intake_records), false)"
)


def _all_rows(source: Path) -> list[tuple[Table, list[dict[str, Any]]]]:
    # A copy is opened: SQLite makes files beside a database that it opens, and others copy the template.
    with tempfile.TemporaryDirectory() as place:
        engine = engines.create(load(copy(source, Path(place) / "data")).database_url)
        try:
            return [(table, rows(engine, table.name)) for table in metadata.sorted_tables]
        finally:
            engine.dispose()


def new_database(server: str, name: str) -> str:
    """Address of a new and empty database on a test server."""
    _administer(server, f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


def drop_database(server: str, name: str) -> None:
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def make_fast(server: str) -> None:
    """Nothing of a test server outlives the tests, so it need not reach the disk."""
    _administer(
        server,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    )


def _administer(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@contextmanager
def opened(directory: Path, clock: Clock, database_url: str | None = None) -> Iterator[Context]:
    """The services' context over a copied template."""
    settings = load(directory, database_url)
    ctx = wiring.build(settings, now=clock)
    try:
        yield ctx
    finally:
        ctx.dispose()


def rows(engine: Engine, table_name: str) -> list[dict[str, Any]]:
    """Every row of a table, straight from the database."""
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(metadata.tables[table_name]))]


def _make_bare(shared: Path) -> None:
    clock = Clock()
    settings = config.create(shared / "bare", ORIGIN, demo=False, environ=PRODUCTION)
    wiring.create_data(settings, clock)
    wiring.migrate(settings, clock)
    config.finish(settings)
    with opened(shared / "bare", clock) as ctx:
        plants.add(ctx, "hall-1", "Hall 1", TOKEN)
        plants.add(ctx, "hall-2", "Hall 2", OTHER_TOKEN)
        tokens = {}
        for role in ROLES_WITH_ACCOUNT:
            accounts.add(ctx, f"{role}-1", password(role), role)
            tokens[role] = accounts.sign_in(ctx, f"{role}-1", password(role), f"192.0.2.{len(tokens)}")
        with ctx.engine.begin() as connection:
            connection.execute(delete(attempts))
    (shared / "tokens.json").write_text(json.dumps(tokens))


def _make_issued(shared: Path) -> None:
    if not (shared / "bare.done").exists():
        _make_bare(shared)
        (shared / "bare.done").touch()
    copy(shared / "bare", shared / "issued")
    with opened(shared / "issued", Clock()) as ctx:
        plant = plants.of_token(ctx, TOKEN)
        for record in factories.a_whole_pack(START):
            answer = intake.accept(ctx, plant, factories.body(record)).answer
        assert answer["battery"]["state"] == "issued", answer
