"""Local accounts: sign in, sign out, and who a request comes from.

Passwords are kept as scrypt; sessions as hashes of random tokens; every try is counted before it is judged.
Source: T9, T32, T33, T54.
"""

import base64
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from app.core import access
from app.core.access import Reader
from app.core.errors import Conflict, MalformedInput, NotFound, Unauthenticated
from app.core.times import to_text
from app.services import throttling
from app.services.context import Context
from app.services.publication import log_grant
from app.store.unit_of_work import Collision, Store

SESSION_LENGTH: Final = timedelta(hours=12)
MIN_PASSWORD: Final = 10
SIGN_IN_LIMIT: Final = throttling.Limit("sign-in", 10, timedelta(minutes=1))
_N, _R, _P = 2**14, 8, 1
_NOBODY: Final = "scrypt$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "="


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and the token that each of their forms must carry."""

    reader: Reader
    csrf_token: str


def add(ctx: Context, name: str, password: str, role: str) -> None:
    """Make an account. Raises: MalformedInput, Conflict."""
    name = _normal(name)
    if not access.is_role(role):
        raise MalformedInput(f"There is no role {role}.", pointer="/role", rule="role")
    password_hash = _hash_of_new(password)
    try:
        with ctx.unit_of_work() as work:
            work.accounts.add(
                account_id=str(uuid.uuid4()), operator=ctx.issuer.did, name=name,
                password_hash=password_hash, role=role, at=to_text(ctx.now()),
            )  # fmt: skip
            log_grant(ctx, work, "account-added", f"account:{role}:{name}")
            work.commit()
    except Collision:
        raise Conflict(f"The account {name} exists already.") from None


def sign_in(ctx: Context, name: str, password: str, address: str) -> str:
    """The token of a new session. The answer, and its time, is the same for unknown and known names.

    Raises: RateLimited; Unauthenticated.
    """
    name = _normal(name)
    throttling.count(ctx, SIGN_IN_LIMIT, name, address)
    with ctx.read() as store:
        account = store.accounts.by_name(name)
    matches = _matches(password, account.password_hash if account else _NOBODY)
    if account is None or not matches or account.disabled_at:
        raise Unauthenticated("The name or the password is not right.")
    token = secrets.token_urlsafe(32)
    now = ctx.now()
    with ctx.unit_of_work() as work:
        if work.accounts.by_name(name) != account:  # changed or disabled while the password was judged (T50)
            raise Unauthenticated("The name or the password is not right.")
        work.sessions.forget_expired(to_text(now))
        work.sessions.add(
            token_hash=_token_hash(token), account_id=account.id, csrf_token=secrets.token_urlsafe(24),
            at=to_text(now), expires_at=to_text(now + SESSION_LENGTH),
        )  # fmt: skip
        work.commit()
    return token


def session(ctx: Context, token: str) -> Session | None:
    """Who a session token stands for, with the role of this moment; None when it is over."""
    if not token or len(token) > 128:
        return None
    with ctx.read() as store:
        row = store.sessions.account_of(_token_hash(token), to_text(ctx.now()))
    if row is None:
        return None
    return Session(Reader(row.role, row.name, row.economic_operator_id), row.csrf_token)


def sign_out(ctx: Context, token: str) -> None:
    """End the session, here and everywhere its token was copied to."""
    with ctx.unit_of_work() as work:
        work.sessions.end(_token_hash(token))
        work.commit()


def disable(ctx: Context, name: str) -> None:
    """Let nobody in with this account from the next request on, sessions that are open included.

    Raises: NotFound.
    """
    _switch(ctx, name, "account-disabled", to_text(ctx.now()))


def enable(ctx: Context, name: str) -> None:
    """Let a disabled account sign in again, with its password and role of before. Raises: NotFound."""
    _switch(ctx, name, "account-enabled", None)


def change_password(ctx: Context, name: str, password: str) -> None:
    """From now on this password, and no session that was opened with the one before.

    Raises: MalformedInput, NotFound.
    """
    password_hash = _hash_of_new(password)
    with ctx.unit_of_work() as work:
        account = _account(work, name)
        work.accounts.change(account.name, password_hash=password_hash)
        work.sessions.end_of_account(account.id)
        log_grant(ctx, work, "account-password-changed", f"account:{account.role}:{account.name}")
        work.commit()


def _switch(ctx: Context, name: str, kind: str, at: str | None) -> None:
    with ctx.unit_of_work() as work:
        account = _account(work, name)
        work.accounts.change(account.name, disabled_at=at)
        log_grant(ctx, work, kind, f"account:{account.role}:{account.name}")
        work.commit()


def _account(work: Store, name: str) -> Any:
    account = work.accounts.by_name(name.strip().lower())
    if account is None:
        raise NotFound(f"There is no account {name}. See which are: passport accounts list")
    return account


def names(ctx: Context) -> list[dict[str, str | bool]]:
    """Every account, for the operator."""
    with ctx.read() as store:
        return [
            {"name": row.name, "role": row.role, "disabled": row.disabled_at is not None}
            for row in store.accounts.all()
        ]


def _normal(name: str) -> str:
    name = name.strip().lower()
    if not (1 <= len(name) <= 64 and name.isprintable()):
        raise Unauthenticated("The name or the password is not right.")
    return name


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _hash_of_new(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise MalformedInput(
            f"A password has at least {MIN_PASSWORD} characters.", pointer="/password", rule="password"
        )
    return _hash(password, secrets.token_bytes(16))


def _hash(password: str, salt: bytes) -> str:
    key = hashlib.scrypt(password.encode()[:1024], salt=salt, n=_N, r=_R, p=_P, dklen=32)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def _matches(password: str, kept: str) -> bool:
    salt = base64.b64decode(kept.split("$")[1])
    return hmac.compare_digest(_hash(password, salt), kept)
