"""`passport init`: make the data directory of a real installation."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app import config, wiring
from app.cli import installation
from app.core import trust_root
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
    parser.add_argument(
        "--root-keys", type=int, default=1, metavar="N", help="how many root keys to make, for as many people"
    )
    parser.add_argument(
        "--root-threshold", type=int, default=1, metavar="M", help="how many of them must sign a trust list"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Make it, once; after an interruption the same call begins again."""
    origin = args.origin or environ.get("PASSPORT_ORIGIN")
    if not origin:
        raise NotConfigured("The setting PASSPORT_ORIGIN is missing: see deploy/env.example.")
    if not 1 <= args.root_threshold <= args.root_keys <= trust_root.MAX_KEYS:
        raise NotConfigured(
            f"--root-threshold is from 1 to --root-keys, and that at most {trust_root.MAX_KEYS}."
        )
    directory = config.data_dir(args.data, environ)
    installation.clear_unfinished(directory)
    settings = config.create(directory, origin, demo=False, environ=environ)
    wiring.create_data(settings, root_keys=args.root_keys, root_threshold=args.root_threshold)
    wiring.migrate(settings)
    config.finish(settings)
    print(f"Made {directory} for {settings.origin}.")
    for sentence in _where_root_keys_go(wiring.root_key_files(settings), args.root_threshold):
        print(sentence)
    print(f"Back up {settings.keys_dir} then, away from the database.")
    return 0


def _where_root_keys_go(files: Sequence[Path], threshold: int) -> Iterator[str]:
    """One sentence for each root key: none of them is ever needed on the server (T5, T46)."""
    if len(files) == 1:
        yield f"Move {files[0]} off this server, on two media, apart from its backups."
        return
    for number, path in enumerate(files, 1):
        yield (
            f"Move {path} off this server, to person {number}: on two media, in a place of its own, apart"
            " from the backups and from the other root keys."
        )
    yield f"{threshold} of these {len(files)} people sign each trust list together."
