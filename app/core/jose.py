"""The JOSE form of a credential: a compact JWS over the unsecured document, `application/vc+jwt`.

Source: VC-JOSE-COSE (W3C Recommendation, 15 May 2025), 3.1; RFC 7515; RFC 8725; threat T31. Nothing that a
token says about itself is believed: the algorithm is fixed by the kind of the key, keys come from the trust
list, and header members that bring a key, an address or an extension are refused.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from app.core import json_strict, times
from app.core.errors import MalformedInput, TooLarge
from app.core.keys import KeyKind, PublicKey
from app.core.multibase import base64_encode, base64url_decode, base64url_encode
from app.core.proof import Signer
from app.core.proof_error import ProofError

MEDIA_TYPE: Final = "application/vc+jwt"
TYP: Final = "vc+jwt"
MAX_HEADER_BYTES: Final = 16_384

KEY_KINDS: Final[Mapping[str, frozenset[KeyKind]]] = {
    "ES256": frozenset({"P-256"}),
    "ES384": frozenset({"P-384"}),
    "EdDSA": frozenset({"Ed25519"}),
}
"""The one kind of key that each algorithm goes with; an algorithm that is not here is not supported."""

HEADER_MEMBERS: Final = frozenset({"alg", "typ", "cty", "kid", "iat", "iss", "nbf", "exp", "x5c"})
"""Every other one is refused: crit, b64, jku, jwk, x5u and whatever comes after them."""
JWK_SUFFIX: Final = "-jwk"
"""A DID document gives each key twice: as Multikey `#seal-2026`, and for JOSE as JsonWebKey `#seal-2026-jwk`.
A `kid` is the second name, as VC-JOSE-COSE asks for a JsonWebKey; a trust list holds the first."""

_TIMES: Final = ("iat", "nbf", "exp")
_CLAIMS: Final = ("iss", "sub", "jti", *_TIMES)
_LATEST: Final = 253_402_300_799
"""9999-12-31T23:59:59Z, the last second that a date can name."""


@dataclass(frozen=True, slots=True)
class Token:
    """A compact JWS, taken apart and not yet believed."""

    header: Mapping[str, Any]
    payload: bytes
    signing_input: bytes
    signature: bytes

    def options(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """What its header and claims say, in the words of a proof, so that later checks are the same."""
        found: dict[str, Any] = {"cryptosuite": self.header["alg"], "proofPurpose": "assertionMethod"}
        if "kid" in self.header:
            found["verificationMethod"] = self.header["kid"]
        for claim, name in (("iat", "created"), ("exp", "expires")):
            for where in (document, self.header):
                if claim in where:
                    found[name] = times.to_seconds(datetime.fromtimestamp(where[claim], UTC))
        return found


def build(
    document: Mapping[str, Any], signer: Signer, issued_at: datetime, x5c: Sequence[bytes] = ()
) -> bytes:
    """The JOSE form of an unsecured document, signed with ES256 through the one seam to private keys.

    `x5c`: the DER certificates of the key, leaf first, for whoever judges by X.509.
    Raises: MalformedInput when `document` has a proof, or the key is not P-256.
    """
    if "proof" in document:
        raise MalformedInput("the document has a proof already", pointer="/proof", rule="unsecured")
    if signer.public_key.kind != "P-256":
        raise MalformedInput("we sign with P-256 and ES256", rule="suite")
    header: dict[str, Any] = {
        "alg": "ES256",
        "typ": TYP,
        "cty": "vc",
        "kid": signer.verification_method + JWK_SUFFIX,
        "iat": int(issued_at.timestamp()),
    }
    if x5c:
        header["x5c"] = [base64_encode(one) for one in x5c]
    signing_input = _encode(orjson.dumps(header)) + b"." + _encode(orjson.dumps(document))
    signature = signer.sign_digest(hashlib.sha256(signing_input).digest())
    return signing_input + b"." + _encode(signature)


def looks_like_token(data: bytes) -> bool:
    """Whether these bytes are meant as a token: base64url of an object begins with e, no JSON text does."""
    return data[:1] == b"e"


def read(data: bytes) -> Token:
    """Take a token apart: three parts in their one spelling, the header strictly read.

    Raises: ProofError with PARSING_ERROR for a form that is none; MALFORMED_VALUE_ERROR for a header that
    says what we do not take; UNSUPPORTED_CRYPTOSUITE for an algorithm that we do not take, `none` included.
    """
    parts = data.split(b".")
    if len(parts) != 3:
        raise _unreadable()
    try:
        raw_header, payload, signature = (_decode(part) for part in parts)
        header = json_strict.loads(raw_header, max_bytes=MAX_HEADER_BYTES)
    except (MalformedInput, TooLarge):
        raise _unreadable() from None
    if not isinstance(header, dict):
        raise _unreadable()
    _require_header(header)
    return Token(header, payload, data[: data.rindex(b".")], signature)


def require_claims(token: Token, document: Mapping[str, Any], issuer_id: str) -> None:
    """The form of what a payload must be, and what header and claims say must be what the document says.

    No `vc` or `vp` claim, no proof inside; `iss` is the issuer, `sub` the subject, `jti` the id. The times
    are those of the signature, not of what it says (VC-JOSE-COSE 3.1.3). Raises: ProofError.
    """
    if any(name in document for name in ("vc", "vp", "proof")):
        raise ProofError("MALFORMED_VALUE_ERROR", "The token does not hold a plain record.")
    subject = document.get("credentialSubject")
    expected = {
        "iss": issuer_id,
        "sub": subject.get("id") if isinstance(subject, dict) else None,
        "jti": document.get("id"),
    }
    for where in (token.header, document):
        for name in _CLAIMS:
            if name not in where:
                continue
            value = where[name]
            if name in expected and (value is None or value != expected[name]):
                raise ProofError("MALFORMED_VALUE_ERROR", "The token says other things than its record.")
            if name in _TIMES and not _is_time(value):
                raise ProofError("MALFORMED_VALUE_ERROR", "The token has a date that is none.")
    for name in _TIMES:
        if name in token.header and name in document and token.header[name] != document[name]:
            raise ProofError("MALFORMED_VALUE_ERROR", "The token says other things than its record.")


def not_before(token: Token, document: Mapping[str, Any]) -> datetime | None:
    """`nbf`: the time from which on the token is to be taken."""
    found = token.header.get("nbf", document.get("nbf"))
    return None if found is None else datetime.fromtimestamp(found, UTC)


def verify(token: Token, key: PublicKey) -> None:
    """Check the signature with `key`, whose kind alone says how. Raises: ProofError."""
    if key.kind not in KEY_KINDS[token.header["alg"]]:
        raise ProofError("INVALID_VERIFICATION_METHOD", "the key is of a kind that does not fit the token")
    if not key.verify(token.signing_input, token.signature):
        raise ProofError("PROOF_VERIFICATION_ERROR", "the signature does not fit the token")


def listed_name(method: str) -> str:
    """The name under which a trust list holds the key of a `kid`."""
    return method.removesuffix(JWK_SUFFIX)


def _require_header(header: Mapping[str, Any]) -> None:
    if not set(header) <= HEADER_MEMBERS or header.get("typ") != TYP or header.get("cty", "vc") != "vc":
        raise ProofError("MALFORMED_VALUE_ERROR", "The token is of a kind that we do not take.")
    chain = header.get("x5c", [""])
    if (
        not isinstance(chain, list)
        or not chain
        or len(chain) > 8
        or not all(isinstance(c, str) for c in chain)
    ):
        raise ProofError("MALFORMED_VALUE_ERROR", "The token carries certificates in a wrong form.")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in KEY_KINDS:
        raise ProofError("UNSUPPORTED_CRYPTOSUITE", "The record is signed in a way we do not take.")


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LATEST


def _encode(data: bytes) -> bytes:
    return base64url_encode(data).encode()


def _decode(part: bytes) -> bytes:
    """Raises: MalformedInput unless it is unpadded base64url in its one spelling, of at least one sign."""
    if not part:
        raise MalformedInput("an empty part", rule="base64url")
    return base64url_decode(part.decode("ascii", "replace"))


def _unreadable() -> ProofError:
    return ProofError("PARSING_ERROR", "The record is damaged and cannot be read.")
