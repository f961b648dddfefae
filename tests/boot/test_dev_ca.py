"""The development authority vouches for this machine, and for nothing else."""

import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from app.cli import dev_ca

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ADDRESS = "192.168.7.20"


def certificates(authority: dev_ca.Authority) -> tuple[x509.Certificate, x509.Certificate]:
    return (
        x509.load_pem_x509_certificate(authority.ca_file.read_bytes()),
        x509.load_pem_x509_certificate(authority.certificate_file.read_bytes()),
    )


def verify(ca: x509.Certificate, leaf: x509.Certificate, name: x509.GeneralName, at: datetime = NOW) -> None:
    assert isinstance(name, x509.DNSName | x509.IPAddress)
    PolicyBuilder().store(Store([ca])).time(at).build_server_verifier(name).verify(leaf, [])


def test_the_server_is_believed_under_each_of_its_names(tmp_path):
    ca, leaf = certificates(dev_ca.ensure(tmp_path, ADDRESS, NOW))
    for name in (
        x509.IPAddress(ip_address(ADDRESS)),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.DNSName("localhost"),
    ):
        verify(ca, leaf, name)
    with pytest.raises(VerificationError):
        verify(ca, leaf, x509.DNSName("bank.example"))


@pytest.mark.parametrize("name", [x509.DNSName("bank.example"), x509.IPAddress(ip_address("192.168.7.21"))])
def test_what_it_would_sign_for_somebody_else_is_refused(tmp_path, name):
    authority = dev_ca.ensure(tmp_path, ADDRESS, NOW)
    ca, leaf = certificates(authority)
    key = serialization.load_pem_private_key((tmp_path / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(
        issuer_name=ca.subject,
        subject_name=leaf.subject,
        public_key=leaf.public_key(),
        serial_number=7,
        not_valid_before=leaf.not_valid_before_utc,
        not_valid_after=leaf.not_valid_after_utc,
    )
    for extension in leaf.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            value = x509.SubjectAlternativeName([name])
        builder = builder.add_extension(value, extension.critical)
    with pytest.raises(VerificationError):
        verify(ca, builder.sign(key, hashes.SHA256()), name)


def test_its_limits_are_critical_and_its_reach_is_one_step(tmp_path):
    ca, leaf = certificates(dev_ca.ensure(tmp_path, ADDRESS, NOW))
    assert ca.extensions.get_extension_for_class(x509.NameConstraints).critical
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert basic.value == x509.BasicConstraints(ca=True, path_length=0)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=398)


def test_private_keys_are_the_owners_alone(tmp_path):
    authority = dev_ca.ensure(tmp_path / "ca", ADDRESS, NOW)
    assert stat.S_IMODE((tmp_path / "ca").stat().st_mode) == 0o700
    for path in (authority.key_file, tmp_path / "ca" / "ca.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_kept_while_it_is_good_so_that_phones_need_it_once(tmp_path):
    first = dev_ca.ensure(tmp_path, ADDRESS, NOW)
    before = certificates(first)
    assert certificates(dev_ca.ensure(tmp_path, ADDRESS, NOW + timedelta(days=20))) == before
    later = NOW + timedelta(days=25)
    ca, leaf = certificates(dev_ca.ensure(tmp_path, ADDRESS, later))
    assert ca == before[0]
    assert leaf != before[1]
    verify(ca, leaf, x509.IPAddress(ip_address(ADDRESS)), later)


def test_another_address_gets_another_authority(tmp_path):
    before, _ = certificates(dev_ca.ensure(tmp_path, ADDRESS, NOW))
    ca, leaf = certificates(dev_ca.ensure(tmp_path, "10.0.0.4", NOW))
    assert ca != before
    verify(ca, leaf, x509.IPAddress(ip_address("10.0.0.4")))


@pytest.mark.parametrize("name", ["ca.pem", "ca.key", "server.pem", "server.key"])
def test_a_lost_or_torn_file_is_made_anew(tmp_path, name):
    dev_ca.ensure(tmp_path, ADDRESS, NOW)
    (tmp_path / name).unlink()
    verify(*certificates(dev_ca.ensure(tmp_path, ADDRESS, NOW)), x509.DNSName("localhost"))
    if name.endswith(".pem"):
        (tmp_path / name).write_bytes(b"-----BEGIN CERT")
        verify(*certificates(dev_ca.ensure(tmp_path, ADDRESS, NOW)), x509.DNSName("localhost"))


def test_the_fingerprint_is_the_one_that_phones_show(tmp_path):
    authority = dev_ca.ensure(tmp_path, ADDRESS, NOW)
    ca, _ = certificates(authority)
    assert authority.fingerprint.replace(":", "").lower() == ca.fingerprint(hashes.SHA256()).hex()
