"""kill -9 and power cuts while records come in by every door: what was acknowledged and is lost, or doubled.

200 kills (160 over SQLite, 40 over PostgreSQL), 20 falls of PostgreSQL under a server that goes on, and 50
power cuts on the disk of `tests/crashes/powercut.py`; where it can be mounted, 50 more on a loop-mounted file
system. Every sentence of the judge is a fault.
"""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path

from app.services import plants
from benchmarks import loop_disk
from benchmarks.installation import postgresql
from benchmarks.loop_disk import LoopDisk
from benchmarks.measure import Figure, Group, Spread, Target
from tests import installation
from tests.crashes import campaign, judge, postmaster, powercut
from tests.crashes.campaign import Campaign
from tests.factories import a_lean_pack
from tests.installation import START, TOKEN, Clock
from tests.line import Line
from tests.mqtt import brokers
from tests.mqtt.brokers import Amqtt, Mosquitto
from tests.mqtt.lines import LineClient

KILLS, KILLS_POSTGRESQL, FALLS, CUTS = 160, 40, 20, 50
NONE = Target(0, "value", "faults")


def run(_rounds: int) -> list[Group]:
    """The numbers are those of the issue, whatever the rounds."""
    seed = random.SystemRandom().randrange(10**6)
    notes = [f"seed {seed}"]
    figures = [
        *_figures("kill -9, SQLite", KILLS, seed),
        *_figures("kill -9, PostgreSQL", KILLS_POSTGRESQL, seed, database=True),
        *_figures("falls of PostgreSQL itself", FALLS, seed, falls=True),
    ]
    try:
        figures += _figures("power cuts, a disk that forgets", CUTS, seed, forgets=True)
    except powercut.NotHere as reason:
        notes.append(f"power cuts: not checked, {reason}")
    try:
        figures += _figures("power cuts, loop-mounted ext4", CUTS, seed, disk=True)
    except loop_disk.NotHere as reason:
        notes.append(f"power cuts on a loop-mounted disk: not checked, {reason}")
    return [Group("Crashes under all doors at once", tuple(figures), tuple(notes))]


def _figures(
    name: str, times: int, seed: int, *, database: bool = False, falls: bool = False, forgets: bool = False,
    disk: bool = False,
) -> Iterator[Figure]:  # fmt: skip
    begun = time.monotonic()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash")))
        loop = stack.enter_context(loop_disk.mounted(work)) if disk else None
        server = stack.enter_context(postmaster.running()) if falls else None
        url = _filled(stack.enter_context(postgresql()), work) if database else None
        if server is not None:
            url = _filled(server.server.get_uri(), work)
        line = stack.enter_context(_station(work))
        directory = _known(work, loop.place if loop else work, url)
        inbox = (loop.place if loop else work) / "inbox"
        made = campaign.new(directory, url, inbox, line, seed, forgets=forgets)
        if loop is not None:
            made.before_kill, made.after_kill = _hooks(loop)
        if server is not None:
            made.outages(server, islice(cycle(postmaster.WAYS), times))
        else:
            made.kill(times)
        made.before_kill, made.after_kill = (lambda _process: None), (lambda: None)
        made.drain()
        with installation.opened(directory, made.clock, url) as ctx:
            found = judge.faults(ctx, made.books, verified=200)
    yield Figure(f"{times} {name}: lost, doubled or broken", _of(len(found)), "faults", target=NONE,
                 note="; ".join(found[:5]))  # fmt: skip
    yield Figure(
        "acknowledged meanwhile", _of(len(made.books.acknowledged)), "records", note=_told(made, begun)
    )


def _hooks(loop: LoopDisk) -> tuple[Callable[[int], None], Callable[[], None]]:
    return loop.copy, loop.come_back


def _told(made: Campaign, begun: float) -> str:
    doors = ", ".join(f"{count} by {door}" for door, count in sorted(made.books.by_door.items()))
    unsynced = f"; {made.unsynced} sectors were written and not synced" if made.unsynced else ""
    issued = len(made.books.issued)
    return f"{doors}; {issued} passports told issued; {time.monotonic() - begun:.0f} s{unsynced}"


def _of(count: int) -> Spread:
    return Spread.of([float(count)])


@contextmanager
def _station(work: Path) -> Iterator[LineClient]:
    place = work / "broker"
    place.mkdir()
    broker: Mosquitto | Amqtt = Mosquitto(place) if brokers.mosquitto() else Amqtt(place)
    broker.start()
    client = LineClient(broker, campaign.LINE)
    try:
        yield client
    finally:
        client.close()
        broker.stop()


def _filled(server: str, work: Path) -> str:
    """Address of a PostgreSQL database with the rows of a new installation."""
    refilled = installation.Refilled(server)
    refilled.fill(installation.template(work, "bare"))
    refilled.dispose()
    return refilled.url


def _known(work: Path, place: Path, url: str | None) -> Path:
    """An installation whose model and sections are there."""
    directory = installation.copy(installation.template(work, "bare"), place / "data")
    with installation.opened(directory, Clock(), url) as ctx:
        Line(ctx, plants.of_token(ctx, TOKEN)).send_all(a_lean_pack(START))
    os.sync()  # what was there before the first cut
    return directory
