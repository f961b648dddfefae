"""Filled forms: entries by the name of their field become a record, and faults are told field by field.

A field's name is the JSON pointer of its place in the record without the first mark: so what is wrong with a
value is shown beside its field, by the name alone. Source: the intake record (core/intake).
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.catalogue import SHAPES, Attribute, ValueForm, by_id, fields_of
from app.core.csv_records import Column, cell_value, put, with_lists
from app.core.errors import MalformedInput
from app.core.forms import MOST_ENTRIES, Entries, Input, form
from app.core.intake import WITHOUT_DETAILS, Kind, parse
from app.core.vocabulary import Level

MOST_FAULTS: Final = 20
_STAND_INS: Final = {"number": "1", "date": "2026-01-01"}
_SUBJECT: Final = ("gtin", "lot", "serial")


@dataclass(slots=True)
class Filled:
    """A form that was sent: its record, and what is wrong with it by name of the field (empty: nothing)."""

    document: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)
    elsewhere: list[str] = field(default_factory=list)
    """Faults that belong to no field."""


def read(kind: Kind, level: Level | None, entries: Mapping[str, str], record_id: str, sent_at: str) -> Filled:
    """The record that a filled form makes, with every fault that can be told at once.

    `entries` by name of the field; an empty one is no value.
    """
    document: dict[str, Any] = {"recordId": record_id, "kind": kind, "sentAt": sent_at, "subject": {}}
    filled = Filled(document)
    for name, text in entries.items():
        text = text.strip()
        steps = name.split("/")
        if not text or steps[0] not in ("subject", "details", "values") or len(steps) < 2:
            continue
        try:
            column = _column(kind, steps)
            lines = text.replace("\r\n", "\n")
            is_list = column.form is not None and column.form.is_list
            put(document, column, cell_value(column, lines.replace("\n", "|") if is_list else lines))
        except MalformedInput as fault:
            filled.faults[name] = str(fault)
    document = filled.document = with_lists(document)
    if "details" not in document and SHAPES[f"details/{kind}"].fields and kind not in WITHOUT_DETAILS:
        document["details"] = {}
    tried = copy.deepcopy(document)
    for missing in _left_empty(kind, level, entries):
        filled.faults.setdefault(missing.name, "This is required.")
        _stand_in(kind, missing, tried)
    _find_faults(filled, tried)
    return filled


def _stand_in(kind: Kind, left_empty: Input, tried: dict[str, Any]) -> None:
    """Something where nothing was entered, so that what is wrong behind it can be seen."""
    text = left_empty.options[0][0] if left_empty.options else _STAND_INS.get(left_empty.control, "x")
    if left_empty.name == "subject/gtin":
        text = "09506000134352"
    column = _column(kind, left_empty.name.split("/"))
    with suppress(MalformedInput):
        put(tried, column, cell_value(column, text))


def _left_empty(kind: Kind, level: Level | None, entries: Mapping[str, str]) -> Iterator[Input]:
    """Fields that every record of this kind has; those of an entry of a list, where the entry was begun."""
    parts = [part for group in form(kind, level, entries).groups for part in group.parts]
    while parts:
        part = parts.pop(0)
        if isinstance(part, Entries):
            for number, entry in enumerate(part.entries):
                begun = f"{part.name}/{number}/"
                if any(name.startswith(begun) and text.strip() for name, text in entries.items()):
                    parts.extend(entry)
        elif part.required and not entries.get(part.name, "").strip():
            yield part


def entries_of(document: Mapping[str, Any]) -> dict[str, str]:
    """What stands in a record, by names of fields: what a form for a like one begins with. Measured values
    by their number."""
    found: dict[str, str] = {}
    for part in ("subject", "details", "values"):
        for name, value in document.get(part, {}).items():
            _flatten(f"{part}/{name}", value, found)
    return found


def _flatten(name: str, value: Any, found: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        if "value" in value and set(value) <= {"value", "unit", "observedAt", "source"}:
            _flatten(name, value["value"], found)
            return
        for member, below in value.items():
            _flatten(f"{name}/{member}", below, found)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for number, below in enumerate(value[:MOST_ENTRIES]):
            _flatten(f"{name}/{number}", below, found)
    elif isinstance(value, list):
        found[name] = "\n".join(str(one) for one in value)
    else:
        found[name] = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def is_own_number(name: str) -> bool:
    """Whether a field numbers this very thing, so that no like record has the same."""
    return name in ("subject/lot", "subject/serial") or name.endswith(("Number", "Digest"))


def _find_faults(filled: Filled, tried: dict[str, Any]) -> None:
    """Each fault in turn, its value taken out to find the next, as far as one can be seen behind another."""
    for _ in range(MOST_FAULTS):
        try:
            parse(tried)
            return
        except MalformedInput as fault:
            name = fault.pointer.removeprefix("/")
            if (name == "subject" and filled.faults) or name in filled.faults:
                return  # what is wrong or missing was told above
            if not name.startswith(("subject/", "details/", "values/")):
                filled.elsewhere.append(str(fault))
                return
            filled.faults[name] = str(fault)
            if not _take_out(tried, name.split("/")):
                return


def _take_out(document: Any, steps: Sequence[str]) -> bool:
    """Remove one value; False where there is none to remove."""
    place = document
    for step in steps[:-1]:
        place = _member(place, step)
        if place is None:
            return False
    if isinstance(place, dict) and steps[-1] in place:
        del place[steps[-1]]
        return True
    if isinstance(place, list) and steps[-1].isdigit() and int(steps[-1]) < len(place):
        del place[int(steps[-1])]
        return True
    return False


def _member(place: Any, step: str) -> Any:
    if isinstance(place, dict):
        return place.get(step)
    if isinstance(place, list) and step.isdigit() and int(step) < len(place):
        return place[int(step)]
    return None


# --- from the name of a field to its place in the record


def _column(kind: Kind, steps: Sequence[str]) -> Column:
    name = "/".join(steps)
    if steps[0] == "subject":
        if len(steps) != 2 or steps[1] not in _SUBJECT:
            raise MalformedInput("There is no such field.", pointer=f"/{name}", rule="unknown-member")
        return Column(name, ("subject", steps[1]), None)
    if steps[0] == "values":
        row = by_id(steps[1])
        if row is None:
            raise MalformedInput("There is no such field.", pointer=f"/{name}", rule="unknown-attribute")
        form = _below(row, steps[2:], name)
        wrapped = row.wrapped and len(steps) == 2
        return Column(name, _path(steps), form, form.unit, wrapped)
    members = {member.name: member for member in SHAPES[f"details/{kind}"].fields}
    first = members.get(steps[1])
    if first is None:
        raise MalformedInput("There is no such field.", pointer=f"/{name}", rule="unknown-member")
    form = _below(first, steps[2:], name)
    return Column(name, _path(steps), form, form.unit)


def _path(steps: Sequence[str]) -> tuple[str | int, ...]:
    """Places in lists as numbers, as `put` wants them."""
    return tuple(int(step) if step.isdigit() else step for step in steps)


def _below(form: ValueForm, steps: Sequence[str], name: str) -> ValueForm:
    """The form of what lies at `steps` below a value. Raises: MalformedInput."""
    for step in steps:
        if step.isdigit() and (form.is_list or form.type == "series"):
            if int(step) >= MOST_ENTRIES:
                raise MalformedInput(
                    f"A form takes {MOST_ENTRIES} entries; send more as a file.", rule="entries"
                )
            form = ValueForm(type="object", shape=form.shape) if not isinstance(form, Attribute) else form
            continue
        if form.type == "multilingual_text":
            return ValueForm(type="string")
        found = next((member for member in fields_of(form) if member.name == step), None)
        if found is None:
            raise MalformedInput("There is no such field.", pointer=f"/{name}", rule="unknown-member")
        form = found
    return form
