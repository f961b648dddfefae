"""`passport mapping`: what a plant's own columns mean, proposed, checked, saved by version, shown."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from app.cli import opened
from app.core import mapping_form, mapping_notes, mapping_proposal, mapping_text
from app.core.errors import NotConfigured
from app.core.intake import KINDS
from app.services import mapping_samples, mappings, plants


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs and their options."""
    mapping = verbs.add_parser("mapping", help="a plant's own columns").add_subparsers(
        metavar="VERB", required=True
    )
    check = mapping.add_parser("check", help="read a mapping file, and say whether it can work")
    check.add_argument("file", metavar="FILE", help="TOML or JSON")
    check.set_defaults(run=run_check)
    save = mapping.add_parser("save", parents=[shared], help="keep a mapping as the newest of its name")
    save.add_argument("file", metavar="FILE", help="TOML or JSON")
    save.add_argument("--plant", required=True, metavar="ID", help="the plant whose columns it speaks of")
    save.set_defaults(run=run_save)
    propose = mapping.add_parser("propose", help="propose a mapping for a file, with reasons as comments")
    propose.add_argument("file", metavar="FILE", help="CSV, XLSX, JSON, or NDJSON, as the plant writes it")
    propose.add_argument("--kind", choices=KINDS, help="what a row is (else the kind that fits best)")
    propose.add_argument("--name", metavar="NAME", help="of the mapping (else made of the file's)")
    propose.add_argument("--out", metavar="FILE", help="write the mapping there, where no file is yet")
    propose.set_defaults(run=run_propose)
    listed = mapping.add_parser("list", parents=[shared], help="every mapping with its newest version")
    listed.add_argument("--plant", metavar="ID", help="of this plant alone")
    listed.set_defaults(run=run_list)
    show = mapping.add_parser("show", parents=[shared], help="a saved mapping as TOML")
    show.add_argument("name", metavar="NAME", help="NAME for the newest version, or NAME:VERSION")
    show.add_argument("--plant", required=True, metavar="ID", help="the plant whose mapping it is")
    show.set_defaults(run=run_show)


def run_check(args: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    """Exit 1 with what is wrong and where."""
    found = mappings.read(text_of(args.file))
    mappings.require_whole(found)
    fields = sum(len(record.rules) for record in found.records)
    counts = f"{len(found.records)} records a row, {fields} fields, {len(found.columns)} columns read"
    print(f"{found.name}: {counts}")
    return 0


def run_propose(args: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    """A mapping file on stdout, or in a new file; nothing is stored. What is still to do, on stderr."""
    path = Path(args.file)
    try:
        sample = mapping_samples.of_file(path)
    except OSError as error:
        raise NotConfigured(f"{args.file} cannot be read: {error.strerror}.") from None
    found = mapping_proposal.propose(sample.columns, sample.rows, args.kind, sample.units)
    name = args.name or mapping_form.name_of(path.name)
    text = mapping_notes.toml(found, name, sample.source, sample.notes)
    if args.out is None:
        print(text, end="")
    else:
        try:
            with Path(args.out).open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise NotConfigured(f"{args.out} cannot be written: {error.strerror}.") from None
    guesses = sum(each.is_guess for each in found.suggestions if each.to)
    undecided = mapping_form.undecided(mapping_form.of_proposal(found, name, sample.source))
    counts = f"{len(sample.rows)} rows, {len(sample.columns)} columns: {guesses} guesses"
    print(f"{counts}, {len(undecided)} not decided", file=sys.stderr)
    return 0


def run_save(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Prints name and version; the same mapping again is the same version."""
    text = text_of(args.file)
    with opened.installation(args, environ) as ctx:
        saved = mappings.save(ctx, plants.get(ctx, args.plant), text, "command")
    print(saved.reference)
    if not saved.is_new:
        print("the same mapping was saved before", file=sys.stderr)
    return 0


def run_list(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a mapping."""
    with opened.installation(args, environ) as ctx:
        plant = plants.get(ctx, args.plant) if args.plant else None
        for row in mappings.listed(ctx, plant):
            about = f"  {row['about']}" if row["about"] else ""
            kinds = ", ".join(row["kinds"])
            print(f"{row['plant']}  {row['name']}:{row['version']}  {kinds}  {row['createdAt'][:10]}{about}")
    return 0


def run_show(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The mapping as a file that `save` takes."""
    with opened.installation(args, environ) as ctx:
        found = mappings.get(ctx, plants.get(ctx, args.plant), args.name)
    print(mapping_text.dumps(found.mapping.document), end="")
    return 0


def text_of(name: str) -> bytes:
    """The bytes of a file that was named. Raises: NotConfigured."""
    try:
        with Path(name).open("rb") as file:
            return file.read(mapping_text.MOST_BYTES + 1)
    except OSError as error:
        raise NotConfigured(f"{name} cannot be read: {error.strerror}.") from None
