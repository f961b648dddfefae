"""Fixed keys and builders for test vectors. The keys are public: whoever reads this can sign with them."""

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from app.core import proof, status_list, trust
from app.core.canonical import jcs
from app.core.keys import KeyKind, PublicKey, raw_signature
from app.core.multibase import multibase_encode_base58btc
from app.core.vocabulary import CONTEXTS, CREDENTIALS_V2_URL

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
ORIGIN = "http://localhost:8000"
DID = "did:web:localhost%3A8000"
NAME = "Musterzellen GmbH"
METHOD = f"{DID}#seal-2026"
ITEM = f"{ORIGIN}/01/09506000134352/21/BX-0042"
MODEL = f"{ORIGIN}/01/09506000134352"
PASSPORT = "urn:uuid:0c2e3a52-6c0b-4b7a-9a5f-0c8ac1b3f0d2"
REVOCATIONS = f"{ORIGIN}/status/revocation-1"
SUSPENSIONS = f"{ORIGIN}/status/suspension-1"
GOOD, REVOKED, SUSPENDED = 94567, 4711, 815
TYPES = [
    "BatteryPassportPublic",
    "BatteryPassportComposition",
    "BatteryPassportDismantling",
    "BatteryPassportCompliance",
    "BatteryPassportCondition",
    "BatteryPassportUse",
    "BatteryPassportWarranty",
]

_ORDERS = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}


class Key:
    """A private key made from a label: for tests only. A `proof.Signer`, a `trust.RootSigner`, and more."""

    def __init__(self, label: str, kind: KeyKind = "P-256", method: str = METHOD) -> None:
        seed = hashlib.sha512(f"test key, never for use: {label}".encode()).digest()
        self.verification_method = method
        self.key_id = label
        self._private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
        if kind == "Ed25519":
            self._private = ed25519.Ed25519PrivateKey.from_private_bytes(seed[:32])
        else:
            curve = ec.SECP384R1() if kind == "P-384" else ec.SECP256R1()
            scalar = int.from_bytes(seed) % (_ORDERS[kind] - 1) + 1
            self._private = ec.derive_private_key(scalar, curve)
        self.public_key = PublicKey.from_cryptography(self._private.public_key())

    @classmethod
    def did_key(cls, label: str, kind: KeyKind = "P-256") -> "Key":
        """The same key under the address that it is itself."""
        key = cls(label, kind)
        text = key.public_key.to_multikey()
        key.verification_method = f"did:key:{text}#{text}"
        return key

    @property
    def did(self) -> str:
        return self.verification_method.partition("#")[0]

    def sign_digest(self, digest: bytes) -> bytes:
        assert isinstance(self._private, ec.EllipticCurvePrivateKey)
        kind = self.public_key.kind
        hash_ = hashes.SHA384() if kind == "P-384" else hashes.SHA256()
        der = self._private.sign(digest, ec.ECDSA(utils.Prehashed(hash_), deterministic_signing=True))
        return raw_signature(der, kind)

    def sign(self, data: bytes) -> bytes:
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(data)
        return self.sign_digest(self.public_key.hash(data))


SEAL = Key("seal")
LAST_SEAL = Key("seal before", method=f"{DID}#seal-2024")
STOLEN_SEAL = Key("stolen seal", method=f"{DID}#seal-2025")
SEAL_ED = Key("seal ed", "Ed25519", method=f"{DID}#seal-ed-2026")
SEAL_384 = Key("seal 384", "P-384", method=f"{DID}#seal-384-2026")
SEAL_UNLISTED = Key("seal unlisted", method=f"{DID}#seal-2027")
OTHER_DID = "did:web:other.example"
OTHER = Key("other", method=f"{OTHER_DID}#seal-2026")
STRANGER = Key("stranger", method="did:web:stranger.example#key-1")
SELF_MADE = Key.did_key("self made")
ROOT = Key("root-1")
ROOT_2 = Key("root-2")
ROOTS = (ROOT, ROOT_2, Key("root-3"), Key("root-4"), Key("root-5"))
ROOT_DOCUMENT: dict[str, Any] = {
    "version": 1,
    "threshold": 1,
    "keys": [{"id": "root-1", "publicKeyMultibase": ROOT.public_key.to_multikey()}],
}


def listed(key: Key, valid_from: str = "2026-01-01T00:00:00Z", **more: str) -> dict[str, str]:
    """A key's entry in a trust list."""
    return {
        "id": key.verification_method,
        "publicKeyMultibase": key.public_key.to_multikey(),
        "validFrom": valid_from,
    } | more


def a_trust_list(**changes: Any) -> dict[str, Any]:
    """The `signed` part of the trust list of the vectors."""
    return {
        "type": "TrustList",
        "version": 3,
        "issued": "2026-11-24T00:00:00Z",
        "expires": "2027-02-24T00:00:00Z",
        "issuers": [
            {
                "id": DID,
                "name": NAME,
                "documentTypes": TYPES,
                "keys": [
                    listed(SEAL),
                    listed(LAST_SEAL, "2024-01-01T00:00:00Z", expires="2026-02-01T00:00:00Z"),
                    listed(STOLEN_SEAL, "2025-01-01T00:00:00Z", revoked="2026-06-01T00:00:00Z"),
                    listed(SEAL_ED),
                    listed(SEAL_384),
                ],
            },
            {
                "id": OTHER_DID,
                "name": "Other AG",
                "documentTypes": ["BatteryPassportWarranty"],
                "keys": [listed(OTHER)],
            },
        ],
    } | changes


VKEY = "log.example+0b1f2c3d+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
CERTIFICATE = "MIIBCgKCAQEA"
"""The form alone is judged when a list is read."""


def all_optional_members() -> dict[str, Any]:
    """Changes to `a_trust_list` that use every member which may lack."""
    own, other = a_trust_list()["issuers"]
    keys = [own["keys"][0] | {"x5c": [CERTIFICATE, CERTIFICATE]}, *own["keys"][1:]]
    return {
        "issuers": [
            own | {"logs": [VKEY], "organizationIdentifier": "VATDE-123456789", "keys": keys},
            other | {"suspended": "2027-01-01T00:00:00Z"},
        ],
        "witnesses": [VKEY],
        "timestampAnchors": [CERTIFICATE],
    }


def entry_of_revoked() -> dict[str, str]:
    return status_list.entry(REVOCATIONS, "revocation", REVOKED)


def a_signed_trust_list(signers: Sequence[Key] = (ROOT,), **changes: Any) -> bytes:
    return trust.build_signed(a_trust_list(**changes), signers)


def a_credential(**changes: Any) -> dict[str, Any]:
    """An unsigned public section, small; a change to None takes the member out."""
    document = {
        "@context": list(CONTEXTS),
        "id": "urn:uuid:6f1d1c70-5a5c-4f0e-8a35-1d2f2d7d7a10",
        "type": ["VerifiableCredential", "BatteryPassportPublic"],
        "issuer": {"id": DID, "name": NAME},
        "validFrom": "2026-11-20T08:00:00Z",
        "credentialSubject": {
            "id": ITEM,
            "type": "Battery",
            "granularity": "item",
            "batteryCategory": "ev",
            "batteryMass": "452.50",
            "warrantyPeriod": "P8Y",
            "ratedCapacity": "94.5",
            "operatorInformation": {
                "contactName": 'Müller & Söhne <Zelle> "7" \\ \u2028 😀',
                "postalAddress": {"streetAddress": "Werkstraße 1", "postalCode": "38440"},
            },
            "temperatureRangeIdleState": {"minimum": "-30", "maximum": "60"},
        },
        "credentialStatus": [
            status_list.entry(REVOCATIONS, "revocation", GOOD),
            status_list.entry(SUSPENSIONS, "suspension", GOOD),
        ],
        "passport": PASSPORT,
    } | changes
    return {name: value for name, value in document.items() if value is not None}


def with_subject(**changes: Any) -> dict[str, Any]:
    """An unsigned public section with other values; a change to None takes the value out."""
    document = a_credential()
    subject = document["credentialSubject"] | changes
    document["credentialSubject"] = {name: value for name, value in subject.items() if value is not None}
    return document


@dataclass(frozen=True, slots=True)
class Suite:
    """How one proof is made; `skew` changes the options before they are signed."""

    name: str
    key: Key
    created: str = "2026-11-20T08:00:00Z"
    more: Mapping[str, Any] | None = None


def sign(document: dict[str, Any], *suites: Suite) -> dict[str, Any]:
    """Sign by any suite, with any options: also what our own signer would refuse to make."""
    proofs = []
    for suite in suites or (JCS, RDFC):
        options: dict[str, Any] = {
            "type": "DataIntegrityProof",
            "cryptosuite": suite.name,
            "created": suite.created,
            "verificationMethod": suite.key.verification_method,
            "proofPurpose": "assertionMethod",
        }
        if suite.name in proof.JCS_SUITES:
            options["@context"] = document["@context"]
        options = {n: v for n, v in (options | dict(suite.more or {})).items() if v is not None}
        value = suite.key.sign(hash_data(document, options, suite.key))
        proofs.append(options | {"proofValue": multibase_encode_base58btc(value)})
    return document | {"proof": proofs}


def hash_data(document: dict[str, Any], options: dict[str, Any], key: Key) -> bytes:
    canonical: Callable[[Any], bytes] = jcs
    context: dict[str, Any] = {}
    if options["cryptosuite"] in proof.RDFC_SUITES:
        from app.core import jsonld

        canonical = jsonld.canonicalize
        context = {"@context": document["@context"]}
    hash_ = key.public_key.hash
    return hash_(canonical(context | options)) + hash_(canonical(document))


JCS = Suite("ecdsa-jcs-2019", SEAL)
RDFC = Suite("ecdsa-rdfc-2019", SEAL)


def a_status_list(
    url: str = REVOCATIONS,
    purpose: str = "revocation",
    set_bits: Sequence[int] = (REVOKED,),
    key: Key = SEAL,
    now: datetime = datetime(2026, 11, 24, 11, 0, 0, tzinfo=UTC),
    **changes: Any,
) -> str:
    """A signed status list credential as text, an hour old."""
    bits = status_list.StatusList.empty().with_bits(set_bits)
    document = status_list.credential(url, purpose, bits, {"id": DID, "name": NAME}, now) | changes
    suite = Suite("ecdsa-jcs-2019", key, document["validFrom"])
    return text(sign(document, suite))


def status_lists() -> dict[str, str]:
    """The fresh lists that most vectors have at hand."""
    return {
        REVOCATIONS: a_status_list(),
        SUSPENSIONS: a_status_list(SUSPENSIONS, "suspension", (SUSPENDED,)),
    }


def text(document: Mapping[str, Any]) -> str:
    return proof.serialize(document).decode()


def copied(document: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(document)


def a_foreign_credential(**changes: Any) -> dict[str, Any]:
    """A credential of another profile: credentials/v2 alone."""
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2_URL],
        "id": "urn:uuid:9a2c1f5e-7b0d-4c39-8f55-0a6f6e0a2b11",
        "type": ["VerifiableCredential"],
        "issuer": OTHER_DID,
        "validFrom": "2026-11-20T08:00:00Z",
        "credentialSubject": {"id": ITEM, "name": "A battery of ours", "description": "as seen"},
    }
    return document | changes
