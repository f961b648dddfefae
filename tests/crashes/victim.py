"""A process with every door of the product open, which a test kills: one database, one folder, one broker."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from werkzeug.serving import WSGIRequestHandler, make_server

from app.config import MqttSettings
from app.files.folder import Folder, watch
from app.mqtt import process
from app.services import checkpoints, intake, plants
from app.services.intake import Accepted
from app.store import engine as engines
from app.web import api, create_app
from tests import installation
from tests.crashes import powercut
from tests.installation import START
from tests.mqtt.workers import Worker


@dataclass(frozen=True)
class Ways:
    """What is opened, and which safeguard is taken out of it (a control)."""

    directory: Path
    database_url: str | None
    inbox: Path
    broker: MqttSettings | None
    forgets: bool = False
    """The database lies on a disk that keeps what was synced, and by chance the rest."""
    synchronous: str = "FULL"
    began: float = field(default_factory=time.monotonic)
    is_hasty: bool = False
    """REST answers before it stores."""

    def clock(self) -> datetime:
        """The tests' noon, and what has passed since: limits of a minute must not last for ever."""
        return START + timedelta(seconds=time.monotonic() - self.began)


class _Silent(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Nobody reads it."""


def serve(ways: Ways, tell: Connection) -> None:
    """Start, finish what the last one left behind, tell the port, and serve until killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if ways.forgets:
        powercut.install()
    engines.PRAGMAS = tuple(
        f"PRAGMA synchronous={ways.synchronous}" if "synchronous" in pragma else pragma
        for pragma in engines.PRAGMAS
    )
    if ways.is_hasty:
        api.intake.accept = hasty  # type: ignore[attr-defined]
    process.FIRST_PAUSE_S = 0.05
    settings = installation.load(ways.directory, ways.database_url)
    application = create_app(settings, now=ways.clock)
    ctx = application.extensions["passport"]
    plant = plants.get(ctx, "hall-1")
    folder = Folder(ctx, plant, ways.inbox, settled_s=0, tell=lambda _text: None)
    _beside(lambda: watch(folder, pause_s=0.02, stop=lambda: False))
    _beside(lambda: _checkpoints(ctx))
    if ways.broker is not None:
        _beside(Worker(ctx, ways.broker).process.run)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Silent)
    tell.send(server.server_port)
    server.serve_forever()


def _beside(work: Callable[[], object]) -> None:
    def run() -> None:
        try:
            work()
        except Exception as error:
            print(f"a door of the victim fell: {type(error).__name__}: {error}", flush=True)
            os._exit(3)

    threading.Thread(target=run, daemon=True).start()


def _checkpoints(ctx: Any) -> None:
    while True:
        with contextlib.suppress(DBAPIError):  # as the housekeeping of `passport serve`: it comes again
            checkpoints.make(ctx)
        time.sleep(0.1)


_accept = intake.accept


def hasty(ctx: Any, plant: Any, body: bytes) -> Accepted:
    """The control: what is acknowledged is stored a moment later."""
    threading.Timer(0.03, lambda: _accept(ctx, plant, body)).start()
    return Accepted({}, repeated=False)
