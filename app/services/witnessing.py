"""Being a witness of another installation's log: remember what it said, and cosign only what continues it.

In order: (1) fetch the newest checkpoint, signed by the log's known key; (2) work its root out from the log's
tiles, and the root of the checkpoint seen before; (3) write the new one down; (4) cosign it. What contradicts
is refused, and both checkpoints are kept: together they prove the fork to anybody. Source: C2SP
tlog-witness, tlog-cosignature; T42.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core import checkpoint, log_proof, merkle, tiles
from app.core.checkpoint import Opened
from app.core.errors import Conflict, ForkedLog, MalformedInput, NotConfigured
from app.core.notes import COSIGNATURE, Note, VKey
from app.core.times import to_seconds, to_text
from app.keys import log as log_keys
from app.keys.log import NoteKey
from app.services import checkpoints, trust
from app.services.context import Context
from app.services.log_fetching import RemoteLog
from app.store.unit_of_work import Collision

DIRECTORY: Final = "witness"
KEY: Final = "witness.pem"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What was seen, and what to give to the log."""

    note: str
    """The checkpoint with our cosignature."""
    witness: VKey
    size: int
    before: int | None
    """Size of the checkpoint that was seen last; None at the first sight."""


def witness(ctx: Context, log: RemoteLog, vkey: str | None = None) -> Cosigned:
    """Look at another log and cosign its newest checkpoint.

    `vkey` is needed at the first sight of a log that the trust list does not name. Raises: ForkedLog;
    Unreachable; MalformedInput when the checkpoint is not signed by the known key; NotConfigured; Conflict
    while another run looks at a log.
    """
    directory = ctx.settings.data_dir / DIRECTORY
    directory.mkdir(mode=0o700, exist_ok=True)
    with _alone(directory):
        return _witness(ctx, log, vkey, directory)


def _witness(ctx: Context, log: RemoteLog, vkey: str | None, directory: Path) -> Cosigned:
    note = log.checkpoint()  # (1)
    state = directory / f"{hashlib.sha256(_origin(note).encode()).hexdigest()[:32]}.json"
    known = json.loads(state.read_text(encoding="utf-8")) if state.exists() else None
    keys = _keys(ctx, known, vkey)
    if not keys:
        raise NotConfigured(
            "The key of this log is not known here: give it with --vkey, as its operator told it."
        )
    seen = checkpoint.open_note(note, keys)
    before = checkpoint.open_note(known["note"], keys) if known else None
    trouble = _contradiction(log, before, seen)  # (2)
    if trouble is not None and known is not None:
        kept = _keep_evidence(ctx, directory, known["note"], note)
        raise ForkedLog(f"{trouble} Both checkpoints are kept in {kept}: do not delete them.")
    if trouble is not None:
        raise ForkedLog(trouble)
    text = json.dumps({"url": log.url, "vkey": str(seen.log), "note": note, "at": to_seconds(ctx.now())})
    checkpoints.write_whole(state, text)  # (3)
    own = own_key(ctx)
    line = own.cosign(str(seen.checkpoint), ctx.now())  # (4)
    own_line = Note.parse(note).signed_by([seen.log])[0][1].line
    size = before.checkpoint.size if before else None
    return Cosigned(f"{seen.checkpoint}\n{own_line}{line}", own.vkey, seen.checkpoint.size, size)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One run at a time: of two at once the slower would write an older checkpoint over a newer one, and a
    fork between them would be cosigned. Nothing is left behind by a kill. Raises: Conflict."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict("Another run of `passport log witness` is not done yet: call this again.") from None
    finally:
        os.close(handle)


def own_key(ctx: Context) -> NoteKey:
    """Our key as a witness, made when it is first needed."""
    path = ctx.settings.keys_dir / KEY
    if not path.exists():
        log_keys.create(path)
    return NoteKey(path, f"{ctx.settings.origin.partition('://')[2]}/witness", COSIGNATURE)


def take(ctx: Context, note: str, more: str | None = None) -> list[str]:
    """Add cosignatures of listed witnesses to our own checkpoint. Returns their names.

    `more` is the verifier key of a witness that the list does not name (yet). Raises: MalformedInput when
    this is no checkpoint of ours or no known witness signed it; ForkedLog when it contradicts ours.
    """
    known = checkpoints.witnesses(ctx) + ([VKey.parse(more)] if more else [])
    opened = checkpoint.open_note(note, checkpoints.vkeys(ctx), known)
    found = opened.checkpoint
    number = next(number for number, key in ctx.log_keys.items() if key.vkey == opened.log)
    if not opened.cosignatures:
        raise MalformedInput("No witness of the trust list cosigned this checkpoint.", rule="cosignature")
    now = ctx.now()
    if any((signature.time - now).total_seconds() > 300 for _, signature in opened.cosignatures):
        raise MalformedInput("The witness's clock is ahead of ours.", rule="cosignature")
    taken = []
    for key, signature in opened.cosignatures:
        try:
            with ctx.unit_of_work() as work:
                row = work.log.checkpoint(number, found.size)
                if row is None or bytes(row.root) != found.root:
                    raise ForkedLog(
                        f"A checkpoint of {found.size} entries with our signature is not one that we hold."
                    )
                work.log.add_cosignature(
                    number=number, size=found.size, witness=key.name, line=signature.line, at=to_text(now)
                )
                work.commit()
        except Collision:
            continue  # taken before
        taken.append(key.name)
    return taken


def _keys(ctx: Context, known: dict[str, str] | None, vkey: str | None) -> list[VKey]:
    """Once a log was seen, its key is the one of then: another one is another log."""
    if known is not None:
        return [VKey.parse(known["vkey"])]
    if vkey is not None:
        return [VKey.parse(vkey)]
    trust_list = trust.current(ctx)
    issuers = trust_list.issuers.values() if trust_list else ()
    return [key for issuer in issuers for key in log_proof.keys(issuer.logs)]


def _contradiction(log: RemoteLog, before: Opened | None, seen: Opened) -> str | None:
    """Why the tree that is shown now does not continue what was seen; None when it does."""
    now, then = seen.checkpoint, before.checkpoint if before else None
    if then is not None and now.size < then.size:
        return f"{now.origin} has shrunk: {then.size} entries were seen, {now.size} are shown."
    if then is not None and now.size == then.size and now.root != then.root:
        return f"{now.origin} is forked: two trees of {now.size} entries."
    node = tiles.Reader(now.size, log.fetch).node
    if merkle.root_of(now.size, node) != now.root:
        return f"The tiles of {now.origin} are not those of its checkpoint of {now.size} entries."
    if then is not None and merkle.root_of(then.size, node) != then.root:
        return f"{now.origin} is forked: its {now.size} entries do not begin with the {then.size} seen."
    return None


def _keep_evidence(ctx: Context, directory: Path, before: str, seen: str) -> Path:
    kept = directory / f"fork-{to_seconds(ctx.now()).replace(':', '')}"
    kept.mkdir(mode=0o700, exist_ok=True)
    checkpoints.write_whole(kept / "seen-before.txt", before)
    checkpoints.write_whole(kept / "shown-now.txt", seen)
    return kept


def _origin(note: str) -> str:
    return note.partition("\n")[0]
