"""The checks of `values`, put together once for each form of value, for texts that `json_plain` has read.

A check takes a value that is plainly right and gives what is signed, or raises `Unsure`: then the value is
read again by `values`, which alone refuses and says why. Nothing is taken here that is not taken there, and
it comes out the same; a test compares the two over all kinds of records.

What is not asked again: texts are printable and in form C, members are not doubled. An object or list that
was read belongs to its check: what changes is written into it, so that most of it need not be made anew.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from app.core import schema_forms, units
from app.core.catalogue import SHAPES, Attribute, Field, Shape, ValueForm, members_of
from app.core.values import MAX_LIST, MAX_SERIES

Check = Callable[[Any], Any]
ReadingCheck = Callable[[Any, str, str], Any]
"""Of a value, the time at which it was observed and its source, where it does not say them itself."""


class Unsure(Exception):
    """Something is unusual, or wrong: the plain check of `values` says which."""


_UNSIGNED: Final = r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?"
_ANY_NUMBER: Final = re.compile(f"-?{_UNSIGNED}").fullmatch
_FROM_0: Final = re.compile(_UNSIGNED).fullmatch
_FROM_0_TO_100: Final = re.compile(r"(?:0|[1-9][0-9]?)(?:\.[0-9]{1,12})?|100(?:\.0{1,12})?").fullmatch
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,15})").fullmatch


# --- texts


def text(longest: int, pattern: str | None = None) -> Check:
    """A text that is not empty."""
    if pattern is not None:
        matches = re.compile(pattern).fullmatch

        def check_form(value: Any) -> Any:
            if type(value) is str and len(value) <= longest and value.strip() and matches(value):
                return value
            raise Unsure

        return check_form

    def check(value: Any) -> Any:
        if type(value) is str and len(value) <= longest and value.strip():
            return value
        raise Unsure

    return check


def _moment(pattern: str, read: Callable[[str], object]) -> Check:
    """A day or time that a calendar has."""
    matches = re.compile(pattern).fullmatch

    def check(value: Any) -> Any:
        if type(value) is str and matches(value):
            try:
                read(value)
            except ValueError:
                raise Unsure from None
            return value
        raise Unsure

    return check


DATETIME: Final = _moment(schema_forms.DATETIME, datetime.fromisoformat)
SOURCE: Final = text(200)
_TEXTS: Final[Mapping[str, Check]] = {
    "date": _moment(schema_forms.DATE, date.fromisoformat),
    "datetime": DATETIME,
    "year_month": text(2000, schema_forms.YEAR_MONTH),
    "duration": text(2000, schema_forms.DURATION),
    "uri": text(2000, schema_forms.HTTPS),
    "iri": text(2000, schema_forms.IRI),
    "email": text(2000, schema_forms.EMAIL),
}
_LANGUAGE: Final = text(2000, schema_forms.LANGUAGE)
_TEXT: Final = text(schema_forms.MAX_TEXT_LENGTH)


def _languages(value: Any) -> Any:
    if type(value) is not dict or not value:
        raise Unsure
    return {_LANGUAGE(tag): _TEXT(words) for tag, words in value.items()}


def _boolean(value: Any) -> Any:
    if type(value) is not bool:
        raise Unsure
    return value


def _enum(allowed: tuple[str, ...]) -> Check:
    known = frozenset(allowed)

    def check(value: Any) -> Any:
        if type(value) is not str or value not in known:
            raise Unsure
        return value

    return check


# --- numbers


def _decimal(form: ValueForm) -> Check:
    bounds = (form.minimum, form.maximum)
    if bounds in (("0", None), ("0", "100")):  # most: the form of the text says all
        matches = _FROM_0 if form.maximum is None else _FROM_0_TO_100

        def check(value: Any) -> Any:
            if type(value) is not str:
                value = _written(value)
            if not matches(value):
                raise Unsure
            return value

        return check
    within = _within(form) if bounds != (None, None) else None

    def check_with_bounds(value: Any) -> Any:
        if type(value) is not str:
            value = _written(value)
        if not _ANY_NUMBER(value) or (within is not None and not within(Decimal(value))):
            raise Unsure
        # zero has no sign
        return value[1:] if value[0] == "-" and not value.strip("-0.") else value

    return check_with_bounds


def _written(value: Any) -> str:
    """The text of a number as it stands in the document; with an exponent it fits no pattern."""
    if type(value) is int or type(value) is float:
        return repr(value)
    raise Unsure


def _within(form: ValueForm) -> Callable[[Decimal], bool]:
    low = Decimal(form.minimum) if form.minimum is not None else Decimal("-Infinity")
    high = Decimal(form.maximum) if form.maximum is not None else Decimal("Infinity")
    return lambda number: low <= number <= high


def _integer(form: ValueForm) -> Check:
    most = schema_forms.MAX_INTEGER
    lowest = -most if form.minimum is None else max(-most, math.ceil(Decimal(form.minimum)))
    highest = most if form.maximum is None else min(most, math.floor(Decimal(form.maximum)))

    def check(value: Any) -> Any:
        if type(value) is str and _WHOLE(value):
            value = int(value)
        if type(value) is not int or not lowest <= value <= highest:
            raise Unsure
        return value

    return check


def _number(form: ValueForm) -> Check:
    return _decimal(form) if form.type == "decimal" else _integer(form)


def _measured(form: ValueForm) -> Check:
    """A number with its unit, or a plain count."""
    number = _number(form)
    if form.unit is None:
        return number
    known, bare = _unit_texts(form.unit), form.unit in units.COUNTS

    def check(value: Any) -> Any:
        if type(value) is not dict:
            if not bare:
                raise Unsure
            return number(value)
        if len(value) != 2 or value.get("unit") not in known or "value" not in value:
            raise Unsure
        return number(value["value"])

    return check


def _unit_texts(code: str) -> tuple[str, ...]:
    """All that names the unit. (A tuple, not a set: what is sent for a unit may be a list.)"""
    unit = units.UNITS[code]
    return tuple(written for written in {unit.code, unit.ucum, unit.label} if units.same(code, written))


# --- nested values


def of_object(fields: Mapping[str, Field], *, bare_numbers: bool = False) -> Check:
    """An object with these members and no others."""
    checks = {name: _member(field, bare_numbers) for name, field in fields.items()}
    required = tuple(name for name, field in fields.items() if field.required)

    def check(value: Any) -> Any:
        if type(value) is not dict:
            raise Unsure
        for name in required:
            if name not in value:
                raise Unsure
        for name, member in value.items():
            if name not in checks:
                raise Unsure
            found = checks[name](member)
            if found is not member:
                value[name] = found
        return value

    return check


def _member(field: Field, bare_numbers: bool) -> Check:
    if bare_numbers and field.type in ("decimal", "integer"):
        return _number(field)
    return of_form(field)


def of_shape(shape: Shape, fields: Mapping[str, Field] | None = None, *, may_be_empty: bool = False) -> Check:
    """An object of this shape, whose fields may be others than its own."""
    inner = of_object(fields if fields is not None else {field.name: field for field in shape.fields})
    any_of = shape.any_of

    def check(value: Any) -> Any:
        found = inner(value)
        if not (found or may_be_empty) or (any_of and not any(name in found for name in any_of)):
            raise Unsure
        return found

    return check if any_of or not may_be_empty else inner


def _nested(form: ValueForm) -> Check:
    return of_shape(SHAPES[form.shape or ""], members_of(form))


def _list(form: ValueForm) -> Check:
    entry = _nested(form) if form.shape else of_form(form.item)

    def check(value: Any) -> Any:
        if type(value) is not list or not 0 < len(value) <= MAX_LIST:
            raise Unsure
        for index, one in enumerate(value):
            value[index] = entry(one)
        if len(value) > 1 and any(one in value[:index] for index, one in enumerate(value)):
            raise Unsure
        return value

    return check


def _series(form: ValueForm) -> Check:
    point = of_object(members_of(form), bare_numbers=True)

    def check(value: Any) -> Any:
        if type(value) is not list or not 0 < len(value) <= MAX_SERIES:
            raise Unsure
        for index, one in enumerate(value):
            value[index] = point(one)
        return value

    return check


def _unread(value: Any) -> Any:
    """What holds numbers of its own is read by the exact text of each, which is not plain to see here."""
    raise Unsure


# --- a value of any form


def of_form(form: ValueForm) -> Check:
    """The check of a value of this form, as `values` makes it, without what makes it a reading."""
    if form.is_list:
        return _list(form)
    if form.type == "series":
        return _series(form)
    if form.type in ("object", "document"):
        return _nested(form)
    if form.type in ("decimal", "integer"):
        return _measured(form)
    if form.type == "boolean":
        return _boolean
    if form.type == "multilingual_text":
        return _languages
    if form.allowed:
        return _enum(form.allowed)
    if form.type in _TEXTS:
        return _TEXTS[form.type]
    if form.type == "json":
        return _unread
    return text(form.max_length or schema_forms.MAX_TEXT_LENGTH, form.pattern)


def of_reading(attribute: Attribute) -> ReadingCheck | None:
    """The check of a dynamic attribute, whose value comes with time and source; None for any other."""
    if attribute.wrapped:
        return _reading(attribute)
    if attribute.type == "object" and attribute.dynamic:
        return _dynamic_object(attribute)
    return None


def _dynamic_object(attribute: Attribute) -> ReadingCheck:
    inner = of_form(attribute)

    def check(value: Any, observed_at: str, source: str) -> Any:
        if type(value) is not dict:
            raise Unsure
        return inner({"observedAt": observed_at, "source": source} | value)

    return check


def _reading(attribute: Attribute) -> ReadingCheck:
    inner, unit = of_form(attribute), attribute.unit
    measured = unit is not None and attribute.type in ("decimal", "integer")
    number = _number(attribute) if measured else inner
    known = _unit_texts(unit) if unit is not None else ()
    members = frozenset(
        ("value", "observedAt", "source") if unit is None else ("value", "unit", "observedAt", "source")
    )

    def check(value: Any, observed_at: str, source: str) -> Any:
        if type(value) is not dict or "value" not in value:
            return {"value": inner(value), "observedAt": observed_at, "source": source}
        if measured and len(value) == 2 and value.get("unit") in known:  # most
            return {"value": number(value["value"]), "observedAt": observed_at, "source": source}
        if not members >= value.keys():
            raise Unsure
        sent = value["value"]
        if unit is not None:
            sent = {name: value[name] for name in ("value", "unit") if name in value}
        return {
            "value": inner(sent),
            "observedAt": DATETIME(value.get("observedAt", observed_at)),
            "source": SOURCE(value.get("source", source)),
        }

    return check
