"""The face of MQTT, by name: faces do not know each other."""

import importlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from app.core.errors import NotConfigured
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
    """Be one worker until told to stop."""
    face = importlib.import_module("app.mqtt.start")
    face.work(ctx, password, worker, leaves=leaves, stop=stop, tell=tell)


def login(name: str, file: Path | None) -> tuple[str, str]:
    """A new password for a login of the broker, and the entry for its file, put there where one is named."""
    logins = importlib.import_module("app.mqtt.logins")
    if not logins.is_fit(name):
        raise NotConfigured(
            "A login is PLANT/LINE, each of a-z, 0-9 and -, such as hall-1/line-2; or passport, for the"
            " process itself."
        )
    password = logins.new_password()
    entry = logins.entry(name, password)
    if file is not None:
        logins.write(file, entry)
    return password, entry


def health_file(data_dir: Path, worker: int) -> Path:
    """Where a worker says how it is."""
    found: Path = importlib.import_module("app.mqtt.health").path_of(data_dir, worker)
    return found


def judge(told: dict[str, Any], now: datetime) -> str | None:
    """What is wrong with a worker; None where nothing is."""
    found: str | None = importlib.import_module("app.mqtt.health").judge(told, now)
    return found
