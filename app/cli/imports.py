"""`passport intake import`: a document that others wrote, shown value by value, and taken in."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from app.cli import opened
from app.core.errors import NotConfigured
from app.core.imports.formats import TITLES
from app.core.imports.outcomes import told
from app.core.imports.reading import MAX_BYTES
from app.core.imports.records import Told
from app.services import imports, plants
from app.services.imports import Result

_HEADINGS: Final = {
    "mapped": "taken",
    "refused": "refused: there is a place for it, and it does not pass",
    "notTaken": "not taken: understood, and there is no place for it",
    "unknown": "unknown",
}


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verb below `intake`."""
    verb = verbs.add_parser(
        "import", parents=[shared], help="take a passport in that was written in another format"
    )
    verb.add_argument(
        "file", metavar="FILE", help=f"JSON, or a shell as XML or .aasx: {', '.join(TITLES.values())}"
    )
    verb.add_argument(
        "--plant", metavar="ID", help="the plant that it comes from (not needed with --dry-run)"
    )
    verb.add_argument("--gtin", help="of the battery, where the document names none")
    verb.add_argument("--serial", help="of the battery, where the document names none")
    verb.add_argument(
        "--dry-run", action="store_true", help="show what would become of it, and store nothing"
    )
    verb.add_argument("--json", action="store_true", help="the result as JSON")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit 0 when all that has a place was taken, 1 when something was refused, unknown or quarantined."""
    if not args.dry_run and args.plant is None:
        raise NotConfigured("Name the plant that the document comes from with --plant, or use --dry-run.")
    data = _read(Path(args.file))
    told = Told(args.gtin, args.serial)
    with opened.installation(args, environ) as ctx:
        name = Path(args.file).name
        if args.dry_run:
            result = imports.look(ctx, name, data, told)
        else:
            result = imports.take(ctx, plants.get(ctx, args.plant), name, data, told, door="command")
    if args.json:
        print(json.dumps(result.as_dict(), indent=1, ensure_ascii=False))
    else:
        print("\n".join(_lines(result)))
    return 0 if result.complete else 1


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise NotConfigured(f"{path} is no file.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotConfigured(f"{path} cannot be read: {error.strerror}.") from None


def _lines(result: Result) -> Iterator[str]:
    made = result.imported
    yield f"{TITLES[made.format]} {made.version}, {made.encoding}: {'; '.join(made.evidence)}"
    yield f"battery {made.subject['gtin']}" + (
        f" {made.subject['serial']}" if "serial" in made.subject else ", no serial"
    )
    for status, heading in _HEADINGS.items():
        rows = told(made.outcomes, status)  # type: ignore[arg-type]
        if rows:
            yield f"\n{heading}"
        for row in rows:
            place = row.get("element", row["path"])
            yield f"  {place}  {_short(row['value'])}" + "".join(_rest(row))
    for reason, count in made.structure.items():
        yield f"\n{count} values are {reason}"
    yield ""
    for sent in result.sent:
        problem = f": {sent.problem['detail']}" if sent.problem else ""
        yield f"record {sent.record_id} ({sent.kind}, {sent.values} values) {sent.state}{problem}"
    counts = made.counts()
    yield (
        f"{counts['mapped']} taken, {counts['refused']} refused, {counts['notTaken']} not taken,"
        f" {counts['unknown']} unknown, {counts['structure']} structure"
    )


def _rest(row: Mapping[str, Any]) -> Iterator[str]:
    if "attribute" in row:
        yield f"  -> {row['attribute']}"
    if "after" in row:
        yield f" = {_short(row['after'])}"
    said = row.get("note") or row.get("reason")
    if said:
        yield f"  ({said})"


def _short(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return f"{value['value']} {value['unit']}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(mark if mark.isprintable() else " " for mark in text)
    return text if len(text) <= 60 else text[:57] + "..."
