"""Keys as files of mode 0600, refused when others may read them."""

import json
import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.core.errors import NotConfigured
from app.core.keys import PublicKey, raw_signature

_DIGEST = ec.ECDSA(Prehashed(SHA256()))
_MARK = b"Development key of a demo: never for production.\n"
"""Stands before the key in its file, where readers of PEM skip it."""


class FileSigner:
    """A P-256 key in a PEM file. `verification_method` is the name that goes into each proof."""

    def __init__(self, path: Path, verification_method: str) -> None:
        """Raises: NotConfigured when the file is missing, readable by others, or not a P-256 key."""
        self.verification_method = verification_method
        key = read_private_key(path)
        if not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)):
            raise NotConfigured(f"The key file {path} does not hold a P-256 key.")
        self._key = key
        self.public_key = PublicKey.from_cryptography(key.public_key())

    @property
    def key_id(self) -> str:
        """The same name, as the trust list's root calls it."""
        return self.verification_method

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes of SHA-256. Returns 64 bytes, r then s."""
        return raw_signature(self._key.sign(digest, _DIGEST))


def create(path: Path, *, development: bool = False) -> None:
    """Write a new P-256 key to a new file of mode 0600, marked if it is for a demo."""
    key = ec.generate_private_key(ec.SECP256R1())
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_secret(path, _MARK + data if development else data)


def is_development(path: Path) -> bool:
    """A key that was made for a demo: it bears the mark, or lies with the data of one."""
    if read_secret(path).startswith(_MARK):
        return True
    try:
        stored = json.loads((path.resolve().parent.parent / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stored, dict) and stored.get("demo") is True


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read; it is on disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_secret(path: Path) -> bytes:
    """Read a secret file. Raises: NotConfigured when it is missing, readable by others, or not by us."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise NotConfigured(f"The key file {path} may be read by others; run: chmod 600 {path}")
        return path.read_bytes()
    except FileNotFoundError:
        raise NotConfigured(f"The key file {path} is missing; restore it from your backup.") from None
    except OSError as error:
        raise NotConfigured(
            f"The key file {path} cannot be read: {error.strerror}. It must belong to the user that the"
            " service runs as."
        ) from None


def read_private_key(path: Path) -> PrivateKeyTypes:
    """The key in a PEM file without a password. Raises: NotConfigured."""
    try:
        return load_pem_private_key(read_secret(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: one with a password
        raise NotConfigured(f"{path} does not hold a private key in PEM form without a password.") from None
