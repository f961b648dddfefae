"""Issuing: a complete, stamped pack gets its passport. One place decides it.

Steps: (1) judge the draft, (2) store the intention: identifiers, versions and status indexes, (3) build each
section and sign it, (4) verify what was signed, as any reader would, (5) store bytes, log entries and the new
state in one transaction. A crash at any point leaves a state that `recover` finishes by itself: before (2)
nothing happened; after it the same identifiers are used again.
Source: design decision 1, 2, 9; T39, T45, T51.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

import orjson

from app.core import completeness, credential, log, proof
from app.core.canonical import jcs
from app.core.completeness import CompletePassport
from app.core.credential import Earlier, Issue, Link, StatusEntry
from app.core.errors import IncompletePassport
from app.core.identifiers import BatteryKey, ModelKey
from app.core.multibase import digest_multibase
from app.core.times import parse, to_text
from app.core.vocabulary import MODEL_SECTIONS, Section
from app.services import drafts, status, verification
from app.services.context import Context
from app.store.unit_of_work import Collision, Store, UnitOfWork

DYNAMIC_SECTIONS: Final[tuple[Section, ...]] = ("condition", "use", "warranty")
SUMMARY_INTERVAL: Final = timedelta(days=1)
_TRIES: Final = 5
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
            "draft": f"{origin}/api/v1/drafts{self.key.path().replace('/01/', '/').replace('/21/', '/')}",
            "missing": [dict(row) for row in self.missing],
        }
        if self.state in ("issued", "suspended", "revoked"):
            found["passport"] = f"{origin}/passports/{self.passport_uuid}"
        return found


@dataclass(frozen=True, slots=True)
class _Signed:
    """One section, ready to be stored."""

    section: Section
    subject_key: bytes
    version: int
    credential_id: str
    body: bytes
    digest: str
    content_digest: bytes


def settle(ctx: Context, key: BatteryKey) -> Outcome:
    """Bring a battery to the state that its records ask for: issue, refresh, suspend or reinstate it."""
    with ctx.read() as store:
        battery = store.batteries.by_key(key.digest())
    if battery is None:
        raise LookupError("settle is called after a record about the battery was stored")
    key = BatteryKey(battery.gtin, battery.serial)
    if battery.state == "draft":
        return issue_if_complete(ctx, key)
    if battery.state == "issued" and battery.release == "withdrawn":
        _change_suspension(ctx, key, to=True)
    elif battery.state == "suspended" and battery.release == "released":
        _change_suspension(ctx, key, to=False)
    elif battery.state == "issued":
        refresh(ctx, key)
    return _outcome(ctx, key)


def issue_if_complete(ctx: Context, key: BatteryKey) -> Outcome:
    """Issue the passport of a stamped and complete draft; otherwise say what is missing."""
    for _ in range(_TRIES):
        with ctx.read() as store:
            battery = store.batteries.by_key(key.digest())
            if battery is None or battery.state != "draft":
                return _outcome(ctx, key)
            draft, newest_record = drafts.load(store, battery)
        try:
            passport = completeness.require(draft)  # (1)
        except IncompletePassport as refusal:
            return Outcome(key, "incomplete", battery.passport_uuid, refusal.missing)
        if battery.release != "released":
            return Outcome(key, "waiting-for-stamp", battery.passport_uuid)
        plan = _intend(ctx, battery, passport)  # (2)
        if plan is None:
            continue
        signed = _sign_all(ctx, battery, passport, plan)  # (3) (4)
        if _publish(ctx, battery, signed, newest_record):  # (5)
            return _outcome(ctx, key)
    raise RuntimeError("a draft changed at each of five tries to issue it")


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
        plan = _plan_refresh(ctx, battery, due)
        signed = [_sign_item(ctx, battery, passport, section, plan, ()) for section in due]
        _publish(ctx, battery, signed, newest_record)


def recover(ctx: Context) -> int:
    """Finish what a crash left behind. Returns how many batteries were issued. Run at every start."""
    with ctx.read() as store:
        waiting = store.batteries.unsettled()
    outcomes = [(row.state, settle(ctx, BatteryKey(row.gtin, row.serial))) for row in waiting]
    return sum((before, outcome.state) == ("draft", "issued") for before, outcome in outcomes)


def _outcome(ctx: Context, key: BatteryKey) -> Outcome:
    with ctx.read() as store:
        battery = store.batteries.by_key(key.digest())
    if battery is None:
        raise LookupError("a battery disappeared")
    state = "waiting-for-stamp" if battery.state == "draft" else battery.state
    return Outcome(key, state, battery.passport_uuid)


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
    return {
        "at": to_text(ctx.now()),
        "credentials": {section: f"urn:uuid:{uuid.uuid4()}" for section in sections},
        "status": {
            section: status.give_indexes(work, ctx.issuer.did, _subject_key(battery, section), section)
            for section in sections
        },
    }


def _subject_key(battery: Any, section: Section) -> bytes:
    return bytes(battery.model_key if section in MODEL_SECTIONS else battery.key)


def _sign_all(
    ctx: Context, battery: Any, passport: CompletePassport, plan: Mapping[str, Any]
) -> list[_Signed]:
    signed: list[_Signed] = []
    links: list[Link] = []
    for section in credential.sections_to_issue(passport):
        if section in MODEL_SECTIONS:
            made, link = _sign_model(ctx, battery, passport, section, plan)
            links.append(link)
            if made is not None:
                signed.append(made)
        else:
            related = links if section == "public" else ()
            signed.append(_sign_item(ctx, battery, passport, section, plan, related))
    return signed


def _sign_model(
    ctx: Context, battery: Any, passport: CompletePassport, section: Section, plan: Mapping[str, Any]
) -> tuple[_Signed | None, Link]:
    """A model section: the stored version when nothing changed, else a new one, with a link to it."""
    model = ModelKey(battery.gtin)
    address = f"{ctx.settings.origin}/models/{battery.gtin}/sections/{section}"
    content = _content_digest(passport, section)
    with ctx.read() as store:
        history = store.documents.history(battery.model_key, section)
    if history and history[0].content_digest == content:
        return None, Link(f"{address}/{history[0].version}", history[0].digest)
    issue = _issue(ctx, passport, section, plan, history)
    unsigned = credential.model_section(passport, issue, model=model)
    made = _signed(ctx, battery, issue, unsigned, content, expected_subject=model.uri(ctx.settings.origin))
    return made, Link(f"{address}/{made.version}", made.digest)


def _sign_item(
    ctx: Context, battery: Any, passport: CompletePassport, section: Section, plan: Mapping[str, Any],
    related: Sequence[Link],
) -> _Signed:  # fmt: skip
    key = BatteryKey(battery.gtin, battery.serial)
    with ctx.read() as store:
        history = store.documents.history(battery.key, section)
    issue = _issue(ctx, passport, section, plan, history[:1])
    unsigned = credential.item_section(
        passport, issue, key=key, passport_id=f"urn:uuid:{battery.passport_uuid}", related=related
    )
    content = _content_digest(passport, section)
    return _signed(ctx, battery, issue, unsigned, content, expected_subject=key.uri(ctx.settings.origin))


def _issue(
    ctx: Context,
    passport: CompletePassport,
    section: Section,
    plan: Mapping[str, Any],
    history: Sequence[Any],
) -> Issue:
    return Issue(
        section=section,
        category=passport.category,
        issuer=ctx.issuer,
        origin=ctx.settings.origin,
        credential_id=plan["credentials"][section],
        at=parse(plan["at"]),
        status=[
            StatusEntry(purpose, status.url(ctx, name), index)
            for purpose, name, index in plan["status"][section]
        ],
        version=history[0].version + 1 if history else 1,
        earlier=[Earlier(row.credential_id, row.digest) for row in history],
        demo=ctx.settings.demo,
    )


def _signed(
    ctx: Context,
    battery: Any,
    issue: Issue,
    unsigned: dict[str, Any],
    content: bytes,
    *,
    expected_subject: str,
) -> _Signed:
    suites = proof.suites_for(unsigned)
    body = proof.serialize(proof.add_proofs(unsigned, ctx.signer, ctx.now(), suites))  # (3)
    verification.require_own(ctx, body, expected_subject)  # (4)
    return _Signed(
        issue.section, _subject_key(battery, issue.section), issue.version, issue.credential_id, body,
        digest_multibase(body), content,
    )  # fmt: skip


def _publish(ctx: Context, battery: Any, signed: Sequence[_Signed], newest_record: int) -> bool:
    """(5) Everything or nothing. False when the battery changed meanwhile, and must be judged again."""
    now = ctx.now()
    try:
        with ctx.unit_of_work() as work:
            current = work.batteries.held(battery.key)
            if current is None or (current.state, current.release) != (battery.state, battery.release):
                return False
            if drafts.load(work, current)[1] != newest_record:
                return False
            for made in signed:
                _store_document(ctx, work, made, now)
            if current.state == "draft":
                work.batteries.change(battery.key, to_text(now), state="issued", issued_at=to_text(now))
                work.intentions.drop(battery.key)
            work.commit()
    except Collision:
        return False  # another worker stored the same version first
    return True


def _store_document(ctx: Context, work: UnitOfWork, made: _Signed, now: datetime) -> None:
    work.documents.add(
        subject_key=made.subject_key, section=made.section, version=made.version,
        economic_operator_id=ctx.issuer.did, credential_id=made.credential_id, digest=made.digest,
        content_digest=made.content_digest, body=made.body, created_at=to_text(now),
    )  # fmt: skip
    salt = None if made.section == "public" else log.derived_salt(ctx.secret, made.digest)
    append_log(work, ctx, log.issued(made.section, made.digest, salt=salt, version=made.version, at=now), now)


def append_log(work: Store, ctx: Context, leaf: bytes, now: datetime) -> None:
    """One leaf, in the transaction of the change that it tells of."""
    work.log.append(leaf, log.leaf_hash(leaf), ctx.issuer.did, to_text(now))


def _content_digest(passport: CompletePassport, section: Section) -> bytes:
    return hashlib.sha256(jcs({"category": passport.category, **passport.subject(section)})).digest()


def _is_due(passport: CompletePassport, section: Section, newest: Any, now: datetime) -> bool:
    if newest is None:
        return True
    if newest.content_digest == _content_digest(passport, section):
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
        for list_name, index in status.set_bits(work, battery.key, "suspension", to=to):
            salt = log.derived_salt(ctx.secret, f"{list_name}#{index}{to_text(now)}")
            kind = "credential-suspended" if to else "credential-reinstated"
            append_log(work, ctx, log.status_changed(kind, list_name, index, salt=salt, at=now), now)
        work.batteries.change(battery.key, to_text(now), state="suspended" if to else "issued")
        work.commit()
