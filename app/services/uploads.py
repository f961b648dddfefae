"""A file that somebody chose on a page: through the pipeline of all files, and back with its errors marked.

The file lies in a directory of its own while it is read, and is gone after that. The workbook that comes back
is handed to whoever asked, and not kept either. Source: T26, T28, T29.
"""

import errno
import tempfile
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final, cast

from app.core import csv_rows
from app.core.csv_rows import Delimiter, Encoding
from app.core.errors import Rejected, StoreFull, TooLarge
from app.services import files, sheet_rows, spreadsheets
from app.services.context import Context
from app.services.files import How, Result
from app.services.plants import Plant

DOOR: Final = "upload"
MAX_BYTES: Final = 8_388_608
MAX_UNPACKED: Final = 67_108_864
MOST_CELLS: Final = 200_000
"""Of a CSV file that is made a workbook to mark its errors; a larger one is told row by row alone."""
_NAME_BYTES: Final = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of a file, and the workbook with the reasons in its cells, where there is one."""

    result: Result
    marked: bytes | None = None

    @property
    def marked_name(self) -> str:
        return f"{self.result.name.rpartition('.')[0]}.marked.xlsx"


def take(ctx: Context, plant: Plant, name: str, data: bytes, how: How, *, stores: bool) -> Upload:
    """Take every record of a file in, or only judge it. Raises: TooLarge; MalformedInput; StoreFull."""
    if len(data) > MAX_BYTES:
        raise TooLarge(
            f"A file that is sent here has at most {MAX_BYTES} bytes. Move a larger one into the plant's"
            " watched folder, or use: passport intake send"
        )
    with tempfile.TemporaryDirectory(prefix="passport-upload-") as place:
        path = Path(place) / safe_name(name)
        try:
            path.write_bytes(data)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull("The disk of this service is full. Send the file again later.") from error
            raise
        if path.suffix.lower() == sheet_rows.SUFFIX:
            with path.open("rb") as file:
                sheet_rows.require_bounded(file, MAX_UNPACKED)
        result = files.send(ctx, plant, path, how, door=DOOR) if stores else files.dry_run(ctx, path, how)
        return Upload(result, _marked(path, result, how) if result.errors else None)


def safe_name(name: str) -> str:
    """A sender's name for a file as one that cannot lead elsewhere, its ending kept."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(mark if mark.isprintable() else "_" for mark in last).strip().lstrip(".")
    head, dot, ending = plain.rpartition(".")
    if not dot:
        head, ending = plain, ""
    ending = f".{ending[:12]}" if ending else ""
    return (head.encode()[: _NAME_BYTES - len(ending.encode())].decode(errors="ignore") or "file") + ending


def _marked(path: Path, result: Result, how: How) -> bytes | None:
    """A workbook may be readable row by row and not as a whole: then its rows are told alone."""
    try:
        if path.suffix.lower() == sheet_rows.SUFFIX:
            return spreadsheets.marked(path, result.errors, how.kind, before=how.lines_before)
        return _marked_csv(path, result, how) if path.suffix.lower() == ".csv" else None
    except Rejected:
        return None


def _marked_csv(path: Path, result: Result, how: How) -> bytes | None:
    source = how.mapping.mapping.source if how.mapping else None
    with path.open("rb") as first:
        found = csv_rows.encoding_of(first.read)
    encoding = cast("Encoding", (source.encoding if source else None) or found)
    delimiter = cast("Delimiter | None", source.delimiter if source else how.delimiter)
    with path.open("rb") as file:
        rows = csv_rows.rows(file.read, encoding, delimiter, skip_lines=how.lines_before)
        header = next(rows)
        most = MOST_CELLS // max(1, len(header.cells))
        read = list(islice(rows, most + 1))
    if len(read) > most:
        return None
    book = spreadsheets.as_workbook(chain([header], read), how.kind)
    return spreadsheets.marked(book, result.errors, how.kind, before=how.lines_before)
