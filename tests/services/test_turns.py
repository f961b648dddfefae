"""Writers of SQLite wait for their turn: they look often, not for ever, and are told what the matter is."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from app.core.errors import StoreAway
from app.store import engine as engines
from app.store.unit_of_work import trouble, unit_of_work


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    made = engines.create(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    yield made
    made.dispose()


def test_who_waits_too_long_is_told_and_may_come_again(database: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "WAIT_S", 0.02)
    with unit_of_work(database), pytest.raises(OperationalError) as told, unit_of_work(database):
        pass
    assert isinstance(trouble(told.value), StoreAway)
    with unit_of_work(database) as work:
        held = work._connection.exec_driver_sql("pragma busy_timeout").scalar_one()
    assert held == 5000  # what is no turn to write waits as ever


def test_a_turn_that_comes_is_taken_at_once(database: Engine, monkeypatch: pytest.MonkeyPatch):
    looks = []
    done, waiting = threading.Event(), threading.Event()

    def looked(_seconds: float) -> None:
        looks.append(_seconds)
        waiting.set()
        assert done.wait(10)

    monkeypatch.setattr(engines.time, "sleep", looked)

    def write() -> None:
        with unit_of_work(database):
            pass

    with unit_of_work(database):
        other = threading.Thread(target=write)
        other.start()
        assert waiting.wait(10)
    done.set()
    other.join(10)
    assert looks == [0.001]  # one look in vain, and the next one after the turn was free
