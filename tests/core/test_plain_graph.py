"""The quick way to RDF canonical form gives PyLD's bytes or gives up; it never decides anything."""

import json
import os
import random
from collections.abc import Iterator
from typing import Any

from app.core.credential import Issuer
from app.core.jsonld import LIMITS, PRODUCT
from app.core.multibase import digest_multibase
from app.core.proof_error import ProofError
from app.core.sections import header
from app.core.vocabulary import CONTEXTS, CREDENTIAL_TYPES, ITEM_SECTIONS, SECTIONS
from tests import mutations
from tests.core.samples import SCALARS, a_full_subject
from tests.vectors import kit as k

DIGEST = digest_multibase(b"another section")
ROUNDS = int(os.environ.get("MUTATIONS", "1500"))


def full_documents() -> Iterator[dict[str, Any]]:
    """Each section with everything that the catalogue lets it hold, and the documents beside it."""
    for section in SECTIONS:
        known: dict[str, Any] = {
            "lastUpdated": SCALARS["datetime"],
            "contentSpecificationIds": ["https://x.example/reg"],
            "batteryPassportIdentifier": k.PASSPORT,
            "productIdentifier": k.ITEM,
        }
        subject = {
            "id": k.ITEM,
            "type": "Battery" if section in ITEM_SECTIONS else "BatteryModel",
            **{name: known.get(name, "Some text") for name in header(section)},
            **a_full_subject(section),
        }
        yield k.a_credential(
            type=["VerifiableCredential", CREDENTIAL_TYPES[section]],
            issuer=Issuer(k.DID, k.NAME).as_member(),
            credentialSubject=subject,
            credentialSchema={"id": "https://x.example/schema", "type": "JsonSchema"},
            relatedResource=[{"id": "urn:r", "mediaType": "application/vc", "digestMultibase": DIGEST}],
            replaces=[{"id": "urn:e", "digestMultibase": "uEiB"}],
            demo=True,
        )
    yield k.a_credential()
    status_list = json.loads(k.a_status_list())
    proof = status_list.pop("proof")[0]
    yield status_list
    del proof["proofValue"]
    yield {"@context": list(CONTEXTS)} | proof


def slowly(document: dict[str, Any]) -> bytes | None:
    try:
        return PRODUCT.canonical_slowly(document, LIMITS)
    except ProofError:
        return None


def quickly(document: dict[str, Any]) -> bytes | None:
    try:
        PRODUCT._require_contexts(document.get("@context"))
    except ProofError:
        return None  # no document comes further
    return PRODUCT._plain.canonical(document, LIMITS.unnamed_nodes)


def test_every_section_in_full_goes_the_quick_way_and_gives_the_bytes_of_pyld() -> None:
    for document in full_documents():
        found = quickly(document)
        assert found is not None, document["type"]
        assert found == slowly(document)


def test_a_changed_document_gives_the_bytes_of_pyld_or_goes_the_slow_way() -> None:
    dice = random.Random(20261124)
    documents = list(full_documents())
    quick = 0
    for _ in range(ROUNDS):
        document = dice.choice(documents)
        for _ in range(dice.choice((1, 1, 2, 3))):
            _, document = mutations.structure(document, dice)
        try:
            document = json.loads(json.dumps(document))
        except ValueError:
            continue
        found = quickly(document)
        if found is not None:
            quick += 1
            assert found == slowly(document), document
    assert quick > ROUNDS / 10


def test_nodes_that_look_alike_and_statements_made_twice_go_the_slow_way() -> None:
    alike = [{"batteryMaterialName": "Lithium"}] * 2
    assert quickly(k.with_subject(batteryMaterials=alike)) is None
    assert slowly(k.with_subject(batteryMaterials=alike)) is not None
    assert quickly(k.a_credential(replaces=[{"id": "urn:e"}, {"id": "urn:e"}])) is None
    assert quickly(k.with_subject(contentSpecificationIds=["a", "a"])) is None


def test_a_document_beyond_the_graph_limits_goes_the_slow_way() -> None:
    many = [{"hazardousSubstanceName": f"x{number}"} for number in range(201)]
    assert quickly(k.with_subject(hazardousSubstances=many)) is None
    names = [f"x{number}" for number in range(1_001)]
    assert quickly(k.with_subject(contentSpecificationIds=names)) is None
