"""Licences of the browser code that is carried along, from its manifest."""

import json
from dataclasses import dataclass
from typing import Final

from app.config import ROOT


@dataclass(frozen=True, slots=True)
class Licence:
    """One package: where it lies and under which licence."""

    name: str
    version: str
    licence: str
    text_url: str


def _read() -> tuple[Licence, ...]:
    manifest = json.loads((ROOT / "static" / "vendor" / "MANIFEST.json").read_text(encoding="utf-8"))
    entries = manifest if isinstance(manifest, list) else manifest["files"]
    found = {
        (entry["name"], entry["version"]): Licence(
            entry["name"], entry["version"], entry["licence"], f"/static/vendor/{entry['file']}"
        )
        for entry in entries
        if "LICENSE" in entry["file"].rpartition("/")[2].upper()
    }
    return tuple(found.values())


LICENCES: Final = _read()
