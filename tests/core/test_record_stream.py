"""Many records in one body: cut where the sender cut, whatever stands inside."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.core.record_stream import KEPT_OF_LONG_LINE, array_items, is_array, lines

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(some.lists(JSON, max_size=6), some.sampled_from([None, 1]))
def test_the_members_of_an_array_are_cut_as_any_reader_would(members: list[Any], indent: int | None):
    body = json.dumps(members, indent=indent).encode()
    assert is_array(body)
    items = array_items(body)
    assert items is not None
    assert [json.loads(item) for item in items] == members


@pytest.mark.parametrize(
    "body", [b"[", b'["a]', b"[1] 2", b"[1", b"[[1]", b'[{"a": "b]', b'{"a": 1'], ids=repr
)
def test_an_array_that_is_not_closed_has_no_members(body: bytes):
    assert array_items(body) is None


@pytest.mark.parametrize("piece", [1, 2, 7, 4096])
def test_lines_are_cut_wherever_a_piece_ends(piece: int):
    stream = io.BytesIO(b'{"a": 1}\r\n\n{"b": "\xc3\xa4"}\n{"c": 3}')
    assert list(lines(stream.read, piece=piece)) == [
        (1, b'{"a": 1}', True), (3, b'{"b": "\xc3\xa4"}', True), (4, b'{"c": 3}', True),
    ]  # fmt: skip


def test_a_line_that_is_too_long_is_cut_while_it_is_read_and_the_next_one_is_whole():
    class Endless:
        left = 3_000

        def read(self, size: int) -> bytes:
            self.left -= 1
            return b"x" * size if self.left > 0 else b"\n{}" if self.left == 0 else b""

    found = list(lines(Endless().read, longest=100_000))
    assert [(number, len(text), whole) for number, text, whole in found] == [
        (1, KEPT_OF_LONG_LINE, False),
        (2, 2, True),
    ]
