"""JSON Schema of one intake record, for the OpenAPI document: what a factory may send, with examples.

It describes; `intake.parse` decides. Rules between members (which level sets what) are words in both.
"""

from typing import Any, Final

from app.core import schema_forms, units
from app.core.catalogue import CATALOGUE, SHAPES, Attribute, Field, Shape, ValueForm, fields_of, list_parent
from app.core.intake import (
    KINDS,
    MAY_SPEAK_OF_NOTHING,
    WITHOUT_DETAILS,
    WITHOUT_VALUES,
    named_by,
)
from app.core.vocabulary import BASE, SCHEMA_VERSION

Json = dict[str, Any]

_NUMBER: Final[Json] = {
    "oneOf": [{"type": "number"}, {"type": "string", "pattern": schema_forms.DECIMAL}],
    "description": "A JSON number, taken by its exact text, or the same as text. No exponent.",
}
_READING: Final[Json] = {
    "observedAt": {**schema_forms.SCALARS["datetime"], "description": "When it was read; else sentAt"},
    "source": {**schema_forms.TEXT, "description": "Where it comes from; else the kind of record"},
}
_EXAMPLES: Final[tuple[Json, ...]] = (
    {
        "recordId": "PLM-000017",
        "kind": "model",
        "sentAt": "2026-11-20T08:00:00Z",
        "subject": {"gtin": "09506000134352"},
        "values": {
            "batteryCategory": "ev",
            "batteryMass": {"value": 452.5, "unit": "kg"},
            "nominalVoltage": {"value": "355.2", "unit": "V"},
        },
        "notApplicable": {"labels.hazardousMaterial": "no cadmium or lead above the limits"},
    },
    {
        "recordId": "MES-000123",
        "kind": "pack",
        "sentAt": "2026-11-20T09:12:00Z",
        "subject": {"gtin": "09506000134352", "serial": "KP7-0000123"},
        "values": {
            "manufacturingDate": "2026-11",
            "batteryStatus": "original",
            "capacityFade": {
                "value": 0.0, "unit": "%", "observedAt": "2026-11-20T09:10:00Z", "source": "line"
            },
        },
        "details": {
            "batchLot": "B-2026-47", "assembledOn": "2026-11-20", "configuration": "96s2p", "cellLots": ["C8"]
        },
    },
    {
        "recordId": "MES-000119",
        "kind": "module",
        "sentAt": "2026-11-20T07:30:00Z",
        "subject": {"serial": "KM-77120"},
        "details": {
            "moduleModel": "KM-12", "assembledOn": "2026-11-20", "configuration": "12s2p",
            "cellLots": [{"lot": "C8", "cells": 24}],
        },
    },
    {
        "recordId": "WS-000031",
        "kind": "exchange",
        "sentAt": "2026-11-20T12:00:00Z",
        "subject": {"gtin": "09506000134352", "serial": "KP7-0000123"},
        "details": {
            "performedAt": "2026-11-20T11:20:00Z", "reason": "cell voltage drifts",
            "workshop": "Example Service, Lyon",
            "removed": [{"part": "module", "number": "KM-77120"}],
            "installed": [{"part": "module", "number": "KM-77985", "cellLot": "C9", "cells": 24}],
        },
    },
    {
        "recordId": "MES-000124",
        "kind": "release",
        "sentAt": "2026-11-20T10:00:00Z",
        "subject": {"gtin": "09506000134352", "serial": "KP7-0000123"},
        "details": {"stamp": "OK", "stampedBy": "final inspection"},
    },
)  # fmt: skip


def record_schema() -> Json:
    """The request body of `POST /api/v1/intake/records`. Definitions are local, under `$defs`."""
    own = [row for row in CATALOGUE if not row.system and list_parent(row) is None]
    values = {row.id: _attribute(row) for row in own}
    document: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{BASE}/schema/{SCHEMA_VERSION}/intake-record.json",
        "title": "Intake record",
        "type": "object",
        "properties": {
            "recordId": {
                "type": "string",
                "pattern": "^[A-Za-z0-9._:-]{1,64}$",
                "description": "The sender's own id, unique in the plant; the same record twice counts once",
            },
            "kind": {"type": "string", "enum": list(KINDS)},
            "sentAt": {**schema_forms.SCALARS["datetime"], "description": "Time of the sender, UTC"},
            "subject": _subject(),
            "values": {
                "type": "object",
                "description": "Attributes of the passport by dotted id; an object or group may come whole",
                "properties": values,
                "additionalProperties": {
                    "type": "object",
                    "description": "A group of attributes, such as labels",
                },
            },
            "notApplicable": {
                "type": "object",
                "description": "Attributes that do not apply, each with the reason",
                "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 500},
            },
            "details": {"type": "object", "description": "What stays with the maker, by kind of record"},
        },
        "required": ["recordId", "kind", "sentAt", "subject"],
        "additionalProperties": False,
        "allOf": [_kind(kind) for kind in KINDS],
        "examples": list(_EXAMPLES),
    }
    document["$defs"] = {name: _shape(shape) for name, shape in sorted(SHAPES.items())}
    return document


def _subject() -> Json:
    return {
        "type": "object",
        "description": "Model: gtin. Batch: gtin, lot. Battery: gtin, serial. Lot of material or cells: lot."
        " Cell or module: serial. An event that is not about one product alone: empty.",
        "properties": {
            "gtin": {"type": "string", "pattern": "^[0-9]{14}$"},
            "lot": {"type": "string", "minLength": 1, "maxLength": 20},
            "serial": {"type": "string", "minLength": 1, "maxLength": 20},
        },
        "additionalProperties": False,
    }


def _kind(kind: Any) -> Json:
    then: Json = {"properties": {"details": {"$ref": f"#/$defs/details~1{kind}"}}, "required": []}
    if kind not in WITHOUT_DETAILS:
        then["required"].append("details")
    if kind in WITHOUT_VALUES:
        then["properties"] |= {"values": {"maxProperties": 0}, "notApplicable": {"maxProperties": 0}}
    subjects = [list(names) for names in named_by(kind)]
    if kind in MAY_SPEAK_OF_NOTHING:
        subjects.append([])
    then["properties"]["subject"] = {
        "oneOf": [
            {"required": names, "minProperties": len(names), "maxProperties": len(names)}
            for names in subjects
        ]
    }
    return {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": then}


def _attribute(row: Attribute) -> Json:
    form = _value(row)
    if row.wrapped:
        if form.get("type") == "object" and "properties" in form and "value" in form["properties"]:
            form = {**form, "properties": form["properties"] | _READING}
        else:
            reading = schema_forms.closed_object({"value": form} | _READING, ["value"])
            form = {"oneOf": [form, reading]}
    levels = ", ".join(row.levels)
    notes: Json = {
        "title": row.name,
        "description": f"{row.definition}. Set for: {levels}. {row.clause}.",
        "x-clause": row.clause,
    }
    if row.unit is not None:
        notes["x-unit"] = row.unit
    return {**form, **notes}


def _value(form: ValueForm) -> Json:
    if form.is_list:
        return {"type": "array", "items": _single(form.item), "minItems": 1, "maxItems": 1000}
    return _single(form)


def _single(form: ValueForm) -> Json:
    if form.type in ("object", "document"):
        return {"$ref": f"#/$defs/{form.shape}"}
    if form.type == "series":
        return {
            "type": "array",
            "items": {"$ref": f"#/$defs/{form.shape}"},
            "minItems": 1,
            "maxItems": 10_000,
        }
    if form.type in ("decimal", "integer"):
        number = {"type": "integer"} if form.type == "integer" else _NUMBER
        return _measured(form, number)
    return schema_forms.single(form)


def _measured(form: ValueForm, number: Json) -> Json:
    if form.unit is None:
        return number
    unit = units.UNITS[form.unit]
    names = list(dict.fromkeys(text for text in (unit.code, unit.ucum, unit.label) if text))
    measured = {"value": number, "unit": {"type": "string", "enum": names}}
    if form.unit in units.COUNTS:
        return {"oneOf": [number, schema_forms.closed_object(measured, ["value"])]}
    return schema_forms.closed_object(measured, ["value", "unit"])


def _shape(shape: Shape) -> Json:
    fields = {field.name: field for field in shape.fields}
    below: Json = {}
    for row in CATALOGUE:
        if row.shape != shape.name:
            continue
        if row.is_list:
            fields |= {field.name: field for field in fields_of(row)}
        elif row.type == "object":
            # Rows below an object may come inside it.
            below |= {r.path[-1]: _attribute(r) for r in CATALOGUE if r.id.startswith(f"{row.id}.")}
    bare = shape.name.startswith("details/") or shape.name in _SERIES
    form = schema_forms.closed_object(
        {name: _field(field, bare) for name, field in fields.items()} | below,
        [field.name for field in shape.fields if field.required and field.name != "observedAt"],
    )
    if shape.any_of:
        form["anyOf"] = [{"required": [name]} for name in shape.any_of]
    return {**form, "title": shape.title}


def _field(field: Field, bare: bool) -> Json:
    form = (
        (_NUMBER if field.type == "decimal" else {"type": "integer"}) if bare and _is_number(field) else None
    )
    return {**(form or _value(field)), "description": field.definition}


def _is_number(form: ValueForm) -> bool:
    return form.type in ("decimal", "integer")


_SERIES: Final = frozenset(
    form.shape
    for form in (*CATALOGUE, *(field for shape in SHAPES.values() for field in shape.fields))
    if form.type == "series"
)
