"""How simulated messages travel: by REST one at a time, as arrays and as lines, or as files into a folder.

A door sends what it is given and tells what became of each message. What got no answer (a broken
connection, a server that restarts) is sent again, as a plant has to; the product tells it as repeated.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import requests

from app.core.line_simulation_faults import Message
from app.core.line_simulation_ledger import Answer, Told

Numbered = Sequence[tuple[int, Message]]
PATIENCE_S: Final = 60.0
_ANSWERS: Final[Mapping[int, Answer]] = {201: "accepted", 200: "repeated"}


class NoAnswer(Exception):
    """A door does not answer, or answers what it never should. For this tool alone."""


class Door(Protocol):
    """One way into the product."""

    name: str

    def send(self, messages: Numbered) -> list[Told]:
        """Send messages; what is told of them at once. Raises: NoAnswer."""

    def finish(self, patience_s: float) -> list[Told]:
        """What was still to be told, waited for so long."""


class Rest:
    """The API: `form` is `single`, `array` or `ndjson`."""

    def __init__(
        self, name: str, server: str, token: str, form: str, *, verify: str | bool = True,
        patience_s: float = PATIENCE_S, pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.name = name
        self._url = f"{server}/api/v1/intake/records"
        self._form = form
        self._patience_s = patience_s
        self._pause = pause
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.verify = verify

    def send(self, messages: Numbered) -> list[Told]:
        if self._form == "ndjson":
            body = b"\n".join(message.text for _, message in messages)
            return _told_of_many(messages, self._post(body, "application/x-ndjson"))
        whole = [each for each in messages if not each[1].is_torn] if self._form == "array" else []
        # One torn member would take the whole array with it: it goes alone.
        alone = [each for each in messages if each not in whole]
        found = []
        if whole:
            body = b"[" + b",".join(message.text for _, message in whole) + b"]"
            found += _told_of_many(whole, self._post(body, "application/json"))
        for number, message in alone:
            answer = self._post(message.text, "application/json")
            found.append(_told(number, answer.status_code, answer.json()))
        return found

    def finish(self, patience_s: float) -> list[Told]:
        self._session.close()
        return []

    def _post(self, body: bytes, media_type: str) -> requests.Response:
        """Raises: NoAnswer when patience ends, or for a refusal that is not about the record."""
        until = time.monotonic() + self._patience_s
        while True:
            why, wait_s = "", 0.5
            try:
                answer = self._session.post(self._url, body, headers={"Content-Type": media_type}, timeout=60)
            except requests.RequestException as error:
                why = type(error).__name__
            else:
                if answer.status_code in (401, 403, 404, 415, 421):
                    raise NoAnswer(f"{self._url} answers {answer.status_code}: {answer.text[:300]}")
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
                why = f"{answer.status_code}"
                wait_s = float(answer.headers.get("Retry-After", wait_s))
            if time.monotonic() + wait_s > until:
                raise NoAnswer(f"{self._url} does not answer ({why}).")
            self._pause(wait_s)


def _told(number: int, status: int, body: Mapping[str, Any]) -> Told:
    return Told(number, _ANSWERS.get(status, "refused"), body.get("rule") or "")


def _told_of_many(messages: Numbered, answer: requests.Response) -> list[Told]:
    if answer.status_code != 207:
        raise NoAnswer(f"Many records were answered with {answer.status_code}: {answer.text[:300]}")
    entries = answer.json()["records"]
    return [
        _told(number, entry["code"], entry.get("problem", {}))
        for (number, _), entry in zip(messages, entries, strict=True)
    ]


class Folder:
    """A watched folder: each batch is renamed into it, and its result is read where the file went.

    `form` is `ndjson` or `csv`; a CSV file holds records of one kind and one header.
    """

    def __init__(self, name: str, place: Path, form: str) -> None:
        self.name = name
        self._place = place
        self._form = form
        self._run = secrets.token_hex(3)
        self._count = 0
        self._waiting: dict[str, Numbered] = {}

    def send(self, messages: Numbered) -> list[Told]:
        files: dict[tuple[str, ...], list[tuple[int, Message]]] = {}
        for number, message in messages:
            header = tuple(_cells(message.record)) if self._form == "csv" else ()
            files.setdefault(header, []).append((number, message))
        for header, rows in files.items():
            self._count += 1
            name = f"sim-{self._run}-{self._count:05}.{self._form}"
            text = _csv(header, rows) if header else b"\n".join(message.text for _, message in rows) + b"\n"
            beside = self._place / f".{name}.tmp"
            beside.write_bytes(text)
            self._waiting[name] = rows
            beside.replace(self._place / name)
        return self._look()

    def finish(self, patience_s: float) -> list[Told]:
        found = self._look()
        until = time.monotonic() + patience_s
        while self._waiting and time.monotonic() < until:
            time.sleep(0.2)
            found += self._look()
        return found

    def _look(self) -> list[Told]:
        found = []
        for directory in ("done", "failed"):
            for path in (self._place / directory).glob(f"*-sim-{self._run}-*.result.json"):
                # A result is written before its file follows: it counts when the file is there.
                name = path.name.removesuffix(".result.json").split("-", 1)[1]
                if name in self._waiting and path.with_name(path.name.removesuffix(".result.json")).exists():
                    found += self._told(self._waiting.pop(name), json.loads(path.read_bytes()))
        return found

    def _told(self, messages: Numbered, result: Mapping[str, Any]) -> list[Told]:
        refused = {each["row"]: each.get("rule") or "" for each in result["errors"]}
        first = 2 if self._form == "csv" else 1
        return [
            Told(number, "refused", refused[row]) if row in refused else Told(number, "taken")
            for row, (number, _) in enumerate(messages, first)
        ]


def _csv(header: Sequence[str], rows: Numbered) -> bytes:
    lines = [list(header)]
    for _, message in rows:
        cells = list(_cells(message.record).values())
        lines.append(cells[:-1] if message.is_torn else cells)
    return "".join(";".join(_quoted(cell) for cell in line) + "\r\n" for line in lines).encode()


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ';"\r\n') else cell


def _cells(record: Mapping[str, Any]) -> dict[str, str]:
    """A record as columns and cells (docs/connect.md)."""
    found = {name: str(record[name]) for name in ("recordId", "kind", "sentAt")}
    found |= {name: str(value) for name, value in record["subject"].items()}
    for name, value in record.get("values", {}).items():
        _put(found, name, value)
    for name, value in record.get("details", {}).items():
        _put(found, f"details.{name}", value)
    for name, value in record.get("notApplicable", {}).items():
        found[f"notApplicable.{name}"] = str(value)
    return found


def _put(found: dict[str, str], name: str, value: Any) -> None:
    if isinstance(value, dict) and "value" in value and not name.startswith("details."):
        column = f"{name} [{value['unit']}]" if "unit" in value else name
        found[column] = _cell(value["value"])
        found |= {f"{name}.{part}": str(value[part]) for part in ("observedAt", "source") if part in value}
    elif isinstance(value, dict) and not name.startswith("details."):
        for inner, member in value.items():
            _put(found, f"{name}.{inner}", member)
    else:
        found[name] = _cell(value)


def _cell(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "|".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
