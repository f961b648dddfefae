"""The slow reader behind `json_strict`: reads only what was already refused, to say where and why.

It is also the plain statement of the rules, and mirrors the reader in the browser.
"""

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from app.core.errors import MalformedJson
from app.core.json_pointer import pointer_to

MAX_INTEGER: Final = 2**53 - 1
MAX_NUMBER_LENGTH: Final = 40

FORBIDDEN_TEXT: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(1, 17))
    + "]"
)
"""Controls except tab, line feed and carriage return; surrogates and non-characters (RFC 7493 2.1)."""

PLAIN_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z0-9_.+-]+")
_BLANKS = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile(r"[0-9A-Fa-f]{4}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may hold; `decimals` allows numbers with a fraction."""

    max_depth: int
    max_members: int
    max_items: int
    max_text_bytes: int
    decimals: bool


def explain(text: str, limits: Limits) -> None:
    """Raise MalformedJson for the first rule that `text` breaks; return when it breaks none."""
    _Scanner(text, limits).document()


class _Scanner:
    """Recursive descent with a path; the depth limit bounds the recursion."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.at = 0
        self.path: list[str] = []

    def document(self) -> None:
        self.blanks()
        self.value(0)
        self.blanks()
        if self.at != len(self.text):
            self.fail("there is more after the end of the document; send one JSON value", "one-document")

    def fail(self, reason: str, rule: str, clause: str = "RFC 8259") -> NoReturn:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - (self.text.rfind("\n", 0, self.at) + 1) + 1
        place = _printable(pointer_to(self.path))
        raise MalformedJson(
            f"line {line}, column {column}: {reason}", pointer=place, rule=rule, clause=clause
        )

    def blanks(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def value(self, depth: int) -> None:
        first = self.text[self.at : self.at + 1]
        if first in ("{", "["):
            if depth >= self.limits.max_depth:
                self.fail(f"nested more than {self.limits.max_depth} deep", "depth", "T25")
            self.object(depth + 1) if first == "{" else self.array(depth + 1)
        elif first == '"':
            self.string()
        elif first == "-" or first.isdigit():
            self.number()
        else:
            self.word()

    def object(self, depth: int) -> None:
        self.at += 1
        names: set[str] = set()
        self.blanks()
        while self.text[self.at : self.at + 1] != "}" or names:
            if self.text[self.at : self.at + 1] != '"':
                self.fail("here a member name in double quotes is expected", "syntax")
            start = self.at
            name = self.string()
            if name in names:
                self.at = start
                self.path.append(name)
                self.fail(
                    "this member is there twice; send each member once", "doubled-member", "RFC 7493 2.3"
                )
            names.add(name)
            if len(names) > self.limits.max_members:
                self.fail(f"more than {self.limits.max_members} members in one object", "members", "T25")
            self.path.append(name)
            self.blanks()
            if self.text[self.at : self.at + 1] != ":":
                self.fail("here a colon is expected, then the member's value", "syntax")
            self.at += 1
            self.blanks()
            self.value(depth)
            self.path.pop()
            if not self.more("}"):
                return
        self.at += 1

    def array(self, depth: int) -> None:
        self.at += 1
        self.blanks()
        count = 0
        while self.text[self.at : self.at + 1] != "]" or count:
            count += 1
            if count > self.limits.max_items:
                self.fail(f"more than {self.limits.max_items} items in one array", "items", "T25")
            self.path.append(str(count - 1))
            self.value(depth)
            self.path.pop()
            if not self.more("]"):
                return
        self.at += 1

    def more(self, closing: str) -> bool:
        """After a value: True past a comma, False past the closing bracket."""
        self.blanks()
        sign = self.text[self.at : self.at + 1]
        if sign not in (",", closing) or not sign:
            self.fail(f"here a comma or {closing} is expected", "syntax")
        self.at += 1
        if sign == ",":
            self.blanks()
        return sign == ","

    def string(self) -> str:
        start = self.at
        self.at += 1
        parts: list[str] = []
        while True:
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                parts.append(plain.group())
                self.at = plain.end()
            sign = self.text[self.at : self.at + 1]
            if sign == '"':
                break
            if sign != "\\":
                self.fail(
                    "the text does not end"
                    if not sign
                    else "a control character in a text; write it as an escape",
                    "text",
                )
            parts.append(self.escape())
        self.at += 1
        # A pair of escapes is one character; only what stays alone is a lone surrogate.
        whole = "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        forbidden = FORBIDDEN_TEXT.search(whole)
        if forbidden or len(whole.encode("utf-8", "surrogatepass")) > self.limits.max_text_bytes:
            self.at = start
            if not forbidden:
                self.fail(f"a text of more than {self.limits.max_text_bytes} bytes", "text-length", "T25")
            code = f"U+{ord(forbidden.group()):04X}"
            kind = "a lone surrogate" if "\ud800" <= forbidden.group() <= "\udfff" else "a character"
            self.fail(f"this text holds {kind} that is not allowed: {code}", "text", "RFC 7493 2.1")
        return whole

    def escape(self) -> str:
        letter = self.text[self.at + 1 : self.at + 2]
        if letter == "u":
            code = _HEX.match(self.text, self.at + 2)
            if not code:
                self.fail("\\u needs four hexadecimal digits", "text")
            self.at = code.end()
            return chr(int(code.group(), 16))
        if letter not in _ESCAPES or not letter:
            self.fail("an unknown escape in a text; a backslash itself is written \\\\", "text")
        self.at += 2
        return _ESCAPES[letter]

    def number(self) -> None:
        found = _NUMBER.match(self.text, self.at)
        word = _WORD.match(self.text, self.at)
        if not found or not word or found.end() != word.end():
            self.fail("this is not a number in JSON's form", "number")
        text = found.group()
        if text == "-0":
            self.fail("write 0, not -0", "number", "RFC 7493 2.2")
        if len(text) > MAX_NUMBER_LENGTH:
            self.fail(f"a number of more than {MAX_NUMBER_LENGTH} characters", "number", "RFC 7493 2.2")
        if re.fullmatch(r"-?[0-9]+", text):
            if not -MAX_INTEGER <= int(text) <= MAX_INTEGER:
                self.fail("a whole number beyond 2^53-1; send it as text", "number", "RFC 7493 2.2")
        elif not self.limits.decimals:
            self.fail("a number with a fraction or exponent; send it as text", "number", "RFC 7493 2.2")
        elif not PLAIN_DECIMAL.fullmatch(text):
            self.fail("write the number without an exponent", "number", "RFC 7493 2.2")
        self.at = found.end()

    def word(self) -> None:
        found = _WORD.match(self.text, self.at)
        if found and found.group() in ("true", "false", "null"):
            self.at = found.end()
        elif found and found.group() in ("NaN", "Infinity"):
            self.fail("NaN and Infinity are not JSON; leave the member out", "number")
        else:
            self.fail(
                "here a JSON value is expected"
                if self.at < len(self.text)
                else "the document ends too early",
                "syntax",
            )


def _printable(pointer: str) -> str:
    """The pointer as it may be shown: no controls or surrogates, not without end."""
    return FORBIDDEN_TEXT.sub("\ufffd", pointer)[:1_000]
