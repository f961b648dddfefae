"""Verifying: our own documents before they are published and when they are shown, and anybody's on request.

The verdict is the core's; here it is handed what this server knows: the trust list, the status lists, the
schemas. No connection is opened (T20).
"""

from collections.abc import Mapping
from typing import Any, Final

from app.core import schema, verification
from app.core.authenticity import Policy
from app.core.report import Report
from app.services import status, throttling
from app.services import trust as trust_service
from app.services.context import Context

VERIFY_LIMIT: Final = throttling.Limit("verify", 30, throttling.MINUTE)


def own_policy(ctx: Context) -> Policy:
    """What this server believes: its newest trust list and its own status lists."""
    now = ctx.now()
    return Policy(
        trust_list=trust_service.current(ctx),
        trust_list_fetched_at=now,
        status_lists=status.all_published(ctx),
        schema_validator=_schema_problems,
    )


def verify_bytes(
    ctx: Context, data: bytes, *, expected_subject: str | None = None, address: str | None = None
) -> Report:
    """Judge any credential, with every check that this server can make. Raises: RateLimited."""
    if address is not None:
        throttling.count(ctx, VERIFY_LIMIT, address)
    return verification.verify(data, own_policy(ctx), now=ctx.now(), expected_subject=expected_subject)


def verify_own(
    ctx: Context, data: bytes, policy: Policy, expected_subject: str, linked: Mapping[str, bytes]
) -> Report:
    """Judge a stored document for a page: every byte now; its meaning was checked when it was issued."""
    return verification.verify(
        data, policy, now=ctx.now(), expected_subject=expected_subject, linked=linked, with_rdfc=False
    )


def require_own(ctx: Context, data: bytes, expected_subject: str) -> None:
    """Check what was just signed with both suites, before it is stored. Raises: ProofError."""
    verification.verify(data, own_policy(ctx), now=ctx.now(), expected_subject=expected_subject).require()


def _schema_problems(url: str, document: dict[str, Any]) -> list[str]:
    """What is wrong with a credential by the schema it names. LookupError: not one of our schemas."""
    section, category = schema.schemas()[url]
    return [found.detail for found in schema.validate_credential(section, category, document)]
