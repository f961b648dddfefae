"""Many records in one request: an array or a stream of lines; one answer for each record, in order.

The call succeeds (207) whatever becomes of single records: what is refused waits in quarantine and is told in
its place. Everything that is answered is durable. Repeating the whole request changes nothing.
"""

import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from flask import Response, jsonify, request

from app.core import record_stream
from app.core.errors import PassportError, RateLimited, TooLarge
from app.services import intake_batch
from app.services.intake import Accepted, Quarantined
from app.services.intake_batch import Message
from app.services.plants import Plant
from app.web import problems
from app.web.current import context
from app.web.readers import spend

MOST_RECORDS: Final = 10_000
MOST_BYTES: Final = 268_435_456
"""Of a stream: ten thousand records of 26 kB."""
NDJSON: Final = "application/x-ndjson"


def take_array(plant: Plant, items: Sequence[bytes]) -> Response:
    """The members of a JSON array, which the limit for bodies bounds."""
    if len(items) > MOST_RECORDS:
        raise TooLarge(f"The array has {len(items)} members; at most {MOST_RECORDS} are taken.")
    return _answer(plant, enumerate(items, 1), {})


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

    return _answer(plant, numbered(), cut)


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


def _answer(plant: Plant, numbered: Iterable[tuple[int, bytes]], cut: dict[int, Any]) -> Response:
    reference = secrets.token_hex(8)
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
        for number, text in numbered:
            waiting.append((number, Message(text, f"request {reference}:{number}", cut.get(number))))
            if len(waiting) == intake_batch.CHUNK:
                take()
        if waiting:
            take()
    except RateLimited as limit:
        if not entries:
            raise
        cut[0] = RateLimited(f"{limit} Nothing was read from record {waiting[0][0]} on.", limit.retry_after_s)
    counts = {"accepted": 201, "repeated": 200}
    body: dict[str, Any] = {
        "request": reference,
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
