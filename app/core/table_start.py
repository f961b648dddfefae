"""Where the table begins in a file that has other lines around its header: found in the first rows, with why.

Test benches write a head before their columns (station, order, operator), and a row of units below them. Both
are declared in a mapping (`skip_lines`, `skip_after_header`); here they are recognised in a sample.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.core import unit_conversion
from app.core.csv_rows import DELIMITERS

LOOKED_AT: Final = 200
"""Lines in which a header is looked for."""
MOST_BELOW: Final = 3
_TYPES: Final = frozenset({
    "string", "text", "char", "float", "double", "int", "integer", "number", "real", "date", "datetime",
    "time", "bool", "boolean", "zahl", "datum", "uhrzeit",
})  # fmt: skip
_QUIET: Final = frozenset({"", "-", "\u2013", "\u2014", "/"})


@dataclass(frozen=True, slots=True)
class Below:
    """Rows below the header that are no data: how many, and the units that they name, by column."""

    rows: int
    units: dict[str, str]
    reason: str = ""


def lines_before(lines: Sequence[str]) -> int:
    """How many lines stand before the header of a CSV file; 0 where no line stands out as one."""
    found = max(_header_at([_cut(line, mark) for line in lines[:LOOKED_AT]]) for mark in DELIMITERS)
    return -found[1]


def rows_before(rows: Sequence[Sequence[str]]) -> int:
    """The same of a sheet, whose rows are cut into cells already."""
    return -_header_at(rows[:LOOKED_AT])[1]


def reason_of_lines(count: int) -> str:
    """Why they are passed over."""
    before = "Line 1 is" if count == 1 else f"Lines 1 to {count} are"
    return f"{before} passed over (skip_lines): the columns of the table begin with line {count + 1}."


def below_header(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Below:
    """Units or types below the names, told by their words and by the numbers in the rows after them."""
    count, units = 0, dict[str, str]()
    while count < MOST_BELOW and count + 1 < len(rows) and _names_units(rows[count], rows[count + 1 :]):
        for column, cell in zip(columns, rows[count], strict=False):
            if (unit := _unit(cell)) is not None:
                units[column] = unit
        count += 1
    if not count:
        return Below(0, {})
    what = "The row below the header names" if count == 1 else f"The {count} rows below the header name"
    kind = "units" if units else "types"
    return Below(count, units, f"{what} {kind}, and is no data: passed over (skip_after_header).")


def _header_at(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How much speaks for the best header, and its place, negative: of equals the first is the greatest."""
    best = (0, 0)
    for at, row in enumerate(rows):
        if _may_be_header(row):
            width = len(row)
            like = sum(1 for each in rows[at + 1 :] if len(each) == width)
            best = max(best, (width * width * like, -at))
    return best


def _may_be_header(cells: Sequence[str]) -> bool:
    names = [cell.strip() for cell in cells]
    return (
        len(names) > 1
        and all(names)
        and len(set(names)) == len(names)
        and not any(name[0] in "0123456789+-" for name in names)
    )


def _names_units(cells: Sequence[str], after: Sequence[Sequence[str]]) -> bool:
    said = [(at, cell.strip()) for at, cell in enumerate(cells) if cell.strip() not in _QUIET]
    units = [at for at, cell in said if _unit(cell) is not None]
    types = [cell for _, cell in said if cell.lower() in _TYPES]
    if len(units) + len(types) < 2 or (len(units) + len(types)) * 2 < len(said):
        return False
    if any(cell.isdecimal() for _, cell in said):
        return False
    with_numbers = [at for at in units if any(at < len(row) and _has_number(row[at]) for row in after)]
    return len(with_numbers) * 2 >= len(units)


def _unit(cell: str) -> str | None:
    plain = cell.strip().strip("[]()").strip()
    return plain if plain and not plain.isdecimal() and unit_conversion.is_unit(plain) else None


def _has_number(cell: str) -> bool:
    return any(mark.isdecimal() for mark in cell)


def _cut(line: str, delimiter: str) -> list[str]:
    try:
        found = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    return found[0] if found else []
