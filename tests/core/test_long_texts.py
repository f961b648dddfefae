"""Texts that are made to be slow to read: the time grows with their length, and not with its square (T28)."""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from app.core import csv_records, mapping_targets
from app.core.errors import MalformedInput, MalformedJson
from app.core.imports import readers, reading, records

FAR = "a" + " " * 100_000 + "b"
_DOUBLED = b"{" + b",".join(b'"k%d":1' % at for at in range(60_000)) + b',"k59999":1}'
AT_MOST_S = 2
"""What took minutes before, takes milliseconds."""


def refused(call: Callable[[], Any]) -> None:
    with pytest.raises((MalformedInput, MalformedJson)):
        call()


@pytest.mark.parametrize(
    "read",
    [
        lambda: refused(lambda: reading.read(b'["' + b'\\"' * 500_000)),
        lambda: refused(lambda: reading.read(b'["\\')),
        lambda: refused(lambda: reading.read(_DOUBLED)),
        lambda: readers.materials(FAR, None),  # type: ignore[arg-type]
        lambda: readers.materials(f"a({' ' * 100_000}b", None),  # type: ignore[arg-type]
        lambda: readers.chemistry(FAR, None),  # type: ignore[arg-type]
        lambda: records._identifier("https://a" + "/01/12345678" * 100_000 + "#\nb"),
        lambda: refused(lambda: csv_records.column_of(FAR, "pack")),
        lambda: refused(lambda: mapping_targets.target(FAR, "pack")),
    ],
)
def test_a_hostile_text_costs_no_more_than_its_length(read: Callable[[], Any]):
    begun = process_time()
    read()
    assert process_time() - begun < AT_MOST_S


def test_a_text_that_is_not_closed_is_told_and_marks_in_texts_are_not_counted():
    refused(lambda: reading.read(b'{"a": "[[[[' + b"[" * 100))
    assert reading.read(b'{"a": "' + b"[" * 100 + b'\\"]"}')[0] == {"a": "[" * 100 + '"]'}


def test_a_name_and_what_stands_behind_it_are_told_apart():
    told = readers.materials("Nickel (CAS 7440-02-0); Cobalt", None).value  # type: ignore[arg-type]
    assert told == [
        {"materialName": "Nickel", "materialIdentifier": "7440-02-0"},
        {"materialName": "Cobalt"},
    ]
