"""An EPCIS 2.0 document as its events, each with the prefixes that its document gave it.

Contexts are never fetched: the address of the EPCIS context is known by name, and what a document adds are
prefixes alone. The master data of a header is no event and is not taken.
Source: EPCIS 2.0, 10 (JSON and JSON-LD binding); threats T25 (one reading of JSON), T28 (sizes).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from app.core import json_strict
from app.core.epcis_event import EVENT_TYPES
from app.core.errors import TooLarge
from app.core.texts import Place

MAX_BYTES: Final = 4_194_304
MAX_EVENTS: Final = 1_000
MAX_DEPTH: Final = 32
CONTEXTS: Final = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    "https://id.gs1.org/epcis-context.jsonld",
)
"""Addresses under which the one context of EPCIS and CBV is known."""

_CLAUSE: Final = "EPCIS 2.0, 10"
_MEMBERS: Final = (
    "@context", "id", "type", "schemaVersion", "creationDate", "epcisBody", "instanceIdentifier", "sender",
    "receiver",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventText:
    """One event as it was sent, where it stood, and the prefixes that are known there."""

    document: Any
    pointer: str
    prefixes: Mapping[str, str]

    def kept(self) -> Any:
        """What is stored of it: without `recordTime`, which is ours to say, and with the prefixes it uses."""
        if not isinstance(self.document, dict):
            return self.document
        body = {
            name: value for name, value in self.document.items() if name not in ("recordTime", "@context")
        }
        used = _prefixes_in(body)
        context = {prefix: iri for prefix, iri in sorted(self.prefixes.items()) if prefix in used}
        return {"@context": context, **body} if context else body


def events(body: bytes) -> tuple[EventText, ...]:
    """The events of a document, or the one event that was sent alone.

    Raises: MalformedJson; MalformedInput for what is no EPCIS document; TooLarge.
    """
    document = json_strict.loads(
        body, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH, max_items=10_000, decimals=True
    )
    root = Place("", _CLAUSE)
    if not isinstance(document, dict):
        root.refuse("type", "Send an EPCISDocument, or one event, as a JSON object.")
    prefixes = _context(document.get("@context"), root.at("@context"))
    kind = document.get("type")
    if kind in EVENT_TYPES:
        return (EventText(document, "", prefixes),)
    if kind != "EPCISDocument":
        root.at("type").refuse("document-type", f"Send EPCISDocument, or one of {', '.join(EVENT_TYPES)}.")
    for name in document:
        if name == "epcisHeader":
            root.at(name).refuse("header", "Master data is not taken here: leave the header out.")
        if name not in _MEMBERS and ":" not in name:
            root.at(name).refuse("unknown-member", f"A document has the members {', '.join(_MEMBERS)}.")
    version = document.get("schemaVersion")
    if not (isinstance(version, str) and (version == "2" or version.startswith("2."))):
        root.at("schemaVersion").refuse("version", 'EPCIS 2.0 is spoken here: "schemaVersion": "2.0".')
    return _listed(document.get("epcisBody"), root.at("epcisBody"), prefixes)


def one(body: bytes) -> EventText:
    """One event as `kept` wrote it, or as it was mended: prefixes are all the context it needs.

    Raises: MalformedJson; MalformedInput; TooLarge.
    """
    document = json_strict.loads(body, max_depth=MAX_DEPTH, decimals=True)
    root = Place("", _CLAUSE)
    if not isinstance(document, dict):
        root.refuse("type", "Send an event as a JSON object.")
    return EventText(document, "", _within(document, root, {}))


def _listed(body: Any, place: Place, prefixes: Mapping[str, str]) -> tuple[EventText, ...]:
    if isinstance(body, dict) and set(body) == {"event"}:
        return (EventText(body["event"], "/epcisBody/event", _within(body["event"], place, prefixes)),)
    if not isinstance(body, dict) or set(body) != {"eventList"} or not isinstance(body["eventList"], list):
        place.refuse("type", 'Send {"eventList": [...]}.')
    found = body["eventList"]
    if not found:
        place.at("eventList").refuse("not-empty", "The document holds no event.")
    if len(found) > MAX_EVENTS:
        raise TooLarge(f"The document holds {len(found)} events; at most {MAX_EVENTS} are taken at once.")
    return tuple(
        EventText(each, f"/epcisBody/eventList/{at}", _within(each, place.at("eventList").at(at), prefixes))
        for at, each in enumerate(found)
    )


def _within(event: Any, place: Place, prefixes: Mapping[str, str]) -> Mapping[str, str]:
    """An event may bring prefixes of its own."""
    own = event.get("@context") if isinstance(event, dict) else None
    return prefixes if own is None else {**prefixes, **_context(own, place.at("@context"), within=True)}


def _context(value: Any, place: Place, *, within: bool = False) -> Mapping[str, str]:
    found: dict[str, str] = {}
    known = within
    for at, each in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(each, str):
            if each not in CONTEXTS:
                place.at(at).refuse("context", f"No context is fetched here; known is {CONTEXTS[0]}.")
            known = True
        elif isinstance(each, dict):
            for prefix, iri in each.items():
                plain = (
                    isinstance(iri, str) and ":" in iri and prefix and prefix[0] != "@" and ":" not in prefix
                )
                if not plain:
                    place.at(at).at(prefix).refuse("context", "A context of your own holds prefixes alone.")
                found[prefix] = iri
        else:
            place.refuse("context", f"Name the context of EPCIS: {CONTEXTS[0]}.")
    if not known:
        place.refuse("context", f"Name the context of EPCIS: {CONTEXTS[0]}.")
    return MappingProxyType(found)


def expanded(name: str, prefixes: Mapping[str, str]) -> str:
    """`example:colour` in full, where the prefix is known."""
    prefix, colon, rest = name.partition(":")
    return prefixes[prefix] + rest if colon and prefix in prefixes else name


def _prefixes_in(value: Any) -> set[str]:
    """What stands before a colon, in names and texts."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, str):
            found.add(one.partition(":")[0])
    return found


def written(value: Any) -> str:
    """One text for one value: members in order, numbers as exact as they came."""
    if isinstance(value, dict):
        members = (f"{written(name)}:{written(value[name])}" for name in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)
