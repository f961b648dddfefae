"""`passport migrate`, `recover` and `openapi`."""

import argparse
import json
from collections.abc import Mapping

from app import config, wiring
from app.cli import opened, web_face
from app.services import intake_batch, issuance


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs; they have no options of their own."""
    for name, text, run in (
        ("migrate", "bring the tables up to date; does nothing where they are", run_migrate),
        ("recover", "finish what a crash left behind, and judge every stamped draft again", run_recover),
        ("openapi", "print the description of the API", run_openapi),
    ):
        verbs.add_parser(name, parents=[shared], help=text).set_defaults(run=run)


def run_migrate(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Old code goes on working on the new tables, so this may run before the restart."""
    wiring.migrate(config.load(config.data_dir(args.data, environ), environ))
    return 0


def run_recover(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Says how many passports were issued by it."""
    with opened.installation(args, environ) as ctx:
        issued = intake_batch.finish(ctx)
        print(f"{issued + issuance.recover(ctx)} passports issued")
    return 0


def run_openapi(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """For the installation's own origin."""
    settings = config.load(config.data_dir(args.data, environ), environ)
    print(json.dumps(web_face.openapi(settings.origin), indent=1))
    return 0
