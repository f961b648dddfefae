"""Multibase texts: base58btc (`z`) for keys and signatures, base64url (`u`) for digests; base64 without one.

Source: Controlled Identifiers 1.0, 2.4 Multibase; 2.5 Multihash; RFC 4648.
"""

import base64
import binascii
import hashlib
from typing import Final

from app.core.errors import MalformedInput

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NO_SIGNS: Final = str.maketrans("", "", _ALPHABET)
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_PAIR_VALUES: Final = {pair: value for value, pair in enumerate(_PAIRS)}
_GROUP_SIGNS: Final = 10
"""Signs whose value fits in 64 bits: Python is quick with such numbers."""
_GROUP: Final = 58**_GROUP_SIGNS
_SHA2_256: Final = b"\x12\x20"

MAX_BASE58: Final = 200
"""Longest base58 text that is read: the work grows with the square, and a P-384 signature needs 132."""


def base58btc_encode(data: bytes) -> str:
    """Base58 with the Bitcoin alphabet, no prefix; each leading zero byte is one `1`."""
    number = int.from_bytes(data)
    groups = []
    while number:
        number, rest = divmod(number, _GROUP)  # ten signs at once: few divisions of the long number
        for _ in range(_GROUP_SIGNS // 2):
            rest, pair = divmod(rest, 58 * 58)
            groups.append(_PAIRS[pair])
    zeros = len(data) - len(data.lstrip(b"\x00"))
    return "1" * zeros + "".join(reversed(groups)).lstrip("1")


def base58btc_decode(text: str) -> bytes:
    """Raises: MalformedInput for a foreign character or more than MAX_BASE58 of them."""
    if len(text) > MAX_BASE58:
        raise MalformedInput("a base58 text that is too long", rule="multibase")
    number = 0
    if not text.isascii() or text.translate(_NO_SIGNS):
        raise MalformedInput("a character that is not base58", rule="multibase")
    padded = "1" * (-len(text) % _GROUP_SIGNS) + text
    for at in range(0, len(padded), _GROUP_SIGNS):
        group = 0
        for pair in range(at, at + _GROUP_SIGNS, 2):
            group = group * (58 * 58) + _PAIR_VALUES[padded[pair : pair + 2]]
        number = number * _GROUP + group
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def multibase_encode_base58btc(data: bytes) -> str:
    return "z" + base58btc_encode(data)


def multibase_decode_base58btc(text: str) -> bytes:
    """Raises: MalformedInput unless `text` is `z` and base58."""
    if not text.startswith("z"):
        raise MalformedInput("expected a multibase text that starts with z", rule="multibase")
    return base58btc_decode(text[1:])


def multibase_encode_base64url(data: bytes) -> str:
    """`u` and base64url without padding."""
    return "u" + base64url_encode(data)


def multibase_decode_base64url(text: str) -> bytes:
    """Raises: MalformedInput unless `text` is `u` and unpadded base64url in its one canonical spelling."""
    if not text.startswith("u"):
        raise MalformedInput("expected a multibase text that starts with u", rule="multibase")
    return base64url_decode(text[1:])


def base64url_encode(data: bytes) -> str:
    """base64url without padding (RFC 7515 2), as JOSE carries it; no multibase letter."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Raises: MalformedInput unless `text` is unpadded base64url in its one spelling."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise MalformedInput("a text that is not base64url", rule="base64url") from None
    if base64url_encode(data) != text:
        raise MalformedInput("a base64url text that is not in its one spelling", rule="base64url")
    return data


def base64_encode(data: bytes) -> str:
    """Standard base64 (RFC 4648 4), as notes, proofs and certificates carry it; no multibase letter."""
    return base64.b64encode(data).decode("ascii")


def base64_decode(text: str) -> bytes:
    """Raises: MalformedInput unless `text` is padded base64 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedInput("a text that is not base64", rule="base64") from None
    if base64_encode(data) != text:
        raise MalformedInput("a base64 text that is not in its one spelling", rule="base64")
    return data


def digest_multibase(data: bytes) -> str:
    """`digestMultibase` of stored bytes: `u` + base64url(0x12 0x20 and SHA-256). Also the ETag of a
    credential."""
    return multibase_encode_base64url(_SHA2_256 + hashlib.sha256(data).digest())
