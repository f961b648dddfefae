"""A sample of a plant's own file: read within limits, and tried through a mapping that is being made.

Nothing is kept: the page sends the sample along with its form. Only so many rows of it are looked at, and how
many that are is told.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

import orjson

from app.core import csv_rows, json_strict, mapping, mapping_flat, mapping_rows, record_stream
from app.core.completeness import Finding
from app.core.coverage import Coverage
from app.core.errors import MalformedInput, Rejected, TooLarge
from app.core.mapping import Mapping as PlantMapping
from app.core.mapping_flat import Row
from app.core.mapping_rows import FileFacts
from app.core.vocabulary import Category
from app.services import intake, mapped_rows, mappings
from app.services.context import Context
from app.services.mappings import Applied

MOST_ROWS: Final = 50
MOST_BYTES: Final = 262_144
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

    def kept(self) -> str:
        """The sample as a text for the form."""
        head = orjson.dumps({"form": self.form, "source": dict(self.source), "isWhole": self.is_whole})
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
    form = _SUFFIXES.get(name.rpartition(".")[2].lower(), "csv")
    return _table(data) if form == "csv" else _objects(form, data)


def of_form(text: str) -> Sample:
    """A sample that the page sent along. Raises: MalformedInput where it was changed on the way."""
    lines = [line for line in text.encode().replace(b"\r\n", b"\n").split(b"\n") if line.strip()]
    if len(text.encode()) > 2 * MOST_BYTES or len(lines) > MOST_ROWS + 1 or not lines:
        raise TooLarge("The sample is too large: choose a file with fewer rows.")
    head = json_strict.loads(lines[0])
    if not isinstance(head, dict) or not isinstance(head.get("source"), dict):
        raise MalformedInput("The sample is gone: choose the file again.", pointer="/sample", rule="sample")
    rows = tuple(mapping_flat.flat(json_strict.loads(line, decimals=True)) for line in lines[1:])
    source = {str(key): str(value) for key, value in head["source"].items()}
    return Sample(
        str(head.get("form")), _columns(rows), rows, tuple(lines[1:]), source, head.get("isWhole") is True
    )


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
    rows = csv_rows.rows(io.BytesIO(data).read, encoding)
    header = next(rows)
    columns = mapped_rows.header(header.cells)
    read = list(islice(rows, MOST_ROWS + 1))
    good = [dict(zip(columns, row.cells, strict=True)) for row in read[:MOST_ROWS] if row.refusal is None]
    texts = _bounded([orjson.dumps(row) for row in good])
    source = {"encoding": encoding, "delimiter": _delimiter(header.text, columns)}
    unread = min(len(read), MOST_ROWS) - len(good)
    is_whole = len(read) <= MOST_ROWS and len(texts) == len(good)
    return Sample("csv", columns, tuple(good[: len(texts)]), texts, source, is_whole, unread)


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
