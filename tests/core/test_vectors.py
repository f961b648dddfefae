"""The shared vectors, which also drive the browser's verifier: same input, same verdict (threat T22)."""

import base64
import json
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from app.core import contexts, json_strict, times, trust, trust_root
from app.core.canonical import jcs
from app.core.errors import MalformedInput, TooLarge
from app.core.keys import PublicKey
from app.core.status_list import ListTooShort, StatusList
from app.core.verification import CHECK_NAMES, Policy, Report, verify
from tests.vectors import make

FOLDER = Path(make.__file__).parent


def load(name: str, part: str = "cases") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())[part]
    return found


def run(case: dict[str, Any]) -> Report:
    now = times.parse(case["now"])
    trust_list = None
    if case["trustList"] is not None:
        try:
            trust_list = trust.parse(json.dumps(case["trustList"]).encode(), case["root"], now)
        except (trust.TrustListRefused, MalformedInput):
            trust_list = None
    policy = Policy(
        trust_list=trust_list,
        trust_list_fetched_at=now,
        status_lists={url: text.encode() for url, text in case["statusLists"].items()},
        schema_required=False,
    )
    data = case["credential"].encode().ljust(case.get("padTo", 0))
    return verify(
        data,
        policy,
        now=now,
        expected_subject=case.get("expectedSubject"),
        linked={url: text.encode() for url, text in case.get("linked", {}).items()},
        with_rdfc=case["withRdfc"],
    )


@pytest.mark.parametrize("case", load("verification"), ids=itemgetter("name"))
def test_a_credential_gets_the_verdict_of_the_vector(case: dict[str, Any]) -> None:
    report = run(case)
    assert (report.verdict, report.error) == (case["verdict"], case["error"])
    assert [check.name for check in report.checks] == list(CHECK_NAMES)


@pytest.mark.parametrize("name", ["verification", "conformance"])
def test_every_vector_has_a_name_of_its_own(name: str) -> None:
    names = [case["name"] for case in load(name)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", load("conformance"), ids=itemgetter("name"))
def test_a_credential_of_a_test_suite_gets_the_verdict_of_the_vector(case: dict[str, Any]) -> None:
    documents = contexts.for_conformance()
    policy = Policy(conformance=True, contexts=frozenset(documents), resources=documents)
    report = verify(case["credential"].encode(), policy, now=times.parse(case["now"]))
    assert (report.verdict, report.error) == (case["verdict"], case["error"])


@pytest.mark.parametrize("case", load("conformance"), ids=itemgetter("name"))
def test_no_credential_of_a_test_suite_is_valid_in_production(case: dict[str, Any]) -> None:
    assert verify(case["credential"].encode(), Policy(), now=times.parse(case["now"])).verdict != "valid"


@pytest.mark.parametrize("case", load("json-strict"), ids=itemgetter("name"))
def test_a_document_is_read_in_one_way_or_refused(case: dict[str, Any]) -> None:
    data = base64.b64decode(case["base64"])
    if case["result"] == "ok":
        json_strict.loads(data, decimals=case["decimals"])
    else:
        with pytest.raises(MalformedInput) as caught:
            json_strict.loads(data, decimals=case["decimals"])
        assert caught.value.rule not in ("", "json"), "the slow scanner must know why"


@pytest.mark.parametrize("case", load("jcs"), ids=itemgetter("name"))
def test_a_document_has_this_canonical_form(case: dict[str, Any]) -> None:
    assert jcs(json.loads(case["text"])) == case["canonical"].encode()


@pytest.mark.parametrize("case", load("multikey", "good"), ids=itemgetter("name"))
def test_a_key_reads_the_same_as_text_and_as_jwk(case: dict[str, Any]) -> None:
    key = PublicKey.from_multikey(case["multikey"])
    assert key.kind == case["kind"]
    assert key.to_jwk() == case["jwk"]
    assert PublicKey.from_jwk(case["jwk"]) == key
    assert key.to_multikey() == case["multikey"]


@pytest.mark.parametrize("case", load("multikey", "bad"), ids=itemgetter("name"))
def test_a_text_that_is_no_key_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        PublicKey.from_multikey(case["multikey"])


TRUST_ERRORS: dict[str, type[Exception]] = {
    "refused": trust.TrustListRefused,
    "rolled-back": trust.TrustListRolledBack,
    "expired": trust.TrustListExpired,
    "malformed": MalformedInput,
}


@pytest.mark.parametrize("case", load("trust-list"), ids=itemgetter("name"))
def test_a_trust_list_is_taken_or_refused(case: dict[str, Any]) -> None:
    data, now = case["text"].encode(), times.parse(case["now"])
    if case["result"] == "ok":
        assert trust.parse(data, case["root"], now, case["newestSeen"]).version == 3
    else:
        with pytest.raises(TRUST_ERRORS[case["result"]]) as caught:
            trust.parse(data, case["root"], now, case["newestSeen"])
        assert case["result"] != "refused" or type(caught.value) is trust.TrustListRefused


@pytest.mark.parametrize("case", load("trust-root"), ids=itemgetter("name"))
def test_a_root_follows_the_pinned_one_or_is_refused(case: dict[str, Any]) -> None:
    later = [text.encode() for text in case["later"]]
    if case["result"] == "ok":
        assert trust_root.version_of(trust_root.walk(case["pinned"], later)) == case["version"]
    else:
        with pytest.raises(TRUST_ERRORS[case["result"]]):
            trust_root.walk(case["pinned"], later)


@pytest.mark.parametrize("case", load("status-list", "good"), ids=itemgetter("name"))
def test_a_status_list_unpacks_to_its_bits(case: dict[str, Any]) -> None:
    found = StatusList.decode(case["encodedList"])
    assert len(found) == case["length"]
    assert [index for index in range(len(found)) if found.get(index)] == case["set"]
    assert StatusList(found.bits).encoded() == case["encodedList"]


@pytest.mark.parametrize("case", load("status-list", "bad"), ids=itemgetter("name"))
def test_a_broken_status_list_is_refused(case: dict[str, Any]) -> None:
    kinds = {"STATUS_LIST_LENGTH_ERROR": ListTooShort, "RESOURCE_LIMIT": TooLarge}
    with pytest.raises((MalformedInput, TooLarge)) as caught:
        StatusList.decode(case["encodedList"])
    assert isinstance(caught.value, kinds.get(case["error"], MalformedInput))


@pytest.mark.parametrize("name", make.FILES)
def test_the_committed_vectors_are_what_their_generator_writes(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text() == make.written(name), "run: python -m tests.vectors.make"
