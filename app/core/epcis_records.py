"""What one EPCIS event means here: records for the intake, made from the event alone.

(1) The event itself is a record of the kind `event`, whole; its id follows from the event's. (2) Where it
speaks of several items, each has a short record of its own that names the whole. (3) Measured values whose
type is an attribute of the catalogue become values. (4) A stamp, or its withdrawal, is asked for by name and
becomes a record of its own. (5) An error declaration takes back what the event said.

The same event gives the same bytes, so that an event that comes twice is one record.
Source: CBV 2.0; `docs/epcis.md`.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.core import epcis_event
from app.core.catalogue import by_id
from app.core.epcis_document import EventText, expanded, written
from app.core.epcis_event import Event, Quantity
from app.core.epcis_things import Thing
from app.core.texts import Place
from app.core.times import parse, to_text
from app.core.vocabulary import TERMS_URL

STAMP: Final = f"{TERMS_URL}stamp"
STAMP_WITHDRAWN: Final = f"{TERMS_URL}stampWithdrawn"
"""Types of a business transaction by which an event stamps a battery, or takes the stamp from it."""

UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "P1": ("%",), "CEL": ("Cel",), "OHM": ("ohm",), "KWH": ("kWh",), "AMH": ("Ah",), "KGM": ("kg",),
    "VLT": ("V",), "WTT": ("W",), "KMT": ("km",), "MIN": ("min",), "ANN": ("a",), "NU": ("N.m",),
    "C62": ("1", "cycles"),
}  # fmt: skip
"""Codes of UN/CEFACT Recommendation 20, and the catalogue's units that they name. Nothing is converted."""

_UUID: Final = re.compile(r"urn:uuid:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_CLAUSE: Final = epcis_event.CLAUSE
_RESULTS: Final = {"conformant": "pass", "non_conformant": "fail"}


@dataclass(frozen=True, slots=True)
class Translated:
    """One event as records: the whole first, stamps last."""

    event_id: str
    records: tuple[bytes, ...]


def record_id(event_id: str) -> str:
    """The id of an event's record: its UUID, or for other forms of id a digest of it."""
    if _UUID.fullmatch(event_id):
        return event_id.lower()
    digest = hashlib.sha256(event_id.encode()).digest()
    return f"epcis:{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def record_id_in(document: Mapping[str, Any]) -> str | None:
    """The id of the record that a refused event would have become, where it can be told."""
    event_id = document.get("eventID")
    if not isinstance(event_id, str) or not isinstance(document.get("type"), str):
        return None
    return f"{record_id(event_id)}.w" if "errorDeclaration" in document else record_id(event_id)


def _digest_id(kept: Any) -> str:
    """An id for an event that came without one: the digest of its text (RFC 6920) but for what it declares.

    It is not the hash id of CBV 2.0, whose published examples contradict each other; a sender that works with
    those sends them.
    """
    told = {name: value for name, value in kept.items() if name != "errorDeclaration"}
    digest = hashlib.sha256(written(told).encode()).digest()
    return f"ni:///sha-256;{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def translate(text: EventText) -> Translated:
    """The records of one event. Raises: MalformedInput with a pointer into the event."""
    place = Place("", _CLAUSE)
    event = epcis_event.read(text.document, place)
    event_id = event.event_id or _digest_id(text.kept())
    wrong = event.error is not None
    if event.error is not None and event.error.declared_at < event.time:
        place.at("errorDeclaration").at("declarationTime").refuse(
            "declaration", "An event is declared wrong after it happened."
        )
    own = record_id(event_id)
    prefix = f"{own}.w" if wrong else own
    at = to_text(event.error.declared_at if event.error is not None else event.time)
    said = {} if wrong else _said(event, text.prefixes, place)
    items = _items(event)
    details = {**_details(event, event_id), **_lists(event), "event": text.kept()}
    one = items[0] if len(items) == 1 else None
    made = [_record(prefix, at, one, details, own if wrong else None, said)]
    if len(items) > 1:  # (2)
        for number, item in enumerate(items, 1):
            part = {**_details(event, event_id), "whole": prefix}
            back = f"{own}.{number}" if wrong else None
            made.append(_record(f"{prefix}.{number}", at, item, part, back, said))
    made += _stamps(event, prefix, at, place)
    return Translated(event_id, tuple(written(each).encode() for each in made))


def _details(event: Event, event_id: str) -> dict[str, Any]:
    """What every record of an event tells of it."""
    error = event.error
    found = {
        "eventId": event_id,
        "eventType": event.type,
        "action": event.action,
        "bizStep": event.step,
        "disposition": event.disposition,
        "eventTime": to_text(event.time),
        "eventTimeZoneOffset": event.offset,
        "readPoint": event.read_point,
        "bizLocation": event.location,
        "declaredWrongAt": to_text(error.declared_at) if error is not None else None,
        "correctiveEventIds": list(error.correctives) if error is not None else None,
    }
    return {name: value for name, value in found.items() if value}


_LISTS: Final = {
    "epcList": "things", "childEPCs": "children", "inputEPCList": "inputs", "outputEPCList": "outputs",
    "quantityList": "quantities", "childQuantityList": "childQuantities",
    "inputQuantityList": "inputQuantities", "outputQuantityList": "outputQuantities",
}  # fmt: skip


def _lists(event: Event) -> dict[str, Any]:
    """What the event happened to, as it was sent."""
    found: dict[str, Any] = {
        _LISTS[name]: [each.text for each in things] for name, things in event.epcs.items() if things
    }
    for name, quantities in event.quantities.items():
        if quantities:
            found[_LISTS[name]] = [_quantity(each) for each in quantities]
    if event.parent is not None:
        found["parent"] = event.parent.text
    if event.transformation_id is not None:
        found["transformationId"] = event.transformation_id
    return found


def _quantity(quantity: Quantity) -> dict[str, Any]:
    told: dict[str, Any] = {"class": quantity.of.text}
    if quantity.value is not None:
        told["quantity"] = quantity.value
    return told | ({"unit": quantity.uom} if quantity.uom is not None else {})


def _items(event: Event) -> tuple[Thing, ...]:
    """Serialised products that the event speaks of, not what is inside of another or on a pallet."""
    found: tuple[Thing, ...] = ()
    if event.type in ("ObjectEvent", "TransactionEvent"):
        found = event.epcs.get("epcList", ())
    elif event.type == "TransformationEvent":
        found = event.epcs.get("outputEPCList", ())
    elif event.type == "AssociationEvent" and event.parent is not None:
        found = (event.parent,)
    return tuple(each for each in found if each.kind == "item")


def _record(
    own_id: str, at: str, item: Thing | None, details: dict[str, Any], back: str | None, said: dict[str, Any]
) -> dict[str, Any]:
    subject = {"gtin": item.gtin, "serial": item.serial} if item is not None else {}
    made: dict[str, Any] = {"recordId": own_id, "kind": "event", "sentAt": at, "subject": subject}
    if back is not None:
        details = {**details, "takesBack": back}
    if "qualityResults" in said:
        details = {**details, "qualityResults": said["qualityResults"]}
    if item is not None and said.get("values"):
        made["values"] = said["values"]
    return {**made, "details": details}


def _said(event: Event, prefixes: Mapping[str, str], place: Place) -> dict[str, Any]:
    """Values, and the result of an inspection."""
    said: dict[str, Any] = {}
    values = _values(event, prefixes, place)
    if values:
        if event.type != "ObjectEvent" or not _items(event):
            place.at("sensorElementList").refuse(
                "values", "A value for a passport is sent in an ObjectEvent whose epcList names the battery."
            )
        said["values"] = values
    result = _RESULTS.get(event.disposition or "")
    if result is not None:
        tests = [name for kind, name in event.transactions if kind == "testres"]
        found = {"check": ", ".join([event.step or "inspecting", *tests])[:300], "result": result}
        station = {"station": event.read_point} if event.read_point else {}
        said["qualityResults"] = [{**found, "at": to_text(event.time), **station}]
    return said


def _values(event: Event, prefixes: Mapping[str, str], place: Place) -> dict[str, Any]:  # (3)
    found: dict[str, Any] = {}
    for number, element in enumerate(event.sensors):
        metadata = element.get("sensorMetadata", {})
        for row, report in enumerate(element["sensorReport"]):
            here = place.at("sensorElementList").at(number).at("sensorReport").at(row)
            kind = report.get("type")
            iri = expanded(kind, prefixes) if isinstance(kind, str) else ""
            if not iri.startswith(TERMS_URL):
                continue  # what it measures is told in other words: kept with the event
            attribute = iri.removeprefix(TERMS_URL)
            if attribute in found:
                here.at("type").refuse("twice", "This attribute is given twice in one event.")
            found[attribute] = _value(attribute, report, metadata, event, here)
    return found


def _value(
    attribute: str, report: Mapping[str, Any], metadata: Mapping[str, Any], event: Event, here: Place
) -> Any:
    row = by_id(attribute)
    if row is None or not {"value", "stringValue"} & set(report):
        here.at("type").refuse(
            "unknown-attribute",
            "Name an attribute of the catalogue, and give its number as value or its text as stringValue.",
        )
    found: dict[str, Any] = {"value": report.get("value", report.get("stringValue"))}
    if isinstance(found["value"], Decimal | int) and row.unit is not None:
        units = UNITS.get(str(report.get("uom")), ())
        if row.unit not in units:
            wanted = " or ".join(code for code, names in UNITS.items() if row.unit in names)
            here.at("uom").refuse(
                "uom",
                f"This attribute is in {row.unit}: convert the number and send the uom {wanted or '-'}.",
            )
        found["unit"] = row.unit
    if not row.wrapped:
        return found if "unit" in found else found["value"]
    time = report.get("time", metadata.get("time"))
    device = report.get("deviceID", metadata.get("deviceID"))
    found["observedAt"] = to_text(event.time)
    if time is not None:
        try:
            found["observedAt"] = to_text(parse(str(time)))
        except ValueError:
            here.at("time").refuse("datetime", "Send a time with its zone, such as 2026-11-24T09:00:00Z.")
    found["source"] = str(device)[:200] if device else "inspection on the line"
    return found


def _stamps(event: Event, prefix: str, at: str, place: Place) -> list[dict[str, Any]]:  # (4)
    asked = {kind: name for kind, name in event.transactions if kind in (STAMP, STAMP_WITHDRAWN)}
    if not asked:
        return []
    here = place.at("bizTransactionList")
    wanted = {STAMP: "conformant", STAMP_WITHDRAWN: "non_conformant"}
    if len(asked) > 1:
        here.refuse("stamp", "An event gives a stamp or takes it, not both.")
    ((kind, name),) = asked.items()
    things = event.epcs.get("epcList", ())
    fits = (
        event.type == "ObjectEvent" and event.step == "inspecting" and event.disposition == wanted[kind or ""]
    )
    if not fits or not things or any(each.kind != "item" for each in things):
        here.refuse(
            "stamp",
            "A stamp is given by an ObjectEvent with the bizStep inspecting and the disposition conformant,"
            " and taken with non_conformant; its epcList names batteries by GTIN and serial.",
        )
    if event.error is None and kind == STAMP:
        station = {"station": event.read_point} if event.read_point else {}
        act, suffix, details = "release", "ok", {"stamp": "OK", "stampedBy": name, **station}
    elif event.error is None:
        act, suffix, details = "withdrawal", "off", {"reason": f"non-conformant: {name}"}
    elif kind == STAMP:  # (5)
        act, suffix = "withdrawal", "off"
        details = {
            "reason": f"The stamp {name} was declared wrong: {event.error.reason or 'no reason given'}"
        }
    else:
        return []  # a stamp that was taken by mistake is given anew, by an event of its own
    return [
        {
            "recordId": f"{prefix}.{suffix}.{number}",
            "kind": act,
            "sentAt": at,
            "subject": {"gtin": each.gtin, "serial": each.serial},
            "details": details,
        }
        for number, each in enumerate(things, 1)
    ]
