"""Kill it again and again, with all lines at work, and look whether anything is missing in the end."""

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.crashes import powercut, victim
from tests.crashes.postmaster import Postmaster
from tests.crashes.senders import Books, Captured, Files, Published, Sender, Single, Stream
from tests.crashes.victim import Ways
from tests.installation import Clock
from tests.mqtt.lines import LineClient

PATIENCE_S = 60
_LONGEST_S = 3.0
_MOST_MORE = 10
LINE = "hall-1/line-2"
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.crashes.victim"])


class Fallen(Exception):
    """A crash left something over which the product does not start."""


@dataclass
class Campaign:
    """Lines, and a server that is started and killed under them."""

    ways: Ways
    chance: random.Random
    line: LineClient | None = None
    books: Books = field(default_factory=Books)
    unsynced: int = 0
    """Sectors that the cuts found written and not synced."""
    before_kill: Callable[[int], None] = lambda _process: None
    after_kill: Callable[[], None] = lambda: None
    senders: list[Sender] = field(init=False)

    def __post_init__(self) -> None:
        self.ways.inbox.mkdir(exist_ok=True)
        self.senders = [
            Single("REST", self.books), Stream("STREAM", self.books), Captured("EPCIS", self.books),
            Files("FILE", self.books, inbox=self.ways.inbox),
        ]  # fmt: skip
        if self.line is not None:
            self.senders.append(Published("MQTT", self.books, line=self.line))

    def kill(self, times: int) -> None:
        """Start, work for a moment, kill; so many times, and on until every door has taken something."""
        for number in range(times + _MOST_MORE):
            if number >= times and len(self.books.by_door) == len(self.senders):
                return
            with self._served() as port:
                for one in self.senders:
                    if isinstance(one, Published) and not one.packs:
                        one.begin()
                threads = [threading.Thread(target=one.run, args=(port,)) for one in self.senders]
                for thread in threads:
                    thread.start()
                self._work(number >= times)
            for thread in threads:
                thread.join(PATIENCE_S)
            self.after_kill()
            if self.ways.forgets:
                self.unsynced += powercut.cut(self.ways.directory, self.chance)

    def outages(self, database: Postmaster, ways: Iterable[str]) -> None:
        """One server throughout; its database falls under it in these ways and comes back, and each time
        every door takes something again."""
        self.books.may_be_away = True
        with self._served() as port:
            for one in self.senders:
                if isinstance(one, Published):
                    one.begin()
            threads = [threading.Thread(target=one.run, args=(port,)) for one in self.senders]
            for thread in threads:
                thread.start()
            for way in ways:
                self._work(False)
                database.fall(way)
                time.sleep(self.chance.uniform(0.05, 0.5))
                database.rise()
                self._until_all_go_on()
        for thread in threads:
            thread.join(PATIENCE_S)

    def _until_all_go_on(self) -> None:
        before, until = dict(self.books.by_door), time.monotonic() + PATIENCE_S
        names = {"rest", "rest-ndjson", "epcis", "folder", *(["mqtt"] if self.line is not None else [])}
        while names:
            assert time.monotonic() < until, f"no record by {names} since the database is back"
            names = {name for name in names if self.books.by_door.get(name, 0) == before.get(name, 0)}
            time.sleep(0.02)

    def _work(self, long: bool) -> None:
        """A moment: mostly from the first record on that is told taken, so that a busy machine is killed at
        work too."""
        taken, until = len(self.books.acknowledged), time.monotonic() + _LONGEST_S
        if self.chance.random() < 0.75:
            while len(self.books.acknowledged) == taken and time.monotonic() < until:
                time.sleep(0.01)
        time.sleep(_LONGEST_S if long else self.chance.uniform(0.01, 0.4))

    @property
    def clock(self) -> Clock:
        """For whoever looks afterwards."""
        return Clock(self.ways.clock())

    def drain(self) -> None:
        """Serve until what is on its way has come: files in the folder, messages at the broker."""
        with self._served():
            for one in self.senders:
                if isinstance(one, Published) and self.line is not None and not self.line.broker.is_five:
                    one.again()
            until = time.monotonic() + PATIENCE_S
            while time.monotonic() < until:
                (files,) = (one for one in self.senders if isinstance(one, Files))
                on_the_way = [one for one in self.senders if isinstance(one, Published)]
                for one in on_the_way:
                    one.collect()
                if not any(one.out for one in on_the_way) and not list(self.ways.inbox.glob("*.ndjson")):
                    return
                time.sleep(0.05)
        lost = sum(len(one.out) for one in on_the_way)
        self.books.odd.append(f"{lost} messages that the broker has were never told of; {files.name_of_file}")

    @contextmanager
    def _served(self) -> Iterator[int]:
        ours, theirs = _forks.Pipe()
        process = _forks.Process(target=victim.serve, args=(self.ways, theirs))
        process.start()
        theirs.close()
        try:
            if not ours.poll(PATIENCE_S):
                raise AssertionError("the server does not start")
            try:
                port = ours.recv()
            except EOFError:
                raise Fallen("the server does not start any more") from None
            yield port
        finally:
            if process.pid is not None:
                self.before_kill(process.pid)
            process.kill()
            process.join(PATIENCE_S)


def new(
    directory: Path, database_url: str | None, inbox: Path, line: LineClient | None, seed: int, **ways: object
) -> Campaign:
    """A campaign over one installation."""
    broker = line.broker.settings() if line is not None else None
    made = Ways(directory, database_url, inbox, broker, **ways)  # type: ignore[arg-type]
    return Campaign(made, random.Random(seed), line)
