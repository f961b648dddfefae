"""Vectors about withdrawal: verifications with status lists, and the lists themselves."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from app.core import status_list as lists
from app.core.multibase import multibase_encode_base64url
from tests.vectors import kit as k
from tests.vectors.kit import JCS, Suite, a_credential, a_status_list, sign, text

RETRIEVAL, BROKEN = "STATUS_RETRIEVAL_ERROR", "STATUS_VERIFICATION_ERROR"
MALFORMED = "MALFORMED_VALUE_ERROR"


def _record(revocation: Any = k.GOOD, suspension: Any = None, **changes: Any) -> str:
    entries = [lists.entry(k.REVOCATIONS, "revocation", revocation) | changes]
    if suspension is not None:
        entries.append(lists.entry(k.SUSPENSIONS, "suspension", suspension))
    return text(sign(a_credential(credentialStatus=entries), JCS))


def cases(case: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Verifications whose outcome hangs on a status list."""
    fresh = k.status_lists()
    yield case("revoked", _record(k.REVOKED), "invalid", "REVOKED")
    yield case("suspended", _record(suspension=k.SUSPENDED), "invalid", "SUSPENDED")
    yield case("not suspended, the place is revoked on the other list", _record(k.SUSPENDED), "valid")
    yield case("status as one object", text(sign(_one_entry(), JCS)), "valid")
    yield case("no status list at hand", _record(), "unknown", RETRIEVAL, statusLists={})
    only = {k.REVOCATIONS: fresh[k.REVOCATIONS]}
    both = _record(suspension=k.GOOD)
    yield case("one of two status lists at hand", both, "unknown", RETRIEVAL, statusLists=only)
    old = datetime(2026, 11, 23, 11, 59, 59, tzinfo=UTC)
    stale = {k.REVOCATIONS: a_status_list(now=old)}
    yield case("status list a second older than a day", _record(), "unknown", RETRIEVAL, statusLists=stale)
    yield case("revoked on an old list", _record(k.REVOKED), "invalid", "REVOKED", statusLists=stale)
    stale_suspension = {k.SUSPENSIONS: a_status_list(k.SUSPENSIONS, "suspension", [k.SUSPENDED], now=old)}
    yield case(
        "suspended on an old list",
        _record(suspension=k.SUSPENDED),
        "unknown",
        RETRIEVAL,
        statusLists=fresh | stale_suspension,
    )
    day = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
    exact = {k.REVOCATIONS: a_status_list(now=day)}
    yield case("status list exactly a day old", _record(), "valid", statusLists=exact)
    over = {k.REVOCATIONS: a_status_list(validUntil="2026-11-24T11:59:59Z")}
    yield case("status list past its own end", _record(), "unknown", RETRIEVAL, statusLists=over)
    ahead = {k.REVOCATIONS: a_status_list(now=datetime(2026, 11, 24, 13, tzinfo=UTC))}
    yield case("status list of the future", _record(), "invalid", BROKEN, statusLists=ahead)
    lists_at_hand = {
        "for another purpose": a_status_list(purpose="suspension"),
        "by another listed issuer": a_status_list(key=k.OTHER, issuer=k.OTHER_DID),
        "by a stranger": a_status_list(key=k.STRANGER, issuer=k.STRANGER.did),
        "signed with a forged key": a_status_list(key=k.Key("forger", method=k.METHOD)),
        "by a key of ours that nobody lists": a_status_list(key=k.SEAL_UNLISTED),
        "of another address": a_status_list(k.SUSPENSIONS),
        "altered": a_status_list().replace('"encodedList":"u', '"encodedList":"uA'),
        "that is no list": text(sign(a_credential(), JCS)),
        "without a date": _undated(),
        "that is no JSON": "no list",
        "not gzip": _with_list("uAAAA"),
        "cut off": _with_list(lists.StatusList.empty().encoded()[:40]),
        "in another base": _with_list("z" + lists.StatusList.empty().encoded()[1:]),
        "with more after it": _with_list(_packed(bytes(16384), b"more")),
    }
    for what, one in lists_at_hand.items():
        yield case(f"status list {what}", _record(), "invalid", BROKEN, statusLists={k.REVOCATIONS: one})
    short = {k.REVOCATIONS: _with_list(_packed(bytes(16383)))}
    yield case("status list too short", _record(), "invalid", "STATUS_LIST_LENGTH_ERROR", statusLists=short)
    bomb = {k.REVOCATIONS: _with_list(_packed(bytes(1_000_001)))}
    yield case("status list that unpacks too far", _record(), "invalid", "RESOURCE_LIMIT", statusLists=bomb)
    yield case("last place on the list", _record(131_071), "valid")
    yield case("place beyond the list", _record(131_072), "invalid", "RANGE_ERROR")
    for what, index in {
        "negative": "-1",
        "with a zero before": "007",
        "with a plus": "+7",
        "empty": "",
    }.items():
        yield case(f"place {what}", _record(statusListIndex=index), "invalid", MALFORMED)
    yield case("place as a number", _record(statusListIndex=7), "invalid", MALFORMED)
    yield case("two bits a place", _record(statusSize=2), "invalid", MALFORMED)
    yield case("a kind of status nobody here knows", _record(type="OtherStatus"), "valid")
    yield case("a purpose that is no withdrawal", _record(statusPurpose="message"), "valid")


def _one_entry() -> dict[str, Any]:
    return a_credential(credentialStatus=lists.entry(k.REVOCATIONS, "revocation", k.GOOD))


def _with_list(encoded: str) -> str:
    document = json.loads(a_status_list())
    del document["proof"]
    document["credentialSubject"]["encodedList"] = encoded
    return text(sign(document, Suite("ecdsa-jcs-2019", k.SEAL, document["validFrom"])))


def _undated() -> str:
    document = json.loads(a_status_list())
    del document["proof"], document["validFrom"], document["validUntil"]
    return text(sign(document, JCS))


def _packed(bits: bytes, after: bytes = b"") -> str:
    return multibase_encode_base64url(lists.gzip_of(bits) + after)


def status_list() -> dict[str, Any]:
    """`encodedList` and some of its bits; index 0 is the left-most."""
    empty = lists.StatusList.empty()
    some = empty.with_bits([0, 7, 8, 4711, 131_071])
    return {
        "good": [
            {"name": "empty", "encodedList": empty.encoded(), "length": 131_072, "set": []},
            {
                "name": "first, last and some between",
                "encodedList": some.encoded(),
                "length": 131_072,
                "set": [0, 7, 8, 4711, 131_071],
            },
            {
                "name": "longer",
                "encodedList": lists.StatusList.empty(200_000).with_bit(199_999).encoded(),
                "length": 200_000,
                "set": [199_999],
            },
        ],
        "bad": [
            {
                "name": "too short",
                "encodedList": _packed(bytes(16_383)),
                "error": "STATUS_LIST_LENGTH_ERROR",
            },
            {"name": "too far", "encodedList": _packed(bytes(1_000_001)), "error": "RESOURCE_LIMIT"},
            {"name": "not gzip", "encodedList": "uAAAA", "error": BROKEN},
            {"name": "cut off", "encodedList": empty.encoded()[:40], "error": BROKEN},
            {"name": "more after it", "encodedList": _packed(bytes(16_384), b"x"), "error": BROKEN},
            {"name": "no prefix", "encodedList": empty.encoded()[1:], "error": BROKEN},
            {"name": "padded", "encodedList": empty.encoded() + "=", "error": BROKEN},
            {"name": "nothing", "encodedList": "", "error": BROKEN},
        ],
    }
