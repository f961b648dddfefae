"""Documents of other formats, of our own making: files of `tests/vectors/imports`, and some that are made.

What each becomes stands beside it in `NAME.expected.json`. After a change that is meant, write these anew by
`python -m tests.core.imports.documents`, and read what changed, line by line.
"""

import json
from pathlib import Path
from typing import Any

from app.core.imports import records
from app.core.imports.outcomes import STATUSES, Imported
from app.core.imports.records import Told
from tests.core.imports import passports, shells

PLACE = Path(__file__).resolve().parents[2] / "vectors" / "imports"
NOW = "2026-11-24T12:00:00Z"
GTIN = "09506000134352"
MADE = {
    "idta-environment": lambda: shells.environment(_json(PLACE / "sources" / "idta-parts.json")),
    "en-18223-compressed": passports.compressed,
    "en-18223-full": passports.described,
}
NAMES = sorted({*MADE, *(path.stem for path in PLACE.glob("*.json") if ".expected" not in path.name)})


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def bytes_of(name: str) -> bytes:
    """A document as it would be sent."""
    return json.dumps(MADE[name]()).encode() if name in MADE else (PLACE / f"{name}.json").read_bytes()


def imported(name: str) -> Imported:
    return records.imported(bytes_of(name), Told(GTIN), NOW)


def expected(name: str) -> Path:
    return PLACE / f"{name}.expected.json"


def told(document: Imported) -> dict[str, Any]:
    """What a reader checks: where each value went, and what did not go anywhere and why."""
    found = document.as_dict()
    return {
        "format": found["format"],
        "version": found["version"],
        "subject": found["subject"],
        "records": {record.part: record.document["values"] for record in document.records},
        **{
            status: {row["path"]: row.get("reason") for row in found[status]}
            for status in STATUSES
            if status != "mapped"
        },
        "notes": {row["path"]: row["note"] for row in found["mapped"] if "note" in row},
        "structure": found["structure"],
    }


if __name__ == "__main__":
    for one in NAMES:
        text = json.dumps(told(imported(one)), indent=1, ensure_ascii=False)
        expected(one).write_text(text + "\n", encoding="utf-8")
