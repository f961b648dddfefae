"""A CSV file of 100,000 rows: sent, judged, and in a watched folder. Memory at the peak, and pace.

The peak is that of the whole process, interpreter and program included (`VmHWM` of Linux). What the same
command takes for a file of one row is the program itself; the rest is what the rows take.
"""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.config import ROOT
from app.core.times import to_seconds
from benchmarks import installation
from benchmarks.installation import Installation
from benchmarks.measure import Figure, Group, Spread, Target

ROWS: Final = 100_000
LIMIT_MB: Final = 100
_PROGRAM: Final = """
import re, sys
from app.cli.main import main
code = main(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
print("peak", peak, file=sys.stderr)
sys.exit(code)
"""


def run(_rounds: int) -> list[Group]:
    """Once: memory does not vary from run to run."""
    figures = []
    with installation.new() as made, TemporaryDirectory(prefix="bench") as place:
        now = to_seconds(made.ctx.now())
        whole, one = Path(place) / "lots.csv", Path(place) / "one.csv"
        _write(whole, now, ROWS)
        _write(one, now, 1, "S")
        size = whole.stat().st_size / 1e6
        plant = ("--plant", made.plant.id)
        for name, verb in (
            ("dry run", ("intake", "dry-run")),
            ("taken in", ("intake", "send", *plant)),
            ("from a watched folder", ("files", "watch", "--once", "--settled", "0", *plant)),
        ):
            if verb[0] == "files":  # with rows of their own: what is known is not stored
                one, whole = _in_folder(place, now, "F", 1), _in_folder(place, now, "G", ROWS)
            least, _ = _timed(made, one, *verb)
            peak, elapsed_s = _timed(made, whole, *verb)
            label = f"{ROWS:,} rows, {size:.0f} MB, {name}"
            added, limit = peak - least, Target(LIMIT_MB, "value", "MB")
            figures += [
                Figure(f"{label}: memory of the whole process", _once(peak), "MB", target=limit),
                Figure(f"{label}: of which the rows take", _once(added), "MB", target=limit),
                Figure(f"{label}: rows", _once(ROWS / elapsed_s), "/s"),
            ]
    return [Group("A CSV file, from start to end of the command, on SQLite", tuple(figures))]


def _in_folder(place: str, now: str, prefix: str, count: int) -> Path:
    """A folder with one file of so many rows."""
    made = Path(place) / f"folder-{prefix}"
    made.mkdir()
    _write(made / "lots.csv", now, count, prefix)
    return made


def _once(value: float) -> Spread:
    return Spread(value, value, value)


def _write(path: Path, now: str, count: int, prefix: str = "L") -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(
            "recordId;sentAt;lot;details.cellModel;details.manufacturer;details.format;details.chemistry;"
            "details.quantity;details.materialLots\n"
        )
        for number in range(count):
            own = f"{prefix}-{number};{now};{prefix}{number}"
            file.write(f"{own};NMC-94;Example Cells;prismatic;NMC 811;1200;M1|M2\n")


def _timed(made: Installation, path: Path, *verb: str) -> tuple[float, float]:
    """Megabytes at the peak, and seconds."""
    environ = {**made.environ, "PASSPORT_DATA": str(made.settings.data_dir), "PATH": "/usr/bin:/bin"}
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *verb, str(path), "--kind", "cell-lot"],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    elapsed_s = time.perf_counter() - begun
    return int(done.stderr.split()[-1]) / 1000, elapsed_s
