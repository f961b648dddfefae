"""A CSV file cut into rows: every trick has a plain answer, and costs its own row alone."""

import io
from collections.abc import Callable

import pytest

from app.core import csv_rows
from app.core.csv_rows import MAX_ROW_BYTES, Row, encoding_of, rows
from app.core.errors import MalformedInput


def cut(data: bytes, delimiter: csv_rows.Delimiter | None = None) -> list[Row]:
    return list(rows(io.BytesIO(data).read, encoding_of(io.BytesIO(data).read), delimiter))


def rules(found: list[Row]) -> list[str | None]:
    return [
        getattr(row.refusal, "rule", type(row.refusal).__name__) if row.refusal else None for row in found
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(mark: str):
    header, row = cut(f"a{mark}b{mark}c\r\n1{mark}2{mark}3\r\n".encode())
    assert (header.cells, row.cells, row.number) == (("a", "b", "c"), ("1", "2", "3"), 2)


@pytest.mark.parametrize("header", ["a", "a;b,c", ""])
def test_a_header_that_no_mark_divides_clearly_is_refused(header: str):
    with pytest.raises(MalformedInput):
        cut(header.encode() + b"\n1\n")


def test_a_declared_delimiter_is_kept_to():
    assert [row.cells for row in cut(b"a;b,c\n1;2,3\n", ",")] == [("a;b", "c"), ("1;2", "3")]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("ä;b\nÖ;2\n".encode(), "utf-8"),
        (b"\xef\xbb\xbfa;b\n1;2\n", "utf-8"),
        ("ä;b\nÖ;2\n".encode("cp1252"), "windows-1252"),
        (b"a;b\n1;2\n", "utf-8"),
    ],
    ids=["UTF-8", "byte-order mark", "Windows-1252", "ASCII"],
)
def test_the_encoding_is_told_by_the_whole_file(data: bytes, expected: str):
    assert encoding_of(io.BytesIO(data).read) == expected
    assert cut(data)[0].cells[0] in ("ä", "a")


def test_in_a_file_of_two_encodings_the_rows_of_the_other_one_are_refused():
    found = cut("a;b\nä;1\n".encode() + "ö;2\n".encode("cp1252") + b"x;3\n")
    assert rules(found) == [None, None, "encoding", None]


def test_utf_16_is_refused_in_words():
    with pytest.raises(MalformedInput, match="UTF-8"):
        encoding_of(io.BytesIO("a;b".encode("utf-16")).read)


def test_rows_have_exactly_as_many_cells_as_the_header():
    found = cut(b"a;b\n1;2\n1\n1;2;3\n;\n\n3;4\n")
    assert rules(found) == [None, None, "columns", "columns", None]
    assert [row.number for row in found] == [1, 2, 3, 4, 7]
    assert "3 cells" in str(found[3].refusal)


def test_quotes_hold_marks_quotes_and_line_breaks():
    found = cut(b'a;b\n"1;""x""";"two\n\nlines"\n3;4\n')
    assert [row.cells for row in found[1:]] == [('1;"x"', "two\n\nlines"), ("3", "4")]
    assert [row.number for row in found] == [1, 2, 5]


@pytest.mark.parametrize("bad", [b'"1;2', b'1;"2', b'"a"b;2'])
def test_a_wrong_quote_costs_its_own_row_alone(bad: bytes):
    found = cut(b"a;b\n" + bad + b"\n3;4\n5;6\n")
    assert rules(found) == [None, "quotes", None, None]
    assert found[1].text == bad


def test_a_line_of_a_gigabyte_is_refused_without_being_held():
    def endless(pieces: int) -> Callable[[int], bytes]:
        left = iter([b"a;b\n1;2\n", *[b"x" * 65_536] * pieces, b"\n3;4\n"])
        return lambda _size: next(left, b"")

    found = list(rows(endless(16_384), "utf-8"))
    assert rules(found) == [None, None, "TooLarge", None]
    assert len(found[2].text) <= MAX_ROW_BYTES


def test_a_quote_that_is_never_closed_in_a_long_file_costs_one_row():
    lines = [b"%d;x" % number for number in range(2_000)]
    lines[10] = b'10;"x'
    found = cut(b"a;b\n" + b"\n".join(lines) + b"\n")
    assert len(found) == 2_001
    assert [row.number for row in found if row.refusal] == [12]
