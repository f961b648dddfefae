"""What a spreadsheet would run gets an apostrophe before it (T26)."""

import pytest

from app.core import csv_cells


@pytest.mark.parametrize(("value", "cell"), [
    ("=1+1", "'=1+1"), (" =1+1", "' =1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"),
    ("A;=1+1", "A;'=1+1"), ("A; =1+1", "A; '=1+1"), ("A,@x", "A,'@x"), ("A\t-1", "A\t'-1"),
    ("A=1", "A=1"), ("SN-0001", "SN-0001"), ("a; b", "a; b"), ("", ""),
])  # fmt: skip
def test_a_cell_runs_nothing(value: str, cell: str):
    assert csv_cells.text(value) == cell
