"""Forms for people who enter records by hand: generated from the catalogue, one for each kind and level.

A field is named by its place in the record (`subject/gtin`, `values/batteryMass`,
`details/qualityResults/0/check`): core/form_entries reads a filled form back by these names.
Source: the intake record (core/intake); units of the catalogue.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core import units
from app.core.catalogue import CATALOGUE, GROUPS, SHAPES, Attribute, ValueForm, fields_of, list_parent
from app.core.intake import LEVELS_OF_KIND, NAMED_BY, WITHOUT_DETAILS, WITHOUT_GTIN, WITHOUT_VALUES, Kind
from app.core.vocabulary import Level

MOST_ENTRIES: Final = 50
"""Entries of one list in a form; a longer one comes by file."""
_LONG: Final = 400
_SUBJECT: Final = {
    "gtin": ("GTIN of the model", "14 digits"),
    "lot": ("Lot", "Number of the lot or batch, at most 20 characters"),
    "serial": ("Serial number", "At most 20 characters, as on the label"),
}
TITLES: Final[Mapping[Kind, tuple[str, str]]] = {
    "material-lot": ("Receive material", "A lot of material that a supplier delivered"),
    "cell-lot": ("Receive cells", "A lot of cells, with the material in it"),
    "cell": ("Enter a cell", "One cell that has a serial number of its own"),
    "module": ("Build a module", "Which cells went into it"),
    "batch": ("Open a batch", "A production batch of batteries"),
    "pack": ("Assemble a battery", "What went into it, and what its end of line measured"),
    "test": ("Enter a test", "End-of-line, capacity, cycle life, abuse: result and report"),
    "release": ("Stamp a battery OK", "It is issued once nothing is missing"),
    "withdrawal": ("Take the stamp back", "The battery is not issued, or its passport is suspended"),
    "exchange": ("Exchange a module", "What came out of a battery, and what went in"),
    "reading": ("Enter a reading", "State of health, cycles and events of a battery in use"),
    "model": ("Describe a model", "What all batteries of one model share"),
    "certificate": ("Enter a certificate", "UN 38.3, IEC 62133, EU declaration of conformity"),
    "document": ("Enter a document", "Due diligence, instructions, declarations"),
    "carbon-footprint": ("Enter a carbon footprint", "Declared values of a study"),
    "carbon-activity": ("Enter activity data", "Materials, energy, transports: the footprint is calculated"),
    "event": ("Enter an event", "One step of the line in the form of EPCIS"),
}
"""Words for each kind, in the order of the work."""


@dataclass(frozen=True, slots=True)
class Input:
    """One field. `control` is text, number, date, datetime-local, select or textarea."""

    name: str
    label: str
    hint: str
    control: str
    required: bool = False
    unit: str = ""
    options: tuple[tuple[str, str], ...] = ()
    scan: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """A list of objects: one block of fields for each entry, and room for one more."""

    name: str
    label: str
    hint: str
    entries: tuple[tuple["Part", ...], ...]


Part = Input | Entries


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading; `is_open` where they are filled in as a rule."""

    title: str
    parts: tuple[Part, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What one kind of record asks for at one level."""

    kind: Kind
    level: Level | None
    groups: tuple[Group, ...]


def levels(kind: Kind) -> tuple[Level | None, ...]:
    """Levels that a form of this kind may speak at; None without a GTIN."""
    return (*LEVELS_OF_KIND[kind], *((None,) if kind in WITHOUT_GTIN else ()))


def form(kind: Kind, level: Level | None, entries: Mapping[str, str], more: str | None = None) -> Form:
    """The form, with room for one entry more in each list than `entries` name; two in the list `more`."""
    counts = _counts(entries)
    if more is not None:
        counts[more] = counts.get(more, 0) + 1
    groups = [Group("What it is about", tuple(_subject(kind, level)), is_open=True)]
    shape = SHAPES[f"details/{kind}"]
    if shape.fields:
        parts = _fields(shape.fields, "details", counts)
        groups.append(Group(shape.title, tuple(parts), is_open=kind not in WITHOUT_DETAILS))
    if level is not None and kind not in WITHOUT_VALUES:
        groups.extend(_value_groups(kind, level, counts))
    return Form(kind, level, tuple(groups))


def _counts(entries: Mapping[str, str]) -> dict[str, int]:
    """How many entries of each list the names of fields speak of; empty ones at the end do not count."""
    counts: dict[str, int] = {}
    for name, text in entries.items():
        steps = name.split("/")
        for place, step in enumerate(steps):
            if step.isdigit() and text.strip():
                above = "/".join(steps[:place])
                counts[above] = max(counts.get(above, 0), min(int(step) + 1, MOST_ENTRIES))
    return counts


# --- the fields


def _subject(kind: Kind, level: Level | None) -> Iterator[Input]:
    for name in WITHOUT_GTIN[kind][:1] if level is None else NAMED_BY[level]:
        label, hint = _SUBJECT[name]
        control = "number" if name == "gtin" else "text"
        yield Input(f"subject/{name}", label, hint, control, required=True, scan=True)


def _fields(fields: Sequence[Any], above: str, counts: Mapping[str, int]) -> Iterator[Part]:
    for member in fields:
        yield from _parts(member, f"{above}/{member.name}", member.definition, member.required, counts)


def _parts(
    form: ValueForm, name: str, label: str, required: bool, counts: Mapping[str, int], hint: str = ""
) -> Iterator[Part]:
    """One value: a field, the fields of its members, or a block for each of its entries."""
    if form.type in ("object", "document"):
        for member in fields_of(form):
            words = f"{label}: {member.definition[0].lower()}{member.definition[1:]}"
            yield from _parts(member, f"{name}/{member.name}", words, required and member.required, counts)
    elif form.type == "multilingual_text":
        yield Input(f"{name}/en", f"{label} (English)", hint, "textarea", required)
    elif form.type == "series" or (form.is_list and form.item.type in ("object", "document")):
        members = fields_of(form)
        yield Entries(
            name, label, hint,
            tuple(
                tuple(_fields(members, f"{name}/{number}", counts))
                for number in range(min(counts.get(name, 0) + 1, MOST_ENTRIES))
            ),
        )  # fmt: skip
    else:
        yield _input(form, name, label, required, hint)


def _input(form: ValueForm, name: str, label: str, required: bool, hint: str) -> Input:
    options: tuple[tuple[str, str], ...] = ()
    if form.is_list:
        control, hint = "textarea", hint or "One a line"
    elif form.type == "boolean":
        control, options = "select", (("true", "yes"), ("false", "no"))
    elif form.type == "enum":
        control, options = "select", tuple((word, word) for word in form.allowed)
    elif form.type in ("decimal", "integer"):
        control = "number"
    elif form.type == "date":
        control = "date"
    elif form.type == "datetime":
        control, hint = "text", hint or "Such as 2026-11-24T08:00:00Z"
    elif (form.max_length or 0) > _LONG:
        control = "textarea"
    else:
        control = "text"
    bounds = _bounds(form)
    last = name.rpartition("/")[2].lower()
    scan = form.type == "string" and any(word in last for word in ("lot", "serial", "number"))
    words = ". ".join(word for word in (hint, bounds) if word)
    return Input(name, label, words, control, required, units.label(form.unit), options, scan)


def _bounds(form: ValueForm) -> str:
    low, high = form.minimum, form.maximum
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"At least {low}" if low is not None else f"At most {high}" if high is not None else ""


def _value_groups(kind: Kind, level: Level, counts: Mapping[str, int]) -> Iterator[Group]:
    by_group: dict[str, list[Part]] = {}
    owed: set[str] = set()
    for row in CATALOGUE:
        if row.system or list_parent(row) is not None or level not in row.levels:
            continue
        required = any(one.kind == "required" for one in row.obligation.values())
        if required and row.granularity == level:
            owed.add(row.group)
        by_group.setdefault(row.group, []).extend(_attribute(row, counts))
    for group, parts in by_group.items():
        yield Group(GROUPS[group], tuple(parts), is_open=group in owed and kind != "model")


def _attribute(row: Attribute, counts: Mapping[str, int]) -> Iterator[Part]:
    name = f"values/{row.id}"
    hint = f"{row.definition} ({row.clause})"
    yield from _parts(row, name, row.name, False, counts, hint)
