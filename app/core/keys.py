"""Public keys as values: P-256, P-384, Ed25519. Private keys live behind `proof.Signer`, never here.

Source: Controlled Identifiers 1.0, 2.2.2 Multikey and 2.2.3 JsonWebKey; FIPS 186-5; RFC 7518; RFC 8037.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from app.core.errors import MalformedInput
from app.core.multibase import (
    base64url_decode,
    base64url_encode,
    multibase_decode_base58btc,
    multibase_encode_base58btc,
)

KeyKind = Literal["P-256", "P-384", "Ed25519"]

_PREFIXES: Final[dict[KeyKind, bytes]] = {
    "P-256": b"\x80\x24",
    "P-384": b"\x81\x24",
    "Ed25519": b"\xed\x01",
}
_RAW_LENGTHS: Final[dict[KeyKind, int]] = {"P-256": 33, "P-384": 49, "Ed25519": 32}
_SIGNATURE_LENGTHS: Final[dict[KeyKind, int]] = {"P-256": 64, "P-384": 96, "Ed25519": 64}
_ORDERS: Final[dict[KeyKind, int]] = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key on its curve: `raw` is the compressed point (P-256: 33 bytes, P-384: 49) or the 32 bytes of
    Ed25519.

    Raises: MalformedInput when the bytes are no point of the curve.
    """

    kind: KeyKind
    raw: bytes

    def __post_init__(self) -> None:
        _loaded(self.kind, self.raw)

    @classmethod
    def from_multikey(cls, text: str) -> "PublicKey":
        """From `publicKeyMultibase`: `z`, base58btc, multicodec prefix and key. Raises: MalformedInput."""
        data = multibase_decode_base58btc(text)
        for kind, prefix in _PREFIXES.items():
            if data.startswith(prefix):
                return cls(kind, data[len(prefix) :])
        raise MalformedInput("a key of a kind we do not take", rule="multikey", clause="CID 1.0 2.2.2")

    @classmethod
    def from_jwk(cls, jwk: dict[str, str]) -> "PublicKey":
        """From a public JSON Web Key; members other than kty, crv, x, y are not read. Raises:
        MalformedInput."""
        try:
            if (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519"):
                return cls("Ed25519", base64url_decode(jwk["x"]))
            curves: dict[str, tuple[KeyKind, ec.EllipticCurve]] = {
                "P-256": ("P-256", ec.SECP256R1()),
                "P-384": ("P-384", ec.SECP384R1()),
            }
            kind, curve = curves[jwk["crv"]]
            point = b"\x04" + base64url_decode(jwk["x"]) + base64url_decode(jwk["y"])
            key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
        except (KeyError, ValueError, TypeError):
            raise MalformedInput(
                "not a P-256, P-384 or Ed25519 public key", rule="jwk", clause="RFC 7517"
            ) from None
        return cls(kind, _compressed(key))

    @classmethod
    def from_cryptography(cls, key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> "PublicKey":
        """From the `cryptography` package's object. Raises: MalformedInput for another curve."""
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls("Ed25519", key.public_bytes_raw())
        kinds: dict[str, KeyKind] = {"secp256r1": "P-256", "secp384r1": "P-384"}
        if key.curve.name not in kinds:
            raise MalformedInput("a key of a kind we do not take", rule="key-kind")
        return cls(kinds[key.curve.name], _compressed(key))

    def to_multikey(self) -> str:
        return multibase_encode_base58btc(_PREFIXES[self.kind] + self.raw)

    def to_jwk(self) -> dict[str, str]:
        """Members in the order of RFC 7638, so that a thumbprint is a hash of this."""
        key = _loaded(self.kind, self.raw)
        if isinstance(key, ed25519.Ed25519PublicKey):
            return {"crv": "Ed25519", "kty": "OKP", "x": base64url_encode(self.raw)}
        size = (key.curve.key_size + 7) // 8
        numbers = key.public_numbers()
        return {
            "crv": self.kind,
            "kty": "EC",
            "x": base64url_encode(numbers.x.to_bytes(size)),
            "y": base64url_encode(numbers.y.to_bytes(size)),
        }

    def hash(self, data: bytes) -> bytes:
        """The hash that goes with this key: SHA-384 for P-384, else SHA-256."""
        return (hashlib.sha384 if self.kind == "P-384" else hashlib.sha256)(data).digest()

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether `signature` over `data` is this key's: r and s, fixed length, each in 1..n-1; or
        Ed25519's 64 bytes."""
        key = _loaded(self.kind, self.raw)
        if not isinstance(key, ed25519.Ed25519PublicKey):
            return self.verify_digest(self.hash(data), signature)
        if len(signature) != 64:
            return False
        try:
            key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def verify_digest(self, digest: bytes, signature: bytes) -> bool:
        """ECDSA over a ready digest (32 bytes for P-256, 48 for P-384); always False for Ed25519, which has
        none."""
        key = _loaded(self.kind, self.raw)
        if isinstance(key, ed25519.Ed25519PublicKey) or len(signature) != _SIGNATURE_LENGTHS[self.kind]:
            return False
        half = len(signature) // 2
        r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        if not (0 < r < _ORDERS[self.kind] and 0 < s < _ORDERS[self.kind]):
            return False
        algorithm = hashes.SHA384() if self.kind == "P-384" else hashes.SHA256()
        if len(digest) != algorithm.digest_size:
            return False
        try:
            key.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(algorithm)))
        except InvalidSignature:
            return False
        return True


def raw_signature(der: bytes, kind: KeyKind = "P-256") -> bytes:
    """r and s of a DER signature as fixed-length bytes, as proofs and JOSE carry them."""
    r, s = utils.decode_dss_signature(der)
    half = _SIGNATURE_LENGTHS[kind] // 2
    return r.to_bytes(half) + s.to_bytes(half)


@lru_cache(maxsize=256)
def _loaded(kind: KeyKind, raw: bytes) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey:
    """Point decompression costs as much as a signature check, and few keys sign many documents."""
    if kind not in _RAW_LENGTHS or len(raw) != _RAW_LENGTHS[kind]:
        raise MalformedInput("a key of a wrong length", rule="key-length")
    try:
        if kind == "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        curve = ec.SECP384R1() if kind == "P-384" else ec.SECP256R1()
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, raw)
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedInput("these bytes are no point of the curve", rule="key-point") from None


def _compressed(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
