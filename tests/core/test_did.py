"""DID documents: addresses from the origin, each key under two names."""

import pytest

from app.core import did
from app.core.errors import MalformedInput
from app.core.keys import PublicKey
from tests.vectors import kit as k


@pytest.mark.parametrize(
    ("origin", "expected", "host"),
    [
        ("http://localhost:8000", "did:web:localhost%3A8000", "localhost:8000"),
        ("https://acme.example", "did:web:acme.example", "acme.example"),
        ("https://ACME.example/", "did:web:acme.example", "acme.example"),
    ],
)
def test_an_origin_has_a_did(origin: str, expected: str, host: str) -> None:
    assert did.did_web(origin) == expected
    assert did.host_of(expected) == host


@pytest.mark.parametrize(
    "origin", ["acme.example", "ftp://acme.example", "https://acme.example/x", "https://"]
)
def test_what_is_no_bare_origin_has_none(origin: str) -> None:
    with pytest.raises(MalformedInput):
        did.did_web(origin)


def test_each_key_is_there_as_multikey_and_as_jwk() -> None:
    keys = [
        did.DidKey("seal-2026", k.SEAL.public_key),
        did.DidKey("seal-2024", k.LAST_SEAL.public_key, expires=k.NOW, revoked=k.NOW),
    ]
    document = did.document(k.DID, keys)
    methods = {method["id"]: method for method in document["verificationMethod"]}
    assert document["id"] == k.DID
    assert document["assertionMethod"] == list(methods)
    assert PublicKey.from_multikey(methods[k.METHOD]["publicKeyMultibase"]) == k.SEAL.public_key
    assert PublicKey.from_jwk(methods[k.METHOD + "-jwk"]["publicKeyJwk"]) == k.SEAL.public_key
    assert {method["controller"] for method in methods.values()} == {k.DID}
    assert methods[f"{k.DID}#seal-2024"]["revoked"] == "2026-11-24T12:00:00Z"
    assert "expires" not in methods[k.METHOD]


def test_a_did_key_is_its_own_key() -> None:
    assert did.key_of_did_key(k.SELF_MADE.verification_method) == k.SELF_MADE.public_key
    other = k.SEAL.public_key.to_multikey()
    for method in (k.SELF_MADE.did, f"{k.SELF_MADE.did}#{other}", k.METHOD, "did:key:#"):
        with pytest.raises(MalformedInput):
            did.key_of_did_key(method)


def test_only_a_did_web_names_a_host() -> None:
    assert did.host_of(k.SELF_MADE.did) is None
