"""`passport trust root`: the keys that sign the trust list, made, changed and published."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from app import wiring
from app.cli import opened, trust_files
from app.cli.trust_files import say
from app.core.keys import PublicKey
from app.services import foreign_issuers, trust_roots

_Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(known: _Verbs, shared: argparse.ArgumentParser) -> None:
    """The verbs and their options."""
    root = known.add_parser("root", help="the keys that sign the trust list").add_subparsers(
        metavar="VERB", required=True
    )
    key = root.add_parser("key", help="make a root key, where it is to be kept; works without the data")
    key.add_argument("file", metavar="FILE", help="new file, mode 0600")
    key.set_defaults(run=run_key)

    rotate = root.add_parser("rotate", parents=[shared], help="draft the next root, and the list under it")
    rotate.add_argument("--add", action="append", default=[], metavar="NAME=MULTIKEY", help="repeatable")
    rotate.add_argument("--new", action="append", default=[], metavar="NAME", help="make one here (demo)")
    rotate.add_argument("--remove", action="append", default=[], metavar="NAME", help="repeatable")
    rotate.add_argument("--threshold", type=int, metavar="M", help="how many must sign (else as before)")
    rotate.add_argument("--out", metavar="FILE", help="the root's draft (else trust-root-VERSION.json)")
    rotate.add_argument("--out-list", metavar="FILE", help="the list's draft (else trust-list-VERSION.json)")
    rotate.set_defaults(run=run_rotate)
    trust_files.add_sign(root)
    publish = root.add_parser("publish", parents=[shared], help="take a signed root, and the list under it")
    publish.add_argument("file", metavar="FILE")
    publish.add_argument("--list", metavar="FILE", help="a list that the new root's keys signed")
    publish.set_defaults(run=run_publish)


def run_key(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Prints the public half, to be named to whoever drafts the root."""
    print(wiring.make_root_key(Path(args.file)).to_multikey())
    say(f"Keep {args.file} on a medium of its own, away from the server and from the other root keys.")
    return 0


def run_rotate(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Published at once where enough root keys lie in the data directory."""
    with opened.installation(args, environ) as ctx:
        added: dict[str, PublicKey] = {}
        for text in args.add:
            given = foreign_issuers.given_key(text)
            added[given.name] = given.public_key
        for name in args.new:
            path = ctx.settings.keys_dir / f"trust-{name}.pem"
            added[name] = wiring.make_root_key(path, development=ctx.settings.demo)
            say(f"Made {path}.")
        found = trust_roots.rotate(ctx, add=added, remove=args.remove, threshold=args.threshold)
    if found.published is not None:
        print("published  trust root  version {}  with list version {}".format(*found.published))
        return 0
    root_name = args.out or f"trust-root-{found.root.signed['version']}.json"
    list_name = args.out_list or f"trust-list-{found.list.signed['version']}.json"
    trust_files.write(root_name, found.root)
    trust_files.write(list_name, found.list)
    print(f"{root_name}\n{list_name}")
    for sentence in found.lacks():
        say(f"still lacking: {sentence}")
    say(
        f"Sign both where the root keys are: the old and the new keys sign {root_name},"
        f" the new ones {list_name}."
    )
    say(f"Then, here: passport trust root publish {root_name} --list {list_name}")
    return 3


def run_publish(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Prints both versions. Readers who pinned the root before follow by themselves."""
    root_data = opened.file(args.file)
    list_data = opened.file(args.list) if args.list else None
    with opened.installation(args, environ) as ctx:
        versions = trust_roots.publish(ctx, root_data, list_data)
    print("published  trust root  version {}  with list version {}".format(*versions))
    return 0
