"""Keys of a sealing service: what it is asked, and that nothing it answers is believed unchecked."""

import hashlib
import json
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.core.errors import CannotSign, NotConfigured
from app.keys import remote
from app.keys.remote import RemoteSigner, SealingService
from tests.keys import sealing as services
from tests.keys.sealing import CREDENTIAL, TOKEN, Sealing

DIGEST = hashlib.sha256(b"a document").digest()


@pytest.fixture
def sealing() -> Iterator[Sealing]:
    with services.running() as running:
        yield running


def signer(sealing: Sealing, token: str = TOKEN) -> RemoteSigner:
    service = SealingService(sealing.url, lambda: token)
    return RemoteSigner(service, CREDENTIAL, sealing.public_key, "did:web:acme.example#seal-2026")


@pytest.mark.parametrize("raw", [True, False], ids=["r and s", "DER"])
def test_a_digest_is_sent_and_the_signature_comes_back_as_r_and_s(sealing: Sealing, raw: bool):
    sealing.raw = raw
    signature = signer(sealing).sign_digest(DIGEST)
    assert len(signature) == 64
    assert sealing.public_key.verify_digest(DIGEST, signature)
    path, body, authorization = sealing.asked[0]
    assert path == "/csc/v2/signatures/signHash"
    assert authorization == f"Bearer {TOKEN}"
    assert body["credentialID"] == CREDENTIAL
    assert len(body["hashes"]) == 1
    assert (body["hashAlgorithmOID"], body["signAlgo"]) == ("2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2")


def test_the_public_key_comes_from_the_certificate_of_the_credential(sealing: Sealing):
    service = SealingService(sealing.url, lambda: TOKEN)
    assert remote.public_key_of(service, CREDENTIAL) == sealing.public_key


def test_a_signature_of_another_key_is_not_used(sealing: Sealing):
    ours = signer(sealing)
    sealing.key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(CannotSign, match="not a signature of its key"):
        ours.sign_digest(DIGEST)


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"{}", b'{"signatures": []}', b'{"signatures": ["AA", "AA"]}',
     b'{"signatures": [7]}', b'{"signatures": ["%%"]}', b'{"signatures": ["AAAA"]}',
     json.dumps({"signatures": ["A" * 100_000]}).encode()],
    ids=lambda body: str(body[:24]),
)  # fmt: skip
def test_an_answer_that_holds_no_signature_is_refused(sealing: Sealing, body: bytes):
    sealing.body = body
    with pytest.raises(CannotSign):
        signer(sealing).sign_digest(DIGEST)


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_a_refusal_says_its_number_and_nothing_of_its_text(sealing: Sealing, status: int):
    sealing.status, sealing.body = status, b'{"error_description": "inner details"}'
    with pytest.raises(CannotSign, match=str(status)) as caught:
        signer(sealing).sign_digest(DIGEST)
    assert "inner" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_redirect_is_not_followed(sealing: Sealing):
    sealing.status, sealing.location = 307, f"{sealing.url}/elsewhere"
    with pytest.raises(CannotSign, match="307"):
        signer(sealing).sign_digest(DIGEST)
    assert len(sealing.asked) == 1


def test_a_wrong_token_and_a_silent_service_are_told(
    sealing: Sealing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with pytest.raises(CannotSign, match="401"):
        signer(sealing, "another").sign_digest(DIGEST)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(stat.S_IRUSR)
    monkeypatch.setenv("NETRC", str(netrc))
    signer(sealing).sign_digest(DIGEST)  # its password does not replace the token
    gone = replace(sealing, url="http://127.0.0.1:9/csc/v2")
    with pytest.raises(CannotSign, match="cannot be reached"):
        signer(gone).sign_digest(DIGEST)


def test_a_service_that_does_not_answer_in_time_is_given_up(
    sealing: Sealing, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(remote, "TIMEOUT_S", (1, 0.1))
    held = threading.Event()

    def slow(*_: object) -> dict[str, object]:
        held.wait(5)
        return {}

    monkeypatch.setattr(sealing, "answer", slow)
    with pytest.raises(CannotSign, match="cannot be reached"):
        signer(sealing).sign_digest(DIGEST)
    held.set()


@pytest.mark.parametrize(
    "url",
    ["http://sealing.example/csc/v2", "http://192.0.2.1/csc/v2", "ftp://127.0.0.1/", "https:///csc/v2",
     "https://name:word@sealing.example/csc/v2", "https://sealing.example/csc/v2?x=1", "sealing.example"],
)  # fmt: skip
def test_an_address_that_would_show_the_token_is_refused(url: str):
    with pytest.raises(NotConfigured, match="PASSPORT_SEALING_URL"):
        SealingService(url, lambda: TOKEN)


def test_several_threads_sign_at_once_and_keep_their_connections(sealing: Sealing):
    ours = signer(sealing)
    good: list[bool] = []

    def sign() -> None:
        for _ in range(5):
            good.append(ours.public_key.verify_digest(DIGEST, ours.sign_digest(DIGEST)))

    threads = [threading.Thread(target=sign) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 20


def test_a_forked_process_opens_a_connection_of_its_own(sealing: Sealing, monkeypatch: pytest.MonkeyPatch):
    service = SealingService(sealing.url, lambda: TOKEN)
    ours = RemoteSigner(service, CREDENTIAL, sealing.public_key, "did:web:x#y")
    ours.sign_digest(DIGEST)
    before = service._session()
    process = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: process + 1)
    ours.sign_digest(DIGEST)
    assert service._session() is not before
    before.close()
