"""The product's JSON-LD context: generated, complete, and in peace with credentials/v2."""

import json
from importlib import resources
from typing import Any

import pytest
from pyld import jsonld

from app.core import context_terms, contexts
from app.core.vocabulary import (
    CONTEXT_URL,
    CONTEXTS,
    CREDENTIAL_TYPES,
    CREDENTIALS_V2_URL,
    MODEL_SECTIONS,
    SECTIONS,
    Section,
    schema_url,
)
from tests.core.samples import a_full_subject

UNDEFINED = "urn:x-undefined:"


def load(url: str, options: object = None) -> dict[str, Any]:
    return {
        "contextUrl": None,
        "documentUrl": url,
        "document": json.loads(contexts.DOCUMENTS[url]),
        "contentType": "application/ld+json",
    }


def a_credential(section: Section) -> dict[str, Any]:
    kind = "BatteryModel" if section in MODEL_SECTIONS else "Battery"
    return {
        "@context": list(CONTEXTS),
        "id": "urn:uuid:6f1d1c70-5a5c-4f0e-8a35-1d2f2d7d7a10",
        "type": ["VerifiableCredential", CREDENTIAL_TYPES[section]],
        "issuer": {"id": "did:web:passports.example", "name": "A maker"},
        "validFrom": "2027-02-18T08:00:00Z",
        "credentialSubject": {"id": "https://passports.example/01/09506000134352", "type": kind}
        | a_full_subject(section),
        "credentialStatus": [
            {
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "94567",
                "statusListCredential": "https://passports.example/status/1",
            }
        ],
        "credentialSchema": {"id": schema_url(section, "ev"), "type": "JsonSchema"},
        "relatedResource": [
            {"id": "https://passports.example/a", "mediaType": "application/vc", "digestMultibase": "uEiA"}
        ],
        "passport": "urn:uuid:0c2e3a52-6c0b-4b7a-9a5f-0c8ac1b3f0d2",
        "sequence": 2,
        "previous": "uEiB",
        "replaces": [{"id": "urn:uuid:8e0b6d3e-1c63-45be-8a90-d8b02c27c3c1", "digestMultibase": "uEiC"}],
        "demo": True,
    }


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for member in value.values() for text in strings(member)]
    if isinstance(value, list):
        return [text for member in value for text in strings(member)]
    return [str(value)]


def test_the_committed_context_is_the_generated_one():
    folder = resources.files("app.core") / "data" / "contexts"
    assert (folder / "open-battery-passport-v1.jsonld").read_bytes() == context_terms.serialized()


def test_the_context_is_among_the_pinned_documents():
    assert contexts.DOCUMENTS[CONTEXT_URL] == context_terms.serialized()


@pytest.mark.parametrize("section", SECTIONS)
def test_nothing_that_a_section_can_hold_is_lost(section: Section):
    document = a_credential(section)
    expanded = jsonld.expand(
        document, {"documentLoader": load, "expandContext": {"@vocab": UNDEFINED}, "base": ""}
    )
    assert not [text for text in strings(expanded) if text.startswith(UNDEFINED)]
    assert UNDEFINED not in json.dumps(expanded)
    back = jsonld.compact(expanded, list(CONTEXTS), {"documentLoader": load})
    assert back["credentialSubject"] == document["credentialSubject"]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_term_that_the_context_lacks_is_noticed_at_every_depth(section: Section):
    document = a_credential(section)
    document["credentialSubject"]["undefinedTerm"] = "x"
    expanded = jsonld.expand(document, {"documentLoader": load, "expandContext": {"@vocab": UNDEFINED}})
    assert UNDEFINED + "undefinedTerm" in json.dumps(expanded)


def members(value: Any) -> list[dict[str, Any]]:
    inner = [value["@context"]] if isinstance(value, dict) and "@context" in value else []
    return inner + [found for context in inner for term in context.values() for found in members(term)]


def test_every_scope_is_protected_and_none_has_a_default_vocabulary():
    scopes = members(context_terms.context())
    assert len(scopes) > 20
    assert all(scope["@protected"] is True and "@vocab" not in scope for scope in scopes)


def test_no_term_of_credentials_v2_is_defined_again():
    v2 = json.loads(contexts.DOCUMENTS[CREDENTIALS_V2_URL])["@context"]
    taken = set(v2) | set(v2["VerifiableCredential"]["@context"])
    own = context_terms.context()["@context"]
    assert taken & set(own) == {"@protected"}


def test_lists_of_unnamed_nodes_are_never_ordered_lists():
    for scope in members(context_terms.context()):
        for term in scope.values():
            if isinstance(term, dict) and "@context" in term:
                assert term.get("@container") in (None, "@set")
