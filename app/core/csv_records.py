"""Records in a flat form: one row a record, one column a member. Serials and numbers stay the text they are.

Columns: `recordId`, `kind`, `sentAt`, `gtin`, `lot`, `serial`; attributes of the catalogue by their dotted
id, with the unit in brackets (`batteryMass [kg]`); `details.batchLot`; `notApplicable.` and an id
for a reason. A member of an object is a column of its own (`manufacturer.name`), as is the time of a reading
(`capacityFade.observedAt`). Entries of a list stand in one cell with `|` between them; lists of objects and
series as JSON. An empty cell is no value. Without `recordId` the row's content is its id: the same row, sent
again, is the same record.

A number may have a decimal comma, where the delimiter is another mark; one file keeps to one of the two.
Source: the intake record (core/intake); threats T25, T26.
"""

import difflib
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from app.core import csv_rows, json_strict
from app.core.catalogue import CATALOGUE, SHAPES, Attribute, Field, ValueForm, by_id, fields_of, list_parent
from app.core.csv_rows import Delimiter, Encoding
from app.core.errors import MalformedInput, Rejected
from app.core.intake import KINDS, LEVELS_OF_KIND, WITHOUT_VALUES, Kind, named_by
from app.core.json_pointer import pointer_to
from app.core.units import COUNTS

_ENVELOPE: Final = ("recordId", "kind", "sentAt")
_SUBJECT: Final = ("gtin", "lot", "serial")
_UNIT: Final = re.compile(r"(?P<name>[^\[\]]*[^\[\]\s])\s*\[(?P<unit>[^\[\]]+)\]")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,]*")
_CLAUSE: Final = "docs/connect.md, columns"
_FORMULA: Final = ("=", "@")


@dataclass(frozen=True, slots=True)
class Column:
    """Where the cells of one column go, and in which form."""

    name: str
    path: tuple[str | int, ...]
    form: ValueForm | None
    unit: str | None = None
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One row as a record: its bytes, or why it is none (then an object of columns and their texts, or the
    row's own text where it could not be cut into cells)."""

    number: int
    body: bytes
    refusal: Rejected | None = None


@dataclass(slots=True)
class Reader:
    """One file's rows as records. `kind` for all rows, where no column says it."""

    kind: Kind | None = None
    delimiter: Delimiter | None = None
    decimal: str | None = None
    """`,` or `.`; found with the first number that has one."""
    columns: list[str] = field(default_factory=list)
    _layouts: dict[str, tuple[Column, ...]] = field(default_factory=dict)

    def items(self, read: Callable[[int], bytes], encoding: Encoding) -> Iterator[Item]:
        """Every row after the header. Raises: MalformedInput where the header cannot be used at all."""
        rows = csv_rows.rows(read, encoding, self.delimiter)
        self.columns = list(next(rows).cells)
        self._require_header()
        for row in rows:
            if row.refusal is not None:
                yield Item(row.number, row.text, row.refusal)
                continue
            try:
                yield Item(row.number, orjson.dumps(self._record(row.cells)))
            except MalformedInput as fault:
                told = MalformedInput(
                    f"Row {row.number}: {fault}", pointer=fault.pointer, rule=fault.rule, clause=fault.clause
                )
                yield Item(row.number, self._kept(row.cells), told)

    def record(self, row: Mapping[str, str]) -> bytes:
        """One row that was kept, as a record. Raises: MalformedInput."""
        self.columns = list(row)
        self._require_header()
        return orjson.dumps(self._record(list(row.values())))

    def _kept(self, cells: Sequence[str]) -> bytes:
        declared = {"kind": self.kind} if self.kind is not None and "kind" not in self.columns else {}
        return orjson.dumps({**declared, **dict(zip(self.columns, cells, strict=True))})

    def _require_header(self) -> None:
        named = [name for name in self.columns if name]
        doubled = sorted({name for name in named if named.count(name) > 1})
        if doubled or len(named) != len(self.columns):
            what = f"the column {doubled[0]} stands there twice" if doubled else "a column has no name"
            raise MalformedInput(f"The header cannot be used: {what}.", rule="header", clause=_CLAUSE)
        if self.kind is None and "kind" not in named:
            raise MalformedInput(
                f"No column `kind` says what the rows are. Add it, or declare one of {', '.join(KINDS)}.",
                rule="header", clause=_CLAUSE,
            )  # fmt: skip
        if self.kind is not None:
            self._layout(self.kind)

    def _layout(self, kind: Kind) -> tuple[Column, ...]:
        if kind not in self._layouts:
            self._layouts[kind] = tuple(column_of(name, kind) for name in self.columns)
        return self._layouts[kind]

    def _record(self, cells: Sequence[str]) -> dict[str, Any]:
        kind: Any = self.kind
        if "kind" in self.columns:
            kind = cells[self.columns.index("kind")].strip() or self.kind
        if kind not in KINDS:
            raise MalformedInput(f"Send one of {', '.join(KINDS)}.", pointer="/kind", rule="enum")
        document: dict[str, Any] = {"recordId": "", "kind": kind}
        for column, cell in zip(self._layout(kind), cells, strict=True):
            text = cell.strip()
            if text and column.path != ("kind",):
                put(document, column, self.value(column, text))
        return named(document)

    def value(self, column: Column, text: str) -> Any:
        """What a cell means. Raises: MalformedInput."""
        form = column.form
        if text.startswith(_FORMULA):
            raise MalformedInput(
                "A cell that begins like a formula is not taken.", pointer=pointer_of(column), rule="formula",
                clause=_CLAUSE,
            )  # fmt: skip
        if form is None:
            return text
        if form.is_list and not (form.shape or form.type == "list<object>"):
            return [self._plain(form.item, part.strip(), column) for part in text.split("|") if part.strip()]
        if form.is_list or form.type in ("object", "document", "series", "multilingual_text", "json"):
            try:
                return json_strict.digits(json_strict.loads(text.encode(), decimals=True))
            except MalformedInput as fault:
                raise MalformedInput(
                    "This cell holds JSON, and cannot be read: write the members as columns of their own, or"
                    " one JSON value.",
                    pointer=pointer_of(column), rule=fault.rule, clause=_CLAUSE,
                ) from None  # fmt: skip
        value = self._plain(form, text, column)
        if form.unit is not None and form.type in ("decimal", "integer"):
            measured = {"value": value}
            if column.unit is not None:
                return measured | {"unit": column.unit}
            return value if form.unit in COUNTS else measured
        return value

    def _plain(self, form: ValueForm, text: str, column: Column) -> Any:
        if form.type == "boolean":
            return {"true": True, "false": False}.get(text.lower(), text)
        if form.type in ("decimal", "integer") and _NUMBER.fullmatch(text):
            return self._number(text, column)
        return text

    def _number(self, text: str, column: Column) -> str:
        marks = {mark for mark in ",." if mark in text}
        if len(marks) > 1 or any(text.count(mark) > 1 for mark in marks):
            raise MalformedInput(
                "Write the number without marks for thousands.", pointer=pointer_of(column), rule="decimal",
                clause=_CLAUSE,
            )  # fmt: skip
        for mark in marks:
            self.decimal = self.decimal or mark
            if mark != self.decimal:
                raise MalformedInput(
                    f"The numbers of this file have the decimal mark {self.decimal} so far, not {mark}.",
                    pointer=pointer_of(column), rule="decimal", clause=_CLAUSE,
                )  # fmt: skip
        return text.removeprefix("+").replace(",", ".")


def named(document: dict[str, Any]) -> dict[str, Any]:
    """The record with an id: its own, or else one that its content gives."""
    if document.get("recordId"):
        return document
    content = orjson.dumps(
        {name: member for name, member in document.items() if name != "recordId"},
        option=orjson.OPT_SORT_KEYS,
    )
    return {**document, "recordId": f"row-{hashlib.sha256(content).hexdigest()[:40]}"}


def template(kind: Kind) -> str:
    """The header row of a spreadsheet for one kind of record: every column it may have, `;` between them."""
    return ";".join(_quoted(name) for name in template_columns(kind)) + "\r\n"


def subject_columns(kind: Kind) -> list[str]:
    """Members of a subject that records of this kind may have, in their usual order."""
    return [name for name in _SUBJECT if any(name in names for names in named_by(kind))]


def with_lists(value: Any) -> Any:
    """Lists where entries were gathered by their places; a place that nobody filled is left out."""
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(name, int) for name in value):
        return [with_lists(value[name]) for name in sorted(value)]
    return {name: with_lists(member) for name, member in value.items()}


def template_columns(kind: Kind) -> list[str]:
    """Names of all columns that rows of this kind may have, in the order of the catalogue."""
    levels = LEVELS_OF_KIND[kind]
    found = [*_ENVELOPE, *subject_columns(kind)]
    if kind not in WITHOUT_VALUES:
        for row in CATALOGUE:
            if not row.system and list_parent(row) is None and set(levels) & set(row.levels):
                found.extend(_names(row.id, row))
    for member in SHAPES[f"details/{kind}"].fields:
        found.extend(_names(f"details.{member.name}", member))
    return found


def _names(name: str, form: ValueForm) -> list[str]:
    if form.type == "multilingual_text":
        return [f"{name}.en"]
    if form.type in ("object", "document") and _members(form):
        return [each for member in _members(form) for each in _names(f"{name}.{member.name}", member)]
    measured = form.unit is not None and form.type in ("decimal", "integer") and form.unit not in COUNTS
    return [f"{name} [{form.unit}]" if measured else name]


def _quoted(name: str) -> str:
    return f'"{name}"' if ";" in name else name


def column_of(header: str, kind: Kind) -> Column:
    """Raises: MalformedInput for a column that no record of this kind has."""
    found = _UNIT.fullmatch(header)
    name, unit = (found["name"], found["unit"].strip()) if found else (header, None)
    if name in _ENVELOPE:
        return Column(header, (name,), None)
    if name in _SUBJECT:
        return Column(header, ("subject", name), None)
    head, _, rest = name.partition(".")
    if head == "notApplicable" and rest:
        return Column(header, ("notApplicable", rest), None)
    if head == "details" and rest:
        members = {member.name: member for member in SHAPES[f"details/{kind}"].fields}
        form = _form(members, rest.split("."))
        if form is not None:
            return Column(header, ("details", *rest.split(".")), form, unit)
    attribute, inner = _attribute(name)
    if attribute is not None:
        if attribute.wrapped and inner in (["observedAt"], ["source"]):
            return Column(header, ("values", attribute.id, *inner), None)
        form = attribute if not inner else _form({each.name: each for each in _members(attribute)}, inner)
        if not inner or form is not None or attribute.type == "multilingual_text":
            wrapped = attribute.wrapped and not inner
            return Column(header, ("values", attribute.id, *inner), form, unit, wrapped)
    near = difflib.get_close_matches(header, template_columns(kind), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise MalformedInput(
        f"No record of kind {kind} has a column {header[:80]}.{hint}", rule="unknown-column", clause=_CLAUSE
    )


def _attribute(name: str) -> tuple[Attribute | None, list[str]]:
    """The attribute with the longest id that begins `name`, and what is left of it."""
    steps = name.split(".")
    for length in range(len(steps), 0, -1):
        row = by_id(".".join(steps[:length]))
        if row is not None:
            return row, steps[length:]
    return None, []


def _members(form: ValueForm) -> Sequence[Field]:
    return fields_of(form) if form.type == "object" or form.type == "document" else ()


def _form(members: Mapping[str, Field], steps: Sequence[str]) -> ValueForm | None:
    form = members.get(steps[0])
    if form is None or len(steps) == 1:
        return form
    if form.type == "multilingual_text":
        return ValueForm(type="string")
    return _form({each.name: each for each in _members(form)}, steps[1:])


def cell_value(column: Column, text: str) -> Any:
    """One text in the form that a record carries, as if it stood in a cell alone. Raises: MalformedInput."""
    return Reader().value(column, text)


def put(document: dict[str, Any], column: Column, value: Any) -> None:
    """Set what a column says in the record; whole numbers in its path are places in a list. Raises:
    MalformedInput where two columns give the same value."""
    place: dict[Any, Any] = document
    for step in column.path[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise MalformedInput(
                "Another column gives the whole of this value.", pointer=pointer_of(column), rule="twice",
                clause=_CLAUSE,
            )  # fmt: skip
    last = column.path[-1]
    if column.wrapped:
        reading = value if isinstance(value, dict) else {"value": value}
        place.setdefault(last, {}).update(reading)
    elif isinstance(place.get(last), dict) and isinstance(value, dict):
        place[last].update(value)
    else:
        place[last] = value


def place_of(header: str, kind: Kind | None) -> str | None:
    """Where in a record of this kind the values of a header stand; None where it has no such column."""
    try:
        return pointer_of(column_of(header, kind)) if kind and header else None
    except MalformedInput:
        return None


def pointer_of(column: Column) -> str:
    """Where in the record a column's value stands (RFC 6901)."""
    return pointer_to(column.path)
