"""One record from a factory: its envelope, its values, its details, checked and brought into one form.

The envelope is the same for every kind. `values` are attributes of the catalogue and go into passports;
`details` stay with the maker. Whatever is unknown is refused, never dropped.

Levels: a record speaks of a model (gtin), a batch (gtin and lot) or an item (gtin and serial); lots of
material and cells, single cells and modules have no level and no values. Which attribute may be set at which
level is the catalogue's word: its own level or a finer one; plant-wide values also for the model as a whole;
what is signed once for the model (composition, dismantling, test reports) at the model alone; readings at the
item alone.

`parse` is the rule. `compiled_records` reads most records faster and says nothing about the others: whatever
is asked here must be asked there, and a test compares the two.

Source: contract of the intake interface; Annex XIII; threats T10 (unknown fields), T25, T30.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NoReturn, cast, get_args

from app.core import epcis_event, identifiers, times
from app.core.catalogue import CATALOGUE, SHAPES, Attribute, by_id, list_parent
from app.core.errors import MalformedInput
from app.core.nesting import NODES
from app.core.texts import TEXTS, Place, string
from app.core.values import check_object, check_value
from app.core.vocabulary import Level

Kind = Literal[
    "model", "material-lot", "batch", "cell-lot", "cell", "module", "pack", "test", "carbon-footprint",
    "carbon-activity", "certificate", "document", "reading", "exchange", "event", "release", "withdrawal",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

LEVELS_OF_KIND: Final[Mapping[Kind, tuple[Level, ...]]] = MappingProxyType(
    {
        "model": ("model",),
        "material-lot": (),
        "batch": ("batch",),
        "cell-lot": (),
        "cell": (),
        "module": (),
        "pack": ("item",),
        "test": ("model", "batch", "item"),
        "carbon-footprint": ("model", "batch"),
        "carbon-activity": ("model",),
        "certificate": ("model", "batch", "item"),
        "document": ("model", "batch", "item"),
        "reading": ("item",),
        "exchange": ("item",),
        "release": ("item",),
        "withdrawal": ("item",),
        "event": ("batch", "item"),
    }
)
"""Levels at which each kind may speak; empty for what has no GTIN: lots of material and cells, modules."""

WITHOUT_GTIN: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        "material-lot": ("lot",),
        "cell-lot": ("lot",),
        "cell": ("serial",),
        "module": ("serial",),
        "event": ("lot", "serial"),
    }
)
"""Kinds that may name their subject by a number alone, and by which; such a record has no level."""
MAY_SPEAK_OF_NOTHING: Final[frozenset[Kind]] = frozenset({"event"})
"""Kinds whose subject may be empty: what an event is about stands in the event."""

BEGINS_NO_BATTERY: Final[frozenset[Kind]] = frozenset({"event"})
"""Kinds that may be about a module or another part: their subject is a battery where its model is known."""
NAMED_BY: Final[Mapping[Level, tuple[str, ...]]] = MappingProxyType(
    {"model": ("gtin",), "batch": ("gtin", "lot"), "item": ("gtin", "serial")}
)
"""Members of a subject, by its level."""


def kind_named(text: object) -> Kind | None:
    """The kind of this name; None where there is none."""
    return next((kind for kind in KINDS if kind == text), None)


def named_by(kind: Kind) -> tuple[tuple[str, ...], ...]:
    """Each set of members by which a record of this kind may name its subject."""
    return (
        *(NAMED_BY[level] for level in LEVELS_OF_KIND[kind]),
        *((name,) for name in WITHOUT_GTIN.get(kind, ())),
    )


WITHOUT_VALUES: Final[frozenset[Kind]] = frozenset(
    {
        "material-lot", "cell-lot", "cell", "module", "carbon-activity", "exchange", "release",
        "withdrawal",
    }
)  # fmt: skip
WITHOUT_DETAILS: Final[frozenset[Kind]] = frozenset({"model"})
"""Kinds whose details may be left out altogether."""

MEMBERS: Final = ("recordId", "kind", "sentAt", "subject", "values", "notApplicable", "details")
RECORD_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_CLAUSE: Final = "Intake interface, version 1"
_SOURCES: Final[Mapping[str, str]] = {
    "pack": "end-of-line test",
    "batch": "production batch",
    "model": "model data",
}


class _LeftOut(Mapping[str, Any]):
    """Values that were checked and not kept: whoever asks for them has the wrong record in hand."""

    def __getitem__(self, name: str) -> Any:
        raise TypeError("the values of this record were checked and not kept: read it again")

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the values of this record were checked and not kept: read it again")

    def __len__(self) -> int:
        raise TypeError("the values of this record were checked and not kept: read it again")


LEFT_OUT: Final[Mapping[str, Any]] = _LeftOut()
"""`values` of a record that is one of many: a pack has a hundred objects, which nobody asks for."""


@dataclass(frozen=True, slots=True)
class IntakeRecord:
    """One accepted record. `values` by dotted id in signed form; `level` is None without a GTIN."""

    record_id: str
    kind: Kind
    level: Level | None
    gtin: str | None
    lot: str | None
    serial: str | None
    sent_at: datetime
    values: Mapping[str, Any]
    not_applicable: Mapping[str, str]
    details: Mapping[str, Any]

    @property
    def batch_lot(self) -> str | None:
        """Batch of the battery, as the record of its assembly names it."""
        found = (
            self.details.get("batchLot")
            if self.kind == "pack"
            else self.lot
            if self.kind == "batch"
            else None
        )
        return cast("str | None", found)

    @property
    def takes_back(self) -> str | None:
        """Record that never held, as this one says: what it gave counts no more."""
        return cast("str | None", self.details.get("takesBack")) if self.kind == "event" else None


def parse(document: Any) -> IntakeRecord:
    """(1) envelope, (2) subject and level, (3) details, (4) values, (5) what does not apply.

    `document` is the JSON value, with numbers that are not whole as `Decimal`.
    Raises: MalformedInput (MalformedIdentifier for a GTIN, lot or serial) with pointer, rule and clause.
    """
    root = Place("", _CLAUSE)
    envelope = _object(document, root, MEMBERS)
    for name in ("recordId", "kind", "sentAt", "subject"):
        if name not in envelope:
            root.at(name).refuse("required", "This member is required in every record.")
    record_id = string(envelope["recordId"], root.at("recordId"), 64)
    if not RECORD_ID.fullmatch(record_id):
        root.at("recordId").refuse("record-id", "1 to 64 characters of A-Z a-z 0-9 . _ : - are taken.")
    kind = envelope["kind"]
    if kind not in KINDS:
        root.at("kind").refuse("enum", f"Send one of {', '.join(KINDS)}.")
    sent = TEXTS["datetime"](envelope["sentAt"], root.at("sentAt"))
    level, gtin, lot, serial = _subject(kind, envelope["subject"], root.at("subject"))  # (2)
    details = _details(kind, envelope.get("details"), root.at("details"))  # (3)
    found = _Values(kind, level, sent, source_of(kind, details))
    for name, value in _object(envelope.get("values", {}), root.at("values")).items():  # (4)
        found.take(name, value, root.at("values").at(name))
    not_applicable = {  # (5)
        name: found.reason(name, why, root.at("notApplicable").at(name))
        for name, why in _object(envelope.get("notApplicable", {}), root.at("notApplicable")).items()
    }
    return IntakeRecord(
        record_id=record_id,
        kind=kind,
        level=level,
        gtin=gtin,
        lot=lot,
        serial=serial,
        sent_at=times.parse(sent),
        values=MappingProxyType(found.taken),
        not_applicable=MappingProxyType(not_applicable),
        details=MappingProxyType(details),
    )


def _object(value: Any, place: Place, known: tuple[str, ...] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        place.refuse("type", "Send a JSON object.")
    for name in value:
        if known is not None and name not in known:
            place.at(name).refuse("unknown-member", f"Unknown here; known are {', '.join(known)}.")
    return cast("dict[str, Any]", value)


def _subject(kind: Kind, value: Any, place: Place) -> tuple[Level | None, str | None, str | None, str | None]:
    subject = _object(value, place, ("gtin", "lot", "serial"))
    names = frozenset(subject)
    if not names and kind in MAY_SPEAK_OF_NOTHING:
        return None, None, None, None
    alone = WITHOUT_GTIN.get(kind, ())
    for name in alone:
        if names == {name}:
            number = _identifier(name, subject, place)
            return (None, None, number, None) if name == "lot" else (None, None, None, number)
    if not LEVELS_OF_KIND[kind]:
        what = "lot" if alone == ("lot",) else kind
        place.refuse("subject", f'A {what} is named by its number alone: {{"{alone[0]}": "..."}}.')
    level = next((level for level, members in NAMED_BY.items() if names == frozenset(members)), None)
    if level is None:
        place.refuse(
            "subject", "Name a model by gtin, a batch by gtin and lot, a battery by gtin and serial."
        )
    if level not in LEVELS_OF_KIND[kind]:
        wanted = " or ".join(LEVELS_OF_KIND[kind])
        place.refuse("level", f"A record of kind {kind} speaks of a {wanted}, this one names a {level}.")
    return (
        level,
        _identifier("gtin", subject, place),
        _identifier("lot", subject, place) if "lot" in names else None,
        _identifier("serial", subject, place) if "serial" in names else None,
    )


def _identifier(name: str, subject: Mapping[str, Any], place: Place) -> str:
    text = string(subject[name], place.at(name), 40)
    check = {"gtin": identifiers.gtin, "lot": identifiers.lot, "serial": identifiers.serial}[name]
    return check(text, place.at(name).pointer)


def _details(kind: Kind, value: Any, place: Place) -> dict[str, Any]:
    if value is None and kind in WITHOUT_DETAILS:
        return {}
    shape = SHAPES[f"details/{kind}"]
    fields = {field.name: field for field in shape.fields}
    found: dict[str, Any] = check_object(fields, value if value is not None else {}, place)
    if shape.any_of and not any(name in found for name in shape.any_of):
        place.refuse("any-of", f"At least one of these members is needed: {', '.join(shape.any_of)}.")
    if "event" in found:
        epcis_event.read(found["event"], place.at("event"))
    return found


def source_of(kind: Kind, details: Mapping[str, Any]) -> str:
    """Where a dynamic value comes from when the record does not say it value by value."""
    if kind == "test":
        return f"test report {details['reportNumber']}"
    if kind == "reading":
        return str(details["device"])
    if kind == "event":
        return "inspection on the line"
    return _SOURCES.get(kind, kind)


class _Values:
    """Values of one record as they are taken in, one attribute at a time."""

    def __init__(self, kind: Kind, level: Level | None, sent_at: str, source: str) -> None:
        self.kind = kind
        self.level = level
        self.sent_at = sent_at
        self.source = source
        self.taken: dict[str, Any] = {}

    def take(self, attribute_id: str, value: Any, place: Place) -> None:
        """One member of `values`: an attribute, an object that holds further attributes, or a whole group."""
        if self.kind in WITHOUT_VALUES:
            place.refuse("level", f"A record of kind {self.kind} carries no passport values, only details.")
        row, node = by_id(attribute_id), NODES.get(attribute_id)
        if row is None:
            if node is None:
                _refuse_unknown(attribute_id, place)
            for name, member in _object(value, place, tuple(node.children)).items():
                self.take(f"{attribute_id}.{name}", member, place.at(name))
            return
        place = place.under(row.clause)
        self._require_allowed(row, place)
        if node is not None and node.children and isinstance(value, dict):
            for name in node.children:
                if name in value:
                    self.take(f"{attribute_id}.{name}", value[name], place.at(name))
            value = {name: member for name, member in value.items() if name not in node.children}
            if not value:
                return
        if row.id in self.taken:
            place.refuse("twice", "This attribute is given twice in one record.")
        self.taken[row.id] = check_value(row, value, place, observed_at=self.sent_at, source=self.source)

    def reason(self, attribute_id: str, why: Any, place: Place) -> str:
        """Why an attribute does not apply, in the maker's words."""
        row = by_id(attribute_id)
        if row is None:
            _refuse_unknown(attribute_id, place)
        place = place.under(row.clause)
        self._require_allowed(row, place)
        if row.id in self.taken:
            place.refuse(
                "twice", "The record gives a value for this attribute and says that it does not apply."
            )
        if all(owed.kind == "required" for owed in row.obligation.values()):
            place.refuse("required", "This attribute is required for every battery category.")
        return string(why, place, 500)

    def _require_allowed(self, row: Attribute, place: Place) -> None:
        parent = list_parent(row)
        if row.system:
            place.refuse("system-filled", "The system fills in this attribute itself: leave it out.")
        if parent is not None:
            place.refuse("field-of-entries", f"Give {row.path[-1]} inside each entry of {parent.id}.")
        if self.level is not None and self.level not in row.levels:
            wanted = " or ".join(row.levels)
            place.refuse("level", f"This attribute is set for a {wanted}, not for a {self.level}.")


def _refuse_unknown(attribute_id: str, place: Place) -> NoReturn:
    near = difflib.get_close_matches(attribute_id, [row.id for row in CATALOGUE if not row.system], n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise MalformedInput(
        f"The catalogue has no such attribute.{hint}",
        pointer=place.pointer,
        rule="unknown-attribute",
        clause=place.clause,
    )
