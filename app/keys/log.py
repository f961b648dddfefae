"""Ed25519 keys that sign checkpoints of a log, ours or, as a witness, another's. Files of mode 0600."""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from app.core import notes
from app.core.errors import NotConfigured
from app.core.keys import PublicKey
from app.core.notes import VKey
from app.keys.file import read_private_key, write_secret


class NoteKey:
    """An Ed25519 key in a PEM file, with the name under which it signs notes."""

    def __init__(self, path: Path, name: str, kind: notes.Kind = 1) -> None:
        """Raises: NotConfigured when the file is missing, readable by others, or not an Ed25519 key."""
        key = read_private_key(path)
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise NotConfigured(f"The key file {path} does not hold an Ed25519 key.")
        self._key = key
        self.vkey = VKey(name, kind, PublicKey.from_cryptography(key.public_key()))

    def sign(self, text: str) -> str:
        """The line that signs this text as a note; for the log's own key."""
        return self.vkey.line(self._key.sign(text.encode()))

    def cosign(self, text: str, at: datetime) -> str:
        """The line that says: seen at this time, and consistent with all that was seen before."""
        time = int(at.timestamp())
        return self.vkey.line(notes.cosignature(time, self._key.sign(notes.cosigned(text, time))))


def create(path: Path) -> None:
    """Write a new Ed25519 key to a new file of mode 0600."""
    key = ed25519.Ed25519PrivateKey.generate()
    write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
