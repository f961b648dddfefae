"""Keys in the DID document of somebody else, to be put on a trust list by a person who looked at them (T5).

Source: DID 1.0 5.2, 5.3.2; Controlled Identifiers 1.0 2.2; did:web 2.5.2.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from app.core import credential_form, json_strict
from app.core.did import DidKey
from app.core.errors import MalformedInput
from app.core.keys import PublicKey

MAX_BYTES: Final = 262_144
MAX_KEYS: Final = 64
_TYPES: Final = ("Multikey", "JsonWebKey", "JsonWebKey2020")
_SHORT_HOST: Final = 253


def address_of(did: str) -> tuple[str, int, str]:
    """Host, port and path at which the document of a did:web lies. Raises: MalformedInput."""
    method, _, rest = did.partition("did:web:")
    parts = rest.split(":")
    host, _, port = unquote(parts[0]).partition(":")
    plain = all(part and "/" not in unquote(part) and unquote(part) not in (".", "..") for part in parts)
    if method or not plain or not host or len(host) > _SHORT_HOST or not host.isascii():
        raise MalformedInput(
            "a did:web of the form did:web:host or did:web:host:path is expected", rule="did-web"
        )
    if any(character in host for character in "@[]?#\\ %") or (
        port and not (port.isascii() and port.isdigit())
    ):
        raise MalformedInput("a did:web with a plain host name is expected", rule="did-web")
    number = int(port or 443)
    if not 1 <= number <= 65_535:
        raise MalformedInput("a did:web with a port from 1 to 65535 is expected", rule="did-web")
    path = "/".join(parts[1:]) or ".well-known"
    return host.lower(), number, f"/{path}/did.json"


def keys_of(data: bytes, did: str) -> list[DidKey]:
    """Keys that this DID asserts with, of kinds we take; each under the name that its document gives it.

    A key that another party controls, or that is not listed to assert with, is left out. Raises:
    MalformedInput, TooLarge where the bytes are no DID document of `did`.
    """
    document = json_strict.loads(data, max_bytes=MAX_BYTES, decimals=True)
    if not isinstance(document, Mapping) or document.get("id") != did:
        raise MalformedInput(f"this is not the DID document of {did}", rule="did-document")
    asserting: dict[str, Mapping[str, Any] | None] = {}
    for one in _items(document, "assertionMethod"):
        if isinstance(one, str):
            asserting[_absolute(one, did)] = None
        elif isinstance(one, Mapping) and isinstance(one.get("id"), str):
            asserting[_absolute(one["id"], did)] = one
    found: dict[str, DidKey] = {}
    for method in (*_items(document, "verificationMethod"), *filter(None, asserting.values())):
        if not isinstance(method, Mapping) or not isinstance(method.get("id"), str):
            continue
        address = _absolute(method["id"], did)
        key = _key(method)
        if address not in asserting or method.get("controller", did) != did or key is None:
            continue
        if address in found:
            raise MalformedInput("a DID document with one name for two keys", rule="did-document")
        found[address] = DidKey(
            address.partition("#")[2], key, _moment(method, "expires"), _moment(method, "revoked")
        )
    return list(found.values())


def _items(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name, [])
    if not isinstance(found, list) or len(found) > MAX_KEYS:
        raise MalformedInput(f"{name} is a list of at most {MAX_KEYS}", rule="did-document")
    return found


def _absolute(address: str, did: str) -> str:
    return did + address if address.startswith("#") else address


def _key(method: Mapping[str, Any]) -> PublicKey | None:
    """None for a kind that we do not take."""
    if method.get("type") not in _TYPES:
        return None
    multikey, jwk = method.get("publicKeyMultibase"), method.get("publicKeyJwk")
    try:
        if isinstance(multikey, str):
            return PublicKey.from_multikey(multikey)
        if isinstance(jwk, Mapping):
            return PublicKey.from_jwk(dict(jwk))
    except MalformedInput:
        return None
    return None


def _moment(method: Mapping[str, Any], name: str) -> Any:
    if name not in method:
        return None
    moment = credential_form.read_moment(method[name])
    if moment is None:
        raise MalformedInput(f"{name} of a key is no date and time", rule="did-document")
    return moment
