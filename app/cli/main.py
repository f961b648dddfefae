"""`passport`: the command line tool. Results go to stdout, talk to stderr.

Exit codes: 0 done or passed, 1 failed or refused, 2 wrong usage or setting, 3 not fully checked.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.exc import DBAPIError

from app.core.errors import NotConfigured, PassportError

VERBS: Final[Mapping[str, str]] = {
    "init": "init",
    "serve": "serve",
    "migrate": "upkeep",
    "recover": "upkeep",
    "openapi": "upkeep",
    "accounts": "people",
    "plants": "machines",
    "clients": "machines",
    "carbon": "carbon",
    "list": "passports",
    "verify": "passports",
    "correct": "passports",
    "revoke": "passports",
    "keys": "keys",
    "resign": "resign",
    "trust": "trust",
    "log": "log",
    "intake": "intake",
    "files": "intake",
    "mapping": "mapping",
    "mqtt": "mqtt",
    "simulate": "simulate",
}
"""The module of `app.cli` that each verb is in. Only the one that was asked for is loaded: a command that
takes a file in must not hold the web server, the broker's client and the rest in memory (decision 0020)."""


def parser(verb: str | None = None) -> argparse.ArgumentParser:
    """One verb with its options, or all of them where it is none of ours."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data",
        metavar="DIR",
        help="data directory (else the setting PASSPORT_DATA, else ./data of the checkout)",
    )
    top = argparse.ArgumentParser(prog="passport", description="Battery passports on the command line.")
    verbs = top.add_subparsers(metavar="VERB", required=True)
    asked = [VERBS[verb]] if verb is not None and verb in VERBS else dict.fromkeys(VERBS.values())
    for name in asked:
        importlib.import_module(f"app.cli.{name}").add(verbs, shared)
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb; what goes wrong is one sentence on stderr."""
    words = sys.argv[1:] if words is None else words
    args = parser(words[0] if words else None).parse_args(words)
    try:
        code = int(args.run(args, os.environ))
        sys.stdout.flush()
        return code
    except NotConfigured as error:
        print(error, file=sys.stderr)
        return 2
    except PassportError as error:
        print(error, file=sys.stderr)
        return 1
    except DBAPIError as error:
        cause = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        print(
            f"The database cannot be used ({cause}):"
            " is its server running, or must it be restored from a backup?",
            file=sys.stderr,
        )
        return 2
    except BrokenPipeError:
        # `passport list | head`: whoever reads has enough, and the flush at the end must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
