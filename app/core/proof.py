"""Embedded Data Integrity proofs: make and check them, one at a time.

Source: VC Data Integrity 1.0; ECDSA Cryptosuites 1.0 (3.2 ecdsa-rdfc-2019, 3.3 ecdsa-jcs-2019); EdDSA
Cryptosuites 1.0. Whether a proof's key may be trusted is the business of `verification`, not of this module.

Measured on one shared core, 12 kB, 76 unnamed nodes: both proofs 20 ms, JCS 0.2 ms, check of JCS 0.25 ms.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from app.core import times
from app.core.canonical import jcs
from app.core.errors import MalformedInput
from app.core.keys import KeyKind, PublicKey
from app.core.late import Late
from app.core.multibase import multibase_decode_base58btc, multibase_encode_base58btc
from app.core.proof_error import ProofError, TooComplex

if TYPE_CHECKING:
    from app.core import jsonld
else:
    jsonld = Late("app.core.jsonld")  # PyLD costs 0.2 s and 12 MB, and most processes never need it

ECDSA_JCS: Final = "ecdsa-jcs-2019"
ECDSA_RDFC: Final = "ecdsa-rdfc-2019"
EDDSA_JCS: Final = "eddsa-jcs-2022"
EDDSA_RDFC: Final = "eddsa-rdfc-2022"

Canonicalize = Callable[[Mapping[str, Any]], bytes]

KEY_KINDS: Final[Mapping[str, frozenset[KeyKind]]] = {
    ECDSA_JCS: frozenset({"P-256", "P-384"}),
    # RDFC with P-384 needs SHA-384 inside the canonicalization, which PyLD does not offer.
    ECDSA_RDFC: frozenset({"P-256"}),
    EDDSA_JCS: frozenset({"Ed25519"}),
    EDDSA_RDFC: frozenset({"Ed25519"}),
}
"""Kinds of key that fit each suite; a suite that is not here is not supported."""

JCS_SUITES: Final = frozenset({ECDSA_JCS, EDDSA_JCS})
RDFC_SUITES: Final = frozenset({ECDSA_RDFC, EDDSA_RDFC})
PROOF_MEMBERS: Final = frozenset(
    {
        "type",
        "cryptosuite",
        "created",
        "expires",
        "verificationMethod",
        "proofPurpose",
        "proofValue",
        "@context",
    }
)
"""Members a proof may have; any other one is refused (id, domain, challenge, previousProof included)."""


class Signer(Protocol):
    """The one seam to a private key: a file, a token, a sealing service."""

    @property
    def verification_method(self) -> str:
        """`did:web:acme.example#seal-2026`."""
        ...

    @property
    def public_key(self) -> PublicKey:
        """P-256."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """32 bytes of SHA-256 in, 64 bytes r and s out."""
        ...


def add_proofs(
    document: dict[str, Any],
    signer: Signer,
    created: datetime,
    suites: Sequence[str] = (ECDSA_JCS, ECDSA_RDFC),
) -> dict[str, Any]:
    """`document` with a proof set by one P-256 key: a new dict, `proof` last, always a list.

    Every proof is over the same unsecured document, so their order does not matter.
    Raises: MalformedInput when `document` has a proof already, or a suite is not one we sign with;
    jsonld.DataLoss, jsonld.TooComplex, jsonld.UnknownContext from the RDFC suite.
    """
    if "proof" in document:
        raise MalformedInput("the document has a proof already", pointer="/proof", rule="unsecured")
    if signer.public_key.kind != "P-256" or not suites or not set(suites) <= {ECDSA_JCS, ECDSA_RDFC}:
        raise MalformedInput("we sign with P-256 and ecdsa-jcs-2019 or ecdsa-rdfc-2019", rule="suite")
    proofs = []
    for suite in suites:
        options: dict[str, Any] = {
            "type": "DataIntegrityProof",
            "cryptosuite": suite,
            "created": times.to_seconds(created),
            "verificationMethod": signer.verification_method,
            "proofPurpose": "assertionMethod",
        }
        if suite in JCS_SUITES:
            options["@context"] = document["@context"]
        digest = hashlib.sha256(hash_data(document, options, signer.public_key)).digest()
        proofs.append(options | {"proofValue": multibase_encode_base58btc(signer.sign_digest(digest))})
    return document | {"proof": proofs}


def suites_for(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Suites to sign `document` with: both, or JCS alone where its graph is beyond the limits.

    Five materials in one component are five unnamed nodes that look alike: RDFC would be refused by every
    verifier, while JCS covers every byte all the same. Costs nothing beside `add_proofs`, which takes the
    form that is kept.
    Raises: DataLoss, UnknownContext, as `add_proofs` does.
    """
    try:
        jsonld.canonicalize(document)
    except TooComplex:
        return (ECDSA_JCS,)
    return (ECDSA_JCS, ECDSA_RDFC)


def verify_proof(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    key: PublicKey,
    canonicalize: Canonicalize | None = None,
) -> None:
    """Check one proof over `document` (a `proof` member in it is left out) with `key`.

    RDFC suites check for loss and for the graph limits before they canonicalize, by default with
    `jsonld.canonicalize` over the product's own contexts.
    Raises: ProofError, whose name says what is wrong.
    """
    suite = proof.get("cryptosuite")
    kinds = KEY_KINDS.get(suite) if isinstance(suite, str) else None
    if proof.get("type") != "DataIntegrityProof" or kinds is None:
        raise ProofError("UNSUPPORTED_CRYPTOSUITE", "the proof is of a kind we do not know")
    if not set(proof) <= PROOF_MEMBERS:
        raise ProofError("PROOF_VERIFICATION_ERROR", "the proof has a member we do not know")
    if proof.get("proofPurpose") != "assertionMethod":
        raise ProofError("PROOF_VERIFICATION_ERROR", "the proof is not meant as an assertion")
    if key.kind not in kinds:
        raise ProofError("INVALID_VERIFICATION_METHOD", "the key is of a kind that does not fit the proof")
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    verify_signature(unsecured, proof, key, canonicalize)


def verify_signature(
    unsecured: Mapping[str, Any],
    proof: Mapping[str, Any],
    key: PublicKey,
    canonicalize: Canonicalize | None = None,
    *,
    may_lack_contexts: bool = False,
) -> None:
    """Check the signature of a proof whose members, suite and key were looked at, over `unsecured` as it is:
    in a proof chain that holds the proofs before it.

    A JCS proof repeats the contexts in our profile; the standard lets a proof go without them
    (`may_lack_contexts`), since those of the document are signed with it. Raises: ProofError.
    """
    suite = proof["cryptosuite"]
    signature = _signature(proof)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    lacks = may_lack_contexts and "@context" not in options
    if suite in JCS_SUITES and not lacks and options.get("@context") != unsecured.get("@context"):
        raise ProofError("PROOF_VERIFICATION_ERROR", "the proof was made for other contexts")
    if suite in RDFC_SUITES and "@context" in options:
        raise ProofError("PROOF_VERIFICATION_ERROR", "the proof brings contexts of its own")
    if not key.verify(hash_data(unsecured, options, key, canonicalize), signature):
        raise ProofError("PROOF_VERIFICATION_ERROR", "the signature does not fit the document")


def serialize(document: Mapping[str, Any]) -> bytes:
    """The bytes to store and serve: compact UTF-8 JSON, members in their order. Called once, at issue."""
    return orjson.dumps(document)


def _signature(proof: Mapping[str, Any]) -> bytes:
    value = proof.get("proofValue")
    if not isinstance(value, str):
        raise ProofError("PROOF_VERIFICATION_ERROR", "the proof has no signature")
    try:
        return multibase_decode_base58btc(value)
    except MalformedInput:
        raise ProofError(
            "PROOF_VERIFICATION_ERROR", "the signature is not in the form z and base58"
        ) from None


def hash_data(
    document: Mapping[str, Any],
    options: Mapping[str, Any],
    key: PublicKey,
    canonicalize: Canonicalize | None = None,
) -> bytes:
    """Hash of the canonical proof options, then hash of the canonical document: what the key signs."""
    if options["cryptosuite"] in JCS_SUITES:
        try:
            return key.hash(jcs(dict(options))) + key.hash(jcs(dict(document)))
        except MalformedInput as fault:
            raise ProofError("PROOF_VERIFICATION_ERROR", str(fault)) from fault
    if canonicalize is None:
        canonicalize = jsonld.canonicalize
    canonical_options = canonicalize({"@context": document.get("@context"), **options})
    return key.hash(canonical_options) + key.hash(canonicalize(document))
