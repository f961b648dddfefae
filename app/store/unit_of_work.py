"""One verb, one transaction. Leaving the block without `commit` undoes everything."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import IntegrityError as Collision

from app.core.errors import PassportError, StoreAway, StoreFull
from app.store.accounts import Accounts, Attempts, Sessions
from app.store.alarms import Alarms
from app.store.attachments import Attachments
from app.store.batteries import Batteries, Intentions
from app.store.board import Board
from app.store.carbon import EmissionFactorSets
from app.store.clients import AccessTokens, Clients
from app.store.documents import Documents
from app.store.epcis import EpcisCaptures
from app.store.genealogy import Genealogy
from app.store.history import Events
from app.store.intake import Plants, Quarantine, Records
from app.store.jose import JoseDocuments
from app.store.keys import Keys
from app.store.log import Log
from app.store.mappings import Mappings
from app.store.recall_links import RecallLinks
from app.store.summaries import Summaries
from app.store.trust import StatusLists, TrustLists, TrustRoots

__all__ = ["Collision", "Store", "UnitOfWork", "is_transient", "read", "trouble", "unit_of_work"]


def trouble(error: DBAPIError) -> PassportError | None:
    """What a refusal of the database means to whoever sent something: a full disk, or a database that is
    away; None for a fault of ours. Either way nothing of the transaction is stored."""
    cause = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    state = getattr(cause, "sqlstate", None) or ""
    if (code is not None and code & 0xFF == sqlite3.SQLITE_FULL) or state == "53100":
        return StoreFull("The disk of this service is full. Send the same again later: it is stored once.")
    if (
        (code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN))
        or state[:2] in ("08", "57")
        or error.connection_invalidated
        or (isinstance(error, OperationalError) and code is None and not state)
    ):
        return StoreAway("The database does not answer. Send the same again later: it is stored once.")
    return None


def is_transient(error: Exception) -> bool:
    """Whether a transaction was undone because of another one, and may simply be tried again."""
    cause = getattr(error, "orig", None)
    return isinstance(error, DBAPIError) and getattr(cause, "sqlstate", None) in ("40001", "40P01")


class Store:
    """The repositories over one connection, each made when it is first asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def plants(self) -> Plants:
        return Plants(self._connection)

    @cached_property
    def attachments(self) -> Attachments:
        return Attachments(self._connection)

    @cached_property
    def clients(self) -> Clients:
        return Clients(self._connection)

    @cached_property
    def access_tokens(self) -> AccessTokens:
        return AccessTokens(self._connection)

    @cached_property
    def records(self) -> Records:
        return Records(self._connection)

    @cached_property
    def summaries(self) -> Summaries:
        return Summaries(self._connection)

    @cached_property
    def quarantine(self) -> Quarantine:
        return Quarantine(self._connection)

    @cached_property
    def mappings(self) -> Mappings:
        return Mappings(self._connection)

    @cached_property
    def emission_factor_sets(self) -> EmissionFactorSets:
        return EmissionFactorSets(self._connection)

    @cached_property
    def epcis_captures(self) -> EpcisCaptures:
        return EpcisCaptures(self._connection)

    @cached_property
    def genealogy(self) -> Genealogy:
        return Genealogy(self._connection)

    @cached_property
    def recall_links(self) -> RecallLinks:
        return RecallLinks(self._connection)

    @cached_property
    def batteries(self) -> Batteries:
        return Batteries(self._connection)

    @cached_property
    def alarms(self) -> Alarms:
        return Alarms(self._connection)

    @cached_property
    def board(self) -> Board:
        return Board(self._connection)

    @cached_property
    def intentions(self) -> Intentions:
        return Intentions(self._connection)

    @cached_property
    def documents(self) -> Documents:
        return Documents(self._connection)

    @cached_property
    def jose_documents(self) -> JoseDocuments:
        return JoseDocuments(self._connection)

    @cached_property
    def events(self) -> Events:
        return Events(self._connection)

    @cached_property
    def status_lists(self) -> StatusLists:
        return StatusLists(self._connection)

    @cached_property
    def log(self) -> Log:
        return Log(self._connection)

    @cached_property
    def keys(self) -> Keys:
        return Keys(self._connection)

    @cached_property
    def trust_lists(self) -> TrustLists:
        return TrustLists(self._connection)

    @cached_property
    def trust_roots(self) -> TrustRoots:
        return TrustRoots(self._connection)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self._connection)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self._connection)

    @cached_property
    def attempts(self) -> Attempts:
        return Attempts(self._connection)


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
    """Read without a transaction; `engine` is one of `app.store.engine.reading`."""
    with engine.connect() as connection:
        yield Store(connection)
