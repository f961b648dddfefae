"""Start `./run` as a user does, in the environment that the tests run in, so that nothing is fetched."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120  # on a busy machine; nothing is asserted about speed here


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PASSPORT_")}
    return {**clean, "PASSPORT_VENV": sys.prefix, "PYTHONUTF8": "1", "COLUMNS": "100", **more}


def free_port(count: int = 1) -> int:
    """The first of `count` neighbouring ports that nobody listens on."""
    while True:
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                for offset in range(1, count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port + offset))
                return port


def attempt(*options: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to end by itself."""
    return subprocess.run(
        [ROOT / "run", *options],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@dataclass
class Running:
    """A server that said it is up."""

    process: subprocess.Popen[str]
    banner: list[str]
    after: str = field(default="")

    def interrupt(self) -> int:
        """Ctrl-C: the terminal sends it to every process of the group. Returns the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.after = self.process.stdout.read() if self.process.stdout else ""
        return self.process.wait(PATIENCE_S)

    def find(self, start: str) -> str:
        """What stands behind `start` in the line of the banner that begins with it."""
        return next(line.removeprefix(start).strip() for line in self.banner if line.startswith(start))


@contextlib.contextmanager
def running(*options: str, last_line: str = "Data in", **more: str) -> Iterator[Running]:
    """Start, read up to the banner's last line, and leave nothing running."""
    process = subprocess.Popen(
        [ROOT / "run", *options],
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(PATIENCE_S, _kill, [process])
    watchdog.start()
    try:
        banner: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            banner.append(line.rstrip("\n"))
            if line.startswith(last_line):
                break
        else:
            raise AssertionError(f"it ended: {process.stderr.read()}")
        watchdog.cancel()  # it is up: how long the test then takes is the test's own affair
        yield Running(process, banner)
    finally:
        watchdog.cancel()
        _kill(process)
        process.communicate()


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
