"""A certificate authority for one machine in one network, so that a phone gets https and so its camera.

A phone that trusts this authority trusts it for this machine alone: its name constraints are critical and
list the machine's address and names. The keys lie with the data, mode 0600, and are for development only.
Source: RFC 5280, 4.2.1.9 (name constraints), 4.2.1.3, 4.2.1.12; CA/Browser Forum's and Apple's limits on a
leaf (names in the subject alternative name, server authentication, at most 398 days).
"""

import hashlib
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS: Final = 365
LEAF_DAYS: Final = 30
_RENEW_BEFORE: Final = timedelta(days=7)
_BACKDATED: Final = timedelta(hours=1)  # a phone's clock may be a little behind


@dataclass(frozen=True, slots=True)
class Authority:
    """Where the files lie, and what the phone is given."""

    ca_file: Path
    certificate_file: Path
    key_file: Path
    ca_der: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate, as phones show it before they take it."""
        return hashlib.sha256(self.ca_der).digest().hex(":").upper()


def ensure(directory: Path, address: str, now: datetime) -> Authority:
    """An authority for `address` in `directory` with a leaf certificate that is good for a week at least.

    Made anew when it is missing, about to expire or for another address; the authority itself is kept as long
    as it can be, since each new one must be taken to the phone by hand.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    ca_file, ca_key_file = directory / "ca.pem", directory / "ca.key"
    leaf_file, leaf_key_file = directory / "server.pem", directory / "server.key"
    ca = _read(ca_file)
    if ca is None or not ca_key_file.exists() or not _good(ca, address, now):
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _make_ca(ca_key, address, now)
        leaf_file.unlink(missing_ok=True)
        _write(ca_key_file, _private_pem(ca_key), 0o600)
        _write(ca_file, ca.public_bytes(serialization.Encoding.PEM), 0o644)
    leaf = _read(leaf_file)
    if leaf is None or not leaf_key_file.exists() or not _good(leaf, address, now):
        loaded = serialization.load_pem_private_key(ca_key_file.read_bytes(), None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{ca_key_file} holds no elliptic curve key")
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        leaf = _make_leaf(leaf_key, ca, loaded, address, now)
        _write(leaf_key_file, _private_pem(leaf_key), 0o600)
        _write(leaf_file, leaf.public_bytes(serialization.Encoding.PEM), 0o644)
    return Authority(ca_file, leaf_file, leaf_key_file, ca.public_bytes(serialization.Encoding.DER))


def _names(address: str) -> tuple[list[str], list[IPv4Address | IPv6Address]]:
    """DNS names and addresses under which this machine is reached."""
    host = socket.gethostname().split(".")[0].lower()
    hosts = ["localhost"] + ([f"{host}.local"] if host.replace("-", "").isalnum() else [])
    addresses = dict.fromkeys([ip_address(address), ip_address("127.0.0.1")])
    return hosts, list(addresses)


def _make_ca(key: ec.EllipticCurvePrivateKey, address: str, now: datetime) -> x509.Certificate:
    hosts, addresses = _names(address)
    permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    permitted += [x509.IPAddress(_only(each)) for each in addresses]
    name = _name(f"Battery passport development CA for {address}")
    return (
        _builder(name, name, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _make_leaf(
    key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    address: str,
    now: datetime,
) -> x509.Certificate:
    hosts, addresses = _names(address)
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    names += [x509.IPAddress(each) for each in addresses]
    return (
        _builder(_name(address), ca.subject, key.public_key(), now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _only(address: IPv4Address | IPv6Address) -> IPv4Network | IPv6Network:
    """The network that holds this one address."""
    return ip_network(f"{address}/{address.max_prefixlen}")


def _good(certificate: x509.Certificate, address: str, now: datetime) -> bool:
    """Long enough valid, and made for the names that this machine has now."""
    if certificate.not_valid_after_utc - _RENEW_BEFORE < now or now < certificate.not_valid_before_utc:
        return False
    wanted_hosts, wanted_addresses = _names(address)
    extensions = certificate.extensions
    try:
        alternative = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = alternative.get_values_for_type(x509.DNSName)
        addresses = alternative.get_values_for_type(x509.IPAddress)
    except x509.ExtensionNotFound:
        permitted = extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
        hosts = [name.value for name in permitted if isinstance(name, x509.DNSName)]
        networks = [name.value for name in permitted if isinstance(name, x509.IPAddress)]
        return hosts == wanted_hosts and networks == [_only(each) for each in wanted_addresses]
    return hosts == wanted_hosts and addresses == wanted_addresses


def _read(path: Path) -> x509.Certificate | None:
    """A half written file counts as none."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _write(path: Path, data: bytes, mode: int) -> None:
    """Into place by one rename; never readable by others for a moment."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    fresh.replace(path)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
