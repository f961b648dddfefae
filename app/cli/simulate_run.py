"""A simulated line at work: packs made at a rate and shared among doors, each with its own thread."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.cli.simulate_doors import PATIENCE_S, Door, NoAnswer, Numbered
from app.core.line_simulation import Factory
from app.core.line_simulation_faults import Message
from app.core.line_simulation_ledger import Ledger

MOST_WAITING_S = 1.0
"""How long a message waits for others of its batch while the line has a rate."""
_DEPTH = 4
"""Batches that wait before a door; then the line waits."""


@dataclass(slots=True)
class _Lane:
    """One door with what waits before it."""

    door: Door
    ledger: Ledger
    lock: threading.Lock
    batch: list[tuple[int, Message]] = field(default_factory=list)
    since: float = 0.0
    fault: str = ""
    _queue: "queue.Queue[Numbered | None]" = field(default_factory=lambda: queue.Queue(_DEPTH))
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self.door.name, daemon=True)
        self._thread.start()

    def flush(self) -> None:
        if self.batch:
            self._queue.put(tuple(self.batch))
            self.batch = []

    def end(self) -> None:
        self.flush()
        self._queue.put(None)

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        while (messages := self._queue.get()) is not None:
            if self.fault:
                continue  # what cannot be sent stays unanswered, and is told so
            try:
                told = self.door.send(messages)
            except NoAnswer as error:
                self.fault = str(error)
                continue
            with self.lock:
                self.ledger.note(told)


def run(
    factory: Factory,
    doors: Sequence[Door],
    packs: int,
    *,
    now: Callable[[], datetime],
    rate: float = 0.0,
    batch: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    patience_s: float = PATIENCE_S,
) -> tuple[Ledger, list[str]]:
    """Make and send so many packs, `rate` a second, `batch` messages or more at once. Ctrl-C ends the line
    early; what is on its way is finished.

    Returns the books, and what went wrong with a door.
    """
    ledger, lock = Ledger(), threading.Lock()
    lanes = [_Lane(door, ledger, lock) for door in doors]

    def give(messages: Sequence[Message], lane: _Lane) -> None:
        if not messages:
            return
        with lock:
            numbered = ledger.post(messages, lane.door.name)
        lane.since = lane.since if lane.batch else time.monotonic()
        lane.batch += numbered
        if len(lane.batch) >= batch or (rate and time.monotonic() - lane.since > MOST_WAITING_S):
            lane.flush()

    begun = time.monotonic()
    try:
        give(factory.opening(now()), lanes[0])
        for number in range(packs):
            if rate:
                time.sleep(max(0.0, begun + number / rate - time.monotonic()))
            give(factory.next_pack(now()), lanes[number % len(lanes)])
            progress(number + 1, packs)
    except KeyboardInterrupt:
        pass
    give(factory.closing(), lanes[0])
    for lane in lanes:
        lane.end()
    for lane in lanes:
        lane.join()
        if not lane.fault:
            ledger.note(lane.door.finish(patience_s))
    return ledger, [lane.fault for lane in lanes if lane.fault]
