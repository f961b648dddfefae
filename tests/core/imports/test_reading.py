"""The bytes of foreign documents: encodings as they occur, and what is refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.core.errors import MalformedInput, MalformedJson, TooLarge
from app.core.imports import records
from app.core.imports.reading import MAX_BYTES, read
from app.core.imports.records import Told

PLACE = Path(__file__).resolve().parents[2] / "vectors" / "imports"


@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", b"\xef\xbb\xbf", "UTF-8 with a byte-order mark"),
        ("utf-16-le", b"\xff\xfe", "UTF-16 LE"),
        ("utf-16-be", b"\xfe\xff", "UTF-16 BE"),
        ("utf-16-le", b"", "UTF-16 LE"),
    ],
)
def test_a_document_reads_the_same_in_each_encoding(codec: str, mark: bytes, name: str):
    text = (PLACE / "battery-pass-1.2.1.json").read_text(encoding="utf-8")
    made = records.imported(mark + text.encode(codec), Told(), "2026-11-24T12:00:00Z")
    plain = records.imported(text.encode(), Told(), "2026-11-24T12:00:00Z")
    assert made.encoding == name
    assert [one.document["values"] for one in made.records] == [
        one.document["values"] for one in plain.records
    ]


def test_numbers_keep_every_digit():
    assert read(b'{"a": 1.1E5, "b": 0.10, "c": -1.7976931348623157E308}')[0] == {
        "a": Decimal("110000"), "b": Decimal("0.10"), "c": Decimal("-1.7976931348623157E308")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"a": 1, "a": 2}', "the member a stands twice"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b'{"a": 1e999999}', "longer or larger"),
        (b'{"a": ' + b"1" * 500 + b"}", "longer or larger"),
        (b"[" * 100_000, "nested more than 64 deep"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b'{"a": 1} {}', "no JSON from here on"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b"\xff\xfe{\x00a", "is not UTF-16 LE"),
        (b"", "no JSON"),
    ],
)
def test_what_has_two_readings_or_none_is_refused(data: bytes, said: str):
    with pytest.raises(MalformedJson, match=said):
        read(data)


def test_sizes_are_bounded():
    with pytest.raises(TooLarge):
        read(b" " * (MAX_BYTES + 1))
    with pytest.raises(TooLarge):
        read(b"[" + b"1," * 200_000 + b"1]")


@pytest.mark.parametrize("data", [b"[]", b"{}", b"1", b'{"a": {"b": 1}}', b'"text"', b"null", b"[1, 2]"])
def test_a_document_of_no_known_format_is_told_which_there_are(data: bytes):
    with pytest.raises(MalformedInput, match="none of the formats that are known here: Battery Pass"):
        records.imported(data, Told("09506000134352"), "2026-11-24T12:00:00Z")
