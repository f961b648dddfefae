"""A refused text for people: indented line by line, with the place that is at fault marked (RFC 6901).

Nothing is read into values and written back: each token stays as it was sent, so doubled members, odd numbers
and broken JSON are shown as they are. What is no object or list is shown by its own lines.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from app.core.json_pointer import pointer_to

INDENT: Final = "  "
AROUND: Final = 4
"""Lines shown before and after the marked one."""
MOST_CHARACTERS: Final = 200_000
"""Of a longer text only the beginning is indented; the bytes can be loaded whole."""
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_AT: Final = re.compile(r"line (\d+), column (\d+)")
_OPENS: Final = {"{": "}", "[": "]"}
_MEASURED: Final = ("value", "unit")
_PLAIN: Final = re.compile(r"-?\d+(\.\d+)?|true|false|null")

As = Literal["text", "plain"]
"""How a value is written: in quotation marks, or as a number, true, false or null."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `pointer` is the place that begins on it, None for a closing bracket. `start` and `end` say
    where it stands in the text as it came."""

    number: int
    text: str
    pointer: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """One value, to be mended by itself; `name` is the last step of its pointer."""

    pointer: str
    name: str
    value: str
    written: As


@dataclass(frozen=True, slots=True)
class Shown:
    """A refused text, ready to be drawn. `fault` is the number of the marked line; `is_missing`: what the
    reason names is not there, and the line is that of what should hold it. `places` are the value at fault,
    and with a number its unit: one is seldom wrong alone."""

    lines: tuple[Line, ...]
    fault: int | None
    is_missing: bool
    places: tuple[Place, ...]
    is_cut: bool

    @property
    def near(self) -> Sequence[Line]:
        """The marked line with some before and after it; without one, the beginning."""
        at = (self.fault or 1) - 1
        return self.lines[max(at - AROUND, 0) : at + AROUND + 1]

    @property
    def text(self) -> str:
        """All lines, as a form shows them."""
        return "\n".join(line.text for line in self.lines)


def shown(text: str, pointer: str, code: str = "", detail: str = "") -> Shown:
    """`pointer` is the place in `text`; for broken JSON, `detail` says line and column."""
    cut = text[:MOST_CHARACTERS]
    lines = tuple(_lines(cut))
    is_cut = len(cut) < len(text)
    if code == "malformed-json":
        return Shown(lines, _at_offset(lines, _offset(cut, detail)), False, (), is_cut)
    found, is_missing = _at_pointer(lines, pointer)
    places = () if is_missing or is_cut else tuple(_places(cut, lines, pointer))
    return Shown(lines, found, is_missing, places, is_cut)


def is_unchanged(sent: str, text: str) -> bool:
    """Whether a form sent back what it had shown of `text`."""
    return _bare(sent) == _bare(shown(text, "").text)


def with_value(text: str, pointer: str, value: str, written: As) -> str:
    """The text with one value in another's place; everything else stays as it was sent.

    Raises: ValueError where there is no such place, or `value` shall be written plainly and is no number,
    true, false or null.
    """
    if written == "plain" and not _PLAIN.fullmatch(value.strip()):
        raise ValueError("no number, true, false or null")
    span = _span(text, tuple(_lines(text)), pointer)
    if span is None:
        raise ValueError("no such place")
    new = json.dumps(value, ensure_ascii=False) if written == "text" else value.strip()
    return text[: span[0]] + new + text[span[1] :]


# --- lines


@dataclass(slots=True)
class _Open:
    """An object or list that is being read."""

    closes: str
    pointer: str
    count: int = 0
    name: str | None = None
    """Of the member whose value comes next."""

    def next(self) -> str:
        """The place of the value that comes next."""
        step = self.name if self.closes == "}" else str(self.count)
        return self.pointer + pointer_to([step or ""])


@dataclass(slots=True)
class _Writer:
    """Puts tokens into lines. `parts` is the line that is being written."""

    done: list[Line] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    pointer: str | None = None
    start: int = 0
    end: int = 0

    def put(self, token: str, at: int, pointer: str | None) -> None:
        if not self.parts:
            self.start, self.pointer = at, pointer
        self.parts.append(token)
        self.end = at + len(token)

    def wrap(self) -> None:
        if self.parts:
            closes = self.parts[0][:1] in ("}", "]")
            depth = len(self.open) - (1 if not closes and self.parts[-1] in _OPENS else 0)
            text = INDENT * depth + "".join(self.parts)
            self.done.append(Line(len(self.done) + 1, text, self.pointer, self.start, self.end))
            self.parts = []


def _lines(text: str) -> Iterator[Line]:
    if text.lstrip()[:1] not in _OPENS:
        yield from _own_lines(text)
        return
    writer = _Writer()
    tokens = [(found.group(), found.start()) for found in _TOKEN.finditer(text)]
    for number, (token, at) in enumerate(tokens):
        after = tokens[number + 1][0] if number + 1 < len(tokens) else ""
        _take(writer, token, at, after)
    writer.wrap()
    yield from writer.done


def _take(writer: _Writer, sign: str, at: int, after: str) -> None:
    inner = writer.open[-1] if writer.open else None
    if sign in _OPENS:
        pointer = inner.next() if inner else ""
        writer.put(sign, at, pointer)
        writer.open.append(_Open(_OPENS[sign], pointer))
        if after != _OPENS[sign]:
            writer.wrap()
    elif sign in ("}", "]"):
        is_empty = bool(writer.parts) and writer.parts[-1] in _OPENS
        if not is_empty:
            writer.wrap()
        if inner is not None:
            writer.open.pop()
        writer.put(sign, at, None)
        if after not in (",", "}", "]"):
            writer.wrap()
    elif sign == ",":
        writer.put(sign, at, None)
        writer.wrap()
        if inner is not None:
            inner.count, inner.name = inner.count + 1, None
    elif sign == ":":
        writer.put(": ", at, None)
    elif inner is not None and inner.closes == "}" and inner.name is None:
        inner.name = _text_of(sign)
        writer.put(sign, at, inner.next())
    else:
        between = " " if writer.parts and not writer.parts[-1].endswith(" ") else ""
        writer.put(between + sign, at - len(between), inner.next() if inner else "")


def _own_lines(text: str) -> Iterator[Line]:
    start = 0
    for number, line in enumerate(text.splitlines() or [""], 1):
        yield Line(number, line, "" if number == 1 else None, start, start + len(line))
        start += len(line) + 1


# --- places


def _at_pointer(lines: Sequence[Line], pointer: str) -> tuple[int | None, bool]:
    """The line of a place, or of the nearest that holds it."""
    firsts: dict[str, int] = {}
    for line in lines:
        if line.pointer is not None:
            firsts.setdefault(line.pointer, line.number)
    wanted = pointer
    while wanted and wanted not in firsts:
        wanted = wanted.rpartition("/")[0]
    if not pointer:
        return None, False
    return firsts.get(wanted), wanted != pointer


def _at_offset(lines: Sequence[Line], offset: int | None) -> int | None:
    if offset is None:
        return None
    return max((line.number for line in lines if line.start <= offset), default=None)


def _offset(text: str, detail: str) -> int | None:
    found = _AT.search(detail)
    if found is None:
        return None
    before = 0
    for _ in range(int(found[1]) - 1):
        before = text.find("\n", before) + 1
    return before + int(found[2]) - 1


def _places(text: str, lines: Sequence[Line], pointer: str) -> Iterator[Place]:
    parent, _, step = pointer.rpartition("/")
    wanted = [f"{parent}/{name}" for name in _MEASURED] if step in _MEASURED else [pointer]
    for each in wanted:
        found = _place(text, lines, each)
        if found is not None:
            yield found


def _place(text: str, lines: Sequence[Line], pointer: str) -> Place | None:
    span = _span(text, lines, pointer)
    if span is None:
        return None
    token, name = text[span[0] : span[1]], pointer.rpartition("/")[2]
    if not token.startswith('"'):
        return Place(pointer, name, token, "plain")
    value = _text_of(token)
    return Place(pointer, name, value, "text") if value.isprintable() and len(value) <= 500 else None


def _span(text: str, lines: Sequence[Line], pointer: str) -> tuple[int, int] | None:
    """Where a value that is no object or list stands in the text."""
    line = next((each for each in lines if pointer and each.pointer == pointer), None)
    if line is None:
        return None
    tokens = [found.span() for found in _TOKEN.finditer(text, line.start, line.end)]
    is_member = len(tokens) > 2 and text[tokens[1][0]] == ":"
    start, end = tokens[2 if is_member else 0]
    return None if text[start] in "{}[],:" else (start, end)


def _text_of(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token.strip('"')


def _bare(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
