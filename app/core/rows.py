"""Rows of a page: one for each attribute that a verified section holds, in catalogue order.

Generic over the catalogue: what an attribute is called, its unit, its definition and the shape of its value
are data, prepared once (`prepare`); drawing a page only walks the values.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.core import display, units
from app.core.catalogue import CATALOGUE, GROUPS, Attribute, Field, by_id, fields_of
from app.core.vocabulary import Section

Kind = Literal["text", "code", "link", "list", "map", "languages", "table", "records", "documents"]

_DYNAMIC: Final = frozenset({"value", "observedAt", "source"})
_RECORD: Final = {"record": "About this record"}
"""Group of the EN 18223 header: it tells of the document, not of the battery, so it comes last."""
_FIRST_WORDS: Final = re.compile(r"[,;:]| \(| with ")
_WIDEST_TABLE: Final = 116
"""Characters of the widest cells of a line together; beyond it each line becomes a record of its own."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a nested value: its name for people, its type and the label of its unit."""

    title: str
    type: str
    unit: str


@dataclass(frozen=True, slots=True)
class Label:
    """What is the same on every page: name, meaning and source of one attribute."""

    id: str
    path: tuple[str, ...]
    group: str
    name: str
    definition: str
    clause: str
    type: str
    unit: str
    section: Section
    members: Mapping[str, Member]
    inner: frozenset[str]
    """Members of the value that have a row of their own, and are left out of this one."""


@dataclass(frozen=True, slots=True)
class Column:
    """One member of a table's or record's entries."""

    name: str
    unit: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A document by link or text. `digest` binds the bytes behind the link."""

    title: str
    href: str
    text: str
    note: str
    digest: str


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute with its value, ready to be drawn.

    kind       what is set
    text       text
    code       text: an identifier, to be read letter by letter
    link       text, href (http or https only)
    list       items: texts
    map        items: (name, text)
    languages  items: (language tag, text)
    table      columns, items: tuples of texts, one for each column
    records    columns, items: tuples of (name, text) of the members present
    documents  items: `Document`
    """

    label: Label
    kind: Kind
    text: str = ""
    href: str = ""
    items: tuple[Any, ...] = ()
    columns: tuple[Column, ...] = ()
    observed: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """The catalogue, prepared for pages: labels in order and titles of groups."""

    labels: tuple[Label, ...]
    groups: Mapping[str, str]


def prepare(catalogue: Sequence[Attribute], groups: Mapping[str, str]) -> Guide:
    """Everything a page needs of the catalogue, worked out once."""
    return Guide(tuple(_label(attribute, catalogue) for attribute in catalogue), {**groups, **_RECORD})


def _label(attribute: Attribute, catalogue: Sequence[Attribute]) -> Label:
    below = attribute.id + "."
    inner = {other.path[len(attribute.path)] for other in catalogue if other.id.startswith(below)}
    return Label(
        id=attribute.id,
        path=attribute.path,
        group="record" if attribute.annex_point == "header" else attribute.group,
        name=attribute.name,
        definition=attribute.definition,
        clause=attribute.clause,
        type=attribute.type,
        unit="" if attribute.shape else units.label(attribute.unit),
        section=attribute.section,
        members={field.name: _member(field) for field in fields_of(attribute)},
        inner=frozenset() if attribute.is_list else frozenset(inner),
    )


def _member(field: Field) -> Member:
    """Named by the first words of its definition, or as the row of the catalogue that it is."""
    row_of_its_own = by_id(field.attribute_id) if field.attribute_id else None
    title = row_of_its_own.name if row_of_its_own else _FIRST_WORDS.split(field.definition, maxsplit=1)[0]
    return Member(title, field.type, units.label(field.unit))


GUIDE: Final = prepare(CATALOGUE, GROUPS)


def find(subject: Mapping[str, Any], path: Sequence[str]) -> Any:
    """The value at a dotted path; None where there is none, or where the path leads into a list."""
    value: Any = subject
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
        if value is None:
            return None
    return value


def text_at(subject: Mapping[str, Any], *path: str) -> str:
    """A single value at a path as it was signed; empty where there is none."""
    value = find(subject, path)
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def objects_at(subject: Mapping[str, Any], *path: str) -> list[dict[str, Any]]:
    """The objects of a list at a path; empty where there is no such list."""
    value = find(subject, path)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts_at(subject: Mapping[str, Any], *path: str) -> list[str]:
    """The single values of a list at a path."""
    value = find(subject, path)
    return (
        [str(item) for item in value if not isinstance(item, (dict, list))] if isinstance(value, list) else []
    )


def row(label: Label, value: Any) -> Row | None:
    """The row of one value; None when its members all have rows of their own."""
    observed = ""
    if isinstance(value, dict) and "value" in value and value.keys() <= _DYNAMIC:
        observed = _observed(value)
        value = value["value"]
    kind = type(value)
    if kind is str:
        return _text(label, value, observed)
    if kind is list:
        return _many(label, value, observed)
    if kind is dict:
        rest = (
            {name: inner for name, inner in value.items() if name not in label.inner}
            if label.inner
            else value
        )
        return _one(label, rest, observed) if rest else None
    text = display.word(value) if kind is bool else display.number(value)
    return Row(label, "text", text, observed=observed)


def _observed(value: Mapping[str, Any]) -> str:
    parts = [display.date(str(value["observedAt"]))] if "observedAt" in value else []
    if "source" in value:
        parts.append(str(value["source"]))
    return " · ".join(parts)


def _text(label: Label, value: str, observed: str) -> Row:
    kind = label.type
    if kind == "uri" and (href := display.web_link(value)):
        return Row(label, "link", value, href, observed=observed)
    return Row(label, "code" if kind in ("iri", "uri") else "text", plain(kind, value), observed=observed)


def plain(kind: str, value: str) -> str:
    """A text value as its type wants it written."""
    if kind == "decimal":
        return display.number(value)
    if kind in ("date", "datetime", "year_month"):
        return display.date(value)
    if kind == "duration":
        return display.period(value)
    if kind == "enum":
        return display.word(value)
    return value


def _many(label: Label, value: list[Any], observed: str) -> Row | None:
    if not value:
        return None
    if not all(isinstance(item, dict) for item in value):
        return Row(label, "list", items=tuple(cell("", item) for item in value), observed=observed)
    if "document" in label.type:
        return Row(label, "documents", items=tuple(document(item) for item in value), observed=observed)
    columns, cells = _entries(label, value)
    widths = [
        max(len(column.name) // 2, *(len(line[at]) for line in cells)) for at, column in enumerate(columns)
    ]
    if sum(widths) <= _WIDEST_TABLE:
        return Row(label, "table", items=cells, columns=columns, observed=observed)
    names = tuple(f"{column.name} ({column.unit})" if column.unit else column.name for column in columns)
    records = tuple(
        tuple((name, cell) for name, cell in zip(names, line, strict=True) if cell) for line in cells
    )
    return Row(label, "records", items=records, columns=columns, observed=observed)


def _entries(
    label: Label, value: list[dict[str, Any]]
) -> tuple[tuple[Column, ...], tuple[tuple[str, ...], ...]]:
    """Columns in the shape's order, members that no shape knows after them, and the cells."""
    present = list(dict.fromkeys(name for item in value for name in item))
    names = [name for name in label.members if name in present]
    names += [name for name in present if name not in label.members]
    members = [_member_of(label, name) for name in names]
    cells = tuple(
        tuple(cell(member.type, item.get(name)) for name, member in zip(names, members, strict=True))
        for item in value
    )
    return tuple(Column(m.title, m.unit, m.type in ("decimal", "integer")) for m in members), cells


def _member_of(label: Label, name: str) -> Member:
    return label.members.get(name) or Member(display.member_name(name), "string", "")


def cell(kind: str, value: Any) -> str:
    """A member's value in one line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return plain(kind, value)
    if isinstance(value, list):
        return "; ".join(cell("", item) for item in value)
    if isinstance(value, dict):
        if display.is_address(value):
            return display.address(value)
        return ", ".join(cell("", item) for item in value.values())
    return display.word(value) if isinstance(value, bool) else display.number(value)


def _one(label: Label, value: dict[str, Any], observed: str) -> Row:
    if label.type == "document":
        return Row(label, "documents", items=(document(value),), observed=observed)
    if label.type == "multilingual_text":
        items = tuple((tag, cell("", text)) for tag, text in value.items())
        return Row(label, "languages", items=items, observed=observed)
    if display.is_address(value):
        return Row(label, "text", display.address(value), observed=observed)
    pairs = []
    for name in (
        sorted(value, key=list(label.members).index) if value.keys() <= label.members.keys() else value
    ):
        member = _member_of(label, name)
        if member.type == "series":
            continue  # drawn as a chart
        text = cell(member.type, value[name])
        pairs.append((member.title, f"{text} {member.unit}" if member.unit else text))
    return Row(label, "map", items=tuple(pairs), observed=observed)


_MEDIA = {
    "application/pdf": "PDF",
    "text/html": "Web page",
    "image/png": "Picture",
    "image/svg+xml": "Picture",
}


def document(value: Mapping[str, Any]) -> Document:
    """A document's link, text and particulars."""
    href = display.web_link(value.get("url", ""))
    kind = str(value.get("documentType", ""))
    words = display.member_name(kind) if kind else ""
    title = str(value.get("documentTitle") or words or ("Document" if href else ""))
    note = [words] if words and words != title else []
    if media := str(value.get("mediaType", "")):
        note.append(_MEDIA.get(media, media))
    if "documentNumber" in value:
        note.append(f"No. {value['documentNumber']}")
    if "validUntil" in value:
        note.append(f"valid until {display.date(str(value['validUntil']))}")
    return Document(
        title, href, str(value.get("text", "")), " · ".join(note), str(value.get("digestMultibase", ""))
    )
