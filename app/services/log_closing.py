"""Closing a log: the declared way on after a restore from a backup that is older than what was published.

The new log's first entry names the old one, its last size and root, and the last checkpoint that was seen of
it beyond that. Entries of the old log that no checkpoint here covers follow, so that their documents are
proven again. Proofs of the old log go on holding: its key stays on the trust list. Source: T42, T43, T46.
"""

from typing import Any

from app.core import checkpoint, log
from app.core.checkpoint import Checkpoint
from app.core.errors import MalformedInput, NotConfigured
from app.core.multibase import multibase_encode_base64url
from app.core.times import to_text
from app.keys import log as log_keys
from app.services import checkpoints, log_tree, reasons
from app.services.context import Context


def close(ctx: Context, reason: str, published: str | None = None) -> int:
    """End the open log and begin the next. Returns its number; the caller opens the installation anew to
    sign its first checkpoint, as its key is new.

    `published` is the newest checkpoint that anybody has; that noted beside the database is known anyway.
    Raises: MalformedInput for no reason, or a checkpoint that is not the open log's; NotConfigured.
    """
    reason = reasons.checked(reason)
    now = ctx.now()
    seen = _furthest(ctx, published)
    with ctx.unit_of_work() as work:
        head = work.log.held()
        if head is None:
            raise NotConfigured("There is no log to close.")
        name = log.origin(ctx.settings.origin, head.id)
        if seen is not None and seen.origin != name:
            raise MalformedInput(
                f"The checkpoint is of {seen.origin}, the open log is {name}.", rule="checkpoint"
            )
        newest = work.log.newest_checkpoint(head.id)
        covered = int(newest.size) if newest is not None else 0
        earlier = {"origin": name, "size": head.size, "root": _text(log_tree.root(work, head, head.size))}
        beyond = None
        if seen is not None and (seen.size > covered or newest is None or seen.root != bytes(newest.root)):
            beyond = {"size": seen.size, "root": _text(seen.root)}
        number = int(head.id) + 1
        path = ctx.settings.keys_dir / f"log-{number}.pem"
        if not path.exists():  # left by a run that did not come further
            log_keys.create(path)
        tail = work.log.entries(head.first + covered, head.first + head.size)
        work.log.close(head.id, to_text(now))
        leaves = [log.begun(number, earlier, reason, beyond, now), *tail]
        first = work.log.append_all(
            [(leaf, log.leaf_hash(leaf)) for leaf in leaves], ctx.issuer.did, to_text(now)
        )
        work.log.move(head.first + covered, head.first + head.size, first + 1)
        work.commit()
    return number


def _furthest(ctx: Context, published: str | None) -> Checkpoint | None:
    """The largest checkpoint of ours that is known beside the database."""
    seen: list[Any] = [checkpoints.published_head(ctx)]
    if published is not None:
        seen.append(checkpoint.open_note(published, checkpoints.vkeys(ctx)).checkpoint)
    return max((one for one in seen if one is not None), key=lambda one: one.size, default=None)


def _text(root: bytes) -> str:
    return multibase_encode_base64url(root)
