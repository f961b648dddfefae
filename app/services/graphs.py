"""Canonicalization of strangers' graphs outside the request worker, with a limit of time (T23, T27).

Each server process has one such process beside it, begun when the first graph comes and gone when none came
for a minute. One document is worked on, one more may wait; who comes then is asked to come again. What takes
too long is stopped and told as *unknown*: time says nothing about a document. What is refused for its shape
is refused by counting, the same everywhere, before time matters.
"""

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, cast

import orjson

from app.config import ROOT
from app.core.errors import Busy
from app.core.proof_error import OutOfTime, ProofError
from app.services import graph_frames
from app.services.context import KEPT_AS, Context

TIME_LIMIT_S: Final = 5.0
"""For all graphs of one verification together. A passport takes a thousandth of it."""
START_LIMIT_S: Final = 30.0
MOST_AT_ONCE: Final = 2
"""One at work and one that waits: the other threads of a server go on answering."""
RETRY_AFTER_S: Final = 2
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
_COMMAND: Final = "from app.services.graph_process import main; main()"


class GraphWorker:
    """The process beside this one. Any thread may ask."""

    def __init__(self, time_limit_s: float = TIME_LIMIT_S) -> None:
        self.time_limit_s = time_limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._one = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Of the process, where there is one."""
        return self._process.pid if self._process else None

    def turn(self) -> "Turn":
        """The graphs of one verification."""
        return Turn(self)

    def canonicalize(self, document: Mapping[str, Any], limit_s: float) -> tuple[bytes, float]:
        """The canonical form, and the seconds it took. Raises: Busy; OutOfTime; ProofError."""
        if not self._places.acquire(blocking=False):
            raise Busy("Too many documents are being checked at this moment.", RETRY_AFTER_S)
        try:
            if not self._one.acquire(timeout=self.time_limit_s):
                raise Busy("Too many documents are being checked at this moment.", RETRY_AFTER_S)
            try:
                return self._ask(orjson.dumps(document), limit_s)
            finally:
                self._one.release()
        finally:
            self._places.release()

    def close(self) -> None:
        """End the process."""
        with self._one:
            self._stop()

    def _ask(self, request: bytes, limit_s: float) -> tuple[bytes, float]:
        for _ in range(2):  # it may have gone to rest just now
            process = self._started()
            begun = time.monotonic()
            answer = self._exchange(process, request, begun + limit_s)
            if answer:
                if answer[:1] == b"!":
                    fault = orjson.loads(answer[1:])
                    raise ProofError(fault["name"], fault["detail"])
                return answer[1:], time.monotonic() - begun
            self._stop()
        raise OutOfTime

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        self._process = subprocess.Popen(  # noqa: S603  (our own module, nothing of a request in it)
            [sys.executable, "-c", _COMMAND],
            cwd=ROOT,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if _read(self._process, time.monotonic() + START_LIMIT_S) is None:
            self._stop()
            raise OutOfTime
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], request: bytes, until: float) -> bytes | None:
        """The answer; None when the process is gone. Raises: OutOfTime, with the process ended."""
        try:
            graph_frames.send(cast(Any, process.stdin), request)
        except BrokenPipeError:
            return None
        try:
            return _read(process, until)
        except OutOfTime:
            self._stop()
            raise

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.stdout.close()  # type: ignore[union-attr]
        with suppress(BrokenPipeError):
            process.stdin.close()  # type: ignore[union-attr]
        process.wait()


class Turn:
    """Canonicalizes the graphs of one verification, which share one limit of time."""

    def __init__(self, worker: GraphWorker) -> None:
        self._worker = worker
        self._left_s = worker.time_limit_s

    def __call__(self, document: Mapping[str, Any]) -> bytes:
        """Raises: Busy; OutOfTime; ProofError."""
        if self._left_s <= 0:
            raise OutOfTime
        try:
            found, took_s = self._worker.canonicalize(document, self._left_s)
        except OutOfTime:
            self._left_s = 0.0
            raise
        self._left_s -= took_s
        return found


def worker(ctx: Context) -> GraphWorker:
    """The one of this process; made when first asked for, after any fork."""
    return cast(GraphWorker, ctx.kept.setdefault(KEPT_AS, GraphWorker()))


def _read(process: subprocess.Popen[bytes], until: float) -> bytes | None:
    """One frame; None when the other side is gone. Raises: OutOfTime."""
    stream = cast(Any, process.stdout)
    buffer = b""
    while len(buffer) < 4 or len(buffer) < 4 + int.from_bytes(buffer[:4]):
        if not select.select([stream], [], [], max(0.0, until - time.monotonic()))[0]:
            raise OutOfTime
        more = os.read(stream.fileno(), 65_536)
        if not more:
            return None
        buffer += more
    return buffer[4:]
