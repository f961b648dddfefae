"""Services are tested on both databases, over the same installation."""

import pytest

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
