"""Workers under test: in a thread of the test, or in a process that a test kills."""

import signal
import threading
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from app.config import MqttSettings
from app.mqtt import health, process, taking
from app.mqtt.connection import Connection
from app.mqtt.health import Health
from app.mqtt.process import Process
from app.services.context import Context
from tests import installation
from tests.mqtt.lines import eventually


class Worker:
    """A worker in a thread."""

    def __init__(
        self,
        ctx: Context,
        settings: MqttSettings,
        number: int = 1,
        kind: type[Process] = Process,
        **options: bool,
    ) -> None:
        self.health = Health(health.path_of(ctx.settings.data_dir, number), settings.url)
        self.told: list[str] = []
        self._asked: list[bool] = []
        self.process = kind(
            ctx,
            lambda: Connection(
                settings, f"{settings.client_id}-{number}", settings.password,
                not options.get("leaves", False),
            ),
            self.health, lambda: bool(self._asked), self.told.append, **options,
        )  # fmt: skip
        self._thread = threading.Thread(target=self.process.run)

    def start(self, *, wait: bool = True) -> None:
        self._thread.start()
        if wait:
            eventually(lambda: self.health.state == "connected" or not self._thread.is_alive())

    def end(self) -> None:
        """As SIGTERM does."""
        self._asked.append(True)
        self.join()

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


# --- processes


def run(
    directory: Path,
    database_url: str | None,
    settings: MqttSettings,
    number: int,
    dies: str | None,
    tell: Pipe,
) -> None:
    """Work until killed or terminated. `dies` names the moment at which it hangs and asks to be killed:
    `before` the commit, `after` it, or `hasty`: before it, with the acknowledgement given already."""
    asked: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    process.FIRST_PAUSE_S = 0.1
    take = taking.take

    def hang() -> None:
        tell.send("hangs")
        signal.pause()

    def before(*given: Any) -> Any:
        hang()
        return take(*given)

    def after(*given: Any) -> Any:
        take(*given)
        hang()

    if dies is not None:
        taking.take = before if dies in ("before", "hasty") else after  # type: ignore[assignment]
    kind = Hasty if dies == "hasty" else Process
    with installation.opened(directory, installation.Clock(), database_url) as ctx:
        worker = Worker(ctx, settings, number, kind)
        worker.process.stop = lambda: bool(asked)
        worker.process.tell = lambda text: tell.send(text)
        worker.process.run()
    tell.send("ended")


class Hasty(Process):
    """The safeguard taken out: a message is acknowledged when it comes, and stored then."""

    def _work(self, connection: Connection, arrivals: Any) -> None:
        for arrival in arrivals:
            connection.settle(arrival, ())
        eventually(lambda: not connection._client.want_write())
        super()._work(connection, arrivals)
