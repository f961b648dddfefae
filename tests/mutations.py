"""Random changes of JSON documents, by seed: of their structure and of their text."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any, Final

from tests.core.test_hostile_documents import ODD_TEXT

ODD: Final = [
    *(json.loads(text) for text in ODD_TEXT.split()),
    "did:web:other.example", "https://w3id.org/open-battery-passport/", "schema:name", "urn:uuid:", "a b:c",
    "x-undefined:term/x", "é:x", "http://x.example/é", "x\u0000y",
    'quoted "text" \\ \n', "\u007f", -0.0, 1.5, 2**53, -(2**53) + 1,
    {"id": "urn:only"}, {"type": "Battery"}, {"type": ["JsonSchema", "Battery"]}, ["same", "same"], [1, "1"],
    {"id": "urn:n", "type": "BatteryModel", "name": "x"}, {"en": ["a", "b"]}, {"EN-gb": "x"}, {"@none": "x"},
]  # fmt: skip
NAMES: Final = (
    "id", "type", "name", "value", "@id", "@type", "@value", "urn:p", "note", "proof", "issuer", "label",
    "validFrom", "description", "batteryMass", "observedAt", "digestMultibase", "__proto__", "constructor",
)  # fmt: skip


def holders(value: Any) -> Iterator[Any]:
    """Every object and list in `value`, itself among them."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from holders(inner)


def structure(document: dict[str, Any], dice: random.Random) -> tuple[str, dict[str, Any]]:
    """What was done, and a changed copy, which may mean the same. One place, any depth."""
    made = copy.deepcopy(document)
    every = list(holders(made))
    while True:
        holder = dice.choice(every)
        what = dice.choice(("odd", "odd", "add", "remove", "rename", "move", "double", "nudge"))
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if what == "add" and isinstance(holder, dict):
            holder[dice.choice(NAMES)] = copy.deepcopy(dice.choice(ODD))
        elif what == "add":
            holder.insert(dice.randint(0, len(holder)), copy.deepcopy(dice.choice(ODD)))
        elif not keys:
            continue
        else:
            key = dice.choice(keys)
            if what == "odd":
                holder[key] = copy.deepcopy(dice.choice(ODD))
            elif what == "remove":
                del holder[key]
            elif what == "rename" and isinstance(holder, dict):
                holder[_renamed(key, dice)] = holder.pop(key)
            elif what == "move":
                holder[key] = copy.deepcopy(dice.choice(every))
            elif what == "double" and isinstance(holder, list):
                holder.insert(dice.randint(0, len(holder)), copy.deepcopy(holder[key]))
            elif what == "nudge" and isinstance(holder[key], str) and holder[key]:
                holder[key] = _nudged(holder[key], dice)
            elif what == "nudge" and type(holder[key]) is int:
                holder[key] += dice.choice((-1, 1))
            else:
                continue
        return what, made


def _renamed(name: str, dice: random.Random) -> str:
    return dice.choice((name + "x", name[:-1], name.upper(), dice.choice(NAMES), name.replace("e", "\u0435")))


def _nudged(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text))
    return text[:at] + dice.choice('a0 Zé\u0301\u200b\\"') * dice.randint(0, 1) + text[at + 1 :]


def of_text(text: str, dice: random.Random) -> tuple[str, bytes]:
    """What was done to one place of the text of a document: bytes, signs, whole members."""
    data = text.encode()
    what = dice.choice(("flip", "flip", "cut", "put", "double member", "escape", "end", "swap"))
    at = dice.randrange(len(data))
    if what == "flip":
        return what, data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]
    if what == "cut":
        return what, data[:at] + data[at + dice.choice((1, 1, 2, 40)) :]
    if what == "put":
        return what, data[:at] + dice.choice(_PUT) + data[at:]
    if what == "double member":
        return what, _doubled(text, dice)
    if what == "escape":
        return what, _escaped_sign(text, dice)
    if what == "end":
        ends = (data[:at], data + data[:at], data + b"\n", b"\xef\xbb\xbf" + data, data + b"\0")
        return what, dice.choice(ends)
    other = dice.randrange(len(data))
    swapped = bytearray(data)
    swapped[at], swapped[other] = data[other], data[at]
    return what, bytes(swapped)


_PUT: Final = (
    b" ", b"\n", b"0", b"-", b".", b"e", b'"', b"\\", b"{", b"]", b",", b"\x00", b"\xc3", b"\xff",
    b"\xe2\x80\xa8",
)  # fmt: skip


def _members(text: str) -> list[int]:
    """Where a member's name begins that follows a brace or a comma."""
    return [at for at in range(1, len(text)) if text[at] == '"' and text[at - 1] in "{,"]


def _doubled(text: str, dice: random.Random) -> bytes:
    """A member more in front of another one, of the same name, plainly or behind an escape."""
    at = dice.choice(_members(text))
    name = text[at : text.index('"', at + 1) + 1]
    if dice.random() < 0.3 and len(name) > 2:
        name = f'"\\u{ord(name[1]):04x}{name[2:]}'
    return (text[:at] + name + ":" + dice.choice(('"x"', "1", "{}", "true")) + "," + text[at:]).encode()


def _escaped_sign(text: str, dice: random.Random) -> bytes:
    """One letter written as an escape: another text of the same meaning, in a value or in a name."""
    places = [at for at, sign in enumerate(text) if sign.isalpha() and text[at - 1] != "\\"]
    at = dice.choice(places)
    return (text[:at] + f"\\u{ord(text[at]) & 0xFFFF:04x}" + text[at + 1 :]).encode()
