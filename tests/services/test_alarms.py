"""A quarantine that grows is seen and told, once, signed, without a record's words; and again when over."""

import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app import config
from app.config import AlarmSettings
from app.core.errors import NotConfigured
from app.services import alarms, board, housekeeping, intake, plants
from app.services.alarms import Pauses
from app.services.context import Context
from tests.factories import pack_record
from tests.installation import PRODUCTION, START, Clock
from tests.line import Line

SECRET = "a-secret-of-the-webhook"
SAID = "a colour that nobody may read"


class Receiver(ThreadingHTTPServer):
    """A webhook: keeps what it is sent, answers as it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.drips = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?line=2"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(({**self.headers}, body))
        if self.server.drips:  # a byte now and then, for ever: no single wait is long
            while True:
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.2)
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def handle(self) -> None:
        with suppress(OSError):  # the sender went away
            super().handle()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ctx(ctx: Context, receiver: Receiver) -> Context:
    """More than two open entries are an alarm, and so is more than one within ten minutes."""
    alarm = AlarmSettings(open=2, recent=1, minutes=10, webhook=receiver.url, secret=SECRET)
    return replace(ctx, settings=replace(ctx.settings, alarm=alarm))


def refuse(line: Line, name: str) -> str:
    return line.refused(pack_record(START, name, colour=SAID)).quarantine_id


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in receiver.taken]


def test_growth_is_told_once_signed_and_its_end_too(
    ctx: Context, line: Line, receiver: Receiver, clock: Clock
):
    pauses = Pauses()
    entries = [refuse(line, "R0")]
    assert (alarms.watch(ctx, pauses), board.counts(ctx)["alarms"]) == (0, [])
    entries.append(refuse(line, "R1"))
    assert alarms.watch(ctx, pauses) == 1
    (alarm,) = board.counts(ctx)["alarms"]
    assert (alarm["plant"], alarm["open"], alarm["recent"], alarm["told"]) == (line.plant.id, 2, 2, True)
    assert alarms.watch(ctx, pauses) == 0  # nothing new
    ((headers, body),) = receiver.taken
    message = json.loads(body)
    assert (message["type"], message["plant"]) == ("quarantine-grows", line.plant.id)
    assert message["limits"] == {"open": 2, "recent": 1}
    assert SAID not in body.decode()
    at, _, mark = headers[alarms.SIGNATURE].partition(",v1=")
    assert hmac.digest(SECRET.encode(), f"{at[2:]}.".encode() + body, "sha256").hex() == mark
    for entry in entries:
        intake.dismiss(ctx, line.plant, entry, "a test bench", "maker")
    clock.forward(minutes=1)
    assert alarms.watch(ctx, pauses) == 1
    assert [one["type"] for one in told(receiver)] == ["quarantine-grows", "quarantine-calm"]
    assert board.counts(ctx)["alarms"] == []
    assert len({one["id"] for one in told(receiver)}) == 2


def test_many_that_came_slowly_are_an_alarm_and_few_are_none(ctx: Context, line: Line, clock: Clock):
    for number in range(3):
        refuse(line, f"R{number}")
        clock.forward(minutes=20)
        alarms.judge(ctx)
        assert len(alarms.raised(ctx)) == (number == 2)


def test_a_webhook_that_fails_is_asked_again_later_and_later(
    ctx: Context, line: Line, receiver: Receiver, clock: Clock
):
    pauses = Pauses()
    receiver.status = 302  # no redirect is followed
    refuse(line, "R0")
    refuse(line, "R1")
    asked = []
    for _ in range(10):
        alarms.watch(ctx, pauses)
        asked.append(len(receiver.taken))
        clock.forward(seconds=15)
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4]
    assert not board.counts(ctx)["alarms"][0]["told"]
    receiver.status = 204
    clock.forward(minutes=3)
    assert alarms.watch(ctx, pauses) == 1
    assert len({one["id"] for one in told(receiver)}) == 1


def test_a_telling_is_over_in_time_whatever_the_other_side_does(
    ctx: Context, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(alarms, "TELLING_S", 0.6)
    receiver.drips = True
    began = time.monotonic()
    trouble = alarms.post(ctx.settings.alarm, b"{}", clock.now)
    assert time.monotonic() - began < 3
    assert trouble is not None
    receiver.server_close()
    assert alarms.post(ctx.settings.alarm, b"{}", clock.now)  # nobody is there


def test_the_clock_of_the_house_has_the_alarms():
    (job,) = [job for job in housekeeping.jobs() if job.name == "alarms"]
    assert job.every <= timedelta(minutes=1)


@pytest.mark.parametrize(
    "given",
    [
        {"PASSPORT_ALARM_WEBHOOK": "http://chat.example/hook", "PASSPORT_ALARM_SECRET": SECRET},
        {"PASSPORT_ALARM_WEBHOOK": "ftp://localhost/hook", "PASSPORT_ALARM_SECRET": SECRET},
        {"PASSPORT_ALARM_WEBHOOK": "https://", "PASSPORT_ALARM_SECRET": SECRET},
        {"PASSPORT_ALARM_WEBHOOK": "https://chat.example/hook"},
        {"PASSPORT_ALARM_WEBHOOK": "https://chat.example/hook", "PASSPORT_ALARM_SECRET": "short"},
        {"PASSPORT_ALARM_OPEN": "many"},
    ],
)
def test_a_setting_that_is_unfit_stops_the_start(ctx: Context, given: dict[str, str]):
    with pytest.raises(NotConfigured, match="PASSPORT_ALARM"):
        config.load(ctx.settings.data_dir, {**PRODUCTION, **given})


def test_a_webhook_on_this_machine_or_by_https_is_taken(ctx: Context):
    for url in ("https://chat.example/hook", "http://localhost:9000/hook", "http://[::1]/hook"):
        given = {"PASSPORT_ALARM_WEBHOOK": url, "PASSPORT_ALARM_SECRET": SECRET}
        found = config.load(ctx.settings.data_dir, {**PRODUCTION, **given}).alarm
        assert (found.webhook, found.open, found.minutes) == (url, 50, 10)


def test_a_plant_with_the_longest_name_is_watched_like_any_other(ctx: Context):
    longest = "x" * 63
    plant = plants.of_token(ctx, plants.add(ctx, longest, "Long"))
    for number in range(3):
        refuse(Line(ctx, plant), f"R{number}")
    alarms.judge(ctx)
    assert [alarm["plant"] for alarm in alarms.raised(ctx)] == [longest]
