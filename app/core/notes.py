"""Signed notes: a text, and lines of signatures under it, each by a key with a name.

A checkpoint of a log is such a note; witnesses add their lines below the log's own. Two kinds of key are
known: Ed25519 over the text, and a witness's cosignature, which says when it was made.
Source: C2SP signed-note v1.0.0; C2SP tlog-cosignature, Ed25519.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from app.core.errors import MalformedInput
from app.core.keys import PublicKey
from app.core.multibase import base64_decode, base64_encode

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MAX_NOTE: Final = 65_536
MAX_SIGNATURES: Final = 32

Kind = Literal[1, 4]
_LENGTHS: Final[dict[int, int]] = {ED25519: 64, COSIGNATURE: 72}
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f\x85\ufeff]{1,255}")
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH: Final = "\u2014 "
_LAST_TIME: Final = 253_402_300_799  # the year 9999 ends


@dataclass(frozen=True, slots=True)
class VKey:
    """A verifier key: whose, which kind, and the 32 bytes of Ed25519. Its text is `name+hexid+base64`."""

    name: str
    kind: Kind
    public_key: PublicKey

    @classmethod
    def parse(cls, text: str) -> "VKey":
        """From `name+keyid+base64(type and key)`. Raises: MalformedInput, also for a key id that is not of
        this name and key."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        if not (_NAME.fullmatch(name) and _KEY_ID.fullmatch(key_id)):
            raise _malformed("name+keyid+key is expected")
        data = base64_decode(encoded)
        if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
            raise _malformed("a key of a kind we do not take")
        kind: Kind = 1 if data[0] == ED25519 else 4
        made = cls(name, kind, PublicKey("Ed25519", data[1:]))
        if made.key_id.hex() != key_id:
            raise _malformed("the key id is of another key")
        return made

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key beside its name; no proof of anything."""
        material = self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key.raw
        return hashlib.sha256(material).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64_encode(bytes([self.kind]) + self.public_key.raw)}"

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether these bytes (without the key id) are this key's signature of the note text."""
        if len(signature) != _LENGTHS[self.kind]:
            return False
        if self.kind == ED25519:
            return self.public_key.verify(text.encode(), signature)
        time = int.from_bytes(signature[:8])
        return time <= _LAST_TIME and self.public_key.verify(cosigned(text, time), signature[8:])

    def line(self, signature: bytes) -> str:
        """The signature as a line of a note, with its newline."""
        return f"{_DASH}{self.name} {base64_encode(self.key_id + signature)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note. `data` is without the key id; unverified until a `VKey` says so."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """As it stands in the note, with its newline."""
        return f"{_DASH}{self.name} {base64_encode(self.key_id + self.data)}\n"

    @property
    def time(self) -> datetime:
        """When a cosignature was made, by the witness's clock; only for one that holds."""
        return datetime.fromtimestamp(int.from_bytes(self.data[:8]), UTC)


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Raises: MalformedInput for anything that is not exactly a signed note."""
        if len(note.encode()) > MAX_NOTE or _CONTROL.search(note):
            raise _malformed("too long, or with control characters")
        head, empty, tail = note.rpartition("\n\n")
        lines = tail.split("\n")
        if not empty or lines[-1] != "" or not 1 <= len(lines) - 1 <= MAX_SIGNATURES:
            raise _malformed("a text, an empty line and lines of signatures are expected")
        return cls(f"{head}\n", tuple(_signature(line) for line in lines[:-1]))

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(one.line for one in self.signatures)}"

    def signed_by(self, keys: Iterable[VKey]) -> list[tuple[VKey, Signature]]:
        """The signatures by these keys, all of which hold; those of others are left alone.

        Raises: MalformedInput when one of these keys is named and its signature does not hold.
        """
        known = {(key.name, key.key_id): key for key in keys}
        found = []
        for one in self.signatures:
            key = known.get((one.name, one.key_id))
            if key is None:
                continue
            if not key.verify(self.text, one.data):
                raise _malformed("a signature under this note does not hold")
            found.append((key, one))
        return found


def cosigned(text: str, time: int) -> bytes:
    """What a witness signs: when, in seconds since 1970, and the whole text of the note."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosignature(time: int, signature: bytes) -> bytes:
    """Bytes of a cosignature for `VKey.line`: the time, then the signature of `cosigned`."""
    return time.to_bytes(8) + signature


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _NAME.fullmatch(name):
        raise _malformed("a line that is no signature")
    data = base64_decode(encoded)
    if len(data) < 5:
        raise _malformed("a signature that is too short")
    return Signature(name, data[:4], data[4:])


def _malformed(detail: str) -> MalformedInput:
    return MalformedInput(detail, rule="signed-note", clause="C2SP signed-note")
