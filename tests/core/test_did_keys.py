"""DID documents of others: where they lie, and which of their keys may be listed."""

import json
from typing import Any

import pytest

from app.core import did, did_keys, times
from app.core.did import DidKey
from app.core.errors import MalformedInput
from tests.vectors import kit as k

DID = k.OTHER_DID
KEY = k.OTHER.public_key


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("did:web:other.example", ("other.example", 443, "/.well-known/did.json")),
        ("did:web:Other.Example%3A8443", ("other.example", 8443, "/.well-known/did.json")),
        ("did:web:other.example:makers:a", ("other.example", 443, "/makers/a/did.json")),
    ],
)
def test_a_did_web_says_where_its_document_lies(text: str, place: tuple[str, int, str]) -> None:
    assert did_keys.address_of(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "did:key:zDn", "other.example", "did:web:", "did:web::a", "did:web:other.example:..",
        "did:web:other.example:a%2Fb", "did:web:other.example:%2e%2e", "did:web:user@other.example",
        "did:web:other.example/a", "did:web:other.example%3Ax", "did:web:other.example%3A0",
        "did:web:other.example%3A65536", "did:web:other.example%23a", "did:web:[::1]",
        "did:web:öther.example",
        "did:web:" + "a" * 254,
    ],
)  # fmt: skip
def test_what_leads_anywhere_else_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        did_keys.address_of(text)


def a_document(**changes: Any) -> dict[str, Any]:
    return did.document(DID, [DidKey("seal-2026", KEY)]) | changes


def keys_of(document: dict[str, Any]) -> list[DidKey]:
    return did_keys.keys_of(json.dumps(document).encode(), DID)


def test_the_document_of_another_installation_of_ours_gives_each_key_under_both_names() -> None:
    found = keys_of(a_document())
    assert [(key.name, key.public_key) for key in found] == [("seal-2026", KEY), ("seal-2026-jwk", KEY)]


def test_the_ends_of_keys_are_read() -> None:
    end = times.parse("2026-12-31T00:00:00Z")
    document = did.document(DID, [DidKey("seal-2025", KEY, expires=end, revoked=end)])
    assert {(key.expires, key.revoked) for key in keys_of(document)} == {(end, end)}


def test_only_keys_that_the_party_itself_asserts_with_are_taken() -> None:
    method = a_document()["verificationMethod"][0]
    embedded = method | {"id": "#own"}
    document = a_document(
        verificationMethod=[
            method,
            method | {"id": f"{DID}#login"},
            method | {"id": f"{DID}#strangers", "controller": "did:web:evil.example"},
            {"id": f"{DID}#rsa", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": {"kty": "RSA"}},
            {"id": f"{DID}#old", "type": "EcdsaSecp256k1VerificationKey2019", "controller": DID},
            "nothing",
        ],
        assertionMethod=[method["id"], f"{DID}#strangers", f"{DID}#rsa", f"{DID}#old", embedded, 7],
        authentication=[f"{DID}#login"],
        service=[{"id": "#s", "type": "X", "score": 1.5}],
    )
    assert [key.name for key in keys_of(document)] == ["seal-2026", "own"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "did:web:evil.example"},
        {"verificationMethod": {}},
        {"assertionMethod": ["a"] * 65},
        {"verificationMethod": a_document()["verificationMethod"][:1] * 2},
        {"verificationMethod": [a_document()["verificationMethod"][0] | {"revoked": "yesterday"}]},
    ],
)
def test_a_document_of_somebody_else_or_out_of_order_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        keys_of(a_document(**changes))


def test_a_doubled_member_is_refused() -> None:
    text = json.dumps(a_document()).replace('{"@context"', f'{{"id":"{DID}","@context"', 1)
    with pytest.raises(MalformedInput):
        did_keys.keys_of(text.encode(), DID)
