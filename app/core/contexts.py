"""JSON-LD contexts: files of the product, named and hashed in data/contexts/manifest.json (threats T20, T21).

Nothing is ever fetched. A context document is immutable once used: a change is a new URL. A file whose
SHA-256 is not the manifest's stops the import, and with it the start.
"""

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from app.core.errors import NotConfigured


def load(folder_name: str = "contexts") -> dict[str, bytes]:
    """Bytes of each context in the manifest, by URL. Raises: NotConfigured for a missing or changed file."""
    folder = files("app.core") / "data" / folder_name
    found: dict[str, bytes] = {}
    for entry in json.loads((folder / "manifest.json").read_bytes())["contexts"]:
        try:
            data = (folder / entry["file"]).read_bytes()
        except FileNotFoundError:
            raise NotConfigured(
                f"the context file {entry['file']} is missing; install the product again"
            ) from None
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise NotConfigured(
                f"the context file {entry['file']} is not the one in the manifest; install again"
            )
        found[entry["url"]] = data
    return found


DOCUMENTS: Final[Mapping[str, bytes]] = MappingProxyType(load())
"""Context documents by URL, exactly as they are served at our own copy of that address."""


def for_conformance() -> dict[str, bytes]:
    """The product's contexts and those that test suites use. Never for the policy of production (T21)."""
    return {**DOCUMENTS, **load("contexts-conformance")}
