"""What a verb works on, opened: the installation, a file that was named."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app import config, wiring
from app.core.errors import NotConfigured
from app.services.context import Context


@contextmanager
def installation(args: argparse.Namespace, environ: Mapping[str, str]) -> Iterator[Context]:
    """The parts of the installation that `--data` or PASSPORT_DATA names. Raises: NotConfigured."""
    context = wiring.build(config.load(config.data_dir(args.data, environ), environ))
    try:
        yield context
    finally:
        context.dispose()


def file(name: str) -> bytes:
    """A file's bytes; - is stdin. Raises: NotConfigured."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise NotConfigured(f"{name} cannot be read: {error.strerror}.") from None
