"""One verb, one transaction. Leaving the block without `commit` undoes everything."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError as Collision

from app.store.accounts import Accounts, Attempts, Sessions
from app.store.batteries import Batteries, Intentions
from app.store.documents import Documents
from app.store.intake import Plants, Quarantine, Records
from app.store.trust import Log, StatusLists, TrustLists

__all__ = ["Collision", "Store", "UnitOfWork", "read", "unit_of_work"]


class Store:
    """The repositories over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.plants = Plants(connection)
        self.records = Records(connection)
        self.quarantine = Quarantine(connection)
        self.batteries = Batteries(connection)
        self.intentions = Intentions(connection)
        self.documents = Documents(connection)
        self.status_lists = StatusLists(connection)
        self.log = Log(connection)
        self.trust_lists = TrustLists(connection)
        self.accounts = Accounts(connection)
        self.sessions = Sessions(connection)
        self.attempts = Attempts(connection)


class UnitOfWork(Store):
    """A write transaction; what is not committed is undone."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._transaction = connection.begin()

    def commit(self) -> None:
        """Make it durable. Returns only when the database has said so."""
        self._transaction.commit()

    def undo(self) -> None:
        """Leave no trace, if not committed."""
        if self._transaction.is_active:
            self._transaction.rollback()


@contextmanager
def unit_of_work(engine: Engine) -> Iterator[UnitOfWork]:
    """Open a write transaction. SQLite: BEGIN IMMEDIATE, so what is read here stays true until commit."""
    with engine.connect() as connection:
        work = UnitOfWork(connection)
        try:
            yield work
        finally:
            work.undo()


@contextmanager
def read(engine: Engine) -> Iterator[Store]:
    """Read without a transaction: each statement sees what is committed."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield Store(connection)
