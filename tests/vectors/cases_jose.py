"""Vectors about the JOSE form: a compact JWS, `application/vc+jwt` (VC-JOSE-COSE 1.0; threat T31)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from app.core import jose
from app.core.multibase import multibase_decode_base58btc
from tests.vectors import kit as k
from tests.vectors.kit import a_credential, sign, text

MALFORMED, PARSING, PROOF = "MALFORMED_VALUE_ERROR", "PARSING_ERROR", "PROOF_VERIFICATION_ERROR"
METHOD, SUITE = "INVALID_VERIFICATION_METHOD", "UNSUPPORTED_CRYPTOSUITE"
NOW = int(k.NOW.timestamp())
ISSUED = NOW - 4 * 86_400
KID = f"{k.METHOD}-jwk"


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(payload: Any = None, key: k.Key = k.SEAL, **header: Any) -> str:
    """A token with any header, also what our own signer would refuse to make; None takes a member out."""
    head: dict[str, Any] = {"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": KID, "iat": ISSUED}
    head = {name: value for name, value in (head | header).items() if value is not None}
    return resigned(head, a_credential() if payload is None else payload, key)


def resigned(header: Any, payload: Any, key: k.Key = k.SEAL) -> str:
    signing_input = f"{part(header)}.{part(payload)}"
    return f"{signing_input}.{part(key.sign(signing_input.encode()))}"


def cases(case: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Verifications of tokens."""
    yield from _good(case)
    yield from _headers(case)
    yield from _forms(case)
    yield from _signatures(case)
    yield from _claims(case)


def _good(case: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    ours = jose.build(a_credential(), k.SEAL, k.NOW).decode()
    yield case("token: as we make it", ours, "valid", expectedSubject=k.ITEM)
    yield case("token: RDFC left to another process changes nothing", ours, "valid", withRdfc=False)
    chain = jose.build(a_credential(), k.SEAL, k.NOW, [b"leaf", b"root"]).decode()
    yield case("token: with a chain of certificates, which is not read", chain, "valid")
    yield case("token: kid is the Multikey's name", token(kid=k.METHOD), "valid")
    yield case("token: without cty and iat", token(cty=None, iat=None), "valid")
    ed = token(key=k.SEAL_ED, alg="EdDSA", kid=f"{k.SEAL_ED.verification_method}-jwk")
    yield case("token: Ed25519", ed, "valid")
    p384 = token(key=k.SEAL_384, alg="ES384", kid=k.SEAL_384.verification_method)
    yield case("token: P-384", p384, "valid")
    claims = token(iss=k.DID, nbf=ISSUED, exp=ISSUED + 10**7)
    yield case("token: header with iss, nbf and exp that agree", claims, "valid")
    payload = a_credential() | {"iss": k.DID, "sub": k.ITEM, "jti": a_credential()["id"], "iat": ISSUED}
    yield case("token: claims in the payload that agree", token(payload), "valid")
    revoked = a_credential(
        credentialStatus=[k.status_list.entry(k.REVOCATIONS, "revocation", k.REVOKED)],
    )
    yield case("token: revoked", token(revoked), "invalid", "REVOKED")
    yield case("token: no status list at hand", ours, "unknown", "STATUS_RETRIEVAL_ERROR", statusLists={})
    yield case("token: no trust list", ours, "unknown", "ISSUER_UNTRUSTED", trustList=None)
    own = a_credential(issuer=k.SELF_MADE.did)
    made = token(own, k.SELF_MADE, kid=k.SELF_MADE.verification_method)
    yield case("token: a self-made key", made, "unknown", "ISSUER_UNTRUSTED")
    other = "signed for another battery"
    yield case(f"token: {other}", ours, "invalid", "SUBJECT_MISMATCH", expectedSubject=k.ITEM + "1")


def _headers(case: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for what, header, error in (
        ("alg none", {"alg": "none"}, SUITE),
        ("alg None in other letters", {"alg": "nOnE"}, SUITE),
        ("alg HS256", {"alg": "HS256"}, SUITE),
        ("alg RS256", {"alg": "RS256"}, SUITE),
        ("alg ES256K", {"alg": "ES256K"}, SUITE),
        ("alg ES512", {"alg": "ES512"}, SUITE),
        ("no alg", {"alg": None}, SUITE),
        ("alg that is a list", {"alg": ["ES256"]}, SUITE),
        ("alg of another kind of key", {"alg": "ES384"}, METHOD),
        ("alg EdDSA with a P-256 key", {"alg": "EdDSA"}, METHOD),
        ("typ JWT", {"typ": "JWT"}, MALFORMED),
        ("no typ", {"typ": None}, MALFORMED),
        ("typ of a presentation", {"typ": "vp+jwt"}, MALFORMED),
        ("cty of something else", {"cty": "vp"}, MALFORMED),
        ("crit", {"crit": ["exp"], "exp": ISSUED + 10**8}, MALFORMED),
        ("b64 false", {"b64": False}, MALFORMED),
        ("jku", {"jku": "https://evil.example/keys"}, MALFORMED),
        ("jwk", {"jwk": k.STRANGER.public_key.to_jwk()}, MALFORMED),
        ("x5u", {"x5u": "https://evil.example/chain"}, MALFORMED),
        ("an unknown member", {"nonce": "1"}, MALFORMED),
        ("x5c that is a text", {"x5c": "MIIB"}, MALFORMED),
        ("an empty x5c", {"x5c": []}, MALFORMED),
        ("no kid", {"kid": None}, METHOD),
        ("kid that is a number", {"kid": 7}, METHOD),
        ("kid without fragment", {"kid": k.DID}, METHOD),
        ("kid with two fragments", {"kid": KID + "#x"}, METHOD),
        ("kid of another listed party", {"kid": k.OTHER.verification_method}, "ISSUER_MISMATCH"),
        ("kid that only begins like the issuer", {"kid": f"{k.DID}0#seal-2026"}, "ISSUER_MISMATCH"),
        ("iat in the future", {"iat": NOW + 301}, "NOT_YET_VALID"),
        ("iat that is a text", {"iat": "1795161600"}, MALFORMED),
        ("iat with a sign", {"iat": -1}, MALFORMED),
        ("iat beyond all dates", {"iat": 2**52}, MALFORMED),
        ("iat that is true", {"iat": True}, MALFORMED),
        ("iat before the key was good", {"iat": NOW - 400 * 86_400}, "NOT_YET_VALID"),
    ):  # fmt: skip
        yield case(f"token header: {what}", token(**header), "invalid", error)
    unlisted = token(key=k.SEAL_UNLISTED, kid=k.SEAL_UNLISTED.verification_method)
    yield case("token header: kid that nobody lists", unlisted, "unknown", "ISSUER_UNTRUSTED")
    twice = token(kid=KID + "-jwk")
    yield case("token header: kid with the suffix twice", twice, "unknown", "ISSUER_UNTRUSTED")
    stolen = {"key": k.STOLEN_SEAL, "kid": k.STOLEN_SEAL.verification_method, "iat": NOW - 400 * 86_400}
    yield case("token: signed by a stolen key", token(**stolen), "invalid", "KEY_REVOKED")
    late = token(key=k.LAST_SEAL, kid=k.LAST_SEAL.verification_method)
    yield case("token: signed after its key had ended", late, "invalid", "EXPIRED")


def _forms(case: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    good = token()
    header, payload, signature = good.split(".")
    doubled = b'{"alg":"none","alg":"ES256","typ":"vc+jwt","kid":"' + KID.encode() + b'"}'
    texts = {
        "two parts": f"{header}.{payload}",
        "four parts": f"{good}.{signature}",
        "five parts": f"{header}.{payload}.{signature}.{signature}.{signature}",
        "no signature": f"{header}.{payload}.",
        "no payload": f"{header}..{signature}",
        "padding": f"{header}=.{payload}.{signature}",
        "a line break at its end": f"{good}\n",
        "a space inside": f"{header}. {payload}.{signature}",
        "the other base64": f"{header}.{payload[:-8]}++//{payload[-4:]}.{signature}",
        "spare bits that are not zero": f"{good[:-1]}{'B' if good[-1] in 'AQgw' else '_'}",
        "a header that is no JSON": f"e{header[1:9]}.{payload}.{signature}",
        "a header with a doubled member": resigned(doubled, a_credential()),
        "a payload that is a list": token([1]),
        "a payload that is no JSON": token(b"record"),
        "a payload with a doubled member": token(text(a_credential()).replace(
            '"type":"Battery"', '"type":"Battery","type":"Battery"').encode()),
        "a payload that is a token again": token(good.encode()),
        "just its first letter": "e",
    }  # fmt: skip
    for what, one in texts.items():
        yield case(f"token form: {what}", one, "invalid", PARSING)
    yield case("token form: too large", good, "invalid", "RESOURCE_LIMIT", padTo=262_145)
    for what, document, error in (
        ("a vc claim", {"vc": a_credential(), "iss": k.DID}, "CONTEXT_UNKNOWN"),
        ("a vc claim beside a record", a_credential() | {"vc": {"id": "urn:x"}}, MALFORMED),
        ("a vp claim beside a record", a_credential() | {"vp": {"id": "urn:x"}}, MALFORMED),
        ("a proof inside", sign(a_credential()), MALFORMED),
        ("no issuer", a_credential(issuer=None), MALFORMED),
        ("no date", a_credential(validFrom=None), MALFORMED),
        ("another vocabulary", a_credential(**{"@context": [k.CONTEXTS[0], "urn:x"]}), "CONTEXT_UNKNOWN"),
        ("a record that has run out", a_credential(validUntil="2026-11-24T11:59:59Z"), "EXPIRED"),
        ("another issuer", a_credential(issuer=k.OTHER_DID), "ISSUER_MISMATCH"),
    ):  # fmt: skip
        yield case(f"token payload: {what}", token(document), "invalid", error)


def _signatures(case: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    good = token()
    header, payload, signature = good.split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    changed = part(text(a_credential()).replace('"94.5"', '"95.5"').encode())
    yield case("token: payload altered", f"{header}.{changed}.{signature}", "invalid", PROOF)
    reformatted = part(json.dumps(a_credential(), indent=1).encode())
    yield case("token: payload written anew", f"{header}.{reformatted}.{signature}", "invalid", PROOF)
    other = part({"alg": "ES256", "typ": "vc+jwt", "kid": KID, "iat": ISSUED + 1})
    yield case("token: header altered", f"{other}.{payload}.{signature}", "invalid", PROOF)
    forged = token(key=k.Key("forger", method=k.METHOD))
    yield case("token: signed with another key under the same name", forged, "invalid", PROOF)
    embedded = multibase_decode_base58btc(sign(a_credential(), k.JCS)["proof"][0]["proofValue"])
    public = k.SEAL.public_key.raw
    mac = hmac.new(public, f"{header}.{payload}".encode(), hashlib.sha256).digest()
    order = k._ORDERS["P-256"].to_bytes(32)
    for what, value in {
        "of the embedded form": embedded,
        "made with the public key as a secret": mac,
        "in DER": b"\x30\x44\x02\x20" + raw[:32] + b"\x02\x20" + raw[32:],
        "63 bytes": raw[:63],
        "65 bytes": raw + b"\x00",
        "all zero": bytes(64),
        "r is n": order + raw[32:],
        "s is 0": raw[:32] + bytes(32),
    }.items():
        yield case(f"token signature: {what}", f"{header}.{payload}.{part(value)}", "invalid", PROOF)


def _claims(case: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for where in ("header", "payload"):
        for what, claims, error in (
            ("iss of another", {"iss": k.OTHER_DID}, MALFORMED),
            ("iss that is a list", {"iss": [k.DID]}, MALFORMED),
            ("nbf in the future", {"nbf": NOW + 301}, "NOT_YET_VALID"),
            ("nbf that is a text", {"nbf": "now"}, MALFORMED),
            ("exp that is past", {"exp": NOW - 1}, "EXPIRED"),
            ("exp with a fraction", {"exp": "1.5"}, MALFORMED),
        ):
            made = token(**claims) if where == "header" else token(a_credential() | claims)
            yield case(f"token {where}: {what}", made, "invalid", error)
    for what, claims in (
        ("sub of another", {"sub": k.MODEL}),
        ("sub that is null", {"sub": 7}),
        ("jti of another", {"jti": "urn:uuid:1"}),
        ("iat unlike the header's", {"iat": ISSUED + 1}),
    ):
        yield case(f"token payload: {what}", token(a_credential() | claims), "invalid", MALFORMED)
