"""X.509 chains behind keys of the trust list: the seal certificate of an organisation, up to a pinned anchor.

A chain is judged when a list is made, at a time that the caller names; no verdict on a document hangs on
one. The profile is that of a seal, not of a web server: keyUsage digitalSignature or contentCommitment, no
extendedKeyUsage asked for. Whether a certificate was revoked is not asked: the list says so of the key.
Source: RFC 5280 6.1; ETSI EN 319 412-1 (organizationIdentifier), 412-3 (seals); credential profile section 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from app.core.errors import MalformedInput
from app.core.keys import PublicKey
from app.core.root_signatures import TrustListRefused
from app.core.trust_shape import MAX_CHAIN

_EITHER: Final = verification.Criticality.AGNOSTIC


@dataclass(frozen=True, slots=True)
class Chain:
    """What a chain that holds says, for people."""

    subject: str
    organization_identifier: str | None
    not_after: datetime
    anchor: str


def anchors_of(pem: bytes) -> list[x509.Certificate]:
    """Every certificate in a PEM file. Raises: MalformedInput."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise MalformedInput("a file of anchors holds PEM certificates", rule="anchor") from None


def certificates_of(data: bytes) -> list[bytes]:
    """DER certificates of a file in PEM (leaf first) or DER. Raises: MalformedInput."""
    if b"-----BEGIN" not in data:
        return [_load(data).public_bytes(Encoding.DER)]
    return [one.public_bytes(Encoding.DER) for one in anchors_of(data)]


def require(
    x5c: Sequence[bytes],
    key: PublicKey,
    anchors: Sequence[x509.Certificate],
    at: datetime,
    organization_identifier: str | None = None,
) -> Chain:
    """The chain, if it leads from this key to a pinned anchor at the time `at`.

    1. every certificate can be read; 2. the leaf is of this very key; 3. the leaf names this organisation,
    where the list asks for one; 4. a path to an anchor holds: signatures, times, CAs that may sign. A root
    that is sent along counts for nothing.
    Raises: MalformedInput; TrustListRefused.
    """
    # (1)
    if not 1 <= len(x5c) <= MAX_CHAIN:
        raise MalformedInput(f"a chain has 1 to {MAX_CHAIN} certificates", rule="x5c")
    leaf, *between = [_load(one) for one in x5c]
    # (2)
    if _public_key(leaf) != key:
        raise TrustListRefused("the first certificate is of another key than the one that is listed")
    # (3)
    found = _organization(leaf)
    if organization_identifier is not None and found != organization_identifier:
        raise TrustListRefused(
            f"the certificate is of {found or 'an organisation without identifier'}, the list says"
            f" {organization_identifier}"
        )
    # (4)
    if not anchors:
        raise TrustListRefused("no anchor is pinned here: put PEM files into the directory of anchors")
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(list(anchors)))
        .time(at.astimezone(UTC).replace(tzinfo=None))
        .max_chain_depth(MAX_CHAIN)
        .extension_policies(ca_policy=_CA, ee_policy=_LEAF)
        .build_client_verifier()
    )
    try:
        path = verifier.verify(leaf, between).chain
    except verification.VerificationError as error:
        raise TrustListRefused(f"the certificates do not lead to a pinned anchor: {error}") from None
    return Chain(
        leaf.subject.rfc4514_string(), found, leaf.not_valid_after_utc, path[-1].subject.rfc4514_string()
    )


def _load(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise MalformedInput("a certificate in DER is expected", rule="x5c") from None


def _public_key(certificate: x509.Certificate) -> PublicKey | None:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        return None
    return PublicKey.from_cryptography(key)


def _organization(certificate: x509.Certificate) -> str | None:
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
    return str(found[0].value) if len(found) == 1 else None


def _signs(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not (usage.digital_signature or usage.content_commitment):
        raise ValueError("the certificate is not for signing or sealing")


def _no_authority(_: verification.Policy, __: x509.Certificate, basic: x509.BasicConstraints | None) -> None:
    if basic is not None and basic.ca:
        raise ValueError("an authority's certificate does not seal documents")


def _signs_certificates(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("an issuer's certificate is not for signing certificates")


def _authority(_: verification.Policy, __: x509.Certificate, basic: x509.BasicConstraints) -> None:
    if not basic.ca:
        raise ValueError("an issuer's certificate is no authority's")


_LEAF: Final = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.KeyUsage, _EITHER, _signs)
    .may_be_present(x509.BasicConstraints, _EITHER, _no_authority)
)
_CA: Final = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.KeyUsage, _EITHER, _signs_certificates)
    .require_present(x509.BasicConstraints, _EITHER, _authority)
)
