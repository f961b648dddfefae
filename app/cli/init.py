"""`passport init`: make the data directory of a real installation."""

import argparse
from collections.abc import Mapping

from app import config, wiring
from app.cli import installation
from app.core.errors import NotConfigured


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verb and its options."""
    parser = verbs.add_parser(
        "init", parents=[shared], help="make the data directory, its keys and its tables (production)"
    )
    parser.add_argument(
        "--origin",
        metavar="URL",
        help="public address, fixed from now on, e.g. https://passports.example (else PASSPORT_ORIGIN)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Make it, once; after an interruption the same call begins again."""
    origin = args.origin or environ.get("PASSPORT_ORIGIN")
    if not origin:
        raise NotConfigured("The setting PASSPORT_ORIGIN is missing: see deploy/env.example.")
    directory = config.data_dir(args.data, environ)
    installation.clear_unfinished(directory)
    settings = config.create(directory, origin, demo=False, environ=environ)
    wiring.create_data(settings)
    wiring.migrate(settings)
    config.finish(settings)
    print(f"Made {directory} for {settings.origin}. Back up {settings.keys_dir} now, away from the database.")
    return 0
