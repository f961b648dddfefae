"""`passport log`: verify it, watch another's, stamp it, close it. Results on stdout, talk on stderr."""

import argparse
import os
import sys
from collections.abc import Mapping

from app import config, wiring
from app.cli import installation, opened
from app.cli.progress import Bar
from app.core.errors import NotConfigured
from app.core.times import to_seconds
from app.services import checkpoints, log_audit, log_closing, timestamps, trust, witnessing
from app.services.log_fetching import RemoteLog


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs and their options."""
    log = verbs.add_parser("log", help="the public log: verify it, witness another's, close it")
    found = log.add_subparsers(metavar="VERB", required=True)
    found.add_parser(
        "verify", parents=[shared], help="work everything out again; names the first entry that does not fit"
    ).set_defaults(run=run_verify)
    found.add_parser(
        "checkpoint", parents=[shared], help="print the newest checkpoint with its cosignatures"
    ).set_defaults(run=run_checkpoint)

    witness = found.add_parser(
        "witness", parents=[shared], help="look at another installation's log and cosign what continues it"
    )
    witness.add_argument("url", metavar="URL", help="such as https://passports.example/log/1")
    witness.add_argument("--vkey", metavar="KEY", help="the log's key, at first sight of one nobody lists")
    witness.set_defaults(run=run_witness)

    cosign = found.add_parser(
        "cosign", parents=[shared], help="add a witness's cosignature to our checkpoint"
    )
    cosign.add_argument("file", metavar="FILE", help="what the witness printed; - for stdin")
    cosign.add_argument("--witness", metavar="KEY", help="key of a witness that the trust list does not name")
    cosign.set_defaults(run=run_cosign)

    found.add_parser(
        "timestamp", parents=[shared], help="have the newest checkpoint stamped (RFC 3161)"
    ).set_defaults(run=run_timestamp)

    close = found.add_parser(
        "close", parents=[shared], help="after a restore from backup: end this log, begin the next"
    )
    close.add_argument("--reason", required=True, help="why, for everybody to read")
    close.add_argument(
        "--published", metavar="FILE", help="the newest checkpoint that anybody has; - for stdin"
    )
    close.set_defaults(run=run_close)


def run_verify(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """0 all fits, 1 something does not, 3 not everything could be looked at."""
    with opened.installation(args, environ) as ctx, Bar("entries verified:") as bar:
        found = log_audit.verify(ctx, bar)
    print(
        f"{found.entries} entries, {found.tiles} tiles, {found.checkpoints} checkpoints,"
        f" {found.documents} documents"
    )
    for sentence in found.unchecked:
        print(sentence)
    first = found.first()
    if first is not None:
        for fault in sorted(found.faults):
            print(fault)
        print(f"The first that does not fit: {first}")
        return 1
    print("Not everything could be checked." if found.unchecked else "Everything fits.")
    return 3 if found.unchecked else 0


def run_checkpoint(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The note alone on stdout, to be kept elsewhere."""
    with opened.installation(args, environ) as ctx:
        sys.stdout.write(checkpoints.to_keep(ctx))
    return 0


def run_witness(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The cosigned checkpoint alone on stdout, to be given to the log's operator."""
    with opened.installation(args, environ) as ctx:
        found = witnessing.witness(ctx, RemoteLog(args.url), args.vkey)
    before = (
        f"continues the {found.before} seen before" if found.before is not None else "seen for the first time"
    )
    print(f"{found.size} entries; {before}. Cosigned by {found.witness}", file=sys.stderr)
    sys.stdout.write(found.note)
    return 0


def run_cosign(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a witness whose cosignature is new."""
    note = _note(args.file)
    with opened.installation(args, environ) as ctx:
        taken = witnessing.take(ctx, note, args.witness)
    for name in taken:
        print(f"cosigned  {name}")
    if not taken:
        print("Known already.", file=sys.stderr)
    return 0


def run_timestamp(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The service's time."""
    with opened.installation(args, environ) as ctx:
        print(to_seconds(timestamps.stamp(ctx)))
    return 0


def run_close(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Needs the data directory alone: no server may run on it."""
    published = _note(args.published) if args.published else None
    settings = config.load(config.data_dir(args.data, environ), environ)
    lock = installation.claim(settings.data_dir)
    try:
        with opened.installation(args, environ) as ctx:
            number = log_closing.close(ctx, args.reason, published)
        ctx = wiring.build(settings)
        try:
            note = checkpoints.make(ctx)
            is_listed = trust.renew_if_due(ctx)
        finally:
            ctx.dispose()
    finally:
        os.close(lock)
    print(f"Log {number - 1} is closed. Log {number} begins:", file=sys.stderr)
    sys.stdout.write(note or "")
    if not is_listed:
        print(
            "Sign a new trust list that names its key (docs/trust.md).",
            file=sys.stderr,
        )
    return 0


def _note(name: str) -> str:
    try:
        return opened.file(name).decode()
    except UnicodeDecodeError:
        raise NotConfigured(f"{name} is no signed note: it is not UTF-8.") from None
