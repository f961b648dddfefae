"""`passport serve`: gunicorn, for a demo (`./run`) and for production alike.

In order: (1) which data, which address; (2) is the address free, is the data; (3) make or load the data,
bring its tables up to date, seed a demo; (4) build the app; (5) serve, and say so once it answers.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Mapping

from app import config, wiring
from app.cli import announce, ca_page, conformance, dev_ca, installation, network, server
from app.cli.banner import SignIn, Start, show
from app.cli.network import LAN_PORT, PORT, Place
from app.config import Settings
from app.core.errors import NotConfigured
from app.services import demo


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verb and its options."""
    parser = verbs.add_parser("serve", parents=[shared], help="start the server")
    parser.add_argument("--port", type=int, help=f"port to listen on ({PORT}; {LAN_PORT} with --lan)")
    parser.add_argument("--demo", action="store_true", help="make and seed demo data where there is none")
    parser.add_argument("--reset", action="store_true", help="throw the demo data away first")
    parser.add_argument(
        "--lan", nargs="?", const="", metavar="ADDRESS", help="demo over https on the network address"
    )
    parser.add_argument("--config", metavar="FILE", help="gunicorn settings, e.g. deploy/gunicorn.conf.py")
    parser.add_argument(
        "--conformance", action="store_true", help="VC API for test suites, on data of its own"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until stopped."""
    if args.conformance:
        return conformance.serve(args, environ)
    if not args.demo:
        if args.reset or args.lan is not None:
            raise NotConfigured("--reset and --lan are for a demo: give --demo with them, or use ./run.")
        return _serve_production(args, environ)
    return _serve_demo(args, environ)


# --- production ------------------------------------------------------------------------------------------


def _serve_production(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = config.load(config.data_dir(args.data, environ), environ)
    if settings.demo:
        raise NotConfigured(
            f"{settings.data_dir} is a demo with development keys: make your own data with `passport init`."
        )
    if (settings.data_dir / config.UNFINISHED_FILE).exists():
        raise NotConfigured(f"{settings.data_dir} was left half made: run `passport init` again.")
    if args.config is not None and args.port:
        raise NotConfigured("Give --port or --config: the file of --config says where to listen.")
    lock = installation.claim(settings.data_dir)
    place = Place(("127.0.0.1",), args.port or PORT)
    if args.config is None:
        network.require_free(place.addresses, place.port)
    try:
        return server.serve(settings, server.options(place.binds, demo=False), args.config)
    finally:
        os.close(lock)


# --- the demo --------------------------------------------------------------------------------------------


def _serve_demo(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if environ.get("PASSPORT_DATABASE_URL"):
        raise NotConfigured("A demo keeps to its own directory: unset PASSPORT_DATABASE_URL to start one.")
    lan = args.lan is not None
    # (1)
    directory = config.data_dir(args.data, environ, config.DEFAULT_LAN_DATA if lan else config.DEFAULT_DATA)
    unfinished = (directory / config.UNFINISHED_FILE).exists()
    found = None if args.reset or unfinished else installation.existing(directory, environ)
    if found is not None and not found.demo:
        raise NotConfigured(f"{directory} is no demo: start it with `passport serve --data {directory}`.")
    origin, place = _where(args, found, lan)
    if found is not None:
        installation.require_origin(found, origin)
    # (2) data that is there belongs to its port
    otherwise = "--port N" if found is None else "--port N with other data, --data DIR"
    for port in (place.port, place.port + 1) if lan else (place.port,):
        network.require_free(place.addresses, port, otherwise)
    lock = installation.claim(directory)
    # (3)
    if args.reset:
        installation.clear_demo(directory, environ)
    elif unfinished:
        installation.clear_unfinished(directory)
    if found is None:
        print("Making the demo data (this once) ...", file=sys.stderr, flush=True)
        settings = config.create(directory, origin, demo=True, environ=environ)
        wiring.create_data(settings)
    else:
        settings = found
    wiring.migrate(settings)
    context = wiring.build(settings)
    facts = demo.seed(context)
    config.finish(settings)
    authority = (
        dev_ca.ensure(directory / config.CA_DIRECTORY, place.addresses[0], context.now()) if lan else None
    )
    context.dispose()
    start = Start(
        origin=settings.origin,
        passport_url=facts.passport_url,
        sign_ins=[SignIn(each.role, each.name, each.password) for each in facts.sign_ins],
        data_dir=directory,
        reset=_reset_command(args),
        ca_url=f"http://{place.addresses[0]}:{place.port + 1}/" if lan else None,
        authority=authority,
    )
    wanted = server.options(place.binds, demo=True)
    if authority is not None:
        wanted |= server.tls(authority.certificate_file, authority.key_file)
    child = announce.in_child(lambda: _announce(start, place))
    # (4) and (5); what is left is only taking the interpreter down, which takes as long as all else together
    code = server.serve(settings, wanted)
    announce.end(child)
    os.close(lock)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _where(args: argparse.Namespace, found: Settings | None, lan: bool) -> tuple[str, Place]:
    """The origin and the place to listen, from the options and what the data was made for."""
    port = args.port or (installation.port_of(found.origin) if found else LAN_PORT if lan else PORT)
    return network.place(args.lan, port)


def _reset_command(args: argparse.Namespace) -> str:
    words = ["./run"]
    if args.lan is not None:
        words.append("--lan" + (f" {args.lan}" if args.lan else ""))
    if args.data:
        words.append(f"--data {shlex.quote(args.data)}")
    return " ".join([*words, "--reset"])


def _announce(start: Start, place: Place) -> None:
    ca_file = start.authority.ca_file if start.authority else None
    if not announce.wait_until_up(start.origin, place.addresses[0], ca_file):
        return
    if start.authority is None:
        show(start)
        return
    with ca_page.server(start.authority, start.origin, place.addresses[0], place.port + 1) as page:
        show(start)  # only now: what is printed is there
        page.serve_forever()
