"""`./run`: how long the second start and the stop take, and what a worker holds in memory.

Elapsed time, beside a bare Flask application under the same gunicorn settings.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import measure, serving
from benchmarks.measure import Figure, Group, Spread, Target

ROOT = Path(__file__).resolve().parent.parent
BARE = """
from flask import Flask
from gunicorn.app.base import BaseApplication
from app.cli import server
application = Flask("bare", static_folder=None)
application.add_url_rule("/healthz", view_func=lambda: "up")
class Server(BaseApplication):
    def load_config(self):
        for name, value in server.options(["127.0.0.1:{port}"], demo=True).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
    def load(self):
        return application
Server().run()
"""


def run(rounds: int) -> list[Group]:
    """Needs the packages of `./run` installed: the first start is not timed."""
    floor = "bare Flask, same gunicorn"
    own = "./run, second start to first answer"
    stop, floor_stop = "./run, Ctrl-C to ended", "the same of bare Flask"
    costs: dict[str, list[float]] = {own: [], floor: [], stop: [], floor_stop: []}
    memory: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="bench") as directory:
        port, other = serving.free_port(), serving.free_port()
        command = [str(ROOT / "run"), "--data", f"{directory}/data", "--port", str(port)]
        bare = [sys.executable, "-c", BARE.replace("{port}", str(other))]
        first = _once(command, port)[0]
        for _ in range(rounds):
            started, stopped, held = _once(command, port)
            costs[own].append(started)
            costs[stop].append(stopped)
            memory += held
            started, stopped, _ = _once(bare, other)
            costs[floor].append(started)
            costs[floor_stop].append(stopped)
    figures = [
        measure.figure(costs, own, floor, unit="s", target=Target(3, "value", "s")),
        measure.figure(costs, stop, floor_stop, unit="s", target=Target(2, "value", "s")),
    ]
    if memory:
        figures += [
            Figure("a worker, resident (RSS)", Spread.of([rss for rss, _ in memory]), "MB"),
            Figure(
                "a worker, its share (PSS)", Spread.of([pss for _, pss in memory]), "MB",
                target=Target(80, "value", "MB"),
            ),
        ]  # fmt: skip
    note = f"the first start, which makes the demo data, took {first:.1f} s"
    return [Group("Start, stop, memory", tuple(figures), (note,))]


def _once(command: Sequence[str], port: int) -> tuple[float, float, list[tuple[float, float]]]:
    """Seconds to the first answer, seconds to the end after Ctrl-C, (RSS, PSS) in MB of each worker."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, start_new_session=True
    )
    try:
        client = serving.Client(port)
        while True:
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            try:
                if client.get("/healthz")[0] == 200:
                    break
            except OSError:
                client.close()
                time.sleep(0.01)
            assert time.perf_counter() - begun < 120, "no answer in two minutes"
        started = time.perf_counter() - begun
        client.get("/")
        client.close()
        held = [_memory(pid) for pid in _workers(process.pid)]
        begun = time.perf_counter()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
        return started, time.perf_counter() - begun, [one for one in held if one]
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _workers(parent: int) -> list[int]:
    """Children of a process, where the system tells them."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def _memory(pid: int) -> tuple[float, float] | None:
    path = Path(f"/proc/{pid}/smaps_rollup")
    try:
        lines = dict(line.split(":", 1) for line in path.read_text().splitlines()[1:])
    except OSError:
        return None
    return tuple(int(lines[name].split()[0]) * 1024 / 1e6 for name in ("Rss", "Pss"))  # type: ignore[return-value]
