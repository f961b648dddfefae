"""`passport trust`: the trust list. Where root keys lie in the data directory, as in a demo, a change is
signed and published at once; else a draft is written, to be signed where the root keys are.

Exit codes: 0 published or shown, 1 refused, 3 a draft that still lacks signatures.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from app.cli import opened, trust_files, trust_root
from app.cli.trust_files import say
from app.core import chains, did_keys, trust_draft, trust_edit
from app.core.did import DidKey
from app.core.errors import Conflict, MalformedInput
from app.core.multibase import base64_encode
from app.core.notes import VKey
from app.core.times import parse
from app.core.trust_edit import Change
from app.services import did_web, foreign_issuers, trust, trust_lists, trust_report
from app.services.context import Context

_Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(verbs: _Verbs, shared: argparse.ArgumentParser) -> None:
    """The verbs and their options."""
    known = verbs.add_parser(
        "trust", help="the trust list: who may sign what, with which key"
    ).add_subparsers(metavar="VERB", required=True)
    show = known.add_parser("show", parents=[shared], help="root and list, their age and what is due")
    show.add_argument("--json", action="store_true", help="the same as JSON")
    show.set_defaults(run=run_show)

    drafted = argparse.ArgumentParser(add_help=False, parents=[shared])
    drafted.add_argument("--out", metavar="FILE", help="where the draft goes (else trust-list-VERSION.json)")
    drafted.add_argument("--version", type=int, metavar="N", help="a higher version than the next one")
    draft = known.add_parser(
        "draft", parents=[drafted], help="the next list, from the newest one and the register of keys"
    )
    draft.set_defaults(run=run_draft)
    _add_issuers(known, drafted)
    _add_texts(known, drafted)
    trust_files.add_sign(known)
    publish = known.add_parser("publish", parents=[shared], help="take a signed list; it is served at once")
    publish.add_argument("file", metavar="FILE")
    publish.set_defaults(run=run_publish)
    check = known.add_parser(
        "check", parents=[shared], help="ask listed issuers for their DID documents; exit 1 if one changed"
    )
    check.set_defaults(run=run_check)
    trust_root.add(known, shared)


def _add_issuers(known: _Verbs, drafted: argparse.ArgumentParser) -> None:
    new = known.add_parser("add", parents=[drafted], help="list another issuer, or give it new keys")
    new.add_argument("did", metavar="DID", help="did:web:… as its documents name it")
    new.add_argument("--name", required=True, help="for people; shown as the signer")
    new.add_argument("--types", required=True, metavar="TYPE,…", help="what it may sign")
    keys = new.add_mutually_exclusive_group(required=True)
    keys.add_argument(
        "--key", action="append", metavar="NAME=MULTIKEY", help="a key, told to you; repeatable"
    )
    keys.add_argument("--did-document", metavar="FILE", help="its keys, from a file")
    keys.add_argument("--fetch", action="store_true", help="its keys, from its did:web address (https)")
    new.add_argument("--valid-from", metavar="TIME", help="believe what it dates since then (else now)")
    new.add_argument("--yes", action="store_true", help="list the keys that are shown without asking")
    new.set_defaults(run=run_add)
    for name, text, run in (
        ("suspend", "believe nothing of this issuer from now on, until resume", run_suspend),
        ("resume", "end a suspension", run_resume),
        ("remove", "take an issuer off the list; its documents become unknown", run_remove),
    ):
        verb = known.add_parser(name, parents=[drafted], help=text)
        verb.add_argument("did", metavar="DID")
        verb.set_defaults(run=run)
    chain = known.add_parser("chain", parents=[drafted], help="certificates that stand behind a listed key")
    chain.add_argument("key", metavar="KEY", help="the verification method: did:web:…#seal-2026")
    chain.add_argument("file", metavar="FILE", nargs="?", help="PEM, leaf first; without it they are removed")
    chain.add_argument("--organization", metavar="ID", help="organizationIdentifier that the leaf must name")
    chain.set_defaults(run=run_chain)


def _add_texts(known: _Verbs, drafted: argparse.ArgumentParser) -> None:
    witness = known.add_parser("witness", help="who cosigns checkpoints of logs").add_subparsers(
        metavar="VERB", required=True
    )
    anchor = known.add_parser("anchor", help="what time stamps must lead to").add_subparsers(
        metavar="VERB", required=True
    )
    for group, member, meta, reads in (
        (witness, "witnesses", "VKEY", _vkey),
        (anchor, "timestampAnchors", "FILE", _certificate),
    ):
        for name, edit in (("add", trust_edit.add_text), ("remove", trust_edit.remove_text)):
            verb = group.add_parser(name, parents=[drafted], help=f"{name} one on the trust list")
            verb.add_argument("what", metavar=meta)
            verb.set_defaults(run=_text_runner(member, edit, reads))


def run_show(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit 1 where the list is not believed."""
    with opened.installation(args, environ) as ctx:
        found = trust_report.standing(ctx)
    print(
        json.dumps(found, indent=1, ensure_ascii=False) if args.json else "\n".join(trust_report.lines(found))
    )
    return 1 if found["problem"] else 0


def run_draft(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Renews the list as it is, with what the register of keys says today."""
    with opened.installation(args, environ) as ctx:
        return _change(ctx, args, trust_edit.unchanged)


def run_add(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Shows the keys before they are listed: a document on the web is no reason to trust."""
    with opened.installation(args, environ) as ctx:
        if args.did == ctx.issuer.did:
            raise Conflict("The keys of this installation come from its register: see `passport keys`.")
        since = _time(args.valid_from) if args.valid_from else ctx.now()
        types = [one.strip() for one in args.types.split(",") if one.strip()]
        issuer = foreign_issuers.entry(args.did, args.name, types, _keys(args), since)
        for key in issuer["keys"]:
            say(f"{key['id']}  {key['publicKeyMultibase']}")
        question = f"Are these the keys of {args.name}, as they told you? Type yes:"
        if args.fetch and not trust_files.confirmed(question, yes=args.yes):
            return 1
        return _change(ctx, args, trust_edit.add_issuer(issuer))


def run_suspend(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """From this second on."""
    with opened.installation(args, environ) as ctx:
        return _change(ctx, args, trust_edit.suspend(args.did, ctx.now()))


def run_resume(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """What it signed meanwhile counts again, too."""
    with opened.installation(args, environ) as ctx:
        return _change(ctx, args, trust_edit.resume(args.did))


def run_remove(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Refused for the installation itself."""
    with opened.installation(args, environ) as ctx:
        return _change(ctx, args, trust_edit.remove(args.did, ctx.issuer.did))


def run_chain(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Judged when the list is published, against the PEM files in the directory of anchors."""
    found = chains.certificates_of(opened.file(args.file)) if args.file else []
    with opened.installation(args, environ) as ctx:
        return _change(ctx, args, trust_edit.chain(args.key, found, args.organization))


def run_publish(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Prints the version."""
    data = opened.file(args.file)
    with opened.installation(args, environ) as ctx:
        print(f"published  trust list  version {trust_lists.publish(ctx, data)}")
    return 0


def run_check(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit 1: a key set changed outside the list. Exit 3: an issuer could not be asked."""
    with opened.installation(args, environ) as ctx:
        known = trust.current(ctx)
        if known is None:
            raise Conflict("There is no trust list that holds: see `passport trust show`.")
        found = foreign_issuers.check(ctx, known)
    for one in found:
        print(f"{'same' if not one.told else 'CHANGED' if one.reached else 'not asked'}  {one.did}")
        for sentence in one.told:
            print(f"  {sentence}")
    if any(one.told and one.reached for one in found):
        say("A key set changed outside the list. Ask the issuer by another way before you list it.")
        return 1
    return 3 if any(not one.reached for one in found) else 0


def _change(ctx: Context, args: argparse.Namespace, wanted: Change) -> int:
    before = trust_lists.newest_signed(ctx)
    outcome = trust_lists.change(ctx, wanted, version=args.version)
    for line in trust_draft.changes(before, outcome.draft.signed):
        say(line)
    version = outcome.draft.signed["version"]
    if outcome.published is not None:
        print(f"published  trust list  version {version}")
        return 0
    name = args.out or f"trust-list-{version}.json"
    trust_files.write(name, outcome.draft)
    print(name)
    for sentence in outcome.lacks:
        say(f"still lacking: {sentence}")
    say(f"Take it to each root key: passport trust sign {name} --key ROOTKEY")
    say(f"Then, here: passport trust publish {name}")
    return 3


def _keys(args: argparse.Namespace) -> list[DidKey]:
    if args.key:
        return [foreign_issuers.given_key(text) for text in args.key]
    data = did_web.fetch(args.did) if args.fetch else opened.file(args.did_document)
    return did_keys.keys_of(data, args.did)


def _text_runner(
    member: str, edit: Callable[[str, str], Change], reads: Callable[[str], str]
) -> Callable[[argparse.Namespace, Mapping[str, str]], int]:
    def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
        with opened.installation(args, environ) as ctx:
            return _change(ctx, args, edit(member, reads(args.what)))

    return run


def _vkey(text: str) -> str:
    return str(VKey.parse(text))


def _certificate(name: str) -> str:
    return base64_encode(chains.certificates_of(opened.file(name))[0])


def _time(text: str) -> datetime:
    try:
        return parse(text)
    except ValueError:
        raise MalformedInput(
            "A time is given as 2026-11-24T08:00:00Z.", pointer="/valid-from", rule="time"
        ) from None
