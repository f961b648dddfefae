"""The links and element strings that Python and the browser must read alike (T17, T18)."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import MalformedIdentifier
from app.core.identifiers import parse_scanned

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "digital-link.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_scanned_text_is_read_as_the_vector_says(case: dict[str, Any]) -> None:
    if case["key"] is None:
        with pytest.raises(MalformedIdentifier):
            parse_scanned(case["text"])
    else:
        key = parse_scanned(case["text"])
        assert {"gtin": key.gtin, "serial": key.serial} == case["key"]
