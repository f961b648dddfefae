"""Issuing: batteries a second beside the bare signatures, one by one and in bulk, and where the time goes.

Every step is timed, from the stored records to the committed passport, for batteries whose model sections are
there already. Each battery has four sections of its own. One by one: `issuance.settle`, as a record calls it,
on one core. In bulk: `bulk.issue`, this process and one more for each core.
"""

import os
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest import mock

from app.core import completeness, credential, proof
from app.core import verification as core_verification
from app.core.identifiers import BatteryKey
from app.services import bulk, drafts, intake, issuance, keys, signing
from app.services.context import Context
from app.services.issuance import Outcome
from benchmarks import installation, measure
from benchmarks.installation import Installation
from benchmarks.measure import Contender, Group, Target

BATTERIES, MANY = 12, 200
JCS_ALONE, BOTH, FLOOR = "JCS proof alone", "JCS and RDFC proofs", "as many bare P-256 signatures"
CORES = "of the cores' time"
STEPS: tuple[tuple[str, object, str], ...] = (
    ("records to draft", drafts, "load"),
    ("is it complete", completeness, "require"),
    ("intention, stored", issuance, "_intend"),
    ("building", credential, "item_section"),
    ("content digests", signing, "content_digest"),
    ("RDFC form", proof, "suites_for"),
    ("signing", proof, "add_proofs"),
    ("verifying what was signed", core_verification, "verify"),
    ("storing and log", issuance, "_publish"),
)


def run(rounds: int) -> list[Group]:
    """The database is SQLite on this machine's disk."""
    with installation.new() as made:
        serial = _serials()
        jcs = replace(made.ctx, settings=replace(made.ctx.settings, rdfc_proofs=False), kept={})
        digest, signer = bytes(32), keys.signer(made.ctx)
        floor = measure.cpu(lambda: [signer.sign_digest(digest) for _ in range(4)], 50)
        one_by_one = measure.rounds(
            {
                FLOOR: floor,
                JCS_ALONE: _one_by_one(made, jcs, serial),
                BOTH: _one_by_one(made, made.ctx, serial),
            },
            rounds,
        )
        notes = []
        for name, ctx in ((JCS_ALONE, jcs), (BOTH, made.ctx)):
            with _steps() as spent:
                _one_by_one(made, ctx, serial)()
            notes.append(f"{name}, ms a battery: {_told(spent)}")
        elapsed: dict[str, list[float]] = defaultdict(list)
        in_bulk = measure.rounds(
            {
                FLOOR: floor,
                JCS_ALONE: _in_bulk(made, jcs, serial, elapsed[JCS_ALONE]),
                BOTH: _in_bulk(made, made.ctx, serial, elapsed[BOTH]),
            },
            max(3, rounds // 2),
        )
    cores = len(os.sched_getaffinity(0))
    told = ", ".join(f"{name} {1 / min(costs):.0f} /s" for name, costs in elapsed.items())
    return [
        Group(
            "Issuing one by one on one core: batteries of a known model, four sections each",
            (
                measure.figure(one_by_one, JCS_ALONE, FLOOR, unit="/s"),
                measure.figure(one_by_one, BOTH, FLOOR, unit="/s"),
            ),
            tuple(notes),
        ),
        Group(
            f"Issuing in bulk on {cores} cores: {MANY} such batteries",
            (
                measure.figure(in_bulk, JCS_ALONE, FLOOR, unit="/s", target=Target(300, "at least", "/s")),
                measure.figure(in_bulk, BOTH, FLOOR, unit="/s", target=Target(60, "at least", "/s")),
            ),
            (
                f"by CPU time: of all processes over {cores} cores or, if that is more, of the parent alone",
                f"best elapsed time beside whatever else ran: {told}",
            ),
        ),
    ]


def _one_by_one(made: Installation, ctx: Context, serial: Iterator[str]) -> Contender:
    def once() -> float:
        keys_of_all = _prepare(made, [next(serial) for _ in range(BATTERIES)])
        begun = time.process_time()
        outcomes = [issuance.settle(ctx, key) for key in keys_of_all]
        took = time.process_time() - begun
        assert {outcome.state for outcome in outcomes} == {"issued"}
        return took / BATTERIES

    return once


def _in_bulk(made: Installation, ctx: Context, serial: Iterator[str], elapsed: list[float]) -> Contender:
    """CPU seconds a battery of the core that has most to do: the parent's own, or all over the cores."""

    def once() -> float:
        _prepare(made, [next(serial) for _ in range(MANY)])
        drafts._kept.cache_clear()  # after a restart nothing is parsed yet
        with ctx.read() as reading:
            waiting = reading.batteries.unsettled()
        begun, wall, children = time.process_time(), time.perf_counter(), _of_children()
        done = bulk.issue(ctx, waiting, lambda key: issuance.settle(ctx, key))
        elapsed.append((time.perf_counter() - wall) / MANY)
        own, beside = time.process_time() - begun, _of_children() - children
        assert len(done) == MANY
        return max(own, (own + beside) / len(os.sched_getaffinity(0))) / MANY

    return once


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _serials() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"B{number:06}"


def _prepare(made: Installation, serials: Sequence[str]) -> list[BatteryKey]:
    """Complete and stamped batteries that are not issued yet: as a crash between two steps leaves them."""

    def later(_ctx: Any, key: BatteryKey) -> Outcome:
        return Outcome(key, "waiting-for-stamp", "")

    now: datetime = made.ctx.now()
    with mock.patch.object(issuance, "settle", later):
        for serial in serials:
            for body in installation.pack_bodies(now, serial):
                intake.accept(made.ctx, made.plant, body)
    return [BatteryKey(installation.GTIN, serial) for serial in serials]


@contextmanager
def _steps() -> Iterator[dict[str, float]]:
    """CPU time of each step without the steps inside it."""
    spent: dict[str, float] = defaultdict(float)
    inside: list[float] = []

    def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            inside.append(0.0)
            begun = time.process_time()
            try:
                return call(*args, **kwargs)
            finally:
                took = time.process_time() - begun
                spent[name] += took - inside.pop()
                if inside:
                    inside[-1] += took

        return run

    with ExitStack() as stack:
        for name, module, attribute in STEPS:
            call = getattr(module, attribute)
            stack.enter_context(mock.patch.object(module, attribute, timed(name, call)))
        yield spent


def _told(spent: dict[str, float]) -> str:
    parts = sorted(spent.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {seconds / BATTERIES * 1e3:.2f}" for name, seconds in parts)
