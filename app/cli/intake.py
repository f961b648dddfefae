"""`passport intake send`, `intake dry-run` and `files watch`: records from files."""

import argparse
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.cli import files_face, imports, opened
from app.cli.progress import Bar
from app.core.completeness import Finding
from app.core.coverage import Coverage
from app.core.csv_rows import Delimiter
from app.core.errors import NotConfigured
from app.core.intake import KINDS
from app.core.vocabulary import CATEGORIES
from app.services import files, mappings, plants
from app.services.context import Context
from app.services.files import How, Result
from app.services.mappings import Applied

_DELIMITERS: Mapping[str, Delimiter] = {"comma": ",", "semicolon": ";", "tab": "\t"}
_SHOWN = 20


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs and their options."""
    csv = argparse.ArgumentParser(add_help=False)
    csv.add_argument("--kind", choices=KINDS, help="what the rows of a CSV file are, where no column says it")
    csv.add_argument("--delimiter", choices=sorted(_DELIMITERS), help="of a CSV file (else found)")
    csv.add_argument(
        "--mapping", metavar="NAME",
        help="for a file with the plant's own columns: NAME[:VERSION] of a saved mapping, or its file",
    )  # fmt: skip
    intake = verbs.add_parser("intake", help="records from files").add_subparsers(
        metavar="VERB", required=True
    )
    send = intake.add_parser("send", parents=[shared, csv], help="take the records of a file in")
    send.add_argument("--plant", required=True, metavar="ID", help="the plant that they come from")
    dry = intake.add_parser(
        "dry-run", parents=[shared, csv], help="judge the records of a file, and store nothing"
    )
    dry.add_argument("--plant", metavar="ID", help="the plant whose saved mapping it is")
    dry.add_argument(
        "--category", choices=CATEGORIES, help="of the batteries, where the file does not say it"
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
        how = _how(args, mapping_of(ctx, args, save=True))
        result = files.send(ctx, plant, path, how, door="command", progress=lambda done: bar(done, size))
    return _told(result, args)


def run_dry(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The same without storing: `accepted` counts the records that would be taken. Names the mandatory
    attributes that the file never fills."""
    path = _path(args.file)
    size = path.stat().st_size
    seen = Coverage()
    with opened.installation(args, environ) as ctx, Bar("bytes read:") as bar:
        how = _how(args, mapping_of(ctx, args))
        result = files.dry_run(ctx, path, how, progress=lambda done: bar(done, size), seen=seen.see)
    return _told(result, args, (args.category or seen.category(), seen.missing(args.category)))


def run_watch(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a file, to stdout; troubles too."""
    place = Path(args.folder)
    if not place.is_dir():
        raise NotConfigured(f"{place} is no directory: make it, or name another.")
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    with opened.installation(args, environ) as ctx:
        plant = plants.get(ctx, args.plant)
        if args.mapping is not None:
            mappings.get(ctx, plant, args.mapping)
        files_face.watch(
            ctx, plant, place, _how(args, None), mapping=args.mapping, settled_s=args.settled, once=args.once,
            stop=lambda: bool(asked), tell=lambda text: print(text, flush=True),
        )  # fmt: skip
    return 0


def _how(args: argparse.Namespace, mapping: Applied | None) -> How:
    if args.mapping is not None and (args.kind or args.delimiter):
        raise NotConfigured("A mapping says kind and delimiter itself: leave --kind and --delimiter out.")
    return How(args.kind, _DELIMITERS[args.delimiter] if args.delimiter else None, mapping)


def mapping_of(ctx: Context, args: argparse.Namespace, *, save: bool = False) -> Applied | None:
    """The mapping that was named: a file, which `save` keeps as a version first, or a saved one."""
    if args.mapping is None:
        return None
    if Path(args.mapping).is_file():
        text = _path(args.mapping).read_bytes()
        if not save:
            found = mappings.read(text)
            mappings.require_whole(found)
            return Applied(found, f"{found.name} (not saved)")
        saved = mappings.save(ctx, plants.get(ctx, args.plant), text, "command")
        if saved.is_new:
            print(f"saved the mapping as {saved.reference}", file=sys.stderr)
        return mappings.get(ctx, plants.get(ctx, args.plant), saved.reference)
    if args.plant is None:
        raise NotConfigured(f"{args.mapping} is no file. For a saved mapping, name its plant: --plant ID")
    return mappings.get(ctx, plants.get(ctx, args.plant), args.mapping)


def _path(name: str) -> Path:
    path = Path(name)
    try:
        if not path.is_file():
            raise NotConfigured(f"{name} is no file.")
        path.open("rb").close()
    except OSError as error:
        raise NotConfigured(f"{name} cannot be read: {error.strerror}.") from None
    return path


def _told(
    result: Result, args: argparse.Namespace, owed: tuple[str | None, Sequence[Finding]] | None = None
) -> int:
    if args.json:
        told = result.as_dict()
        if owed is not None:
            told |= {"category": owed[0], "neverFilled": [each.as_dict() for each in owed[1]]}
        print(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        for error in result.errors[:_SHOWN]:
            place = f"{error.get('pointer', '')} {_of_column(error)}".strip()
            print(f"row {error['row']}: {error['detail']} {place}".rstrip())
        if len(result.errors) > _SHOWN:
            print(f"... and {result.refused - _SHOWN} more; --json names them")
        if result.refusal:
            print(result.refusal)
        print(
            f"{result.accepted} accepted, {result.repeated} repeated, {result.refused} refused,"
            f" {result.issued} passports issued"
        )
        if result.unmapped:
            print(f"passed over: {', '.join(result.unmapped)}")
        if owed is not None and args.mapping is not None:
            _tell_owed(*owed)
    return 1 if result.refusal or result.refused else 0


def _of_column(error: Mapping[str, Any]) -> str:
    return f"(column {error['column']})" if error.get("column") else ""


def _tell_owed(category: str | None, owed: Sequence[Finding]) -> None:
    """Mandatory attributes that no row fills: article, and who supplies them."""
    of = category or "every category"
    print(f"{len(owed)} mandatory attributes are never filled by this file ({of})")
    for each in owed:
        point = f", data point {each.ec_datapoint}" if each.ec_datapoint else ""
        print(f"  {each.attribute_id}: {each.name}; {each.clause}{point}; {each.why}")
