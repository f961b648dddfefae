"""Verification of a presentation: its own proof, made for authentication, then each credential in it.

Only test suites use it: passports are not presented by a holder. The same steps as for a credential, with
another form. Source: VC Data Model 2.0, 4.13; VC Data Integrity 1.0, 4.4 (domain, challenge).
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from app.core import authenticity, credential_form, form_values, proof, verification
from app.core.evidence import Evidence, Policy, Step, passed
from app.core.jose import MEDIA_TYPE as TOKEN_MEDIA_TYPE
from app.core.proof_error import ProofError
from app.core.report import Check, Report

MAX_CREDENTIALS: Final = 16
ENVELOPED: Final = "EnvelopedVerifiableCredential"


@dataclass(frozen=True, slots=True)
class Presented:
    """What was found about a presentation, and about each credential in it. It has no truth value."""

    fault: ProofError | None
    """What is wrong with the presentation itself."""
    credentials: tuple[Report, ...]

    def __bool__(self) -> bool:
        raise TypeError("a Presented is not a yes or no: look at its fault and its reports")


def verify(
    data: bytes,
    policy: Policy,
    *,
    now: datetime,
    challenge: str | None = None,
    domain: str | Sequence[str] | None = None,
) -> Presented:
    """Check a presentation, then, where it holds, its credentials."""
    e = Evidence(data, policy, now, purpose="authentication")
    steps: tuple[Step, ...] = (
        authenticity.parse,
        _form,
        authenticity.proof_choice,
        authenticity.key,
        authenticity.signature_jcs,
        authenticity.time,
        authenticity.signature_rdfc,
    )
    try:
        for step in steps:
            step(e)
        if not e.is_signed:
            raise ProofError("PROOF_VERIFICATION_ERROR", "The presentation is not signed by its holder.")
        require_expected([one.proof for one in e.signed], challenge, domain)
        held = [credential_bytes(one) for one in credentials_of(e.document)]
    except ProofError as fault:
        return Presented(fault, ())
    return Presented(None, tuple(verification.verify(one, policy, now=now) for one in held))


def require_expected(
    proofs: Sequence[Mapping[str, Any]], challenge: str | None, domain: str | Sequence[str] | None
) -> None:
    """Every proof was made for this challenge and these domains, where any were asked for.

    Raises: ProofError with INVALID_CHALLENGE_ERROR or INVALID_DOMAIN_ERROR.
    """
    for one in proofs:
        if challenge is not None and one.get("challenge") != challenge:
            raise ProofError("INVALID_CHALLENGE_ERROR", "The signature was made for another challenge.")
        if domain is not None and _set(one.get("domain", [])) != _set(domain):
            raise ProofError("INVALID_DOMAIN_ERROR", "The signature was made for another domain.")


def credentials_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The credentials in a presentation. Raises: ProofError."""
    if "verifiableCredential" not in document:
        return []
    return form_values.objects(document["verifiableCredential"], "verifiableCredential", MAX_CREDENTIALS)


def credential_bytes(one: Mapping[str, Any]) -> bytes:
    """A credential as a verifier takes it: written out, or the token that it is an envelope of.

    Raises: ProofError unless an envelope has the data URL of a token.
    """
    types = one.get("type")
    if types != ENVELOPED and not (isinstance(types, list) and ENVELOPED in types):
        return proof.serialize(one)
    head, comma, rest = str(one.get("id", "")).partition(",")
    media_type, _, encoding = head.removeprefix("data:").partition(";")
    if not head.startswith("data:") or not comma or media_type != TOKEN_MEDIA_TYPE:
        raise form_values.malformed("id")
    if encoding not in ("", "base64"):
        raise form_values.malformed("id")
    try:
        return b64decode(rest, validate=True) if encoding else unquote_to_bytes(rest)
    except binascii.Error:
        raise form_values.malformed("id") from None


def require_form(document: Mapping[str, Any], allowed: frozenset[str]) -> str:
    """The holder's id, empty where none is named. Raises: ProofError."""
    credential_form.require_contexts(document.get("@context"), allowed)
    credential_form.plain(
        [
            value
            for name, value in document.items()
            if name not in ("@context", "proof", "verifiableCredential")
        ]
    )
    if "VerifiablePresentation" not in form_values.texts(document.get("type"), "type"):
        raise form_values.malformed("type")
    if "id" in document:
        form_values.iri(document["id"], "id")
    for one in credentials_of(document):
        if not isinstance(one.get("@context"), list | str):
            raise form_values.malformed("verifiableCredential")
    if "holder" not in document:
        return ""
    holder = document["holder"]
    return form_values.iri(holder.get("id") if isinstance(holder, dict) else holder, "holder")


def _form(e: Evidence) -> Check:
    if e.token is not None:
        raise ProofError("UNSUPPORTED_CRYPTOSUITE", "The presentation is of a kind that we do not take.")
    e.issuer_id = require_form(e.document, e.policy.contexts)
    e.is_bound = e.issuer_id.startswith("did:")
    return passed("form", "The presentation has the form of one.")


def _set(value: Any) -> set[Any]:
    return {value} if isinstance(value, str) else set(value)
