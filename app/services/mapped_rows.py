"""A plant's own files, read row by row through a mapping: CSV, JSON and NDJSON, by whichever door."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast

from app.core import csv_rows, json_strict, mapping_cells, mapping_flat, mapping_rows, record_stream
from app.core.csv_rows import Delimiter, Encoding
from app.core.errors import MalformedInput, Rejected, TooLarge
from app.core.mapping_rows import FileFacts
from app.services import mappings, sheet_rows
from app.services.intake_batch import Message
from app.services.mappings import Applied

Form = Literal["csv", "json", "ndjson"]
MAX_JSON_BYTES: Final = 10_485_760
MOST_ROWS_OF_MESSAGE: Final = 1_000
MOST_BYTES_BESIDE: Final = 32 * 1_048_576
"""What the values beside a list of rows may come to, as each row gets a copy of them (T28)."""
OUTER: Final = "^"
"""Values beside the list of rows in a JSON document are columns below this name."""
_CLAUSE: Final = "docs/mapping.md, JSON"


def of_file(
    applied: Applied, form: Form, read: Callable[[int], bytes], encoding: Encoding, facts: FileFacts,
    now: datetime, told: dict[str, None],
) -> Iterator[Message]:  # fmt: skip
    """Every record of a file. `encoding` is what its bytes speak for; what the mapping declares counts first.

    Raises: MalformedInput, TooLarge where the file as a whole is not the one that the mapping was made for.
    """
    if form == "csv":
        yield from _of_table(applied, read, encoding, facts, now, told)
    elif form == "json":
        for number, text in enumerate(_items(applied, read), 1):
            yield from mappings.of_object(applied, text, f"{facts.name}:{number}", facts, now, told)
    else:
        for number, text, whole in record_stream.lines(read):
            origin, limit = f"{facts.name}:{number}", record_stream.MAX_LINE_BYTES
            if whole:
                yield from mappings.of_object(applied, text, origin, facts, now, told)
            else:
                refusal = TooLarge(f"Line {number} is longer than {limit} bytes.")
                yield Message(text, origin, refusal, applied.reference, text)


def _of_table(
    applied: Applied, read: Callable[[int], bytes], encoding: Encoding, facts: FileFacts, now: datetime,
    told: dict[str, None],
) -> Iterator[Message]:  # fmt: skip
    source = applied.mapping.source
    rows = csv_rows.rows(
        read, cast("Encoding", source.encoding or encoding), cast("Delimiter | None", source.delimiter),
        skip_lines=source.skip_lines, skip_after_header=source.skip_after_header,
    )  # fmt: skip
    columns = header(next(rows).cells)
    told.update(dict.fromkeys(mapping_rows.require_columns(applied.mapping, columns)))
    for row in rows:
        origin = f"{facts.name}:{row.number}"
        if row.refusal is not None:
            yield Message(row.text, origin, row.refusal, applied.reference, row.text)
        else:
            cells = dict(zip(columns, row.cells, strict=True))
            yield from mappings.of_table_row(applied, cells, origin, facts, now)


def of_message(
    applied: Applied, text: bytes, items: Sequence[bytes] | None, facts: FileFacts, now: datetime,
    told: dict[str, None],
) -> list[Message]:  # fmt: skip
    """Every record of one message: of its `items`, where it is an array, of the list in it that the mapping
    names, or of itself. What the message as a whole is refused for stands in the one entry of the answer."""
    try:
        if applied.mapping.source.rows is not None:
            rows = _named_rows(json_strict.loads(text, decimals=True), applied.mapping.source.rows)
        else:
            rows = [text] if items is None else list(items)
        if not rows:
            raise MalformedInput("The message has no rows.", rule="rows", clause=_CLAUSE)
        if len(rows) > MOST_ROWS_OF_MESSAGE:
            raise TooLarge(f"A message has at most {MOST_ROWS_OF_MESSAGE} rows, and this one {len(rows)}.")
    except Rejected as refusal:
        return [Message(text, facts.name, refusal, applied.reference, text)]
    is_one = items is None and applied.mapping.source.rows is None
    return [
        message
        for number, row in enumerate(rows, 1)
        for message in mappings.of_object(
            applied, row, facts.name if is_one else f"{facts.name}:{number}", facts, now, told
        )
    ]


def of_sheet(
    applied: Applied, file: Path | BinaryIO, facts: FileFacts, now: datetime, told: dict[str, None]
) -> Iterator[Message]:
    """The same of a workbook's first sheet, whose numbers are numbers: their marks are those of no country,
    and neither the mapping's delimiter nor its encoding counts.

    Raises: MalformedInput, TooLarge where the sheet as a whole is not the one that the mapping was made for.
    """
    source = applied.mapping.source
    rows = ((number, row) for number, row in sheet_rows.cells(file) if number > source.skip_lines)
    _, names = next(rows, (0, []))
    if not names:
        raise MalformedInput("The sheet has no header row.", rule="header", clause=_CLAUSE)
    columns = header(tuple(map(mapping_cells.text_of, names)))
    told.update(dict.fromkeys(mapping_rows.require_columns(applied.mapping, columns)))
    for number, row in islice(rows, source.skip_after_header, None):
        origin = f"{facts.name}:{number}"
        if len(row) > len(columns):
            refusal = MalformedInput(
                f"Row {number}: The row has {len(row)} cells, the header has {len(columns)} columns.",
                rule="columns", clause=_CLAUSE,
            )  # fmt: skip
            text = mappings.dumped(row)
            yield Message(text, origin, refusal, applied.reference, text)
        else:
            cells = dict(zip(columns, [*row, *[""] * (len(columns) - len(row))], strict=True))
            yield from mappings.of_table_row(applied, cells, origin, facts, now)


def header(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Names of columns, each there once. Raises: MalformedInput."""
    doubled = sorted({name for name in cells if cells.count(name) > 1})
    if doubled:
        what = f"the column {doubled[0]} stands there twice" if doubled[0] else "columns have no name"
        raise MalformedInput(f"The header cannot be used: {what}.", rule="header", clause=_CLAUSE)
    return cells


def _items(applied: Applied, read: Callable[[int], bytes]) -> list[bytes]:
    """The rows of a JSON document: its own list, the list that the mapping names, or itself."""
    parts, size = [], 0
    while piece := read(1 << 20):
        parts.append(piece)
        size += len(piece)
        if size > MAX_JSON_BYTES:
            raise TooLarge(
                f"A JSON file has at most {MAX_JSON_BYTES} bytes. A .ndjson file, a row a line, has no limit."
            )
    body = b"".join(parts).removeprefix(b"\xef\xbb\xbf")
    place = applied.mapping.source.rows
    if place is not None:
        return _named_rows(json_strict.loads(body, decimals=True), place)
    return record_stream.file_items(body)


def has_rows(applied: Applied, text: bytes) -> bool:
    """Whether a JSON document has the list of rows that the mapping names."""
    place = applied.mapping.source.rows
    try:
        return place is not None and isinstance(_at(json_strict.loads(text, decimals=True), place), list)
    except Rejected:
        return False


def _at(document: Any, place: str) -> Any:
    found = document
    for step in place.split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _named_rows(document: Any, place: str) -> list[bytes]:
    rows, outer = _at(document, place), dict(document) if isinstance(document, dict) else {}
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedInput(
            f"The document has no list of objects at {place}, where the mapping looks for its rows.",
            rule="rows", clause=_CLAUSE,
        )  # fmt: skip
    beside = {
        name: cell for name, cell in mapping_flat.flat(outer).items() if not name.startswith(f"{place}/")
    }
    size = len(mappings.dumped(beside)) * len(rows)
    if size > MOST_BYTES_BESIDE:
        raise TooLarge(
            f"The values beside the rows are copied into each of {len(rows)} rows: that makes {size} bytes,"
            f" and at most {MOST_BYTES_BESIDE} are taken. Send fewer rows together, or less beside them."
        )
    return [mappings.dumped({**({OUTER: beside} if beside else {}), **row}) for row in rows]
