"""Vectors about what a device remembers of trust: one look after another, at what is served then.

Each look has the device's clock, what the server sends (null: no connection) and its time, and what is to
come out: the problem, the version that is believed, and the time that the device goes by.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core import times, trust, trust_root
from tests.vectors import kit as k

ONE, TWO, THREE, FOUR, FIVE = k.ROOTS
DAY = timedelta(days=1)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST = trust_root.first({key.key_id: key.public_key for key in (ONE, TWO, THREE)}, 2)


def _root(before: dict[str, Any], keys: Sequence[k.Key], signers: Sequence[k.Key]) -> dict[str, Any]:
    listed = {key.key_id: key.public_key for key in keys}
    signed = trust_root.next_signed(before, listed, 2, NOON)
    return dict(json.loads(trust_root.build_signed(signed, signers)))


SECOND = _root(FIRST, (ONE, FOUR, FIVE), (ONE, TWO, FOUR))
THIRD = _root(SECOND, (FOUR, FIVE), (ONE, FOUR, FIVE))
FORGED = _root(FIRST, (FOUR, FIVE), (FOUR, FIVE))


def _list(version: int, *signers: k.Key, issued: datetime = NOON, days: int = 90) -> str:
    signed = k.a_trust_list(
        version=version, issued=times.to_seconds(issued), expires=times.to_seconds(issued + days * DAY)
    )
    return trust.build_signed(signed, signers).decode()


def _served(root: dict[str, Any], trust_list: str, *roots: dict[str, Any]) -> dict[str, str]:
    steps = {f"/trust/roots/{one['signed']['version']}.json": json.dumps(one) for one in roots}
    return {"/trust/root.json": json.dumps(root), "/trust/list.json": trust_list, **steps}


def _look(
    served: dict[str, str] | None,
    problem: str | None,
    version: int | None,
    clock: datetime = NOON,
    *,
    server: datetime | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    return {
        "clock": times.to_seconds(clock),
        "served": served,
        "date": times.to_seconds(server or clock),
        "problem": problem,
        "version": version,
        "now": times.to_seconds(now or clock),
    }


def device() -> dict[str, Any]:
    """`looks` one after another on one device."""
    one = _served(FIRST, _list(5, ONE, TWO))
    two = _served(SECOND, _list(6, ONE, FIVE), SECOND)
    three = _served(THIRD, _list(7, FOUR, FIVE), SECOND, THIRD)
    later = NOON + 2 * DAY
    sequences = {
        "first use, and again": [_look(one, None, 5), _look(one, None, 5)],
        "the root is followed by the next": [_look(one, None, 5), _look(two, None, 6), _look(two, None, 6)],
        "two roots were missed": [_look(one, None, 5), _look(three, None, 7)],
        "a step between was not to be had": [
            _look(one, None, 5),
            _look(_served(THIRD, _list(7, FOUR, FIVE), THIRD), "root-changed", None),
            _look(three, None, 7),
        ],
        "a root that the old keys did not sign": [
            _look(one, None, 5),
            _look(_served(FORGED, _list(9, FOUR, FIVE), FORGED), "root-changed", None),
            _look(one, None, 5),
        ],
        "an older root than the one that was followed": [
            _look(one, None, 5), _look(two, None, 6), _look(one, "root-rolled-back", None),
        ],
        "a list of the old keys under the new root": [
            _look(one, None, 5),
            _look(_served(SECOND, _list(6, TWO, THREE), SECOND), "refused", None),
            _look(two, None, 6),
        ],
        "a list that was rolled back": [
            _look(_served(FIRST, _list(7, ONE, TWO)), None, 7),
            _look(one, "rolled-back", None),
            _look(_served(FIRST, _list(8, ONE, THREE)), None, 8),
        ],
        "a list that has ended": [
            _look(one, None, 5), _look(one, "expired", None, NOON + 91 * DAY),
        ],
        "the clock is set back to before the list was made": [
            _look(one, None, 5, later), _look(one, None, 5, NOON - 30 * DAY, server=later, now=later),
        ],
        "the clock is set back so that an ended list would be good": [
            _look(_served(FIRST, _list(5, ONE, TWO, days=1)), None, 5),
            _look(_served(FIRST, _list(6, ONE, TWO, issued=later)), None, 6, later),
            _look(_served(FIRST, _list(6, ONE, TWO, issued=NOON, days=1)), "expired", None, NOON, now=later),
        ],
        "no connection": [_look(one, None, 5), _look(None, "unreachable", None)],
        "what is served is no list": [_look(_served(FIRST, "sorry"), "malformed", None), _look(one, None, 5)],
    }  # fmt: skip
    return {"cases": [{"name": name, "looks": looks} for name, looks in sequences.items()]}
