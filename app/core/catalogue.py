"""The attributes of a battery passport: one row each, read from data and looped over everywhere.

Completeness, schema, context, forms, pages and docs read these rows; nobody names an attribute in code to
decide what it is. Rows come from `data/catalogue.json`, the fields of nested values from `data/shapes.json`
(passport) and `data/record_shapes.json` (what stays with the maker).

Source: Regulation (EU) 2023/1542, Annexes VI, VII and XIII; EN 18223 header; DIN DKE SPEC 99100;
Commission list of data points for February 2027. Each row names its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from app.core.vocabulary import CATEGORIES, SECTIONS, Category, Level, Section

ObligationKind = Literal["required", "conditional", "optional", "not-yet-due"]
Carried = Literal["subject", "beside", "observedAt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueForm:
    """What a value looks like.

    `type` is one of string, enum, boolean, integer, decimal, date, datetime, year_month, duration,
    uri (https), iri (an identifier: https or urn), email, multilingual_text, object, document, series,
    json (kept as it is, judged by whoever reads it), or `list<...>` of string, object, document. `unit` is a
    code of `units`; bounds are inclusive texts.
    """

    type: str
    unit: str | None = None
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    max_length: int | None = None
    shape: str | None = None
    ordered: bool = False

    @property
    def is_list(self) -> bool:
        return self.type.startswith("list<")

    @property
    def item(self) -> "ValueForm":
        """The form of one entry of a list."""
        return _item(
            self.type, self.unit, self.allowed, self.pattern, self.minimum, self.maximum, self.max_length,
            self.shape,
        )  # fmt: skip


@cache
def _item(
    of: str, unit: str | None, allowed: tuple[str, ...], pattern: str | None, minimum: str | None,
    maximum: str | None, max_length: int | None, shape: str | None,
) -> ValueForm:  # fmt: skip
    return ValueForm(
        type=of.removeprefix("list<").removesuffix(">"), unit=unit, allowed=allowed, pattern=pattern,
        minimum=minimum, maximum=maximum, max_length=max_length, shape=shape,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ValueForm):
    """One member of a nested value. `attribute_id` is set where it is a row of the catalogue."""

    name: str
    definition: str
    required: bool = False
    vocabulary: str | None = None
    attribute_id: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A nested value: its fields, and names of which at least one must be there (empty: no such rule)."""

    name: str
    title: str
    fields: tuple[Field, ...]
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Obligation:
    """What one battery category owes. `due` says from when, in words, for what is not yet due."""

    kind: ObligationKind
    due: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """When a conditional row applies.

    With `present`, it applies once that attribute has a value. Without, only the maker knows: the row needs a
    value or an explicit reason why it does not apply. `when` says it in words.
    """

    when: str
    present: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(ValueForm):
    """One row of the catalogue."""

    id: str
    group: str
    name: str
    definition: str
    form: str | None
    access: tuple[str, ...]
    section: Section
    dynamic: bool
    granularity: Level
    levels: tuple[Level, ...]
    obligation: Mapping[Category, Obligation]
    condition: Condition | None
    clause: str
    annex_point: str
    ec_datapoint: int | None
    applies_from: str | None
    system: bool
    carried: Carried
    mappings: Mapping[str, str]
    note: str | None

    @property
    def wrapped(self) -> bool:
        """True where the signed value is `{value, observedAt, source}`.

        An object of readings carries its time itself, and so does each point of a series.
        """
        return self.dynamic and self.section in ("condition", "use") and self.type not in ("object", "series")

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.id.split("."))


def _read(name: str) -> Any:
    return json.loads((resources.files("app.core") / "data" / name).read_bytes())


def _value_form(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": row["type"],
        "unit": row.get("unit"),
        "allowed": tuple(row.get("allowed", ())),
        "pattern": row.get("pattern"),
        "minimum": row.get("minimum"),
        "maximum": row.get("maximum"),
        "max_length": row.get("maxLength"),
        "shape": row.get("shape"),
        "ordered": row.get("ordered", False),
    }


def _attribute(row: Mapping[str, Any]) -> Attribute:
    condition = row.get("condition")
    owed = row["obligation"]
    return Attribute(
        **_value_form(row),
        id=row["id"],
        group=row["group"],
        name=row["name"],
        definition=row["definition"],
        form=row.get("form"),
        access=tuple(row["access"]),
        section=row["section"],
        dynamic=row["dynamic"],
        granularity=row["granularity"],
        levels=tuple(row["levels"]),
        obligation=MappingProxyType({category: Obligation(**owed[category]) for category in CATEGORIES}),
        condition=Condition(condition["when"], condition.get("present")) if condition else None,
        clause=row["clause"],
        annex_point=row["annexPoint"],
        ec_datapoint=row.get("dataPoint"),
        applies_from=row.get("appliesFrom"),
        system=row.get("system", False),
        carried=row.get("carried", "subject"),
        mappings=MappingProxyType(row.get("mappings", {})),
        note=row.get("note"),
    )


def _shape(name: str, row: Mapping[str, Any]) -> Shape:
    fields = tuple(
        Field(
            **_value_form(field),
            name=field["name"],
            definition=field["definition"],
            required=field.get("required", False),
            vocabulary=field.get("vocabulary"),
        )
        for field in row["fields"]
    )
    return Shape(name, row["title"], fields, tuple(row.get("anyOf", ())))


CATALOGUE: Final[tuple[Attribute, ...]] = tuple(_attribute(row) for row in _read("catalogue.json"))
GROUPS: Final[Mapping[str, str]] = MappingProxyType(cast(dict[str, str], _read("groups.json")))
"""Group name to title, in the order in which groups are shown."""

_BY_ID: Final = {attribute.id: attribute for attribute in CATALOGUE}
_SHAPES: Final = {
    name: _shape(name, row)
    for source in ("shapes.json", "record_shapes.json")
    for name, row in _read(source).items()
}
SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(_SHAPES)


def by_id(attribute_id: str) -> Attribute | None:
    """The row with this dotted id, or None."""
    return _BY_ID.get(attribute_id)


_OF_SECTION: Final[dict[Section, tuple[Attribute, ...]]] = {
    section: tuple(row for row in CATALOGUE if row.section == section and row.carried == "subject")
    for section in SECTIONS
}


def of_section(section: Section) -> tuple[Attribute, ...]:
    """Rows that are signed in `section`, in catalogue order, without what travels beside it."""
    return _OF_SECTION[section]


def _list_parent(row: Attribute) -> Attribute | None:
    parent = _BY_ID.get(row.id.rpartition(".")[0])
    return parent if parent is not None and parent.is_list else None


_LIST_PARENTS: Final = {row.id: _list_parent(row) for row in CATALOGUE}
_ITEM_FIELDS: Final = {
    row.id: tuple(child for child in CATALOGUE if _LIST_PARENTS[child.id] is row) for row in CATALOGUE
}


def list_parent(attribute: Attribute) -> Attribute | None:
    """The list of objects of which `attribute` is a field (`hazardousSubstances` of its impact), or None."""
    return _LIST_PARENTS[attribute.id]


def item_fields(attribute: Attribute) -> tuple[Attribute, ...]:
    """Rows that are fields of each entry of the list `attribute`."""
    return _ITEM_FIELDS[attribute.id]


def _as_field(row: Attribute) -> Field:
    return Field(
        **{name: getattr(row, name) for name in ValueForm.__slots__},
        name=row.path[-1],
        definition=row.definition,
        attribute_id=row.id,
    )


_FIELDS_OF_SHAPE: Final = {
    shape.name: {field.name: field for field in shape.fields} for shape in SHAPES.values()
}
_FIELDS_OF_LIST: Final = {
    row.id: {**_FIELDS_OF_SHAPE[row.shape], **{child.path[-1]: _as_field(child) for child in children}}
    for row in CATALOGUE
    if row.shape is not None and (children := _ITEM_FIELDS[row.id])
}


def members_of(form: ValueForm) -> Mapping[str, Field]:
    """Members of a nested value of this form by name, those that are rows of the catalogue last."""
    if form.shape is None:
        return {}
    own = _FIELDS_OF_LIST.get(form.id) if isinstance(form, Attribute) else None
    return own if own is not None else _FIELDS_OF_SHAPE[form.shape]


def fields_of(form: ValueForm) -> tuple[Field, ...]:
    """The same, in order."""
    return tuple(members_of(form).values())
