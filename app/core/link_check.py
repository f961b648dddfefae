"""Do these documents belong together? Step 11 of a verification.

A public section lists its model's sections by digest over their stored bytes. A later version of a model
section lists in `replaces` the digests of all earlier ones, so that an older public section still leads to
it.
Source: credential profile, section 4; threats T2, T3.
"""

from collections.abc import Mapping
from typing import Any

from app.core import form_values, json_strict
from app.core.authenticity import MAX_BYTES, Evidence, not_checked, passed
from app.core.errors import MalformedInput, TooLarge
from app.core.multibase import digest_multibase
from app.core.proof_error import ProofError
from app.core.report import Check
from app.core.status_check import Establish


def check(e: Evidence, linked: Mapping[str, bytes], establish: Establish) -> Check:
    """(11) Each document at hand, by the address where it is served: listed by digest in ours, or listing
    ours, or of the same passport. LINK_DIGEST_MISMATCH, SUBJECT_MISMATCH."""
    _require_resources(e)
    if not linked:
        return not_checked("links", "No other part of this passport was at hand to compare with.")
    own = digest_multibase(e.data)
    replaced = False
    for url, data in linked.items():
        other = _read(data)
        listed = _related(e.document).get(url)
        if listed is not None:
            replaced = _is_listed(e, data, other, listed, establish) or replaced
        elif _related(other) and "passport" not in e.document and e.token is not None:
            return not_checked("links", "The public record names this part by the bytes of its other form.")
        elif _related(other) and "passport" not in e.document:
            # condition, use and warranty are never listed: their rhythm would show how a battery is used
            _require_same_issuer(e, data, establish)
            if not {own, *_replaced(e.document)} & set(_related(other).values()):
                raise ProofError("LINK_DIGEST_MISMATCH", "The public record does not name this part.")
            replaced = replaced or own not in _related(other).values()
        elif "passport" not in e.document or other.get("passport") != e.document["passport"]:
            raise ProofError("LINK_DIGEST_MISMATCH", "The other record is not part of this passport.")
        _require_same_subject(e.document, other)
    more = " One part is a later version of the one that was named." if replaced else ""
    return passed("links", f"The parts at hand belong to this passport.{more}")


def _require_resources(e: Evidence) -> None:
    """Documents at hand that a `relatedResource` names have the digests that it names them by."""
    if not e.policy.resources or "relatedResource" not in e.document:
        return
    for entry in form_values.objects(e.document["relatedResource"], "relatedResource", 2_000):
        data = e.policy.resources.get(entry["id"])
        for algorithm, digest in form_values.digests(entry, "relatedResource") if data is not None else ():
            if data is None or not form_values.has_digest(data, algorithm, digest):
                raise ProofError(
                    "LINK_DIGEST_MISMATCH", "A document that the record names is not the one at hand."
                )


def _is_listed(e: Evidence, data: bytes, other: Mapping[str, Any], listed: str, establish: Establish) -> bool:
    """Return False for the listed bytes themselves, True for a signed later version of them."""
    if digest_multibase(data) == listed:
        return False
    if listed not in _replaced(other):
        raise ProofError("LINK_DIGEST_MISMATCH", "A part of this passport is not the one that was named.")
    _require_same_issuer(e, data, establish)
    return True


def _require_same_issuer(e: Evidence, data: bytes, establish: Establish) -> None:
    """What another document says counts only under the same issuer's signature."""
    held = Evidence(data, e.policy, e.now)
    try:
        establish(held)
    except ProofError as fault:
        raise ProofError(
            "LINK_DIGEST_MISMATCH", "A part of this passport is not signed as it should be."
        ) from fault
    if held.issuer_id != e.issuer_id or not held.is_signed:
        raise ProofError("LINK_DIGEST_MISMATCH", "A part of this passport is signed by somebody else.")


def _require_same_subject(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    first, second = _subject_id(one), _subject_id(other)
    if first is None or second is None or not (first == second or _is_model_of(first, second)):
        raise ProofError("SUBJECT_MISMATCH", "A part at hand is about another battery.")
    passports = {d["passport"] for d in (one, other) if isinstance(d.get("passport"), str)}
    if len(passports) > 1:
        raise ProofError("SUBJECT_MISMATCH", "A part at hand belongs to another passport.")


def _is_model_of(first: str, second: str) -> bool:
    """Whether one is the model `…/01/{gtin}` of the other, the item `…/01/{gtin}/21/{serial}`."""
    model, item = sorted((first, second), key=len)
    return "/01/" in model and item.startswith(f"{model}/21/")


def _subject_id(document: Mapping[str, Any]) -> str | None:
    subject = document.get("credentialSubject")
    found = subject.get("id") if isinstance(subject, dict) else None
    return found if isinstance(found, str) else None


def _related(document: Mapping[str, Any]) -> dict[str, str]:
    return _entries(document.get("relatedResource"))


def _replaced(document: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(_entries(document.get("replaces")).values())


def _entries(value: Any) -> dict[str, str]:
    """`digestMultibase` by `id`; entries of another form are not taken."""
    return {
        entry["id"]: entry["digestMultibase"]
        for entry in (value if isinstance(value, list) else [value])
        if isinstance(entry, dict)
        and isinstance(entry.get("id"), str)
        and isinstance(entry.get("digestMultibase"), str)
    }


def _read(data: bytes) -> dict[str, Any]:
    try:
        found = json_strict.loads(data, max_bytes=MAX_BYTES)
    except (MalformedInput, TooLarge):
        found = None
    if not isinstance(found, dict):
        raise ProofError("LINK_DIGEST_MISMATCH", "A part of this passport cannot be read.")
    return found
