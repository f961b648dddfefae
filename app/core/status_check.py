"""Is this credential revoked? Step 10 of a verification, from status lists at hand (threat T8).

Source: Bitstring Status List 1.0, 3.2 Validate Algorithm; credential profile, section 6.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from app.core import authenticity, times
from app.core.authenticity import Evidence, not_checked, passed
from app.core.credential_form import MAX_ENTRIES, objects
from app.core.errors import MalformedInput, TooLarge
from app.core.proof_error import ErrorName, ProofError
from app.core.report import Check
from app.core.status_list import IndexOutside, ListTooShort, StatusList

_PURPOSES: Final[Mapping[str, tuple[ErrorName, str]]] = {
    "revocation": ("REVOKED", "The issuer has revoked this record."),
    "suspension": ("SUSPENDED", "The issuer has suspended this record for the time being."),
}

MAX_LIST_TEXT: Final = 262_144
"""A full list is one long text; the limit of the whole document bounds it."""

Establish = Callable[[Evidence], None]
"""Runs the steps that say who signed a document; raises ProofError."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A status list whose JCS signature holds, with its bits. Both are so at any time; whether its signer and
    its dates are good is asked again each time."""

    evidence: Evidence
    bits: StatusList


def check(e: Evidence, establish: Establish, ages: dict[str, Any]) -> Check:
    """(10) Every revocation and suspension entry, against its list.

    a. list at hand, else STATUS_RETRIEVAL_ERROR; b. list signed by the credential's issuer, at its own
    address, else STATUS_VERIFICATION_ERROR; c. same purpose, length and index in range
    (STATUS_LIST_LENGTH_ERROR, RANGE_ERROR, RESOURCE_LIMIT); d. set bit: REVOKED, SUSPENDED; e. older than
    the policy allows: STATUS_RETRIEVAL_ERROR, with its age. A revocation is final, so a set bit counts on
    an old list, too.
    """
    if "credentialStatus" not in e.document:
        return not_checked("status", "The record names no list on which it could be revoked.")
    if not e.is_trusted:
        return not_checked("status", "Not asked, because the signer is not known.")
    stale, asked = False, 0
    for entry in objects(e.document["credentialStatus"], "credentialStatus", MAX_ENTRIES):
        purpose = entry.get("statusPurpose")
        if entry["type"] != "BitstringStatusListEntry" or not isinstance(purpose, str):
            continue
        if purpose not in _PURPOSES:
            continue
        asked += 1
        stale = _entry(e, entry, establish, ages) or stale
    if stale:
        return _unknown("Could not ask whether it was revoked: the list at hand is missing or too old.")
    if not asked:
        return not_checked("status", "The record names no list of a kind we know.")
    return passed("status", "The record is not revoked.")


def _entry(e: Evidence, entry: Mapping[str, Any], establish: Establish, ages: dict[str, Any]) -> bool:
    """Check one entry; True when its list is missing or too old."""
    url, purpose = entry.get("statusListCredential"), entry["statusPurpose"]
    index = entry.get("statusListIndex")
    if not isinstance(url, str) or not isinstance(index, str) or not _is_number(index):
        raise ProofError("MALFORMED_VALUE_ERROR", "The record names its place on the list in a wrong form.")
    size = entry.get("statusSize", 1)
    if type(size) is not int or size != 1:
        raise ProofError("MALFORMED_VALUE_ERROR", "The record uses a kind of list we do not know.")
    data = e.policy.status_lists.get(url)
    if data is None:  # (a)
        return True
    valid_from, found, until = _list(e, data, url, purpose, establish)  # (b), (c)
    _note_age(ages, purpose, valid_from, e.now)
    name, sentence = _PURPOSES[purpose]
    stale = e.now - valid_from > e.policy.max_age or (until is not None and until < e.now)
    try:
        is_set = found.get(int(index))
    except IndexOutside:
        raise ProofError("RANGE_ERROR", "The record's place is not on the list.") from None
    if is_set and (purpose == "revocation" or not stale):  # (d)
        raise ProofError(name, sentence)
    return stale  # (e)


def _list(
    e: Evidence, data: bytes, url: str, purpose: str, establish: Establish
) -> tuple[datetime, StatusList, datetime | None]:
    known: _Read | None = e.policy.read_lists.get(data)
    try:
        held = _established(e, data, establish) if known is None else _again(known.evidence, e.now)
    except ProofError as fault:
        raise _broken("its signature or form does not hold") from fault
    document, subject = held.document, held.document["credentialSubject"]
    if held.issuer_id != e.issuer_id or not held.is_signed or not held.is_trusted:
        raise _broken("it is not signed by the issuer of the record")
    if document.get("id") != url or "BitstringStatusListCredential" not in held.types:
        raise _broken("it is another document")
    purposes = subject.get("statusPurpose") if isinstance(subject, dict) else None
    if purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        raise _broken("it is a list for another purpose")
    if subject.get("type") != "BitstringStatusList" or not isinstance(subject.get("encodedList"), str):
        raise _broken("it holds no list")
    if "validFrom" not in document:
        raise _broken("it has no date")
    try:
        found = StatusList.decode(subject["encodedList"]) if known is None else known.bits
    except ListTooShort:
        raise ProofError("STATUS_LIST_LENGTH_ERROR", "The list of revoked records is too short.") from None
    except TooLarge:
        raise ProofError("RESOURCE_LIMIT", "The list of revoked records is too large.") from None
    except MalformedInput:
        raise _broken("it cannot be unpacked") from None
    if any(one.is_jcs and one.by_issuer and one.key for one in held.signed):  # else RDFC hung on the time
        e.policy.read_lists[data] = _Read(held, found)
    until = times.parse(document["validUntil"]) if "validUntil" in document else None
    return times.parse(document["validFrom"]), found, until


def _established(e: Evidence, data: bytes, establish: Establish) -> Evidence:
    held = Evidence(data, e.policy, e.now, max_text_bytes=MAX_LIST_TEXT, may_be_over=True)
    establish(held)
    return held


def _again(known: Evidence, now: datetime) -> Evidence:
    """The same list at another time: the steps of its form and signature hold, those of time are run anew."""
    if known.now == now:
        return known
    held = replace(
        known, now=now, signed=[replace(one) for one in known.signed], issuer=None, is_trusted=False
    )
    authenticity.key(held)
    authenticity.time(held)
    return held


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9 and (text == "0" or text[0] != "0")


def _note_age(ages: dict[str, Any], purpose: str, valid_from: datetime, now: datetime) -> None:
    ages.setdefault("statusLists", []).append(
        {
            "purpose": purpose,
            "validFrom": times.to_seconds(valid_from),
            "ageSeconds": max(0, int((now - valid_from).total_seconds())),
        }
    )


def _broken(why: str) -> ProofError:
    return ProofError("STATUS_VERIFICATION_ERROR", f"The list of revoked records cannot be relied on: {why}.")


def _unknown(sentence: str) -> Check:
    return Check("status", "not-checked", "STATUS_RETRIEVAL_ERROR", sentence)
