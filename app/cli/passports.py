"""`passport list`, `verify`, `correct` and `revoke`."""

import argparse
import json
from collections.abc import Mapping
from typing import Final

from app.cli import opened
from app.core import jose
from app.core.access import Reader
from app.core.report import VerdictName
from app.services import correction, reading, revocation, verification

EXIT_CODES: Final[dict[VerdictName, int]] = {"valid": 0, "invalid": 1, "unknown": 3}
_URN: Final = "urn:uuid:"


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs and their options."""
    listed = verbs.add_parser("list", parents=[shared], help="every battery, its state and its addresses")
    listed.add_argument("--json", action="store_true", help="one JSON array")
    listed.set_defaults(run=run_list)

    verify = verbs.add_parser(
        "verify", parents=[shared], help="judge a credential; exit 0 valid, 1 invalid, 3 not fully checked"
    )
    verify.add_argument("file", metavar="FILE", help="the credential's bytes as published; - for stdin")
    verify.add_argument(
        "--log-proof", metavar="FILE", help="the proof that it is entered in the public log, as published"
    )
    verify.add_argument(
        "--offline",
        action="store_true",
        help="open no connection (never done; for scripts that insist on it)",
    )
    verify.add_argument("--json", action="store_true", help="the report as JSON")
    verify.set_defaults(run=run_verify)

    correct = verbs.add_parser(
        "correct", parents=[shared], help="sign anew what differs from the records, after issue"
    )
    correct.add_argument("passport", metavar="PASSPORT", help="its UUID, as `passport list` shows it")
    how = correct.add_mutually_exclusive_group(required=True)
    how.add_argument("--reason", help="why, for whoever may read what is corrected")
    how.add_argument("--dry-run", action="store_true", help="show what would change and sign nothing")
    correct.set_defaults(run=run_correct)

    revoke = verbs.add_parser("revoke", parents=[shared], help="revoke a passport for good")
    revoke.add_argument("passport", metavar="PASSPORT", help="its UUID, as `passport list` shows it")
    revoke.add_argument("--reason", required=True, help="why, for everybody to read")
    revoke.set_defaults(run=run_revoke)


def run_list(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a battery: state, identifier, passport."""
    with opened.installation(args, environ) as ctx:
        found = reading.list_passports(ctx)
    if args.json:
        print(json.dumps(found, indent=1))
    else:
        for each in found:
            print(f"{each['state']:<10}  {each['identifier']}  {each['passport']}")
    return 0


def run_verify(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a check; the verdict is the exit code."""
    data = opened.file(args.file)
    if jose.looks_like_token(data):
        data = data.rstrip(b"\r\n")  # what an editor adds to a text is no part of a token
    proof_of_entry = None if args.log_proof is None else opened.file(args.log_proof)
    with opened.installation(args, environ) as ctx:
        report = verification.verify_bytes(ctx, data, proof_of_entry=proof_of_entry)
    if args.json:
        print(json.dumps(report.as_dict(), indent=1))
    else:
        for check in report.checks:
            name = f"  {check.error}" if check.error else ""
            print(f"{check.outcome:<11}  {check.name:<14}  {check.sentence}{name}")
        print(report.verdict)
    return EXIT_CODES[report.verdict]


def run_correct(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a value that changes: section, attribute, from and to."""
    with opened.installation(args, environ) as ctx:
        maker = Reader("maker", "command line", ctx.issuer.did)
        uuid = args.passport.removeprefix(_URN)
        if args.dry_run:
            done = correction.propose(ctx, uuid, maker).sections
        else:
            done = correction.correct(ctx, uuid, args.reason, maker)
    for one in done:
        for change in one.changes:
            before, after = ("; ".join(lines) or "nothing" for lines in (change.before, change.after))
            print(f"{one.section:<12}  {change.name}: {before} -> {after}")
    if not done:
        print("nothing differs from the records, so nothing was signed")
    elif not args.dry_run:
        print(f"corrected  {args.passport}  {', '.join(f'{one.section} {one.version + 1}' for one in done)}")
    return 0


def run_revoke(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Whoever holds the data directory acts as the maker."""
    with opened.installation(args, environ) as ctx:
        maker = Reader("maker", "command line", ctx.issuer.did)
        revocation.revoke(ctx, args.passport.removeprefix(_URN), args.reason, maker)
    print(f"revoked  {args.passport}")
    return 0
