"""`passport serve`: gunicorn, for a demo (`./run`) and for production alike.

In order: (1) which data, which address; (2) is the address free, is the data; (3) make or load the data,
bring its tables up to date, seed a demo; (4) build the app; (5) serve, and say so once it answers.
"""

import argparse
import logging
import os
import shlex
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from werkzeug.middleware.proxy_fix import ProxyFix

from app import config, wiring
from app.cli import announce, ca_page, dev_ca, installation, network, web_face
from app.cli.banner import SignIn, Start, show
from app.config import Settings
from app.core.errors import NotConfigured
from app.services import demo
from app.services.context import Context

PORT: Final = 8000
LAN_PORT: Final = 8443


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens."""

    addresses: tuple[str, ...]
    port: int

    @property
    def binds(self) -> list[str]:
        return [network.bind_text(address, self.port) for address in self.addresses]


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
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until stopped."""
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
    lock = installation.claim(settings.data_dir)
    place = Place(("127.0.0.1",), args.port or PORT)
    if args.config is None:
        network.require_free(place.addresses, place.port)
    options = {**_common(), "bind": place.binds, "loglevel": "info", "graceful_timeout": 30}
    return _gunicorn(settings, options, args.config, lock)


# --- the demo --------------------------------------------------------------------------------------------


def _serve_demo(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
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
    context.engine.dispose()
    start = Start(
        origin=settings.origin,
        passport_url=facts.passport_url,
        sign_ins=[SignIn(each.role, each.name, each.password) for each in facts.sign_ins],
        data_dir=directory,
        reset=_reset_command(args),
        ca_url=f"http://{place.addresses[0]}:{place.port + 1}/" if lan else None,
        authority=authority,
    )
    options = {**_common(), "bind": place.binds, "loglevel": "warning", "graceful_timeout": 1}
    if authority is not None:
        options |= {
            "certfile": str(authority.certificate_file),
            "keyfile": str(authority.key_file),
            "ssl_context": _modern_tls,
        }
    child = announce.in_child(lambda: _announce(start, place))
    options["when_ready"] = _stop_in_silence
    options["on_exit"] = lambda _server: announce.end(child)
    return _gunicorn(settings, options, None, lock)


def _where(args: argparse.Namespace, found: Settings | None, lan: bool) -> tuple[str, Place]:
    """The origin and the place to listen, from the options and what the data was made for."""
    port = args.port or (installation.port_of(found.origin) if found else LAN_PORT if lan else PORT)
    if not lan:
        return f"http://localhost:{port}", Place(network.loopback_addresses(), port)
    address = args.lan or network.lan_address()
    try:
        IPv4Address(address)
    except ValueError:
        raise NotConfigured(
            f"{address} is no IPv4 address: name one of this machine (--lan ADDRESS)."
        ) from None
    also = () if address == "127.0.0.1" else ("127.0.0.1",)
    return config.normal_origin(f"https://{address}:{port}"), Place((address, *also), port)


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
    show(start)
    if start.authority:
        ca_page.server(start.authority, start.origin, place.addresses[0], place.port + 1).serve_forever()


# --- gunicorn --------------------------------------------------------------------------------------------


def _common() -> dict[str, Any]:
    """What fits every installation."""
    memory = Path("/dev/shm")  # noqa: S108  (a heartbeat file on a slow disk gets workers killed)
    return {
        "worker_class": "gthread",
        "workers": os.cpu_count() or 1,
        "threads": 4,
        "preload_app": True,
        "control_socket_disable": True,
        "keepalive": 75,
        "timeout": 60,
        "accesslog": None,
        "forwarded_allow_ips": "",
        "proc_name": "passport",
        "worker_tmp_dir": str(memory) if os.access(memory, os.W_OK) else None,
    }


def _stop_in_silence(server: Any) -> None:
    """A worker that was not up yet misses Ctrl-C and is killed: no need to guess at its memory then."""

    def wanted(record: logging.LogRecord) -> bool:
        return bool(server.LISTENERS) or "was sent" not in str(record.msg)

    logging.getLogger("gunicorn.error").addFilter(wanted)


def _modern_tls(_config: Any, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _gunicorn(settings: Settings, options: dict[str, Any], config_file: str | None, lock: int) -> int:
    """Build the app and serve it in this process; returns when it was stopped."""
    application = web_face.application(settings)  # (4)
    if settings.proxies:  # else every visitor would have nginx's address, and one limit for all
        application.wsgi_app = ProxyFix(application.wsgi_app, x_for=settings.proxies)  # type: ignore[method-assign]

    def after_fork(_server: Any, _worker: Any) -> None:
        # a database connection that two processes share mixes their answers up
        context: Context = application.extensions["passport"]
        context.engine.dispose(close=False)

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in (options | {"post_fork": after_fork}).items():
                self.cfg.set(name, value)
            if config_file is not None:
                for name, value in _from_file(config_file).items():
                    if name in self.cfg.settings:
                        self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    try:
        Server().run()  # (5)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    finally:
        os.close(lock)
    return 0


def _from_file(path: str) -> dict[str, Any]:
    """Names of a gunicorn configuration file, which is Python."""
    if not Path(path).is_file():
        raise NotConfigured(f"There is no file {path}: --config names gunicorn settings.")
    names: dict[str, Any] = {}
    exec(compile(Path(path).read_text(encoding="utf-8"), path, "exec"), names)  # noqa: S102  (the operator's own)
    return names
