"""Issuing: a complete, stamped pack gets its passport. One place decides it.

Steps: (1) judge the draft, (2) store the intention: identifiers, versions and status indexes, (3) build each
section and sign it, (4) verify what was signed, as any reader would (`signing` does both), (5) store bytes,
log entries and the new state in one transaction. A crash at any point leaves a state that
`intake_batch.finish` finishes by itself: before (2) nothing happened; after it the same identifiers are used
again. Without a key that may sign, nothing is begun.
Source: design decision 1, 2, 9; T39, T45, T51.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote

import orjson

from app.core import completeness, credential
from app.core.completeness import CompletePassport
from app.core.errors import CannotSign, IncompletePassport
from app.core.identifiers import BatteryKey
from app.core.passport import Draft
from app.core.times import parse, to_text
from app.core.vocabulary import Section
from app.services import bulk, drafts, keys, signing, status, waiting
from app.services.context import Context
from app.services.publication import RECORDS, Cause, Signed, new_plan, store
from app.store.unit_of_work import Collision, UnitOfWork

DYNAMIC_SECTIONS: Final[tuple[Section, ...]] = ("condition", "use", "warranty")
SUMMARY_INTERVAL: Final = timedelta(days=1)
_TRIES: Final = 5
_log = logging.getLogger("app.services.issuance")
_Plan = TypeVar("_Plan", dict[str, Any], dict[str, Any] | None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a battery stands after a record about it was taken in."""

    key: BatteryKey
    state: str
    """waiting-for-stamp, incomplete, issued, suspended or revoked."""
    passport_uuid: str
    missing: Sequence[Mapping[str, Any]] = ()

    def as_dict(self, origin: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "gtin": self.key.gtin,
            "serial": self.key.serial,
            "state": self.state,
            "draft": draft_address(origin, self.key.gtin, self.key.serial),
            "missing": [dict(row) for row in self.missing],
        }
        if self.state in ("issued", "suspended", "revoked"):
            found["passport"] = f"{origin}/passports/{self.passport_uuid}"
        return found


def draft_address(origin: str, gtin: str, serial: str) -> str:
    """Where the draft of a battery is read."""
    return f"{origin}/api/v1/drafts/{gtin}/{quote(serial, safe='')}"


def settle(ctx: Context, key: BatteryKey) -> Outcome:
    """Bring a battery to the state that its records ask for: issue, refresh, suspend or reinstate it."""
    for _ in range(_TRIES):
        with ctx.read() as store:
            battery = store.batteries.by_key(key.digest())
            if battery is None:
                raise LookupError("settle is called after a record about the battery was stored")
            if battery.state == "draft":
                draft, newest_record = drafts.load(store, battery)
        if battery.state != "draft":
            return _settle_issued(ctx, battery)
        outcome = _issue_if_complete(ctx, battery, draft, newest_record)
        if outcome is not None:
            return outcome
    raise RuntimeError("a draft changed at each of five tries to issue it")


def standing(battery: Any, draft: Draft) -> Outcome:
    """How a battery stands that has no passport and is not stamped: what is missing, if anything is."""
    key = BatteryKey(battery.gtin, battery.serial)
    missing = [finding.as_dict() for finding in completeness.blocking(draft)]
    return Outcome(key, "incomplete" if missing else "waiting-for-stamp", battery.passport_uuid, missing)


def refresh(ctx: Context, key: BatteryKey) -> None:
    """Sign `condition`, `use` and `warranty` anew where their values changed: at most daily, or at a change
    of the battery's status (Annex XIII 4(c))."""
    now = ctx.now()
    with ctx.read() as store:
        battery = store.batteries.by_key(key.digest())
        if battery is None or battery.state != "issued":
            return
        draft, newest_record = drafts.load(store, battery)
        try:
            passport = completeness.require(draft)
        except IncompletePassport:
            return  # what is out stays as it is; the draft says what a later record took away
        newest = {
            row.section: row
            for row in store.documents.newest_of([battery.key], (*DYNAMIC_SECTIONS, "public"))
        }
    due = [
        section
        for section in DYNAMIC_SECTIONS
        if credential.holds_values(passport, section) and _is_due(passport, section, newest.get(section), now)
    ]
    if due:
        keys.signer(ctx)
        plan = _plan_refresh(ctx, battery, due)
        _publish(ctx, battery, signing.sign(ctx, battery, passport, due, plan), newest_record)


def reissue(
    ctx: Context,
    battery: Any,
    passport: CompletePassport,
    sections: Sequence[Section],
    *,
    newest_record: int,
    versions: Mapping[Section, int],
    cause: Cause,
) -> bool:
    """Sign `sections` anew on purpose. `versions` are those that were newest when it was decided.

    False when somebody published one of them meanwhile, or the battery changed: decide again (T50).
    """
    plan = _plan_refresh(ctx, battery, sections)
    signed = signing.sign(ctx, battery, passport, sections, plan)
    if any(made.version != versions.get(made.section, 0) + 1 for made in signed):
        return False
    return _publish(ctx, battery, signed, newest_record, cause)


def recover(ctx: Context) -> int:
    """Judge every battery whose state and stamp do not agree. Returns how many were issued.

    `intake_batch.finish`, at every start, looks only at what a crash can have left. What cannot be
    signed goes on waiting, and does not keep the rest from being served.
    """
    with ctx.read() as reading:
        unsettled = reading.batteries.unsettled()
    drafts_waiting = [row for row in unsettled if row.state == "draft"]
    done = bulk.issue(ctx, drafts_waiting, lambda key: settle(ctx, key))
    issued = len(done)
    for row in unsettled:
        if bytes(row.key) in done:
            continue
        try:
            outcome = settle(ctx, BatteryKey(row.gtin, row.serial))
        except CannotSign:
            continue
        except bulk.ODD:
            _log.exception("passport %s cannot be brought to its state", row.passport_uuid)
            continue
        issued += (row.state, outcome.state) == ("draft", "issued")
    return issued


def _settle_issued(ctx: Context, battery: Any) -> Outcome:
    key = BatteryKey(battery.gtin, battery.serial)
    if battery.state == "issued" and battery.release == "withdrawn":
        _change_suspension(ctx, key, to=True)
    elif battery.state == "suspended" and battery.release == "released":
        _change_suspension(ctx, key, to=False)
    elif battery.state == "issued":
        refresh(ctx, key)
    with ctx.read() as store:
        now = store.batteries.by_key(key.digest())
    if now is None:
        raise LookupError("a battery disappeared")
    return Outcome(key, now.state, now.passport_uuid)


def _issue_if_complete(ctx: Context, battery: Any, draft: Draft, newest_record: int) -> Outcome | None:
    """Issue the passport of a stamped and complete draft; otherwise say what is missing. None: something
    changed meanwhile, look again."""
    if battery.release != "released":
        return standing(battery, draft)
    key = BatteryKey(battery.gtin, battery.serial)
    try:
        passport = completeness.require(draft)  # (1)
    except IncompletePassport as refusal:
        if not waiting.note(ctx, battery, refusal.missing, newest_record):
            return None
        return Outcome(key, "incomplete", battery.passport_uuid, refusal.missing)
    keys.signer(ctx)
    plan = _intend(ctx, battery, passport)  # (2)
    if plan is None:
        return None
    signed = signing.sign(ctx, battery, passport, credential.sections_to_issue(passport), plan)  # (3) (4)
    if not _publish(ctx, battery, signed, newest_record):  # (5)
        return None
    return Outcome(key, "issued", battery.passport_uuid)


def _intend(ctx: Context, battery: Any, passport: CompletePassport) -> dict[str, Any] | None:
    """The stored intention, made now or by a run that did not finish. None: another worker issued it."""
    sections = credential.sections_to_issue(passport)

    def planned(work: UnitOfWork) -> dict[str, Any] | None:
        held = work.batteries.held(battery.key)
        if held is None or held.state != "draft":
            return None
        known = work.intentions.get(battery.key)
        if known is not None and set(known["credentials"]) == set(sections):
            return known
        plan = _plan(ctx, work, battery, sections)
        if known is not None:
            work.intentions.drop(battery.key)
        work.intentions.put(battery.key, ctx.issuer.did, plan, to_text(ctx.now()))
        return plan

    return _stored_plan(ctx, planned)


def _plan_refresh(ctx: Context, battery: Any, sections: Sequence[Section]) -> dict[str, Any]:
    def planned(work: UnitOfWork) -> dict[str, Any]:
        work.batteries.held(battery.key)
        return _plan(ctx, work, battery, sections)

    return _stored_plan(ctx, planned)


def _stored_plan(ctx: Context, planned: Callable[[UnitOfWork], _Plan]) -> _Plan:
    """What `planned` makes in one transaction, in which it holds the battery (T45)."""
    for _ in range(_TRIES):
        try:
            with ctx.unit_of_work() as work:
                plan = planned(work)
                work.commit()
        except Collision:
            continue  # another battery of the model was faster to give the model's sections their indexes
        return plan
    raise RuntimeError("a plan collided at each of five tries to store it")


def _plan(ctx: Context, work: UnitOfWork, battery: Any, sections: Sequence[Section]) -> dict[str, Any]:
    chains = {section: signing.subject_key(battery, section) for section in sections}
    return new_plan(status.give_indexes(work, ctx.issuer.did, chains), ctx.now())


def _publish(
    ctx: Context, battery: Any, signed: Sequence[Signed], newest_record: int, cause: Cause = RECORDS
) -> bool:
    """(5) Everything or nothing. False when the battery changed meanwhile, and must be judged again."""
    now = ctx.now()
    try:
        with ctx.unit_of_work() as work:
            current = work.batteries.held(battery.key)
            if current is None or (current.state, current.release) != (battery.state, battery.release):
                return False
            if drafts.newest_record(work, current) != newest_record:
                return False
            store(ctx, work, signed, now, cause)
            if current.state == "draft":
                work.batteries.change(battery.key, to_text(now), state="issued", issued_at=to_text(now))
                work.intentions.drop(battery.key)
            work.commit()
    except Collision:
        return False  # another worker stored the same version first
    except keys.Superseded:
        return False  # signed with a key that was revoked meanwhile
    return True


def _is_due(passport: CompletePassport, section: Section, newest: Any, now: datetime) -> bool:
    if newest is None:
        return True
    if newest.content_digest == signing.content_digest(passport, section):
        return False
    if now - parse(newest.created_at) >= SUMMARY_INTERVAL:
        return True
    return section == "condition" and _status_of(passport) != _status_in(newest.body)


def _status_of(passport: CompletePassport) -> Any:
    return cast(dict[str, Any], passport.subject("condition").get("batteryStatus", {})).get("value")


def _status_in(body: bytes) -> Any:
    return orjson.loads(body)["credentialSubject"].get("batteryStatus", {}).get("value")


def _change_suspension(ctx: Context, key: BatteryKey, *, to: bool) -> None:
    now = ctx.now()
    expected = ("issued", "withdrawn") if to else ("suspended", "released")
    with ctx.unit_of_work() as work:
        battery = work.batteries.held(key.digest())
        if battery is None or (battery.state, battery.release) != expected:
            return  # another worker was faster, or the passport was revoked
        kind: status.Change = "suspended" if to else "reinstated"
        status.change(work, ctx, battery.key, "suspension", kind, now, to=to)
        work.batteries.change(battery.key, to_text(now), state="suspended" if to else "issued")
        work.commit()
