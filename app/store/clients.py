"""Machines that may send: clients with their secrets, and tokens. Secrets and tokens are kept as hashes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from app.store.factory_tables import access_tokens, client_secrets, clients, plants


class Clients:
    """Clients of the token endpoint (RFC 6749 2)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, client_id: str, operator: str, plant_id: str, name: str, scopes: str, at: str) -> None:
        self._connection.execute(
            insert(clients).values(
                id=client_id, economic_operator_id=operator, plant_id=plant_id, name=name, scopes=scopes,
                created_at=at,
            )
        )  # fmt: skip

    def get(self, client_id: str) -> Row[Any] | None:
        return self._connection.execute(select(clients).where(clients.c.id == client_id)).one_or_none()

    def all(self) -> Sequence[Row[Any]]:
        return self._connection.execute(select(clients).order_by(clients.c.plant_id, clients.c.name)).all()

    def revoke(self, client_id: str, at: str) -> bool:
        """With every token that it was given. False where it was revoked before."""
        done = self._connection.execute(
            update(clients)
            .where(clients.c.id == client_id, clients.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        self._connection.execute(
            update(access_tokens)
            .where(access_tokens.c.client_id == client_id, access_tokens.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return done.rowcount == 1

    def add_secret(self, *, secret_hash: bytes, operator: str, client_id: str, at: str) -> None:
        self._connection.execute(
            insert(client_secrets).values(
                hash=secret_hash, economic_operator_id=operator, client_id=client_id, created_at=at
            )
        )

    def end_secrets(self, client_id: str, at: str) -> None:
        """Let the client's secrets end at a moment, those that end sooner excepted."""
        self._connection.execute(
            update(client_secrets)
            .where(
                client_secrets.c.client_id == client_id,
                or_(client_secrets.c.expires_at.is_(None), client_secrets.c.expires_at > at),
            )
            .values(expires_at=at)
        )

    def with_secret(self, client_id: str, secret_hash: bytes, now: str) -> Row[Any] | None:
        """The client, if it is in force, its plant is, and the secret is one of its own that is not over."""
        query = (
            select(clients)
            .join(client_secrets, client_secrets.c.client_id == clients.c.id)
            .join(plants, plants.c.id == clients.c.plant_id)
            .where(
                clients.c.id == client_id,
                clients.c.revoked_at.is_(None),
                plants.c.revoked_at.is_(None),
                client_secrets.c.hash == secret_hash,
                or_(client_secrets.c.expires_at.is_(None), client_secrets.c.expires_at > now),
            )
        )
        return self._connection.execute(query).one_or_none()


class AccessTokens:
    """Tokens: short-lived ones of clients, and static ones of a plant beside its first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, *, token_hash: bytes, operator: str, plant_id: str, client_id: str | None, scopes: str, at: str,
        expires_at: str | None,
    ) -> None:  # fmt: skip
        self._connection.execute(
            insert(access_tokens).values(
                hash=token_hash, economic_operator_id=operator, plant_id=plant_id, client_id=client_id,
                scopes=scopes, created_at=at, expires_at=expires_at,
            )
        )  # fmt: skip

    def in_force(self, token_hash: bytes, now: str) -> Row[Any] | None:
        """A token that is neither over nor revoked, of a plant that is in force."""
        query = (
            select(access_tokens)
            .join(plants, plants.c.id == access_tokens.c.plant_id)
            .where(
                access_tokens.c.hash == token_hash,
                access_tokens.c.revoked_at.is_(None),
                or_(access_tokens.c.expires_at.is_(None), access_tokens.c.expires_at > now),
                plants.c.revoked_at.is_(None),
            )
        )
        return self._connection.execute(query).one_or_none()

    def static(self) -> Sequence[Row[Any]]:
        """Static tokens of all plants, those that are over or revoked as well."""
        query = select(access_tokens).where(access_tokens.c.client_id.is_(None))
        return self._connection.execute(
            query.order_by(access_tokens.c.plant_id, access_tokens.c.created_at)
        ).all()

    def revoke(self, token_hash: bytes, at: str, *, client_id: str | None) -> bool:
        """Of this client, or a static one. False where there is none in force."""
        done = self._connection.execute(
            update(access_tokens)
            .where(
                access_tokens.c.hash == token_hash,
                access_tokens.c.client_id.is_(None)
                if client_id is None
                else access_tokens.c.client_id == client_id,
                access_tokens.c.revoked_at.is_(None),
            )
            .values(revoked_at=at)
        )
        return done.rowcount == 1

    def forget_expired(self, now: str) -> None:
        """Tokens of clients that are over: nobody asks for them again."""
        self._connection.execute(
            delete(access_tokens).where(
                access_tokens.c.client_id.is_not(None), access_tokens.c.expires_at <= now
            )
        )
