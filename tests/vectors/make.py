"""Write the vector files beside this one: `python -m tests.vectors.make`. The same run gives the same bytes.

`tests/core/test_vectors.py` fails when a committed file is not what this writes. Never edit a file by hand.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core import times
from app.core.multibase import multibase_decode_base58btc, multibase_encode_base58btc
from tests.vectors import (
    cases_conformance,
    cases_device,
    cases_jose,
    cases_json,
    cases_links,
    cases_log,
    cases_notes,
    cases_status,
    cases_trust,
)
from tests.vectors import kit as k
from tests.vectors.kit import JCS, RDFC, Suite, a_credential, sign, text, with_subject

HERE = Path(__file__).parent
MALFORMED, PARSING, PROOF = "MALFORMED_VALUE_ERROR", "PARSING_ERROR", "PROOF_VERIFICATION_ERROR"
JCS_ONLY = (JCS,)

Case = dict[str, Any]


def case(name: str, credential: str, verdict: str, error: str | None = None, **more: Any) -> Case:
    """One verification; what is not given is the usual: fresh lists, our trust list, all proofs."""
    return {
        "name": name,
        "credential": credential,
        "now": times.to_seconds(k.NOW),
        "trustList": json.loads(k.a_signed_trust_list()),
        "root": k.ROOT_DOCUMENT,
        "statusLists": k.status_lists(),
        "withRdfc": True,
        "verdict": verdict,
        "error": error,
    } | more


def jcs_only(**changes: Any) -> str:
    return text(sign(a_credential(**changes), JCS))


def good() -> Iterator[Case]:
    both = text(sign(a_credential()))
    yield case("both proofs by one P-256 key", both, "valid", expectedSubject=k.ITEM)
    yield case("both proofs, the other way round", text(sign(a_credential(), RDFC, JCS)), "valid")
    yield case("JCS alone", jcs_only(), "valid")
    yield case("both proofs, RDFC left to another process", both, "valid", withRdfc=False)
    yield case("Ed25519, JCS", text(sign(a_credential(), Suite("eddsa-jcs-2022", k.SEAL_ED))), "valid")
    ed = (Suite("eddsa-jcs-2022", k.SEAL_ED), Suite("eddsa-rdfc-2022", k.SEAL_ED))
    yield case("Ed25519, both proofs", text(sign(a_credential(), *ed)), "valid")
    yield case("P-384, JCS", text(sign(a_credential(), Suite("ecdsa-jcs-2019", k.SEAL_384))), "valid")
    yield case("one proof as an object, not a list", text(_single(sign(a_credential(), JCS))), "valid")
    document = json.loads(both)
    shuffled = {name: document[name] for name in sorted(document, reverse=True)}
    yield case("members in another order, with white space", json.dumps(shuffled, indent=2), "valid")
    escaped = json.dumps(document, ensure_ascii=True)
    yield case("the same text with escapes", escaped, "valid")
    offset = a_credential(validFrom="2026-11-20T10:00:00.250+02:00")
    yield case("validFrom with offset and fraction", text(sign(offset, JCS)), "valid")
    yield case("validFrom four minutes ahead", jcs_only(validFrom="2026-11-24T12:04:00Z"), "valid")
    old = Suite("ecdsa-jcs-2019", k.LAST_SEAL, "2026-01-15T08:00:00Z")
    rotated = a_credential(validFrom="2026-01-15T08:00:00Z")
    yield case("signed before its key ended in the usual way", text(sign(rotated, old)), "valid")
    yield case("without a status entry", jcs_only(credentialStatus=None), "valid")
    endorsed = sign(a_credential(), JCS, Suite("ecdsa-jcs-2019", k.OTHER))
    yield case("endorsed by another listed party", text(endorsed), "valid")
    endorsed = sign(a_credential(), JCS, Suite("ecdsa-jcs-2019", k.STRANGER))
    yield case("endorsed by somebody whose key is out of reach", text(endorsed), "valid")
    extra = sign(a_credential(), JCS)
    extra["proof"].append({"type": "DataIntegrityProof", "cryptosuite": "bbs-2023", "proofValue": "u2V0"})
    yield case("an extra proof of a kind nobody here knows", text(extra), "valid")
    series = [{"observedAt": "2026-11-20T08:00:00Z", "stateOfHealth": "99.5", "fullCycles": 3}] * 3
    yield case("a series as one JSON value", text(sign(with_subject(capacityLog=series))), "valid")
    loss = text(sign(with_subject(warrantyPeriod="P9Y"), RDFC, JCS))
    yield case("another value, signed as such", loss, "valid")


def altered() -> Iterator[Case]:
    """T1: each class of byte that can be changed."""
    signed = text(sign(a_credential()))
    only = text(sign(a_credential(), JCS))
    changes = {
        "a digit of a value": ('"94.5"', '"95.5"'),
        "a trailing zero of a value": ('"452.50"', '"452.5"'),
        "a letter of a text": ("Werkstra", "Werkstrb"),
        "a letter that only looks the same": ("Werkstra", "W\u0435rkstra"),
        "a composed letter taken apart": ("Müller", "Mu\u0308ller"),
        "a sign outside the basic plane": ("😀", "😁"),
        "the subject": ("BX-0042", "BX-0043"),
        "the id": ("7d7a10", "7d7a11"),
        "the passport": ("b3f0d2", "b3f0d3"),
        "the issuer's name": (f'"name":"{k.NAME}"', '"name":"Musterzellen AG"'),
        "the date of issue": ('"validFrom":"2026-11-20T08', '"validFrom":"2026-11-20T09'),
        "the second type": ('"BatteryPassportPublic"', '"BatteryPassportUse"'),
        "the type of the subject": ('"Battery"', '"BatteryModel"'),
        "the place on the status list": ('"94567"', '"94568"'),
        "the address of the status list": ("status/revocation-1", "status/revocation-2"),
        "a member's name": ('"batteryMass"', '"ratedCapacity2"'),
        "a member added": ('"granularity":"item"', '"granularity":"item","nominalVoltage":"400"'),
        "a member taken out": ('"batteryCategory":"ev",', ""),
        "a text made a number": ('"minimum":"-30"', '"minimum":-30'),
        "the date of the proof": (
            '"created":"2026-11-20T08:00:00Z"',
            '"created":"2026-11-21T08:00:00Z"',
        ),
        "validUntil added": ('"passport":', '"validUntil":"2036-01-01T00:00:00Z","passport":'),
    }
    for what, (old, new) in changes.items():
        assert old in signed, old
        yield case(f"altered: {what}", signed.replace(old, new, 1), "invalid", PROOF)
    assert '"94.5"' in only
    yield case("altered, JCS alone", only.replace('"94.5"', '"94.6"'), "invalid", PROOF)
    document = sign(a_credential())
    document["proof"][1]["proofValue"] = sign(with_subject(batteryMass="1"), RDFC)["proof"][0]["proofValue"]
    yield case("a good JCS proof beside an RDFC proof of something else", text(document), "invalid", PROOF)
    yield case(
        "the same, RDFC left to another process: the report must say so",
        text(document),
        "valid",
        withRdfc=False,
    )
    document = sign(a_credential())
    document["proof"][0]["proofValue"] = sign(with_subject(batteryMass="1"), JCS)["proof"][0]["proofValue"]
    yield case("a good RDFC proof beside a JCS proof of something else", text(document), "invalid", PROOF)
    document = sign(a_credential(), JCS)
    document["proof"].append(sign(with_subject(batteryMass="1"), JCS)["proof"][0])
    yield case("a second proof that is bad", text(document), "invalid", PROOF)
    document = sign(a_credential(), JCS)
    bad = sign(with_subject(batteryMass="1"), Suite("ecdsa-jcs-2019", k.OTHER))["proof"][0]
    document["proof"].append(bad)
    yield case("an endorsement by a listed party that does not fit", text(document), "invalid", PROOF)


def proofs() -> Iterator[Case]:
    signed = sign(a_credential(), JCS)
    for what, value in {
        "null": None,
        "an empty list": [],
        "a text": "proof",
        "a list of null": [None],
    }.items():
        yield case(f"proof is {what}", text(signed | {"proof": value}), "invalid", PROOF)
    yield case("no proof", text(a_credential()), "invalid", PROOF)
    one = signed["proof"][0]
    raw = multibase_decode_base58btc(one["proofValue"])
    order = k._ORDERS["P-256"]
    zero, n = bytes(32), order.to_bytes(32)
    values = {
        "65 bytes": raw + b"\x00",
        "63 bytes": raw[:63],
        "nothing": b"",
        "s is 0": raw[:32] + zero,
        "r is 0": zero + raw[32:],
        "s is n": raw[:32] + n,
        "r is n": n + raw[32:],
        "r and s are 0": bytes(64),
        "r and s exchanged": raw[32:] + raw[:32],
    }
    for what, value in values.items():
        changed = signed | {"proof": [one | {"proofValue": multibase_encode_base58btc(value)}]}
        yield case(f"signature: {what}", text(changed), "invalid", PROOF)
    low = raw[:32] + (order - int.from_bytes(raw[32:])).to_bytes(32)
    other = signed | {"proof": [one | {"proofValue": multibase_encode_base58btc(low)}]}
    yield case("signature: s and n-s are the same signature", text(other), "valid")
    texts = {
        "in base64url": "u" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
        "without its prefix": one["proofValue"][1:],
        "with a sign outside base58": one["proofValue"][:-1] + "0",
        "very long": "z" + "2" * 4000,
        "a number": 7,
        "missing": None,
    }
    for what, value in texts.items():
        changed = {n: v for n, v in (one | {"proofValue": value}).items() if v is not None}
        yield case(f"signature text: {what}", text(signed | {"proof": [changed]}), "invalid", PROOF)
    wrong = {
        "another purpose": ({"proofPurpose": "authentication"}, PROOF),
        "no purpose": ({"proofPurpose": None}, PROOF),
        "an unknown member": ({"nonce": "abc"}, PROOF),
        "a domain": ({"domain": "shop.example"}, PROOF),
        "a challenge": ({"challenge": "abc"}, PROOF),
        "a previousProof": ({"previousProof": "urn:uuid:1"}, PROOF),
        "an id": ({"id": "urn:uuid:6f1d1c70-5a5c-4f0e-8a35-1d2f2d7d7a11"}, PROOF),
        "contexts in another order": ({"@context": list(reversed(k.CONTEXTS))}, PROOF),
        "no contexts of its own": ({"@context": None}, PROOF),
        "a date that is none": ({"created": "2026-02-30T00:00:00Z"}, PROOF),
        "a date without zone": ({"created": "2026-11-20T08:00:00"}, PROOF),
        "run out": ({"expires": "2026-11-23T00:00:00Z"}, "EXPIRED"),
        "a date in the future": ({"created": "2026-11-24T12:06:00Z"}, "NOT_YET_VALID"),
        "no verification method": ({"verificationMethod": None}, "INVALID_VERIFICATION_METHOD"),
        "a verification method without fragment": (
            {"verificationMethod": k.DID},
            "INVALID_VERIFICATION_METHOD",
        ),
        "a verification method with two": (
            {"verificationMethod": k.METHOD + "#x"},
            "INVALID_VERIFICATION_METHOD",
        ),
        "another type of proof": ({"type": "Ed25519Signature2020"}, "UNSUPPORTED_CRYPTOSUITE"),
        "an unknown suite": ({"cryptosuite": "ecdsa-jcs-2119"}, "UNSUPPORTED_CRYPTOSUITE"),
        "no suite": ({"cryptosuite": None}, "UNSUPPORTED_CRYPTOSUITE"),
    }
    for what, (more, error) in wrong.items():
        made = dict(more)
        unsupported = "cryptosuite" in made
        document = sign(a_credential(), JCS if unsupported else Suite(JCS.name, k.SEAL, more=made))
        if unsupported:
            document["proof"][0] |= made
            document["proof"][0] = {n: v for n, v in document["proof"][0].items() if v is not None}
        yield case(f"proof with {what}, signed so", text(document), "invalid", error)
    expires = Suite(JCS.name, k.SEAL, more={"expires": "2027-01-01T00:00:00Z"})
    yield case("proof that runs out later", text(sign(a_credential(), expires)), "valid")
    undated = Suite(JCS.name, k.SEAL, more={"created": None})
    yield case("proof without a date", text(sign(a_credential(), undated)), "valid")
    rdfc = text(sign(a_credential(), RDFC))
    yield case("our own profile with RDFC alone", rdfc, "invalid", "UNSUPPORTED_CRYPTOSUITE")
    contexts = Suite(RDFC.name, k.SEAL, more={})
    document = sign(a_credential(), JCS, contexts)
    document["proof"][1]["@context"] = list(k.CONTEXTS)
    yield case("an RDFC proof that brings contexts", text(document), "invalid", PROOF)
    many = sign(a_credential(), *[JCS] * 8)
    yield case("eight proofs", text(many), "valid")
    many["proof"].append(many["proof"][0])
    yield case("nine proofs", text(many), "invalid", "RESOURCE_LIMIT")


def _suspended(good_one: str) -> Iterator[Case]:
    """The issuer is listed, but nothing of it counts from a time on."""

    def listed(at: str) -> Any:
        issuers = k.a_trust_list()["issuers"]
        return json.loads(k.a_signed_trust_list(issuers=[issuers[0] | {"suspended": at}, issuers[1]]))

    now, later = listed("2026-11-24T12:00:00Z"), listed("2026-11-24T12:00:01Z")
    yield case("issuer suspended since this moment", good_one, "unknown", "ISSUER_UNTRUSTED", trustList=now)
    yield case("issuer suspended from tomorrow on", good_one, "valid", trustList=later)
    altered = good_one.replace('"94.5"', '"95.5"')
    yield case("issuer suspended, and the record altered", altered, "invalid", PROOF, trustList=now)
    revoked = text(sign(a_credential(credentialStatus=[k.entry_of_revoked()]), JCS))
    yield case(
        "issuer suspended, withdrawal not asked", revoked, "unknown", "ISSUER_UNTRUSTED", trustList=now
    )
    endorsed = text(sign(a_credential(), JCS, Suite(JCS.name, k.OTHER)))
    issuers = k.a_trust_list()["issuers"]
    other = {"issuers": [issuers[0], issuers[1] | {"suspended": "2026-01-01T00:00:00Z"}]}
    suspended = json.loads(k.a_signed_trust_list(**other))
    yield case("endorsed by a suspended party", endorsed, "valid", trustList=suspended)
    richer = json.loads(k.a_signed_trust_list(**k.all_optional_members()))
    yield case("trust list with every optional member", good_one, "valid", trustList=richer)


def signers() -> Iterator[Case]:
    wrong_key = sign(a_credential(), JCS)
    forged = sign(a_credential(), Suite(JCS.name, k.Key("forger", method=k.METHOD)))
    yield case("signed with another key under the same name", text(forged), "invalid", PROOF)
    by_other = text(sign(a_credential(), Suite(JCS.name, k.OTHER)))
    yield case("signed by another listed party", by_other, "invalid", "ISSUER_MISMATCH")
    prefix = k.Key("seal", method=f"{k.DID}0#seal-2026")
    longer = text(sign(a_credential(), Suite(JCS.name, prefix)))
    yield case("signer's name only begins like the issuer's", longer, "invalid", "ISSUER_MISMATCH")
    as_other = a_credential(issuer=k.OTHER_DID)
    yield case("issuer changed, then signed by us", text(sign(as_other, JCS)), "invalid", "ISSUER_MISMATCH")
    kind = text(sign(a_credential(issuer=k.OTHER_DID), Suite(JCS.name, k.OTHER)))
    yield case("listed, but not for this kind of record", kind, "unknown", "ISSUER_UNTRUSTED")
    stranger = a_credential(issuer={"id": k.STRANGER.did, "name": k.NAME})
    unknown = text(sign(stranger, Suite(JCS.name, k.STRANGER)))
    yield case("issuer that nobody lists", unknown, "unknown", "ISSUER_UNTRUSTED")
    for what, more in {
        "another purpose": {"proofPurpose": "authentication"},
        "a nonce": {"nonce": "1"},
    }.items():
        odd = text(sign(stranger, Suite(JCS.name, k.STRANGER, more=more)))
        yield case(f"issuer that nobody lists, proof with {what}", odd, "invalid", PROOF)
    unlisted = text(sign(a_credential(), Suite(JCS.name, k.SEAL_UNLISTED)))
    yield case("a key that nobody lists, of a listed issuer", unlisted, "unknown", "ISSUER_UNTRUSTED")
    own = a_credential(issuer=k.SELF_MADE.did)
    self_made = text(sign(own, Suite(JCS.name, k.SELF_MADE)))
    yield case("a self-made key", self_made, "unknown", "ISSUER_UNTRUSTED")
    yield case("a self-made key, altered", self_made.replace('"94.5"', '"95.5"'), "invalid", PROOF)
    broken = self_made.replace(k.SELF_MADE.did, k.SELF_MADE.did + "1")
    yield case("a self-made key that is none", broken, "invalid", "INVALID_VERIFICATION_METHOD")
    good_one = text(wrong_key)
    yield from _suspended(good_one)
    yield case("no trust list", good_one, "unknown", "ISSUER_UNTRUSTED", trustList=None)
    ended = json.loads(k.a_signed_trust_list(expires="2026-11-24T11:59:59Z"))
    yield case("trust list has ended", good_one, "unknown", "ISSUER_UNTRUSTED", trustList=ended)
    forged_list = json.loads(k.a_signed_trust_list((k.ROOT_2,)))
    yield case("trust list by another root", good_one, "unknown", "ISSUER_UNTRUSTED", trustList=forged_list)
    two = k.ROOT_DOCUMENT | {"threshold": 2}
    yield case("trust list with too few signatures", good_one, "unknown", "ISSUER_UNTRUSTED", root=two)
    early = a_credential(validFrom="2025-06-01T08:00:00Z")
    before = Suite(JCS.name, k.SEAL, "2025-06-01T08:00:00Z")
    yield case("signed before its key was good", text(sign(early, before)), "invalid", "NOT_YET_VALID")
    late = Suite(JCS.name, k.LAST_SEAL)
    yield case("signed after its key had ended", text(sign(a_credential(), late)), "invalid", "EXPIRED")
    stolen = Suite(JCS.name, k.STOLEN_SEAL, "2025-06-01T08:00:00Z")
    yield case("signed by a stolen key, dated back", text(sign(early, stolen)), "invalid", "KEY_REVOKED")
    misfit = {"cryptosuite": "ecdsa-jcs-2019"}
    document = sign(a_credential(), Suite("eddsa-jcs-2022", k.SEAL_ED))
    document["proof"][0] |= misfit
    yield case("key of another kind than the suite", text(document), "invalid", "INVALID_VERIFICATION_METHOD")


def forms() -> Iterator[Case]:
    v2, ours = k.CONTEXTS
    contexts = {
        "an unknown context": [v2, ours, "https://evil.example/context"],
        "an inline context": [v2, ours, {"batteryMass": "https://evil.example/mass"}],
        "contexts exchanged": [ours, v2],
        "the product's context alone": [ours],
        "one context as a text": v2,
        "no context": None,
        "an empty list of contexts": [],
        "credentials/v2 twice": [v2, v2, ours],
        "an unknown version of ours": [v2, ours.replace("/v1", "/v2")],
        "the context with a trailing slash": [v2, ours + "/"],
    }
    for what, value in contexts.items():
        document = a_credential() | {"@context": value}
        document = {n: v for n, v in document.items() if v is not None}
        if "@context" in document:
            document = sign(document, JCS)
        yield case(f"form: {what}", text(document), "invalid", "CONTEXT_UNKNOWN")
    nested = with_subject()
    nested["credentialSubject"]["@context"] = {"@vocab": "https://evil.example/"}
    yield case("form: a context further in", text(sign(nested, JCS)), "invalid", "CONTEXT_UNKNOWN")
    nine = a_credential() | {"@context": [v2] * 9}
    yield case("form: nine contexts", text(sign(nine, JCS)), "invalid", "RESOURCE_LIMIT")
    wrong: dict[str, dict[str, Any]] = {
        "no type": {"type": None},
        "not a verifiable credential": {"type": ["BatteryPassportPublic"]},
        "type with a number": {"type": ["VerifiableCredential", 7]},
        "no issuer": {"issuer": None},
        "issuer without id": {"issuer": {"name": k.NAME}},
        "issuer that is no address": {"issuer": "us"},
        "no subject": {"credentialSubject": None},
        "two subjects in our profile": {"credentialSubject": [{"id": k.ITEM}, {"id": k.MODEL}]},
        "subject without id": {"credentialSubject": {"type": "Battery"}},
        "no id": {"id": None},
        "id with a space": {"id": "urn:uuid:6f1d1c70 5a5c"},
        "no validFrom": {"validFrom": None},
        "validFrom that is no day": {"validFrom": "2026-02-30T00:00:00Z"},
        "validFrom without zone": {"validFrom": "2026-11-20T08:00:00"},
        "validFrom as a date": {"validFrom": "2026-11-20"},
        "validUntil before validFrom": {"validUntil": "2026-11-19T00:00:00Z"},
        "status that is a text": {"credentialStatus": "good"},
        "status without type": {"credentialStatus": {"id": "https://x.example/1"}},
        "schema without type": {"credentialSchema": {"id": "https://x.example/1"}},
        "an empty list of status": {"credentialStatus": []},
    }
    for what, changes in wrong.items():
        yield case(f"form: {what}", jcs_only(**changes), "invalid", MALFORMED)
    null = with_subject()
    null["credentialSubject"]["nominalVoltage"] = None
    yield case("form: a null inside", text(sign(null, JCS)), "invalid", MALFORMED)
    empty = with_subject(negativeEvents={"value": [], "observedAt": "2026-11-20T08:00:00Z"})
    yield case("form: an empty list inside", text(sign(empty, JCS)), "invalid", MALFORMED)
    keyword = with_subject(**{"@graph": [{"id": k.ITEM}]})
    yield case("form: a JSON-LD keyword inside", text(sign(keyword, JCS)), "invalid", MALFORMED)
    many = a_credential(credentialStatus=[k.status_list.entry(k.REVOCATIONS, "revocation", 1)] * 9)
    yield case("form: nine status entries", text(sign(many, JCS)), "invalid", "RESOURCE_LIMIT")
    yield case("not yet valid", jcs_only(validFrom="2026-11-24T12:06:00Z"), "invalid", "NOT_YET_VALID")
    yield case("run out", jcs_only(validUntil="2026-11-24T11:59:59Z"), "invalid", "EXPIRED")
    yield case("still good", jcs_only(validUntil="2026-11-24T12:00:01Z"), "valid")


def meanings() -> Iterator[Case]:
    """RDFC: members that no context defines, graphs that are too complex, foreign profiles."""
    loss = "DATA_LOSS_DETECTION_ERROR"
    for what, changes in {
        "in the subject": {"shinyNewTerm": "1"},
        "further in": {"operatorInformation": {"contactName": "A", "shinyNewTerm": "1"}},
        "as a type": {"type": ["Battery", "ShinyNewType"]},
    }.items():
        document = sign(with_subject(), JCS, RDFC)
        odd = with_subject(**changes)
        odd = odd | {"proof": [sign(odd, JCS)["proof"][0], document["proof"][1]]}
        yield case(f"undefined term {what}", text(odd), "invalid", loss)
        yield case(f"undefined term {what}, RDFC left out", text(odd), "valid", withRdfc=False)
    for count, verdict, error in ((4, "valid", None), (5, "invalid", "RESOURCE_LIMIT")):
        same = with_subject(
            batteryMaterials=[{"batteryMaterialLocation": {"componentName": f"{n}"}} for n in range(count)]
        )
        document = _with_rdfc(same, within=error is None)
        yield case(f"{count} unnamed nodes that look alike", text(document), verdict, error)
    for count, verdict, error in ((190, "valid", None), (201, "invalid", "RESOURCE_LIMIT")):
        many = with_subject(hazardousSubstances=[{"hazardousSubstanceName": f"{n}"} for n in range(count)])
        yield case(
            f"{count} more unnamed nodes", text(_with_rdfc(many, within=error is None)), verdict, error
        )
    values = [f"{n}" for n in range(500)]
    near = [{"id": f"urn:h:{n}", "hazardousSubstanceClass": values} for n in range(3)]
    same = [{"id": "urn:h", "hazardousSubstanceClass": [f"{n}-{v}" for v in values]} for n in range(3)]
    document = _with_rdfc(with_subject(hazardousSubstances=near), within=True)
    yield case("three times 500 values of a property", text(document), "valid")
    document = _with_rdfc(with_subject(hazardousSubstances=same), within=False)
    yield case("1500 values of one node's property, in parts", text(document), "invalid", "RESOURCE_LIMIT")
    series = [{"observedAt": "2026-11-20T08:00:00Z", "stateOfHealth": f"{n}.5"} for n in range(1_200)]
    yield case("a series of 1200 points", text(sign(with_subject(capacityLog=series))), "valid")
    foreign = k.a_foreign_credential()
    yield case(
        "foreign profile, RDFC alone, issuer listed",
        text(sign(foreign, Suite(RDFC.name, k.OTHER))),
        "valid",
    )
    yield case(
        "foreign profile, RDFC alone, left out: no signature was checked",
        text(sign(foreign, Suite(RDFC.name, k.OTHER))),
        "unknown",
        withRdfc=False,
    )
    endorsed = sign(foreign, Suite(RDFC.name, k.OTHER), JCS)
    yield case("foreign profile, RDFC by the issuer, JCS by another", text(endorsed), "valid")
    yield case(
        "foreign profile, RDFC by the issuer left out: another's JCS is no replacement",
        text(endorsed),
        "unknown",
        withRdfc=False,
    )
    changed = text(sign(foreign, Suite(RDFC.name, k.OTHER))).replace("as seen", "as sold")
    yield case("foreign profile, RDFC alone, altered", changed, "invalid", PROOF)
    examples = k.a_foreign_credential(type=["VerifiableCredential", "AlumniCredential"])
    examples["@context"] = [k.CREDENTIALS_V2_URL, "https://www.w3.org/ns/credentials/examples/v2"]
    yield case(
        "foreign profile with other contexts",
        text(sign(examples, Suite(JCS.name, k.OTHER))),
        "invalid",
        "CONTEXT_UNKNOWN",
    )


def readings() -> Iterator[Case]:
    """T25 at the door of the verifier: JSON that two readers could read in two ways."""
    signed = jcs_only()
    doubled = signed.replace('"batteryMass":"452.50"', '"batteryMass":"452.50","batteryMass":"452.50"')
    hidden = signed.replace('"batteryMass":"452.50"', '"batteryMass":"1","battery\\u004dass":"452.50"')
    texts = {
        "a doubled member": doubled,
        "a doubled member behind an escape": hidden,
        "NaN": signed.replace('"452.50"', "NaN"),
        "Infinity": signed.replace('"452.50"', "-Infinity"),
        "a number with a fraction": signed.replace('"452.50"', "452.50"),
        "a number with an exponent": signed.replace('"452.50"', "1e2"),
        "a whole number beyond 2^53-1": signed.replace('"452.50"', "9007199254740993"),
        "minus zero": signed.replace('"452.50"', "-0"),
        "65 deep": signed.replace('"452.50"', "[" * 63 + "]" * 63),
        "very deep": "[" * 5_000 + "]" * 5_000,
        "a lone surrogate": signed.replace("452.50", "\\ud800"),
        "a NUL": signed.replace("452.50", "\\u0000"),
        "a non-character": signed.replace("452.50", "\\uffff"),
        "a byte-order mark": "\ufeff" + signed,
        "two documents": signed + signed,
        "half a document": signed[: len(signed) // 2],
        "a comment": "/* x */" + signed,
        "a trailing comma": signed[:-1] + ",}",
        "nothing": "",
        "a list": f"[{signed}]",
        "a text beyond 16 kB": signed.replace("452.50", "x" * 16_385),
    }
    for what, value in texts.items():
        yield case(f"JSON: {what}", value, "invalid", PARSING)
    yield case("JSON: just 256 kB", signed, "valid", padTo=262_144)
    yield case("JSON: one byte more than 256 kB", signed, "invalid", "RESOURCE_LIMIT", padTo=262_145)
    deep = with_subject(capacityLog=json.loads("[" * 61 + "1" + "]" * 61))
    yield case("JSON: 63 deep", text(sign(deep, JCS)), "valid")
    most = text(sign(with_subject(capacityLog=[9007199254740991, -9007199254740991, 0]), JCS))
    yield case("JSON: the largest whole numbers", most, "valid")


def bindings() -> Iterator[Case]:
    signed = jcs_only()
    yield case("about the battery on the label", signed, "valid", expectedSubject=k.ITEM)
    other = k.ITEM.replace("0042", "0043")
    yield case("about another battery", signed, "invalid", "SUBJECT_MISMATCH", expectedSubject=other)
    yield case("about the model only", signed, "invalid", "SUBJECT_MISMATCH", expectedSubject=k.MODEL)


def _single(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"proof": document["proof"][0]}


def _with_rdfc(document: dict[str, Any], *, within: bool) -> dict[str, Any]:
    """Both proofs; beyond the limits nobody can make the second one, so any will do."""
    if within:
        return sign(document)
    return document | {"proof": [sign(document, JCS)["proof"][0], sign(a_credential(), RDFC)["proof"][0]]}


def verification() -> dict[str, Any]:
    groups = (good, altered, proofs, signers, forms, meanings, readings, bindings)
    found = [one for group in groups for one in group()]
    return {"cases": [*found, *cases_status.cases(case), *cases_jose.cases(case), *cases_links.cases(case)]}


FILES = {
    "verification": verification,
    "conformance": cases_conformance.conformance,
    "json-strict": cases_json.json_strict,
    "jcs": cases_json.jcs,
    "multikey": cases_json.multikey,
    "trust-list": cases_trust.trust_list,
    "trust-root": cases_trust.trust_root,
    "trust-device": cases_device.device,
    "status-list": cases_status.status_list,
    "notes": cases_notes.notes,
    "log-proof": lambda: {"cases": list(cases_log.cases(case))},
}


def written(name: str) -> str:
    """The text of one vector file: a case a line, so that a change shows as one."""
    lists = [
        f"{json.dumps(key)}: [\n" + ",\n".join(json.dumps(one, ensure_ascii=True) for one in value) + "\n]"
        for key, value in FILES[name]().items()
    ]
    return "{" + ",\n".join(lists) + "}\n"


if __name__ == "__main__":
    for file in sys.argv[1:] or FILES:
        (HERE / f"{file}.json").write_text(written(file))
