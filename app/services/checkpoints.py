"""The sequencer: signs the tree as it grows, and never one that contradicts what it signed before.

In order: (1) tiles that are full are stored, a few in each transaction; (2) in one transaction that holds the
log, the tree under the newest checkpoint is worked out again and compared, and a checkpoint of the whole tree
is signed and stored; (3) the newest checkpoint is noted beside the database, so that a database put back from
an older copy is noticed. Two sequencers at once make one checkpoint: the second finds it made.
Source: T42, T43; credential profile section 7.
"""

import os
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from app.core import log_proof
from app.core.checkpoint import Checkpoint
from app.core.errors import ForkedLog, MalformedInput, NotConfigured
from app.core.notes import Note, VKey
from app.core.times import parse, to_text
from app.services import log_tree, trust
from app.services.context import Context
from app.store.unit_of_work import Store

MAX_AGE: Final = timedelta(seconds=5)
HEAD_FILE: Final = "log-head"
"""In the data directory: the newest checkpoint that anybody may have seen."""


def vkeys(ctx: Context) -> list[VKey]:
    """Keys of all logs of this installation, oldest first."""
    return [ctx.log_keys[number].vkey for number in sorted(ctx.log_keys)]


def make(ctx: Context) -> str | None:
    """The newest checkpoint as a signed note; made now where entries wait. None while there is no log.

    Raises: ForkedLog when what is stored does not extend what was signed; NotConfigured without its key.
    """
    while _store_tiles(ctx):  # (1)
        pass
    now = to_text(ctx.now())
    with ctx.unit_of_work() as work:  # (2)
        head = work.log.held()
        if head is None:
            return None
        newest = work.log.newest_checkpoint(head.id)
        if newest is not None and newest.size == head.size:
            return str(newest.note)
        log_tree.fill(work, head)
        key = ctx.log_keys.get(head.id)
        if key is None:
            raise NotConfigured(f"The key of log {head.id} is missing in {ctx.settings.keys_dir}.")
        _require_extension(ctx, work, head, newest)
        made = Checkpoint(key.vkey.name, head.size, log_tree.root(work, head, head.size))
        note = f"{made}\n{key.sign(str(made))}"
        work.log.add_checkpoint(number=head.id, size=made.size, root=made.root, note=note, at=now)
        work.commit()
    _note_head(ctx, made, note)  # (3)
    return note


def newest(ctx: Context) -> str | None:
    """The newest checkpoint of the open log, made now where entries wait and the last one is not of a moment
    ago. None while there is none."""
    with ctx.read() as store:
        found, heads = stored(store), store.log.heads()
    if found is not None:
        age = ctx.now() - parse(found.created_at)
        if found.size == heads[-1].size or timedelta(0) <= age < MAX_AGE:
            return str(found.note)
    return make(ctx)


def stored(store: Store) -> Any:
    """The row of the newest checkpoint of the open log; None while there is none."""
    heads = store.log.heads()
    return store.log.newest_checkpoint(heads[-1].id) if heads else None


def to_keep(ctx: Context) -> str:
    """A checkpoint of the whole log, made now, with its cosignatures. Raises: NotConfigured while there is no
    log; as `make`."""
    make(ctx)
    with ctx.read() as store:
        row = stored(store)
        if row is None:
            raise NotConfigured("There is no log yet.")
        return with_cosignatures(store, row)


def with_cosignatures(store: Store, row: Any) -> str:
    """A stored checkpoint with the lines of its witnesses."""
    return str(row.note) + "".join(store.log.cosignatures(row.log_id, row.size))


def require_not_behind(ctx: Context) -> None:
    """At a start: the database holds all that was published, and the key of its newest log is here.

    Raises: NotConfigured, saying what to do.
    """
    with ctx.read() as store:
        heads = store.log.heads()
    if heads and heads[-1].id not in ctx.log_keys:
        raise NotConfigured(
            f"No key of log {heads[-1].id} lies in {ctx.settings.keys_dir}; restore it from your backup."
        )
    seen = _head(ctx)
    if seen is None:
        return
    trouble = behind(ctx, seen)
    if trouble:
        raise NotConfigured(
            f"{trouble} It was put back from an older copy, or changed. Restore a newer one. Where there is"
            " none, `passport log close --reason ...` begins a new log that says so: see"
            " docs/runbooks/forked-log.md."
        )


def behind(ctx: Context, seen: Checkpoint) -> str | None:
    """Why the database does not hold what this checkpoint of ours says; None when it does."""
    with ctx.read() as store:
        return _behind(ctx, store.log.heads(), store, seen)


def witnesses(ctx: Context) -> list[VKey]:
    """Those whose cosignatures count, by the newest trust list."""
    trust_list = trust.current(ctx)
    return log_proof.keys(trust_list.witnesses if trust_list else ())


def published_head(ctx: Context) -> Checkpoint | None:
    """The newest checkpoint that this installation noted beside its database."""
    return _head(ctx)


def _store_tiles(ctx: Context) -> int:
    with ctx.read() as store:
        heads = store.log.heads()
        if not heads or store.log.full_tiles(heads[-1].id) >= heads[-1].size // 256:
            return 0
    with ctx.unit_of_work() as work:
        head = work.log.held()
        stored = log_tree.fill(work, head, log_tree.FEW) if head is not None else 0
        work.commit()
    return stored


def _require_extension(ctx: Context, store: Store, head: Any, newest: Any) -> None:
    """What was signed, and what was noted as published, is the beginning of what is stored now."""
    if newest is not None:
        if newest.size > head.size:
            raise ForkedLog(f"Log {head.id} is smaller than its newest checkpoint.")
        if log_tree.root(store, head, newest.size) != bytes(newest.root):
            raise ForkedLog(f"Entries of log {head.id} below {newest.size} are not those that were signed.")
    seen = _head(ctx)
    if seen is not None and (trouble := _behind(ctx, [head], store, seen)):
        raise ForkedLog(trouble)


def _behind(ctx: Context, heads: Sequence[Any], store: Store, seen: Checkpoint) -> str | None:
    """Why the database does not hold what `seen` says; None when it does."""
    numbers = {key.vkey.name: number for number, key in ctx.log_keys.items()}
    head = next((one for one in heads if one.id == numbers.get(seen.origin)), None)
    if head is None:
        is_older = seen.origin in numbers and any(one.id > numbers[seen.origin] for one in heads)
        return None if is_older else f"The database knows nothing of {seen.origin}."
    if head.closed_at:
        return None
    if head.size < seen.size:
        return f"The database holds {head.size} entries of {seen.origin}, but {seen.size} were published."
    if log_tree.root(store, head, seen.size) != seen.root:
        return f"The first {seen.size} entries of {seen.origin} are not those that were published."
    return None


def _head(ctx: Context) -> Checkpoint | None:
    path = ctx.settings.data_dir / HEAD_FILE
    try:
        return Checkpoint.parse(Note.parse(path.read_text(encoding="utf-8")).text)
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, MalformedInput):
        raise NotConfigured(f"{path} cannot be read: restore it from your backup.") from None


def _note_head(ctx: Context, made: Checkpoint, note: str) -> None:
    seen = _head(ctx)
    if seen is not None and seen.origin == made.origin and seen.size >= made.size:
        return  # another process was faster
    write_whole(ctx.settings.data_dir / HEAD_FILE, note)


def write_whole(path: Path, text: str) -> None:
    """Replace a file so that readers see the old text or the new one; the new one, also after a power cut,
    once this returned."""
    handle, temporary = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # other threads write, too
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
