"""Inclusion proofs of stored documents: the file beside each version, and what our own verifier is given.

The checkpoint in a proof is the earliest one that a witness cosigned after the entry, as that one says since
when the document is there; else the newest.
"""

from datetime import datetime
from typing import Any

import orjson

from app.core import log, log_proof, merkle
from app.core.authenticity import Policy
from app.core.errors import ForkedLog, MalformedInput, NotConfigured, NotFound
from app.core.log import LogEvidence
from app.core.proof_error import ProofError
from app.services import checkpoints, log_tree, timestamps
from app.services.context import Context
from app.store.unit_of_work import Store

_NOTHING = "There is no proof for this document yet."


def proof(ctx: Context, row: int | None, digest: str) -> str:
    """The proof that the document of this digest is entered at a row of `log_entries`.

    Raises: NotFound; ForkedLog, NotConfigured when a checkpoint is needed and cannot be made.
    """
    if row is None:
        raise NotFound(_NOTHING)  # stored before documents knew their entries
    with ctx.read() as store:
        head = store.log.head_of_row(row)
        newest = store.log.newest_checkpoint(head.id) if head is not None else None
    if head is None:
        raise NotFound(_NOTHING)
    index = row - int(head.first)
    if newest is None or newest.size <= index:
        checkpoints.make(ctx)
    with ctx.read() as store:
        found = store.log.cosigned_above(head.id, index) or store.log.newest_checkpoint(head.id)
        if found is None or found.size <= index:
            raise NotFound(_NOTHING)
        hashes = prove(store, head, index, found.size)
        (leaf,) = store.log.entries(row, row + 1)
        note = checkpoints.with_cosignatures(store, found)
    salt = log.derived_salt(ctx.secret, digest) if "commitment" in orjson.loads(leaf) else None
    return log_proof.write(leaf, salt, index, hashes, note)


def prove(store: Store, head: Any, index: int, size: int) -> tuple[bytes, ...]:
    """Hashes that lead from an entry to the root of the log's first `size` entries."""
    return merkle.prove_inclusion(index, size, log_tree.reader(store, head, size).node)


def evidence(
    ctx: Context, policy: Policy, body: bytes, row: int | None, digest: str
) -> tuple[LogEvidence | ProofError | None, datetime | None]:
    """What a verification of a stored document is given as `log` and `proven_at`.

    Nothing for an issuer whose log the trust list does not name, and while no proof can be made: the report
    says "not checked" then, as it does for any reader.
    """
    logs, witnesses = log_proof.known_logs(policy.trust_list, body)
    if not logs:
        return None, None
    try:
        text = proof(ctx, row, digest)
    except (NotFound, ForkedLog, NotConfigured, MalformedInput):
        return None, None
    entry, seen_at = log_proof.judged(text, logs, witnesses)
    stamped_at = timestamps.proven_at(ctx, row) if row is not None else None
    return entry, min((at for at in (seen_at, stamped_at) if at is not None), default=None)
