"""Signed notes: the shared vectors, which also drive the browser's reader."""

from operator import itemgetter
from typing import Any

import pytest

from app.core.errors import MalformedInput
from app.core.notes import COSIGNATURE, Note, VKey
from tests.core.test_vectors import load


@pytest.mark.parametrize("case", load("notes", "keys"), ids=itemgetter("name"))
def test_a_verifier_key_is_read_in_its_one_spelling_or_refused(case: dict[str, Any]):
    if case["taken"]:
        assert str(VKey.parse(case["vkey"])) == case["vkey"]
    else:
        with pytest.raises(MalformedInput):
            VKey.parse(case["vkey"])


@pytest.mark.parametrize("case", load("notes", "notes"), ids=itemgetter("name"))
def test_a_note_is_signed_by_whom_the_vector_says(case: dict[str, Any]):
    keys = [VKey.parse(text) for text in case["keys"]]
    if case["signedBy"] is None:
        with pytest.raises(MalformedInput):
            Note.parse(case["note"]).signed_by(keys)
        return
    note = Note.parse(case["note"])
    assert str(note) == case["note"]
    found = note.signed_by(keys)
    assert [key.name for key, _ in found] == case["signedBy"]
    assert [int(one.time.timestamp()) for key, one in found if key.kind == COSIGNATURE] == case["times"]
