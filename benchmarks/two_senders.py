"""Two processes that send at once, as the two workers of a server on two cores do, to one database."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from app.services.intake_batch import Message, accept_many
from app.store.unit_of_work import UnitOfWork
from benchmarks.installation import Installation


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of all senders together. `cpu_s` is that of the core which has most to do: half of the whole
    or, if that is more, what is done while the database lets nobody else write."""

    cpu_s: float
    elapsed_s: float


def send(made: Installation, bodies: Sequence[bytes], senders: int = 2) -> Cost:
    """Each takes its share in, through the whole pipeline. Connections are open before the clock starts."""
    fork = multiprocessing.get_context("fork")
    made.ctx.dispose()  # no connection is open when a process is forked
    start, answers = fork.Barrier(senders), fork.SimpleQueue()
    share = -(-len(bodies) // senders)
    processes = [
        fork.Process(target=_sender, args=(made, bodies[at : at + share], start, answers))
        for at in range(0, len(bodies), share)
    ]
    for process in processes:
        process.start()
    told = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    if not all(each["ok"] for each in told):
        raise RuntimeError("a sender had records refused")
    alone = sum(each["alone"] for each in told)
    return Cost(
        max(sum(each["cpu"] for each in told) / senders, alone),
        max(each["ended"] for each in told) - min(each["begun"] for each in told),
    )


def _sender(made: Installation, bodies: Sequence[bytes], start: Any, answers: Any) -> None:
    with made.ctx.read() as store:
        store.plants.all()
    with made.ctx.unit_of_work() as work:
        work.undo()
    with _alone(made.ctx.engine.dialect.name == "sqlite") as spent:
        start.wait()
        begun, cpu = time.perf_counter(), time.process_time()
        found = accept_many(
            made.ctx, made.plant, [Message(body, f"bench:{n}") for n, body in enumerate(bodies)]
        )
        answers.put(
            {
                "begun": begun, "ended": time.perf_counter(), "cpu": time.process_time() - cpu,
                "alone": sum(spent), "ok": all(hasattr(each, "answer") for each in found),
            }
        )  # fmt: skip


@contextmanager
def _alone(locks: bool) -> Iterator[list[float]]:
    """CPU time of each transaction in which no other process may write: SQLite has one writer."""
    spent: list[float] = []
    begun: list[float] = []
    make, commit = UnitOfWork.__init__, UnitOfWork.commit

    def made(self: UnitOfWork, *given: Any) -> None:
        make(self, *given)
        begun.append(time.process_time())

    def committed(self: UnitOfWork) -> None:
        commit(self)
        spent.append(time.process_time() - begun.pop())

    if not locks:
        yield spent
        return
    with mock.patch.object(UnitOfWork, "__init__", made), mock.patch.object(UnitOfWork, "commit", committed):
        yield spent
