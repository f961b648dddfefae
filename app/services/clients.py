"""Clients of the token endpoint: machines that ask for short-lived tokens with a secret of their own.

Secrets and tokens are random and kept as hashes alone. A client belongs to one plant and has scopes; a token
has at most those. Source: RFC 6749 2.3, 4.4; RFC 7009; T31, T32, T46.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from app.core import scopes
from app.core.errors import MalformedInput, NotFound
from app.core.times import to_text
from app.services import plants
from app.services.context import Context
from app.services.publication import log_grant

TOKEN_LASTS: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Client:
    """One machine that has shown its secret."""

    id: str
    plant_id: str
    economic_operator_id: str
    scopes: frozenset[str]


def add(ctx: Context, plant_id: str, name: str, wanted: frozenset[str]) -> tuple[str, str]:
    """Make a client of a plant. Returns its id and its secret, which is shown once.

    Raises: NotFound; MalformedInput.
    """
    if not 1 <= len(name.strip()) <= 200:
        raise MalformedInput("Name the client, in at most 200 characters.", pointer="/name", rule="name")
    plant = plants.get(ctx, plant_id)
    client_id, secret = f"c-{uuid.uuid4().hex}", plants.new_secret()
    at = to_text(ctx.now())
    with ctx.unit_of_work() as work:
        work.clients.add(
            client_id=client_id, operator=plant.economic_operator_id, plant_id=plant_id, name=name.strip(),
            scopes=scopes.text(wanted), at=at,
        )  # fmt: skip
        work.clients.add_secret(
            secret_hash=plants.hashed(secret), operator=plant.economic_operator_id, client_id=client_id, at=at
        )
        log_grant(ctx, work, "client-added", f"client:{client_id}:{plant_id}:{scopes.text(wanted)}")
        work.commit()
    return client_id, secret


def rotate(ctx: Context, client_id: str, overlap: timedelta) -> str:
    """A new secret; those before go on for `overlap`. Raises: NotFound; MalformedInput."""
    plants.require_overlap(overlap)
    secret, now = plants.new_secret(), ctx.now()
    with ctx.unit_of_work() as work:
        row = work.clients.get(client_id)
        if row is None or row.revoked_at is not None:
            raise _unknown(client_id)
        work.clients.end_secrets(client_id, to_text(now + overlap))
        work.clients.add_secret(
            secret_hash=plants.hashed(secret), operator=row.economic_operator_id, client_id=client_id,
            at=to_text(now),
        )  # fmt: skip
        log_grant(ctx, work, "client-secret-changed", f"client:{client_id}")
        work.commit()
    return secret


def revoke(ctx: Context, client_id: str) -> None:
    """End a client and every token that it has, at once. Raises: NotFound."""
    with ctx.unit_of_work() as work:
        if not work.clients.revoke(client_id, to_text(ctx.now())):
            raise _unknown(client_id)
        log_grant(ctx, work, "client-revoked", f"client:{client_id}")
        work.commit()


def with_secret(ctx: Context, client_id: str, secret: str) -> Client | None:
    """The client that this secret belongs to; None for any other pair, whatever is wrong with it."""
    if not (len(client_id) <= 48 and 16 <= len(secret) <= 256):
        return None
    with ctx.read() as store:
        row = store.clients.with_secret(client_id, plants.hashed(secret), to_text(ctx.now()))
    if row is None:
        return None
    return Client(row.id, row.plant_id, row.economic_operator_id, frozenset(row.scopes.split()))


def keep_token(ctx: Context, client: Client, token: str, granted: frozenset[str]) -> None:
    """Store a token that is about to be handed out, as a hash; what is long over is forgotten."""
    now = ctx.now()
    with ctx.unit_of_work() as work:
        work.access_tokens.forget_expired(to_text(now))
        work.access_tokens.add(
            token_hash=plants.hashed(token), operator=client.economic_operator_id, plant_id=client.plant_id,
            client_id=client.id, scopes=scopes.text(granted), at=to_text(now),
            expires_at=to_text(now + TOKEN_LASTS),
        )  # fmt: skip
        work.commit()


def revoke_token(ctx: Context, client: Client, token: str) -> None:
    """End one token of this client; nothing where it has no such token (RFC 7009 2.2)."""
    with ctx.unit_of_work() as work:
        work.access_tokens.revoke(plants.hashed(token), to_text(ctx.now()), client_id=client.id)
        work.commit()


def names(ctx: Context) -> list[dict[str, Any]]:
    """Every client, for the operator."""
    with ctx.read() as store:
        return [
            {
                "id": row.id,
                "plant": row.plant_id,
                "name": row.name,
                "scopes": row.scopes,
                "revoked": row.revoked_at is not None,
            }
            for row in store.clients.all()
        ]


def _unknown(client_id: str) -> NotFound:
    return NotFound(f"There is no client {client_id} in force. See which are: passport clients list")
