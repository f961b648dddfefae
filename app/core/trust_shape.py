"""What a trust list says, as values, and the strict reading of its `signed` part.

  signed  {"type": "TrustList", "version": 3, "issued": "…Z", "expires": "…Z", "issuers": [issuer, …],
           "witnesses"?: [vkey, …], "timestampAnchors"?: [base64 DER certificate, …]}
  issuer  {"id": DID, "name": "…", "documentTypes": ["BatteryPassportPublic", …], "keys": [key, …],
           "suspended"?: "…Z", "logs"?: [vkey, …], "organizationIdentifier"?: "…"}
  key     {"id": "DID#seal-2026", "publicKeyMultibase": "z…", "validFrom": "…Z", "expires"?: "…Z",
           "revoked"?: "…Z", "x5c"?: [base64 DER certificate, …] (leaf first)}
A vkey is the verifier key of a log or of a witness (C2SP signed-note: name+hash+key). A member that is not
listed here is refused: what a verifier does not understand may be what a signature was meant to limit.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.core import times
from app.core.errors import MalformedInput
from app.core.keys import PublicKey

MAX_ISSUERS: Final = 10_000
MAX_KEYS: Final = 1_000
"""Of one issuer: keys are never removed."""
MAX_ITEMS: Final = 64
"""Of each of: types and logs of an issuer, witnesses, anchors."""
MAX_CHAIN: Final = 8

_SIGNED_MEMBERS: Final = frozenset({"type", "version", "issued", "expires", "issuers"})
_SIGNED_MORE: Final = frozenset({"witnesses", "timestampAnchors"})
_ISSUER_MEMBERS: Final = frozenset({"id", "name", "documentTypes", "keys"})
_ISSUER_MORE: Final = frozenset({"suspended", "logs", "organizationIdentifier"})
_KEY_MEMBERS: Final = frozenset({"id", "publicKeyMultibase", "validFrom"})
_KEY_MORE: Final = frozenset({"expires", "revoked", "x5c"})
_VKEY: Final = re.compile(r"[!-*,-~]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{4,200}={0,2}")
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One key of an issuer. `revoked` is the time from which on nothing it signed is believed."""

    id: str
    public_key: PublicKey
    valid_from: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    x5c: tuple[bytes, ...] = ()
    """DER certificates, leaf first; validated when the list is made (`chains`), not by a verdict."""


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """One party: its DID, the name to show, the types it may issue, its keys by verification method."""

    id: str
    name: str
    document_types: frozenset[str]
    keys: Mapping[str, TrustedKey]
    suspended: datetime | None = None
    """From then on nothing of it is believed, until a list without this."""
    logs: tuple[str, ...] = ()
    """Verifier keys of its transparency logs."""
    organization_identifier: str | None = None
    """As it must stand in the subject of its certificates (2.5.4.97, ETSI EN 319 412-1)."""


@dataclass(frozen=True, slots=True)
class TrustList:
    """A list whose signatures held. Names of issuers are shown from here, never from a credential."""

    version: int
    issued: datetime
    expires: datetime
    issuers: Mapping[str, TrustedIssuer]
    witnesses: tuple[str, ...] = ()
    """Verifier keys of those who cosign checkpoints."""
    timestamp_anchors: tuple[bytes, ...] = ()
    """DER certificates that time stamps (RFC 3161) must lead to."""

    def issuer(self, did: str) -> TrustedIssuer | None:
        return self.issuers.get(did)


def read(signed: Any) -> TrustList:
    """The values of the `signed` part. Raises: MalformedInput, with the place."""
    at = "/signed"
    _members(signed, _SIGNED_MEMBERS, _SIGNED_MORE, at)
    version = signed["version"]
    if signed["type"] != "TrustList" or type(version) is not int or version < 1:
        raise malformed(at, "type TrustList and a version from 1 are expected")
    issuers: dict[str, TrustedIssuer] = {}
    for place, one in enumerate(_items(signed["issuers"], f"{at}/issuers", most=MAX_ISSUERS)):
        issuer = _issuer(one, f"{at}/issuers/{place}")
        if issuer.id in issuers:
            raise malformed(f"{at}/issuers/{place}/id", "this issuer is there twice")
        issuers[issuer.id] = issuer
    return TrustList(
        version,
        _time(signed, "issued", at),
        _time(signed, "expires", at),
        issuers,
        _vkeys(signed, "witnesses", at),
        _certificates(signed, "timestampAnchors", at, MAX_ITEMS),
    )


def _issuer(value: Any, pointer: str) -> TrustedIssuer:
    _members(value, _ISSUER_MEMBERS, _ISSUER_MORE, pointer)
    did = _text(value, "id", pointer)
    types = frozenset(_texts(value["documentTypes"], f"{pointer}/documentTypes"))
    keys: dict[str, TrustedKey] = {}
    for place, one in enumerate(_items(value["keys"], f"{pointer}/keys", most=MAX_KEYS)):
        key = _key(one, f"{pointer}/keys/{place}")
        controller, sign, fragment = key.id.partition("#")
        # A key can only speak for the party it is listed under (T4).
        if controller != did or not sign or not fragment or key.id in keys:
            raise malformed(
                f"{pointer}/keys/{place}/id",
                "the issuer's id, # and a name that no other key has are expected",
            )
        keys[key.id] = key
    return TrustedIssuer(
        did,
        _text(value, "name", pointer),
        types,
        keys,
        _time(value, "suspended", pointer) if "suspended" in value else None,
        _vkeys(value, "logs", pointer),
        _text(value, "organizationIdentifier", pointer) if "organizationIdentifier" in value else None,
    )


def _key(value: Any, pointer: str) -> TrustedKey:
    _members(value, _KEY_MEMBERS, _KEY_MORE, pointer)
    return TrustedKey(
        _text(value, "id", pointer),
        PublicKey.from_multikey(_text(value, "publicKeyMultibase", pointer)),
        _time(value, "validFrom", pointer),
        _time(value, "expires", pointer) if "expires" in value else None,
        _time(value, "revoked", pointer) if "revoked" in value else None,
        _certificates(value, "x5c", pointer, MAX_CHAIN),
    )


def _members(value: Any, required: frozenset[str], optional: frozenset[str], pointer: str) -> None:
    if not isinstance(value, Mapping) or not required <= set(value) <= required | optional:
        raise malformed(
            pointer, f"the members {', '.join(sorted(required))} are expected, and no unknown one"
        )


def _items(value: Any, pointer: str, most: int = MAX_ITEMS) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise malformed(pointer, f"a list of at most {most} is expected")
    return value


def _texts(value: Any, pointer: str, most: int = MAX_ITEMS) -> list[str]:
    found = _items(value, pointer, most)
    if not all(isinstance(one, str) for one in found):
        raise malformed(pointer, "texts are expected")
    return found


def _vkeys(value: Mapping[str, Any], name: str, pointer: str) -> tuple[str, ...]:
    found = _texts(value.get(name, []), f"{pointer}/{name}")
    if not all(_VKEY.fullmatch(one) for one in found):
        raise malformed(f"{pointer}/{name}", "verifier keys of the form name+hash+key are expected")
    return tuple(found)


def _certificates(value: Mapping[str, Any], name: str, pointer: str, most: int) -> tuple[bytes, ...]:
    found = _texts(value.get(name, []), f"{pointer}/{name}", most)
    if not all(_BASE64.fullmatch(one) for one in found):
        raise malformed(f"{pointer}/{name}", "certificates in base64 are expected")
    return tuple(base64.b64decode(one) for one in found)


def _text(value: Mapping[str, Any], name: str, pointer: str) -> str:
    text = value[name]
    if not isinstance(text, str) or not text:
        raise malformed(f"{pointer}/{name}", "a text is expected")
    return text


def _time(value: Mapping[str, Any], name: str, pointer: str) -> datetime:
    try:
        return times.parse(_text(value, name, pointer))
    except ValueError:
        raise malformed(f"{pointer}/{name}", "a date and time with zone is expected") from None


def malformed(pointer: str, detail: str) -> MalformedInput:
    return MalformedInput(detail, pointer=pointer, rule="trust-list")
