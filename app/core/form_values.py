"""Values that a credential is made of: IRIs, texts, moments, words in a language, digests of resources.

Source: VC Data Model 2.0, 4.4 to 4.6, 5.3 and 11.1; Controlled Identifiers 1.0, 2.5; Subresource Integrity.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from app.core import times
from app.core.errors import MalformedInput
from app.core.multibase import multibase_decode_base58btc, multibase_decode_base64url
from app.core.proof_error import ProofError

MAX_ENTRIES: Final = 8

_IRI: Final = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]+')
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_SRI: Final = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})")
_MULTIHASHES: Final = {b"\x12\x20": "sha256", b"\x20\x30": "sha384", b"\x13\x40": "sha512"}
_DIGEST_BYTES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}


def malformed(name: str) -> ProofError:
    return ProofError("MALFORMED_VALUE_ERROR", f"The entry {name} is missing or has a wrong form.")


def objects(value: Any, name: str, most: int) -> list[dict[str, Any]]:
    """One object, or a list of some, as a list. Raises: ProofError."""
    found = [value] if isinstance(value, dict) else value
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise malformed(name)
    if len(found) > most:
        raise ProofError("RESOURCE_LIMIT", f"The record has too many entries in {name}.")
    return found


def texts(value: Any, name: str) -> list[str]:
    """One text, or a list of some, as a list; none is empty. Raises: ProofError."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or len(found) > MAX_ENTRIES:
        raise malformed(name)
    if not all(isinstance(one, str) and one for one in found):
        raise malformed(name)
    return found


def is_iri(value: Any) -> bool:
    """Whether it is an absolute address, of any scheme."""
    return isinstance(value, str) and _IRI.fullmatch(value) is not None


def iri(value: Any, name: str) -> str:
    """Raises: ProofError unless it is an absolute address."""
    if not is_iri(value):
        raise malformed(name)
    return str(value)


def moment(document: Mapping[str, Any], name: str, *, required: bool) -> datetime | None:
    """A date-time member. Raises: ProofError unless it is one, with zone."""
    if name not in document and not required:
        return None
    found = read_moment(document.get(name))
    if found is None:
        raise malformed(name)
    return found


def read_moment(value: Any) -> datetime | None:
    """A date-time with zone, or None for anything else."""
    try:
        return times.parse(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def words(value: Any, name: str) -> None:
    """A text, or a language value object, or a list of them. Raises: ProofError."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            continue
        if (
            not isinstance(one, dict)
            or not set(one) <= {"@value", "@language", "@direction"}
            or not isinstance(one.get("@value"), str)
            or ("@language" in one and not _is_language(one["@language"]))
            or one.get("@direction", "ltr") not in ("ltr", "rtl")
        ):
            raise malformed(name)


def digests(entry: Mapping[str, Any], name: str) -> list[tuple[str, bytes]]:
    """(algorithm, digest) of each `digestSRI` and `digestMultibase`; at least one. Raises: ProofError."""
    found = []
    if "digestSRI" in entry:
        found += [_sri(one, name) for one in str(_text(entry["digestSRI"], name)).split(" ")]
    if "digestMultibase" in entry:
        found.append(_multihash(_text(entry["digestMultibase"], name), name))
    if not found:
        raise malformed(name)
    return found


def has_digest(data: bytes, algorithm: str, digest: bytes) -> bool:
    return hashlib.new(algorithm, data).digest() == digest


def _is_language(value: Any) -> bool:
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise malformed(name)
    return value


def _sri(text: str, name: str) -> tuple[str, bytes]:
    match = _SRI.fullmatch(text)
    try:
        digest = base64.b64decode(match[2], validate=True) if match else b""
    except binascii.Error:
        digest = b""
    if match is None or len(digest) != _DIGEST_BYTES[match[1]]:
        raise malformed(name)
    return match[1], digest


def _multihash(text: str, name: str) -> tuple[str, bytes]:
    try:
        decode = multibase_decode_base58btc if text.startswith("z") else multibase_decode_base64url
        data = decode(text)
    except MalformedInput:
        raise malformed(name) from None
    algorithm = _MULTIHASHES.get(data[:2])
    if algorithm is None or len(data) != 2 + _DIGEST_BYTES[algorithm]:
        raise malformed(name)
    return algorithm, data[2:]
