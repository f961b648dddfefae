"""`passport keys`: list, create, rotate, expire, revoke. Results on stdout, what to do next on stderr."""

import argparse
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from app import wiring
from app.cli import opened
from app.cli.trust_files import say
from app.core import times
from app.core.errors import NotConfigured
from app.core.times import to_seconds
from app.services import key_life
from app.services.context import Context
from app.services.key_life import Made, Standing


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs and their options."""
    keys = verbs.add_parser("keys", help="the keys that sign passports: their whole life").add_subparsers(
        metavar="VERB", required=True
    )
    listed = keys.add_parser("list", parents=[shared], help="every key, its state and what it signed")
    listed.add_argument("--json", action="store_true", help="one JSON array")
    listed.set_defaults(run=run_list)

    create = keys.add_parser("create", parents=[shared], help="make or register a key; it does not sign yet")
    create.add_argument("--backend", choices=("file", "pkcs11", "remote"), default="file")
    create.add_argument("--from", dest="source", metavar="FILE", type=Path, help="file: copy this key file")
    create.add_argument("--token", metavar="LABEL", help="pkcs11: the token's label")
    create.add_argument("--object", metavar="LABEL", help="pkcs11: the key's label (else the new name)")
    create.add_argument("--credential", metavar="ID", help="remote: the credential's id at the service")
    create.set_defaults(run=run_create)

    rotate = keys.add_parser("rotate", parents=[shared], help="from now on the prepared key signs")
    rotate.add_argument("name", metavar="NAME", nargs="?", help="where several are prepared")
    rotate.set_defaults(run=run_rotate)

    expire = keys.add_parser("expire", parents=[shared], help="a normal end: what it signed stays valid")
    expire.add_argument("name", metavar="NAME")
    expire.add_argument("--at", metavar="TIME", help="2027-01-31T12:00:00Z (else now)")
    expire.set_defaults(run=run_expire)

    revoke = keys.add_parser(
        "revoke", parents=[shared], help="a compromise: what it signed is believed no more"
    )
    revoke.add_argument("name", metavar="NAME")
    revoke.add_argument(
        "--since", required=True, metavar="TIME", help="when it fell into wrong hands; `now` if it just did"
    )
    revoke.add_argument("--reason", required=True, help="why, for this installation's own books")
    revoke.add_argument(
        "--successor", metavar="NAME", help="the prepared key that takes over (else the first)"
    )
    revoke.add_argument("--stop-issuing", action="store_true", help="revoke even if no key can take over")
    revoke.set_defaults(run=run_revoke)


def run_list(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a key, oldest first."""
    with opened.installation(args, environ) as ctx:
        found = key_life.standings(ctx)
    if args.json:
        print(json.dumps([_as_dict(each) for each in found], indent=1))
        return 0
    for each in found:
        times_told = "  ".join(f"{name} {value}" for name, value in _times(each).items())
        listed = "listed" if each.listed else "not-listed"
        state = "current" if each.signs_now else each.state
        print(
            f"{each.record.name:<14}  {state:<8}  {listed:<10}  {each.record.backend:<6}"
            f"  {each.documents} documents  {times_told}"
        )
    for each in found:
        if not each.listed:
            say(_NOT_LISTED[each.state].format(name=each.record.name))
    if not any(each.signs_now for each in found):
        say("No key signs: nothing can be issued. Put one into use with `passport keys rotate`.")
    return 0


def run_create(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Prints the name it was given."""
    with opened.installation(args, environ) as ctx:
        made: list[Made] = []
        make = _maker(args, ctx)

        def once(name: str) -> Made:
            made.append(make(name))
            return made[-1]

        record = key_life.create(ctx, once)
        if record.backend == "file":
            say(f"Back up {ctx.settings.keys_dir / record.reference} now, away from the database.")
        demo = ctx.settings.demo
    if demo:
        say("It does not sign yet: `passport keys rotate` puts it into use.")
    else:
        say("It does not sign yet. Next: have a trust list signed that names it (docs/keys.md),")
        say("then put it into use with `passport keys rotate`.")
    print(record.name)
    return 0


def run_rotate(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Prints the name of the key that signs now."""
    with opened.installation(args, environ) as ctx:
        record = key_life.rotate(ctx, args.name)
        say(f"{record.name} signs from now on, in every running process. What was signed before stays valid.")
        _say_next(ctx, "so that it also names the end of the key before")
    print(record.name)
    return 0


def run_expire(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Prints the name and its end."""
    at = _time(args.at) if args.at else None
    with opened.installation(args, environ) as ctx:
        record = key_life.expire(ctx, args.name, at)
        _say_next(ctx, "so that it also names this end")
    print(f"{record.name}  expires {to_seconds(record.expires)}" if record.expires else record.name)
    return 0


def run_revoke(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Prints the name and since when."""
    told = None if args.since == "now" else _time(args.since)
    with opened.installation(args, environ) as ctx:
        since = told or ctx.now()
        record, heir = key_life.revoke(
            ctx,
            args.name,
            since,
            args.reason,
            successor=args.successor,
            stop_issuing=args.stop_issuing,
        )
        count = next(one.documents for one in key_life.standings(ctx) if one.record.name == record.name)
        say(f"{heir.name} signs from now on." if heir else "No key signs now: nothing is issued.")
        _say_next(ctx, "AT ONCE: until then readers go on believing this key")
        if heir and count:
            say(f"{count} documents that count today are signed by it. Sign them anew: `passport resign`.")
    print(f"{record.name}  revoked since {to_seconds(since if record.revoked is None else record.revoked)}")
    return 0


_NOT_LISTED = {
    "prepared": "{name} is not on the published trust list yet: readers must know it before it may sign.",
    "signs": "{name} is not on the published trust list: what it signs is unknown to readers.",
    "expired": "{name} is not on the published trust list: what it signed is unknown to readers.",
    "revoked": "The published trust list does not say yet that {name} is revoked: have one signed at once.",
}


def _maker(args: argparse.Namespace, ctx: Context) -> Callable[[str], Made]:
    places = wiring.key_backends(ctx.settings)
    if args.backend == "pkcs11":
        if not args.token:
            raise NotConfigured("Name the token: --token LABEL.")
        return lambda name: places.in_token(args.token, args.object or name)
    if args.backend == "remote":
        if not args.credential:
            raise NotConfigured("Name the credential of the sealing service: --credential ID.")
        return lambda _name: places.at_service(args.credential)
    return lambda name: places.file(name, args.source)


def _say_next(ctx: Context, why: str) -> None:
    """In a demo the list is signed by itself."""
    if not ctx.settings.demo:
        say(f"Have a new trust list signed by the root key (docs/keys.md), {why}.")


def _as_dict(each: Standing) -> dict[str, Any]:
    record = each.record
    return {
        "name": record.name,
        "state": each.state,
        "current": each.signs_now,
        "listed": each.listed,
        "backend": record.backend,
        "reference": record.reference,
        "publicKeyMultibase": record.public_key.to_multikey(),
        "documents": each.documents,
        **_times(each),
        **({"reason": record.reason} if record.reason else {}),
    }


def _times(each: Standing) -> dict[str, str]:
    record = each.record
    found = {
        "created": record.created_at,
        "validFrom": record.valid_from,
        "expires": record.expires,
        "revoked": record.revoked,
    }
    return {name: to_seconds(moment) for name, moment in found.items() if moment}


def _time(text: str) -> datetime:
    try:
        return times.parse(text)
    except ValueError:
        raise NotConfigured(f"{text} is not a time of the form 2027-01-31T12:00:00Z.") from None
