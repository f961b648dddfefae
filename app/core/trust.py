"""Trust lists: who may issue what, with which key, signed by an offline root (threats T4 to T7).

  list  {"signed": {…}, "signatures": [{"keyId": "root-1", "signature": "z…"}]}; `signed` as in `trust_shape`
A signature is P-256 over SHA-256 of the canonical JSON (RFC 8785) of `signed`. Which keys
are asked for stands in the root: `trust_root`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from app.core import json_strict, root_signatures, trust_shape
from app.core.root_signatures import RootSigner, TrustListRefused
from app.core.trust_shape import TrustedIssuer, TrustedKey, TrustList, malformed

__all__ = [
    "MAX_BYTES", "RootSigner", "TrustList", "TrustListExpired", "TrustListRefused", "TrustListRolledBack",
    "TrustedIssuer", "TrustedKey", "build_signed", "parse",
]  # fmt: skip

MAX_BYTES: Final = 1_048_576


class TrustListExpired(TrustListRefused):
    """Past its end: what it says may no longer be true, so verdicts become unknown. `trust_list` is what it
    says, so that a reader can be told how old it is."""

    def __init__(self, detail: str, trust_list: TrustList) -> None:
        super().__init__(detail)
        self.trust_list = trust_list


class TrustListRolledBack(TrustListRefused):
    """Older than one that was seen before: somebody may be hiding a revocation."""


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
    root_signatures.require_threshold(signed, document["signatures"], root)
    trust_list = trust_shape.read(signed)
    # (3)
    if trust_list.version < newest_seen_version:
        raise TrustListRolledBack("this trust list is older than one seen before")
    # (4)
    if trust_list.expires <= now:
        raise TrustListExpired(f"this trust list ended on {signed['expires']}", trust_list)
    return trust_list


def build_signed(signed: Mapping[str, Any], signers: Sequence[RootSigner]) -> bytes:
    """The bytes of a signed list. Raises: MalformedInput when `signed` is not a well-formed list."""
    trust_shape.read(signed)
    return orjson.dumps({"signed": signed, "signatures": root_signatures.sign(signed, signers)})
