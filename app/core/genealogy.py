"""What went into what: the links between things that one record states.

Links state what *this* record says; which of them hold, and when, is worked out from all of them
(app/core/holding.py), so that records may come in any order.

Source: Annex XIII of Regulation (EU) 2023/1542 asks for none of this: suppliers and lots stay with the maker.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from app.core import times
from app.core.genealogy_things import NOTHING, Thing
from app.core.genealogy_uris import thing_of
from app.core.identifiers import digest_of
from app.core.intake import IntakeRecord, Kind

Act = Literal["hold", "sum", "add", "remove"]
"""`hold`: as it was made. `sum`: a list of lots beside a list of parts, so it only says what is in the parts,
taken together. `add`, `remove`: at a moment of its own."""


@dataclass(frozen=True, slots=True)
class Link:
    """`parent` holds `child`, or does so no more. `at`: day or time, by the sender."""

    act: Act
    parent: Thing
    child: Thing
    at: str
    quantity: str | None = None
    unit: str | None = None


SNAPSHOTS: Final[frozenset[Kind]] = frozenset({"material-lot", "cell-lot", "cell", "module", "batch", "pack"})
"""Kinds that say how something was made: the newest record of a subject takes the place of older ones."""
LINKED: Final[frozenset[Kind]] = SNAPSHOTS | {"exchange", "event"}


def source_of(record: IntakeRecord, plant: str) -> bytes | None:
    """What a newer record of the same source takes the place of; None where each record stands for itself.

    An event is its plant's own, as another plant may use the same id.
    """
    if record.kind in SNAPSHOTS:
        return digest_of(f"{record.kind}|{subject_of(record).key().hex()}")
    if record.kind == "event":
        return digest_of(f"event|{plant}|{record.details['eventId']}")
    return None


def links_of(record: IntakeRecord) -> tuple[Link, ...]:
    """The links that a record states, in its order; none for kinds that state none.

    A record that others may take the place of states at least one, with `NOTHING` as child.
    """
    if record.kind not in LINKED:
        return ()
    if "whole" in record.details:
        return ()  # one product of an event whose links the record of the whole states
    found = tuple(_STATED[record.kind](record))
    if found or record.kind == "exchange":
        return found
    return (Link("hold", subject_of(record), NOTHING, times.to_text(record.sent_at)),)


def subject_of(record: IntakeRecord) -> Thing:
    """What a record of one of the kinds above is about."""
    if record.gtin is not None:
        if record.serial is not None:
            return Thing("battery", record.serial, record.gtin)
        return Thing("batch", record.lot or "", record.gtin)
    if record.kind in ("material-lot", "cell-lot", "cell", "module"):
        return Thing(record.kind, record.lot or record.serial or "")
    return Thing("thing", record.lot or record.serial or "")


def supplier_thing(supplier: Mapping[str, Any]) -> Thing:
    """A supplier by its identifier, else by its name."""
    return Thing("supplier", str(supplier.get("identifier") or supplier["name"]))


# --- as it was made


def _material_lot(record: IntakeRecord) -> Iterator[Link]:
    lot, at = subject_of(record), str(record.details["dateReceived"])
    supplier = supplier_thing(record.details["supplier"])
    bought = Thing("supplier-lot", str(record.details["lotNumber"]), supplier.number)
    yield Link("hold", lot, bought, at, *_amount(record.details.get("quantity")))
    yield Link("hold", bought, supplier, at)
    yield Link("hold", bought, Thing("lot-number", bought.number), at)


def _cell_lot(record: IntakeRecord) -> Iterator[Link]:
    yield from _materials(record, times.to_text(record.sent_at))


def _cell(record: IntakeRecord) -> Iterator[Link]:
    at = str(record.details.get("producedOn") or times.to_text(record.sent_at))
    lot = record.details.get("cellLot")
    if lot is not None:
        yield Link("hold", subject_of(record), Thing("cell-lot", lot), at)
    yield from _materials(record, at)


def _module(record: IntakeRecord) -> Iterator[Link]:
    at = str(record.details.get("assembledOn") or times.to_text(record.sent_at))
    module = subject_of(record)
    for use in record.details.get("cellLots", ()):
        yield Link("hold", module, Thing("cell-lot", use["lot"]), at, *_pieces(use.get("cells")))
    for cell in _cells(record):
        yield Link("hold", module, cell, at)
    yield from _materials(record, at)


def _batch(record: IntakeRecord) -> Iterator[Link]:
    """Cell lots of a batch only sum up what its packs say themselves; its material goes into each of them."""
    at = str(record.details.get("productionStart") or times.to_text(record.sent_at))
    used = {use["lot"]: use.get("cells") for use in record.details.get("cellUse", ())}
    for lot in dict.fromkeys((*used, *record.details.get("cellLots", ()))):
        yield Link("sum", subject_of(record), Thing("cell-lot", lot), at, *_pieces(used.get(lot)))
    yield from _materials(record, at)


def _pack(record: IntakeRecord) -> Iterator[Link]:
    details, battery, at = record.details, subject_of(record), str(record.details["assembledOn"])
    if record.batch_lot is not None:
        yield Link("hold", battery, Thing("batch", record.batch_lot, record.gtin), at)
    for module in details.get("modules", ()):
        part = Thing("module", module["moduleNumber"])
        yield Link("hold", battery, part, at)
        if "cellLot" in module:
            yield Link("hold", part, Thing("cell-lot", module["cellLot"]), at, *_pieces(module.get("cells")))
    for cell in _cells(record):
        yield Link("hold", battery, cell, at)
    lots: Act = "sum" if "modules" in details or "cells" in details else "hold"
    for lot in details.get("cellLots", ()):
        yield Link(lots, battery, Thing("cell-lot", lot), at)
    yield from _materials(record, at)


def _materials(record: IntakeRecord, at: str) -> Iterator[Link]:
    used = {use["lot"]: use.get("quantity") for use in record.details.get("materialUse", ())}
    for lot in dict.fromkeys((*used, *record.details.get("materialLots", ()))):
        yield Link("hold", subject_of(record), Thing("material-lot", lot), at, *_amount(used.get(lot)))


def _cells(record: IntakeRecord) -> Iterable[Thing]:
    """Single cells, each once: serials that differ in case alone are one."""
    found: dict[str, Thing] = {}
    for serial in record.details.get("cells", ()):
        found.setdefault(serial.upper(), Thing("cell", serial))
    return found.values()


def _amount(quantity: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    return (str(quantity["value"]), str(quantity["unit"])) if quantity else (None, None)


def _pieces(count: int | None) -> tuple[str | None, str | None]:
    return (None, None) if count is None else (str(count), "pieces")


# --- what happened to it


def _exchange(record: IntakeRecord) -> Iterator[Link]:
    battery, at = subject_of(record), _moment(record.details["performedAt"])
    acts: tuple[tuple[Act, str], ...] = (("remove", "removed"), ("add", "installed"))
    for act, member in acts:
        for each in record.details.get(member, ()):
            part = Thing(each["part"], each["number"])
            yield Link(act, battery, part, at)
            if "cellLot" in each:
                # what a part is made of was so before it was put in
                lot = Thing("cell-lot", each["cellLot"])
                yield Link("hold", part, lot, at, *_pieces(each.get("cells")))


def _event(record: IntakeRecord) -> Iterator[Link]:
    details = record.details
    if "declaredWrongAt" in details:
        return
    at = _moment(details["eventTime"])
    if details["eventType"] == "TransformationEvent":
        # A node of its own in between: a thousand inputs and a thousand outputs are no million links.
        made_by = Thing("transformation", str(details.get("transformationId") or details["eventId"]))
        for output, amount in _named(details, "outputs", "outputQuantities"):
            yield Link("hold", output, made_by, at, *amount)
        for put_in, amount in _named(details, "inputs", "inputQuantities"):
            yield Link("hold", made_by, put_in, at, *amount)
    elif details["eventType"] == "AssociationEvent" and details.get("action") in ("ADD", "DELETE"):
        act: Act = "add" if details["action"] == "ADD" else "remove"
        if "parent" in details:
            parent = thing_of(details["parent"])
            for child, amount in _named(details, "children", "childQuantities"):
                yield Link(act, parent, child, at, *amount)
    # An aggregation ends: packs on a pallet are not made of it. An ObjectEvent puts nothing into anything.


def _named(
    details: Mapping[str, Any], things: str, quantities: str
) -> Iterator[tuple[Thing, tuple[str | None, str | None]]]:
    for uri in details.get(things, ()):
        yield thing_of(uri), (None, None)
    for entry in details.get(quantities, ()):
        quantity = entry.get("quantity")
        unit = entry.get("unit", "pieces")
        yield thing_of(entry["class"], unit), (None, None) if quantity is None else (str(quantity), unit)


def _moment(text: str) -> str:
    return times.to_text(times.parse(text))


_STATED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "material-lot": _material_lot, "cell-lot": _cell_lot, "cell": _cell, "module": _module,
        "batch": _batch, "pack": _pack, "exchange": _exchange, "event": _event,
    }
)  # fmt: skip
