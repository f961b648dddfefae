"""Keys in a token: made there, used from threads and forked processes, found again after a restart."""

import hashlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.core.errors import CannotSign, MalformedInput, NotConfigured
from app.keys import pkcs11
from app.keys.pkcs11 import Pkcs11Signer, Place, Token
from tests.keys.conftest import PIN, SoftToken

DIGEST = hashlib.sha256(b"a document").digest()


def opened(token: SoftToken, pin: str = PIN) -> Token:
    return Token(token.module, token.label, lambda: pin)


def signer(token: SoftToken, label: str) -> Pkcs11Signer:
    session = opened(token)
    pkcs11.find_or_create(session, label)
    return Pkcs11Signer(session, label, f"did:web:acme.example#{label}")


def test_a_key_that_was_made_in_the_token_signs_digests(token: SoftToken):
    made = signer(token, "made")
    signature = made.sign_digest(DIGEST)
    assert len(signature) == 64
    assert made.public_key.verify_digest(DIGEST, signature)
    assert made.public_key.kind == "P-256"


def test_a_key_that_is_there_is_found_and_not_made_twice(token: SoftToken):
    first = pkcs11.find_or_create(opened(token), "twice")
    assert pkcs11.find_or_create(opened(token), "twice") == first


def test_the_private_key_cannot_be_taken_out(token: SoftToken):
    import pkcs11 as api

    def value(session: object) -> object:
        found = session.get_key(api.ObjectClass.PRIVATE_KEY, api.KeyType.EC, "kept")  # type: ignore[attr-defined]
        assert found[api.Attribute.SENSITIVE]
        assert not found[api.Attribute.EXTRACTABLE]
        return found[api.Attribute.VALUE]

    signer(token, "kept")
    with pytest.raises(CannotSign, match="Sensitive"):
        opened(token).use(value)


def test_forked_workers_and_their_threads_sign_with_one_signer(token: SoftToken):
    done = subprocess.run(
        [sys.executable, "-m", "tests.keys.forking", str(token.library), token.label, PIN],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_threads_share_a_signer(token: SoftToken):
    shared = signer(token, "shared")
    bad: list[Exception] = []

    def sign() -> None:
        try:
            for _ in range(20):
                shared.sign_digest(DIGEST)
        except Exception as error:
            bad.append(error)

    threads = [threading.Thread(target=sign) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bad == []


def test_a_token_that_was_restarted_is_logged_in_to_again(token: SoftToken):
    kept = signer(token, "restarted")
    token.module.restart(token.module.age)
    assert kept.public_key.verify_digest(DIGEST, kept.sign_digest(DIGEST))


def test_two_signers_of_one_token_live_side_by_side(token: SoftToken):
    one, two = signer(token, "one"), signer(token, "two")
    assert one.public_key != two.public_key
    for each in (one, two, one):
        assert each.public_key.verify_digest(DIGEST, each.sign_digest(DIGEST))


def test_what_is_wrong_is_said(token: SoftToken, tmp_path: Path):
    token.module.restart(token.module.age)  # nobody is logged in
    with pytest.raises(CannotSign, match="PinIncorrect"):
        opened(token, "0000").use(lambda session: session)
    with pytest.raises(CannotSign, match="No token"):
        Token(token.module, "another", lambda: PIN).use(lambda session: session)
    with pytest.raises(NotConfigured, match="no EC key pair"):
        Pkcs11Signer(opened(token), "not there", "did:web:x#y")
    with pytest.raises(NotConfigured, match="PASSPORT_HSM_MODULE"):
        pkcs11.module(tmp_path / "nothing.so").library()


def test_a_wrong_pin_is_tried_once(token: SoftToken):
    token.module.restart(token.module.age)
    asked: list[str] = []

    def pin() -> str:
        asked.append("asked")
        return "0000"

    with pytest.raises(CannotSign):
        Token(token.module, token.label, pin).use(lambda session: session)
    assert asked == ["asked"]
    opened(token).use(lambda session: session)


def test_the_address_of_a_key_is_as_in_rfc_7512():
    place = Place("my token;1", "seal-2026")
    assert place.reference == "pkcs11:token=my%20token%3B1;object=seal-2026"
    assert Place.read(place.reference) == place
    for wrong in ("seal-2026", "pkcs11:token=x", "https://x/;token=a;object=b"):
        with pytest.raises(MalformedInput):
            Place.read(wrong)
