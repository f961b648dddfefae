"""The process of one worker: connect, take batches, tell receipts, acknowledge, and connect again.

A batch is what has come, up to 500 messages. (1) It is stored in one go. (2) Its receipts go to the broker.
(3) Each message is acknowledged once the broker has its receipts. Where a step does not happen (the database
is away, the connection ends, the process is killed) the message is not acknowledged, and comes again: what is
stored by then is told as repeated. Source: T14, T39.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.core.errors import NotConfigured, NotFound
from app.mqtt import taking
from app.mqtt.connection import TAKEN_OVER, Arrival, Confirmed, Connection, Down, Event, Up
from app.mqtt.health import Health
from app.mqtt.taking import Taken
from app.services.context import Context
from app.services.intake import Accepted
from app.services.intake_batch import CHUNK

LINGER_S: Final = 0.01
"""How long a batch waits for company after its first message."""
TICK_S: Final = 0.2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
FAREWELL_S: Final = 5.0
IDLE_S: Final = 2.0
"""A session that is to be ended is empty when nothing came for so long."""


@dataclass(slots=True)
class Process:
    """One worker. `connect` makes a connection that is not open yet."""

    ctx: Context
    connect: Callable[[], Connection]
    health: Health
    stop: Callable[[], bool]
    tell: Callable[[str], None]
    leaves: bool = False
    """Take what the session still holds, then end it: this worker is not coming back."""
    _said: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Until told to stop. Raises: NotConfigured when another process took this worker's place."""
        self.health.begin()
        pause = FIRST_PAUSE_S
        try:
            while not self.stop():
                self.health.state = "connecting"
                began = time.monotonic()
                if self._one_connection() or (self.leaves and self.stop()):
                    return
                if time.monotonic() - began > LONGEST_PAUSE_S:
                    pause = FIRST_PAUSE_S
                self._wait(pause * random.uniform(0.7, 1.3))  # noqa: S311  (so that workers do not come as one)
                pause = min(pause * 2, LONGEST_PAUSE_S)
        finally:
            self.health.end()

    # --- one connection

    def _one_connection(self) -> bool:
        """From CONNECT to its end. Whether the work is done."""
        connection = self.connect()
        try:
            connection.open()
        except OSError as error:
            self._trouble(f"The broker {self.health.broker} cannot be reached: {error.strerror or error}.")
            return False
        idle_since = time.monotonic()
        while not self.stop():
            events = self._events(connection)
            arrivals = [event for event in events if isinstance(event, Arrival)]
            self.health.waiting = len(connection.events)
            with connection.in_one_piece():
                for event in events:
                    self._note(connection, event)
            if arrivals:
                idle_since = time.monotonic()
                self._work(connection, arrivals)
            if events and isinstance(events[-1], Down):
                self._down(events[-1])
                return False
            if self.leaves and not connection.unacknowledged and time.monotonic() - idle_since > IDLE_S:
                connection.close(end_session=True)
                self._until_down(connection)
                self.tell("The session is ended.")
                return True
        self._farewell(connection)
        return True

    def _events(self, connection: Connection) -> list[Event]:
        """What has come, or nothing after a moment; no more messages than a batch holds."""
        found: list[Event] = []
        arrivals, until = 0, 0.0
        while arrivals < CHUNK:
            if not connection.events:
                # As long as there is something to read it is read; then comes a moment's wait for company.
                left = max(0.0, until - time.monotonic()) if found else TICK_S
                connection.pump(left)
                if not connection.events and (not found or left == 0):
                    break
                continue
            event = connection.events.popleft()
            until = until or time.monotonic() + LINGER_S
            found.append(event)
            arrivals += isinstance(event, Arrival)
            if isinstance(event, Down):
                break
        return found

    def _note(self, connection: Connection, event: Event) -> None:
        if isinstance(event, Confirmed):
            if event.refusal is not None:
                self.health.receipts_refused += 1
                self._once(f"The broker does not take receipts: {event.refusal}")
            connection.confirmed(event.packet)
        elif isinstance(event, Up):
            self.health.state, self.health.trouble = "connected", None
            self.tell(
                f"Connected to {self.health.broker}"
                + (", session continued." if event.session_was_kept else ", new session.")
            )

    def _work(self, connection: Connection, arrivals: Sequence[Arrival]) -> None:
        self.health.busy_since = self.health.last_message = time.time()
        pause = FIRST_PAUSE_S
        while True:
            try:
                found = taking.take(self.ctx, arrivals)  # (1)
                break
            except taking.AWAY as error:
                # Not acknowledged, and tried again as it is: the broker keeps what comes after it.
                self._trouble(f"Nothing can be stored: {_sentence(error)}.")
                self._wait(pause, connection)
                pause = min(pause * 2, LONGEST_PAUSE_S)
                if self.stop():
                    return
        if self.health.trouble is not None:
            self.health.trouble = None
            self.tell("Records are stored again.")
        with connection.in_one_piece():
            for taken in found:
                self._count(taken)
                if not taken.is_held:
                    connection.settle(taken.arrival, taken.receipts(self.ctx.settings.origin))  # (2) (3)
        self.health.busy_since = None

    def _count(self, taken: Taken) -> None:
        health = self.health
        health.messages += 1
        if taken.is_held:
            health.held += 1
        elif not taken.messages:
            health.ignored += 1
            why = "was kept by the broker (retained)" if taken.arrival.is_retained else "is no line's"
            self._once(f"A message to {taken.arrival.topic} is passed over: it {why}.")
        for outcome in taken.outcomes:
            if isinstance(outcome, Accepted):
                health.repeated += outcome.repeated
                health.accepted += not outcome.repeated
                continue
            health.refused += 1
            if isinstance(outcome, NotFound):
                health.unknown_plants += 1
                self._once(f"Refused: {outcome}")

    # --- ends

    def _down(self, event: Down) -> None:
        if event.code == TAKEN_OVER:
            raise NotConfigured(
                "Another process has connected with this worker's client id: give each its own --worker, and"
                " each installation its own PASSPORT_MQTT_CLIENT_ID."
            )
        self.health.state = "connecting"
        self._trouble(f"{event.reason[:1].upper()}{event.reason[1:]}.")

    def _farewell(self, connection: Connection) -> None:
        """Acknowledge what is stored, then leave; the session stays."""
        until = time.monotonic() + FAREWELL_S
        while connection.unacknowledged and time.monotonic() < until:
            connection.pump(TICK_S)
            while connection.events:
                event = connection.events.popleft()
                if isinstance(event, Down):
                    return
                self._note(connection, event)
        connection.close()
        self._until_down(connection)

    def _until_down(self, connection: Connection) -> None:
        until = time.monotonic() + FAREWELL_S
        while time.monotonic() < until and not any(isinstance(event, Down) for event in connection.events):
            connection.pump(TICK_S)

    def _trouble(self, text: str) -> None:
        if self.health.trouble != text:
            self.tell(text)
        self.health.trouble = text

    def _once(self, text: str) -> None:
        """Said the first time; the counts say how often. Bounded, for a sender may invent plants."""
        if text not in self._said and len(self._said) < 1_000:
            self._said.add(text)
            self.tell(text)

    def _wait(self, seconds: float, connection: Connection | None = None) -> None:
        """Keeps the connection alive, where there is one."""
        until = time.monotonic() + seconds
        while not self.stop() and time.monotonic() < until:
            if connection is None or connection.is_down:
                time.sleep(TICK_S / 2)
            else:
                connection.pump(TICK_S / 2)


def _sentence(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(error).__name__
