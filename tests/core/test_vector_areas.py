"""Bad input is covered by area: how many vectors of our own there are for each, each named for its fault."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.proof_error import UNKNOWN_NAMES
from tests.vectors import make

FOLDER = Path(make.__file__).parent
LEAST = {
    "signature": 40, "key": 12, "issuer": 15, "purpose": 4, "time": 14, "status": 30, "context": 14,
    "data loss": 5, "encoding": 40, "size": 9, "links": 8, "log": 8,
}  # fmt: skip
"""What tests/vectors/README.md promises."""
BY_ERROR = {
    "PROOF_VERIFICATION_ERROR": "signature", "UNSUPPORTED_CRYPTOSUITE": "signature",
    "INVALID_VERIFICATION_METHOD": "key", "KEY_REVOKED": "key",
    "ISSUER_MISMATCH": "issuer", "ISSUER_UNTRUSTED": "issuer",
    "EXPIRED": "time", "NOT_YET_VALID": "time",
    "STATUS_VERIFICATION_ERROR": "status", "STATUS_RETRIEVAL_ERROR": "status", "REVOKED": "status",
    "SUSPENDED": "status", "RANGE_ERROR": "status", "STATUS_LIST_LENGTH_ERROR": "status",
    "CONTEXT_UNKNOWN": "context", "DATA_LOSS_DETECTION_ERROR": "data loss", "PARSING_ERROR": "encoding",
    "MALFORMED_VALUE_ERROR": "encoding", "RESOURCE_LIMIT": "size",
    "LINK_DIGEST_MISMATCH": "links", "SUBJECT_MISMATCH": "links", "LOG_PROOF_INVALID": "log",
}  # fmt: skip
BY_NAME = {
    "purpose": "purpose", "undefined term": "data loss", "place ": "status", "a null inside": "data loss",
    "an empty list inside": "data loss", "keyword inside": "data loss",
}  # fmt: skip


def cases(name: str, *parts: str) -> Iterator[dict[str, Any]]:
    found = json.loads((FOLDER / f"{name}.json").read_text())
    for part in parts or ("cases",):
        yield from found[part]


def negative() -> Iterator[tuple[str, str]]:
    """(area, name) of every vector whose document must not be taken."""
    for case in cases("verification"):
        if case["verdict"] == "valid" or case["error"] is None:
            continue
        named = [area for part, area in BY_NAME.items() if part in case["name"]]
        yield (named or [BY_ERROR[case["error"]]])[0], case["name"]
    for case in cases("json-strict"):
        if case["result"] != "ok":
            yield "encoding", case["name"]
    for case in cases("multikey", "bad"):
        yield "key", case["name"]
    for case in cases("status-list", "bad"):
        yield "status", case["name"]
    for case in cases("log-proof"):
        if case.get("error"):
            yield "log", case["name"]


def counts() -> dict[str, int]:
    return {area: len({name for one, name in negative() if one == area}) for area in LEAST}


def test_every_area_of_bad_input_has_its_vectors() -> None:
    found = counts()
    assert {area: count for area, count in found.items() if count < LEAST[area]} == {}
    assert sum(found.values()) >= 120


def test_the_readme_tells_the_same_numbers() -> None:
    text = (FOLDER / "README.md").read_text()
    for area, least in LEAST.items():
        assert f"| {area} | {least} |" in text


@pytest.mark.parametrize("case", list(cases("verification")), ids=lambda case: str(case["name"]))
def test_a_vector_names_its_fault_and_the_error_that_tells_it(case: dict[str, Any]) -> None:
    assert case["name"]
    if case["verdict"] == "invalid":
        assert case["error"]
        assert case["error"] not in UNKNOWN_NAMES
    elif case["verdict"] == "valid":
        assert case["error"] is None
