"""A worker, put together from the settings: what the command line starts."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from app.core.errors import NotConfigured
from app.mqtt import health
from app.mqtt.connection import Connection
from app.mqtt.health import Health
from app.mqtt.process import Process
from app.services.context import Context


def work(
    ctx: Context,
    password: str | None,
    worker: int,
    *,
    leaves: bool,
    stop: Callable[[], bool],
    tell: Callable[[str], None],
) -> None:
    """Take in what comes until told to stop. Raises: NotConfigured."""
    settings = ctx.settings.mqtt
    handle = _claim(ctx.settings.data_dir, worker)
    try:
        Process(
            ctx,
            lambda: Connection(settings, f"{settings.client_id}-{worker}", password, not leaves),
            Health(health.path_of(ctx.settings.data_dir, worker), settings.url),
            stop,
            tell,
            leaves,
        ).run()
    finally:
        os.close(handle)


def _claim(data_dir: Path, worker: int) -> int:
    """One process for a worker's number: two would take the session from each other without end."""
    handle = os.open(data_dir / f"mqtt-{worker}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise NotConfigured(
            f"Worker {worker} is running already on {data_dir}: give this one another number with --worker."
        ) from None
    return handle
