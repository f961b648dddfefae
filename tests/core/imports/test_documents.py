"""Documents of other formats, of our own making: each value lands in its place, or is told why not."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.core import intake
from app.core.imports import records
from app.core.imports.catalogue_rows import table_of
from app.core.imports.formats import TITLES
from app.core.imports.leaves import pointer_of, walk
from app.core.imports.outcomes import STATUSES, Imported
from app.core.imports.reading import read
from app.core.imports.records import Told

PLACE = Path(__file__).resolve().parents[2] / "vectors" / "imports"
DOCUMENTS = sorted(path for path in PLACE.glob("*.json") if not path.name.endswith(".expected.json"))
NOW = "2026-11-24T12:00:00Z"
GTIN = "09506000134352"


def imported(path: Path) -> Imported:
    return records.imported(path.read_bytes(), Told(GTIN), NOW)


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


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_becomes_just_what_was_agreed(path: Path):
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    assert json.loads(json.dumps(told(imported(path)))) == expected


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_records_pass_the_check_of_every_record(path: Path):
    for record in imported(path).records:
        parsed = intake.parse(json.loads(json.dumps(record.document), parse_float=str))
        assert parsed.gtin == GTIN


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_value_of_a_document_is_accounted_for_once(path: Path):
    document = imported(path)
    whole = [pointer_of(steps) for steps, _ in walk(read(path.read_bytes())[0])]
    accounted = [outcome.leaf.pointer for outcome in document.outcomes]
    assert len(set(accounted)) == len(accounted)
    assert set(accounted) <= set(whole)
    assert sum(document.counts().values()) == len(whole)


@pytest.mark.parametrize("name", sorted(TITLES))
def test_every_row_of_a_table_is_met_by_a_document(name: str):
    met = {
        id(one.row)
        for path in DOCUMENTS
        if (document := imported(path)).format == name
        for outcome in document.outcomes
        for one in (outcome, *outcome.also)
    }
    own = [row for row in table_of(name).rows if not row.source.startswith("passport:")]
    assert [f"{row.source} -> {row.to}" for row in own if id(row) not in met] == []
