"""`passport simulate`: an invented line that sends its records to a running server by any door."""

import argparse
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app import config
from app.cli import opened, simulate_check, simulate_run
from app.cli.progress import Bar
from app.cli.simulate_doors import Door, Folder, NoAnswer, Rest
from app.cli.simulate_events import Epcis, Mqtt
from app.core.errors import NotConfigured
from app.core.line_simulation import Factory, Plan
from app.core.line_simulation_faults import FAULTS, HARMLESS
from app.core.line_simulation_ledger import Ledger, expected_standings
from app.core.times import parse, to_seconds
from app.services import demo

DOORS = ("rest", "rest-array", "rest-ndjson", "folder", "folder-csv", "mqtt", "epcis")
_BATCHES = {"rest": 1, "mqtt": 1, "epcis": 1}
_BATCH = 100
_SHOWN = 20


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verb and its options."""
    verb = verbs.add_parser(
        "simulate", parents=[shared], help="an invented line that sends records to a running server"
    )
    verb.add_argument(
        "--door", action="append", choices=DOORS, help="how records travel; several share the packs (rest)"
    )
    verb.add_argument("--packs", type=int, default=100, metavar="N", help="batteries to make (100)")
    verb.add_argument(
        "--rate", type=float, default=2.0, metavar="N", help="batteries a second (2); 0: as fast as they go"
    )
    verb.add_argument(
        "--batch", type=int, metavar="N", help=f"records sent at once (1 by rest, {_BATCH} by others)"
    )
    verb.add_argument(
        "--faults", type=float, default=3.0, metavar="PERCENT", help="packs that something happens to (3)"
    )
    verb.add_argument("--fault", action="append", choices=FAULTS, help="only these faults (all)")
    verb.add_argument("--seed", type=int, metavar="N", help="of everything invented (another each time)")
    verb.add_argument("--start", metavar="TIME", help="time of the line, UTC with Z: the same bytes again")
    verb.add_argument("--server", metavar="URL", help="address of the server (else that of the data)")
    verb.add_argument("--token-file", metavar="FILE", help="the plant's token (else the demo's; - is stdin)")
    verb.add_argument("--ca", metavar="FILE", help="certificate of the authority of an https server")
    verb.add_argument("--folder", metavar="DIR", help="the watched folder of the doors that are files")
    verb.add_argument("--mqtt", metavar="URL", help="the broker (mqtt://localhost:1883)")
    verb.add_argument("--line", metavar="PLANT/LINE", help="login of the line at the broker")
    verb.add_argument("--line-password-file", metavar="FILE", help="password of the line, if it has one")
    verb.add_argument("--mqtt-3", action="store_true", help="the broker knows MQTT 3.1.1 alone")
    verb.add_argument("--check", action="store_true", help="ask the server whether all is as expected")
    verb.add_argument("--json", action="store_true", help="the result as JSON")
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit 0 when every answer, and with --check every pack, is as expected; 3 when answers are missing."""
    if args.packs < 1 or args.rate < 0 or not 0 <= args.faults <= 100:
        raise NotConfigured("Give --packs above 0, --rate 0 or above, and --faults between 0 and 100.")
    server, token = _place(args, environ)
    names = list(dict.fromkeys(args.door or ["rest"]))
    doors = [_door(name, args, server, token) for name in names]
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(10**6)
    start = _start(args.start)
    factory = Factory(
        seed, start or datetime.now(UTC), Plan(faults=args.faults / 100, kinds=args.fault or FAULTS)
    )
    batch = args.batch or max(_BATCHES.get(name, _BATCH) for name in names)
    with Bar("packs made:") as bar:
        ledger, faults = simulate_run.run(
            factory, doors, args.packs, now=lambda: start or datetime.now(UTC), rate=args.rate, batch=batch,
            progress=bar,
        )  # fmt: skip
    surprises = ledger.surprises() + faults
    if args.check:
        try:
            surprises += simulate_check.check(factory, ledger, server, token, verify=args.ca or True)
        except NoAnswer as error:
            surprises.append(str(error))
    told = _told(factory, ledger, surprises, checked=args.check)
    print(json.dumps(told, indent=1) if args.json else "\n".join(_lines(told)))
    return 1 if surprises else 3 if ledger.unanswered else 0


def _place(args: argparse.Namespace, environ: Mapping[str, str]) -> tuple[str, str]:
    """Address and token: as said, else those of the demo in the data directory. Raises: NotConfigured."""
    server, token = args.server, None
    if args.token_file:
        token = opened.file(args.token_file).decode(errors="replace").strip()
    if server is None or token is None:
        settings = config.load(config.data_dir(args.data, environ), environ)
        server = server or settings.origin
        if token is None and settings.demo:
            token = demo.PLANT_TOKEN
    if not token:
        raise NotConfigured("Only a demo has a token that is known: give the plant's with --token-file.")
    return server.rstrip("/"), token


def _door(name: str, args: argparse.Namespace, server: str, token: str) -> Door:
    """Raises: NotConfigured."""
    if name.startswith("folder"):
        if not args.folder or not Path(args.folder).is_dir():
            raise NotConfigured(f"The door {name} needs --folder DIR: the folder that is watched.")
        return Folder(name, Path(args.folder), "csv" if name == "folder-csv" else "ndjson")
    if name == "mqtt":
        return _mqtt(args)
    if name == "epcis":
        return Epcis(name, server, token, verify=args.ca or True)
    forms = {"rest": "single", "rest-array": "array", "rest-ndjson": "ndjson"}
    return Rest(name, server, token, forms[name], verify=args.ca or True)


def _mqtt(args: argparse.Namespace) -> Door:
    """Raises: NotConfigured."""
    password = opened.file(args.line_password_file).decode().strip() if args.line_password_file else None
    try:
        return Mqtt(
            "mqtt", args.mqtt or "mqtt://localhost:1883", args.line or f"{demo.PLANT_ID}/line-1", password,
            ca=args.ca, is_five=not args.mqtt_3,
        )  # fmt: skip
    except NoAnswer as error:
        raise NotConfigured(str(error)) from None


def _start(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError:
        raise NotConfigured("Write --start as 2026-11-20T08:00:00Z.") from None


def _told(factory: Factory, ledger: Ledger, surprises: list[str], *, checked: bool) -> dict[str, Any]:
    waiting = [pack for pack in factory.packs.values() if pack.state != "issued"]
    return {
        "line": factory.tag,
        "seed": factory.seed,
        "begun": to_seconds(factory.begun),
        "packs": len(factory.packs),
        "records": len(ledger.sent),
        "doors": ledger.by_door(),
        "answers": ledger.counts(),
        "expected": expected_standings(factory.packs.values()),
        "kinds": ledger.expected_kinds(),
        "waiting": [
            {
                "serial": pack.serial,
                "state": pack.state,
                "fault": pack.fault if pack.fault not in HARMLESS else None,
                "missing": sorted(pack.missing),
            }
            for pack in waiting
        ],
        "refused": {name: sorted(rules) for name, rules in ledger.expected_in_quarantine().items()},
        "checked": checked,
        "surprises": surprises,
    }


def _lines(told: Mapping[str, Any]) -> list[str]:
    def counts(name: str) -> str:
        return ", ".join(f"{count} {what}" for what, count in told[name].items())

    found = [
        f"line {told['line']} (seed {told['seed']}, begun {told['begun']}):"
        f" {told['packs']} packs, {told['records']} records ({counts('doors')})",
        f"answered: {counts('answers')}",
        f"expected: {counts('expected')}",
        f"records to be stored: {counts('kinds')}",
    ]
    for pack in told["waiting"][:_SHOWN]:
        why = ", ".join(filter(None, [pack["fault"], *pack["missing"][:3]]))
        more = f" and {len(pack['missing']) - 3} more" if len(pack["missing"]) > 3 else ""
        found.append(f"  {pack['serial']}  {pack['state']}" + (f": {why}{more}" if why else ""))
    if len(told["waiting"]) > _SHOWN:
        found.append(f"  and {len(told['waiting']) - _SHOWN} more (--json names all)")
    if told["surprises"]:
        found += [f"not as expected: {each}" for each in told["surprises"][:_SHOWN]]
        found.append(f"{len(told['surprises'])} things are not as expected")
    else:
        found.append("all as expected" + ("" if told["checked"] else " so far; --check asks the server too"))
    return found
