"""What every service is handed: settings, the engine, the clock and the keys. Made by wiring alone."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine

from app.config import Settings
from app.core.credential import Issuer
from app.core.key_register import KeyRecord
from app.core.proof import Signer
from app.keys.file import FileSigner
from app.keys.log import NoteKey
from app.store.unit_of_work import Store, UnitOfWork, read, unit_of_work

KEPT_AS: Final = "graphs"
"""Where `graphs` keeps the process beside this one."""


@dataclass(frozen=True, slots=True)
class Context:
    """One installation's parts, put together."""

    settings: Settings
    engine: Engine
    reader: Engine
    """The same database for reads outside a transaction."""
    now: Callable[[], datetime]
    """The clock: aware, UTC. Tests pass their own."""
    open_signer: Callable[[KeyRecord], Signer]
    """Opens the private half of a key of the register; services ask `services.keys` instead."""
    issuer: Issuer
    """The economic operator that signs; its did is also its id in every table."""
    trust_root: dict[str, Any]
    """Public keys that the trust list is signed with; the private ones stay offline."""
    secret: bytes
    """Makes salts for the log's commitments; never leaves the installation."""
    root_signers: Callable[[], Sequence[FileSigner]] = tuple
    """Root keys that lie in the data directory at this moment: those of a demo, none in production."""
    log_keys: Mapping[int, NoteKey] = field(default_factory=dict)
    """Keys that sign checkpoints, by number of their log."""
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Worked out before, and free to be thrown away: policies, reports, renderings of this process."""

    def unit_of_work(self) -> AbstractContextManager[UnitOfWork]:
        """A write transaction."""
        return unit_of_work(self.engine)

    def read(self) -> AbstractContextManager[Store]:
        """Reads, without a transaction."""
        return read(self.reader)

    def dispose(self, *, close: bool = True) -> None:
        """Let go of every connection and process. `close=False` after a fork: they belong to the parent."""
        graphs = self.kept.pop(KEPT_AS, None)
        if graphs is not None and close:
            graphs.close()
        self.engine.dispose(close=close)
        self.reader.dispose(close=close)
