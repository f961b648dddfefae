"""Time stamps on checkpoints (RFC 3161): a third party's word for when the log had its entries.

A stamp is over the text of a checkpoint, so it dates every entry below it. It counts when it leads to an
anchor that the trust list pins; certificates sent along are no anchors. Source: credential profile section 7.
"""

import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Final

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from app.core.errors import NotConfigured
from app.core.notes import Note
from app.core.times import parse, to_text
from app.services import checkpoints, trust
from app.services.context import Context
from app.services.log_fetching import Unreachable

DAY: Final = timedelta(days=1)
TIMEOUT_S: Final = 20
MAX_ANSWER: Final = 65_536


def daily(ctx: Context) -> datetime | None:
    """Stamp the newest checkpoint where a service is set and the last stamp is a day old."""
    if ctx.settings.tsa_url is None:
        return None
    with ctx.read() as store:
        last = store.log.newest_timestamp()
    if last is not None and ctx.now() - parse(last) < DAY:
        return None
    return stamp(ctx)


def stamp(ctx: Context) -> datetime:
    """Have the newest checkpoint stamped now. Returns the service's time.

    Raises: NotConfigured without a service or anchors; Unreachable, also for a stamp that does not hold.
    """
    url, anchors = ctx.settings.tsa_url, _anchors(ctx)
    if url is None:
        raise NotConfigured("The setting PASSPORT_TSA_URL is missing: see deploy/env.example.")
    if not anchors:
        raise NotConfigured("The trust list pins no anchor of time stamps: `passport trust anchor add FILE`.")
    checkpoints.make(ctx)
    with ctx.read() as store:
        row = checkpoints.stored(store)
    if row is None:
        raise NotConfigured("There is no checkpoint yet.")
    text = Note.parse(row.note).text.encode()
    request = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
    token = _ask(url, request.as_bytes())
    at = verified(token, text, anchors, nonce=request.nonce)
    if at is None:
        raise Unreachable(f"{url} answered with a time stamp that does not lead to a pinned anchor.")
    with ctx.unit_of_work() as work:
        work.log.set_timestamp(row.log_id, row.size, token, to_text(at))
        work.commit()
    return at


def proven_at(ctx: Context, row: int) -> datetime | None:
    """The time before which an entry (a row of `log_entries`) was in the log, by the first stamp above it."""
    with ctx.read() as store:
        head = store.log.head_of_row(row)
        found = store.log.timestamped_above(head.id, row - head.first) if head is not None else None
    if found is None:
        return None
    text = Note.parse(found.note).text.encode()
    return verified(bytes(found.timestamp_token), text, _anchors(ctx))


def verified(
    token: bytes, text: bytes, anchors: Sequence[x509.Certificate], nonce: int | None = None
) -> datetime | None:
    """The time in a stamp over this text, if it leads to an anchor; None for anything else."""
    builder = VerifierBuilder(roots=list(anchors), nonce=nonce)
    try:
        answer = decode_timestamp_response(token)
        builder.build().verify_message(answer, text)
        at = answer.tst_info.gen_time
    except (VerificationError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _anchors(ctx: Context) -> list[x509.Certificate]:
    trust_list = trust.current(ctx)
    pinned = trust_list.timestamp_anchors if trust_list else ()
    return [x509.load_der_x509_certificate(one) for one in pinned]


def _ask(url: str, query: bytes) -> bytes:
    request = urllib.request.Request(  # noqa: S310  (the setting is http or https)
        url, query, {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            body: bytes = answer.read(MAX_ANSWER)
    except (OSError, urllib.error.URLError, HTTPException, ValueError) as error:
        raise Unreachable(f"{url} cannot be asked: {error}") from None
    return body
