"""What is done by the clock: summaries that fall due, checkpoints, lists; each safe to run twice."""

import logging
from datetime import timedelta

import pytest

from app.cli import housekeeper
from app.services import housekeeping, summaries
from app.services.context import Context
from app.services.housekeeping import Job, Timetable
from app.services.summaries import Waiting
from tests.installation import Clock, rows
from tests.line import Line
from tests.services.test_issuance import percent, reading_record


@pytest.fixture
def start() -> str:
    return "issued"


def versions(line: Line) -> int:
    return len(line.history("condition"))


def test_a_reading_that_came_too_early_is_signed_when_its_day_comes(line: Line, clock: Clock):
    waiting = Waiting()
    clock.forward(hours=1)
    line.send(reading_record(clock, stateOfCertifiedEnergy=percent("97.1")))
    before = versions(line)
    for _ in range(4):
        summaries.sign_due(line.ctx, waiting)
    assert versions(line) == before
    assert list(waiting.due.values()) == [clock.now + timedelta(hours=23)]
    clock.forward(hours=23, minutes=1)
    summaries.sign_due(line.ctx, waiting)
    assert versions(line) == before + 1
    assert waiting.due == {}
    for _ in range(4):
        summaries.sign_due(line.ctx, waiting)
    assert versions(line) == before + 1


def test_another_process_finds_what_waits_by_itself(line: Line, clock: Clock):
    clock.forward(hours=1)
    line.send(reading_record(clock, stateOfCertifiedEnergy=percent("97.1")))
    clock.forward(hours=25)
    assert summaries.sign_due(line.ctx, Waiting()) == 1
    assert versions(line) == 2
    summaries.sign_due(line.ctx, Waiting())  # looks again, finds nothing to sign
    assert versions(line) == 2


def test_a_battery_without_new_values_is_not_looked_at(line: Line):
    assert summaries.sign_due(line.ctx, Waiting()) == 0


def test_every_job_runs_and_leaves_a_checkpoint(line: Line):
    for job in housekeeping.jobs():
        job.run(line.ctx)
        job.run(line.ctx)
    assert rows(line.ctx.engine, "log_checkpoints")


def test_a_job_that_fails_is_told_once_and_the_others_go_on(ctx: Context, caplog: pytest.LogCaptureFixture):
    done = []

    def failing(_: Context) -> None:
        if len(done) < 3:
            raise RuntimeError("the disk is full")

    table = Timetable(
        [
            Job("first", housekeeping.jobs()[0].every, failing),
            Job("second", housekeeping.jobs()[0].every, lambda _: done.append(1)),
        ]
    )
    told: dict[str, str] = {}
    with caplog.at_level(logging.WARNING):
        for now in (0, 1, 4, 8, 12):
            housekeeper.run_due(ctx, table, now, told)
    assert len(done) == 4
    said = [record.getMessage() for record in caplog.records]
    assert said == ["housekeeping: first failed", "housekeeping: first is well again"]
