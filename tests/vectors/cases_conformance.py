"""Vectors of the conformance profile: what VC Data Model 2.0 and Data Integrity 1.0 ask of any credential."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from app.core import contexts, times
from app.core.multibase import digest_multibase, multibase_encode_base58btc
from app.core.vocabulary import CREDENTIALS_V1_URL, CREDENTIALS_V2_URL
from tests.vectors import kit as k
from tests.vectors.kit import Suite, sign, text

MALFORMED, PROOF, CONTEXT = "MALFORMED_VALUE_ERROR", "PROOF_VERIFICATION_ERROR", "CONTEXT_UNKNOWN"
MISMATCH = "LINK_DIGEST_MISMATCH"

P256 = k.SELF_MADE
P384 = k.Key.did_key("conformance 384", "P-384")
ED = k.Key.did_key("conformance ed", "Ed25519")
SECOND = k.Key.did_key("conformance second")
JCS, RDFC = Suite("ecdsa-jcs-2019", P256), Suite("ecdsa-rdfc-2019", P256)
RESOURCE = contexts.DOCUMENTS[CREDENTIALS_V2_URL]

Case = dict[str, Any]


def a_plain_credential(**changes: Any) -> dict[str, Any]:
    """An unsigned credential of a did:key issuer; a change to None takes the member out."""
    document = {
        "@context": [CREDENTIALS_V2_URL],
        "id": "urn:uuid:6b0a3b8e-93a8-4f1c-9b7e-2f4b6a8c0d10",
        "type": ["VerifiableCredential"],
        "issuer": P256.did,
        "validFrom": "2026-11-20T08:00:00Z",
        "credentialSubject": {"id": "did:example:subject", "name": "A subject"},
    } | changes
    return {name: value for name, value in document.items() if value is not None}


def case(name: str, credential: str, verdict: str, error: str | None = None, **more: Any) -> Case:
    """One verification under the policy of test suites."""
    return {
        "name": name, "credential": credential, "now": times.to_seconds(k.NOW), "verdict": verdict,
        "error": error,
    } | more  # fmt: skip


def signed(**changes: Any) -> str:
    return text(sign(a_plain_credential(**changes), JCS))


def chained(document: dict[str, Any], *links: tuple[Suite, Any]) -> dict[str, Any]:
    """A proof for each link, named `urn:proof:N`, made over the earlier ones that the link names."""
    proofs: list[dict[str, Any]] = []
    for place, (suite, previous) in enumerate(links):
        names = [previous] if isinstance(previous, str) else previous or []
        before = [one for name in names for one in proofs if one["id"] == name]
        options: dict[str, Any] = {
            "id": f"urn:proof:{place}",
            "type": "DataIntegrityProof",
            "cryptosuite": suite.name,
            "created": suite.created,
            "verificationMethod": suite.key.verification_method,
            "proofPurpose": "assertionMethod",
        }
        if previous:
            options["previousProof"] = previous
        if "jcs" in suite.name:
            options["@context"] = document["@context"]
        secured = document | ({"proof": before} if before else {})
        value = suite.key.sign(k.hash_data(secured, options, suite.key))
        proofs.append(options | {"proofValue": multibase_encode_base58btc(value)})
    return document | {"proof": proofs}


def conformance() -> dict[str, Any]:
    """The file of these vectors."""
    groups = (_suites, _chains, _forms, _words, _resources, _older)
    return {"cases": [one for group in groups for one in group()]}


def _suites() -> Iterator[Case]:
    for suite in (
        JCS,
        RDFC,
        Suite("ecdsa-jcs-2019", P384),
        Suite("eddsa-jcs-2022", ED),
        Suite("eddsa-rdfc-2022", ED),
    ):
        document = sign(a_plain_credential(issuer=suite.key.did), suite)
        name = f"{suite.name}, {suite.key.public_key.kind}"
        yield case(name, text(document), "valid")
        altered = text(document).replace("A subject", "Another")
        yield case(f"{name}, altered", altered, "invalid", PROOF)
    other = sign(a_plain_credential(issuer=SECOND.did), JCS)
    yield case("signed by another did:key than the issuer", text(other), "invalid", "ISSUER_MISMATCH")
    https = sign(a_plain_credential(issuer="https://issuer.example/1"), JCS)
    yield case("an https issuer is not bound", text(https), "valid")
    bare = sign(a_plain_credential(), Suite(JCS.name, P256, more={"created": None}))
    yield case("a proof without a date", text(bare), "valid")
    lacking = Suite(JCS.name, P256, more={"@context": None})
    yield case("a JCS proof without contexts of its own", text(sign(a_plain_credential(), lacking)), "valid")
    twice = Suite(JCS.name, P256, more={"@context": [CREDENTIALS_V2_URL] * 2})
    yield case("a JCS proof with other contexts", text(sign(a_plain_credential(), twice)), "invalid", PROOF)
    named = Suite(JCS.name, P256, more={"domain": "a.example", "challenge": "x", "nonce": "n"})
    yield case("a proof with domain, challenge and nonce", text(sign(a_plain_credential(), named)), "valid")
    for what, more in {
        "an id that is no address": {"id": "one"},
        "a domain that is a number": {"domain": 7},
        "a challenge that is a list": {"challenge": ["x"]},
        "an unknown member": {"shiny": "1"},
        "a null domain": {"domain": [None]},
    }.items():
        odd = text(sign(a_plain_credential(), Suite(JCS.name, P256, more=more)))
        yield case(f"a proof with {what}", odd, "invalid", PROOF)


def _chains() -> Iterator[Case]:
    document = a_plain_credential()
    second = Suite("ecdsa-jcs-2019", SECOND)
    both = chained(document, (JCS, None), (second, None))
    yield case("a proof set by two", text(both), "valid")
    chain = chained(document, (JCS, None), (second, "urn:proof:0"))
    yield case("a chain of two, JCS", text(chain), "valid")
    ed = Suite("eddsa-rdfc-2022", ED)
    yield case("a chain of two, RDFC", text(chained(document, (RDFC, None), (ed, "urn:proof:0"))), "valid")
    also = Suite("ecdsa-rdfc-2019", SECOND)
    set_of_two = [(RDFC, None), (also, None)]
    long = chained(document, *set_of_two, (ed, ["urn:proof:0", "urn:proof:1"]), (JCS, ["urn:proof:2"]))
    yield case("a chain over a set, both canonical forms", text(long), "valid")
    shuffled = chain | {"proof": list(reversed(chain["proof"]))}
    yield case("a chain whose proofs stand in another order", text(shuffled), "valid")
    first, last = chain["proof"]
    other = chained(a_plain_credential(), (Suite(JCS.name, P256, "2026-11-20T09:00:00Z"), None))["proof"][0]
    for what, proofs in {
        "whose first proof is gone": [last],
        "whose first proof was exchanged for another good one": [other, last],
        "whose first proof is there twice": [first, first, last],
        "that was made after itself": [first | {"previousProof": "urn:proof:0"}, last],
        "whose last proof names none": [first, {n: v for n, v in last.items() if n != "previousProof"}],
        "whose last proof names a list with a number": [first, last | {"previousProof": [7]}],
        "whose last proof names an object": [first, last | {"previousProof": {"id": "urn:proof:0"}}],
    }.items():
        yield case(f"a chain {what}", text(document | {"proof": proofs}), "invalid", PROOF)
    unknown = first | {"cryptosuite": "bbs-2023"}
    yield case(
        "a chain after a proof of an unknown kind", text(document | {"proof": [unknown, last]}), "invalid",
        "UNSUPPORTED_CRYPTOSUITE",
    )  # fmt: skip
    ours = k.a_credential(issuer=P256.did)
    yield case("our own profile has no chains", text(chained(ours, (JCS, None))), "invalid", PROOF)
    yield case("altered under a chain", text(chain).replace("A subject", "Another"), "invalid", PROOF)


def _forms() -> Iterator[Case]:
    v2 = CREDENTIALS_V2_URL
    for what, value in {
        "as a text": v2,
        "as an object": {"@vocab": "urn:x:"},
        "with credentials/v2 second": ["https://w3id.org/security/data-integrity/v2", v2],
        "with an object": [v2, {"@vocab": "urn:x:"}],
        "with a text that is no address": [v2, "context"],
        "with a number": [v2, 7],
        "with an unknown address": [v2, "https://example.org/context"],
    }.items():
        made = a_plain_credential() | {"@context": value}
        yield case(f"@context {what}", text(sign(made, JCS)), "invalid", CONTEXT)
    no_context = a_plain_credential()
    del no_context["@context"]
    yield case("no @context", text(no_context), "invalid", CONTEXT)
    wrong: dict[str, dict[str, Any]] = {
        "no type": {"type": None},
        "a type that is a number": {"type": 7},
        "a type that is an object": {"type": {"id": "VerifiableCredential"}},
        "a type without VerifiableCredential": {"type": ["BitstringStatusListCredential"]},
        "an id that is no address": {"id": "not an id"},
        "an id that is a list": {"id": ["urn:x:1", "urn:x:2"]},
        "an id that is an object": {"id": {}},
        "no issuer": {"issuer": None},
        "two issuers": {"issuer": [P256.did, SECOND.did]},
        "an issuer that is a number": {"issuer": 7},
        "an issuer that is an object without id": {"issuer": {"name": "x"}},
        "an issuer whose id is no address": {"issuer": {"id": "me"}},
        "no subject": {"credentialSubject": None},
        "a subject that is a text": {"credentialSubject": "did:example:subject"},
        "a subject without claims": {"credentialSubject": {}},
        "two subjects, one without claims": {"credentialSubject": [{"id": "urn:x:1"}, {}]},
        "a subject whose id is no address": {"credentialSubject": {"id": "me", "name": "x"}},
        "validFrom that is a number": {"validFrom": 1_795_161_600},
        "validFrom in words": {"validFrom": "yesterday"},
        "validUntil without zone": {"validUntil": "2027-11-20T08:00:00"},
        "validUntil before validFrom": {"validUntil": "2026-11-19T08:00:00Z"},
        "evidence without type": {"evidence": {"id": "urn:x:1"}},
        "evidence whose id is no address": {"evidence": {"id": "x", "type": "Thing"}},
        "evidence that is a text": {"evidence": "seen"},
        "terms of use without type": {"termsOfUse": {"id": "urn:x:1"}},
        "terms of use whose id is no address": {"termsOfUse": [{"id": "x", "type": "Thing"}]},
        "a refresh service without type": {"refreshService": {"id": "urn:x:1"}},
        "a refresh service whose id is no address": {"refreshService": {"id": "x", "type": "Thing"}},
        "a schema without id": {"credentialSchema": {"type": "JsonSchema"}},
        "a schema without type": {"credentialSchema": {"id": "https://x.example/s"}},
        "a schema whose id is no address": {"credentialSchema": {"id": "s", "type": "JsonSchema"}},
        "a status without type": {"credentialStatus": {"id": "https://x.example/1"}},
        "a status whose id is no address": {"credentialStatus": {"id": "1", "type": "Thing"}},
        "an empty list of evidence": {"evidence": []},
    }
    for what, changes in wrong.items():
        yield case(what, signed(**changes), "invalid", MALFORMED)
    null = a_plain_credential() | {"name": None}
    yield case("a null", text(sign(null, JCS)), "invalid", MALFORMED)
    good: dict[str, dict[str, Any]] = {
        "a type that is a text": {"type": "VerifiableCredential"},
        "no id": {"id": None},
        "no validFrom": {"validFrom": None},
        "an id of any scheme": {"id": "did:example:credential"},
        "two subjects": {"credentialSubject": [{"id": "urn:x:1"}, {"name": "x"}]},
        "an issuer that is an object": {"issuer": {"id": P256.did, "name": "Issuer"}},
        "evidence": {"evidence": [{"id": "urn:x:1", "type": ["Evidence"]}, {"type": "Thing"}]},
        "terms of use": {"termsOfUse": {"type": "TrustFrameworkPolicy", "id": "urn:x:1"}},
        "a refresh service": {"refreshService": {"type": "Thing", "id": "https://x.example/r"}},
        "a status of an unknown kind": {"credentialStatus": {"type": "Thing"}},
        "validFrom with an offset": {"validFrom": "2026-11-20T08:00:00.5+02:00"},
    }
    for what, changes in good.items():
        yield case(what, signed(**changes), "valid")


def _words() -> Iterator[Case]:
    english = {"@value": "Credential", "@language": "en"}
    arabic = {"@value": "شهادة", "@language": "ar", "@direction": "rtl"}
    for name in ("name", "description"):
        for what, value in {
            "as a text": "Credential",
            "in one language": english,
            "in two languages, one from right to left": [english, arabic],
            "without a language": {"@value": "Credential"},
        }.items():
            yield case(f"{name} {what}", signed(**{name: value}), "valid")
        for what, value in {
            "that is a number": 7,
            "with a further member": english | {"url": "https://x.example"},
            "without a value": {"@language": "en"},
            "whose value is a number": {"@value": 7},
            "in a language that is none": {"@value": "x", "@language": "en_GB!"},
            "in a direction that is none": {"@value": "x", "@direction": "up"},
            "that is a language map": {"en": "Credential"},
            "that is a list with a number": [english, 7],
        }.items():
            yield case(f"{name} {what}", signed(**{name: value}), "invalid", MALFORMED)
            issuer = {"id": P256.did, name: value}
            yield case(f"{name} of the issuer {what}", signed(issuer=issuer), "invalid", MALFORMED)


def _resources() -> Iterator[Case]:
    def sri(algorithm: str, data: bytes = RESOURCE) -> str:
        return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"

    entry = {"id": CREDENTIALS_V2_URL}
    multibase = digest_multibase(RESOURCE)
    other = digest_multibase(b"x")
    b58 = multibase_encode_base58btc(b"\x12\x20" + hashlib.sha256(RESOURCE).digest())
    for what, value in {
        "digestSRI, SHA-256": entry | {"digestSRI": sri("sha256")},
        "digestSRI, SHA-384": entry | {"digestSRI": sri("sha384"), "mediaType": "application/ld+json"},
        "digestSRI, SHA-512": [entry | {"digestSRI": sri("sha512")}],
        "digestMultibase": entry | {"digestMultibase": multibase},
        "digestMultibase in base58": entry | {"digestMultibase": b58},
        "both digests": entry | {"digestMultibase": multibase, "digestSRI": sri("sha384")},
        "a document that is not at hand": {"id": "https://x.example/d", "digestSRI": sri("sha256", b"x")},
    }.items():
        yield case(f"a related resource by {what}", signed(relatedResource=value), "valid")
    for what, value, error in (
        ("without a digest", entry, MALFORMED),
        ("without an id", {"digestSRI": sri("sha256")}, MALFORMED),
        ("as a text", CREDENTIALS_V2_URL, MALFORMED),
        ("as a list of texts", [CREDENTIALS_V2_URL], MALFORMED),
        ("twice", [entry | {"digestSRI": sri("sha256")}] * 2, MALFORMED),
        ("with an id that is no address", {"id": "x", "digestSRI": sri("sha256")}, MALFORMED),
        ("with a digestSRI of SHA-1", entry | {"digestSRI": sri("sha1")}, MALFORMED),
        ("with a digestSRI cut off", entry | {"digestSRI": sri("sha256")[:-4]}, MALFORMED),
        ("with a digestSRI without padding", entry | {"digestSRI": sri("sha256").rstrip("=")}, MALFORMED),
        ("with a digestMultibase in hexadecimal", entry | {"digestMultibase": "f1220" + "0" * 64}, MALFORMED),
        ("with a digestMultibase whose spare bits are not zero",
         entry | {"digestMultibase": multibase[:-1] + chr(ord(multibase[-1]) + 1)}, MALFORMED),
        ("with a digestMultibase cut off", entry | {"digestMultibase": multibase[:-3]}, MALFORMED),
        ("with a digestSRI of other bytes", entry | {"digestSRI": sri("sha384", b"x")}, MISMATCH),
        ("with a digestMultibase of other bytes", entry | {"digestMultibase": other}, MISMATCH),
        ("with one good digest and one of other bytes",
         entry | {"digestMultibase": multibase, "digestSRI": sri("sha512", b"x")}, MISMATCH),
    ):  # fmt: skip
        yield case(f"a related resource {what}", signed(relatedResource=value), "invalid", error)


def _older() -> Iterator[Case]:
    v1 = {"@context": [CREDENTIALS_V1_URL, "https://w3id.org/security/data-integrity/v2"], "validFrom": None}
    dated = v1 | {"issuanceDate": "2026-11-20T08:00:00Z"}
    yield case("VC 1.1", signed(**dated), "valid")
    later = dated | {"expirationDate": "2027-11-20T08:00:00Z"}
    yield case("VC 1.1 with an end", signed(**later), "valid")
    yield case("VC 1.1 without a date", signed(**v1), "invalid", MALFORMED)
    early = dated | {"expirationDate": "2026-11-19T08:00:00Z"}
    yield case("VC 1.1 that ends before it begins", signed(**early), "invalid", MALFORMED)
    over = dated | {"expirationDate": "2026-11-24T11:00:00Z"}
    yield case("VC 1.1 that has run out", signed(**over), "invalid", "EXPIRED")
    future = v1 | {"issuanceDate": "2026-11-25T08:00:00Z"}
    yield case("VC 1.1 of tomorrow", signed(**future), "invalid", "NOT_YET_VALID")
