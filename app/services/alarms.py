"""Alarms: the quarantine of a plant grows. Seen on the board, told to a webhook, told again when it is over.

An alarm is raised when more entries are open than the settings let pass, or more came in within a few
minutes; it is over when neither is so. The webhook is told what and how many, never what a record says. A
telling that fails is tried again, later and later. Who receives it checks the signature: HMAC-SHA256 over
time and body.
"""

import hmac
import json
import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from app.config import AlarmSettings
from app.core.times import to_seconds, to_text
from app.services.context import Context

TELLING_S: Final = 5.0
"""One telling takes no longer, name look-up and answer included."""
FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)
SIGNATURE: Final = "Passport-Signature"
_WATCHED: Final = "quarantine:"

_log = logging.getLogger("app.services.alarms")


@dataclass(slots=True)
class Pauses:
    """When each alarm is told again, in one process: how often it failed, and the moment."""

    next: dict[str, tuple[int, datetime]] = field(default_factory=dict)


def watch(ctx: Context, pauses: Pauses) -> int:
    """One round: judge every plant, tell what is new. Returns how many alarms were told."""
    judge(ctx)
    return tell(ctx, pauses)


def judge(ctx: Context) -> None:
    """Raise and end alarms. What stays as it is writes nothing."""
    limits, now = ctx.settings.alarm, ctx.now()
    with ctx.read() as store:
        found = {plant.id: _counts(store.board, plant.id, limits, now) for plant in store.plants.all()}
        known = {row.name: row.state for row in store.alarms.all()}
    for plant_id, (waiting, recent) in found.items():
        name = _WATCHED + plant_id
        state = "raised" if waiting > limits.open or recent > limits.recent else "quiet"
        if state != known.get(name, "quiet"):
            detail = {"plant": plant_id, "open": waiting, "recent": recent}
            with ctx.unit_of_work() as work:
                work.alarms.change(name, ctx.issuer.did, state, json.dumps(detail), to_text(now))
                work.commit()


def raised(ctx: Context) -> list[dict[str, Any]]:
    """The alarms that stand, for the board."""
    with ctx.read() as store:
        return [
            {**json.loads(row.detail), "since": row.changed_at, "told": row.told_at is not None}
            for row in store.alarms.all()
            if row.state == "raised"
        ]


def tell(ctx: Context, pauses: Pauses) -> int:
    """Tell the webhook what it has not been told yet, as far as its pauses are over."""
    settings, now, told = ctx.settings.alarm, ctx.now(), 0
    if settings.webhook is None:
        return 0
    with ctx.read() as store:
        waiting = [row for row in store.alarms.all() if row.told_at is None]
    for row in waiting:
        mark = f"{row.name} {row.changed_at}"
        failures, due = pauses.next.get(mark, (0, now))
        if due > now:
            continue
        trouble = post(settings, message(ctx, row), now)
        if trouble is None:
            with ctx.unit_of_work() as work:
                work.alarms.told(row.name, row.changed_at, to_text(now))
                work.commit()
            pauses.next.pop(mark, None)
            told += 1
            continue
        if failures == 0:
            _log.warning("the webhook for alarms did not take %s: %s", row.name, trouble)
        pauses.next[mark] = failures + 1, now + min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
    return told


def message(ctx: Context, row: Any) -> bytes:
    """What is told: what is watched and how many, never what a record says."""
    limits = ctx.settings.alarm
    return json.dumps(
        {
            "id": f"{row.name}:{row.changed_at}",
            "type": "quarantine-grows" if row.state == "raised" else "quarantine-calm",
            "at": to_seconds(datetime.fromisoformat(row.changed_at)),
            **json.loads(row.detail),
            "minutes": limits.minutes,
            "limits": {"open": limits.open, "recent": limits.recent},
            "installation": ctx.settings.origin,
            "board": f"{ctx.settings.origin}/drafts",
        }
    ).encode()


def signature(secret: str, body: bytes, at: datetime) -> str:
    """`t=` seconds since 1970, `v1=` HMAC-SHA256 over them, a full stop and the body, in hexadecimal."""
    seconds = str(int(at.timestamp()))
    return f"t={seconds},v1={hmac.digest(secret.encode(), f'{seconds}.'.encode() + body, 'sha256').hex()}"


def post(settings: AlarmSettings, body: bytes, at: datetime) -> str | None:
    """One telling, over within `TELLING_S`. None: the webhook took it (2xx); else what was in the way."""
    outcome: list[str | None] = []
    connection = _connection(settings.webhook or "")
    sender = threading.Thread(target=_send, args=(connection, settings, body, at, outcome), daemon=True)
    sender.start()
    sender.join(TELLING_S)
    if outcome:
        return outcome[0]
    with suppress(OSError, AttributeError):
        connection.sock.close()  # the sender, still at it, ends with an error
    return f"no answer within {TELLING_S:g} seconds"


def _send(
    connection: HTTPConnection, settings: AlarmSettings, body: bytes, at: datetime, outcome: list[str | None]
) -> None:
    parts = urlsplit(settings.webhook or "")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/json", SIGNATURE: signature(settings.secret or "", body, at)}
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
        outcome.append(None if 200 <= status < 300 else f"it answered {status}")
    except (OSError, HTTPException, ValueError) as error:
        outcome.append(f"{type(error).__name__}: {error}")
    finally:
        connection.close()


def _connection(url: str) -> HTTPConnection:
    """No redirect is followed and no proxy asked."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=TELLING_S)


def _counts(board: Any, plant_id: str, limits: AlarmSettings, now: datetime) -> tuple[int, int]:
    since = to_text(now - timedelta(minutes=limits.minutes))
    return board.refused_since(plant_id, ""), board.refused_since(plant_id, since)
