"""Many signatures at once: processes that sign and check documents, while this one reads and stores.

What goes to a process is the text of unsigned documents; what comes back is the signed bytes, or a sentence
that says why there are none. Each process opens the key by itself, so that no private key travels. A key that
one process has to itself (a token, a remote service), and a platform or moment at which a fork is not safe,
make this process sign alone, in the same order.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Final, Self, TypeVar

import orjson

from app.core import late
from app.core.authenticity import Policy
from app.core.errors import PassportError
from app.core.key_register import KeyRecord
from app.core.proof import Signer
from app.services import keys, signing, verification
from app.services.context import Context

AHEAD: Final = 2
"""Groups that wait while as many are signed: enough to keep every process at work."""


@dataclass(frozen=True, slots=True)
class Task:
    """The documents that belong together: all of them are signed, or none counts."""

    documents: tuple[bytes, ...]
    """Unsigned, as JSON."""
    expected_subject: str


_LOOK_S: Final = 0.5
_Kept = TypeVar("_Kept")
"""What a caller keeps of a group until it is signed."""
Result = tuple[bytes, ...] | str
"""The signed bytes of a task's documents, or why there are none."""


@dataclass(frozen=True, slots=True)
class _Group:
    tasks: tuple[Task, ...]
    policy: Policy
    now: datetime
    with_rdfc: bool


class SigningPool:
    """Signs groups of tasks with the current key. Leave the `with` block and the processes are gone."""

    def __init__(self, ctx: Context, processes: int | None = None) -> None:
        """Raises: CannotSign; NotConfigured when the key is unfit."""
        self._ctx = ctx
        self._record = keys.current(ctx)
        self._signer = keys.open_signer(ctx, self._record)
        if self._record.backend != "file" or not _forks():
            processes = 0
        wanted = len(os.sched_getaffinity(0)) if processes is None else processes
        self._pool: ProcessPoolExecutor | None = None
        if wanted:
            ctx.dispose()  # no connection is open when processes are forked
            if ctx.settings.rdfc_proofs:
                late.load("app.core.jsonld")  # once, and not in each of them
            self._pool = ProcessPoolExecutor(
                wanted,
                multiprocessing.get_context("fork"),
                initializer=_open,
                initargs=(ctx.open_signer, self._record, os.getpid()),
            )

    @property
    def signed_by(self) -> str:
        """The verification method of the key."""
        return self._signer.verification_method

    def submit(self, tasks: Sequence[Task]) -> Callable[[], list[Result]]:
        """Begin with a group. Call what is returned to wait for the results, in the order of the tasks."""
        group = _Group(
            tuple(tasks), verification.own_policy(self._ctx), self._ctx.now(), self._ctx.settings.rdfc_proofs
        )
        if self._pool is None:
            return lambda: _sign_group(group, self._signer)
        try:
            begun = self._pool.submit(_in_process, group)
        except BrokenProcessPool:
            return lambda: _sign_group(group, self._signer)
        return lambda: self._result(begun, group)

    def sign_all(
        self, groups: Iterable[tuple[_Kept, Sequence[Task]]]
    ) -> Iterator[tuple[_Kept, list[Result]]]:
        """Each group with the results of its tasks, in order; the next ones are read while one is signed."""
        begun: deque[tuple[_Kept, Callable[[], list[Result]]]] = deque()
        for kept, tasks in groups:
            begun.append((kept, self.submit(tasks)))
            if len(begun) > AHEAD:
                first, wait = begun.popleft()
                yield first, wait()
        for first, wait in begun:
            yield first, wait()

    def _result(self, begun: Future[list[Result]], group: _Group) -> list[Result]:
        try:
            return begun.result()
        except BrokenProcessPool:  # a process was killed: the work is done here instead
            return _sign_group(group, self._signer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _forks() -> bool:
    """A copy of a process in which other threads run may find their locks held for ever."""
    return sys.platform == "linux" and threading.active_count() == 1


def _sign_group(group: _Group, signer: Signer) -> list[Result]:
    return [_sign_task(task, group, signer) for task in group.tasks]


def _sign_task(task: Task, group: _Group, signer: Signer) -> Result:
    try:
        return tuple(
            signing.sign_document(
                orjson.loads(document), task.expected_subject, signer, group.policy, group.now,
                with_rdfc=group.with_rdfc,
            )
            for document in task.documents
        )  # fmt: skip
    except (PassportError, ValueError, LookupError, TypeError) as fault:
        return f"{type(fault).__name__}: {fault}"  # one bad document leaves the others alone


# --- in a process of the pool

_opened: list[Signer] = []


def _open(open_signer: Callable[[KeyRecord], Signer], record: KeyRecord, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells every process; the parent decides
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _opened.append(open_signer(record))


def _end_with(parent: int) -> None:
    """A parent that is killed cannot say so, and no process stays behind with a key in its hands."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


def _in_process(group: _Group) -> list[Result]:
    return _sign_group(group, _opened[0])
