"""A served installation, and a client that asks it over one kept connection."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.installation import Installation
from benchmarks.measure import Contender


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Client:
    """One connection to one server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        sent = {"Host": f"localhost:{self.port}", "Accept": "*/*", **headers}
        self._connection.request("GET", path, headers=sent)
        answer = self._connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def cpu_ns(self) -> int:
        """CPU time of the worker so far."""
        return int(self.get("/bench/cpu")[2])

    def contender(self, path: str, times: int, status: int = 200, **headers: str) -> Contender:
        """CPU seconds of the worker for one of `times` requests of `path`."""

        def run() -> float:
            begun = self.cpu_ns()
            for _ in range(times):
                found = self.get(path, **headers)
                assert found[0] == status, (path, found[0], found[2][:300])
            return (self.cpu_ns() - begun) / times / 1e9

        return run

    def close(self) -> None:
        self._connection.close()


@contextmanager
def served(made: Installation, environ: Mapping[str, str] | None = None) -> Iterator[Client]:
    """The installation behind one gunicorn worker; it must have been made for a free port."""
    port = int(made.settings.origin.rsplit(":", 1)[1])
    command = [sys.executable, "-m", "benchmarks.server", str(made.settings.data_dir), str(port)]
    process = subprocess.Popen(command, env={**os.environ, **made.environ, **(environ or {})})
    try:
        client = Client(port)
        wait_until_up(client, process)
        yield client
        client.close()
    finally:
        process.terminate()
        process.wait(20)


def wait_until_up(client: Client, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Return once the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended before it answered"
        try:
            client.cpu_ns()
        except (OSError, http.client.HTTPException):
            client.close()
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server did not answer")
