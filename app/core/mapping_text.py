"""A mapping document as text: TOML or JSON in, TOML out, and the one canonical form that is stored.

Source: TOML 1.0; RFC 8785 for the stored form.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from app.core import canonical, json_strict, mapping_parse
from app.core.errors import MalformedInput, TooLarge
from app.core.mapping import Mapping

MOST_BYTES: Final = 262_144
_CLAUSE: Final = "docs/mapping.md"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def loads(text: bytes) -> Mapping:
    """A mapping from its text, JSON where it begins with a brace. Raises: MalformedInput; TooLarge."""
    if len(text) > MOST_BYTES:
        raise TooLarge(f"A mapping has at most {MOST_BYTES} bytes.")
    text = text.removeprefix(b"\xef\xbb\xbf")
    found = json_strict.loads(text, decimals=True) if text.lstrip().startswith(b"{") else _toml(text)
    return mapping_parse.parse(_plain(found))


def stored(mapping: Mapping) -> bytes:
    """The bytes that are kept, and whose digest says whether two mappings are the same."""
    return canonical.jcs(dict(mapping.document))


def dumps(document: Any, why: Callable[[Any], Iterable[str]] = lambda _field: ()) -> str:
    """The same as TOML, a field a line. `why` gives comments that stand above a field."""
    lines = [f"{name} = {dumps_value(document[name])}" for name in ("name", "about") if document.get(name)]
    if document.get("source"):
        lines += ["", "[source]"]
        lines += [f"{_key(key)} = {dumps_value(each)}" for key, each in document["source"].items()]
    for record in document["records"]:
        lines += ["", "[[records]]"]
        lines += [f"{name} = {dumps_value(record[name])}" for name in ("kind", "only") if name in record]
        lines.append("fields = [")
        for field in record["fields"]:
            lines += [*(f"  # {text}" for text in why(field)), f"  {dumps_value(_in_order(field))},"]
        lines.append("]")
    return "\n".join(lines) + "\n"


def _toml(text: bytes) -> Any:
    try:
        return tomllib.loads(text.decode().replace("\r\n", "\n"), parse_float=Decimal)
    except UnicodeDecodeError:
        raise MalformedInput("A mapping is written in UTF-8.", rule="encoding", clause=_CLAUSE) from None
    except tomllib.TOMLDecodeError as error:
        raise MalformedInput(f"This is no TOML: {error}.", rule="toml", clause=_CLAUSE) from None
    except RecursionError:
        raise MalformedInput("This is nested too deeply.", rule="toml", clause=_CLAUSE) from None


def _plain(value: Any) -> Any:
    """Texts, whole numbers, truth values, lists and tables: days and decimals as their text."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


def _in_order(field: dict[str, Any]) -> dict[str, Any]:
    return {name: field[name] for name in mapping_parse.RULE_MEMBERS if name in field}


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def dumps_value(value: Any) -> str:
    """One value as TOML has it."""
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{_key(name)} = {dumps_value(member)}" for name, member in value.items()) + " }"
        )
    if isinstance(value, list):
        return "[" + ", ".join(dumps_value(member) for member in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _string(str(value))
