"""Plants: who may send records, by a bearer token of its own, by further static ones, or by a client's."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.core import scopes
from app.core.errors import (
    Conflict,
    InsufficientScope,
    KindNotAllowed,
    MalformedInput,
    NotFound,
    TokenRefused,
)
from app.core.times import parse, to_seconds, to_text
from app.services.context import Context
from app.services.publication import log_grant
from app.store.unit_of_work import Collision

_PLANT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SHOWN = 12
"""Hex digits of a token's hash that name it to people: no secret, and enough to tell tokens apart."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One sender, with what its token lets it do."""

    id: str
    economic_operator_id: str
    scopes: frozenset[str] = scopes.ALL

    def require(self, scope: str) -> None:
        """Raises: InsufficientScope."""
        if not scopes.allows(self.scopes, scope):
            raise InsufficientScope(scope)

    def require_kind(self, kind: str) -> None:
        """Asked of each record. Raises: KindNotAllowed."""
        if not scopes.allows_kind(self.scopes, kind):
            raise KindNotAllowed(kind, scopes.kinds(self.scopes))


def add(ctx: Context, plant_id: str, name: str, token: str | None = None) -> str:
    """Register a plant. Returns its token, which is shown once and kept as a hash alone.

    Raises: MalformedInput; Conflict.
    """
    if not _PLANT_ID.fullmatch(plant_id):
        raise MalformedInput("A plant's id is made of a-z, 0-9 and -, such as hall-2.", rule="plant-id")
    token = token or new_secret()
    try:
        with ctx.unit_of_work() as work:
            work.plants.add(
                plant_id=plant_id,
                operator=ctx.issuer.did,
                name=name,
                token_hash=hashed(token),
                at=to_text(ctx.now()),
            )
            log_grant(ctx, work, "plant-added", f"plant:{plant_id}")
            work.commit()
    except Collision:
        raise Conflict(f"The plant {plant_id} exists already.") from None
    return token


def rotate(ctx: Context, plant_id: str, overlap: timedelta) -> str:
    """A new token of the plant; the one before goes on for `overlap`, so that the line need not stop.

    Raises: NotFound; MalformedInput.
    """
    require_overlap(overlap)
    token, now = new_secret(), ctx.now()
    with ctx.unit_of_work() as work:
        row = _known(work.plants.get(plant_id), plant_id)
        if overlap:
            work.access_tokens.add(
                token_hash=bytes(row.token_hash), operator=row.economic_operator_id, plant_id=plant_id,
                client_id=None, scopes=scopes.text(scopes.ALL), at=row.created_at,
                expires_at=to_text(now + overlap),
            )  # fmt: skip
        work.plants.change_token(plant_id, hashed(token))
        log_grant(ctx, work, "plant-token-changed", f"plant:{plant_id}")
        work.commit()
    return token


def add_token(ctx: Context, plant_id: str, wanted: frozenset[str], lasts: timedelta | None = None) -> str:
    """One more static token of a plant, for part of what it may do or for a while.

    Raises: NotFound; MalformedInput.
    """
    if lasts is not None and not timedelta(0) < lasts <= timedelta(days=3660):
        raise MalformedInput("A token lasts for 1 to 3660 days, or until it is revoked.", rule="lasts")
    token, now = new_secret(), ctx.now()
    with ctx.unit_of_work() as work:
        row = _known(work.plants.get(plant_id), plant_id)
        work.access_tokens.add(
            token_hash=hashed(token), operator=row.economic_operator_id, plant_id=plant_id, client_id=None,
            scopes=scopes.text(wanted), at=to_text(now), expires_at=to_text(now + lasts) if lasts else None,
        )  # fmt: skip
        log_grant(ctx, work, "plant-token-added", f"plant:{plant_id}:{scopes.text(wanted)}")
        work.commit()
    return token


def revoke_token(ctx: Context, shown: str) -> None:
    """End a static token, by the name that `tokens` gives it. Raises: NotFound."""
    with ctx.unit_of_work() as work:
        found = [row for row in work.access_tokens.static() if bytes(row.hash).hex()[:_SHOWN] == shown]
        at = to_text(ctx.now())
        if not found or not work.access_tokens.revoke(bytes(found[0].hash), at, client_id=None):
            raise NotFound(f"There is no token {shown} in force. See which are: passport plants list")
        log_grant(ctx, work, "plant-token-revoked", f"plant:{found[0].plant_id}:{shown}")
        work.commit()


def disable(ctx: Context, plant_id: str) -> None:
    """Let nothing more in from a plant, by whatever token or client. Its records stay. Raises: NotFound."""
    _switch(ctx, plant_id, "plant-disabled", to_text(ctx.now()))


def enable(ctx: Context, plant_id: str) -> None:
    """Let a disabled plant send again, with the tokens and clients that it has. Raises: NotFound."""
    _switch(ctx, plant_id, "plant-enabled", None)


def of_token(ctx: Context, token: str) -> Plant:
    """The plant that a bearer token stands for, with the token's scopes. Raises: TokenRefused."""
    if 16 <= len(token) <= 256:
        token_hash = hashed(token)
        with ctx.read() as store:
            row = store.plants.by_token_hash(token_hash)
            if row is not None:
                return Plant(row.id, row.economic_operator_id)
            found = store.access_tokens.in_force(token_hash, to_text(ctx.now()))
        if found is not None:
            return Plant(found.plant_id, found.economic_operator_id, frozenset(found.scopes.split()))
    raise TokenRefused(
        "This bearer token is not known here, or is over. A client asks for a new one; the operator makes"
        " one with: passport plants add",
        was_sent=True,
    )


def get(ctx: Context, plant_id: str) -> Plant:
    """A plant that may send, by the id that an operator or a broker names. Raises: NotFound, also when it is
    disabled."""
    with ctx.read() as store:
        row = _known(store.plants.get(plant_id), plant_id)
    if row.revoked_at is not None:
        raise NotFound(f"The plant {plant_id} is disabled. Let it send again with: passport plants enable")
    return Plant(row.id, row.economic_operator_id)


def of_records(ctx: Context, plant_id: str) -> Plant:
    """The plant that records came from, be it disabled since: what it sent is still looked after.

    Raises: NotFound.
    """
    with ctx.read() as store:
        row = _known(store.plants.get(plant_id), plant_id)
    return Plant(row.id, row.economic_operator_id)


def names(ctx: Context) -> list[dict[str, Any]]:
    """Every plant with its further tokens, for the operator."""
    now = to_text(ctx.now())
    with ctx.read() as store:
        tokens = store.access_tokens.static()
        return [
            {
                "id": row.id,
                "name": row.name,
                "disabled": row.revoked_at is not None,
                "tokens": [
                    _token(each)
                    for each in tokens
                    if each.plant_id == row.id
                    and each.revoked_at is None
                    and (each.expires_at is None or each.expires_at > now)
                ],
            }
            for row in store.plants.all()
        ]


def sending(ctx: Context) -> list[dict[str, str]]:
    """Plants that may send, for forms that ask from which one something comes."""
    with ctx.read() as store:
        return [{"id": row.id, "name": row.name} for row in store.plants.all() if row.revoked_at is None]


def new_secret() -> str:
    """256 bits, as text."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    """SHA-256: enough for what is random and long."""
    return hashlib.sha256(secret.encode()).digest()


def require_overlap(overlap: timedelta) -> None:
    """Raises: MalformedInput."""
    if not timedelta(0) <= overlap <= timedelta(days=90):
        raise MalformedInput("What came before may go on for at most 90 days.", rule="overlap")


def _switch(ctx: Context, plant_id: str, kind: str, at: str | None) -> None:
    with ctx.unit_of_work() as work:
        _known(work.plants.get(plant_id), plant_id)
        work.plants.revoke(plant_id, at)
        log_grant(ctx, work, kind, f"plant:{plant_id}")
        work.commit()


def _known(row: Any, plant_id: str) -> Any:
    if row is None:
        raise NotFound(f"There is no plant {plant_id} here. See which are: passport plants list")
    return row


def _token(row: Any) -> Mapping[str, str]:
    return {
        "token": bytes(row.hash).hex()[:_SHOWN],
        "scopes": row.scopes,
        "until": to_seconds(parse(row.expires_at)) if row.expires_at else "",
    }
