"""Files of records: CSV, XLSX, JSON and NDJSON, read piece by piece, and taken by the chunk or only judged.

The same for the watched folder and the command line. A row that is wrong waits in quarantine with its file
and row; a file that cannot be read at all (no usable header, no JSON) is refused whole, and nothing of it is
stored. Sending a file again stores nothing twice: each record has its id, or its content as its id.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from app.core import csv_rows, mapping_rows, record_stream
from app.core.csv_records import Reader
from app.core.csv_rows import Delimiter, Encoding
from app.core.errors import MalformedInput, Rejected, TooLarge
from app.core.intake import IntakeRecord, Kind, kind_named
from app.core.mapping_rows import FileFacts
from app.services import intake, intake_batch, mapped_rows, sheet_rows
from app.services.context import Context
from app.services.intake import Accepted
from app.services.intake_batch import Message
from app.services.mapped_rows import Form
from app.services.mappings import Applied
from app.services.plants import Plant

SUFFIXES: Final[Mapping[str, Form]] = {
    ".csv": "csv",
    sheet_rows.SUFFIX: "csv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
MOST_ERRORS: Final = 10_000
"""Refused rows that a result names one by one; all of them wait in quarantine."""
FILE: Final = "file"


@dataclass(frozen=True, slots=True)
class How:
    """What is declared about a file; what is not is found. With a mapping, it is in the plant's own shape."""

    kind: Kind | None = None
    delimiter: Delimiter | None = None
    mapping: Applied | None = None

    @property
    def lines_before(self) -> int:
        """How many lines stand before the header."""
        return self.mapping.mapping.source.skip_lines if self.mapping else 0


@dataclass(slots=True)
class Result:
    """What became of one file."""

    name: str
    digest: str = ""
    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    issued: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    refusal: str | None = None
    """Why the file as a whole was not taken."""
    mapping: str | None = None
    """Name and version of the mapping that it was read through."""
    unmapped: dict[str, None] = field(default_factory=dict)
    """Columns that the mapping does not speak of, and was told to pass over."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.name,
            "sha256": self.digest,
            "accepted": self.accepted,
            "repeated": self.repeated,
            "refused": self.refused,
            "issued": self.issued,
            **({"mapping": self.mapping} if self.mapping else {}),
            **({"unmapped": list(self.unmapped)} if self.unmapped else {}),
            **({"refusal": self.refusal} if self.refusal else {}),
            "errors": self.errors,
        }


def name_of(path: Path) -> str:
    """A file's name as a text that can be stored and shown: a file system takes any bytes as one."""
    return "".join(mark if mark.isprintable() else "\ufffd" for mark in path.name)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex: the key that says whether it came before."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def send(
    ctx: Context,
    plant: Plant,
    path: Path,
    how: How = How(),
    *,
    door: str = FILE,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Result:
    """Take every record of a file in. `progress` is told how many bytes are read. Raises: OSError."""

    def take(messages: list[Message]) -> list[Accepted | Rejected]:
        return list(intake_batch.accept_many(ctx, plant, messages, door=door))

    return _through(ctx, path, how, take, progress)


def dry_run(
    ctx: Context,
    path: Path,
    how: How = How(),
    *,
    progress: Callable[[int], None] = lambda _bytes: None,
    seen: Callable[[IntakeRecord], None] = lambda _record: None,
) -> Result:
    """Judge every record of a file by itself, and store nothing. What other records say is not asked.

    `seen` is handed each record that would be taken.
    """
    now = ctx.now()

    def judge(messages: list[Message]) -> list[Accepted | Rejected]:
        found: list[Accepted | Rejected] = []
        for message in messages:
            try:
                if message.refusal is not None:
                    raise message.refusal
                record = intake.parsed(message.body, now, keep=False)
                intake.require_recent(record, now, intake.LATE)
            except Rejected as refusal:
                found.append(refusal)
            else:
                seen(record)
                found.append(Accepted({}, repeated=False))
        return found

    return _through(ctx, path, how, judge, progress)


def _through(
    ctx: Context,
    path: Path,
    how: How,
    take: Callable[[list[Message]], list[Accepted | Rejected]],
    progress: Callable[[int], None],
) -> Result:
    result = Result(name_of(path), digest(path))
    with path.open("rb") as file:
        try:
            if how.mapping is None:
                messages = _messages(path, file, how)
            else:
                result.mapping = how.mapping.reference
                messages = _mapped(ctx, path, file, how.mapping, result.unmapped)
            for chunk in intake_batch.chunks(messages):
                for message, outcome in zip(chunk, take(chunk), strict=True):
                    _count(result, message, outcome, how.mapping)
                progress(file.tell())
        except Rejected as refusal:
            result.refusal = str(refusal)
    return result


def _count(result: Result, message: Message, outcome: Accepted | Rejected, mapping: Applied | None) -> None:
    if isinstance(outcome, Rejected):
        result.refused += 1
        if len(result.errors) < MOST_ERRORS:
            refusal = getattr(outcome, "refusal", outcome)
            place = getattr(refusal, "pointer", "")
            column = mapping_rows.column_at(mapping.mapping, place) if mapping else None
            result.errors.append(
                {
                    "row": int((message.origin or ":0").rsplit(":", 1)[1]),
                    "code": refusal.code,
                    "detail": str(refusal),
                    **({"column": column} if column else {}),
                    **outcome.members(),
                }
            )
        return
    if outcome.repeated:
        result.repeated += 1
    else:
        result.accepted += 1
    battery = outcome.answer.get("battery", {})
    result.issued += len(outcome.answer.get("issued", ())) + (battery.get("state") == "issued")


def _messages(path: Path, file: BinaryIO, how: How) -> Iterator[Message]:
    """Raises: MalformedInput, TooLarge where the file as a whole is none of ours."""
    form, name = _form(path), name_of(path)
    if form == "csv":
        is_sheet = path.suffix.lower() == sheet_rows.SUFFIX
        read = sheet_rows.as_csv(path) if is_sheet else file.read
        delimiter: Delimiter | None = ";" if is_sheet else how.delimiter
        # a sheet of our templates has the name of a kind
        kind = how.kind or (kind_named(sheet_rows.title(path)) if is_sheet else None)
        encoding: Encoding = "utf-8" if is_sheet else _encoding(path)
        for item in Reader(kind, delimiter).items(read, encoding):
            yield Message(item.body, f"{name}:{item.number}", item.refusal)
    elif form == "json":
        yield from _of_json(name, file)
    else:
        for number, text, whole in record_stream.lines(file.read):
            limit = record_stream.MAX_LINE_BYTES
            refusal = None if whole else TooLarge(f"Line {number} is longer than {limit} bytes.")
            yield Message(text, f"{name}:{number}", refusal)


def _mapped(
    ctx: Context, path: Path, file: BinaryIO, applied: Applied, told: dict[str, None]
) -> Iterator[Message]:
    """The same of a file in the plant's own shape. The file's time is that of its last change."""
    form = _form(path)
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(microsecond=0)
    facts = FileFacts(name_of(path), written)
    if path.suffix.lower() == sheet_rows.SUFFIX:
        return mapped_rows.of_sheet(applied, path, facts, ctx.now(), told)
    encoding = _encoding(path) if form == "csv" else "utf-8"
    return mapped_rows.of_file(applied, form, file.read, encoding, facts, ctx.now(), told)


def _form(path: Path) -> Form:
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise MalformedInput(f"Files that end in {', '.join(SUFFIXES)} are taken.", rule="suffix")
    return form


def _encoding(path: Path) -> Encoding:
    with path.open("rb") as first:
        return csv_rows.encoding_of(first.read)


def _of_json(name: str, file: BinaryIO) -> Iterator[Message]:
    body = file.read(mapped_rows.MAX_JSON_BYTES + 1)
    if len(body) > mapped_rows.MAX_JSON_BYTES:
        raise TooLarge(
            f"A JSON file has at most {mapped_rows.MAX_JSON_BYTES} bytes. A .ndjson file, a record a line,"
            " has no limit."
        )
    for number, text in enumerate(record_stream.file_items(body), 1):
        yield Message(text, f"{name}:{number}")
