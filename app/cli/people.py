"""`passport accounts`: who may sign in."""

import argparse
import getpass
import sys
from collections.abc import Mapping

from app.cli import opened
from app.core.sections import ROLES
from app.services import accounts


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
    other = people.add_parser(
        "password", parents=[shared],
        help="another password for an account, asked for or read from stdin; its open sessions end",
    )  # fmt: skip
    other.add_argument("name", metavar="NAME")
    other.set_defaults(run=run_change_password)
    people.add_parser("list", parents=[shared], help="every account").set_defaults(run=run_list_accounts)

    for verb, change, what in (
        ("disable", accounts.disable, "let nobody in with an account, from its next request on"),
        ("enable", accounts.enable, "let a disabled account sign in again"),
    ):
        switch = people.add_parser(verb, parents=[shared], help=what)
        switch.add_argument("name", metavar="NAME")
        switch.set_defaults(run=run_switch_account, change=change, done=f"{verb}d")


def run_add_account(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Make an account."""
    with opened.installation(args, environ) as ctx:
        accounts.add(ctx, args.name, _password(), args.role)
    print(f"added  {args.name}  {args.role}")
    return 0


def run_change_password(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Who forgot theirs, or told it to somebody, gets another."""
    with opened.installation(args, environ) as ctx:
        accounts.change_password(ctx, args.name, _password())
    print(f"changed  {args.name}")
    return 0


def _password() -> str:
    """Never taken from the command line: others can read that (T37)."""
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def run_list_accounts(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line an account."""
    with opened.installation(args, environ) as ctx:
        for each in accounts.names(ctx):
            print(f"{each['name']}  {each['role']}" + ("  disabled" if each["disabled"] else ""))
    return 0


def run_switch_account(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Open sessions end with it."""
    with opened.installation(args, environ) as ctx:
        args.change(ctx, args.name)
    print(f"{args.done}  {args.name}")
    return 0
