"""Vectors about trust lists: who signed, how old, which version."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from app.core import root_signatures, times
from app.core import trust_root as trust_root_core
from tests.vectors import kit as k
from tests.vectors.kit import ROOT, ROOT_2, a_signed_trust_list, a_trust_list


def trust_list() -> dict[str, Any]:
    """`text` read at `now` under `root`, having seen `newestSeen`; `result` is ok or the kind of refusal."""
    return {"cases": list(_cases())}


def _case(name: str, text: bytes | str, result: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "text": text if isinstance(text, str) else text.decode(),
        "root": k.ROOT_DOCUMENT,
        "now": times.to_seconds(k.NOW),
        "newestSeen": 0,
        "result": result,
    } | more


def _cases() -> Iterator[dict[str, Any]]:
    good = a_signed_trust_list()
    document = json.loads(good)
    two_keys = [
        {"id": key.key_id, "publicKeyMultibase": key.public_key.to_multikey()} for key in (ROOT, ROOT_2)
    ]
    two = {"version": 1, "threshold": 2, "keys": two_keys}
    yield _case("signed by the root", good, "ok")
    yield _case("with white space", json.dumps(document, indent=2), "ok")
    yield _case("the version seen before", good, "ok", newestSeen=3)
    yield _case("two of two signatures", a_signed_trust_list((ROOT, ROOT_2)), "ok", root=two)
    yield _case("one signature more than needed", a_signed_trust_list((ROOT, ROOT_2)), "ok")
    yield _case("every optional member", a_signed_trust_list(**k.all_optional_members()), "ok")
    yield _case("optional members, all empty", a_signed_trust_list(witnesses=[], timestampAnchors=[]), "ok")
    yield _case("an older version", good, "rolled-back", newestSeen=4)
    yield _case("ended", a_signed_trust_list(expires="2026-11-24T12:00:00Z"), "expired")
    yield _case("one of two signatures", good, "refused", root=two)
    twice = document | {"signatures": document["signatures"] * 2}
    yield _case("one signature, given twice", json.dumps(twice), "refused", root=two)
    same = {"version": 1, "threshold": 2, "keys": [two_keys[0], two_keys[0] | {"id": "root-2"}]}
    both_names = [
        document["signatures"][0],
        document["signatures"][0] | {"keyId": "root-2"},
    ]
    aliased = json.dumps(document | {"signatures": both_names})
    yield _case("one root key under two names", aliased, "refused", root=same)
    yield _case("signed by another root", a_signed_trust_list((ROOT_2,)), "refused")
    impostor = k.Key("impostor")
    impostor.key_id = "root-1"
    yield _case("signed by another key under the root's name", a_signed_trust_list((impostor,)), "refused")
    yield _case("no signature", json.dumps(document | {"signatures": []}), "refused")
    yield _case("a root that asks for nothing", good, "refused", root=k.ROOT_DOCUMENT | {"threshold": 0})
    changed = json.loads(good)
    changed["signed"]["issuers"][0]["name"] = "Somebody else"
    yield _case("altered", json.dumps(changed), "refused")
    longer = json.loads(good)
    longer["signed"]["version"] = 4
    yield _case("version raised", json.dumps(longer), "refused")
    spare = document | {"extra": 1}
    yield _case("an unknown member", json.dumps(spare), "malformed")
    yield _case(
        "a doubled member", good.decode().replace('{"signed"', '{"signed":1,"signed"', 1), "malformed"
    )
    yield _case("no JSON", "trust me", "malformed")
    for what, changes in _malformed().items():
        yield _case(what, _signed_anyway(a_trust_list() | changes), "malformed")


def trust_root() -> dict[str, Any]:
    """Roots `later`, walked from `pinned`; `result` is ok or the kind of refusal, `version` the newest."""
    return {"cases": list(_root_cases())}


def _root_case(name: str, later: list[Any], result: str, **more: Any) -> dict[str, Any]:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in later]
    pinned = _pinned()
    return {"name": name, "pinned": pinned, "later": texts, "result": result, "version": 1} | more


def _pinned() -> dict[str, Any]:
    return trust_root_core.first({key.key_id: key.public_key for key in k.ROOTS[:3]}, 2)


def _root(
    version: int, listed: Sequence[k.Key], signers: Sequence[k.Key], /, **changes: Any
) -> dict[str, Any]:
    signed = {
        "type": "TrustRoot",
        "version": version,
        "issued": "2026-11-24T00:00:00Z",
        "threshold": 2,
        "keys": [{"id": key.key_id, "publicKeyMultibase": key.public_key.to_multikey()} for key in listed],
    } | changes
    return {"signed": signed, "signatures": root_signatures.sign(signed, signers)}


def _root_cases() -> Iterator[dict[str, Any]]:
    one, two, three, four, five = k.ROOTS
    second = _root(2, (one, two, four), (one, two))
    third = _root(3, (two, four, five), (two, four))
    yield _root_case("nothing later", [], "ok")
    yield _root_case("one key replaced, signed by two of both", [second], "ok", version=2)
    yield _root_case("two steps", [second, third], "ok", version=3)
    all_new = _root(2, (four, five), (one, three, four, five))
    yield _root_case("all keys replaced, signed by both sets", [all_new], "ok", version=2)
    higher = _root(2, (one, two, three), (one, two, three), threshold=3)
    yield _root_case("a higher threshold", [higher], "ok", version=2)
    yield _root_case("a step left out", [third], "refused")
    yield _root_case("the same version again", [second, second], "refused")
    yield _root_case("the second before the first", [third, second], "refused")
    new_alone = _root(2, (four, five), (four, five))
    yield _root_case("signed by the new keys alone", [new_alone], "refused")
    old_alone = _root(2, (four, five), (one, two))
    yield _root_case("signed by the old keys alone", [old_alone], "refused")
    yield _root_case("one of two old keys", [_root(2, (one, two, four), (one, four))], "refused")
    twice = second | {"signatures": second["signatures"][:1] * 2}
    yield _root_case("one signature, given twice", [twice], "refused")
    too_low = _root(2, (one, two, three), (one, two), threshold=3)
    yield _root_case("too few for its own threshold", [too_low], "refused")
    altered = second | {"signed": second["signed"] | {"threshold": 1}}
    yield _root_case("altered after it was signed", [altered], "refused")
    unsigned = {name: second["signed"][name] for name in ("version", "threshold", "keys")}
    yield _root_case("without signatures", [unsigned], "malformed")
    first_again = {"version": 1, "threshold": 1, "keys": second["signed"]["keys"]}
    yield _root_case("a first version of somebody else", [first_again], "refused")
    for what, changes in {
        "another type": {"type": "TrustList"},
        "threshold 0": {"threshold": 0},
        "a threshold of more than there are keys": {"threshold": 4},
        "no keys": {"keys": []},
        "issued on no day": {"issued": "2026-02-30T00:00:00Z"},
        "an unknown member": {"expires": "2027-11-24T00:00:00Z"},
        "version as a text": {"version": "2"},
        "the same key under two names": {
            "keys": [second["signed"]["keys"][0], second["signed"]["keys"][0] | {"id": "root-9"}]
        },
        "one name for two keys": {
            "keys": [second["signed"]["keys"][0], second["signed"]["keys"][1] | {"id": "root-1"}]
        },
        "a key of another kind": {
            "keys": [
                {"id": "root-1", "publicKeyMultibase": k.SEAL_ED.public_key.to_multikey()},
                second["signed"]["keys"][1],
            ]
        },
    }.items():
        yield _root_case(what, [_root(2, (one, two, four), (one, two), **changes)], "malformed")
    yield _root_case("no JSON", ["trust me"], "malformed")


def _malformed() -> dict[str, dict[str, Any]]:
    issuer = a_trust_list()["issuers"][0]
    key = issuer["keys"][0]
    return {
        "another type": {"type": "Trust"},
        "version 0": {"version": 0},
        "version as a text": {"version": "3"},
        "ends on no day": {"expires": "2026-02-30T00:00:00Z"},
        "the same issuer twice": {"issuers": [issuer, issuer]},
        "a key of another party": {
            "issuers": [issuer | {"keys": [key | {"id": "did:web:evil.example#seal"}]}]
        },
        "the same key name twice": {"issuers": [issuer | {"keys": [key, key]}]},
        "a key that is none": {"issuers": [issuer | {"keys": [key | {"publicKeyMultibase": "zDnae"}]}]},
        "an unknown member in a key": {"issuers": [issuer | {"keys": [key | {"use": "all"}]}]},
        "a suspension that is no time": {"issuers": [issuer | {"suspended": True}]},
        "logs that are no list": {"issuers": [issuer | {"logs": k.VKEY}]},
        "a log without hash": {"issuers": [issuer | {"logs": ["log.example+AQAB"]}]},
        "a log with a line break": {"issuers": [issuer | {"logs": [k.VKEY + "\n"]}]},
        "an organisation without identifier": {"issuers": [issuer | {"organizationIdentifier": ""}]},
        "a witness that is none": {"witnesses": ["witness"]},
        "a witness as an object": {"witnesses": [{"vkey": k.VKEY}]},
        "more witnesses than anybody needs": {"witnesses": [k.VKEY] * 65},
        "an anchor that is no base64": {"timestampAnchors": ["-----BEGIN"]},
        "an anchor in base64url": {"timestampAnchors": ["MIIB_-=="]},
        "a chain that is one text": {"issuers": [issuer | {"keys": [key | {"x5c": k.CERTIFICATE}]}]},
        "a chain that is too long": {"issuers": [issuer | {"keys": [key | {"x5c": [k.CERTIFICATE] * 9}]}]},
        "an unknown member of the list": {"notes": "none"},
        "an unknown member of an issuer": {"issuers": [issuer | {"url": "https://example.org"}]},
        "an issuer without name": {
            "issuers": [{name: value for name, value in issuer.items() if name != "name"}]
        },
    }


def _signed_anyway(signed: dict[str, Any]) -> str:
    """A root signature over what `trust.build_signed` would refuse."""
    import hashlib

    from app.core.canonical import jcs
    from app.core.multibase import multibase_encode_base58btc

    signature = multibase_encode_base58btc(ROOT.sign_digest(hashlib.sha256(jcs(signed)).digest()))
    return json.dumps({"signed": signed, "signatures": [{"keyId": "root-1", "signature": signature}]})
