"""The installation that a verb works on, opened."""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app import config, wiring
from app.services.context import Context


@contextmanager
def installation(args: argparse.Namespace, environ: Mapping[str, str]) -> Iterator[Context]:
    """The parts of the installation that `--data` or PASSPORT_DATA names. Raises: NotConfigured."""
    context = wiring.build(config.load(config.data_dir(args.data, environ), environ))
    try:
        yield context
    finally:
        context.dispose()
