"""Canonicalization in several threads at once, as in a server: the same bytes as alone."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.core.contexts import DOCUMENTS
from app.core.jsonld import Canonicalizer
from app.core.vocabulary import CONTEXTS, SECTIONS, Section
from tests.core.samples import a_full_subject


def a_document(section: Section, number: int) -> dict[str, Any]:
    subject = {"id": f"https://passports.example/01/09506000134352/21/{number}", "type": "Battery"}
    return {
        "@context": list(CONTEXTS),
        "id": f"urn:uuid:00000000-0000-4000-8000-{number:012}",
        "type": ["VerifiableCredential"],
        "credentialSubject": subject | a_full_subject(section),
    }


def test_threads_do_not_disturb_each_other():
    documents = [a_document(section, number) for number in range(3) for section in SECTIONS]
    expected = [Canonicalizer(DOCUMENTS).canonicalize(document) for document in documents[:7]]
    shared = Canonicalizer(DOCUMENTS)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shared.canonicalize, documents))
    assert found[:7] == expected
    assert len(set(found)) == len(documents)
