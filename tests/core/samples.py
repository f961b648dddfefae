"""Subjects that hold every attribute and every field of the catalogue: a valid whole to test against."""

import re
from typing import Any

from app.core.catalogue import Attribute, ValueForm, fields_of, list_parent, of_section
from app.core.nesting import nest
from app.core.vocabulary import Section

SCALARS: dict[str, Any] = {
    "string": "Some text",
    "boolean": True,
    "integer": 7,
    "decimal": "7.5",
    "date": "2027-02-18",
    "datetime": "2027-02-18T08:00:00Z",
    "year_month": "2027-02",
    "duration": "P8Y",
    "uri": "https://www.maker.example/paper",
    "iri": "https://passports.example/01/09506000134352/21/A1",
    "email": "contact@maker.example",
    "json": {
        "type": "ObjectEvent",
        "eventTime": "2027-02-18T09:00:00+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "ADD",
        "epcList": ["https://id.gs1.org/01/09506000134352/21/A1"],
    },
    "multilingual_text": {"en": "Crossed-out bin", "de": "Durchgestrichene Tonne"},
}
PATTERNED = {
    "^[A-Z]{2}$": "DE",
    "^[a-z0-9.+-]+/[a-z0-9.+-]+$": "application/pdf",
    "^u[A-Za-z0-9_-]{46}$": "u" + "EiA" + "b" * 43,
    "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "de",
    "^[0-9]{6}([0-9]{2}){0,2}$": "850760",
    "^(GLO|[A-Z]{2})$": "EU",
    "^[A-Z0-9]{2,3}$": "KGM",
    "^[+-](0[0-9]|1[0-4]):[0-5][0-9]$": "+02:00",
}


def a_value(form: ValueForm) -> Any:
    """A normalised value of this form, with every field that it may have."""
    if form.is_list:
        return [_one(form, form.item)]
    return _one(form, form)


def _one(form: ValueForm, item: ValueForm) -> Any:
    if item.type in ("object", "document"):
        return {field.name: a_value(field) for field in fields_of(form)}
    if item.type == "series":
        point = {field.name: a_value(field) for field in fields_of(form)}
        return [point, dict(point)]
    if item.allowed:
        return item.allowed[0]
    if item.pattern:
        return PATTERNED.get(item.pattern) or next(
            text for text in PATTERNED.values() if re.fullmatch(item.pattern, text)
        )
    if item.type == "integer" and item.minimum is not None:
        return max(SCALARS["integer"], int(item.minimum))
    return SCALARS[item.type]


def a_signed_value(attribute: Attribute) -> Any:
    value = a_value(attribute)
    if attribute.wrapped:
        return {"value": value, "observedAt": "2027-02-18T08:00:00Z", "source": "end-of-line test"}
    return value


def a_full_subject(section: Section) -> dict[str, Any]:
    """Everything the catalogue lets a subject of `section` hold, but `id` and `type`."""
    return nest({a.id: a_signed_value(a) for a in of_section(section) if list_parent(a) is None})
