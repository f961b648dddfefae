"""kill -9 and power cuts while records come in by every door: what was told is there, once, and whole."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import plants
from app.services.context import Context
from tests import installation
from tests.crashes import campaign, judge, postmaster, powercut
from tests.factories import a_lean_pack
from tests.installation import START, TOKEN, Clock
from tests.line import Line
from tests.mqtt import brokers
from tests.mqtt.brokers import Amqtt, Mosquitto
from tests.mqtt.lines import LineClient

KILLS = {"sqlite": 20, "postgresql": 8}
CUTS = 20
DOORS = {"rest", "rest-ndjson", "folder", "mqtt", "epcis"}


@pytest.fixture
def station(tmp_path: Path) -> Iterator[LineClient]:
    """A line at a real broker."""
    place = tmp_path / "broker"
    place.mkdir()
    broker = Mosquitto(place) if brokers.mosquitto() else Amqtt(place)
    broker.start()
    client = LineClient(broker, campaign.LINE)
    yield client
    client.close()
    broker.stop()


@pytest.fixture
def known(ctx: Context, line: Line) -> None:
    """The model and its sections are there; nobody else has the database open."""
    line.send_all(a_lean_pack(START))
    ctx.dispose()


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_told_is_lost_or_doubled_when_the_server_is_killed(
    data_dir: Path, database: str, database_url: str | None, tmp_path: Path, station: LineClient
):
    made = campaign.new(data_dir, database_url, tmp_path / "inbox", station, 20261124)
    made.kill(KILLS[database])
    made.drain()
    with installation.opened(data_dir, made.clock, database_url) as ctx:
        assert judge.faults(ctx, made.books) == []
    assert made.books.by_door.keys() == DOORS
    assert made.books.refused
    assert made.books.issued


def test_nothing_told_is_lost_or_doubled_when_postgresql_falls_under_the_server(
    data_dir: Path, clock: Clock, shared: Path, tmp_path: Path, station: LineClient
):
    """One server throughout: its lines are told to come again, and every door goes on by itself."""
    with postmaster.running() as database:
        refilled = installation.Refilled(database.server.get_uri())
        refilled.fill(installation.template(shared, "bare"))
        refilled.dispose()
        with installation.opened(data_dir, clock, refilled.url) as ctx:
            Line(ctx, plants.of_token(ctx, TOKEN)).send_all(a_lean_pack(START))
        made = campaign.new(data_dir, refilled.url, tmp_path / "inbox", station, 20261126)
        made.outages(database, postmaster.WAYS)
        made.drain()
        with installation.opened(data_dir, made.clock, refilled.url) as ctx:
            assert judge.faults(ctx, made.books) == []
    assert made.books.by_door.keys() == DOORS
    assert made.books.away > 0


@pytest.mark.usefixtures("known")
def test_nothing_told_is_lost_or_doubled_when_the_power_fails(
    data_dir: Path, tmp_path: Path, station: LineClient
):
    made = campaign.new(data_dir, None, tmp_path / "inbox", station, 20261125, forgets=True)
    _cut(made, CUTS)
    made.drain()
    with installation.opened(data_dir, made.clock) as ctx:
        assert judge.faults(ctx, made.books) == []
    assert made.books.by_door.keys() == DOORS
    assert made.unsynced > CUTS  # the cuts had something to take


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("ways", [{"forgets": True, "synchronous": "NORMAL"}, {"is_hasty": True}], ids=str)
def test_with_the_safeguard_taken_out_the_same_judge_finds_what_is_lost(
    data_dir: Path, tmp_path: Path, ways: dict[str, object]
):
    """Controls: without a sync at each commit, and with an answer before the commit."""
    made = campaign.new(data_dir, None, tmp_path / "inbox", None, 1, **ways)
    found: list[str] = []
    for _ in range(8):
        with contextlib.suppress(campaign.Fallen):  # the log that was published may be lost as well
            _cut(made, 2)
        with installation.opened(data_dir, made.clock) as ctx:
            found = judge.faults(ctx, made.books, verified=0)
        if found:
            break
    assert any("was acknowledged and is lost" in each or "the log" in each for each in found)


def _cut(made: campaign.Campaign, times: int) -> None:
    try:
        made.kill(times)
    except powercut.NotHere as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the power cuts were not played: {reason}")
        pytest.skip(f"not checked: {reason}")
