"""Processes that sign: none of them outlives the one that it works for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys, time, multiprocessing
from pathlib import Path
from app import wiring
from app.services.signing_pool import SigningPool, Task
from tests import installation
ctx = wiring.build(installation.load(Path(sys.argv[1])), now=installation.Clock())
with SigningPool(ctx, 2) as pool:
    waits = [pool.submit([Task((b"{}",), "")]) for _ in range(4)]
    [wait() for wait in waits]
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    time.sleep(60)
"""
PATIENCE_S = 20


@pytest.mark.skipif(sys.platform != "linux", reason="not checked: elsewhere no process is forked")
@pytest.mark.parametrize("database", ["sqlite"])
def test_no_process_with_a_key_in_its_hands_is_left_when_its_parent_is_killed(data_dir: Path, database: str):
    parent = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert parent.stdout is not None
    children = [int(word) for word in parent.stdout.readline().split()]
    assert children
    assert all(map(_runs, children))
    parent.send_signal(signal.SIGKILL)
    parent.wait(PATIENCE_S)
    parent.stdout.close()
    until = time.monotonic() + PATIENCE_S
    while any(map(_runs, children)) and time.monotonic() < until:
        time.sleep(0.05)
    left = [child for child in children if _runs(child)]
    for child in left:
        os.kill(child, signal.SIGKILL)
    assert left == []


def _runs(process: int) -> bool:
    """There, and not only as an entry that nobody has asked for yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
