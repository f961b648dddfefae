"""CSV that a spreadsheet opens without running anything in it (T26).

Source: RFC 4180; OWASP, CSV injection.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

_RUNS: Final = "=+-@\t\r\n"
_SPLIT: Final = re.compile(r"([;,|\t])( *)(?=[=+@-])")
"""A mark at which a spreadsheet of another country splits a line, and then something that it would run."""


def text(value: str) -> str:
    """A text as a cell: what a spreadsheet would take for a formula gets an apostrophe before it, also where
    it stands behind a mark that some spreadsheets take for the end of a cell."""
    guarded = _SPLIT.sub(r"\1\2'", value)
    return f"'{guarded}" if value.lstrip(" ")[:1] in tuple(_RUNS) else guarded


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
