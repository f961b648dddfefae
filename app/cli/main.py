"""`passport`: the command line tool. Results go to stdout, talk to stderr.

Exit codes: 0 done or passed, 1 failed or refused, 2 wrong usage or setting, 3 not fully checked.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from app.cli import (
    carbon,
    init,
    intake,
    keys,
    log,
    machines,
    mapping,
    mqtt,
    passports,
    people,
    resign,
    serve,
    simulate,
    trust,
    upkeep,
)
from app.core.errors import NotConfigured, PassportError

VERBS = (
    init,
    serve,
    upkeep,
    people,
    machines,
    carbon,
    passports,
    keys,
    resign,
    trust,
    log,
    intake,
    mapping,
    mqtt,
    simulate,
)


def parser() -> argparse.ArgumentParser:
    """All verbs with their options."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data",
        metavar="DIR",
        help="data directory (else the setting PASSPORT_DATA, else ./data of the checkout)",
    )
    top = argparse.ArgumentParser(prog="passport", description="Battery passports on the command line.")
    verbs = top.add_subparsers(metavar="VERB", required=True)
    for verb in VERBS:
        verb.add(verbs, shared)
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb; what goes wrong is one sentence on stderr."""
    args = parser().parse_args(words)
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
