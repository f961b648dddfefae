"""Issuing many passports at once: planned by the group, signed in several processes, stored by the group.

The steps are those of `issuance`, and so is what a crash leaves behind: a stored intention whose identifiers
are used again. What a group's transactions save is their number: one to plan and one to publish, for fifty
batteries. This process is the only writer. A battery that cannot be issued stays out and waits; it never
stops the others. Whatever does not go smoothly here (a model section that is not signed yet, a battery that
changed meanwhile, another worker) is left to `issuance.settle`, one battery at a time.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson

from app.core import completeness, credential
from app.core.completeness import CompletePassport
from app.core.errors import CannotSign, IncompletePassport, PassportError
from app.core.identifiers import BatteryKey
from app.core.times import to_text
from app.core.vocabulary import MODEL_SECTIONS, Section
from app.services import drafts, keys, signing, status
from app.services.context import Context
from app.services.publication import RECORDS, Signed, new_plan, store
from app.services.signing import Unsigned
from app.services.signing_pool import Result, SigningPool, Task
from app.store.unit_of_work import Collision, UnitOfWork

GROUP: Final = 50
WORTH_IT: Final = 8
"""Fewer batteries are issued one by one."""
ODD: Final = (PassportError, ValueError, LookupError, TypeError, RuntimeError)
"""What a battery may raise that somebody managed to damage."""

_log = logging.getLogger("app.services.bulk")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A complete battery, with what its draft was made of."""

    battery: Any
    passport: CompletePassport
    sections: tuple[Section, ...]
    newest_record: int


@dataclass(frozen=True, slots=True)
class _Ready:
    """A battery whose item sections can be signed."""

    judged: _Judged
    items: Sequence[Unsigned]

    @property
    def key(self) -> bytes:
        return bytes(self.judged.battery.key)


def issue(
    ctx: Context,
    batteries: Sequence[Any],
    one_by_one: Callable[[BatteryKey], object],
    *,
    processes: int | None = None,
) -> frozenset[bytes]:
    """Issue those of `batteries` that are stamped, complete and not issued yet. Returns the keys of those
    that were; `one_by_one` issues the first of each model, whose sections the others list.

    `processes` sign beside this one: as many as there are cores, none with 0.
    """
    waiting = [row for row in batteries if (row.state, row.release) == ("draft", "released")]
    issued: set[bytes] = set()
    if len(waiting) < WORTH_IT:
        return frozenset()
    try:
        pool = SigningPool(ctx, processes)
    except CannotSign:
        return frozenset()
    with pool:
        planned = (_plan_group(ctx, group, one_by_one) for group in _groups(waiting))
        tasks = ((ready, [_task(one) for one in ready]) for ready in planned if ready)
        for ready, results in pool.sign_all(tasks):
            issued |= _publish_group(ctx, *_signed(ready, results, pool.signed_by))
    return frozenset(issued)


def _groups(batteries: Sequence[Any]) -> Iterator[list[Any]]:
    remaining = iter(batteries)
    while group := list(islice(remaining, GROUP)):
        yield group


def _task(ready: _Ready) -> Task:
    return Task(tuple(orjson.dumps(item.document) for item in ready.items), ready.items[0].expected_subject)


def _signed(
    ready: Sequence[_Ready], results: Sequence[Result], signed_by: str
) -> tuple[list[_Ready], list[list[Signed]]]:
    """What became of a group; who could not be signed is told and left out."""
    good, made = [], []
    for one, result in zip(ready, results, strict=True):
        if isinstance(result, str):
            _tell(one.judged.battery, result)
            continue
        good.append(one)
        made.append([item.signed(body, signed_by) for item, body in zip(one.items, result, strict=True)])
    return good, made


# --- steps 1 and 2


def _plan_group(
    ctx: Context, batteries: Sequence[Any], one_by_one: Callable[[BatteryKey], object]
) -> list[_Ready]:
    """Judge each draft, see to it that the sections of its model are there, store the intentions of all in
    one transaction."""
    judged = _judge(ctx, batteries)
    heads = _heads(ctx, judged)
    fit: list[_Judged] = []
    for one in judged:
        known = heads.get(bytes(one.battery.model_key), {})
        if all(signing.is_kept(one.passport, name, known) for name in one.sections if name in MODEL_SECTIONS):
            fit.append(one)
            continue
        try:
            one_by_one(BatteryKey(one.battery.gtin, one.battery.serial))
        except ODD as fault:
            _tell(one.battery, f"{type(fault).__name__}: {fault}")
        heads |= _heads(ctx, [one])
    if not fit:
        return []
    try:
        with ctx.unit_of_work() as work:
            plans = _plans(ctx, work, fit)
            work.commit()
    except Collision:
        return []
    ready = []
    for one in fit:
        plan = plans.get(bytes(one.battery.key))
        if plan is None:
            continue
        newest = heads.get(bytes(one.battery.model_key), {})
        items = signing.unsigned_items(ctx, one.battery, one.passport, one.sections, plan, newest)
        if items:
            ready.append(_Ready(one, items))
    return ready


def _judge(ctx: Context, batteries: Sequence[Any]) -> list[_Judged]:
    with ctx.read() as reading:
        loaded = drafts.load_all(reading, batteries)
        found = []
        for battery in batteries:
            records, newest = loaded[bytes(battery.key)]
            try:
                passport = completeness.require(drafts.of_records(reading, records))
            except IncompletePassport:
                continue
            except ODD as fault:
                _tell(battery, f"{type(fault).__name__}: {fault}")
                continue
            found.append(_Judged(battery, passport, credential.sections_to_issue(passport), newest))
    return found


def _heads(ctx: Context, judged: Sequence[_Judged]) -> dict[bytes, dict[str, Any]]:
    """The newest version of each model section, by model."""
    models = {bytes(one.battery.model_key) for one in judged}
    found: dict[bytes, dict[str, Any]] = {model: {} for model in models}
    with ctx.read() as reading:
        for row in reading.documents.heads_of(sorted(models), MODEL_SECTIONS):
            found[bytes(row.subject_key)][row.section] = row
    return found


def _plans(ctx: Context, work: UnitOfWork, judged: Sequence[_Judged]) -> Mapping[bytes, dict[str, Any]]:
    """The stored intention of each battery that is still a draft; one that a crash left is used again."""
    keys_of_all = [bytes(one.battery.key) for one in judged]
    drafts_still = {bytes(row.key) for row in work.batteries.held_all(keys_of_all) if row.state == "draft"}
    known = work.intentions.get_all(keys_of_all)
    plans = {
        bytes(one.battery.key): known[bytes(one.battery.key)]
        for one in judged
        if bytes(one.battery.key) in drafts_still
        and set(known.get(bytes(one.battery.key), {}).get("credentials", ())) == set(one.sections)
    }
    lacking = [one for one in judged if bytes(one.battery.key) in drafts_still - plans.keys()]
    chains = {
        bytes(one.battery.key): {
            section: signing.subject_key(one.battery, section) for section in one.sections
        }
        for one in lacking
    }
    given = status.give_all_indexes(
        work, ctx.issuer.did, [chain for sections in chains.values() for chain in sections.items()]
    )
    made = {
        key: new_plan({section: given[section, subject] for section, subject in sections.items()}, ctx.now())
        for key, sections in chains.items()
    }
    if made:
        work.intentions.put_all(made, ctx.issuer.did, to_text(ctx.now()))
    return plans | made


# --- step 5


def _publish_group(ctx: Context, ready: Sequence[_Ready], made: Sequence[list[Signed]]) -> set[bytes]:
    """Store what still holds, in one transaction; nothing of the group when another worker was faster with
    one of it, or its key was revoked meanwhile."""
    if not ready:
        return set()
    now = ctx.now()
    batteries = [one.judged.battery for one in ready]
    try:
        with ctx.unit_of_work() as work:
            current = {bytes(row.key): row for row in work.batteries.held_all(one.key for one in ready)}
            newest = drafts.newest_records(work, [current.get(bytes(row.key), row) for row in batteries])
            good = [
                (one.key, signed)
                for one, signed in zip(ready, made, strict=True)
                if one.key in current
                and (current[one.key].state, current[one.key].release) == ("draft", "released")
                and newest[one.key] == one.judged.newest_record
            ]
            done = [key for key, _ in good]
            if done:
                store(ctx, work, [each for _, signed in good for each in signed], now, RECORDS)
                work.batteries.change_all(done, to_text(now), state="issued", issued_at=to_text(now))
                work.intentions.drop_all(done)
            work.commit()
    except (Collision, keys.Superseded):
        return set()
    return set(done)


def _tell(battery: Any, why: str) -> None:
    """To the log of this server alone; the battery is found by its passport, which names nobody."""
    _log.warning("passport %s was not issued: %s", battery.passport_uuid, why)
