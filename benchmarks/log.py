"""The public log: what it adds to a transaction, a proof at a million entries, and a checkpoint there.

The database is SQLite on this machine's disk. What issuing pays is the append instead of a plain insert of
the same rows: the documents beside them are stored either way.
"""

import itertools
import random
import secrets
from collections.abc import Callable

from sqlalchemy import insert

from app.core import log, merkle
from app.core.keys import PublicKey
from app.core.times import to_text
from app.services import checkpoints, keys, log_proofs, log_tree
from app.services.context import Context
from app.store.tables import documents, log_entries
from benchmarks import installation, measure
from benchmarks.measure import Group, Target

ENTRIES = 1_000_000
SECTIONS = 4
BODY = secrets.token_bytes(8_000)
PLAIN, APPEND = "plain insert of the rows", "append under the log's lock"
SIGN, PROOF, CHECKED, CHECKPOINT = (
    "a bare P-256 signature",
    "inclusion proof",
    "the same, checked",
    "checkpoint",
)
VERIFY = "a bare P-256 verification"
FIRST = 1_000
"""Row at which the plain inserts begin: above what a new installation has."""


def run(rounds: int) -> list[Group]:
    """Appending first, while the log is small; then at a million entries."""
    with installation.new() as made, installation.new() as other:
        return [_appending(made.ctx, other.ctx, rounds), _at_a_million(made.ctx, rounds)]


def _appending(ctx: Context, other: Context, rounds: int) -> Group:
    """Two databases, so that both kinds of rows come at the end of their table."""
    signer = keys.signer(ctx)
    number, plain_rows = itertools.count(), itertools.count()
    now = ctx.now()
    at = to_text(now)

    def leaves() -> list[tuple[bytes, bytes]]:
        digests = [f"u{next(number):043}" for _ in range(SECTIONS)]
        made = [log.issued("public", one, salt=None, version=1, at=now) for one in digests]
        return [(one, log.leaf_hash(one)) for one in made]

    def rows(log_position: int) -> list[dict[str, object]]:
        return [
            {
                "subject_key": secrets.token_bytes(16), "section": "public", "version": 1,
                "economic_operator_id": ctx.issuer.did, "credential_id": secrets.token_hex(20),
                "digest": "u", "content_digest": bytes(32), "body": BODY, "created_at": at,
                "log_position": log_position + place,
            }
            for place in range(SECTIONS)
        ]  # fmt: skip

    def plain() -> None:
        found, first = leaves(), FIRST + next(plain_rows) * SECTIONS
        with other.engine.begin() as connection:
            connection.execute(
                insert(log_entries),
                [
                    {
                        "log_index": first + place, "leaf": leaf, "leaf_hash": leaf_hash,
                        "economic_operator_id": ctx.issuer.did, "created_at": at,
                    }
                    for place, (leaf, leaf_hash) in enumerate(found)
                ],
            )  # fmt: skip
            connection.execute(insert(documents), rows(first))

    def append() -> None:
        found = leaves()
        with ctx.unit_of_work() as work:
            first = work.log.append_all(found, ctx.issuer.did, at)
            work.documents.add_all(rows(first))
            work.commit()

    costs = measure.rounds(
        {
            PLAIN: measure.cpu(plain, 100),
            APPEND: measure.cpu(append, 100),
            SIGN: measure.cpu(lambda: signer.sign_digest(bytes(32)), 200),
        },
        rounds,
    )
    return Group(
        f"The log in a transaction that stores {SECTIONS} sections",
        (
            measure.figure(costs, APPEND, PLAIN, target=Target(1.15)),
            measure.figure(costs, APPEND, SIGN, label="the same beside a signature"),
        ),
    )


def _at_a_million(ctx: Context, rounds: int) -> Group:
    _grow(ctx, ENTRIES)
    checkpoints.make(ctx)
    with ctx.read() as store:
        head = store.log.heads()[-1]
        root = log_tree.root(store, head, head.size)
    signer = keys.signer(ctx)
    public: PublicKey = signer.public_key
    signature = signer.sign_digest(bytes(32))
    dice = random.Random(20261124)

    def prove() -> tuple[int, tuple[bytes, ...]]:
        index = dice.randrange(head.size)
        with ctx.read() as store:
            return index, log_proofs.prove(store, head, index, head.size)

    def checked() -> None:
        index, proof = prove()
        with ctx.read() as store:
            (leaf,) = store.log.entries(head.first + index, head.first + index + 1)
        assert merkle.verify_inclusion(merkle.leaf_hash(leaf), index, head.size, proof, root)

    costs = measure.rounds(
        {
            PROOF: measure.cpu(prove, 20),
            CHECKED: measure.cpu(checked, 20),
            CHECKPOINT: _checkpoint(ctx),
            VERIFY: measure.cpu(lambda: public.verify_digest(bytes(32), signature), 100),
        },
        rounds,
    )
    return Group(
        f"The log at {ENTRIES:,} entries",
        (
            measure.figure(costs, PROOF, VERIFY, unit="ms", target=Target(10, "value", "ms")),
            measure.figure(costs, CHECKED, VERIFY, unit="ms"),
            measure.figure(costs, CHECKPOINT, VERIFY, unit="ms", label="checkpoint over 500 new entries"),
        ),
        ("a checkpoint works out the tree under the one before again, and stores tiles that became full",),
    )


def _checkpoint(ctx: Context) -> Callable[[], float]:
    def once() -> float:
        _grow(ctx, 500)
        return measure.cpu(lambda: checkpoints.make(ctx), 1)()

    return once


def _grow(ctx: Context, count: int) -> None:
    now = ctx.now()
    at = to_text(now)
    done = 0
    while done < count:
        more = min(20_000, count - done)
        leaves = [log.issued("public", f"u{done + n:043}", salt=None, version=1, at=now) for n in range(more)]
        with ctx.unit_of_work() as work:
            work.log.append_all([(leaf, log.leaf_hash(leaf)) for leaf in leaves], ctx.issuer.did, at)
            work.commit()
        done += more
