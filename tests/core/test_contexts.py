"""Context files: hashed, complete, and a changed one stops the start (T20, T21)."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from app.core import contexts
from app.core.authenticity import Policy
from app.core.errors import NotConfigured
from app.core.vocabulary import CONTEXTS, CREDENTIALS_V2_URL

FOLDER = Path(str(files("app.core"))) / "data" / "contexts"


def test_the_two_contexts_of_our_credentials_are_there() -> None:
    assert set(CONTEXTS) <= set(contexts.DOCUMENTS)


def test_the_credentials_context_is_the_published_file() -> None:
    published = "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
    assert hashlib.sha256(contexts.DOCUMENTS[CREDENTIALS_V2_URL]).hexdigest() == published


@pytest.mark.parametrize("name", ["contexts", "contexts-conformance"])
def test_every_entry_says_where_it_comes_from_and_no_file_lies_beside_the_manifest(name: str) -> None:
    folder = FOLDER.parent / name
    entries = json.loads((folder / "manifest.json").read_bytes())["contexts"]
    for entry in entries:
        assert set(entry) == {"url", "file", "sha256", "origin", "version", "licence"}
        assert all(entry.values())
    listed = {entry["file"] for entry in entries} | {"manifest.json"}
    beside = {path.name for path in folder.iterdir()} - listed
    assert all(file.startswith("LICENSE-") for file in beside)
    assert all(entry["licence"].endswith("Apache-2.0") or "LICENSE-" in entry["licence"] for entry in entries)


def test_contexts_of_test_suites_are_never_believed_in_production() -> None:
    extra = set(contexts.for_conformance()) - set(contexts.DOCUMENTS)
    assert extra == {
        "https://www.w3.org/2018/credentials/v1",
        "https://www.w3.org/ns/credentials/examples/v2",
        "https://w3id.org/security/data-integrity/v2",
        "https://w3id.org/security/multikey/v1",
    }
    assert not extra & Policy().contexts


@pytest.mark.parametrize("change", ["changed", "missing"])
def test_a_changed_or_missing_file_stops_the_start(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "data" / "contexts"
    copy.mkdir(parents=True)
    for path in FOLDER.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())

    def here(_: Any) -> Path:
        return tmp_path

    monkeypatch.setattr(contexts, "files", here)
    assert contexts.load() == dict(contexts.DOCUMENTS)
    target = copy / "credentials-v2.jsonld"
    if change == "changed":
        target.write_bytes(target.read_bytes() + b" ")
    else:
        target.unlink()
    with pytest.raises(NotConfigured, match=r"credentials-v2\.jsonld"):
        contexts.load()
