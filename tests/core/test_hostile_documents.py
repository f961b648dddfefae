"""Whatever is sent, verification ends in a report: no exception, no long work (T1, T21, T23, T24, T25)."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import json_strict, jsonld, trust
from app.core.errors import MalformedJson
from app.core.proof_error import ProofError
from app.core.verification import CHECK_NAMES, Policy, verify
from tests.vectors import kit as k
from tests.vectors.kit import JCS, a_credential, sign, text

POLICY = Policy(
    trust_list=trust.parse(k.a_signed_trust_list(), k.ROOT_DOCUMENT, k.NOW),
    status_lists={url: one.encode() for url, one in k.status_lists().items()},
    schema_required=False,
)
ODD_TEXT = r"""
null true false 0 1 -1 "" "x" "urn:x" "_:b" "@id" "2026-02-30T00:00:00Z" "9999-12-31T23:59:59-14:00"
"<\u0009x>" [] {} [[]] [null] {"a":"b"} {"id":"urn:x"} {"id":null} ["a",1] [["a"],["b"]] {"":""}
{"type":["a",{}]} {"@value":"x"} {"@value":null} {"@value":"x","@language":"no_language"}
{"@value":"x","@type":"urn:t"} {"@value":{"a":1},"@type":"@json"} {"@id":"urn:x"} {"@id":7} {"@type":"@json"}
{"@list":["a"]} {"@set":["x"]} {"@reverse":{"urn:p":"urn:q"}} {"@graph":[]} {"@nest":{"a":1}}
{"@included":[{"id":"urn:x"}]} {"@context":{}} {"en":"x","d_e":"y"} {"urn:p":{"urn:q":["a","a"]}}
"""
ODD = st.sampled_from([json.loads(text) for text in ODD_TEXT.split()])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        found += places(inner, (*path, name))
    return found


RICH = a_credential(
    capacityLog=None,
    validUntil="2036-01-01T00:00:00Z",
    credentialSchema={"id": "https://x.example/s", "type": "JsonSchema"},
    relatedResource=[{"id": "urn:r", "mediaType": "application/vc", "digestMultibase": "uEiA"}],
    replaces=[{"id": "urn:e", "digestMultibase": "uEiB"}],
)
PLACES = places(RICH)


def changed(place: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    document = k.copied(RICH)
    target: Any = document
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = odd
    return document


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), ODD)
def test_a_signed_document_with_any_odd_value_gets_a_report(place: tuple[Any, ...], odd: Any) -> None:
    document = changed(place, odd)
    data = text(sign({"@context": None} | document, JCS)).encode()
    report = verify(data, POLICY, now=k.NOW, expected_subject=k.ITEM, linked={"urn:r": data}, with_rdfc=False)
    assert [check.name for check in report.checks] == list(CHECK_NAMES)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), ODD)
def test_canonicalizing_any_odd_value_ends_in_a_form_or_in_a_named_refusal(
    place: tuple[Any, ...], odd: Any
) -> None:
    name = None
    try:
        assert jsonld.canonicalize(changed(place, odd)).endswith(b" .\n")
    except ProofError as fault:
        name = fault.name
    assert name in (None, "DATA_LOSS_DETECTION_ERROR", "RESOURCE_LIMIT", "CONTEXT_UNKNOWN")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(places(json.loads(k.a_status_list()))), ODD)
def test_a_status_list_with_any_odd_value_gives_a_report(place: tuple[Any, ...], odd: Any) -> None:
    document = json.loads(k.a_status_list())
    del document["proof"]
    if place[0] == "proof":
        return
    target: Any = document
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = odd
    lists = dict(POLICY.status_lists) | {k.REVOCATIONS: text(sign(document, JCS)).encode()}
    policy = Policy(trust_list=POLICY.trust_list, status_lists=lists)
    report = verify(text(sign(a_credential(), JCS)).encode(), policy, now=k.NOW, with_rdfc=False)
    assert report.verdict in ("valid", "invalid", "unknown")
    if place[-1] in ("encodedList", "statusPurpose", "validFrom", "id") and "name" not in place:
        assert report.verdict != "valid" or place == ("credentialSubject", "id")


HOSTILE = {
    "a million open brackets": b"[" * 1_000_000,
    "a million open objects": b'{"a":' * 200_000,
    "one long text that never ends": b'"' + b"a" * 1_000_000,
    "one long text of escapes that never ends": b'"' + b"\\u0061" * 160_000,
    "one long number": b"1" * 1_000_000,
    "one long fraction": b"[0." + b"1" * 1_000_000 + b"]",
    "a fault at the end of many members": b"{" + b",".join(b'"m%d":1' % n for n in range(80_000)) + b"}",
    "a fault at the end of many items": b"[" + b"1," * 9_999 + b"NaN]",
    "many long blanks": b" " * 1_000_000,
    "a backslash at the end": b'"' + b"\\" * 999_999,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_soon(name: str) -> None:
    before = time.process_time()
    with pytest.raises(MalformedJson):
        json_strict.loads(HOSTILE[name])
    assert time.process_time() - before < 2


def test_a_document_at_its_size_limit_is_verified_soon() -> None:
    subject = a_credential()["credentialSubject"] | {
        "hazardousSubstances": [
            {"id": f"urn:h:{n}", "hazardousSubstanceName": "x" * 40} for n in range(2_500)
        ]
    }
    data = text(sign(a_credential(credentialSubject=subject), JCS)).encode()
    assert 200_000 < len(data) < 262_144
    before = time.process_time()
    assert verify(data, POLICY, now=k.NOW).verdict == "valid"
    assert time.process_time() - before < 2
