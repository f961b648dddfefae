"""`passport accounts` and `passport plants`: who may sign in, and which plant may send records."""

import argparse
import getpass
import sys
from collections.abc import Mapping

from app.cli import opened
from app.core.sections import ROLES
from app.services import accounts, plants


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs and their options."""
    people = verbs.add_parser("accounts", help="who may sign in").add_subparsers(
        metavar="VERB", required=True
    )
    new = people.add_parser(
        "add", parents=[shared], help="make an account; the password is asked for, or read from stdin"
    )
    new.add_argument("name", metavar="NAME")
    new.add_argument("--role", required=True, choices=sorted(ROLES))
    new.set_defaults(run=run_add_account)
    people.add_parser("list", parents=[shared], help="every account").set_defaults(run=run_list_accounts)

    senders = verbs.add_parser("plants", help="who may send records").add_subparsers(
        metavar="VERB", required=True
    )
    plant = senders.add_parser("add", parents=[shared], help="register a plant; prints its token, this once")
    plant.add_argument("id", metavar="ID", help="a-z, 0-9 and -, such as hall-2")
    plant.add_argument("--name", help="for people (else the id)")
    plant.set_defaults(run=run_add_plant)
    senders.add_parser("list", parents=[shared], help="every plant").set_defaults(run=run_list_plants)


def run_add_account(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Never takes the password from the command line: others can read that (T37)."""
    with opened.installation(args, environ) as ctx:
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        accounts.add(ctx, args.name, password, args.role)
    print(f"added  {args.name}  {args.role}")
    return 0


def run_list_accounts(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line an account."""
    with opened.installation(args, environ) as ctx:
        for each in accounts.names(ctx):
            print(f"{each['name']}  {each['role']}" + ("  disabled" if each["disabled"] else ""))
    return 0


def run_add_plant(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The token alone on stdout, so that a script can take it."""
    with opened.installation(args, environ) as ctx:
        token = plants.add(ctx, args.id, args.name or args.id)
    print("This token is shown once; the plant sends it as a bearer token.", file=sys.stderr)
    print(token)
    return 0


def run_list_plants(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a plant."""
    with opened.installation(args, environ) as ctx:
        for each in plants.names(ctx):
            print("  ".join(each.values()))
    return 0
