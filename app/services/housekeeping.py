"""What is done by the clock, beside the server: each job is safe to run twice, at once, or not at all.

A face calls `due` and runs the jobs; what one raises is its to tell. Nothing here is needed for an answer to
be right: without it checkpoints and status lists are made when they are asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from app.services import (
    alarms,
    checkpoints,
    genealogy_rows,
    intake_batch,
    status,
    summaries,
    timestamps,
    trust,
)
from app.services.alarms import Pauses
from app.services.context import Context
from app.services.summaries import Waiting

A_WHILE: Final = timedelta(minutes=1)
"""What is younger is another process's, who is still at it."""
Run = Callable[[Context], object]


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do, and how often."""

    name: str
    every: timedelta
    run: Run


def jobs() -> list[Job]:
    """All jobs of one process, in the order in which they are run."""
    waiting, pauses = Waiting(), Pauses()
    return [
        # a checkpoint is at most five seconds old while there is work: the pause and the making
        Job("checkpoint", timedelta(seconds=4), checkpoints.make),
        Job("records", timedelta(minutes=1), lambda ctx: intake_batch.finish(ctx, older_than=A_WHILE)),
        Job("genealogy", timedelta(minutes=1), lambda ctx: genealogy_rows.fill(ctx, 20)),
        Job("summaries", timedelta(minutes=1), lambda ctx: summaries.sign_due(ctx, waiting)),
        Job("alarms", timedelta(seconds=15), lambda ctx: alarms.watch(ctx, pauses)),
        Job("status lists", timedelta(minutes=5), status.all_published),
        Job("time stamp", timedelta(minutes=10), timestamps.daily),
        Job("trust list", timedelta(hours=1), trust.renew_if_due),
    ]


@dataclass(slots=True)
class Timetable:
    """When each job is due, in seconds of a clock that never goes back."""

    jobs: list[Job] = field(default_factory=jobs)
    next: dict[str, float] = field(default_factory=dict)

    def due(self, now: float) -> list[Job]:
        """The jobs whose time has come; they count as done from here on, whatever becomes of them."""
        found = [job for job in self.jobs if self.next.get(job.name, now) <= now]
        for job in found:
            self.next[job.name] = now + job.every.total_seconds()
        return found


PAUSE_S: Final = 0.5
"""How long a process sleeps between two looks at the clock."""
