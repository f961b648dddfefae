"""Proofs: what we make verifies, what is changed does not, byte by byte (T1, T21, T23)."""

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.core import json_strict, jsonld, proof
from app.core.errors import MalformedInput
from app.core.jsonld import Canonicalizer
from app.core.proof_error import DataLoss, ProofError, TooComplex, UnknownContext
from app.core.verification import Policy, verify
from tests.vectors import kit as k
from tests.vectors.kit import JCS, a_credential, sign, with_subject

SIGNED = proof.serialize(proof.add_proofs(a_credential(), k.SEAL, k.NOW))
POLICY = Policy(
    trust_list=k.trust.parse(k.a_signed_trust_list(), k.ROOT_DOCUMENT, k.NOW),
    status_lists={url: text.encode() for url, text in k.status_lists().items()},
)


def test_both_proofs_by_one_key_verify() -> None:
    document = json_strict.loads(SIGNED)
    assert [one["cryptosuite"] for one in document["proof"]] == ["ecdsa-jcs-2019", "ecdsa-rdfc-2019"]
    for one in document["proof"]:
        proof.verify_proof(document, one, k.SEAL.public_key)
    assert verify(SIGNED, POLICY, now=k.NOW).verdict == "valid"


def test_signing_changes_nothing_and_keeps_the_order_of_members() -> None:
    document = a_credential()
    before = json.dumps(document)
    signed = proof.add_proofs(document, k.SEAL, k.NOW, ("ecdsa-jcs-2019",))
    assert json.dumps(document) == before
    assert list(signed) == [*document, "proof"]
    assert proof.serialize(signed).decode().startswith(before.replace(", ", ",").replace(": ", ":")[:40])


def test_the_stored_bytes_are_compact_utf_8() -> None:
    assert proof.serialize({"b": "ü", "a": [1]}) == '{"b":"ü","a":[1]}'.encode()


def test_a_signed_document_is_not_signed_again() -> None:
    with pytest.raises(MalformedInput):
        proof.add_proofs(sign(a_credential(), JCS), k.SEAL, k.NOW)


def test_a_section_whose_parts_look_too_much_alike_is_signed_by_jcs_alone() -> None:
    """Five materials in one component; still with nothing in it that no context defines."""
    cathode = [
        {"batteryMaterialName": f"{n}", "batteryMaterialLocation": {"componentName": "Cathode"}}
        for n in range(5)
    ]
    document = with_subject(batteryMaterials=cathode)
    assert proof.suites_for(document) == ("ecdsa-jcs-2019",)
    assert proof.suites_for(with_subject(batteryMaterials=cathode[:4])) == (
        "ecdsa-jcs-2019",
        "ecdsa-rdfc-2019",
    )
    signed = proof.add_proofs(document, k.SEAL, k.NOW, proof.suites_for(document))
    assert verify(proof.serialize(signed), POLICY, now=k.NOW).verdict == "valid"
    with pytest.raises(DataLoss):
        proof.suites_for(with_subject(batteryMaterials=cathode, shinyNewTerm="1"))


@pytest.mark.parametrize(
    ("signer", "suites"),
    [(k.SEAL, ()), (k.SEAL, ("eddsa-jcs-2022",)), (k.SEAL, ("rsa",)), (k.SEAL_384, ("ecdsa-jcs-2019",))],
)
def test_we_sign_with_p256_and_the_two_ecdsa_suites_only(signer: k.Key, suites: tuple[str, ...]) -> None:
    with pytest.raises(MalformedInput):
        proof.add_proofs(a_credential(), signer, k.NOW, suites)


def test_nothing_that_no_context_defines_is_ever_signed() -> None:
    with pytest.raises(DataLoss):
        proof.add_proofs(with_subject(shinyNewTerm="1"), k.SEAL, k.NOW)


PLACES = {
    "at the top": lambda d: d.update(shinyNewTerm="1"),
    "in the subject": lambda d: d["credentialSubject"].update(shinyNewTerm="1"),
    "two deep": lambda d: d["credentialSubject"]["operatorInformation"].update(shinyNewTerm="1"),
    "three deep": lambda d: d["credentialSubject"]["operatorInformation"]["postalAddress"].update(x="1"),
    "in the issuer": lambda d: d["issuer"].update(shinyNewTerm="1"),
    "in a status entry": lambda d: d["credentialStatus"][0].update(shinyNewTerm="1"),
    "as a type": lambda d: d["type"].append("ShinyNewType"),
    "as a subject's type": lambda d: d["credentialSubject"].update(type="ShinyNewType"),
    "as a relative id": lambda d: d["credentialSubject"].update(id="relative/id"),
    "as a relative reference": lambda d: d.update(passport="relative"),
    "as a reference with another host's name": lambda d: d.update(passport="//evil.example/x"),
    "as a reference up": lambda d: d.update(passport="../../x"),
    "as a fragment": lambda d: d.update(passport="#x"),
    "as an empty reference": lambda d: d.update(passport=""),
    "as our own sentinel": lambda d: d.update(passport="x-undefined:x"),
    "as an unnamed node with a name": lambda d: d["credentialSubject"].update(id="_:b0"),
    "as a member with an unnamed name": lambda d: d["credentialSubject"].update({"_:p": "1"}),
    "as null": lambda d: d["credentialSubject"].update(batteryMass=None),
    "as an empty list": lambda d: d["credentialSubject"].update(hazardousSubstances=[]),
    "as a keyword": lambda d: d["credentialSubject"].update({"@index": "1"}),
    "as a made-up keyword": lambda d: d["credentialSubject"].update({"@foo": "1"}),
    "as a context further in": lambda d: d["credentialSubject"].update({"@context": {"x": "urn:x"}}),
    "as a graph": lambda d: d["credentialSubject"].update({"@graph": [{"id": "urn:x"}]}),
    "as a direction": lambda d: d["credentialSubject"].update(
        batteryMass={"@value": "1", "@direction": "rtl"}
    ),
    "as an IRI that breaks out of its brackets": lambda d: d.update(passport='urn:x> <urn:y> "z" .\n<urn:a'),
    "as an IRI with a space": lambda d: d.update(passport="urn:x y"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_member_that_the_signature_would_not_cover_is_refused(place: str) -> None:
    """T21. The control: the same document without it is taken."""
    document = k.copied(a_credential())
    jsonld.require_no_loss(document)
    PLACES[place](document)
    with pytest.raises(DataLoss):
        jsonld.canonicalize(document)


@pytest.mark.parametrize(
    "context",
    [
        "https://evil.example/c",
        ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/2018/credentials/v1"],
        [*k.CONTEXTS, {"x": "urn:x"}],
        [*k.CONTEXTS, None],
        None,
        ["file:///etc/passwd"],
    ],
)
def test_a_context_from_elsewhere_is_never_loaded(context: Any) -> None:
    """T20: also not those that PyLD carries along or would fetch."""
    with pytest.raises(UnknownContext):
        jsonld.canonicalize(a_credential() | {"@context": context})


def test_a_context_that_names_another_one_does_not_reach_beyond_the_files() -> None:
    evil = {"urn:ctx": json.dumps({"@context": ["https://evil.example/c", {"x": "urn:x"}]}).encode()}
    with pytest.raises(UnknownContext):
        Canonicalizer(evil).canonicalize({"@context": "urn:ctx", "@id": "urn:a", "x": "1"})


def test_poison_graphs_are_refused_before_work_starts() -> None:
    """T23: unnamed nodes alike, or many; many values of one property, gathered from many places."""
    alike = [{"batteryMaterialLocation": {"componentName": f"{n}"}} for n in range(5)]
    many = [{"hazardousSubstanceName": f"{n}"} for n in range(201)]
    values = {"id": "urn:n", "hazardousSubstanceClass": [f"{n}" for n in range(600)]}
    scattered = [{**values, "hazardousSubstanceClass": [f"{m}-{n}" for n in range(110)]} for m in range(10)]
    with pytest.raises(TooComplex):
        jsonld.canonicalize(with_subject(batteryMaterials=alike))
    with pytest.raises(TooComplex):
        jsonld.canonicalize(with_subject(hazardousSubstances=many))
    with pytest.raises(TooComplex):
        jsonld.canonicalize(with_subject(hazardousSubstances=scattered))
    jsonld.canonicalize(with_subject(batteryMaterials=alike[:4], hazardousSubstances=[values]))


def test_a_long_series_is_one_value_and_not_many() -> None:
    series = [{"observedAt": "2026-11-20T08:00:00Z", "stateOfHealth": f"{n}.5"} for n in range(3_000)]
    assert b"#JSON>" in jsonld.canonicalize(with_subject(capacityLog=series))


def test_canonical_forms_do_not_hang_together() -> None:
    """The kept contexts of one document leave no trace in the next."""
    first = jsonld.canonicalize(a_credential())
    jsonld.canonicalize(with_subject(batteryMass="1"))
    assert jsonld.canonicalize(a_credential()) == first


BYTES = len(SIGNED)


def values_of(text: str) -> list[tuple[int, int]]:
    """Where the insides of texts lie, in characters, names of members left out."""
    import re

    found = []
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)"(?!:)', text):
        if match.end(1) > match.start(1):
            found.append((match.start(1), match.end(1)))
    return found


TEXT = SIGNED.decode()
INSIDES = [place for start, end in values_of(TEXT) for place in range(start, end)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(INSIDES), st.characters(codec="utf-8", exclude_categories=["Cs"]))
def test_any_other_character_inside_a_value_makes_the_verdict_invalid(place: int, sign: str) -> None:
    """Every value: of the document, of its proofs, of the contexts."""
    assume(sign != TEXT[place])
    changed = (TEXT[:place] + sign + TEXT[place + 1 :]).encode()
    try:
        same = json.loads(changed) == json.loads(TEXT)
    except ValueError:
        same = False
    assume(not same)
    report = verify(changed, POLICY, now=k.NOW)
    assert report.verdict != "valid"
    # A key name that nobody lists is somebody unknown; an unknown suite leaves the other proof standing.
    if report.error != "ISSUER_UNTRUSTED":
        assert report.verdict == "invalid"


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(0, BYTES - 1), st.integers(0, 255))
def test_any_other_byte_anywhere_never_gives_another_valid_document(place: int, byte: int) -> None:
    changed = SIGNED[:place] + bytes([byte]) + SIGNED[place + 1 :]
    report = verify(changed, POLICY, now=k.NOW, with_rdfc=False)
    if report.verdict == "valid":
        original, found = json.loads(SIGNED), json.loads(changed)
        assert {n: v for n, v in found.items() if n != "proof"} == {
            n: v for n, v in original.items() if n != "proof"
        }


def test_a_proof_error_tells_its_name_to_the_caller() -> None:
    with pytest.raises(ProofError) as caught:
        proof.verify_proof(a_credential(), {"type": "x"}, k.SEAL.public_key)
    assert caught.value.members() == {"error": "UNSUPPORTED_CRYPTOSUITE"}
