"""Trust lists: who may issue what, with which key, signed by an offline root (threats T4 to T7).

  list  {"signed": {…}, "signatures": [{"keyId": "root-1", "signature": "z…"}]}; `signed` as in `trust_shape`
  root  {"version": 1, "threshold": 1, "keys": [{"id": "root-1", "publicKeyMultibase": "z…"}]}
A signature is P-256 over SHA-256 of the canonical JSON (RFC 8785) of `signed`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol

import orjson

from app.core import json_strict, trust_shape
from app.core.canonical import jcs
from app.core.errors import MalformedInput, Rejected
from app.core.keys import PublicKey
from app.core.multibase import multibase_decode_base58btc, multibase_encode_base58btc
from app.core.trust_shape import TrustedIssuer, TrustedKey, TrustList, malformed

__all__ = [
    "MAX_BYTES", "RootSigner", "TrustList", "TrustListExpired", "TrustListRefused", "TrustListRolledBack",
    "TrustedIssuer", "TrustedKey", "build_signed", "parse",
]  # fmt: skip

MAX_BYTES: Final = 1_048_576


class TrustListRefused(Rejected):
    """A trust list whose signatures, age or version do not hold; keep the one before."""

    code: ClassVar[str] = "trust-list-refused"


class TrustListExpired(TrustListRefused):
    """Past its end: what it says may no longer be true, so verdicts become unknown."""


class TrustListRolledBack(TrustListRefused):
    """Older than one that was seen before: somebody may be hiding a revocation."""


class RootSigner(Protocol):
    """Key of the offline root."""

    @property
    def key_id(self) -> str: ...

    def sign_digest(self, digest: bytes) -> bytes:
        """32 bytes of SHA-256 in, 64 bytes r and s out."""
        ...


def parse(data: bytes, root: Mapping[str, Any], now: datetime, newest_seen_version: int = 0) -> TrustList:
    """The trust list in `data`, once enough root keys have signed it.

    1. strict JSON, known members only; 2. at least `threshold` different root keys signed; 3. not older
    than the newest version seen; 4. not expired.
    Raises: MalformedInput, TooLarge; TrustListRefused, TrustListRolledBack, TrustListExpired.
    """
    # (1)
    document = json_strict.loads(data, max_bytes=MAX_BYTES)
    if not isinstance(document, dict) or set(document) != {"signed", "signatures"}:
        raise malformed("", "a trust list has the members signed and signatures")
    signed = document["signed"]
    if not isinstance(signed, dict):
        raise malformed("/signed", "an object is expected")
    # (2)
    _require_threshold(jcs(signed), document["signatures"], root)
    trust_list = trust_shape.read(signed)
    # (3)
    if trust_list.version < newest_seen_version:
        raise TrustListRolledBack("this trust list is older than one seen before")
    # (4)
    if trust_list.expires <= now:
        raise TrustListExpired(f"this trust list ended on {signed['expires']}")
    return trust_list


def build_signed(signed: Mapping[str, Any], signers: Sequence[RootSigner]) -> bytes:
    """The bytes of a signed list. Raises: MalformedInput when `signed` is not a well-formed list."""
    trust_shape.read(signed)
    digest = hashlib.sha256(jcs(dict(signed))).digest()
    signatures = [
        {"keyId": signer.key_id, "signature": multibase_encode_base58btc(signer.sign_digest(digest))}
        for signer in signers
    ]
    return orjson.dumps({"signed": signed, "signatures": signatures})


def _require_threshold(payload: bytes, signatures: Any, root: Mapping[str, Any]) -> None:
    """Each root key counts once, however often it signed, and under however many names it stands in the
    root."""
    keys = {key["id"]: PublicKey.from_multikey(key["publicKeyMultibase"]) for key in root["keys"]}
    threshold = root["threshold"]
    if not isinstance(threshold, int) or threshold < 1:
        raise TrustListRefused("the pinned root asks for no signature")
    if not isinstance(signatures, list) or len(signatures) > 32:
        raise malformed("/signatures", "a list of at most 32 signatures is expected")
    good: set[PublicKey] = set()
    for place, one in enumerate(signatures):
        if not isinstance(one, dict) or set(one) != {"keyId", "signature"}:
            raise malformed(f"/signatures/{place}", "keyId and signature are expected")
        key_id, text = one["keyId"], one["signature"]
        key = keys.get(key_id) if isinstance(key_id, str) else None
        if key is None or key.kind != "P-256" or not isinstance(text, str):
            continue
        try:
            signature = multibase_decode_base58btc(text)
        except MalformedInput:
            continue
        if key.verify(payload, signature):
            good.add(key)
    if len(good) < threshold:
        raise TrustListRefused(f"{threshold} root signatures are needed; {len(good)} hold")
