"""Verifying: our own documents before they are published and when they are shown, and anybody's on request.

The verdict is the core's; here it is handed what this server knows: the trust list, the status lists, the
schemas. No connection is opened (T20).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from app.core import identifiers, log_proof, schema, verification
from app.core.authenticity import Policy
from app.core.bounded import Bounded
from app.core.log import LogEvidence
from app.core.proof_error import ProofError
from app.core.report import Report
from app.services import graphs, status, throttling
from app.services import trust as trust_service
from app.services.context import Context

KEPT_FOR: Final = timedelta(minutes=1)
KEPT_BYTES: Final = 8 << 20
OBJECTS: Final = 10
"""A document read takes about so many times its bytes."""
VERIFY_LIMIT: Final = throttling.Limit("verify", 30, throttling.MINUTE)


@dataclass(frozen=True, slots=True)
class Kept:
    """What this process worked out a moment ago; dropped when a list changes or the minute is over."""

    marks: object
    made_at: datetime
    policy: Policy
    reports: Bounded[tuple[object, ...], Report] = field(default_factory=lambda: Bounded(KEPT_BYTES))


def own(ctx: Context, marks: object = None) -> Kept:
    """What this server believes: its newest trust list and its own status lists, looked up at every call and
    put together again only when one of them changed. `marks` are those that a caller has just looked up."""
    now = ctx.now()
    if marks is None:
        with ctx.read() as store:
            marks = store.trust_lists.marks()
    known: Kept | None = ctx.kept.get("policy")
    if known and known.marks == marks and timedelta(0) <= now - known.made_at < KEPT_FOR:
        return known
    status.all_published(ctx)  # may sign one anew, which changes its mark
    with ctx.read() as store:
        # before the lists that count: a bit set meanwhile makes the marks differ at the next call
        marks = store.trust_lists.marks()
    policy = Policy(
        trust_list=trust_service.at_hand(ctx),
        trust_list_fetched_at=now,
        status_lists=status.all_published(ctx),
        schema_validator=_schema_problems,
    )
    made = Kept(marks, now, policy)
    ctx.kept["policy"] = made
    return made


def own_policy(ctx: Context) -> Policy:
    """The policy of `own`."""
    return own(ctx).policy


def verify_bytes(
    ctx: Context,
    data: bytes,
    *,
    expected_subject: str | None = None,
    proof_of_entry: bytes | None = None,
    address: str | None = None,
) -> Report:
    """Judge any credential, with every check that this server can make.

    `expected_subject` is the battery that it must be about, in any form that a label or scanner gives; a bare
    GS1 key is one of this installation. `proof_of_entry` is the file that shows the credential in the public
    log (C2SP tlog-proof). Raises: RateLimited; Busy; MalformedIdentifier.
    """
    if address is not None:
        throttling.count(ctx, VERIFY_LIMIT, address)
    if expected_subject is not None:
        expected_subject = identifiers.subject_uri(expected_subject, ctx.settings.origin)
    known = own_policy(ctx)
    policy = replace(known, canonicalize=graphs.worker(ctx).turn())
    policy.read_lists.update(known.read_lists)  # those hung on no graph
    entry, proven_at = None, None
    if proof_of_entry is not None:
        text = proof_of_entry.decode(errors="replace")
        entry, proven_at = log_proof.judged(text, *log_proof.known_logs(policy.trust_list, data))
    return verification.verify(
        data, policy, now=ctx.now(), expected_subject=expected_subject, log=entry, proven_at=proven_at
    )


def verify_own(
    ctx: Context,
    data: bytes,
    kept: Kept,
    expected_subject: str,
    linked: Mapping[str, bytes],
    log: Callable[[], tuple[LogEvidence | ProofError | None, datetime | None]],
) -> Report:
    """Judge a stored document for a page: every byte now; its meaning was checked when it was issued.
    `log` gives its entry in the log, and the time that proves.

    The same bytes under the same lists have the same report for a minute.
    """
    digests = tuple((url, _digest(other)) for url, other in linked.items())
    key = (_digest(data), expected_subject, digests)
    found = kept.reports.get(key)
    if found is None:
        entry, proven_at = log()
        found = verification.verify(
            data,
            kept.policy,
            now=ctx.now(),
            expected_subject=expected_subject,
            linked=linked,
            with_rdfc=False,
            log=entry,
            proven_at=proven_at,
        )
        kept.reports.put(key, found, OBJECTS * len(data))
    return found


def _schema_problems(url: str, document: dict[str, Any]) -> list[str]:
    """What is wrong with a credential by the schema it names. LookupError: not one of our schemas."""
    section, category = schema.schemas()[url]
    return [found.detail for found in schema.validate_credential(section, category, document)]


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
