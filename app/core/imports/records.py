"""A document as intake records: which battery it speaks of, and which record takes which value.

What is the same for the model goes into a `model` record; its declared carbon footprint, where the document
tells its stages or its plant, into a `carbon-footprint` record of that plant; what is the battery's own into
a `reading`: the only kind of record of one battery that needs nothing which such documents lack. Record ids
come from the document's digest, so that bringing it in twice changes nothing.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.core import identifiers
from app.core.catalogue import Attribute
from app.core.errors import MalformedIdentifier, MalformedInput
from app.core.imports import convert, reading
from app.core.imports.assembling import Assembly
from app.core.imports.catalogue_rows import table_of
from app.core.imports.finding import recognise
from app.core.imports.formats import Recognised
from app.core.imports.mapping import Mapped, mapped
from app.core.imports.outcomes import Imported, Outcome, Record
from app.core.imports.tables import VERSION
from app.core.passport import FACILITY

_FOOTPRINT: Final = "carbonFootprintPerLifecycleStage."
_FOOTPRINTS: Final = ("batteryCarbonFootprint", "absoluteCarbonFootprint", "carbonFootprint")
_LINK: Final = re.compile(r"https?://[^/?#]+(?:/[^?#]*)?(/01/[0-9]{8,14}(?:/[^?#]*)?)(?:[?#].*)?")
_LONGEST: Final = 2_048
"""Of an identifier; no pattern is tried on a longer text (T28)."""
_ELEMENTS: Final = re.compile(r"(?:\]d2)?\(?01\)?([0-9]{14})\(?21\)?(.{1,20})")
_SGTIN: Final = re.compile(r"urn:epc:id:sgtin:([0-9]{6,12})\.([0-9])([0-9]{0,6})\.([^:]{1,60})")


@dataclass(frozen=True, slots=True)
class Told:
    """What the sender says about the document: its battery, where the document does not name it."""

    gtin: str | None = None
    serial: str | None = None


def imported(data: bytes, told: Told, now: str) -> Imported:
    """The records that a document becomes, at `now` (UTC). The same bytes give the same record ids.

    Raises: MalformedInput, MalformedJson, TooLarge where the document as a whole cannot be taken.
    """
    value, encoding = reading.read(data)
    found = recognise(value)
    said = mapped(table_of(found.format), found.parts)
    key = _subject(said, told)
    digest = hashlib.sha256(data).hexdigest()
    stated = said.subject.get("time", [])
    sent_at = next((text for text in (_time(*one) for one in stated) if text and text <= now), now)
    for text, outcome in stated:
        outcome.status = "mapped"
        outcome.attribute = "sentAt"
        if text and _time(text, outcome) != sent_at:
            outcome.refuse("It is no time before now, or another was taken.")
    seed = hashlib.sha256(f"{digest}/{key.get('gtin')}/{key.get('serial')}/{VERSION}".encode()).hexdigest()
    records = _records(said, key, found, sent_at, f"import-{seed[:24]}")
    for _, outcome in said.subject.get("method", ()):
        if outcome.status == "unknown":
            outcome.status, outcome.reason = (
                "notTaken",
                "It is told with the stages of a footprint, and there are none.",
            )
    said.settle()
    return Imported(
        found.format, found.version, found.evidence, encoding, digest, key, records,
        tuple(said.outcomes), found.structure,
    )  # fmt: skip


def _time(text: str, outcome: Outcome) -> str | None:
    try:
        return str(convert.time(text).value)
    except MalformedInput:
        return None


# --- the battery


def _subject(said: Mapped, told: Told) -> dict[str, str]:
    """GTIN and serial, from the document and from what was told besides; both must agree.

    Raises: MalformedInput where no GTIN is known, or two are.
    """
    found: dict[str, str] = {}
    for name in ("gtin", "serial"):
        given = getattr(told, name)
        if given is not None:
            check = identifiers.gtin if name == "gtin" else identifiers.serial
            found[name] = check(_long(given) if name == "gtin" else given, f"/{name}")
    for kind in ("identifier", "gtin", "serial"):
        for text, outcome in said.subject.get(kind, ()):
            _named(kind, text, outcome, found)
    if "gtin" not in found:
        wrong = next((one for one in _namings(said) if one.status == "refused"), None)
        at = f" (At {wrong.leaf.pointer}: {wrong.reason})" if wrong else ""
        raise MalformedInput(
            f"The document names no GTIN of the battery: say it with --gtin (on the page: GTIN).{at}",
            pointer="/gtin", rule="import-subject",
        )  # fmt: skip
    return found


def _namings(said: Mapped) -> list[Outcome]:
    return [outcome for kind in ("identifier", "gtin") for _, outcome in said.subject.get(kind, ())]


def _named(kind: str, text: str, outcome: Outcome, found: dict[str, str]) -> None:
    try:
        read = {"identifier": _identifier, "gtin": _gtin, "serial": _serial}[kind](text)
    except MalformedIdentifier as refusal:
        outcome.refuse(str(refusal))
        return
    if not read:
        outcome.status = "notTaken"
        outcome.reason = "It names the battery, but holds neither a GS1 Digital Link nor a GTIN."
        return
    for name, value in read.items():
        if found.setdefault(name, value) != value:
            raise MalformedInput(
                f"The {name} at {outcome.leaf.pointer} is not the one that was told, or named before.",
                pointer=outcome.leaf.pointer, rule="import-subject",
            )  # fmt: skip
    outcome.status, outcome.attribute = "mapped", "subject"
    outcome.after = dict(read)


def _identifier(text: str) -> dict[str, str]:
    """GTIN and serial of a Digital Link, an SGTIN or GS1 element strings, or a GTIN; nothing for any other.

    Raises: MalformedIdentifier.
    """
    if len(text) > _LONGEST:
        return {}
    link = _LINK.fullmatch(text)
    epc, elements = _SGTIN.fullmatch(text), _ELEMENTS.fullmatch(text)
    if link:
        pieces = link[1].split("/")
        named = {pieces[at]: pieces[at + 1] for at in range(1, len(pieces) - 1, 2)}
        serial = _serial(identifiers.path_value(named["21"])) if "21" in named else {}
        return _gtin(named.get("01", "")) | serial
    if epc and len(digits := f"{epc[2]}{epc[1]}{epc[3]}") == 13:
        return {"gtin": digits + identifiers.check_digit(digits)} | _serial(identifiers.path_value(epc[4]))
    if elements:
        return _gtin(elements[1]) | _serial(elements[2])
    # A shorter number may be anything: one in ten has the right check digit by chance.
    if re.fullmatch(r"[0-9]{13,14}", text):
        return _gtin(text)
    return {}


def _gtin(text: str) -> dict[str, str]:
    return {"gtin": identifiers.gtin(_long(text))}


def _long(text: str) -> str:
    """A GTIN-8, -12 or -13 with the zeros before it."""
    return text.zfill(14) if text.isascii() and text.isdigit() and len(text) in (8, 12, 13) else text


def _serial(text: str) -> dict[str, str]:
    return {"serial": identifiers.serial(text)}


# --- the records


def _records(
    said: Mapped, key: Mapping[str, str], found: Recognised, sent_at: str, record_id: str
) -> tuple[Record, ...]:
    values: dict[str, dict[str, Any]] = {"model": {}, "footprint": {}, "item": {}}
    stages: list[dict[str, Any]] = []
    has_stages = any(name.startswith(_FOOTPRINT) for name in said.assemblies)
    plant = said.assemblies.get(FACILITY)
    facility = plant.value() if plant is not None else None
    for assembly in said.assemblies.values():
        value = assembly.value()
        if value is None:
            continue
        part = _part(assembly.attribute, has_stages or facility is not None)
        if part == "item" and "serial" not in key:
            for outcome in _outcomes(assembly):
                outcome.refuse("It is of one battery, and no serial is known: say it with --serial.")
            continue
        if part == "footprint" and assembly.attribute.id.startswith(_FOOTPRINT):
            stage = assembly.attribute.id.removeprefix(_FOOTPRINT)
            stages.append({"stage": stage, "carbonFootprint": value["value"]})
        values[part][assembly.attribute.id] = _dated(assembly, value, sent_at, found.title)
        if assembly.attribute.wrapped and not assembly.times:
            for outcome in _outcomes(assembly):
                outcome.reason = "; ".join(
                    filter(None, (outcome.reason, f"no time is named: taken as {sent_at}"))
                )
        for outcome in _outcomes(assembly):
            outcome.record = f"{record_id}-{part}"
    if values["footprint"] and not stages and facility is None:
        values["model"] |= values.pop("footprint")
        for assembly in said.assemblies.values():
            for outcome in _outcomes(assembly):
                outcome.record = (outcome.record or "").replace("-footprint", "-model") or None
    model = {"gtin": key["gtin"]}
    details: dict[str, Callable[[], dict[str, Any]]] = {
        "footprint": lambda: {
            "method": _method(said, found.title),
            **({"stages": stages} if stages else {}),
            **({"facility": facility} if facility else {}),
        },
        "item": lambda: {"device": f"Import: {found.title}"[:200]},
    }
    kinds = {"model": "model", "footprint": "carbon-footprint", "item": "reading"}
    made = []
    for part, given in values.items():
        if given:
            document: dict[str, Any] = {
                "recordId": f"{record_id}-{part}",
                "kind": kinds[part],
                "sentAt": sent_at,
                "subject": model | ({"serial": key["serial"]} if part == "item" else {}),
                "values": given,
            }
            if part in details:
                document["details"] = details[part]()
            made.append(Record(part, document))
    return tuple(made)


def _method(said: Mapped, title: str) -> str:
    """The method of a footprint study, as far as the document names one."""
    named = []
    for text, outcome in said.subject.get("method", ()):
        outcome.status, outcome.attribute = "mapped", "details.method"
        named.append(text)
    return "; ".join(dict.fromkeys(named)) or f"Declared in a document ({title}) that names no method"


def _part(attribute: Attribute, is_study: bool) -> str:
    """Where an attribute goes: by the level that it has, the model's where plants share it."""
    if attribute.id.startswith(_FOOTPRINTS) and "model" in attribute.levels:
        return "footprint" if is_study else "model"
    if attribute.granularity == "model" or "item" not in attribute.levels:
        return "model"
    return "item"


def _dated(assembly: Assembly, value: Any, sent_at: str, title: str) -> Any:
    """A dynamic value with its time: its own, or that of the document."""
    attribute = assembly.attribute
    at = max(assembly.times) if assembly.times else sent_at
    if attribute.wrapped:
        inner: dict[str, Any] = value if _is_measured(value) else {"value": value}
        return inner | {"observedAt": at, "source": assembly.source or f"Import: {title}"[:200]}
    return value


def _is_measured(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"value", "unit"}


def _outcomes(assembly: Assembly) -> list[Outcome]:
    return [outcome for piece in assembly.root.pieces() for outcome in piece.outcomes]
