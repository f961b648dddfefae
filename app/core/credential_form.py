"""The form of a credential, before any signature is looked at. Step 2 of a verification.

Rules, in this order, the same in the browser:
a. `@context` is a list of at most 8 texts, each of the allow-list, credentials/v2 first; with the product's
   own context it is exactly those two. Nothing brings a context further in.
b. No null, no empty list; no member that starts with @ but @value, @language, @direction, @type, @id.
c. `type`: at most 8 texts, VerifiableCredential among them. `issuer`: an IRI or an object whose `id` is one.
d. `credentialSubject`: one object, or up to 16, none empty. `id`: an IRI where there is one.
e. `validFrom`, `validUntil`: date-times with zone, in order.
f. `credentialStatus`, `credentialSchema`: objects, up to 8, each with one `type`; a schema has an `id`.
g. `refreshService`, `termsOfUse`, `evidence`: objects, up to 8, each with a `type`; an `id` is an IRI.
h. `relatedResource`: objects, each `id` an IRI and there once, with `digestSRI` or `digestMultibase`.
i. `name`, `description`, also of the issuer: a text, a language value object, or a list of them.
j. At most 8 proofs.
k. Our own profile (our context is named) also asks for `id`, `validFrom` and one subject with an `id`.
VC 1.1 (credentials/v1, with `issuanceDate` and `expirationDate`) is taken only where a policy allows its
context, which is that of the conformance profile.
Source: VC Data Model 2.0, 4.3 to 4.11, 5.3 to 5.6; credential profile, section 1; threats T21, T24.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core import form_values
from app.core.form_values import MAX_ENTRIES, iri, malformed, moment, objects, read_moment, texts, words
from app.core.proof_error import ProofError
from app.core.vocabulary import CONTEXT_URL, CONTEXTS, CREDENTIALS_V1_URL, CREDENTIALS_V2_URL

MAX_PROOFS, MAX_CONTEXTS, MAX_SUBJECTS, MAX_RESOURCES = 8, 8, 16, 64

_KEYWORDS: Final = frozenset({"@value", "@language", "@direction", "@type", "@id"})
_DATES: Final = {
    CREDENTIALS_V2_URL: ("validFrom", "validUntil"),
    CREDENTIALS_V1_URL: ("issuanceDate", "expirationDate"),
}

__all__ = [
    "MAX_ENTRIES",
    "Form",
    "dates_of",
    "objects",
    "plain",
    "read_moment",
    "require",
    "require_contexts",
]


@dataclass(frozen=True, slots=True)
class Form:
    """What a well-formed credential says about itself; `ours` when it uses the product's context."""

    issuer_id: str
    types: tuple[str, ...]
    ours: bool


def require(d: Mapping[str, Any], allowed: frozenset[str]) -> Form:
    """Raises: ProofError with CONTEXT_UNKNOWN, MALFORMED_VALUE_ERROR or RESOURCE_LIMIT."""
    ours = require_contexts(d.get("@context"), allowed)  # (a)
    plain([value for name, value in d.items() if name not in ("@context", "proof")])  # (a), (b)
    types = tuple(texts(d.get("type"), "type"))  # (c)
    if "VerifiableCredential" not in types:
        raise malformed("type")
    issuer = d.get("issuer")
    issuer_id = iri(issuer.get("id") if isinstance(issuer, dict) else issuer, "issuer")
    subjects = objects(d.get("credentialSubject"), "credentialSubject", MAX_SUBJECTS)  # (d)
    if not all(subjects):
        raise malformed("credentialSubject")
    for subject in subjects:
        if "id" in subject or ours:
            iri(subject.get("id"), "credentialSubject")
    if "id" in d or ours:
        iri(d.get("id"), "id")
    if ours and len(subjects) != 1:
        raise malformed("credentialSubject")
    start, end = dates_of(d)  # (e)
    valid_from = moment(d, start, required=ours or start != "validFrom")
    valid_until = moment(d, end, required=False)
    if valid_from and valid_until and valid_until < valid_from:
        raise malformed(end)
    _require_entries(d)  # (f), (g)
    _require_resources(d)  # (h)
    for holder in (d, issuer if isinstance(issuer, dict) else {}):  # (i)
        for name in ("name", "description"):
            if name in holder:
                words(holder[name], name)
    proofs = d.get("proof")
    if isinstance(proofs, list) and len(proofs) > MAX_PROOFS:
        raise ProofError("RESOURCE_LIMIT", "The record carries too many signatures.")
    return Form(issuer_id, types, ours)


def dates_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """Names of the members that say from when and until when it is valid."""
    return _DATES[document["@context"][0]]


def _require_entries(d: Mapping[str, Any]) -> None:
    for name in ("credentialStatus", "credentialSchema"):
        for entry in objects(d[name], name, MAX_ENTRIES) if name in d else []:
            if not isinstance(entry.get("type"), str) or not entry["type"]:
                raise malformed(name)
            if "id" in entry or name == "credentialSchema":
                iri(entry.get("id"), name)
    for name in ("refreshService", "termsOfUse", "evidence"):
        for entry in objects(d[name], name, MAX_ENTRIES) if name in d else []:
            texts(entry.get("type"), name)
            if "id" in entry:
                iri(entry["id"], name)


def _require_resources(d: Mapping[str, Any]) -> None:
    name, seen = "relatedResource", set()
    for entry in objects(d[name], name, MAX_RESOURCES) if name in d else []:
        seen.add(iri(entry.get("id"), name))
        form_values.digests(entry, name)
        if not isinstance(entry.get("mediaType", ""), str):
            raise malformed(name)
    if name in d and len(seen) != len(objects(d[name], name, MAX_RESOURCES)):
        raise malformed(name)


def require_contexts(value: Any, allowed: frozenset[str]) -> bool:
    """Whether the product's own context is named. Raises: ProofError."""
    if isinstance(value, list) and len(value) > MAX_CONTEXTS:
        raise ProofError("RESOURCE_LIMIT", "The record names too many vocabularies.")
    if (
        not isinstance(value, list)
        or not all(isinstance(url, str) and url in allowed for url in value)
        or not value
        or value[0] not in _DATES
        or (CONTEXT_URL in value and tuple(value) != CONTEXTS)
    ):
        raise ProofError("CONTEXT_UNKNOWN", "The record uses a vocabulary we do not know.")
    return CONTEXT_URL in value


def plain(value: Any) -> None:
    """No context inside; no null or empty list, which a signature over meaning does not cover; no JSON-LD
    keyword that changes what a reader sees (T21)."""
    waiting = [value]
    odd = False
    while waiting:
        one = waiting.pop()
        inner: Iterable[Any] = one
        if isinstance(one, dict):
            if "@context" in one:
                raise ProofError("CONTEXT_UNKNOWN", "A part of the record brings its own vocabulary.")
            if "@" in "".join(one):
                odd = odd or any(name[:1] == "@" and name not in _KEYWORDS for name in one)
            inner = one.values()
        elif not one:
            odd = True
        for each in inner:
            kind = type(each)
            if kind is str:
                continue
            if kind is dict or kind is list:
                waiting.append(each)
            elif each is None:
                odd = True
    if odd:
        raise ProofError("MALFORMED_VALUE_ERROR", "A part of the record is empty or not allowed there.")
