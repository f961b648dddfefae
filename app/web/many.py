"""Many records in one request: an array or a stream of lines; one answer for each record, in order.

The call succeeds (207) whatever becomes of single records: what is refused waits in quarantine and is told in
its place. Everything that is answered is durable. Repeating the whole request changes nothing.
"""

import io
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from flask import Response, jsonify, request

from app.core import csv_rows, record_stream, times
from app.core.csv_rows import Encoding
from app.core.errors import MalformedInput, PassportError, RateLimited, TooLarge
from app.core.mapping_rows import FileFacts
from app.services import intake_batch, mapped_rows, mappings
from app.services.intake import Accepted, Quarantined
from app.services.intake_batch import Message
from app.services.mapped_rows import Form
from app.services.plants import Plant
from app.web import problems
from app.web.current import context
from app.web.readers import spend

MOST_RECORDS: Final = 10_000
MOST_BYTES: Final = 268_435_456
"""Of a stream: ten thousand records of 26 kB."""
NDJSON: Final = "application/x-ndjson"
FORMS: Final[Mapping[str, Form]] = {"application/json": "json", NDJSON: "ndjson", "text/csv": "csv"}
"""What a plant's own rows are sent as."""


def take_array(plant: Plant, items: Sequence[bytes]) -> Response:
    """The members of a JSON array, which the limit for bodies bounds."""
    if len(items) > MOST_RECORDS:
        raise TooLarge(f"The array has {len(items)} members; at most {MOST_RECORDS} are taken.")
    return _answer(plant, _texts(enumerate(items, 1), reference := _reference(), {}), {}, reference)


def take_lines(plant: Plant) -> Response:
    """A stream of lines. The limit for bodies does not bound it, those for lines, their number and all
    bytes do."""
    request.max_content_length = sys.maxsize
    cut: dict[int, PassportError] = {}

    def numbered() -> Iterator[tuple[int, bytes]]:
        number = 0
        try:
            for count, (number, text, whole) in enumerate(record_stream.lines(_bounded(request.stream.read))):
                if count == MOST_RECORDS:
                    cut[0] = TooLarge(
                        f"At most {MOST_RECORDS} records are taken at once: line {number} and what follows"
                        " was not read. Send it in another request."
                    )
                    return
                if not whole:
                    cut[number] = TooLarge(
                        f"Line {number} is longer than {record_stream.MAX_LINE_BYTES} bytes."
                        " Only its beginning is kept."
                    )
                yield number, text
        except _TooMuch:
            cut[0] = TooLarge(
                f"At most {MOST_BYTES} bytes are taken at once: what follows line {number} was not read."
                " Send it in another request."
            )

    reference = _reference()
    return _answer(plant, _texts(numbered(), reference, cut), cut, reference)


def take_mapped(plant: Plant, named: str) -> Response:
    """Rows in the plant's own shape, CSV too, through one of its mappings. `record` in an answer is the row;
    a row of which several records are made has several answers.

    Raises: NotFound; MalformedInput where the body as a whole is not the one that the mapping was made for.
    """
    applied, reference = mappings.get(context(), plant, named), _reference()
    form = FORMS[request.mimetype]
    encoding: Encoding = "utf-8"
    cut: dict[int, PassportError] = {}
    if form == "ndjson":
        request.max_content_length = sys.maxsize
        read = _bounded(request.stream.read)
    else:
        body = request.get_data()
        read = io.BytesIO(body).read
        if form == "csv":
            encoding = csv_rows.encoding_of(io.BytesIO(body).read)
    facts = FileFacts(f"request {reference}", _time())
    told: dict[str, None] = {}
    messages = mapped_rows.of_file(applied, form, read, encoding, facts, context().now(), told)
    numbered = _counted(messages, cut)
    return _answer(plant, numbered, cut, reference, {"mapping": applied.reference}, told)


def _counted(messages: Iterable[Message], cut: dict[int, PassportError]) -> Iterator[tuple[int, Message]]:
    number = 0
    try:
        for count, message in enumerate(messages):
            number = int((message.origin or ":0").rpartition(":")[2])
            if count >= MOST_RECORDS:
                cut[0] = TooLarge(
                    f"At most {MOST_RECORDS} records are taken at once: row {number} and what follows was not"
                    " read. Send it in another request."
                )
                return
            yield number, message
    except _TooMuch:
        cut[0] = TooLarge(
            f"At most {MOST_BYTES} bytes are taken at once: what follows row {number} was not read."
        )


def _time() -> datetime | None:
    """The time of the rows, where a mapping takes it from the file. Raises: MalformedInput."""
    text = request.args.get("time")
    try:
        return times.parse(text) if text else None
    except ValueError as error:
        raise MalformedInput(f"The parameter time is {error}.", pointer="/time", rule="datetime") from None


def _reference() -> str:
    return secrets.token_hex(8)


def _texts(
    numbered: Iterable[tuple[int, bytes]], reference: str, cut: dict[int, Any]
) -> Iterator[tuple[int, Message]]:
    for number, text in numbered:
        yield number, Message(text, f"request {reference}:{number}", cut.get(number))


class _TooMuch(Exception):
    """A stream is longer than one request may be, be it in empty lines."""


def _bounded(read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    taken = 0

    def bounded(most: int) -> bytes:
        nonlocal taken
        found = read(most)
        taken += len(found)
        if taken > MOST_BYTES:
            raise _TooMuch
        return found

    return bounded


def _answer(
    plant: Plant, numbered: Iterable[tuple[int, Message]], cut: dict[int, Any], reference: str,
    facts: Mapping[str, str] = MappingProxyType({}), unmapped: Mapping[str, None] = MappingProxyType({}),
) -> Response:  # fmt: skip
    entries: list[dict[str, Any]] = []
    waiting: list[tuple[int, Message]] = []

    def take() -> None:
        spend(plant, len(waiting))
        outcomes = intake_batch.accept_many(context(), plant, [message for _, message in waiting])
        entries.extend(
            _entry(number, outcome) for (number, _), outcome in zip(waiting, outcomes, strict=True)
        )
        waiting.clear()

    try:
        for number, message in numbered:
            is_same_row = bool(waiting) and message.row is not None and message.row is waiting[-1][1].row
            if len(waiting) >= intake_batch.CHUNK and not is_same_row:
                take()
            waiting.append((number, message))
        if waiting:
            take()
    except RateLimited as limit:
        if not entries:
            raise
        cut[0] = RateLimited(f"{limit} Nothing was read from record {waiting[0][0]} on.", limit.retry_after_s)
    counts = {"accepted": 201, "repeated": 200}
    body: dict[str, Any] = {
        "request": reference,
        **facts,
        **({"unmapped": list(unmapped)} if unmapped else {}),
        **{name: sum(entry["code"] == code for entry in entries) for name, code in counts.items()},
        "refused": sum(entry["code"] >= 400 for entry in entries),
        "records": entries,
    }
    if 0 in cut:
        body["notRead"] = problems.document(cut[0])
    response = jsonify(body)
    response.status_code = 207
    return response


def _entry(number: int, outcome: Accepted | Quarantined) -> dict[str, Any]:
    if isinstance(outcome, Accepted):
        return {"record": number, "code": 200 if outcome.repeated else 201, "answer": outcome.answer}
    problem = problems.document(outcome)
    return {"record": number, "code": problem["status"], "problem": problem}
