"""Limits on how often something may be tried, counted over all worker processes (T13, T27, T32)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.core.errors import RateLimited
from app.services.context import Context
from app.store.unit_of_work import Collision

MINUTE: Final = timedelta(minutes=1)
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` in each `window`, for each of the parts that `count` is given."""

    name: str
    times: int
    window: timedelta


def count(ctx: Context, limit: Limit, *who: str) -> None:
    """Count one try for each of `who` (an account, an address). Raises: RateLimited."""
    now = ctx.now().timestamp()
    length = int(limit.window.total_seconds())
    window_start = int(now // length) * length
    tries = _counted(ctx, sorted(_bucket(limit, one) for one in who), window_start)
    if tries > limit.times:
        raise RateLimited("Too many tries. Wait a moment.", max(1, int(window_start + length - now)))


def _counted(ctx: Context, buckets: Sequence[bytes], window_start: int) -> int:
    for _ in range(_TRIES):
        try:
            with ctx.unit_of_work() as work:
                tries = max(work.attempts.count(bucket, window_start) for bucket in buckets)
                work.commit()
        except Collision:
            continue  # another worker opened the same window: now it is there to be counted in
        return tries
    raise RuntimeError("counting a try collided five times")


def _bucket(limit: Limit, who: str) -> bytes:
    # A digest, so that the table names no address.
    return hashlib.sha256(f"{limit.name}\0{who}".encode()).digest()[:16]
