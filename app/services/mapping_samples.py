"""A sample of a plant's own file: read within limits, and tried through a mapping that is being made.

Nothing is kept: the page sends the sample along with its form. Only so many rows of it are looked at, and how
many that are is told.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from app.core import (
    csv_rows,
    json_strict,
    mapping,
    mapping_cells,
    mapping_flat,
    mapping_rows,
    record_stream,
    table_start,
)
from app.core.completeness import Finding
from app.core.coverage import Coverage
from app.core.errors import MalformedInput, Rejected, TooLarge
from app.core.mapping import Mapping as PlantMapping
from app.core.mapping_flat import Cell, Row
from app.core.mapping_rows import FileFacts
from app.core.table_start import Below
from app.core.vocabulary import Category
from app.services import intake, mapped_rows, mappings, sheet_rows
from app.services.context import Context
from app.services.mappings import Applied

MOST_ROWS: Final = 50
MOST_BYTES: Final = 262_144
HEAD_BYTES: Final = 1_048_576
"""Of a file that is read from its beginning alone."""
SHOWN: Final = 8
_SUFFIXES: Final[Mapping[str, mapped_rows.Form]] = {"json": "json", "ndjson": "ndjson", "jsonl": "ndjson"}


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a file. `texts` are the rows as JSON objects, as the page keeps them."""

    form: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    texts: tuple[bytes, ...]
    source: Mapping[str, str]
    """What was found about the file: delimiter, encoding."""
    is_whole: bool
    unread: int = 0
    """Rows that could not be read at all."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Units that a row below the header gives, by column."""
    notes: tuple[str, ...] = ()
    """What was found about where the table begins, and why."""

    def kept(self) -> str:
        """The sample as a text for the form."""
        facts = {"source": dict(self.source), "units": dict(self.units), "notes": self.notes}
        head = orjson.dumps({"form": self.form, "isWhole": self.is_whole, **facts})
        return b"\n".join([head, *self.texts]).decode()


@dataclass(slots=True)
class Tried:
    """What would become of the sample."""

    accepted: int = 0
    refused: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    category: Category | None = None
    missing: list[Finding] = field(default_factory=list)


def read(name: str, data: bytes) -> Sample:
    """The first rows of a file, by its name's ending, else CSV. Raises: MalformedInput; TooLarge."""
    if not data.strip():
        raise MalformedInput("The file is empty.", pointer="/sample", rule="empty")
    if name.lower().endswith(sheet_rows.SUFFIX):
        return _sheet(data)
    form = _SUFFIXES.get(name.rpartition(".")[2].lower(), "csv")
    return _table(data) if form == "csv" else _objects(form, data)


def of_file(path: Path) -> Sample:
    """The first rows of a file on this machine, however large. Raises: MalformedInput; TooLarge; OSError."""
    whole = path.suffix.lower() in (".json", sheet_rows.SUFFIX)
    most = mapped_rows.MAX_JSON_BYTES if whole else HEAD_BYTES
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        if whole:
            raise TooLarge(f"A sample has at most {most} bytes; of CSV and NDJSON any number.")
        data = data[: data.rfind(b"\n") + 1] or data
    found = read(path.name, data)
    if not found.rows:
        raise MalformedInput("The file has no row that can be read.", rule="empty")
    return found


def of_form(text: str) -> Sample:
    """A sample that the page sent along. Raises: MalformedInput where it was changed on the way."""
    lines = [line for line in text.encode().replace(b"\r\n", b"\n").split(b"\n") if line.strip()]
    if len(text.encode()) > 2 * MOST_BYTES or len(lines) > MOST_ROWS + 1 or not lines:
        raise TooLarge("The sample is too large: choose a file with fewer rows.")
    head = json_strict.loads(lines[0])
    if not isinstance(head, dict) or not isinstance(head.get("source"), dict):
        raise MalformedInput("The sample is gone: choose the file again.", pointer="/sample", rule="sample")
    rows = tuple(mapping_flat.flat(json_strict.loads(line, decimals=True)) for line in lines[1:])
    return Sample(
        str(head.get("form")), _columns(rows), rows, tuple(lines[1:]), _text_members(head, "source"),
        head.get("isWhole") is True, units=_text_members(head, "units"),
        notes=tuple(str(note) for note in head.get("notes") or ()),
    )  # fmt: skip


def _text_members(head: Mapping[str, Any], name: str) -> dict[str, str]:
    found = head.get(name)
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def tried(ctx: Context, found: PlantMapping, sample: Sample, category: Category | None = None) -> Tried:
    """Every row of the sample through a mapping; nothing is stored."""
    result, seen = Tried(gaps=mapping.gaps(found)), Coverage()
    # What is not decided yet is told once, and not row by row.
    lenient = replace(found, source=replace(found.source, tells_unmapped=True))
    applied, now = Applied(lenient, f"{found.name} (draft)"), ctx.now()
    result.unmapped = mapping_flat.unmapped(sample.columns, found.columns, found.source.ignored)
    for number, text in enumerate(sample.texts, 1):
        messages = mappings.of_object(applied, text, f"sample:{number}", FileFacts("sample", now), now, {})
        told: dict[str, Any] = {"row": number, "records": []}
        for message in messages:
            try:
                if message.refusal is not None:
                    raise message.refusal
                record = intake.parsed(message.body, now, keep=False)
            except Rejected as refusal:
                result.refused += 1
                place = str(refusal.members().get("pointer", ""))
                told["refusal"] = str(refusal)
                told["column"] = mapping_rows.column_at(found, place)
            else:
                result.accepted += 1
                seen.see(record)
                told["records"].append(_shown(record.kind, message.body))
        if len(result.rows) < SHOWN:
            result.rows.append(told)
    result.category = category or seen.category()
    result.missing = seen.missing(category)
    return result


def _shown(kind: str, body: bytes) -> dict[str, Any]:
    document = orjson.loads(body)
    details = {f"details.{name}": value for name, value in document.get("details", {}).items()}
    values = {**document.get("values", {}), **details}
    return {
        "kind": kind,
        "recordId": document["recordId"],
        "sentAt": document["sentAt"],
        "subject": document["subject"],
        "values": {name: _text(value) for name, value in values.items()},
    }


def _text(value: Any) -> str:
    if isinstance(value, dict) and "value" in value:
        return f"{value['value']} {value.get('unit', '')}".strip()
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _table(data: bytes) -> Sample:
    encoding = csv_rows.encoding_of(io.BytesIO(data).read)
    before = _lines_before(data, encoding)
    rows = csv_rows.rows(io.BytesIO(data).read, encoding, skip_lines=before)
    header = next(rows)
    columns = mapped_rows.header(header.cells)
    read = list(islice(rows, MOST_ROWS + 1 + table_start.MOST_BELOW))
    below = table_start.below_header(columns, [row.cells for row in read])
    source = {"encoding": encoding, "delimiter": _delimiter(header.text, columns)}
    cells = [row.cells if row.refusal is None else None for row in read[below.rows :]]
    return _of_cells("csv", columns, cells, source, before, below)


def _sheet(data: bytes) -> Sample:
    """The first sheet of a workbook. Numbers stay numbers."""
    found = list(islice(sheet_rows.cells(io.BytesIO(data)), MOST_ROWS + table_start.LOOKED_AT))
    texts = [[mapping_cells.text_of(cell) for cell in row] for _, row in found]
    at = table_start.rows_before(texts)
    if not found:
        raise MalformedInput("The sheet is empty.", pointer="/sample", rule="empty")
    columns = mapped_rows.header(tuple(texts[at]))
    below = table_start.below_header(columns, texts[at + 1 :])
    rows = [row for _, row in found[at + 1 + below.rows :]][: MOST_ROWS + 1]
    cells = [(*row, *[""] * (len(columns) - len(row))) if len(row) <= len(columns) else None for row in rows]
    return _of_cells("xlsx", columns, cells, {}, found[at][0] - 1 if at else 0, below)


def _of_cells(
    form: str, columns: tuple[str, ...], rows: Sequence[Sequence[Cell] | None], source: dict[str, str],
    before: int, below: Below,
) -> Sample:  # fmt: skip
    """The sample of a table. None is a row that could not be cut into cells."""
    good = [dict(zip(columns, row, strict=True)) for row in rows[:MOST_ROWS] if row is not None]
    texts = _bounded([mappings.dumped(row) for row in good])
    notes = [
        *([table_start.reason_of_lines(before)] if before else []),
        *([below.reason] if below.rows else []),
    ]
    counts = {"skip_lines": str(before or ""), "skip_after_header": str(below.rows or "")}
    return Sample(
        form, columns, tuple(good[: len(texts)]), texts,
        {**source, **{name: text for name, text in counts.items() if text}},
        is_whole=len(rows) <= MOST_ROWS and len(texts) == len(good),
        unread=min(len(rows), MOST_ROWS) - len(good), units=below.units, notes=tuple(notes),
    )  # fmt: skip


def _lines_before(data: bytes, encoding: csv_rows.Encoding) -> int:
    """Lines before the header: looked for only where the first line is none, or fits few of the rows."""
    try:
        rows = csv_rows.rows(io.BytesIO(data).read, encoding)
        columns = next(rows).cells
        found = [row.refusal is None for row in islice(rows, MOST_ROWS)]
    except MalformedInput:
        columns, found = (), []
    if (
        len(columns) > 1
        and all(columns)
        and len(set(columns)) == len(columns)
        and sum(found) * 2 >= len(found)
    ):
        return 0
    text = data.decode("cp1252" if encoding == "windows-1252" else "utf-8", "replace").removeprefix("\ufeff")
    return table_start.lines_before(text.replace("\r\n", "\n").split("\n")[: table_start.LOOKED_AT])


def _delimiter(header: bytes, columns: tuple[str, ...]) -> str:
    counts = {mark: header.count(mark.encode()) for mark in csv_rows.DELIMITERS}
    return next((mark for mark, count in counts.items() if count >= len(columns) - 1 > 0), ";")


def _objects(form: str, data: bytes) -> Sample:
    if form == "json":
        items = record_stream.file_items(data)
    else:
        items = [text for _, text, _ in islice(record_stream.lines(io.BytesIO(data).read), MOST_ROWS + 1)]
    texts = _bounded([_one_line(item) for item in items[:MOST_ROWS]])
    rows = tuple(mapping_flat.flat(json_strict.loads(text, decimals=True)) for text in texts)
    return Sample(form, _columns(rows), rows, texts, {}, is_whole=len(items) == len(texts))


def _one_line(item: bytes) -> bytes:
    """A row on one line. Line ends stand between the members of JSON alone, never inside a text."""
    return b" ".join(item.split(b"\n")).replace(b"\r", b" ").strip()


def _bounded(texts: list[bytes]) -> tuple[bytes, ...]:
    size, found = 0, []
    for text in texts:
        size += len(text)
        if size > MOST_BYTES:
            break
        found.append(text)
    if texts and not found:
        raise TooLarge(f"The first row alone has more than {MOST_BYTES} bytes.")
    return tuple(found)


def _columns(rows: tuple[Row, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows for name in row))
