"""Verification beyond the shared vectors: policy, ages, links, log, schema, conformance, cost."""

import json
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.core import merkle, proof, status_list, times, trust
from app.core.multibase import digest_multibase
from app.core.proof_error import ProofError
from app.core.report import NOT_REACHED
from app.core.verification import CHECK_NAMES, LogEvidence, Policy, Report, verify
from tests.vectors import kit as k
from tests.vectors.kit import JCS, RDFC, Suite, a_credential, sign, text

TRUST_LIST = trust.parse(k.a_signed_trust_list(), k.ROOT_DOCUMENT, k.NOW)
SCHEMA = {"id": "https://w3id.org/open-battery-passport/schema/v1/public-ev.json", "type": "JsonSchema"}


def a_policy(**changes: Any) -> Policy:
    lists = {url: one.encode() for url, one in k.status_lists().items()}
    return Policy(**{"trust_list": TRUST_LIST, "status_lists": lists} | changes)


def signed(**changes: Any) -> bytes:
    return text(sign(a_credential(**changes), JCS)).encode()


def check(data: bytes, policy: Policy | None = None, **more: Any) -> Report:
    return verify(data, policy or a_policy(), now=k.NOW, **more)


# Report


def test_a_report_is_no_yes_or_no() -> None:
    with pytest.raises(TypeError):
        bool(check(signed()))


def test_require_lets_only_a_valid_document_pass() -> None:
    check(signed()).require()
    for policy, name in (
        (a_policy(trust_list=None), "ISSUER_UNTRUSTED"),
        (a_policy(status_lists={}), "STATUS_RETRIEVAL_ERROR"),
    ):
        with pytest.raises(ProofError) as caught:
            check(signed(), policy).require()
        assert caught.value.name == name


def test_after_a_bad_signature_nothing_else_is_said_and_nothing_is_shown() -> None:
    report = check(signed().replace(b'"94.5"', b'"95.5"'))
    assert report.document is None
    place = CHECK_NAMES.index("signature-jcs")
    assert report.checks[place].outcome == "failed"
    assert {one.outcome for one in report.checks[place + 1 :]} == {"not-checked"}
    assert {one.sentence for one in report.checks[place + 1 :]} == {NOT_REACHED}


def test_a_good_report_shows_the_document_and_the_name_from_the_trust_list() -> None:
    """T3: the name in the credential is a claim."""
    report = check(signed(issuer={"id": k.DID, "name": "The Most Trusted Cells Inc."}))
    assert report.verdict == "valid"
    assert report.issuer_name == k.NAME
    assert report.document is not None
    stranger = Suite("ecdsa-jcs-2019", k.STRANGER)
    unknown = text(sign(a_credential(issuer={"id": k.STRANGER.did, "name": k.NAME}), stranger))
    assert check(unknown.encode()).issuer_name is None


def test_the_answer_for_machines_has_its_shape() -> None:
    answer = json.loads(json.dumps(check(signed()).as_dict()))
    assert list(answer) == ["verdict", "checks", "ages", "issuer", "digestMultibase"]
    assert [one["name"] for one in answer["checks"]] == list(CHECK_NAMES)
    assert answer["digestMultibase"] == digest_multibase(signed())


def test_sentences_hold_nothing_that_came_with_the_document() -> None:
    for data in (signed(type=["<script>alert(1)</script>"]), signed(issuer="<b>"), b'{"<b>":1.5}'):
        for one in check(data).checks:
            assert "<" not in one.sentence


# Ages


def test_the_ages_of_what_is_known_are_reported() -> None:
    policy = a_policy(trust_list_fetched_at=k.NOW - timedelta(hours=2))
    ages = check(signed(), policy).ages
    assert ages["trustList"]["ageSeconds"] == 7_200
    assert [one["ageSeconds"] for one in ages["statusLists"]] == [3_600, 3_600]
    assert check(signed(), a_policy(trust_list=None)).ages["trustList"] is None


def test_an_old_trust_list_leaves_the_verdict_unknown() -> None:
    """T5, T56."""
    day = a_policy(trust_list_fetched_at=k.NOW - timedelta(hours=24))
    assert check(signed(), day).verdict == "valid"
    older = a_policy(trust_list_fetched_at=k.NOW - timedelta(hours=24, seconds=1))
    report = check(signed(), older)
    assert (report.verdict, report.error) == ("unknown", "ISSUER_UNTRUSTED")
    assert report.check("signature-jcs").outcome == "not-checked" or report.verdict == "unknown"


# Keys that were revoked


def test_a_stolen_key_is_believed_only_where_an_earlier_date_is_proven() -> None:
    """T7: the signer's own date proves nothing."""
    early = a_credential(validFrom="2025-06-01T08:00:00Z")
    data = text(sign(early, Suite("ecdsa-jcs-2019", k.STOLEN_SEAL, "2025-06-01T08:00:00Z"))).encode()
    assert check(data).error == "KEY_REVOKED"
    revoked = times.parse("2026-06-01T00:00:00Z")
    assert check(data, proven_at=revoked - timedelta(seconds=1)).verdict == "valid"
    assert check(data, proven_at=revoked).error == "KEY_REVOKED"


def test_the_proven_date_of_a_record_says_nothing_about_the_status_list_beside_it() -> None:
    lists = {
        url: k.a_status_list(url, purpose, key=k.STOLEN_SEAL).encode()
        for url, purpose in ((k.REVOCATIONS, "revocation"), (k.SUSPENSIONS, "suspension"))
    }
    report = check(signed(), a_policy(status_lists=lists), proven_at=times.parse("2026-05-01T00:00:00Z"))
    assert report.error == "STATUS_VERIFICATION_ERROR"


# Schema


def validator(faults: Sequence[str]) -> Any:
    def run(address: str, document: dict[str, Any]) -> Sequence[str]:
        assert "proof" not in document
        if address != SCHEMA["id"]:
            raise LookupError(address)
        return faults

    return run


def test_a_named_schema_must_be_checked_unless_the_policy_lets_it_go() -> None:
    data = signed(credentialSchema=SCHEMA)
    report = check(data)
    assert (report.verdict, report.check("schema").outcome, report.error) == ("unknown", "not-checked", None)
    assert check(data, a_policy(schema_required=False)).verdict == "valid"
    assert check(data, a_policy(schema_validator=validator([]))).verdict == "valid"
    wrong = check(data, a_policy(schema_validator=validator(["a", "b"])))
    assert (wrong.verdict, wrong.error) == ("invalid", "MALFORMED_VALUE_ERROR")


@pytest.mark.parametrize("change", [{"id": "https://x.example/unknown"}, {"type": "OtherSchema"}])
def test_a_schema_that_is_not_at_hand_is_not_checked(change: dict[str, Any]) -> None:
    data = signed(credentialSchema=SCHEMA | change)
    report = check(data, a_policy(schema_validator=validator([])))
    assert (report.verdict, report.check("schema").outcome) == ("unknown", "not-checked")


# Links

URL = f"{k.ORIGIN}/models/09506000134352/sections/composition/1"


def a_model_section(**changes: Any) -> bytes:
    subject = {"id": k.MODEL, "type": "BatteryModel", "batteryMaterials": [{"batteryMaterialName": "Ni"}]}
    document = a_credential(
        id="urn:uuid:0f3e0f2f-2e1c-4f0b-8d4f-7a3c3a1d9e10",
        type=["VerifiableCredential", "BatteryPassportComposition"],
        credentialSubject=subject,
        passport=None,
    )
    return text(sign(document | changes, JCS)).encode()


def a_public_section(listed: bytes, **changes: Any) -> bytes:
    entry = {"id": URL, "mediaType": "application/vc", "digestMultibase": digest_multibase(listed)}
    return signed(relatedResource=[entry], **changes)


def test_a_model_section_is_bound_by_the_digest_of_its_bytes() -> None:
    model = a_model_section()
    report = check(a_public_section(model), linked={URL: model})
    assert report.verdict == "valid"
    assert report.check("links").outcome == "passed"
    again = proof.serialize(json.loads(model) | {"name": "other"})
    assert check(a_public_section(model), linked={URL: again}).error == "LINK_DIGEST_MISMATCH"
    spaced = model.replace(b'{"@context"', b'{ "@context"', 1)
    assert check(a_public_section(model), linked={URL: spaced}).error == "LINK_DIGEST_MISMATCH"


def test_without_the_other_document_links_are_not_checked_and_the_verdict_stands() -> None:
    report = check(a_public_section(a_model_section()))
    assert (report.verdict, report.check("links").outcome) == ("valid", "not-checked")


def replacing(*earlier: bytes) -> list[dict[str, str]]:
    return [
        {"id": f"urn:uuid:{n}", "digestMultibase": digest_multibase(one)} for n, one in enumerate(earlier)
    ]


def test_a_later_version_that_replaces_the_listed_one_belongs_too_and_the_report_says_so() -> None:
    first = a_model_section()
    later = a_model_section(replaces=replacing(first))
    report = check(a_public_section(first), linked={URL: later})
    assert report.verdict == "valid"
    assert "later version" in report.check("links").sentence
    assert check(a_public_section(later), linked={URL: first}).error == "LINK_DIGEST_MISMATCH"


def test_only_the_issuer_may_say_that_a_version_replaces_another() -> None:
    first = a_model_section()
    document = json.loads(a_model_section(replaces=replacing(first)))
    del document["proof"]
    forged = text(sign(document, Suite("ecdsa-jcs-2019", k.Key("forger", method=k.METHOD)))).encode()
    assert check(a_public_section(first), linked={URL: forged}).error == "LINK_DIGEST_MISMATCH"
    other = document | {"issuer": k.OTHER_DID}
    by_other = text(sign(other, Suite("ecdsa-jcs-2019", k.OTHER))).encode()
    assert check(a_public_section(first), linked={URL: by_other}).error == "LINK_DIGEST_MISMATCH"


def test_a_model_section_is_checked_against_the_public_section_that_lists_it() -> None:
    model = a_model_section()
    public = a_public_section(model)
    assert check(model, linked={"urn:public": public}).check("links").outcome == "passed"
    other = a_public_section(b"another document")
    assert check(model, linked={"urn:public": other}).error == "LINK_DIGEST_MISMATCH"


def test_a_forged_public_section_cannot_list_a_genuine_part() -> None:
    model = a_model_section()
    document = json.loads(a_public_section(model))
    del document["proof"]
    forged = text(sign(document, Suite("ecdsa-jcs-2019", k.Key("forger", method=k.METHOD)))).encode()
    assert check(model, linked={"urn:public": forged}).error == "LINK_DIGEST_MISMATCH"


def test_a_listed_part_of_another_passport_is_refused() -> None:
    part = text(sign(a_credential(passport="urn:uuid:1"), JCS)).encode()
    assert check(a_public_section(part), linked={URL: part}).error == "SUBJECT_MISMATCH"


def test_a_section_of_another_model_or_passport_is_refused() -> None:
    """T3."""
    model = a_model_section(credentialSubject={"id": f"{k.ORIGIN}/01/09506000134369", "type": "BatteryModel"})
    assert check(a_public_section(model), linked={URL: model}).error == "SUBJECT_MISMATCH"
    use = a_credential(type=["VerifiableCredential", "BatteryPassportUse"], passport="urn:uuid:1")
    data = text(sign(use, JCS)).encode()
    assert check(signed(), linked={"urn:use": data}).error == "LINK_DIGEST_MISMATCH"


def test_a_unit_section_belongs_by_passport_and_subject() -> None:
    use = text(sign(a_credential(type=["VerifiableCredential", "BatteryPassportUse"]), JCS)).encode()
    assert check(signed(), linked={"urn:use": use}).check("links").outcome == "passed"
    public = a_public_section(a_model_section())
    assert check(use, linked={"urn:public": public}).check("links").outcome == "passed", "never listed"
    subject = a_credential()["credentialSubject"] | {"id": k.ITEM + "X"}
    other = text(sign(a_credential(credentialSubject=subject), JCS)).encode()
    assert check(signed(), linked={"urn:use": other}).error == "SUBJECT_MISMATCH"
    assert check(signed(), linked={"urn:use": b"{"}).error == "LINK_DIGEST_MISMATCH"


# Log


def an_entry(data: bytes, place: int = 2, size: int = 5) -> LogEvidence:
    leaf = proof.serialize({"type": "issue", "digest": digest_multibase(data)})
    leaves = [leaf if n == place else bytes([n]) for n in range(size)]
    hashes = [merkle.leaf_hash(one) for one in leaves]
    return LogEvidence(leaf, place, size, merkle.inclusion_proof(hashes, place), merkle.root(hashes))


def test_a_log_entry_must_be_about_this_document_and_in_the_log() -> None:
    good = an_entry(signed())
    report = check(signed(), log=good)
    assert (report.verdict, report.check("log").outcome) == ("valid", "passed")
    assert check(signed(), log=an_entry(b"another")).error == "LOG_PROOF_INVALID"
    elsewhere = LogEvidence(good.leaf, 1, good.tree_size, good.proof, good.root)
    assert check(signed(), log=elsewhere).error == "LOG_PROOF_INVALID"
    no_leaf = LogEvidence(b"[]", good.index, good.tree_size, good.proof, good.root)
    assert check(signed(), log=no_leaf).error == "LOG_PROOF_INVALID"


# Conformance mode


def test_a_self_made_key_is_trusted_in_the_conformance_mode_alone() -> None:
    own = a_credential(issuer=k.SELF_MADE.did, credentialStatus=None)
    data = text(sign(own, Suite("ecdsa-jcs-2019", k.SELF_MADE))).encode()
    assert check(data).verdict == "unknown"
    assert check(data).check("signature-jcs").outcome == "passed"
    assert check(data, Policy(conformance=True)).verdict == "valid"
    other = a_credential(issuer=k.OTHER_DID, credentialStatus=None)
    by_self = text(sign(other, Suite("ecdsa-jcs-2019", k.SELF_MADE))).encode()
    assert check(by_self, Policy(conformance=True)).error == "ISSUER_MISMATCH"


# Cost


def test_verifying_and_signing_never_touch_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """T20."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    data = text(sign(a_credential(), JCS, RDFC)).encode()
    assert check(data).verdict == "valid"
    elsewhere = signed().replace(
        b"https://www.w3.org/ns/credentials/v2", b"https://evil.example/ns/credentials/v2"
    )
    assert check(elsewhere).error == "CONTEXT_UNKNOWN"


# A policy that is used again


@pytest.mark.parametrize(
    "later", [timedelta(0), timedelta(hours=2), timedelta(hours=30), timedelta(days=400), -timedelta(days=2)]
)
@pytest.mark.parametrize("index", [k.GOOD, k.REVOKED, k.SUSPENDED])
def test_a_policy_used_before_gives_the_report_of_a_new_one(later: timedelta, index: int) -> None:
    """Lists are read once for each policy; what depends on the time is asked anew."""
    used = a_policy()
    check(signed(), used)
    assert used.read_lists
    now = k.NOW + later
    entries = [status_list.entry(k.REVOCATIONS, "revocation", index)]
    entries.append(status_list.entry(k.SUSPENSIONS, "suspension", index))
    data = signed(credentialStatus=entries)
    again, anew = verify(data, used, now=now), verify(data, a_policy(), now=now)
    assert again.as_dict() == anew.as_dict()
    assert again.checks == anew.checks


def test_a_changed_copy_of_a_policy_believes_nothing_that_the_first_one_read() -> None:
    used = a_policy()
    check(signed(), used)
    assert replace(used, trust_list=None).read_lists == {}


def test_a_list_that_does_not_hold_is_refused_each_time() -> None:
    lists = {url: one.encode().replace(b"H4sI", b"H4sJ") for url, one in k.status_lists().items()}
    policy = a_policy(status_lists=lists)
    assert [check(signed(), policy).error for _ in range(2)] == ["STATUS_VERIFICATION_ERROR"] * 2
