"""Other issuers on our trust list: what their DID documents say when the list is made, and later (T5)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import did_keys, times
from app.core.did import DidKey
from app.core.errors import MalformedInput, PassportError
from app.core.keys import PublicKey
from app.core.trust_shape import TrustedIssuer, TrustList
from app.core.vocabulary import CREDENTIAL_TYPES
from app.services import did_web, trust_lists
from app.services.context import Context

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Difference:
    """What the DID document of a listed issuer says otherwise than the list; `told` may be empty."""

    did: str
    told: tuple[str, ...]
    reached: bool = True


def entry(
    did: str, name: str, types: Sequence[str], keys: Iterable[DidKey], valid_from: datetime
) -> dict[str, Any]:
    """The issuer as a trust list names it; nothing that it dates before `valid_from` is believed.

    Raises: MalformedInput.
    """
    listed = [_key(did, key, valid_from) for key in keys]
    if not listed:
        raise MalformedInput(
            "An issuer needs a key that we take: P-256, P-384 or Ed25519.", rule="trust-list"
        )
    unknown = set(types) - set(CREDENTIAL_TYPES.values()) - {trust_lists.STATUS_LIST_TYPE}
    if unknown:
        known = ", ".join(CREDENTIAL_TYPES.values())
        raise MalformedInput(f"{sorted(unknown)[0]} is no type of document here: {known}.", rule="trust-list")
    return {"id": did, "name": name, "documentTypes": list(dict.fromkeys(types)), "keys": listed}


def given_key(text: str) -> DidKey:
    """`NAME=MULTIKEY`, as given on the command line. Raises: MalformedInput."""
    name, sign, multikey = text.partition("=")
    if not name or not sign or "#" in name:
        raise MalformedInput("A key is given as NAME=MULTIKEY, such as seal-2026=zDn…", rule="multikey")
    return DidKey(name, PublicKey.from_multikey(multikey))


def check(ctx: Context, known: TrustList, fetch: Fetch = did_web.fetch) -> list[Difference]:
    """Ask each listed did:web but our own for its document, and compare. A key set that changed outside the
    list is an alarm for people; the list stays what is believed."""
    return [
        _compare(issuer, fetch)
        for did, issuer in sorted(known.issuers.items())
        if did.startswith("did:web:") and did != ctx.issuer.did
    ]


def _compare(issuer: TrustedIssuer, fetch: Fetch) -> Difference:
    try:
        keys = did_keys.keys_of(fetch(issuer.id), issuer.id)
    except PassportError as error:
        return Difference(issuer.id, (f"could not be asked: {error}",), reached=False)
    found = {f"{issuer.id}#{key.name}": key for key in keys}
    told: list[str] = []
    for method, key in found.items():
        listed = issuer.keys.get(method)
        if listed is None:
            told.append(f"{method} is in the document and not on the list")
        elif listed.public_key != key.public_key:
            told.append(f"{method} has other bytes than on the list")
        elif key.revoked and (listed.revoked is None or key.revoked < listed.revoked):
            told.append(
                f"{method} is revoked since {times.to_seconds(key.revoked)}, the list does not say so"
            )
        elif key.expires and (listed.expires is None or key.expires < listed.expires):
            told.append(f"{method} ends on {times.to_seconds(key.expires)}, the list does not say so")
    for method in issuer.keys:
        if method not in found:
            told.append(f"{method} is on the list and not in the document")
    return Difference(issuer.id, tuple(told))


def _key(did: str, key: DidKey, valid_from: datetime) -> Mapping[str, str]:
    ends = {"expires": key.expires, "revoked": key.revoked}
    return {
        "id": f"{did}#{key.name}",
        "publicKeyMultibase": key.public_key.to_multikey(),
        "validFrom": times.to_seconds(valid_from),
        **{name: times.to_seconds(at) for name, at in ends.items() if at},
    }
