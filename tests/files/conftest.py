"""Services are tested on both databases, over the same installation."""

from pathlib import Path

import pytest

from app import wiring
from app.keys.file import FileSigner
from app.services.context import Context
from app.services.plants import Plant
from tests.line import Line


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


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
