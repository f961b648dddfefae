"""Trust lists: who may issue what, with which key, signed by an offline root (threats T4 to T7).

Shape, version 1:
  list  {"signed": {"type": "TrustList", "version": 3, "issued": "…Z", "expires": "…Z", "issuers": [
          {"id": DID, "name": "…", "documentTypes": ["BatteryPassportPublic", …],
           "keys": [{"id": "DID#seal-2026", "publicKeyMultibase": "z…", "validFrom": "…Z",
                     "expires"?: "…Z", "revoked"?: "…Z"}]}]},
         "signatures": [{"keyId": "root-1", "signature": "z…"}]}
  root  {"version": 1, "threshold": 1, "keys": [{"id": "root-1", "publicKeyMultibase": "z…"}]}
A signature is P-256 over SHA-256 of the canonical JSON (RFC 8785) of `signed`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol

import orjson

from app.core import json_strict, times
from app.core.canonical import jcs
from app.core.errors import MalformedInput, Rejected
from app.core.keys import PublicKey
from app.core.multibase import multibase_decode_base58btc, multibase_encode_base58btc

MAX_BYTES: Final = 1_048_576
_SIGNED_MEMBERS: Final = frozenset({"type", "version", "issued", "expires", "issuers"})
_ISSUER_MEMBERS: Final = frozenset({"id", "name", "documentTypes", "keys"})
_KEY_MEMBERS: Final = frozenset({"id", "publicKeyMultibase", "validFrom", "expires", "revoked"})


class TrustListRefused(Rejected):
    """A trust list whose signatures, age or version do not hold; keep the one before."""

    code: ClassVar[str] = "trust-list-refused"


class TrustListExpired(TrustListRefused):
    """Past its end: what it says may no longer be true, so verdicts become unknown."""


class TrustListRolledBack(TrustListRefused):
    """Older than one that was seen before: somebody may be hiding a revocation."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One key of an issuer. `revoked` is the time from which on nothing it signed is believed."""

    id: str
    public_key: PublicKey
    valid_from: datetime
    expires: datetime | None = None
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """One party: its DID, the name to show, the types it may issue, its keys by verification method."""

    id: str
    name: str
    document_types: frozenset[str]
    keys: Mapping[str, TrustedKey]


@dataclass(frozen=True, slots=True)
class TrustList:
    """A list whose signatures held. Names of issuers are shown from here, never from a credential."""

    version: int
    issued: datetime
    expires: datetime
    issuers: Mapping[str, TrustedIssuer]

    def issuer(self, did: str) -> TrustedIssuer | None:
        return self.issuers.get(did)


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
        raise _malformed("", "a trust list has the members signed and signatures")
    signed = document["signed"]
    if not isinstance(signed, dict):
        raise _malformed("/signed", "an object is expected")
    # (2)
    _require_threshold(jcs(signed), document["signatures"], root)
    trust_list = _read(signed)
    # (3)
    if trust_list.version < newest_seen_version:
        raise TrustListRolledBack("this trust list is older than one seen before")
    # (4)
    if trust_list.expires <= now:
        raise TrustListExpired(f"this trust list ended on {signed['expires']}")
    return trust_list


def build_signed(signed: Mapping[str, Any], signers: Sequence[RootSigner]) -> bytes:
    """The bytes of a signed list. Raises: MalformedInput when `signed` is not a well-formed list."""
    _read(signed)
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
        raise _malformed("/signatures", "a list of at most 32 signatures is expected")
    good: set[PublicKey] = set()
    for place, one in enumerate(signatures):
        if not isinstance(one, dict) or set(one) != {"keyId", "signature"}:
            raise _malformed(f"/signatures/{place}", "keyId and signature are expected")
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


def _read(signed: Mapping[str, Any]) -> TrustList:
    _members(signed, _SIGNED_MEMBERS, _SIGNED_MEMBERS, "/signed")
    version = signed["version"]
    if signed["type"] != "TrustList" or type(version) is not int or version < 1:
        raise _malformed("/signed", "type TrustList and a version from 1 are expected")
    issuers: dict[str, TrustedIssuer] = {}
    for place, one in enumerate(_items(signed["issuers"], "/signed/issuers")):
        issuer = _issuer(one, f"/signed/issuers/{place}")
        if issuer.id in issuers:
            raise _malformed(f"/signed/issuers/{place}/id", "this issuer is there twice")
        issuers[issuer.id] = issuer
    return TrustList(
        version, _time(signed, "issued", "/signed"), _time(signed, "expires", "/signed"), issuers
    )


def _issuer(value: Any, pointer: str) -> TrustedIssuer:
    _members(value, _ISSUER_MEMBERS, _ISSUER_MEMBERS, pointer)
    did = _text(value, "id", pointer)
    types = frozenset(_items(value["documentTypes"], f"{pointer}/documentTypes"))
    if not all(isinstance(one, str) for one in types):
        raise _malformed(f"{pointer}/documentTypes", "type names are expected")
    keys: dict[str, TrustedKey] = {}
    for place, one in enumerate(_items(value["keys"], f"{pointer}/keys")):
        at = f"{pointer}/keys/{place}"
        _members(one, _KEY_MEMBERS, frozenset({"id", "publicKeyMultibase", "validFrom"}), at)
        method = _text(one, "id", at)
        controller, sign, fragment = method.partition("#")
        # A key can only speak for the party it is listed under (T4).
        if controller != did or not sign or not fragment or method in keys:
            raise _malformed(f"{at}/id", "the issuer's id, # and a name that no other key has are expected")
        keys[method] = TrustedKey(
            method,
            PublicKey.from_multikey(_text(one, "publicKeyMultibase", at)),
            _time(one, "validFrom", at),
            _time(one, "expires", at) if "expires" in one else None,
            _time(one, "revoked", at) if "revoked" in one else None,
        )
    return TrustedIssuer(did, _text(value, "name", pointer), types, keys)


def _members(value: Any, allowed: frozenset[str], required: frozenset[str], pointer: str) -> None:
    if not isinstance(value, Mapping) or not required <= set(value) <= allowed:
        raise _malformed(
            pointer, f"the members {', '.join(sorted(required))} are expected, and no unknown one"
        )


def _items(value: Any, pointer: str) -> list[Any]:
    if not isinstance(value, list):
        raise _malformed(pointer, "a list is expected")
    return value


def _text(value: Mapping[str, Any], name: str, pointer: str) -> str:
    text = value[name]
    if not isinstance(text, str) or not text:
        raise _malformed(f"{pointer}/{name}", "a text is expected")
    return text


def _time(value: Mapping[str, Any], name: str, pointer: str) -> datetime:
    try:
        return times.parse(_text(value, name, pointer))
    except ValueError:
        raise _malformed(f"{pointer}/{name}", "a date and time with zone is expected") from None


def _malformed(pointer: str, detail: str) -> MalformedInput:
    return MalformedInput(detail, pointer=pointer, rule="trust-list")
