"""The form of a credential, before any signature is looked at. Step 2 of a verification.

Rules, in this order, the same in the browser:
a. `@context` is a list of at most 8 texts, each of the allow-list, credentials/v2 first; with the product's
own
   context it is exactly those two. Nothing brings a context further in.
b. No null, no empty list; no member that starts with @ but @value, @language, @direction, @type, @id.
c. `type`: at most 8 texts, VerifiableCredential among them. `issuer`: an IRI or an object whose `id` is one.
d. `credentialSubject`: one object, or up to 16. `id`: an IRI where there is one.
e. `validFrom`, `validUntil`: date-times with zone, in order.
f. `credentialStatus`, `credentialSchema`: objects, up to 8, each with a `type`. At most 8 proofs.
g. Our own profile (our context is named) also asks for `id`, `validFrom` and one subject with an `id`.
Source: VC Data Model 2.0, 4.3 to 4.11; credential profile, section 1; threats T21, T24.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.core import times
from app.core.proof_error import ProofError
from app.core.vocabulary import CONTEXT_URL, CONTEXTS, CREDENTIALS_V2_URL

MAX_PROOFS, MAX_CONTEXTS, MAX_SUBJECTS, MAX_ENTRIES = 8, 8, 16, 8

_IRI: Final = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]+')
_KEYWORDS: Final = frozenset({"@value", "@language", "@direction", "@type", "@id"})


@dataclass(frozen=True, slots=True)
class Form:
    """What a well-formed credential says about itself; `ours` when it uses the product's context."""

    issuer_id: str
    types: tuple[str, ...]
    ours: bool


def require(d: Mapping[str, Any], allowed: frozenset[str]) -> Form:
    """Raises: ProofError with CONTEXT_UNKNOWN, MALFORMED_VALUE_ERROR or RESOURCE_LIMIT."""
    ours = _contexts(d.get("@context"), allowed)  # (a)
    _plain([value for name, value in d.items() if name not in ("@context", "proof")])  # (a), (b)
    types = tuple(_texts(d.get("type"), "type"))  # (c)
    if "VerifiableCredential" not in types:
        raise _malformed("type")
    issuer = d.get("issuer")
    issuer_id = _iri(issuer.get("id") if isinstance(issuer, dict) else issuer, "issuer")
    subjects = objects(d.get("credentialSubject"), "credentialSubject", MAX_SUBJECTS)  # (d)
    if "id" in d or ours:
        _iri(d.get("id"), "id")
    if ours and len(subjects) != 1:
        raise _malformed("credentialSubject")
    if ours:
        _iri(subjects[0].get("id"), "credentialSubject")
    valid_from = _moment(d, "validFrom", required=ours)  # (e)
    valid_until = _moment(d, "validUntil", required=False)
    if valid_from and valid_until and valid_until < valid_from:
        raise _malformed("validUntil")
    for name in ("credentialStatus", "credentialSchema"):  # (f)
        entries = objects(d[name], name, MAX_ENTRIES) if name in d else []
        if not all(isinstance(entry.get("type"), str) for entry in entries):
            raise _malformed(name)
    proofs = d.get("proof")
    if isinstance(proofs, list) and len(proofs) > MAX_PROOFS:
        raise ProofError("RESOURCE_LIMIT", "The record carries too many signatures.")
    return Form(issuer_id, types, ours)


def objects(value: Any, name: str, most: int) -> list[dict[str, Any]]:
    """One object, or a list of some, as a list. Raises: ProofError."""
    found = [value] if isinstance(value, dict) else value
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise _malformed(name)
    if len(found) > most:
        raise ProofError("RESOURCE_LIMIT", f"The record has too many entries in {name}.")
    return found


def read_moment(value: Any) -> datetime | None:
    """A date-time with zone, or None for anything else."""
    try:
        return times.parse(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _contexts(value: Any, allowed: frozenset[str]) -> bool:
    if isinstance(value, list) and len(value) > MAX_CONTEXTS:
        raise ProofError("RESOURCE_LIMIT", "The record names too many vocabularies.")
    if (
        not isinstance(value, list)
        or not all(isinstance(url, str) and url in allowed for url in value)
        or value[:1] != [CREDENTIALS_V2_URL]
        or (CONTEXT_URL in value and tuple(value) != CONTEXTS)
    ):
        raise ProofError("CONTEXT_UNKNOWN", "The record uses a vocabulary we do not know.")
    return CONTEXT_URL in value


def _plain(value: Any) -> None:
    """No context inside; no null or empty list, which a signature over meaning does not cover; no JSON-LD
    keyword that changes what a reader sees (T21)."""
    waiting: list[Iterable[Any]] = [(value,)]
    odd = False
    while waiting:
        for one in waiting.pop():
            if isinstance(one, str):
                continue
            if isinstance(one, dict):
                if "@context" in one:
                    raise ProofError("CONTEXT_UNKNOWN", "A part of the record brings its own vocabulary.")
                for name in one:
                    if name[:1] == "@" and name not in _KEYWORDS:
                        odd = True
                waiting.append(one.values())
            elif isinstance(one, list):
                odd = odd or not one
                waiting.append(one)
            elif one is None:
                odd = True
    if odd:
        raise ProofError("MALFORMED_VALUE_ERROR", "A part of the record is empty or not allowed there.")


def _texts(value: Any, name: str) -> list[str]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or len(found) > MAX_ENTRIES:
        raise _malformed(name)
    if not all(isinstance(one, str) and one for one in found):
        raise _malformed(name)
    return found


def _iri(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _IRI.fullmatch(value):
        raise _malformed(name)
    return value


def _moment(document: Mapping[str, Any], name: str, *, required: bool) -> datetime | None:
    if name not in document and not required:
        return None
    found = read_moment(document.get(name))
    if found is None:
        raise _malformed(name)
    return found


def _malformed(name: str) -> ProofError:
    return ProofError("MALFORMED_VALUE_ERROR", f"The entry {name} is missing or has a wrong form.")
