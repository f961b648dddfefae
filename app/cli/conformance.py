"""`./run --conformance`: the VC API for test suites, on data of its own that ends with the process.

Never the default, and refused wherever the data directory that would be served is a production one.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from app import config, wiring
from app.cli import announce, dev_ca, installation, network, server
from app.core.errors import NotConfigured

_ADDRESSES: Final = ("/credentials/issue", "/credentials/verify", "/presentations/verify")


def serve(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until stopped, then throw the data away. Raises: NotConfigured."""
    _require_no_production(args, environ)
    port = args.port or (network.PORT if args.lan is None else network.LAN_PORT)
    origin, place = network.place(args.lan, port)
    network.require_free(place.addresses, port)
    directory = Path(tempfile.mkdtemp(prefix="passport-conformance-"))
    try:
        settings = config.create(directory / "data", origin, demo=True, environ=environ)
        wiring.create_data(settings)
        wiring.migrate(settings)
        config.finish(settings)
        wanted = server.options(place.binds, demo=True)
        wanted |= {"workers": 1}  # keys and status lists live in one process
        ca_file = None
        if args.lan is not None:
            made = dev_ca.ensure(directory / config.CA_DIRECTORY, place.addresses[0], wiring.clock())
            wanted |= server.tls(made.certificate_file, made.key_file)
            ca_file = made.ca_file
        child = announce.in_child(lambda: _announce(origin, place.addresses[0], ca_file))
        try:
            return server.serve(replace(settings, conformance=True), wanted)
        finally:
            announce.end(child)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _require_no_production(args: argparse.Namespace, environ: Mapping[str, str]) -> None:
    if args.reset or args.config or args.data:
        raise NotConfigured("--conformance has data of its own: leave --data, --reset and --config away.")
    if environ.get("PASSPORT_DATABASE_URL"):
        raise NotConfigured("--conformance has data of its own: unset PASSPORT_DATABASE_URL.")
    found = installation.existing(config.data_dir(None, environ), environ)
    if found is not None and found.production:
        raise NotConfigured(f"{found.data_dir} is in production: the conformance mode is for test machines.")


def _announce(origin: str, address: str, ca_file: Path | None) -> None:
    if not announce.wait_until_up(origin, address, ca_file):
        return
    print(f"Conformance mode at {origin}: for test suites, never for passports.")
    print(f"Issuers and suites: {origin}/conformance")
    for path in _ADDRESSES:
        print(f"POST {origin}{path}")
    if ca_file is not None:
        print(f"Certificate authority to believe: {ca_file}")
    print("Stop with Ctrl-C; keys and data are thrown away.", flush=True)
    sys.stdout.flush()
