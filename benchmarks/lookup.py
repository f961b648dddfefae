"""Look-ups over HTTP: CPU time of the worker, beside a constant view of a bare Flask application."""

from collections.abc import Sequence

from benchmarks import installation, measure, serving
from benchmarks.installation import GTIN, Installation
from benchmarks.measure import Figure, Group, Target
from benchmarks.server import KEEP

FLOOR = "constant view, bare Flask"
REQUESTS = 150
AS_A_BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip"}
LIVE = {KEEP: "0"}
BYTES, REDIRECT, PAGE_LIVE, PAGE_KEPT = (
    "public section, stored bytes", "label to passport, /01 redirect", "public page, rendered live",
    "public page, kept rendering",
)  # fmt: skip


def run(rounds: int) -> list[Group]:
    """SQLite and PostgreSQL in turn."""
    with installation.postgresql() as url:
        return [_on("SQLite", None, rounds, 1.9), _on("PostgreSQL", url, rounds, 2.3)]


def _on(name: str, database_url: str | None, rounds: int, bytes_limit: float) -> Group:
    with installation.new(serving.free_port(), database_url=database_url) as made:
        figures = [
            *_live(made, rounds, bytes_limit),
            *_kept(made, rounds),
        ]
    return Group(f"Look-up on {name}: CPU of one gunicorn worker for one request", tuple(figures))


def _live(made: Installation, rounds: int, bytes_limit: float) -> Sequence[Figure]:
    page = f"/passports/{made.uuid}"
    with serving.served(made, LIVE) as client:
        costs = measure.rounds(
            {
                FLOOR: client.contender("/bench/constant", REQUESTS),
                BYTES: client.contender(f"{page}/sections/public", REQUESTS),
                REDIRECT: client.contender(f"/01/{GTIN}/21/{installation.FIRST_SERIAL}", REQUESTS, 307),
                PAGE_LIVE: client.contender(page, REQUESTS // 2, **AS_A_BROWSER),
            },
            rounds,
        )
    return [
        measure.figure(costs, BYTES, FLOOR, target=Target(bytes_limit)),
        measure.figure(costs, REDIRECT, FLOOR),
        measure.figure(costs, PAGE_LIVE, FLOOR, target=Target(6)),
    ]


def _kept(made: Installation, rounds: int) -> Sequence[Figure]:
    page = f"/passports/{made.uuid}"
    with serving.served(made) as client:
        costs = measure.rounds(
            {
                FLOOR: client.contender("/bench/constant", REQUESTS),
                PAGE_KEPT: client.contender(page, REQUESTS, **AS_A_BROWSER),
            },
            rounds,
        )
    return [measure.figure(costs, PAGE_KEPT, FLOOR, target=Target(1.9))]
