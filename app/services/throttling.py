"""Limits on how often something may be tried, counted over all worker processes (T13, T27, T32)."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.core.errors import RateLimited
from app.services.context import Context
from app.store.unit_of_work import Collision

MINUTE: Final = timedelta(minutes=1)
_TRIES: Final = 5
_CLAIMS: Final = 20
"""Into so many shares a limit is cut: at most one of them for each process is lost."""
_SHARES: Final = threading.Lock()


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


def spend(ctx: Context, limit: Limit, who: str, amount: int) -> None:
    """Take `amount` of what `who` may have in this window, where counting each would cost more than the work.

    Each process claims a share of the limit in the database and spends it from memory, so that the sum over
    all processes holds and few of the takings write. What is claimed and not spent is lost with the window.
    Raises: RateLimited.
    """
    now = ctx.now().timestamp()
    length = int(limit.window.total_seconds())
    window_start = int(now // length) * length
    shares: dict[tuple[str, str], tuple[int, int]] = ctx.kept.setdefault("shares", {})
    with _SHARES:
        window, left = shares.get((limit.name, who), (0, 0))
        if window != window_start:
            left = 0
        if left < amount:
            claim = max(amount - left, limit.times // _CLAIMS, 1)
            total = _counted(ctx, [_bucket(limit, who)], window_start, claim)
            left += max(0, min(claim, claim - (total - limit.times)))
        if left < amount:
            shares[limit.name, who] = window_start, left
            raise RateLimited(
                f"More than {limit.times} in {length} seconds. Send the rest later.",
                max(1, int(window_start + length - now)),
            )
        shares[limit.name, who] = window_start, left - amount


def _counted(ctx: Context, buckets: Sequence[bytes], window_start: int, times: int = 1) -> int:
    for _ in range(_TRIES):
        try:
            with ctx.unit_of_work() as work:
                tries = max(work.attempts.count(bucket, window_start, times) for bucket in buckets)
                work.commit()
        except Collision:
            continue  # another worker opened the same window: now it is there to be counted in
        return tries
    raise RuntimeError("counting a try collided five times")


def _bucket(limit: Limit, who: str) -> bytes:
    # A digest, so that the table names no address.
    return hashlib.sha256(f"{limit.name}\0{who}".encode()).digest()[:16]
