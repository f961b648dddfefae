"""Guards that another one would cover in part: each has a case of its own, which fails without it."""

import pytest

from app.core import json_strict, jsonld
from app.core.errors import MalformedJson
from app.core.proof_error import DataLoss
from app.core.vocabulary import CONTEXTS
from tests.vectors import kit as k


def test_a_document_that_says_nothing_but_its_name_has_no_canonical_form() -> None:
    with pytest.raises(DataLoss, match="nothing that its contexts define"):
        jsonld.canonicalize({"@context": list(CONTEXTS), "id": "urn:x"})


def test_a_language_tag_that_is_none_is_refused() -> None:
    for tag in ("no_language", 'en" .\n<urn:a> <urn:b> "c', "toolongalanguage"):
        with pytest.raises(DataLoss, match="language tag"):
            jsonld.canonicalize(k.a_credential(name={"@value": "x", "@language": tag}))


@pytest.mark.parametrize("mark", ["\ufeff".encode(), b"\xff\xfe", b"\xfe\xff"])
def test_a_byte_order_mark_is_told_as_such(mark: bytes) -> None:
    with pytest.raises(MalformedJson, match="byte-order mark"):
        json_strict.loads(mark + b"{}")
