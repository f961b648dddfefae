"""Where a table begins among other lines, and the rows of units below its header."""

import pytest

from app.core import table_start

HEAD = ["Pr\u00fcfbericht;EOL 2", "Bediener;M\u00fcller", ""]
TABLE = ["Nr;Serie;Gewicht", "1;A;412,5", "2;B;412,7"]


@pytest.mark.parametrize(
    ("lines", "before"),
    [
        (TABLE, 0),
        ([*HEAD, *TABLE], 3),
        (["sep=;", *TABLE], 1),
        (["Bericht;;", "Station;EOL 2;", *TABLE], 2),
        (["one", "two"], 0),
        ([], 0),
        (['"a', 'b";c', *TABLE], 2),
    ],
)
def test_lines_before_the_header_are_counted(lines: list[str], before: int):
    assert table_start.lines_before(lines) == before


def test_a_comma_in_the_lines_before_does_not_decide_on_the_delimiter():
    assert table_start.lines_before(["a,b,c,d,e", *TABLE]) == 1


@pytest.mark.parametrize(
    ("below", "units"),
    [
        (["", "[kg]", "(mV)"], {"B": "kg", "C": "mV"}),
        (["-", "kg", "Wh"], {"B": "kg", "C": "Wh"}),
        (["string", "float", "float"], {}),
    ],
)
def test_a_row_of_units_or_types_is_no_data(below: list[str], units: dict[str, str]):
    found = table_start.below_header(["A", "B", "C"], [below, ["X", "412,5", "3,6"]])
    assert (found.rows, found.units) == (1, units)
    assert "skip_after_header" in found.reason


@pytest.mark.parametrize(
    "rows",
    [
        [["X", "412,5", "3,6"], ["Y", "1", "2"]],
        [["A", "V", "C"], ["A", "C", "V"]],  # letters that are units, too, in columns of letters
        [["1", "1", "1"], ["2", "2", "2"]],
        [["", "kg", "Wh"]],  # nothing after it says so
        [["note", "kg", "other"], ["X", "1", "2"]],
        [],
    ],
)
def test_a_row_of_data_stays_data(rows: list[list[str]]):
    assert table_start.below_header(["A", "B", "C"], rows).rows == 0
