"""`passport plants` and `passport clients`: which machines may send records, with which tokens and scopes.

A token or secret is printed once, alone on stdout, so that a script can take it.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta

from app.cli import opened
from app.core import scopes
from app.services import clients, plants
from app.services.context import Context

_Verbs = argparse._SubParsersAction


def add(verbs: "_Verbs[argparse.ArgumentParser]", shared: argparse.ArgumentParser) -> None:
    """The verbs and their options."""
    senders = verbs.add_parser("plants", help="who may send records").add_subparsers(
        metavar="VERB", required=True
    )
    new = senders.add_parser("add", parents=[shared], help="register a plant; prints its token, this once")
    new.add_argument("id", metavar="ID", help="a-z, 0-9 and -, such as hall-2")
    new.add_argument("--name", help="for people (else the id)")
    new.set_defaults(run=run_add_plant)
    senders.add_parser("list", parents=[shared], help="every plant, with its further tokens").set_defaults(
        run=run_list_plants
    )
    token = senders.add_parser("token", parents=[shared], help="one more token, for a part of it")
    token.add_argument("id", metavar="ID")
    _scope(token)
    token.add_argument("--days", type=int, metavar="N", help="how long it lasts (else until it is revoked)")
    token.set_defaults(run=run_add_token)
    rotate = senders.add_parser("rotate", parents=[shared], help="a new token; the old one goes on")
    rotate.add_argument("id", metavar="ID")
    _overlap(rotate)
    rotate.set_defaults(run=run_rotate_plant)
    for verb, change, what, name in (
        ("revoke-token", plants.revoke_token, "end a further token at once", "TOKEN"),
        ("disable", plants.disable, "let nothing more in from a plant", "ID"),
        ("enable", plants.enable, "let a disabled plant send again", "ID"),
    ):
        _switch(senders, shared, verb, change, what, name)

    machines = verbs.add_parser("clients", help="machines that ask for tokens (OAuth 2)").add_subparsers(
        metavar="VERB", required=True
    )
    client = machines.add_parser("add", parents=[shared], help="make a client; prints its id and secret")
    client.add_argument("name", metavar="NAME", help="for people, such as 'MES of hall 2'")
    client.add_argument("--plant", required=True, metavar="ID")
    _scope(client)
    client.set_defaults(run=run_add_client)
    machines.add_parser("list", parents=[shared], help="every client").set_defaults(run=run_list_clients)
    renewed = machines.add_parser("rotate", parents=[shared], help="a new secret; the old one goes on")
    renewed.add_argument("id", metavar="ID")
    _overlap(renewed)
    renewed.set_defaults(run=run_rotate_client)
    _switch(machines, shared, "revoke", clients.revoke, "end a client and its tokens at once", "ID")


def run_add_plant(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Its first token may do all that a plant may."""
    with opened.installation(args, environ) as ctx:
        token = plants.add(ctx, args.id, args.name or args.id)
    _once("This token is shown once; the plant sends it as a bearer token.", token)
    return 0


def run_list_plants(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a plant, and one below it for each further token."""
    with opened.installation(args, environ) as ctx:
        for each in plants.names(ctx):
            print(f"{each['id']}  {each['name']}" + ("  disabled" if each["disabled"] else ""))
            for token in each["tokens"]:
                until = f"  until {token['until']}" if token["until"] else ""
                print(f"  token {token['token']}  {token['scopes']}{until}")
    return 0


def run_add_token(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """For a machine that cannot ask for one."""
    lasts = timedelta(days=args.days) if args.days is not None else None
    with opened.installation(args, environ) as ctx:
        token = plants.add_token(ctx, args.id, scopes.parse(args.scope), lasts)
    _once("This token is shown once.", token)
    return 0


def run_rotate_plant(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The line goes on with the old token until it has the new one."""
    with opened.installation(args, environ) as ctx:
        token = plants.rotate(ctx, args.id, timedelta(days=args.overlap))
    _once(f"This token is shown once; the one before ends in {args.overlap} days.", token)
    return 0


def run_add_client(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Id and secret, a line each."""
    with opened.installation(args, environ) as ctx:
        client_id, secret = clients.add(ctx, args.plant, args.name, scopes.parse(args.scope))
    _once("The client's id and its secret, which is shown once:", f"{client_id}\n{secret}")
    return 0


def run_rotate_client(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The machine goes on with the old secret until it has the new one."""
    with opened.installation(args, environ) as ctx:
        secret = clients.rotate(ctx, args.id, timedelta(days=args.overlap))
    _once(f"This secret is shown once; those before end in {args.overlap} days.", secret)
    return 0


def run_list_clients(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a client."""
    with opened.installation(args, environ) as ctx:
        for each in clients.names(ctx):
            revoked = "  revoked" if each["revoked"] else ""
            print(f"{each['id']}  {each['plant']}  {each['name']}  {each['scopes']}{revoked}")
    return 0


def run_switch(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One thing ended, or begun anew."""
    with opened.installation(args, environ) as ctx:
        args.change(ctx, args.named)
    print(f"{args.verb}: {args.named}")
    return 0


def _switch(
    verbs: "_Verbs[argparse.ArgumentParser]",
    shared: argparse.ArgumentParser,
    verb: str,
    change: Callable[[Context, str], None],
    what: str,
    name: str,
) -> None:
    switch = verbs.add_parser(verb, parents=[shared], help=what)
    switch.add_argument("named", metavar=name)
    switch.set_defaults(run=run_switch, change=change, verb=verb)


def _scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scope", default="send", metavar="SCOPES",
        help="what it may do: send, send:KIND, read, mend, correct, with spaces between (send)",
    )  # fmt: skip


def _overlap(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overlap",
        type=int,
        default=7,
        metavar="DAYS",
        help="how long it goes on (7; 0: not at all)",
    )


def _once(said: str, secret: str) -> None:
    print(said, file=sys.stderr)
    print(secret)
