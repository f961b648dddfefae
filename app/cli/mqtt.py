"""`passport mqtt`: take in what lines send to the broker; and its health."""

import argparse
import json
import logging
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from app import config, wiring
from app.cli import mqtt_face, opened
from app.core.errors import NotConfigured
from app.services import plants

_MOST_WORKERS = 64


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verb and its options."""
    parser = verbs.add_parser("mqtt", parents=[shared], help="take in what lines send by MQTT, until stopped")
    parser.add_argument(
        "--worker", type=int, default=1, metavar="N", help="its number, where several share the work (1)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="say how the running worker is; 0 when well")
    what.add_argument(
        "--leave", action="store_true", help="take what the worker's session still holds, and end the session"
    )
    what.add_argument("--login", metavar="PLANT/LINE", help="make a login for a line, or a new password")
    parser.add_argument("--file", metavar="FILE", help="of --login: Mosquitto's password file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Work until stopped; one line for each change of state, to stdout."""
    if not 1 <= args.worker <= _MOST_WORKERS:
        raise NotConfigured(f"--worker is a number from 1 to {_MOST_WORKERS}.")
    if args.check:
        return _check(args, environ)
    if args.login is not None:
        return _login(args, environ)
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: asked.append(number))
    with opened.installation(args, environ) as ctx:
        mqtt_face.work(
            ctx, wiring.mqtt_password(ctx.settings), args.worker, leaves=args.leave,
            stop=lambda: bool(asked), tell=lambda text: print(text, flush=True),
        )  # fmt: skip
    return 0


def _login(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The password alone on stdout, this once; without --file the entry for the broker's file on stderr."""
    with opened.installation(args, environ) as ctx:
        if "/" in args.login:
            plants.get(ctx, args.login.split("/")[0])
    password, entry = mqtt_face.login(args.login, Path(args.file) if args.file else None)
    if args.file is None:
        print(f"Put this line into the broker's password file:\n{entry}", file=sys.stderr)
    else:
        print("The broker reads it at its next start or reload.", file=sys.stderr)
    print(password)
    return 0


def _check(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The worker's own words as JSON, and what is wrong with them; exit 1 then."""
    path = mqtt_face.health_file(config.data_dir(args.data, environ), args.worker)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        print(f"Worker {args.worker} has never run here.")
        return 1
    wrong = mqtt_face.judge(told, wiring.clock())
    print(json.dumps(told, indent=1))
    print(wrong or "It is well.")
    return 1 if wrong else 0
