"""What the migrations make is what the tables of app/store say, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from app import wiring
from app.config import ROOT
from app.store import engine as engines
from app.store.tables import metadata
from tests import installation


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database that the migrations alone have made."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'made.sqlite3'}"
    else:
        url = installation.new_database(request.getfixturevalue("postgresql"), "migrated")
    made = engines.create(url)
    wiring.upgrade(made)
    yield made
    made.dispose()
    if request.param == "postgresql":
        installation.drop_database(request.getfixturevalue("postgresql"), "migrated")


def test_the_migrations_make_exactly_the_tables(engine: Engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:
            checks = {check["name"] for check in found.get_check_constraints(table.name)}
            wanted = {
                str(constraint.name)
                for constraint in table.constraints
                if type(constraint).__name__ == "CheckConstraint"
            }
            assert wanted <= checks, table.name


def test_running_them_again_changes_nothing(engine: Engine):
    wiring.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_migrations_form_one_line():
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_every_table_of_records_names_the_economic_operator():
    without = {table.name for table in metadata.sorted_tables if "economic_operator_id" not in table.c}
    assert without == {
        "log_head",
        "log_tiles",
        "log_checkpoints",
        "log_cosignatures",
        "trust_lists",
        "trust_roots",
        "sessions",
        "attempts",
    }


def test_sqlite_is_set_so_that_acknowledged_means_durable(tmp_path: Path):
    made = engines.create(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    for engine in (made, engines.reading(made)):
        with engine.connect() as connection:
            answers = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
            assert answers == ["wal", 2, 1]
    made.dispose()


def test_postgresql_is_asked_for_durable_commits(postgresql: str):
    made = engines.create(postgresql)
    with made.connect() as connection:
        assert connection.exec_driver_sql("show synchronous_commit").scalar() == "on"
    made.dispose()
