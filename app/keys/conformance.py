"""Keys of the conformance mode: made at its start, held in memory alone, gone when it ends. Never for use."""

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from app.core.keys import KeyKind, PublicKey, raw_signature

KINDS: Final[tuple[KeyKind, ...]] = ("P-256", "P-384", "Ed25519")


class ConformanceKey:
    """A key that is its own issuer, as did:key."""

    def __init__(self, kind: KeyKind) -> None:
        self._private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
        if kind == "Ed25519":
            self._private = ed25519.Ed25519PrivateKey.generate()
        else:
            self._private = ec.generate_private_key(ec.SECP384R1() if kind == "P-384" else ec.SECP256R1())
        self.kind = kind
        self.public_key = PublicKey.from_cryptography(self._private.public_key())
        text = self.public_key.to_multikey()
        self.did = f"did:key:{text}"
        self.verification_method = f"{self.did}#{text}"

    def sign(self, data: bytes) -> bytes:
        """A signature over `data` with the hash of the curve, in the form of proofs."""
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(data)
        hash_ = hashes.SHA384() if self.kind == "P-384" else hashes.SHA256()
        return raw_signature(self._private.sign(data, ec.ECDSA(hash_)), self.kind)
