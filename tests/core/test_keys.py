"""Keys as values, multibase texts, digests."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import multibase as mb
from app.core.errors import MalformedInput
from app.core.keys import PublicKey
from tests.vectors import kit as k

DATA = b"what was signed"


@pytest.mark.parametrize("key", [k.SEAL, k.SEAL_384, k.SEAL_ED], ids=lambda key: key.public_key.kind)
def test_a_signature_fits_its_data_and_its_key_alone(key: k.Key) -> None:
    signature = key.sign(DATA)
    assert key.public_key.verify(DATA, signature)
    assert not key.public_key.verify(DATA + b".", signature)
    assert not k.OTHER.public_key.verify(DATA, signature)
    for place in (0, len(signature) // 2, -1):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not key.public_key.verify(DATA, bytes(changed))


@pytest.mark.parametrize("key", [k.SEAL, k.SEAL_384, k.SEAL_ED], ids=lambda key: key.public_key.kind)
def test_a_signature_has_exactly_its_length(key: k.Key) -> None:
    signature = key.sign(DATA)
    for changed in (b"", signature[:-1], signature + b"\x00", b"\x00" + signature):
        assert not key.public_key.verify(DATA, changed)


def test_r_and_s_lie_between_1_and_n_minus_1() -> None:
    signature, n = k.SEAL.sign(DATA), k._ORDERS["P-256"]
    r, s = signature[:32], signature[32:]
    for half in (bytes(32), n.to_bytes(32), b"\xff" * 32):
        assert not k.SEAL.public_key.verify(DATA, r + half)
        assert not k.SEAL.public_key.verify(DATA, half + s)


def test_a_digest_of_another_length_is_never_verified() -> None:
    digest = hashlib.sha256(DATA).digest()
    signature = k.SEAL.sign_digest(digest)
    assert k.SEAL.public_key.verify_digest(digest, signature)
    assert not k.SEAL.public_key.verify_digest(digest[:31], signature)
    assert not k.SEAL_ED.public_key.verify_digest(digest, signature)


def test_a_key_of_another_curve_is_refused() -> None:
    with pytest.raises(MalformedInput):
        PublicKey.from_cryptography(ec.generate_private_key(ec.SECP256K1()).public_key())
    with pytest.raises(MalformedInput):
        PublicKey("P-256", b"\x02" + bytes(31))
    with pytest.raises(MalformedInput):
        PublicKey.from_jwk({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"})


def test_the_multicodec_prefixes_are_those_of_the_standard() -> None:
    assert mb.base58btc_decode(k.SEAL.public_key.to_multikey()[1:])[:2] == b"\x80\x24"
    assert mb.base58btc_decode(k.SEAL_384.public_key.to_multikey()[1:])[:2] == b"\x81\x24"
    assert mb.base58btc_decode(k.SEAL_ED.public_key.to_multikey()[1:])[:2] == b"\xed\x01"
    assert k.SEAL.public_key.to_multikey().startswith("zDn")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=100))
def test_base58_and_base64url_go_there_and_back(data: bytes) -> None:
    assert mb.base58btc_decode(mb.base58btc_encode(data)) == data
    assert mb.multibase_decode_base64url(mb.multibase_encode_base64url(data)) == data


@pytest.mark.parametrize("text", ["uAA", "uAB=", "uA", "u+/8=", "zAAA", "", "uÄ", "uAA\n"])
def test_base64url_has_one_spelling(text: str) -> None:
    """`uAA` is one byte; `uAB` would be the same byte with a stray bit."""
    if text == "uAA":
        assert mb.multibase_decode_base64url(text) == b"\x00"
    else:
        with pytest.raises(MalformedInput):
            mb.multibase_decode_base64url(text)


def test_base58_known_answers_and_limit() -> None:
    assert mb.base58btc_encode(b"Hello World!") == "2NEpo7TZRRrLZSi2U"
    assert mb.base58btc_encode(bytes(2) + b"\x01") == "112"
    assert mb.base58btc_encode(b"") == ""
    with pytest.raises(MalformedInput):
        mb.base58btc_decode("2" * 201)


def test_a_digest_names_its_algorithm() -> None:
    text = mb.digest_multibase(DATA)
    assert mb.multibase_decode_base64url(text) == b"\x12\x20" + hashlib.sha256(DATA).digest()
    assert text.startswith("uEi")
    assert len(text) == 47
