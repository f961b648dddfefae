"""People who sign in, their sessions, and how often somebody tried."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from app.store.tables import accounts, attempts, sessions


class Accounts:
    """Local accounts; names are kept in lower case."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, *, account_id: str, operator: str, name: str, password_hash: str, role: str, at: str
    ) -> None:
        self._connection.execute(
            insert(accounts).values(
                id=account_id, economic_operator_id=operator, name=name, password_hash=password_hash,
                role=role, created_at=at,
            )
        )  # fmt: skip

    def by_name(self, name: str) -> Row[Any] | None:
        return self._connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()

    def all(self) -> Sequence[Row[Any]]:
        return self._connection.execute(select(accounts).order_by(accounts.c.name)).all()

    def change(self, name: str, **values: Any) -> None:
        self._connection.execute(update(accounts).where(accounts.c.name == name).values(**values))


class Sessions:
    """Signed-in sessions, by the hash of their token."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, token_hash: bytes, account_id: str, csrf_token: str, at: str, expires_at: str) -> None:
        self._connection.execute(
            insert(sessions).values(
                token_hash=token_hash, account_id=account_id, csrf_token=csrf_token, created_at=at,
                expires_at=expires_at,
            )
        )  # fmt: skip

    def account_of(self, token_hash: bytes, now: str) -> Row[Any] | None:
        """The session with its account as it is now: a lost role counts on the next request (T9)."""
        query = (
            select(sessions.c.csrf_token, sessions.c.expires_at, accounts)
            .join(accounts, accounts.c.id == sessions.c.account_id)
            .where(
                sessions.c.token_hash == token_hash,
                sessions.c.expires_at > now,
                accounts.c.disabled_at.is_(None),
            )
        )
        return self._connection.execute(query).one_or_none()

    def end(self, token_hash: bytes) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))

    def end_of_account(self, account_id: str) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.account_id == account_id))

    def forget_expired(self, now: str) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.expires_at <= now))


class Attempts:
    """How often something was tried in a window of time, over all worker processes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, bucket: bytes, window_start: int, times: int = 1) -> int:
        """So many more attempts. Returns how many there are in this window, these included."""
        counted = self._connection.execute(
            update(attempts)
            .where(attempts.c.bucket == bucket, attempts.c.window_start == window_start)
            .values(count=attempts.c.count + times)
            .returning(attempts.c.count)
        ).scalar_one_or_none()
        if counted is not None:
            return int(counted)
        self._connection.execute(delete(attempts).where(attempts.c.window_start < window_start - 86_400))
        self._connection.execute(
            insert(attempts).values(bucket=bucket, window_start=window_start, count=times)
        )
        return times
