"""Every place that a plant's column may go to, by the kind of record, as a list for people to choose from."""

from collections.abc import Iterator
from typing import Any

from app.core.catalogue import CATALOGUE, GROUPS, SHAPES, ValueForm, list_parent
from app.core.csv_records import subject_columns
from app.core.intake import LEVELS_OF_KIND, WITHOUT_VALUES, Kind


def targets(kind: Kind) -> list[str]:
    """Every place that a column may go to in a record of this kind, in the order of the catalogue."""
    found = ["recordId", "sentAt", *subject_columns(kind)]
    found += [f"details.{name}" for name in _leaves(SHAPES[f"details/{kind}"].fields)]
    if kind not in WITHOUT_VALUES:
        for row in CATALOGUE:
            if not row.system and list_parent(row) is None and set(LEVELS_OF_KIND[kind]) & set(row.levels):
                found += _of_attribute(row.id, row)
    return found


def grouped(kind: Kind) -> list[tuple[str, list[tuple[str, str]]]]:
    """The same for people, by what they belong to: a place, and its name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for to in targets(kind):
        head = to.split(".")[0]
        row = next((each for each in CATALOGUE if to == each.id or to.startswith(f"{each.id}.")), None)
        if head == "details":
            found.setdefault("Details of the record", []).append((to, to.removeprefix("details.")))
        elif row is None:
            found.setdefault("The record itself", []).append((to, to))
        else:
            name = row.name if to == row.id else f"{row.name}: {to.removeprefix(row.id + '.')}"
            found.setdefault(GROUPS[row.group], []).append((to, name))
    return list(found.items())


def _leaves(members: Any) -> Iterator[str]:
    for member in members:
        if member.type in ("object", "document") and member.shape:
            yield from (f"{member.name}.{each}" for each in _leaves(SHAPES[member.shape].fields))
        else:
            yield member.name


def _of_attribute(name: str, form: ValueForm) -> list[str]:
    if form.type in ("object", "document") and form.shape:
        return [f"{name}.{each}" for each in _leaves(SHAPES[form.shape].fields)]
    return [f"{name}.en"] if form.type == "multilingual_text" else [name]
