"""DID documents of this installation (did:web) and keys that are their own DID (did:key).

did:web only carries keys to whoever builds a trust list; no verification ever looks one up (threats T5, T20).
Source: DID 1.0; did:web; did:key; Controlled Identifiers 1.0, 2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from app.core import times
from app.core.errors import MalformedInput
from app.core.keys import PublicKey

_CONTEXTS: Final = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
)


@dataclass(frozen=True, slots=True)
class DidKey:
    """One key in a DID document; `name` carries a year and is the fragment of its address: `seal-2026`.

    Keys are never removed: a normal end is `expires`, a compromise is `revoked`.
    """

    name: str
    public_key: PublicKey
    expires: datetime | None = None
    revoked: datetime | None = None


def did_web(origin: str) -> str:
    """`http://localhost:8000` is `did:web:localhost%3A8000`. Raises: MalformedInput unless a bare origin."""
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise MalformedInput("an origin is http or https, a host and perhaps a port", rule="origin")
    host = parts.hostname.lower()
    return f"did:web:{host}" + (f"%3A{parts.port}" if parts.port else "")


def host_of(did: str) -> str | None:
    """Host and port that a did:web stands for, to be shown to people; None for another kind of DID."""
    if not did.startswith("did:web:"):
        return None
    return did.removeprefix("did:web:").split(":")[0].replace("%3A", ":")


def document(did: str, keys: Sequence[DidKey]) -> dict[str, Any]:
    """The DID document: each key as Multikey, and under `…-jwk` as JsonWebKey for JOSE, both to assert
    with."""
    methods: list[dict[str, Any]] = []
    for key in keys:
        ends = {
            name: times.to_seconds(moment)
            for name, moment in (("expires", key.expires), ("revoked", key.revoked))
            if moment
        }
        address = f"{did}#{key.name}"
        methods.append(
            {"id": address, "type": "Multikey", "controller": did, **ends}
            | {"publicKeyMultibase": key.public_key.to_multikey()}
        )
        methods.append(
            {"id": f"{address}-jwk", "type": "JsonWebKey", "controller": did, **ends}
            | {"publicKeyJwk": key.public_key.to_jwk()}
        )
    return {
        "@context": list(_CONTEXTS),
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def key_of_did_key(verification_method: str) -> PublicKey:
    """The key that a `did:key:z…#z…` address is. Raises: MalformedInput."""
    did, _, fragment = verification_method.partition("#")
    text = did.removeprefix("did:key:")
    if not did.startswith("did:key:") or fragment != text:
        raise MalformedInput("not the address of a did:key", rule="did-key")
    return PublicKey.from_multikey(text)
