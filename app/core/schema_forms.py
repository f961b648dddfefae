"""JSON Schema of single values, by the form that the catalogue gives them.

Decimals are texts, so their bounds are patterns. Every format has a pattern beside it, for validators that
know no formats.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.core.catalogue import SHAPES, Attribute, Field, ValueForm, by_id, fields_of, item_fields
from app.core.vocabulary import Category

Json = dict[str, Any]

MAX_INTEGER: Final = 9_007_199_254_740_991
MAX_TEXT_LENGTH: Final = 4_000

DECIMAL: Final = r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$"
DECIMAL_FROM_0: Final = r"^[0-9]{1,15}(\.[0-9]{1,12})?$"
DECIMAL_TO_100: Final = r"^(100(\.0{1,12})?|[0-9]{1,2}(\.[0-9]{1,12})?)$"
DATETIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$"
DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
YEAR_MONTH: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
DURATION: Final = r"^P([0-9]{1,4}Y([0-9]{1,4}M)?|[0-9]{1,4}M)$"
HTTPS: Final = r"^https://[^\s<>\"{}|\\^`]+$"
IRI: Final = r"^(https?://|urn:[a-z0-9-]+:)[^\s<>\"{}|\\^`]+$"
EMAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
LANGUAGE: Final = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
URN_UUID: Final = r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
DID: Final = r"^did:[a-z0-9]+:[^\s]+$"
DIGEST: Final = r"^u[A-Za-z0-9_-]{46}$"

TEXT: Final[Json] = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_LENGTH}
SCALARS: Final[Mapping[str, Json]] = {
    "string": TEXT,
    "boolean": {"type": "boolean"},
    "json": {"type": "object"},
    "date": {"type": "string", "pattern": DATE, "format": "date"},
    "datetime": {"type": "string", "pattern": DATETIME, "format": "date-time"},
    "year_month": {"type": "string", "pattern": YEAR_MONTH},
    "duration": {"type": "string", "pattern": DURATION, "format": "duration"},
    "uri": {"type": "string", "pattern": HTTPS, "format": "uri", "maxLength": 2000},
    "iri": {"type": "string", "pattern": IRI, "format": "uri", "maxLength": 2000},
    "email": {"type": "string", "pattern": EMAIL, "maxLength": 320},
    "multilingual_text": {
        "type": "object",
        "patternProperties": {LANGUAGE: TEXT},
        "additionalProperties": False,
    },
}


def value(form: ValueForm, category: Category) -> Json:
    if form.is_list:
        entry = _inline(form, category) if item_fields_of(form) else single(form.item)
        return {"type": "array", "items": entry, "minItems": 1, "maxItems": 1000, "uniqueItems": True}
    return single(form)


def item_fields_of(form: ValueForm) -> tuple[Attribute, ...]:
    return item_fields(form) if isinstance(form, Attribute) else ()


def _inline(form: ValueForm, category: Category) -> Json:
    """Entries of a list whose fields are partly rows of the catalogue."""
    fields = fields_of(form)
    owed = {row.id for row in item_fields_of(form) if is_required(row, category)}
    required = [field.name for field in fields if field.required or field.attribute_id in owed]
    return closed_object({field.name: field_member(field, category) for field in fields}, required)


def single(form: ValueForm) -> Json:
    if form.type in ("object", "document"):
        return {"$ref": f"#/$defs/{form.shape}"}
    if form.type == "series":
        entry = {"$ref": f"#/$defs/{form.shape}"}
        return {"type": "array", "items": entry, "minItems": 1, "maxItems": 10_000}
    if form.type == "decimal":
        return {"type": "string", "pattern": decimal_pattern(form)}
    if form.type == "integer":
        lowest = int(form.minimum) if form.minimum is not None else -MAX_INTEGER
        highest = int(form.maximum) if form.maximum is not None else MAX_INTEGER
        return {"type": "integer", "minimum": lowest, "maximum": highest}
    if form.allowed:
        return {"type": "string", "enum": list(form.allowed)}
    scalar = dict(SCALARS[form.type])
    if form.pattern is not None:
        scalar["pattern"] = form.pattern
    if form.max_length is not None:
        scalar["maxLength"] = form.max_length
    return scalar


def decimal_pattern(form: ValueForm) -> str:
    """The text form of a decimal with its bounds, as far as a pattern can say them."""
    if form.minimum == "0":
        return DECIMAL_TO_100 if form.maximum == "100" else DECIMAL_FROM_0
    return DECIMAL


def closed_object(properties: Mapping[str, Json], required: Sequence[str]) -> Json:
    form: Json = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**form, "required": list(required)} if required else {**form, "minProperties": 1}


def _shape(name: str) -> Json:
    shape = SHAPES[name]
    form = closed_object(
        {field.name: {**value(field, "ev"), **_notes(field)} for field in shape.fields},
        [field.name for field in shape.fields if field.required],
    )
    form["title"] = shape.title
    if shape.any_of:
        form["anyOf"] = [{"required": [member]} for member in shape.any_of]
    return form


def _notes(field: Field) -> Json:
    return {"description": field.definition, **({"x-unit": field.unit} if field.unit is not None else {})}


def shapes_used(form: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}
    open_forms: list[Any] = [form]
    while open_forms:
        here = open_forms.pop()
        if isinstance(here, dict):
            name = str(here.get("$ref", "")).removeprefix("#/$defs/")
            if name and name not in found:
                found[name] = _shape(name)
                open_forms.append(found[name])
            open_forms.extend(here.values())
        elif isinstance(here, list):
            open_forms.extend(here)
    return dict(sorted(found.items()))


def is_required(row: Attribute, category: Category) -> bool:
    return row.obligation[category].kind == "required"


def annotated(row: Attribute, form: Json) -> Json:
    notes = {"title": row.name, "description": row.definition, "x-attribute": row.id, "x-clause": row.clause}
    if row.unit is not None:
        notes["x-unit"] = row.unit
    return {**form, **notes}


def field_member(field: Field, category: Category) -> Json:
    form = value(field, category)
    notes: Json = {"description": field.definition}
    if field.attribute_id is not None:
        row = by_id(field.attribute_id)
        notes |= {"x-attribute": field.attribute_id, "x-clause": row.clause if row else ""}
    if field.unit is not None:
        notes["x-unit"] = field.unit
    return {**form, **notes}
