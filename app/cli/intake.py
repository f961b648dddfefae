"""`passport intake send`, `intake dry-run` and `files watch`: records from files."""

import argparse
import json
import signal
from collections.abc import Mapping
from pathlib import Path

from app.cli import files_face, imports, opened
from app.cli.progress import Bar
from app.core.csv_rows import Delimiter
from app.core.errors import NotConfigured
from app.core.intake import KINDS
from app.services import files, plants
from app.services.files import How, Result

_DELIMITERS: Mapping[str, Delimiter] = {"comma": ",", "semicolon": ";", "tab": "\t"}
_SHOWN = 20


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs and their options."""
    csv = argparse.ArgumentParser(add_help=False)
    csv.add_argument("--kind", choices=KINDS, help="what the rows of a CSV file are, where no column says it")
    csv.add_argument("--delimiter", choices=sorted(_DELIMITERS), help="of a CSV file (else found)")
    intake = verbs.add_parser("intake", help="records from files").add_subparsers(
        metavar="VERB", required=True
    )
    send = intake.add_parser("send", parents=[shared, csv], help="take the records of a file in")
    send.add_argument("--plant", required=True, metavar="ID", help="the plant that they come from")
    dry = intake.add_parser(
        "dry-run", parents=[shared, csv], help="judge the records of a file, and store nothing"
    )
    for verb, run in ((send, run_send), (dry, run_dry)):
        verb.add_argument("file", metavar="FILE", help="CSV, JSON, or NDJSON")
        verb.add_argument("--json", action="store_true", help="the result as JSON")
        verb.set_defaults(run=run)
    imports.add(intake, shared)
    folder = verbs.add_parser("files", help="watched folders").add_subparsers(metavar="VERB", required=True)
    watch = folder.add_parser(
        "watch", parents=[shared, csv], help="take in what is moved into a folder, until stopped"
    )
    watch.add_argument("folder", metavar="DIR", help="done/ and failed/ are made in it")
    watch.add_argument("--plant", required=True, metavar="ID", help="the plant that it belongs to")
    watch.add_argument("--once", action="store_true", help="look once and end")
    watch.add_argument(
        "--settled", type=float, default=2.0, metavar="SECONDS", help="a file is whole when unchanged so long"
    )
    watch.set_defaults(run=run_watch)


def run_send(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit 0 when every record was taken, 1 otherwise."""
    path = _path(args.file)
    size = path.stat().st_size
    with opened.installation(args, environ) as ctx, Bar("bytes read:") as bar:
        plant = plants.get(ctx, args.plant)
        result = files.send(
            ctx, plant, path, _how(args), door="command", progress=lambda done: bar(done, size)
        )
    return _told(result, args)


def run_dry(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The same without storing: `accepted` counts the records that would be taken."""
    path = _path(args.file)
    size = path.stat().st_size
    with opened.installation(args, environ) as ctx, Bar("bytes read:") as bar:
        result = files.dry_run(ctx, path, _how(args), progress=lambda done: bar(done, size))
    return _told(result, args)


def run_watch(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a file, to stdout; troubles too."""
    place = Path(args.folder)
    if not place.is_dir():
        raise NotConfigured(f"{place} is no directory: make it, or name another.")
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    with opened.installation(args, environ) as ctx:
        files_face.watch(
            ctx, plants.get(ctx, args.plant), place, _how(args), settled_s=args.settled, once=args.once,
            stop=lambda: bool(asked), tell=lambda text: print(text, flush=True),
        )  # fmt: skip
    return 0


def _how(args: argparse.Namespace) -> How:
    return How(args.kind, _DELIMITERS[args.delimiter] if args.delimiter else None)


def _path(name: str) -> Path:
    path = Path(name)
    try:
        if not path.is_file():
            raise NotConfigured(f"{name} is no file.")
        path.open("rb").close()
    except OSError as error:
        raise NotConfigured(f"{name} cannot be read: {error.strerror}.") from None
    return path


def _told(result: Result, args: argparse.Namespace) -> int:
    if args.json:
        print(json.dumps(result.as_dict(), indent=1, ensure_ascii=False))
    else:
        for error in result.errors[:_SHOWN]:
            print(f"row {error['row']}: {error['detail']} {error.get('pointer', '')}".rstrip())
        if len(result.errors) > _SHOWN:
            print(f"... and {result.refused - _SHOWN} more; --json names them")
        if result.refusal:
            print(result.refusal)
        print(
            f"{result.accepted} accepted, {result.repeated} repeated, {result.refused} refused,"
            f" {result.issued} passports issued"
        )
    return 1 if result.refusal or result.refused else 0
