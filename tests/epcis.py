"""EPCIS documents for tests: one whole event each, of which a test changes what it is about."""

import json
import uuid
from datetime import datetime
from typing import Any

from app.core.epcis_document import CONTEXTS
from app.core.times import to_text
from tests.factories import GTIN, SERIAL

CONTEXT = CONTEXTS[0]


def item(serial: str = SERIAL, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


def an_event(now: datetime, kind: str = "ObjectEvent", **changes: Any) -> dict[str, Any]:
    """One event with an id of its own; `None` leaves a member out."""
    event: dict[str, Any] = {
        "type": kind,
        "eventID": f"urn:uuid:{uuid.uuid4()}",
        "eventTime": to_text(now),
        "eventTimeZoneOffset": "+01:00",
    }
    own: dict[str, dict[str, Any]] = {
        "ObjectEvent": {"action": "OBSERVE", "bizStep": "inspecting", "epcList": [item()]},
        "AssociationEvent": {"action": "ADD", "bizStep": "assembling", "parentID": item()},
        "AggregationEvent": {"action": "ADD", "bizStep": "packing"},
        "TransformationEvent": {"bizStep": "assembling"},
        "TransactionEvent": {"action": "ADD", "epcList": [item()]},
    }
    return {name: value for name, value in (event | own[kind] | changes).items() if value is not None}


def commissioning(now: datetime, *serials: str) -> dict[str, Any]:
    things = [item(serial) for serial in serials or (SERIAL,)]
    return an_event(now, action="ADD", bizStep="commissioning", disposition="active", epcList=things)


def stamping(now: datetime, *serials: str, **changes: Any) -> dict[str, Any]:
    """The inspection at the end of the line, with the stamp."""
    things = [item(serial) for serial in serials or (SERIAL,)]
    stamp = {"type": "https://w3id.org/open-battery-passport/terms#stamp", "bizTransaction": "urn:eol:1"}
    told = {"disposition": "conformant", "epcList": things, "bizTransactionList": [stamp]}
    return an_event(now, **(told | changes))


def declared_wrong(event: dict[str, Any], at: datetime, **changes: Any) -> dict[str, Any]:
    """The same event once more, with the declaration that it was wrong."""
    told = {"declarationTime": to_text(at), "reason": "incorrect_data"} | changes
    return event | {"errorDeclaration": told}


def a_document(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    document = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-24T12:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    return {name: value for name, value in (document | changes).items() if value is not None}


def body(*events: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps(a_document(*events, **changes)).encode()
