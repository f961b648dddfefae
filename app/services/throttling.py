"""Limits on how often something may be tried, counted over all worker processes (T13, T27, T32)."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.core.errors import RateLimited
from app.services.context import Context

MINUTE: Final = timedelta(minutes=1)


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
    with ctx.unit_of_work() as work:
        tries = max(work.attempts.count(_bucket(limit, one), window_start) for one in who)
        work.commit()
    if tries > limit.times:
        raise RateLimited("Too many tries. Wait a moment.", max(1, int(window_start + length - now)))


def _bucket(limit: Limit, who: str) -> bytes:
    # A digest, so that the table names no address.
    return hashlib.sha256(f"{limit.name}\0{who}".encode()).digest()[:16]
