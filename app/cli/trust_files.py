"""Files that go between the server and the machine with a root key: drafts of trust lists and roots."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from app import wiring
from app.cli import opened
from app.core import trust_draft
from app.core.errors import MalformedInput, NotConfigured
from app.core.trust_draft import Draft


def write(name: str, draft: Draft) -> None:
    """The draft as a file, whole or not at all. Raises: NotConfigured."""
    path = Path(name)
    try:
        beside = path.with_name(path.name + ".new")
        beside.write_bytes(draft.to_bytes())
        beside.replace(path)
    except OSError as error:
        raise NotConfigured(f"{name} cannot be written: {error.strerror}.") from None


def say(line: str) -> None:
    print(line, file=sys.stderr)


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask a person; without one at the terminal only --yes counts."""
    if yes:
        return True
    if not sys.stdin.isatty():
        say("Nobody is there to confirm it: look at what stands above, then give --yes.")
        return False
    say(question)
    return sys.stdin.readline().strip() == "yes"


def add_sign(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """The verb `sign`, the same for lists and roots: it needs neither the network nor the installation."""
    sign = verbs.add_parser("sign", help="add a root key's signature to a draft; works without the data")
    sign.add_argument("file", metavar="FILE", help="the draft; the signature is written into it")
    sign.add_argument("--key", required=True, metavar="ROOTKEY", help="PEM file of the root key, mode 0600")
    sign.add_argument("--out", metavar="FILE", help="write there instead")
    sign.add_argument("--yes", action="store_true", help="sign what is shown without asking")
    sign.set_defaults(run=run_sign)


def run_sign(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Shows what is signed, then signs it. Exit 3: signatures are still lacking."""
    draft = trust_draft.read(opened.file(args.file))
    if not draft.roots:
        raise MalformedInput(
            "This is no draft: it does not say whose signatures it needs.", rule="trust-draft"
        )
    signer = wiring.load_root_key(Path(args.key))
    for line in trust_draft.summary(draft.signed):
        say(line)
    say(f"digest {draft.digest}")
    if not confirmed("Compare this with the person who drafted it. Sign it? Type yes:", yes=args.yes):
        return 1
    signed = draft.signed_by(signer, signer.public_key)
    write(args.out or args.file, signed)
    print(f"signed by {signed.key_id_of(signer.public_key)}  {args.out or args.file}")
    lacks = signed.lacks()
    for sentence in lacks:
        say(f"still lacking: {sentence}")
    return 3 if lacks else 0
