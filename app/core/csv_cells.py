"""CSV that a spreadsheet opens without running anything in it (T26).

Source: RFC 4180; OWASP, CSV injection.
"""

import csv
import io
from collections.abc import Iterable, Sequence

_RUNS: str = "=+-@\t\r\n"


def text(value: str) -> str:
    """A text as a cell: what a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{value}" if value.lstrip(" ")[:1] in tuple(_RUNS) else value


def write(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Comma, CRLF, UTF-8 without byte-order mark. Cells stay as they are: see `text`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def line(cells: Sequence[str]) -> bytes:
    """One row of the same, for tables that are sent as they are read."""
    return write(cells, ())
