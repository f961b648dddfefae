"""Another house's verifier takes what we issue, and ours takes what it issues: openvc-core, a Python library.

It checks one proof at a time, and its own JWT form is the older one with a `vc` claim, which ours refuses: so
the JOSE form is held against PyJWT's reading of it. `tests/independent/` does the same with a stack from npm.
"""

import json
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import jwt
import pytest
from openvc import VerificationPolicy, verify_credential
from openvc.did.base import parse_did_document
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.di_ecdsa_rdfc import EcdsaRdfcProofSuite
from openvc.proof.di_jcs import EcdsaJcsProofSuite, EddsaJcsProofSuite
from openvc.proof.vc_jwt import VcJwtProofSuite

from app.core import contexts, trust
from app.core.verification import Policy, verify
from app.core.vocabulary import SECTIONS
from app.services import jose_form
from app.services import trust as trust_service
from app.services.context import Context
from tests.vectors import kit
from tests.vectors.cases_conformance import ED, P256, P384, a_plain_credential

CONTEXTS = {url: json.loads(data) for url, data in contexts.DOCUMENTS.items()}


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def start() -> str:
    return "issued"


class Resolver:
    """Our DID document, for our DID alone; nothing is fetched."""

    def __init__(self, ctx: Context) -> None:
        self._document = trust_service.did_document(ctx)

    def supports(self, did: str) -> bool:
        return did == self._document["id"]

    def resolve(self, _did: str) -> Any:
        return parse_did_document(self._document)


class Signing:
    """A test key as openvc takes one."""

    def __init__(self, key: kit.Key) -> None:
        self._key = key

    @cached_property
    def alg(self) -> str:
        return {"P-256": "ES256", "P-384": "ES384", "Ed25519": "EdDSA"}[self._key.public_key.kind]

    @property
    def kid(self) -> str:
        return self._key.verification_method

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)

    def public_jwk(self) -> dict[str, str]:
        return self._key.public_key.to_jwk()


def sections(ctx: Context) -> list[Any]:
    with ctx.read() as store:
        (battery,) = store.batteries.all(limit=10)
        return list(store.documents.newest_of([battery.key, battery.model_key], SECTIONS))


def test_openvc_verifies_both_proofs_of_every_section_and_neither_when_altered(ctx: Context) -> None:
    policy = VerificationPolicy(now=ctx.now(), require_status=False)
    suites = set()
    rows = sections(ctx)
    assert len(rows) >= 6
    for row in rows:
        document = json.loads(row.body)
        for proof in document["proof"]:
            one = document | {"proof": proof}
            found = verify_credential(one, policy=policy, resolver=Resolver(ctx), extra_contexts=CONTEXTS)
            suites.add(found.format)
            altered = one | {"validFrom": "2026-11-20T08:00:01Z"}
            with pytest.raises(Exception, match=r"(?i)signature|verif"):
                verify_credential(altered, policy=policy, resolver=Resolver(ctx), extra_contexts=CONTEXTS)
    assert suites == {"data-integrity:ecdsa-jcs-2019", "data-integrity:ecdsa-rdfc-2019"}


def test_pyjwt_verifies_the_jose_form_of_every_section_by_the_key_of_the_did_document(ctx: Context) -> None:
    methods = {
        one["id"]: one["publicKeyJwk"]
        for one in trust_service.did_document(ctx)["verificationMethod"]
        if one["type"] == "JsonWebKey"
    }
    options: Any = {"verify_iat": False, "verify_aud": False}
    for row in sections(ctx):
        token = jose_form.of(ctx, row)[0].decode()
        key = jwt.PyJWK(methods[jwt.get_unverified_header(token)["kid"]] | {"alg": "ES256"})
        payload = jwt.decode(token, key, algorithms=["ES256"], options=options)
        document = json.loads(row.body)
        assert payload == {name: value for name, value in document.items() if name != "proof"}
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(f"{token[:-10]}AAAAAAAAAA", key, algorithms=["ES256"], options=options)


@pytest.mark.parametrize(
    ("suite", "key"),
    [
        (EcdsaJcsProofSuite(), P256),
        (EcdsaJcsProofSuite(), P384),
        (EcdsaRdfcProofSuite(), P256),
        (EddsaJcsProofSuite(), ED),
        (DataIntegrityProofSuite(), ED),
    ],
    ids=["ecdsa-jcs P-256", "ecdsa-jcs P-384", "ecdsa-rdfc P-256", "eddsa-jcs", "eddsa-rdfc"],
)
def test_we_verify_what_openvc_issues(suite: Any, key: kit.Key) -> None:
    unsigned = a_plain_credential(issuer=key.did)
    signed = suite.add_proof(
        unsigned,
        signing_key=Signing(key),
        verification_method=key.verification_method,
        created=kit.NOW,
    )
    policy = Policy(conformance=True)
    if "jcs" in signed["proof"]["cryptosuite"]:
        # openvc signs the contexts as part of the proof and leaves them out of what it writes; the standard
        # (ECDSA 1.0, 3.3.1 step 2) writes them, and a reader cannot know that they are missing
        assert verify(json.dumps(signed).encode(), policy, now=kit.NOW).error == "PROOF_VERIFICATION_ERROR"
        signed["proof"]["@context"] = signed["@context"]
    assert verify(json.dumps(signed).encode(), policy, now=kit.NOW).verdict == "valid"
    altered = signed | {"validFrom": "2026-11-20T08:00:01Z"}
    assert verify(json.dumps(altered).encode(), policy, now=kit.NOW).error == "PROOF_VERIFICATION_ERROR"


def test_a_listed_issuer_of_another_house_is_valid_in_production() -> None:
    """By RDFC: openvc's JCS proofs leave out the contexts that they sign."""
    signed = EcdsaRdfcProofSuite().add_proof(
        kit.a_foreign_credential(),
        signing_key=Signing(kit.OTHER),
        verification_method=kit.OTHER.verification_method,
        created=kit.NOW,
    )
    listed = trust.parse(kit.a_signed_trust_list(), kit.ROOT_DOCUMENT, kit.NOW)
    report = verify(json.dumps(signed).encode(), Policy(trust_list=listed), now=kit.NOW)
    assert report.verdict == "valid"


def test_the_older_jwt_form_is_refused() -> None:
    token = VcJwtProofSuite().sign(a_plain_credential(), signing_key=Signing(P256))
    report = verify(token.encode(), Policy(conformance=True), now=datetime.now(UTC))
    assert (report.verdict, report.error) == ("invalid", "MALFORMED_VALUE_ERROR")
