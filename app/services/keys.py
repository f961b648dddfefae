"""The key that signs now. The register decides at each use, so a running server follows a change at once.

Source: T6, T7. How a key's life changes is in `key_life`.
"""

from collections.abc import Iterable
from datetime import datetime

from app.core import key_register
from app.core.errors import CannotSign, NotConfigured
from app.core.key_register import KeyRecord
from app.core.proof import Signer
from app.services.context import Context
from app.store.unit_of_work import Store

_KEPT = "signer"


class Superseded(Exception):
    """What was signed cannot be stored: meanwhile its key was revoked, or another took over."""


def all(ctx: Context) -> list[KeyRecord]:
    """Every key that ever spoke for this operator, oldest first."""
    with ctx.read() as store:
        return store.keys.all()


def current(ctx: Context) -> KeyRecord:
    """The current seal key's entry in the register. Raises: CannotSign while there is none."""
    record = key_register.current(all(ctx), ctx.now())
    if record is None:
        raise CannotSign("No signing key is in use: make one and put it into use with `passport keys`.")
    return record


def signer(ctx: Context) -> Signer:
    """The current seal key. Raises: CannotSign while there is none; NotConfigured when its file is unfit."""
    return open_signer(ctx, current(ctx))


def open_signer(ctx: Context, record: KeyRecord) -> Signer:
    """The private half of a key of the register, opened once in a process.

    Raises: CannotSign; NotConfigured when what lies there is another key.
    """
    known: tuple[KeyRecord, Signer] | None = ctx.kept.get(_KEPT)
    if known is not None and known[0] == record:
        return known[1]
    opened = ctx.open_signer(record)
    if opened.public_key != record.public_key:
        raise NotConfigured(
            f"The key at {record.reference} is not {record.name} of the register: restore the right one."
        )
    ctx.kept[_KEPT] = (record, opened)
    return opened


def method(ctx: Context, record: KeyRecord) -> str:
    """The address of a key: `did:web:acme.example#seal-2026`."""
    return f"{ctx.issuer.did}#{record.name}"


def require_good(work: Store, methods: Iterable[str], at: datetime) -> None:
    """Keep the keys that signed something as they are until it is stored. Raises: Superseded."""
    names = {each.partition("#")[2] for each in methods}
    good = {record.name for record in work.keys.shared(names) if record.may_sign(at)}
    if names - good:
        raise Superseded("The key was changed while it signed; sign again.")


def check(ctx: Context) -> None:
    """At a start: the current key can be opened. Raises: NotConfigured. Reading goes on without one."""
    trouble(ctx)


def trouble(ctx: Context) -> str | None:
    """Why nothing can be signed now, for people; None when all is well. Raises: NotConfigured."""
    try:
        signer(ctx)
    except CannotSign as error:
        return str(error)
    return None


def adopt(ctx: Context, record: KeyRecord) -> bool:
    """Enter the first key into an empty register, as it is in use already. False: one is there.

    Source: the installations of before the register had exactly one key.
    """
    with ctx.unit_of_work() as work:
        if work.keys.held():
            return False
        work.keys.add(record, ctx.issuer.did)
        work.commit()
    return True
