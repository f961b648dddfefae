"""Fetching a DID document, against a real https server on this machine; names are resolved by the test."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.core import did, did_keys, trust_edit
from app.core.did import DidKey
from app.core.errors import MalformedInput
from app.services import did_web, foreign_issuers, trust, trust_lists
from app.services.context import Context
from app.services.did_web import NotFetched
from tests.core.test_chains import Party
from tests.installation import START
from tests.vectors import kit as k


@pytest.fixture
def database() -> str:
    return "sqlite"  # nothing is stored here


class Site(BaseHTTPRequestHandler):
    """Answers as the test says."""

    answers: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(tmp_path: Path, name: str = "maker.example") -> Iterator[tuple[int, ssl.SSLContext]]:
    authority = Party("Authority", ca=True)
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(IPv4Address("127.0.0.1"))])
    leaf = Party(name, authority, extra=[names])
    pem = leaf.certificate.public_bytes(Encoding.PEM) + leaf.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (tmp_path / "site.pem").write_bytes(pem)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "site.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Site.answers, Site.asked = {}, []
    trusting = ssl.create_default_context(cadata=authority.certificate.public_bytes(Encoding.PEM).decode())
    try:
        yield server.server_port, trusting
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def anywhere(_address: str) -> bool:
    return True


def a_document(name: str, *keys: DidKey) -> bytes:
    return json.dumps(did.document(name, keys or [DidKey("seal-2026", k.OTHER.public_key)])).encode()


def test_a_document_is_fetched_over_https_from_the_address_that_was_looked_at(tmp_path: Path):
    with serving(tmp_path) as (port, tls):
        name = f"did:web:maker.example%3A{port}"
        Site.answers["/.well-known/did.json"] = (200, {}, a_document(name))
        data = did_web.fetch(name, resolve=here, permit=anywhere, tls=tls)
        assert [key.name for key in did_keys.keys_of(data, name)] == ["seal-2026", "seal-2026-jwk"]
        with pytest.raises(MalformedInput):
            did_keys.keys_of(data, "did:web:other.example")


def test_a_certificate_of_another_name_or_authority_is_refused(tmp_path: Path):
    with serving(tmp_path) as (port, tls):
        for name, context in (("other.example", tls), ("maker.example", None)):
            with pytest.raises(NotFetched, match="certificate"):
                did_web.fetch(f"did:web:{name}%3A{port}", resolve=here, permit=anywhere, tls=context)
        assert Site.asked == []


def test_redirects_are_not_followed_and_only_200_is_an_answer(tmp_path: Path):
    with serving(tmp_path) as (port, tls):
        name = f"did:web:maker.example%3A{port}"
        for status in (301, 302, 307, 404, 500):
            Site.answers["/.well-known/did.json"] = (status, {"Location": "/elsewhere"}, b"{}")
            with pytest.raises(NotFetched, match=str(status)):
                did_web.fetch(name, resolve=here, permit=anywhere, tls=tls)
        assert "/elsewhere" not in Site.asked


def test_an_answer_without_end_is_cut_off(tmp_path: Path):
    with serving(tmp_path) as (port, tls):
        Site.answers["/.well-known/did.json"] = (200, {}, b" " * (did_keys.MAX_BYTES + 1))
        with pytest.raises(NotFetched, match="larger"):
            did_web.fetch(f"did:web:maker.example%3A{port}", resolve=here, permit=anywhere, tls=tls)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_nothing_is_fetched_from_an_address_that_is_not_public(address: str):
    assert not did_web.is_public(address)
    with pytest.raises(NotFetched, match="not public"):
        did_web.fetch("did:web:maker.example", resolve=lambda *_: ["8.8.8.8", address])


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_public_addresses_are_taken(address: str):
    assert did_web.is_public(address)


def test_a_host_without_address_or_answer_is_told_in_a_sentence():
    def nowhere(_host: str, _port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(NotFetched, match="no address"):
        did_web.fetch("did:web:maker.example", resolve=nowhere)
    with pytest.raises(NotFetched, match="could not be asked"):
        did_web.fetch("did:web:maker.example%3A1", resolve=here, permit=anywhere)


# --- what changed outside the list (T5)


def test_a_key_set_that_changed_outside_the_list_is_told_and_changes_nothing(ctx: Context):
    listed = foreign_issuers.given_key(f"seal-2026={k.OTHER.public_key.to_multikey()}")
    types = ["BatteryPassportWarranty"]
    entry = foreign_issuers.entry(k.OTHER_DID, "Other AG", types, [listed], START)
    trust_lists.change(ctx, trust_edit.add_issuer(entry))
    before = trust.published(ctx)

    def told(*keys: DidKey) -> str:
        known = trust.current(ctx)
        assert known is not None
        document = did.document(k.OTHER_DID, keys)
        document["verificationMethod"] = document["verificationMethod"][::2]  # without the JWK names
        (found,) = foreign_issuers.check(ctx, known, lambda _: json.dumps(document).encode())
        return "; ".join(found.told)

    assert told(listed) == ""
    assert "other bytes" in told(DidKey("seal-2026", k.STRANGER.public_key))
    assert "not on the list" in told(listed, DidKey("seal-2027", k.STRANGER.public_key))
    assert "not in the document" in told(DidKey("seal-2027", k.STRANGER.public_key))
    assert "revoked since" in told(DidKey("seal-2026", k.OTHER.public_key, revoked=START))
    assert "ends on" in told(DidKey("seal-2026", k.OTHER.public_key, expires=START))
    assert trust.published(ctx) == before


def test_an_issuer_that_cannot_be_asked_is_not_called_changed(ctx: Context):
    listed = foreign_issuers.given_key(f"seal-2026={k.OTHER.public_key.to_multikey()}")
    entry = foreign_issuers.entry(k.OTHER_DID, "Other AG", ["BatteryPassportUse"], [listed], START)
    trust_lists.change(ctx, trust_edit.add_issuer(entry))
    known = trust.current(ctx)
    assert known is not None

    def away(_did: str) -> bytes:
        raise NotFetched("other.example has no address.")

    (found,) = foreign_issuers.check(ctx, known, away)
    assert (found.reached, found.did) == (False, k.OTHER_DID)
