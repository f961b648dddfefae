"""Which data directory a verb works on; making and clearing the one of a demo."""

import fcntl
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from app import config
from app.config import Settings
from app.core.errors import NotConfigured


def port_of(origin: str) -> int:
    """The port that an origin names, or its scheme's own."""
    parts = urlsplit(origin)
    return parts.port or (443 if parts.scheme == "https" else 80)


def host_of(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def existing(directory: Path, environ: Mapping[str, str]) -> Settings | None:
    """Settings of what lies in `directory`, or None where nothing does."""
    if not (directory / config.SETTINGS_FILE).exists():
        return None
    return config.load(directory, environ)


def require_origin(settings: Settings, origin: str) -> None:
    """Raises: NotConfigured if the data was made for another address."""
    if settings.origin != origin:
        raise NotConfigured(
            f"The data in {settings.data_dir} was made for {settings.origin}, and its labels carry that"
            f" address: to serve {origin} use other data (--data DIR), or throw this away (--reset)."
        )


def claim(directory: Path) -> int:
    """Keep other servers off a data directory for the life of this process; returns the open handle.

    Two masters on one directory would be two writers of one log. The lock is on the directory itself, so
    nothing is left behind by a kill. Makes the directory where there is none.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotConfigured(f"{directory} cannot be made a directory: {error.strerror}.") from None
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise NotConfigured(
            f"Another server is running on {directory}: stop that one, or use other data (--data DIR)."
        ) from None
    return handle


def clear_demo(directory: Path, environ: Mapping[str, str]) -> None:
    """Throw the data of a demo away. Raises: NotConfigured if it is anything else."""
    if not (directory / config.SETTINGS_FILE).exists():
        return clear_unfinished(directory)
    if not config.load(directory, environ).demo:
        raise NotConfigured(f"{directory} is not a demo, so it is not thrown away.")
    (directory / config.UNFINISHED_FILE).touch(
        mode=0o600
    )  # an interrupted reset is taken up by the next start
    return clear_unfinished(directory)


def clear_unfinished(directory: Path) -> None:
    """Throw away what an interrupted start left, which nobody used yet; leave anything else alone."""
    mark = directory / config.UNFINISHED_FILE
    if not mark.exists():
        return
    for entry in directory.iterdir():
        if entry.name in (config.CA_DIRECTORY, mark.name):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    mark.unlink()
