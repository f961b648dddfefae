"""Signatures of root keys under a trust list or a trust root (threats T5, T46).

A root is read as `trust_root` describes it: `{"version", "threshold", "keys"}`, or that under `signed`. A
signature is P-256 over SHA-256 of the canonical JSON (RFC 8785) of `signed`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Protocol

from app.core.canonical import jcs
from app.core.errors import MalformedInput, Rejected
from app.core.keys import PublicKey
from app.core.multibase import multibase_decode_base58btc, multibase_encode_base58btc
from app.core.trust_shape import malformed

MAX_SIGNATURES: Final = 32


class TrustListRefused(Rejected):
    """A trust list or root whose signatures, age or version do not hold; keep the one before."""

    code: ClassVar[str] = "trust-list-refused"


class RootSigner(Protocol):
    """Key of the offline root."""

    @property
    def key_id(self) -> str: ...

    def sign_digest(self, digest: bytes) -> bytes:
        """32 bytes of SHA-256 in, 64 bytes r and s out."""
        ...


def digest_of(signed: Mapping[str, Any]) -> bytes:
    """What a root key signs."""
    return hashlib.sha256(jcs(dict(signed))).digest()


def sign(signed: Mapping[str, Any], signers: Sequence[RootSigner]) -> list[dict[str, str]]:
    """The `signatures` of a list or root."""
    digest = digest_of(signed)
    return [
        {"keyId": signer.key_id, "signature": multibase_encode_base58btc(signer.sign_digest(digest))}
        for signer in signers
    ]


def require_threshold(signed: Mapping[str, Any], signatures: Any, root: Mapping[str, Any]) -> None:
    """At least `threshold` different keys of `root` signed. Each counts once, however often it signed, and
    under however many names it stands in the root.

    Raises: MalformedInput; TrustListRefused.
    """
    root = root.get("signed", root)
    keys = {key["id"]: PublicKey.from_multikey(key["publicKeyMultibase"]) for key in root["keys"]}
    threshold = root["threshold"]
    if not isinstance(threshold, int) or threshold < 1:
        raise TrustListRefused("the pinned root asks for no signature")
    good = {
        keys[key_id]
        for key_id, text in pairs(signatures)
        if key_id in keys and holds(keys[key_id], signed, text)
    }
    if len(good) < threshold:
        raise TrustListRefused(f"{threshold} root signatures are needed; {len(good)} hold")


def pairs(signatures: Any) -> list[tuple[str, Any]]:
    """Names of keys with their signatures. Raises: MalformedInput."""
    if not isinstance(signatures, list) or len(signatures) > MAX_SIGNATURES:
        raise malformed("/signatures", f"a list of at most {MAX_SIGNATURES} signatures is expected")
    for place, one in enumerate(signatures):
        if not isinstance(one, dict) or set(one) != {"keyId", "signature"}:
            raise malformed(f"/signatures/{place}", "keyId and signature are expected")
    return [(one["keyId"], one["signature"]) for one in signatures if isinstance(one["keyId"], str)]


def holds(key: PublicKey, signed: Mapping[str, Any], text: Any) -> bool:
    """Whether `text` is this key's signature."""
    if key.kind != "P-256" or not isinstance(text, str):
        return False
    try:
        return key.verify_digest(digest_of(signed), multibase_decode_base58btc(text))
    except MalformedInput:
        return False
