"""The process beside the server that does what is due. It ends with its parent, and takes nothing with it.

What a job raises is told once, and again when it changes; the job is tried again at its next time.
"""

import logging
import os
import time
from typing import Final

from app import wiring
from app.cli import announce
from app.config import Settings
from app.services import housekeeping
from app.services.context import Context
from app.services.housekeeping import Timetable

_log: Final = logging.getLogger("app.housekeeping")


def start(settings: Settings) -> int:
    """Fork the process; returns its id for `announce.end`. No connection may be open."""
    return announce.in_child(lambda: _work(settings))


def _work(settings: Settings) -> None:
    parent = os.getppid()
    context = wiring.build(settings)
    timetable = Timetable()
    told: dict[str, str] = {}
    while os.getppid() == parent:
        run_due(context, timetable, time.monotonic(), told)
        time.sleep(housekeeping.PAUSE_S)


def run_due(context: Context, timetable: Timetable, now: float, told: dict[str, str]) -> None:
    """Run what is due. `told` has the last trouble of each job."""
    for job in timetable.due(now):
        try:
            job.run(context)
        except Exception as error:  # a face: whatever it is, the other jobs go on
            trouble = f"{type(error).__name__}: {error}"
            if told.get(job.name) != trouble:
                _log.exception("housekeeping: %s failed", job.name)
            told[job.name] = trouble
        else:
            if told.pop(job.name, None):
                _log.warning("housekeeping: %s is well again", job.name)
