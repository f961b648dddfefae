"""The conformance mode, walked in the shape of the W3C's VC API suites: issue, verify, and what must fail."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.config import Settings
from app.core import jose, proof
from app.core.canonical import jcs
from app.core.errors import NotConfigured
from app.core.multibase import multibase_encode_base58btc
from app.services.conformance import Conformance
from app.web import create_app
from tests.installation import Clock
from tests.vectors import kit
from tests.vectors.cases_conformance import P256, a_plain_credential
from tests.web.conftest import Client

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
SUITES = [
    ("P-256", "ecdsa-jcs-2019"),
    ("P-256", "ecdsa-rdfc-2019"),
    ("P-384", "ecdsa-jcs-2019"),
    ("Ed25519", "eddsa-jcs-2022"),
    ("Ed25519", "eddsa-rdfc-2022"),
]


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    application = create_app(replace(settings, demo=True, conformance=True), now=clock)
    application.test_client_class = Client
    yield application
    application.extensions["passport"].dispose()


def a_credential(**changes: Any) -> dict[str, Any]:
    """An unsigned credential as the suites send it; a change to None takes the member out."""
    document = {
        "@context": [V2, EXAMPLES],
        "type": ["VerifiableCredential", "ExampleCredential"],
        "issuer": "did:example:replaced",
        "validFrom": "2026-11-20T08:00:00Z",
        "credentialSubject": {"id": "did:example:subject", "alumniOf": "The School of Examples"},
    } | changes
    return {name: value for name, value in document.items() if value is not None}


def issue(client: Client, credential: Any, **options: Any) -> TestResponse:
    return client.post("/credentials/issue", json={"credential": credential, "options": options})


def verify(client: Client, credential: Any, **options: Any) -> TestResponse:
    return client.post("/credentials/verify", json={"verifiableCredential": credential, "options": options})


def present(client: Client, presentation: Any, **options: Any) -> TestResponse:
    return client.post(
        "/presentations/verify", json={"verifiablePresentation": presentation, "options": options}
    )


def issued(client: Client, credential: Any, **options: Any) -> dict[str, Any]:
    response = issue(client, credential, **options)
    assert response.status_code == 201, response.get_json()
    found: dict[str, Any] = response.get_json()
    return found


def titles(response: TestResponse) -> list[str]:
    """Names of what is wrong in a refusal, whose form is checked on the way."""
    body = response.get_json()
    assert response.status_code == 400, body
    assert body["verified"] is False
    for one in body["problemDetails"]:
        assert set(one) == {"type", "title", "detail"}
        assert one["type"].startswith("https://")
        assert one["type"].endswith("#" + one["title"])
    return [one["title"] for one in body["problemDetails"]]


def presented(credentials: Any, purpose: str = "authentication", **proof_members: Any) -> dict[str, Any]:
    """A presentation of a did:key holder, signed with ecdsa-jcs-2019."""
    document: dict[str, Any] = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": P256.did,
    }
    if credentials is not None:
        document["verifiableCredential"] = credentials
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-jcs-2019",
        "created": "2026-11-20T08:00:00Z",
        "verificationMethod": P256.verification_method,
        "proofPurpose": purpose,
        "@context": document["@context"],
    } | proof_members
    hash_ = P256.public_key.hash
    value = P256.sign(hash_(jcs(options)) + hash_(jcs(document)))
    return document | {"proof": options | {"proofValue": multibase_encode_base58btc(value)}}


@pytest.mark.parametrize(("kind", "suite"), SUITES)
@pytest.mark.parametrize("contexts", [[V2], [V2, EXAMPLES], [V1]])
def test_what_is_issued_by_a_suite_verifies_and_not_when_it_was_altered(
    client: Client, kind: str, suite: str, contexts: list[str]
):
    changes: dict[str, Any] = {"@context": contexts}
    if EXAMPLES not in contexts:
        changes |= {"type": ["VerifiableCredential"], "credentialSubject": {"id": "did:example:subject"}}
    if V1 in contexts:
        changes |= {"validFrom": None, "issuanceDate": "2026-11-20T08:00:00Z"}
    made = issued(client, a_credential(**changes), cryptosuite=suite, keyType=kind)
    assert made["issuer"].startswith("did:key:z")
    assert made["proof"]["cryptosuite"] == suite
    assert made["proof"]["proofPurpose"] == "assertionMethod"
    assert made["proof"]["verificationMethod"].startswith(made["issuer"] + "#")
    response = verify(client, made)
    assert (response.status_code, response.get_json()["verified"]) == (200, True)
    altered = made | {"credentialSubject": {"id": "did:example:other"}}
    assert titles(verify(client, altered)) == ["PROOF_VERIFICATION_ERROR"]
    if len(contexts) == 2:
        assert titles(verify(client, made | {"@context": list(reversed(contexts))})) == ["CONTEXT_UNKNOWN"]


def test_the_issuers_say_who_they_are_and_are_found_by_their_name(client: Client):
    issuers = client.get("/conformance").get_json()["issuers"]
    assert [one["keyType"] for one in issuers] == ["P-256", "P-384", "Ed25519"]
    for one in issuers:
        made = issued(client, a_credential(issuer={"id": one["id"], "name": "Issuer"}))
        assert made["issuer"] == {"id": one["id"], "name": "Issuer"}
        assert made["proof"]["cryptosuite"] == one["cryptosuites"][0]


WRONG: dict[str, dict[str, Any]] = {
    "no @context": {"@context": None},
    "@context in another order": {"@context": [EXAMPLES, V2]},
    "@context that is a text": {"@context": V2},
    "@context with a text that is no address": {"@context": [V2, "context"]},
    "@context with a number": {"@context": [V2, 7]},
    "no type": {"type": None},
    "a type that is an object": {"type": {}},
    "a type without VerifiableCredential": {"type": ["ExampleCredential"]},
    "an id that is no address": {"id": "not an id"},
    "two ids": {"id": ["urn:x:1", "urn:x:2"]},
    "no issuer": {"issuer": None},
    "two issuers": {"issuer": ["did:example:1", "did:example:2"]},
    "an issuer that is no address": {"issuer": "me"},
    "an issuer without id": {"issuer": {"name": "x"}},
    "an issuer whose id is no address": {"issuer": {"id": "me"}},
    "no subject": {"credentialSubject": None},
    "a subject without claims": {"credentialSubject": {}},
    "subjects without claims": {"credentialSubject": [{}, {}]},
    "a subject that is a text": {"credentialSubject": "did:example:1"},
    "a subject whose id is no address": {"credentialSubject": {"id": "x y"}},
    "validFrom that is no date": {"validFrom": "2026-13-01T00:00:00Z"},
    "validFrom that is a number": {"validFrom": 7},
    "validFrom without zone": {"validFrom": "2026-11-20T08:00:00"},
    "validUntil that is no date": {"validUntil": "never"},
    "validUntil before validFrom": {"validUntil": "2026-11-19T08:00:00Z"},
    "a status without type": {"credentialStatus": {"id": "urn:x:1"}},
    "a status whose id is no address": {"credentialStatus": {"id": "x", "type": "Thing"}},
    "a schema without id": {"credentialSchema": {"type": "JsonSchema"}},
    "a schema without type": {"credentialSchema": {"id": "urn:x:1"}},
    "evidence without type": {"evidence": {"id": "urn:x:1"}},
    "terms of use without type": {"termsOfUse": {"id": "urn:x:1"}},
    "a refresh service without type": {"refreshService": {"id": "urn:x:1"}},
    "a related resource without digest": {"relatedResource": {"id": "urn:x:1"}},
    "a related resource that is a text": {"relatedResource": "urn:x:1"},
    "a related resource of other bytes": {
        "relatedResource": {"id": V2, "digestMultibase": "uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
    },
    "a name that is a number": {"name": 7},
    "a name with a further member": {"name": {"@value": "x", "@language": "en", "url": "urn:x:1"}},
    "a description that is a language map": {"description": {"en": "x"}},
}  # fmt: skip


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_credential_that_the_data_model_forbids_is_neither_issued_nor_verified(
    client: Client, changes: dict[str, Any]
):
    assert titles(issue(client, a_credential(**changes)))
    signed = issued(client, a_credential())
    wrong = signed | {name: value for name, value in changes.items() if value is not None}
    for name in [name for name, value in changes.items() if value is None]:
        del wrong[name]
    assert titles(verify(client, wrong))


def test_null_is_not_a_value(client: Client):
    for name in ("id", "issuer", "credentialSubject", "validFrom", "name", "proof", "type"):
        assert titles(issue(client, a_credential() | {name: None}))
        assert titles(verify(client, issued(client, a_credential()) | {name: None}))


@pytest.mark.parametrize("suite", ["ecdsa-jcs-2019", "eddsa-rdfc-2022"])
def test_a_term_that_no_context_defines_is_refused_whatever_signs(client: Client, suite: str):
    for changes in (
        {"shiny": "1"},
        {"credentialSubject": {"shiny": "1", "name": "x"}},
        {"type": ["VerifiableCredential", "ShinyCredential"]},
    ):
        plain = {"@context": [V2], "type": ["VerifiableCredential"], "credentialSubject": {"name": "x"}}
        assert titles(issue(client, a_credential(**plain | changes), cryptosuite=suite)) == [
            "DATA_LOSS_DETECTION_ERROR"
        ]
    signed = proof_by_hand(a_plain_credential(type=["VerifiableCredential", "ShinyCredential"]))
    assert titles(verify(client, signed)) == ["DATA_LOSS_DETECTION_ERROR"]


def proof_by_hand(document: dict[str, Any]) -> dict[str, Any]:
    return kit.sign(document, kit.Suite("ecdsa-jcs-2019", P256))


def test_words_in_languages_and_directions_are_taken(client: Client):
    name = [
        {"@value": "Credential", "@language": "en"},
        {"@value": "شهادة", "@language": "ar", "@direction": "rtl"},
    ]
    made = issued(client, a_credential(name=name, description="x"), cryptosuite="ecdsa-jcs-2019")
    assert verify(client, made).status_code == 200
    assert titles(issue(client, a_credential(name=name), cryptosuite="ecdsa-rdfc-2019"))


PROOFS: dict[str, tuple[dict[str, Any], str]] = {
    "no type": ({"type": None}, "UNSUPPORTED_CRYPTOSUITE"),
    "another type": ({"type": "Ed25519Signature2020"}, "UNSUPPORTED_CRYPTOSUITE"),
    "no suite": ({"cryptosuite": None}, "UNSUPPORTED_CRYPTOSUITE"),
    "an unknown suite": ({"cryptosuite": "ecdsa-2525"}, "UNSUPPORTED_CRYPTOSUITE"),
    "no purpose": ({"proofPurpose": None}, "PROOF_VERIFICATION_ERROR"),
    "another purpose": ({"proofPurpose": "authentication"}, "PROOF_VERIFICATION_ERROR"),
    "no method": ({"verificationMethod": None}, "INVALID_VERIFICATION_METHOD"),
    "a method that is no address": ({"verificationMethod": "key"}, "INVALID_VERIFICATION_METHOD"),
    "no value": ({"proofValue": None}, "PROOF_VERIFICATION_ERROR"),
    "a value in another base": ({"proofValue": "uAAAA"}, "PROOF_VERIFICATION_ERROR"),
    "a value that is no base58": ({"proofValue": "z0OIl"}, "PROOF_VERIFICATION_ERROR"),
    "a date that is none": ({"created": "yesterday"}, "PROOF_VERIFICATION_ERROR"),
    "a date without zone": ({"created": "2026-11-20T08:00:00"}, "PROOF_VERIFICATION_ERROR"),
    "a previous proof that is not there": ({"previousProof": "urn:x:1"}, "PROOF_VERIFICATION_ERROR"),
    "an id that is no address": ({"id": "one"}, "PROOF_VERIFICATION_ERROR"),
}


@pytest.mark.parametrize(("changes", "title"), PROOFS.values(), ids=PROOFS)
def test_a_proof_with_a_fault_is_refused(client: Client, changes: dict[str, Any], title: str):
    for kind, suite in SUITES:
        made = issued(client, a_credential(), cryptosuite=suite, keyType=kind)
        wrong = {name: value for name, value in (made["proof"] | changes).items() if value is not None}
        assert titles(verify(client, made | {"proof": wrong})) == [title]


def test_a_proof_that_has_run_out_is_not_issued_nor_verified(client: Client, clock: Clock):
    assert titles(issue(client, a_credential(), expires="2026-11-20T09:00:00Z")) == ["EXPIRED"]
    made = issued(client, a_credential(), expires="2026-11-24T13:00:00Z")
    assert verify(client, made).status_code == 200
    clock.forward(hours=2)
    assert titles(verify(client, made)) == ["EXPIRED"]


def test_domain_and_challenge_must_be_those_that_were_asked_for(client: Client):
    made = issued(client, a_credential(), domain=["a.example", "b.example"], challenge="one")
    assert verify(client, made).status_code == 200
    assert verify(client, made, domain=["b.example", "a.example"], challenge="one").status_code == 200
    assert titles(verify(client, made, domain="a.example")) == ["INVALID_DOMAIN_ERROR"]
    assert titles(verify(client, made, challenge="two")) == ["INVALID_CHALLENGE_ERROR"]
    assert titles(verify(client, issued(client, a_credential()), challenge="one")) == [
        "INVALID_CHALLENGE_ERROR"
    ]


def test_proofs_are_added_to_a_set_and_to_a_chain(client: Client):
    """The second issuer is the first one's peer: what it signs is still the first one's credential."""
    first = issued(client, a_credential(), cryptosuite="ecdsa-rdfc-2019")
    first["proof"]["id"] = "urn:proof:1"
    assert titles(verify(client, first)) == ["PROOF_VERIFICATION_ERROR"], "the name is signed, too"
    one = issued(client, a_credential(), cryptosuite="ecdsa-rdfc-2019")
    two = issued(client, one, cryptosuite="ecdsa-jcs-2019")
    assert [each["cryptosuite"] for each in two["proof"]] == ["ecdsa-rdfc-2019", "ecdsa-jcs-2019"]
    assert verify(client, two).status_code == 200
    named = two["proof"][1]["id"]
    three = issued(client, two, cryptosuite="ecdsa-jcs-2019", previousProof=named)
    assert verify(client, three).status_code == 200
    cut = three | {"proof": [three["proof"][0], three["proof"][2]]}
    assert titles(verify(client, cut)) == ["PROOF_VERIFICATION_ERROR"]
    assert titles(issue(client, two, previousProof="urn:x:nobody")) == ["PROOF_VERIFICATION_ERROR"]


def test_a_status_entry_verifies_until_the_credential_is_withdrawn(client: Client):
    for kind in ("P-256", "P-384", "Ed25519"):
        made = issued(client, a_credential(), keyType=kind, statusPurpose=["revocation", "suspension"])
        assert verify(client, made).status_code == 200
        entry = made["credentialStatus"][0]
        address = entry["statusListCredential"].partition("/conformance/")[2]
        listed = client.get(f"/conformance/{address}")
        assert listed.mimetype == "application/vc"
        assert verify(client, listed.get_json(force=True)).status_code == 200
        for purpose, title in (("suspension", "SUSPENDED"), ("revocation", "REVOKED")):
            change = {"credentialId": made["id"], "credentialStatus": {"statusPurpose": purpose}}
            assert client.post("/credentials/status", json=change | {"status": True}).status_code == 200
            assert titles(verify(client, made)) == [title]
            if purpose == "suspension":
                assert client.post("/credentials/status", json=change | {"status": False}).status_code == 200
                assert verify(client, made).status_code == 200
    assert titles(issue(client, a_credential(), statusPurpose="shiny")) == ["MALFORMED_VALUE_ERROR"]
    assert client.get("/conformance/status/rsa/revocation").status_code == 404


def test_a_presentation_verifies_with_what_is_in_it(client: Client):
    made = issued(client, a_credential())
    for credentials in (None, made, [made, issued(client, a_credential(), cryptosuite="eddsa-jcs-2022")]):
        assert present(client, presented(credentials)).status_code == 200
    asked = presented(made, challenge="one", domain="a.example")
    assert present(client, asked, challenge="one", domain="a.example").status_code == 200
    assert titles(present(client, asked, challenge="two")) == ["INVALID_CHALLENGE_ERROR"]
    assert titles(present(client, asked, domain="b.example")) == ["INVALID_DOMAIN_ERROR"]
    altered = made | {"credentialSubject": {"id": "did:example:other"}}
    assert titles(present(client, presented(altered))) == ["PROOF_VERIFICATION_ERROR"]
    good = presented(made)
    for wrong, title in (
        (presented(made, purpose="assertionMethod"), "PROOF_VERIFICATION_ERROR"),
        (good | {"holder": "did:example:other"}, "ISSUER_MISMATCH"),
        (good | {"id": "urn:x:1"}, "PROOF_VERIFICATION_ERROR"),
        (good | {"id": "no address"}, "MALFORMED_VALUE_ERROR"),
        (good | {"holder": "me"}, "MALFORMED_VALUE_ERROR"),
        (good | {"type": ["VerifiableCredential"]}, "MALFORMED_VALUE_ERROR"),
        (good | {"type": []}, "MALFORMED_VALUE_ERROR"),
        (good | {"@context": [EXAMPLES]}, "CONTEXT_UNKNOWN"),
        (good | {"proof": []}, "PROOF_VERIFICATION_ERROR"),
        (good | {"verifiableCredential": "urn:x:1"}, "MALFORMED_VALUE_ERROR"),
        (good | {"verifiableCredential": [None]}, "MALFORMED_VALUE_ERROR"),
        (good | {"verifiableCredential": [made] * 17}, "RESOURCE_LIMIT"),
        ({name: value for name, value in good.items() if name != "proof"}, "PROOF_VERIFICATION_ERROR"),
    ):
        assert titles(present(client, wrong)) == [title]


def test_a_token_in_an_envelope_verifies_alone_and_in_a_presentation(client: Client):
    token = jose.build(a_plain_credential(), P256, kit.NOW).decode()
    header = orjson.loads(_decoded(token.split(".")[0])) | {"kid": P256.verification_method}
    token = _token(header, a_plain_credential())
    envelope = {
        "@context": V2,
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+jwt,{token}",
    }
    assert verify(client, envelope).status_code == 200
    assert present(client, presented([envelope])).status_code == 200
    for wrong in ("urn:x:1", f"data:application/jwt,{token}", "data:application/vc+jwt", f"{token}"):
        assert titles(verify(client, envelope | {"id": wrong})) == ["MALFORMED_VALUE_ERROR"]
    assert titles(verify(client, envelope | {"id": f"data:application/vc+jwt,{token[:-4]}AAAA"})) == [
        "PROOF_VERIFICATION_ERROR"
    ]


def _decoded(part: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _token(header: dict[str, Any], payload: dict[str, Any]) -> str:
    from tests.vectors.cases_jose import resigned

    return resigned(header, payload, P256)


@pytest.mark.parametrize("path", ["/credentials/issue", "/credentials/verify", "/presentations/verify"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"options": 7}', b'{"a":1,"a":2}', b"\xff"])
def test_a_body_that_is_no_request_is_refused(client: Client, path: str, body: bytes):
    assert titles(client.post(path, data=body, content_type="application/json"))


@pytest.mark.parametrize("value", ["text", 7, [], None, True])
def test_what_is_no_credential_is_refused(client: Client, value: Any):
    assert titles(issue(client, value))
    assert titles(verify(client, value))
    assert titles(present(client, value))


def test_options_that_no_key_here_fits_are_refused(client: Client):
    for options in ({"cryptosuite": "bbs-2023"}, {"keyType": "P-521"},
                    {"keyType": "P-384", "cryptosuite": "ecdsa-rdfc-2019"}):  # fmt: skip
        assert titles(issue(client, a_credential(), **options)) == ["UNSUPPORTED_CRYPTOSUITE"]
    for options in ({"cryptosuite": 7}, {"keyType": []}, {"domain": 7}, {"created": 7}):
        assert titles(issue(client, a_credential(), **options))


def test_production_never_opens_the_addresses(settings: Settings, clock: Clock, ctx: Any):
    with pytest.raises(NotConfigured, match="test suites"):
        create_app(replace(settings, conformance=True), now=clock)
    application = create_app(replace(settings, demo=True), now=clock)
    assert application.test_client().post("/credentials/issue", base_url=settings.origin).status_code == 404
    application.extensions["passport"].dispose()


def test_the_keys_are_no_key_of_the_installation(app: Flask):
    state: Conformance = app.extensions["conformance"]
    listed = app.extensions["passport"].issuer.did
    assert all(key.did != listed for key in state.keys.values())
    assert proof.ECDSA_RDFC in state.issuers()[0]["cryptosuites"]
