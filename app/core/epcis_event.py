"""One EPCIS 2.0 event, checked: its dimensions, in one form.

Members that the standard does not know must carry a prefix (`example:colour`): they are kept and mean nothing
here. Anything else unknown is refused, so that a misspelled list is not an event without that list.
Source: EPCIS 2.0, 7.3 and 7.4 (event types), 7.4.1.2 (error declaration); CBV 2.0, 7.1 and 7.2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from app.core import times
from app.core.epcis_things import Thing, thing
from app.core.texts import Place, string

CLAUSE: Final = "EPCIS 2.0, 7.4"
EVENT_TYPES: Final = (
    "ObjectEvent", "AggregationEvent", "AssociationEvent", "TransformationEvent", "TransactionEvent",
)  # fmt: skip
ACTIONS: Final = ("ADD", "OBSERVE", "DELETE")
MAX_THINGS: Final = 1_000
"""Identifiers in one list of an event."""

_COMMON: Final = (
    "type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "errorDeclaration",
    "certificationInfo", "bizStep", "disposition", "persistentDisposition", "readPoint", "bizLocation",
    "bizTransactionList", "sourceList", "destinationList", "sensorElementList", "@context",
)  # fmt: skip
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "ObjectEvent": ("action", "epcList", "quantityList", "ilmd"),
    "AggregationEvent": ("action", "parentID", "childEPCs", "childQuantityList"),
    "AssociationEvent": ("action", "parentID", "childEPCs", "childQuantityList"),
    "TransformationEvent": (
        "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID",
        "ilmd",
    ),
    "TransactionEvent": ("action", "parentID", "epcList", "quantityList"),
}  # fmt: skip
_EPC_LISTS: Final = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITY_LISTS: Final = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_OFFSET: Final = re.compile(r"[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00")
_UOM: Final = re.compile(r"[A-Z0-9]{2,3}")
_EVENT_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,280}")
_STEP: Final = re.compile(
    r"(?:urn:epcglobal:cbv:(?:bizstep|disp|btt|sdt|er):|https://(?:ref|ns)\.gs1\.org/(?:cbv|voc)/"
    r"(?:BizStep|Bizstep|Disp|BTT|SDT|ER)-|cbv:(?:BizStep|Disp|BTT|SDT|ER)-)([a-z_]+)"
)
_MOST: Final = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Quantity:
    """So much of a class; `value` None: some of it."""

    of: Thing
    value: Decimal | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """The event never happened as it was told; `correctives` are what did."""

    declared_at: datetime
    reason: str | None
    correctives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What the event says beyond the document itself. Lists by the standard's name, empty where absent."""

    type: str
    event_id: str | None
    time: datetime
    offset: str
    action: str | None
    epcs: Mapping[str, tuple[Thing, ...]]
    quantities: Mapping[str, tuple[Quantity, ...]]
    parent: Thing | None
    step: str | None
    disposition: str | None
    read_point: str | None
    location: str | None
    transformation_id: str | None
    transactions: tuple[tuple[str | None, str], ...]
    """Type in short, and the transaction."""
    sensors: tuple[Any, ...]
    error: ErrorDeclaration | None


def read(document: Any, place: Place) -> Event:
    """Check one event. Raises: MalformedInput with pointer and rule."""
    if not isinstance(document, dict):
        place.refuse("type", "Send an event as a JSON object.")
    kind = document.get("type")
    if kind not in EVENT_TYPES:
        place.at("type").refuse("event-type", f"Send one of {', '.join(EVENT_TYPES)}.")
    for name in document:
        if name not in _COMMON and name not in _OWN[kind] and ":" not in name:
            place.at(name).refuse(
                "unknown-member",
                f"A {kind} has no such member. One of your own needs a prefix, such as example:{name}.",
            )
    time = _time(document, "eventTime", place)
    offset = document.get("eventTimeZoneOffset")
    if not (isinstance(offset, str) and _OFFSET.fullmatch(offset)):
        place.at("eventTimeZoneOffset").refuse("offset", "Send the offset of the place, such as +01:00.")
    event = Event(
        type=kind,
        event_id=_event_id(document.get("eventID"), place.at("eventID")),
        time=time,
        offset=offset,
        action=_action(kind, document.get("action"), place.at("action")),
        epcs={name: _epcs(document[name], place.at(name)) for name in _EPC_LISTS if name in document},
        quantities={
            name: _quantities(document[name], place.at(name)) for name in _QUANTITY_LISTS if name in document
        },
        parent=_thing(document["parentID"], place.at("parentID")) if "parentID" in document else None,
        step=_short(document.get("bizStep"), place.at("bizStep")),
        disposition=_short(document.get("disposition"), place.at("disposition")),
        read_point=_location(document.get("readPoint"), place.at("readPoint")),
        location=_location(document.get("bizLocation"), place.at("bizLocation")),
        transformation_id=_event_id(document.get("transformationID"), place.at("transformationID")),
        transactions=_transactions(document.get("bizTransactionList"), place.at("bizTransactionList")),
        sensors=_sensors(document.get("sensorElementList"), place.at("sensorElementList")),
        error=_error(document.get("errorDeclaration"), place.at("errorDeclaration")),
    )
    _require_what(event, document, place)
    return event


def _require_what(event: Event, document: Mapping[str, Any], place: Place) -> None:
    """Each type of event speaks of something."""
    things = sum(map(len, event.epcs.values())) + sum(map(len, event.quantities.values()))
    if event.type == "AssociationEvent" and event.parent is None:
        place.at("parentID").refuse("required", "An AssociationEvent names its parent.")
    if event.type == "AggregationEvent" and event.parent is None and event.action != "OBSERVE":
        place.at("parentID").refuse("required", "An AggregationEvent that adds or removes names its parent.")
    takes_all = event.type == "AggregationEvent" and event.action == "DELETE"
    if event.type == "TransformationEvent":
        if not things:
            place.refuse("required", "Name what went in, or what came out.")
        one_sided = not _any(event, "output") or not _any(event, "input")
        if one_sided and "transformationID" not in document:
            place.at("transformationID").refuse(
                "required", "Inputs and outputs that are told apart are held together by a transformationID."
            )
    elif not things and not takes_all and not (event.type == "ObjectEvent" and event.sensors):
        place.refuse("required", "The event names nothing that it happened to.")


def _any(event: Event, side: str) -> bool:
    return bool(event.epcs.get(f"{side}EPCList") or event.quantities.get(f"{side}QuantityList"))


def _time(holder: Mapping[str, Any], name: str, place: Place) -> datetime:
    text = holder.get(name)
    try:
        return times.parse(text if isinstance(text, str) else "")
    except ValueError:
        place.at(name).refuse("datetime", "Send a time with its zone, such as 2026-11-24T09:00:00+01:00.")


def _event_id(value: Any, place: Place) -> str | None:
    if value is None:
        return None
    if not (isinstance(value, str) and _EVENT_ID.fullmatch(value)):
        place.refuse("event-id", "Send a URI of at most 300 characters, such as urn:uuid: and a UUID.")
    return value


def _action(kind: str, value: Any, place: Place) -> str | None:
    if kind == "TransformationEvent":
        return None
    if value not in ACTIONS:
        place.refuse("action", f"Send one of {', '.join(ACTIONS)}.")
    return str(value)


def _list(value: Any, place: Place, most: int = MAX_THINGS) -> list[Any]:
    if not isinstance(value, list):
        place.refuse("type", "Send a list, also for a single entry.")
    if len(value) > most:
        place.refuse("length", f"At most {most} entries in one event: tell it in several.")
    return value


def _thing(value: Any, place: Place) -> Thing:
    return thing(string(value, place, 2_000), place)


def _epcs(value: Any, place: Place) -> tuple[Thing, ...]:
    found = tuple(_thing(each, place.at(at)) for at, each in enumerate(_list(value, place)))
    seen: set[str] = set()
    for at, each in enumerate(found):
        if each.key in seen:
            place.at(at).refuse("unique", "This is named twice in one list.")
        seen.add(each.key)
    return found


def _quantities(value: Any, place: Place) -> tuple[Quantity, ...]:
    return tuple(_quantity(each, place.at(at)) for at, each in enumerate(_list(value, place)))


def _quantity(value: Any, place: Place) -> Quantity:
    if not isinstance(value, dict) or "epcClass" not in value:
        place.refuse("type", 'Send {"epcClass": "...", "quantity": 12}.')
    for name in value:
        if name not in ("epcClass", "quantity", "uom"):
            place.at(name).refuse("unknown-member", "A quantity has the members epcClass, quantity and uom.")
    uom = value.get("uom")
    if uom is not None and not (isinstance(uom, str) and _UOM.fullmatch(uom)):
        place.at("uom").refuse("uom", "Send a unit's code of UN/CEFACT Recommendation 20, such as KGM.")
    number = value.get("quantity")
    if number is not None:
        if isinstance(number, bool) or not isinstance(number, int | Decimal):
            place.at("quantity").refuse("type", "Send a number.")
        number = Decimal(number)
        exponent = number.as_tuple().exponent
        if not (0 < number < _MOST) or (isinstance(exponent, int) and exponent < -12):
            place.at("quantity").refuse(
                "range", "Send a number above 0 with at most 12 digits before and after the point."
            )
    return Quantity(_thing(value["epcClass"], place.at("epcClass")), number, uom)


def _short(value: Any, place: Place) -> str | None:
    """A word of the CBV without its namespace; a word of somebody else as it is."""
    if value is None:
        return None
    text = string(value, place, 300)
    found = _STEP.fullmatch(text)
    return found[1] if found else text


def _location(value: Any, place: Place) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict) or "id" not in value:
        place.refuse("type", 'Send {"id": "..."}.')
    return string(value["id"], place.at("id"), 300)


def _transactions(value: Any, place: Place) -> tuple[tuple[str | None, str], ...]:
    if value is None:
        return ()
    found = []
    for at, each in enumerate(_list(value, place)):
        if not isinstance(each, dict) or "bizTransaction" not in each:
            place.at(at).refuse("type", 'Send {"type": "testres", "bizTransaction": "..."}.')
        kind = _short(each.get("type"), place.at(at).at("type"))
        found.append((kind, string(each["bizTransaction"], place.at(at).at("bizTransaction"), 300)))
    return tuple(found)


def _sensors(value: Any, place: Place) -> tuple[Any, ...]:
    if value is None:
        return ()
    found = _list(value, place)
    for at, each in enumerate(found):
        reports = each.get("sensorReport") if isinstance(each, dict) else None
        if not isinstance(reports, list) or not all(isinstance(report, dict) for report in reports):
            place.at(at).at("sensorReport").refuse("type", "Send a list of reports for each sensor.")
        if not isinstance(each.get("sensorMetadata", {}), dict):
            place.at(at).at("sensorMetadata").refuse("type", "Send an object.")
    return tuple(found)


def _error(value: Any, place: Place) -> ErrorDeclaration | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        place.refuse("type", 'Send {"declarationTime": "...", "reason": "incorrect_data"}.')
    declared_at = _time(value, "declarationTime", place)
    correctives = _list(value.get("correctiveEventIDs", []), place.at("correctiveEventIDs"))
    return ErrorDeclaration(
        declared_at,
        _short(value.get("reason"), place.at("reason")),
        tuple(
            _event_id(each, place.at("correctiveEventIDs").at(at)) or ""
            for at, each in enumerate(correctives)
        ),
    )
