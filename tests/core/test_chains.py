"""Chains behind listed keys, made on the spot: what leads to a pinned anchor, and what does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.core import chains
from app.core.errors import MalformedInput
from app.core.keys import PublicKey
from app.core.root_signatures import TrustListRefused

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ORGANIZATION = "VATDE-123456789"
SEALS = {"digital_signature": False, "content_commitment": True}
SIGNS_CERTIFICATES = {"key_cert_sign": True, "crl_sign": True}
USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


class Party:
    """A key with its certificate."""

    def __init__(
        self,
        name: str,
        by: "Party | None" = None,
        *,
        ca: bool = False,
        usage: dict[str, bool] | None = None,
        organization: str | None = None,
        days: int = 365,
        extra: list[x509.ExtensionType] | None = None,
        path_length: int | None = None,
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if organization:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, organization))
        self.name = x509.Name(attributes)
        wanted = usage or (SIGNS_CERTIFICATES if ca else {"digital_signature": True})
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(by.name if by else self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=30))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca, path_length), critical=True)
            .add_extension(x509.KeyUsage(**dict.fromkeys(USAGES, False) | wanted), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        )
        issuer = (by or self).key.public_key()
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
        )
        for extension in extra or ():
            builder = builder.add_extension(extension, critical=False)
        self.certificate = builder.sign((by or self).key, hashes.SHA256())

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def public_key(self) -> PublicKey:
        return PublicKey.from_cryptography(self.key.public_key())


@pytest.fixture(scope="module")
def root() -> Party:
    return Party("Anchor", ca=True)


@pytest.fixture(scope="module")
def between(root: Party) -> Party:
    return Party("Between", root, ca=True)


def seal(by: Party, **options: Any) -> Party:
    return Party("Musterzellen GmbH", by, **{"organization": ORGANIZATION, "usage": SEALS} | options)


def test_a_seal_certificate_leads_to_a_pinned_anchor(root: Party, between: Party) -> None:
    leaf = seal(between)
    anchors = [root.certificate]
    found = chains.require([leaf.der, between.der], leaf.public_key, anchors, NOW, ORGANIZATION)
    assert found.organization_identifier == ORGANIZATION
    assert (found.anchor, found.not_after) == ("CN=Anchor", NOW + timedelta(days=365))
    assert "Musterzellen" in found.subject


@pytest.mark.parametrize(
    "options",
    [
        {"usage": {"digital_signature": True}},
        {"extra": [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])]},
        {"extra": [x509.SubjectAlternativeName([x509.RFC822Name("seal@example.org")])]},
        {"organization": None},
    ],
)
def test_a_seal_need_not_look_like_a_web_server(root: Party, options: dict[str, Any]) -> None:
    leaf = seal(root, **options)
    chains.require([leaf.der], leaf.public_key, [root.certificate], NOW)


def test_a_root_that_is_sent_along_is_no_anchor(root: Party, between: Party) -> None:
    leaf = seal(between)
    other = Party("Anchor", ca=True)
    for anchors in ([], [other.certificate]):
        with pytest.raises(TrustListRefused):
            chains.require([leaf.der, between.der, root.der], leaf.public_key, anchors, NOW)


def test_the_time_that_is_asked_about_counts_not_today(root: Party) -> None:
    leaf = seal(root, days=10)
    anchors = [root.certificate]
    chains.require([leaf.der], leaf.public_key, anchors, NOW + timedelta(days=9))
    for at in (NOW + timedelta(days=11), NOW - timedelta(days=31)):
        with pytest.raises(TrustListRefused, match="anchor"):
            chains.require([leaf.der], leaf.public_key, anchors, at)


def test_another_key_or_another_organisation_is_refused(root: Party) -> None:
    leaf, other = seal(root), seal(root)
    anchors = [root.certificate]
    with pytest.raises(TrustListRefused, match="another key"):
        chains.require([leaf.der], other.public_key, anchors, NOW, ORGANIZATION)
    with pytest.raises(TrustListRefused, match="VATDE-123456789"):
        chains.require([leaf.der], leaf.public_key, anchors, NOW, "VATDE-987654321")
    nameless = seal(root, organization=None)
    with pytest.raises(TrustListRefused, match="without identifier"):
        chains.require([nameless.der], nameless.public_key, anchors, NOW, ORGANIZATION)


def test_certificates_for_another_use_are_refused(root: Party) -> None:
    anchors = [root.certificate]
    encrypts = seal(root, usage={"key_agreement": True})
    authority = seal(root, ca=True, usage={"digital_signature": True, "key_cert_sign": True})
    for leaf in (encrypts, authority):
        with pytest.raises(TrustListRefused):
            chains.require([leaf.der], leaf.public_key, anchors, NOW)


def test_only_an_authority_signs_certificates(root: Party) -> None:
    anchors = [root.certificate]
    for issuer in (
        seal(root),
        Party("No signer", root, ca=True, usage={"digital_signature": True}),
        Party("No authority", root, usage=SIGNS_CERTIFICATES),
    ):
        leaf = seal(issuer)
        with pytest.raises(TrustListRefused):
            chains.require([leaf.der, issuer.der], leaf.public_key, anchors, NOW)
    short = Party("Only leaves", root, ca=True, path_length=0)
    sub = Party("One more", short, ca=True)
    leaf = seal(sub)
    with pytest.raises(TrustListRefused):
        chains.require([leaf.der, sub.der, short.der], leaf.public_key, anchors, NOW)


def test_an_altered_certificate_is_refused(root: Party) -> None:
    leaf = seal(root)
    altered = bytearray(leaf.der)
    altered[-1] ^= 1
    with pytest.raises(TrustListRefused):
        chains.require([bytes(altered)], leaf.public_key, [root.certificate], NOW)


@pytest.mark.parametrize("x5c", [[], [b"no certificate"], [b""] * 9])
def test_what_is_no_chain_says_so(root: Party, x5c: list[bytes]) -> None:
    with pytest.raises(MalformedInput):
        chains.require(x5c, seal(root).public_key, [root.certificate], NOW)


def test_files_hold_certificates_in_pem_or_der(root: Party, between: Party) -> None:
    pem = between.certificate.public_bytes(Encoding.PEM) + root.certificate.public_bytes(Encoding.PEM)
    assert chains.certificates_of(pem) == [between.der, root.der]
    assert chains.certificates_of(root.der) == [root.der]
    assert chains.anchors_of(pem)[1] == root.certificate
    for data in (b"nothing", b"-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"):
        with pytest.raises(MalformedInput):
            chains.certificates_of(data)
