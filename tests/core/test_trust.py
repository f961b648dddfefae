"""Trust lists: what the vectors do not say."""

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from app.core import times, trust
from app.core.errors import MalformedInput, TooLarge
from app.core.multibase import multibase_decode_base58btc
from tests.vectors import kit as k


def test_a_list_that_was_built_is_the_list_that_is_read() -> None:
    found = trust.parse(k.a_signed_trust_list(), k.ROOT_DOCUMENT, k.NOW)
    issuer = found.issuer(k.DID)
    assert issuer is not None
    assert issuer.name == k.NAME
    assert issuer.document_types == set(k.TYPES)
    assert issuer.keys[k.METHOD].public_key == k.SEAL.public_key
    assert issuer.keys[k.METHOD].expires is None
    assert issuer.keys[f"{k.DID}#seal-2025"].revoked == times.parse("2026-06-01T00:00:00Z")
    assert found.issuer("did:web:localhost%3A80000") is None


def test_members_that_may_lack_are_read_where_they_stand() -> None:
    found = trust.parse(k.a_signed_trust_list(**k.all_optional_members()), k.ROOT_DOCUMENT, k.NOW)
    own, other = found.issuers[k.DID], found.issuers[k.OTHER_DID]
    assert (own.logs, own.organization_identifier, own.suspended) == ((k.VKEY,), "VATDE-123456789", None)
    assert len(own.keys[k.METHOD].x5c) == 2
    assert other.suspended == times.parse("2027-01-01T00:00:00Z")
    assert (found.witnesses, len(found.timestamp_anchors)) == ((k.VKEY,), 1)


def test_building_refuses_what_reading_would_refuse() -> None:
    with pytest.raises(MalformedInput) as caught:
        trust.build_signed(k.a_trust_list(version=0), [k.ROOT])
    assert caught.value.pointer == "/signed"


def test_a_malformed_list_says_where() -> None:
    signed = k.a_trust_list()
    signed["issuers"][1]["keys"][0]["validFrom"] = "yesterday"
    with pytest.raises(MalformedInput) as caught:
        trust.build_signed(signed, [k.ROOT])
    assert caught.value.pointer == "/signed/issuers/1/keys/0/validFrom"


def test_a_list_without_end_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        trust.parse(b" " * (trust.MAX_BYTES + 1), k.ROOT_DOCUMENT, k.NOW)


def test_the_signature_is_over_the_canonical_form_so_that_other_tools_can_make_it() -> None:
    """By hand: SHA-256 of the sorted, compact JSON, P-256."""
    document = json.loads(k.a_signed_trust_list())
    payload = json.dumps(document["signed"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    raw = multibase_decode_base58btc(document["signatures"][0]["signature"])
    der = k.utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), k.ROOT.public_key.raw)
    point.verify(der, payload.encode(), ec.ECDSA(hashes.SHA256()))
