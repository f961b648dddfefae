"""Checkpoints: a log's size and root, signed by the log and, below that, by witnesses.

Source: C2SP tlog-checkpoint. The text is `origin`, size and root in base64, a line each.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.core.errors import MalformedInput
from app.core.multibase import base64_decode, base64_encode
from app.core.notes import COSIGNATURE, ED25519, Note, Signature, VKey

MAX_SIZE: Final = 2**53 - 1
_TEXT: Final = re.compile(r"([^\n]{1,255})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n((?:[^\n]+\n)*)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one moment. `extra`: lines of the log's own, signed with the rest."""

    origin: str
    size: int
    root: bytes
    extra: str = ""

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64_encode(self.root)}\n{self.extra}"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The text of a note, without its signatures. Raises: MalformedInput."""
        found = _TEXT.fullmatch(text)
        made = None
        if found is not None:
            made = cls(found[1], int(found[2]), base64_decode(found[3]), found[4])
        if made is None or made.size > MAX_SIZE or str(made) != text:
            raise MalformedInput(
                "this is no checkpoint of a log", rule="checkpoint", clause="C2SP tlog-checkpoint"
            )
        return made


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint that its log signed, and the cosignatures of witnesses that were asked about."""

    checkpoint: Checkpoint
    log: VKey
    cosignatures: tuple[tuple[VKey, Signature], ...]


def open_note(note: str, logs: Iterable[VKey], witnesses: Iterable[VKey] = ()) -> Opened:
    """The checkpoint in a signed note, once one of these logs has signed it under its own name.

    Raises: MalformedInput; also when a named witness's cosignature does not hold.
    """
    parsed = Note.parse(note)
    found = Checkpoint.parse(parsed.text)
    named = [key for key in logs if key.kind == ED25519 and key.name == found.origin]
    signed = parsed.signed_by(named)
    if not signed:
        raise MalformedInput("no log that is known here signed this checkpoint", rule="checkpoint")
    seen = parsed.signed_by(key for key in witnesses if key.kind == COSIGNATURE)
    return Opened(found, signed[0][0], tuple(seen))
