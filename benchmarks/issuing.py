"""Issuing: batteries a second on one core, beside the bare signatures, and where the time goes.

What is timed is `issuance.recover`: every step from the stored records to the committed passport, for
batteries whose model sections are there already. Each battery has four sections of its own.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from unittest import mock

from app.core import completeness, credential, proof
from app.core.identifiers import BatteryKey
from app.services import drafts, intake, issuance, keys, signing
from app.services import verification as services_verification
from app.services.issuance import Outcome
from benchmarks import installation, measure
from benchmarks.installation import Installation
from benchmarks.measure import Contender, Group, Target

BATTERIES = 12
JCS_ALONE, BOTH, FLOOR = "JCS proof alone", "JCS and RDFC proofs", "as many bare P-256 signatures"
STEPS: tuple[tuple[str, object, str], ...] = (
    ("records to draft", drafts, "load"),
    ("is it complete", completeness, "require"),
    ("intention, stored", issuance, "_intend"),
    ("building", credential, "item_section"),
    ("content digests", signing, "content_digest"),
    ("RDFC form", proof, "suites_for"),
    ("signing", proof, "add_proofs"),
    ("verifying what was signed", services_verification, "require_own"),
    ("storing and log", issuance, "_publish"),
)


def run(rounds: int) -> list[Group]:
    """One core; the database is SQLite on this machine's disk."""
    with installation.new() as made:
        serial = _serials()

        def issuing(patches: Callable[[ExitStack], None]) -> Contender:
            def once() -> float:
                _prepare(made, [next(serial) for _ in range(BATTERIES)])
                with ExitStack() as stack:
                    patches(stack)
                    begun = time.process_time()
                    assert issuance.recover(made.ctx) == BATTERIES
                    return (time.process_time() - begun) / BATTERIES

            return once

        digest, signer = bytes(32), keys.signer(made.ctx)
        costs = measure.rounds(
            {
                FLOOR: measure.cpu(lambda: [signer.sign_digest(digest) for _ in range(4)], 50),
                JCS_ALONE: issuing(_jcs_alone),
                BOTH: issuing(lambda _stack: None),
            },
            rounds,
        )
        notes = []
        for name, patches in ((JCS_ALONE, _jcs_alone), (BOTH, lambda _stack: None)):
            with _steps() as spent:
                issuing(patches)()
            notes.append(f"{name}, ms a battery: {_told(spent)}")
    return [
        Group(
            "Issuing on one core: batteries of a known model, four sections each",
            (
                measure.figure(
                    costs, JCS_ALONE, FLOOR, unit="/s", target=Target(150, "at least", "/s a core")
                ),
                measure.figure(costs, BOTH, FLOOR, unit="/s", target=Target(30, "at least", "/s a core")),
            ),
            tuple(notes),
        )
    ]


def _jcs_alone(stack: ExitStack) -> None:
    stack.enter_context(mock.patch.object(proof, "suites_for", return_value=(proof.ECDSA_JCS,)))


def _serials() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"B{number:06}"


def _prepare(made: Installation, serials: Sequence[str]) -> None:
    """Complete and stamped batteries that are not issued yet: as a crash between two steps leaves them."""

    def later(_ctx: Any, key: BatteryKey) -> Outcome:
        return Outcome(key, "waiting-for-stamp", "")

    now: datetime = made.ctx.now()
    with mock.patch.object(issuance, "settle", later):
        for serial in serials:
            for body in installation.pack_bodies(now, serial):
                intake.accept(made.ctx, made.plant, body)


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
