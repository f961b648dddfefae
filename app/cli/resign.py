"""`passport resign`: sign anew what a revoked or retired key signed."""

import argparse
import sys
from collections.abc import Mapping

from app.cli import opened
from app.cli.progress import Bar
from app.core.vocabulary import SECTIONS
from app.services import resigning


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verb and its options."""
    parser = verbs.add_parser(
        "resign", parents=[shared], help="sign anew what a revoked key signed; goes on where it was stopped"
    )
    parser.add_argument(
        "--key", action="append", default=[], metavar="NAME", help="this key's (else every revoked key's)"
    )
    parser.add_argument(
        "--section", action="append", choices=SECTIONS, help="these sections alone (else all)"
    )
    parser.add_argument("--dry-run", action="store_true", help="check what is stored, and sign nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line for each document that is left out, then the sum; 1 if there is any."""
    with opened.installation(args, environ) as ctx, Bar("checked" if args.dry_run else "signed anew") as bar:
        result = resigning.resign(ctx, args.key, args.section or SECTIONS, dry_run=args.dry_run, told=bar)
    for one in result.left_out:
        print(f"left out  {one.section} {one.version}  {one.subject or one.credential_id}  {one.why}")
    print(f"{result.signed} documents {'would be signed anew' if args.dry_run else 'signed anew'}")
    if result.left_out:
        print(
            f"{len(result.left_out)} documents are not what the log says, so they got no new signature."
            " Look at each: docs/runbooks/key-compromise.md says how.",
            file=sys.stderr,
        )
    return 1 if result.left_out else 0
