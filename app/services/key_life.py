"""The life of seal keys: make one known, put it into use, end it, revoke it. Each change has its log entry.

The register changes in one transaction with the log, and from then on every process follows it. The published
trust list is signed by the root: in a demo that is done here at once, in production by whoever keeps the root
key. A key that readers do not know yet is therefore never put into use. Source: T6, T7, T46.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.core import key_register, log, trust_root
from app.core.errors import Conflict, MalformedInput, NotFound
from app.core.key_register import Backend, KeyRecord
from app.core.keys import PublicKey
from app.core.times import to_seconds, to_text
from app.services import keys, reasons, status, trust
from app.services.context import Context
from app.services.publication import append_log
from app.store.unit_of_work import UnitOfWork

_SECOND = timedelta(seconds=1)


class Made(Protocol):
    """A private key that somebody made, and where it lies."""

    @property
    def backend(self) -> Backend: ...
    @property
    def reference(self) -> str: ...
    @property
    def public_key(self) -> PublicKey: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """One key for people: the register's word, and what readers of the trust list know."""

    record: KeyRecord
    state: key_register.State
    signs_now: bool
    listed: bool
    """On the published trust list, and as the register has it where it is revoked."""
    documents: int
    """Newest versions that it signed."""


def standings(ctx: Context) -> list[Standing]:
    """Every key, oldest first."""
    now = ctx.now()
    with ctx.read() as store:
        records = store.keys.all()
        counts = store.documents.count_newest_by_signer()
    current = key_register.current(records, now)
    return [
        Standing(
            each,
            each.state(now),
            current is not None and each.name == current.name,
            is_listed(ctx, each),
            counts.get(keys.method(ctx, each), 0),
        )
        for each in records
    ]


def create(ctx: Context, make: Callable[[str], Made]) -> KeyRecord:
    """Enter a new key, which does not sign yet. `make` makes or finds the private half for a name.

    Raises: Conflict when it is known under another name, or is a root key; CannotSign when it does not sign.
    """
    now = ctx.now()
    name = key_register.next_name(keys.all(ctx), now.year)
    made = make(name)
    record = KeyRecord(name, made.backend, made.reference, made.public_key, _second(now))
    _try(ctx, record)
    if made.public_key in trust_root.keys_of(trust.root(ctx)).values():
        raise Conflict("This is a key of the trust list's root: each key has one purpose.")
    with ctx.unit_of_work() as work:
        known = work.keys.held()
        same = next((each for each in known if each.public_key == made.public_key), None)
        if same is not None:
            raise Conflict(f"This key is in the register already, as {same.name}.")
        work.keys.add(record, ctx.issuer.did)
        multikey = made.public_key.to_multikey()
        append_log(work, ctx, [log.key_added(keys.method(ctx, record), multikey, at=now)], now)
        work.commit()
    return record


def rotate(ctx: Context, name: str | None = None) -> KeyRecord:
    """From now on the prepared key `name` signs (None: the only one there is); the one before has expired.

    Raises: NotFound, Conflict when there is no key to choose, or readers do not know it yet; CannotSign when
    it does not sign: nothing is changed then.
    """
    chosen = _prepared(ctx, name)
    _try(ctx, chosen)
    _make_known(ctx, chosen)
    with ctx.unit_of_work() as work:
        now = ctx.now()
        records = work.keys.held()
        _start(work, ctx, _of(records, chosen.name), now)
        for old in records:
            if old.may_sign(now):
                _end(work, ctx, old, _second(now) + _SECOND, now)
        status.drop_signatures(work)
        work.commit()
    _renew_list(ctx)
    return _of(keys.all(ctx), chosen.name)


def expire(ctx: Context, name: str, at: datetime | None = None) -> KeyRecord:
    """Give a key its normal end, now or later: what it signed before stays good.

    Raises: NotFound; Conflict for one that has ended, or where nothing could be signed from now on.
    """
    with ctx.unit_of_work() as work:
        now = ctx.now()
        records = work.keys.held()
        record = _of(records, name)
        if record.revoked or (record.expires and record.expires <= now):
            raise Conflict(f"{name} has ended already.")
        if at is not None and at < now:
            raise Conflict("The end of a key cannot lie in the past: what it signed since would be invalid.")
        end = _second(at or now) + (timedelta() if at else _SECOND)
        rest = [each for each in records if each.name != name]
        if at is None and record.may_sign(now) and not _lasting(rest, now):
            raise Conflict(f"{name} is the only key that signs: put another one into use with `keys rotate`.")
        _end(work, ctx, record, end, now)
        status.drop_signatures(work)
        work.commit()
    _renew_list(ctx)
    return _of(keys.all(ctx), name)


def revoke(
    ctx: Context,
    name: str,
    since: datetime,
    reason: str,
    *,
    successor: str | None = None,
    stop_issuing: bool = False,
) -> tuple[KeyRecord, KeyRecord | None]:
    """A key fell into wrong hands at `since`: it never signs again, and what is not proven to be older is not
    believed. Returns it and the key that signs from now on.

    A prepared key takes over at once. Where there is none that readers know, `stop_issuing` says that nothing
    is signed until there is one. Revoking again may only move `since` to an earlier time.
    Raises: NotFound, MalformedInput, Conflict.
    """
    reason = reasons.checked(reason)
    since = _second(since)
    if since > ctx.now():
        raise MalformedInput("The time of a compromise cannot lie ahead.", pointer="/since", rule="since")
    record = _of(keys.all(ctx), name)
    if record.revoked and record.revoked <= since:
        return record, key_register.current(keys.all(ctx), ctx.now())
    heir = _heir(ctx, record, successor, stop_issuing=stop_issuing)
    with ctx.unit_of_work() as work:
        now = ctx.now()
        records = work.keys.held()
        held = _of(records, name).revoked
        if held and held <= since:  # somebody else was faster
            return _of(records, name), key_register.current(records, now)
        if heir is not None:
            _start(work, ctx, _of(records, heir.name), now)
        work.keys.change(name, revoked_at=to_text(since), reason=reason)
        append_log(work, ctx, [log.key_revoked(keys.method(ctx, record), since=since, at=now)], now)
        status.drop_signatures(work)
        work.commit()
    _renew_list(ctx)
    records = keys.all(ctx)
    return _of(records, name), key_register.current(records, ctx.now())


def is_listed(ctx: Context, record: KeyRecord) -> bool:
    """Whether the published trust list has this key, and knows of its revocation where there is one."""
    known = trust.current(ctx)
    issuer = known.issuer(ctx.issuer.did) if known else None
    found = issuer.keys.get(keys.method(ctx, record)) if issuer else None
    return (
        found is not None
        and found.public_key == record.public_key
        and (record.revoked is None or (found.revoked is not None and found.revoked <= record.revoked))
    )


def _heir(ctx: Context, record: KeyRecord, successor: str | None, *, stop_issuing: bool) -> KeyRecord | None:
    """The prepared key that takes over from the one that is revoked; None where another one signs, or where
    nobody is to."""
    rest = [each for each in keys.all(ctx) if each.name != record.name]
    if successor is None and _lasting(rest, ctx.now()):
        return None
    ready = [each for each in rest if each.state(ctx.now()) == "prepared"]
    if successor is not None:
        ready = [_prepared(ctx, successor)]
    if not _signs_lists(ctx):
        ready = [each for each in ready if is_listed(ctx, each)]
    if ready:
        _try(ctx, ready[0])
        _make_known(ctx, ready[0])
        return ready[0]
    if stop_issuing:
        return None
    raise Conflict(
        f"No other key that readers know can take over from {record.name}. Make one with `passport keys"
        " create` and have it put on the trust list; or revoke now with --stop-issuing, and issue again after"
        " `passport keys rotate`."
    )


def _lasting(records: Sequence[KeyRecord], now: datetime) -> bool:
    """Whether one of them signs, and not only until the end of this second."""
    return any(each.may_sign(now) and each.expires is None for each in records)


def _prepared(ctx: Context, name: str | None) -> KeyRecord:
    records = keys.all(ctx)
    now = ctx.now()
    ready = [each for each in records if each.state(now) == "prepared"]
    if name is not None:
        record = _of(records, name)
        if record not in ready:
            raise Conflict(f"{name} cannot be put into use: it {_TOLD[record.state(now)]}.")
        return record
    if not ready:
        raise Conflict("There is no key to change to: make one with `passport keys create`.")
    if len(ready) > 1:
        raise Conflict(f"Say which key is to sign: {', '.join(each.name for each in ready)}.")
    return ready[0]


_TOLD = {"signs": "signs already", "expired": "has expired", "revoked": "is revoked", "prepared": "is ready"}


def _make_known(ctx: Context, record: KeyRecord) -> None:
    """Readers know a key before it signs. Raises: Conflict, saying how to get there."""
    if is_listed(ctx, record):
        return
    _renew_list(ctx)
    if not is_listed(ctx, record):
        raise Conflict(
            f"The published trust list does not have {record.name} yet, so nobody would believe what it"
            " signs: have a new list signed by the root keys (see docs/keys.md), then call this again."
            " Nothing was changed."
        )


def _renew_list(ctx: Context) -> None:
    if _signs_lists(ctx):
        trust.renew_if_due(ctx)


def _signs_lists(ctx: Context) -> bool:
    """Only in a demo does a change of keys sign the list by itself: else the root keys would have to lie
    here."""
    return ctx.settings.demo and bool(ctx.root_signers())


def _start(work: UnitOfWork, ctx: Context, record: KeyRecord, now: datetime) -> None:
    if record.state(now) != "prepared":
        raise Conflict(f"{record.name} was changed meanwhile: look at `passport keys list`.")
    work.keys.change(record.name, valid_from=to_text(_second(now)))
    append_log(work, ctx, [log.key_started(keys.method(ctx, record), at=now)], now)


def _end(work: UnitOfWork, ctx: Context, record: KeyRecord, end: datetime, now: datetime) -> None:
    """Proofs are dated in whole seconds: the second in which the key still signed counts."""
    work.keys.change(record.name, expires_at=to_text(end))
    append_log(work, ctx, [log.key_expired(keys.method(ctx, record), expires=end, at=now)], now)


def _try(ctx: Context, record: KeyRecord) -> None:
    """A trial signature: a key that does not sign is found out before anything depends on it."""
    digest = hashlib.sha256(f"trial of {record.name} at {to_seconds(ctx.now())}".encode()).digest()
    signer = keys.open_signer(ctx, record)
    if not record.public_key.verify_digest(digest, signer.sign_digest(digest)):
        raise Conflict(f"{record.name} signs, but its signature does not fit its public key.")


def _of(records: Sequence[KeyRecord], name: str) -> KeyRecord:
    found = next((each for each in records if each.name == name), None)
    if found is None:
        raise NotFound(f"There is no key {name}: see `passport keys list`.")
    return found


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
