"""Publishing: what was signed is stored with its log entries, in the transaction of its caller."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.core import log
from app.core.times import to_text
from app.core.vocabulary import Section
from app.services import file_uses, keys
from app.services.context import Context
from app.store.unit_of_work import Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class Cause:
    """Who asked for a change, by role and never by name (T40), and why; nobody where the records did."""

    made_by: str | None = None
    reason: str | None = None


RECORDS: Final = Cause()


@dataclass(frozen=True, slots=True)
class Signed:
    """One section, ready to be stored."""

    section: Section
    subject_key: bytes
    version: int
    credential_id: str
    body: bytes
    digest: str
    content_digest: bytes
    signed_by: str
    """The verification method."""
    sources: bytes | None = None
    """Number of the record behind each value, as `signing.sources_of` says it."""


def new_plan(status: Mapping[Section, Any], now: datetime) -> dict[str, Any]:
    """An intention: the time, and for each section a new identifier and its places on the status lists."""
    return {
        "at": to_text(now),
        "credentials": {section: f"urn:uuid:{uuid.uuid4()}" for section in status},
        "status": dict(status),
    }


def store(ctx: Context, work: UnitOfWork, signed: Sequence[Signed], now: datetime, cause: Cause) -> None:
    """Raises: Collision; Superseded when a key that signed may no longer."""
    keys.require_good(work, {made.signed_by for made in signed}, now)
    position = append_log(work, ctx, [issued_leaf(ctx, made, now) for made in signed], now)
    work.documents.add_all(
        [
            {
                "subject_key": made.subject_key, "section": made.section, "version": made.version,
                "economic_operator_id": ctx.issuer.did, "credential_id": made.credential_id,
                "digest": made.digest, "content_digest": made.content_digest, "body": made.body,
                "created_at": to_text(now), "made_by": cause.made_by, "reason": cause.reason,
                "signed_by": made.signed_by, "sources": made.sources,
                "log_position": position + place,
            }
            for place, made in enumerate(signed)
        ]
    )  # fmt: skip
    file_uses.note(work, ctx.issuer.did, signed)


def issued_leaf(ctx: Context, made: Signed, now: datetime) -> bytes:
    salt = None if made.section == "public" else log.derived_salt(ctx.secret, made.digest)
    return log.issued(made.section, made.digest, salt=salt, version=made.version, at=now)


def append_log(work: Store, ctx: Context, leaves: Sequence[bytes], now: datetime) -> int:
    """The leaves of one change, in its transaction. Returns the row of the first in `log_entries`."""
    return work.log.append_all([(leaf, log.leaf_hash(leaf)) for leaf in leaves], ctx.issuer.did, to_text(now))


def log_grant(ctx: Context, work: Store, kind: str, text: str) -> None:
    """An account or a plant was given its rights: in the same transaction (T46, T51)."""
    now = ctx.now()
    salt = log.derived_salt(ctx.secret, f"{kind} {text} {to_text(now)}")
    append_log(work, ctx, [log.granted(kind, text, salt=salt, at=now)], now)
