"""Database engines, set so that acknowledged means durable.

SQLite: WAL with synchronous=FULL, every write transaction begins IMMEDIATE (T39; NORMAL lost events in power
cuts). PostgreSQL: its own default, synchronous_commit on.
"""

import select
import sqlite3
import time
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

WAIT_S: Final = 5.0
"""How long a writer waits for its turn."""
_LOOK_S: Final = 0.001
_BEGIN: Final = "BEGIN IMMEDIATE"
_BUSY_TIMEOUT: Final = f"PRAGMA busy_timeout={WAIT_S * 1000:.0f}"
PRAGMAS = (
    "PRAGMA page_size=16384",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    _BUSY_TIMEOUT,
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-16384",
)


def options(database_url: str) -> dict[str, Any]:
    """Engine options that fit the database of `database_url`."""
    if database_url.startswith("sqlite"):
        return {}
    return {"pool_pre_ping": True, "pool_size": 5}


def prepare(engine: Engine) -> Engine:
    """Put the durability settings on an engine, however it was made."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def create(database_url: str) -> Engine:
    """An engine of its own, for the command line and for tests."""
    return prepare(create_engine(database_url, **options(database_url)))


def _on_sqlite_connect(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # sqlite3 would begin its own, deferred, transactions; ours begin below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def reading(engine: Engine) -> Engine:
    """The same database for reads outside a transaction: each statement sees what is committed.

    SQLite has the same connections, told by an option of our own that `_begin_immediate` knows: the driver
    is in autocommit anyway. PostgreSQL has connections of their own that stay in autocommit: switching at
    each checkout, and asking each time whether the server is there, would cost as much as the look-up.
    Dispose of both (`Context.dispose`).
    """
    if engine.dialect.name == "sqlite":
        return engine.execution_options(reads_only=True)
    made = create_engine(
        engine.url, isolation_level="AUTOCOMMIT", pool_size=5, connect_args={"keepalives_idle": 30}
    )
    event.listen(made, "checkout", _replace_if_closed)
    return made


def _replace_if_closed(
    connection: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """A connection at rest has nothing to say: if its socket does, the server has hung up (a restart, a
    time-out, a network that the keep-alive found dead). The pool then opens another, with no round trip."""
    found = select.poll()
    found.register(connection.fileno(), select.POLLIN)
    if found.poll(0):
        raise DisconnectionError("the database server has closed this connection")


def _begin_immediate(connection: Any) -> None:
    """Begin to write, after whoever does so at this moment.

    SQLite itself would look again after 1, 2, 5, 10 ... 100 ms, and sleep on while nobody writes: two that
    send at once lose much of their time so (decision 0017).
    """
    if connection.get_execution_options().get("reads_only"):
        return
    driver = connection.connection.dbapi_connection
    until = time.monotonic() + WAIT_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while _is_taken(driver) and time.monotonic() < until:
            time.sleep(_LOOK_S)
        if not driver.in_transaction:
            connection.exec_driver_sql(_BEGIN)  # fails again, as SQLAlchemy tells it
    finally:
        driver.execute(_BUSY_TIMEOUT)


def _is_taken(driver: sqlite3.Connection) -> bool:
    """Begin to write. True if another does so at this moment."""
    try:
        driver.execute(_BEGIN)
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False
