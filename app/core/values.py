"""One value as a factory sent it, checked against its attribute and brought into the form that is signed.

Numbers arrive as `Decimal` with their exact text or as text, and leave as decimal text or whole number. A
measured value names its unit, and the unit must be the catalogue's: nothing is converted, nothing is guessed.
Messages say what to send instead and never repeat the value.

Source: Annex XIII with the clause of each row; threats T25 (one reading of JSON), T30 (no active content).
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from app.core import schema_forms, units
from app.core.catalogue import SHAPES, Attribute, Field, ValueForm, members_of
from app.core.texts import TEXTS, Place, languages, string

_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?")
MAX_LIST: Final = 1000
MAX_SERIES: Final = 10_000
_READING: Final = ("observedAt", "source", "value")
_MEASURED_READING: Final = ("observedAt", "source", "unit", "value")


def check_value(
    attribute: Attribute, value: Any, pointer: str | Place, *, observed_at: str = "", source: str = ""
) -> Any:
    """`value` as it is signed: texts, whole numbers, and for dynamic rows `{value, observedAt, source}`.

    A dynamic value without a time or source of its own takes `observed_at`, which was checked before, and
    `source`.

    Raises: MalformedInput with pointer, rule and clause.
    """
    place = pointer if isinstance(pointer, Place) else Place(pointer, attribute.clause)
    if attribute.wrapped:
        return _reading(attribute, value, place, observed_at, source)
    if attribute.type == "object" and attribute.dynamic and isinstance(value, dict):
        known = {"observedAt": observed_at, "source": source}
        value = {name: text for name, text in known.items() if text} | value
    return _value(attribute, value, place)


def check_object(fields: Mapping[str, Field], value: Any, place: Place, *, bare_numbers: bool = False) -> Any:
    """An object with these members and no others."""
    if not isinstance(value, dict):
        place.refuse("type", f"Send an object with the members {_names(fields)}.")
    for name in value:
        if name not in fields:
            place.at(name).refuse("unknown-member", f"Unknown here; known are {_names(fields)}.")
    for name, field in fields.items():
        if field.required and name not in value:
            place.at(name).refuse("required", f"This member is required: {field.definition}.")
    return {
        name: _value(fields[name], member, place.at(name), bare_numbers=bare_numbers)
        for name, member in value.items()
    }


# --- readings and measured numbers


def _reading(attribute: Attribute, value: Any, place: Place, observed_at: str, source: str) -> dict[str, Any]:
    """(1) members of the reading, (2) its value with the unit, (3) its time and source."""
    extra: Mapping[str, Any] = {}
    inner, inner_place = value, place
    if isinstance(value, dict) and "value" in value:
        allowed = _READING if attribute.unit is None else _MEASURED_READING
        for name in value:
            if name not in allowed:
                place.at(name).refuse("unknown-member", f"A reading has {_names(allowed)}.")
        extra = value
        if attribute.unit is None:
            inner, inner_place = value["value"], place.at("value")
        else:
            inner = {name: value[name] for name in ("value", "unit") if name in value}
    found: dict[str, Any] = {"value": _value(attribute, inner, inner_place)}
    if "observedAt" in extra or not observed_at:
        observed_at = TEXTS["datetime"](extra.get("observedAt", observed_at), place.at("observedAt"))
    found["observedAt"] = observed_at
    words = extra.get("source", source)
    if words:
        found["source"] = string(words, place.at("source"), 200)
    return found


def _value(form: ValueForm, value: Any, place: Place, *, bare_numbers: bool = False) -> Any:
    if value is None:
        place.refuse("no-null", "Leave the member out instead of sending null.")
    if form.is_list:
        return _list(form, value, place)
    if form.type == "series":
        return _series(form, value, place)
    if form.type in ("object", "document"):
        return _nested(form, value, place)
    if form.type in ("decimal", "integer"):
        number, place = (value, place) if bare_numbers else _without_unit(form, value, place)
        return _decimal(form, number, place) if form.type == "decimal" else _integer(form, number, place)
    return _scalar(form, value, place)


def _without_unit(form: ValueForm, value: Any, place: Place) -> tuple[Any, Place]:
    if form.unit is None:
        return value, place
    unit = units.UNITS[form.unit]
    if not isinstance(value, dict):
        if form.unit in units.COUNTS:
            return value, place
        place.refuse("unit", f'Send the number with its unit: {{"value": 1.5, "unit": "{unit.code}"}}.')
    for name in value:
        if name not in ("value", "unit"):
            place.at(name).refuse("unknown-member", "A measured number has the members value and unit.")
    if "value" not in value:
        place.at("value").refuse("required", "The number itself is missing.")
    written = value.get("unit")
    if written is None and form.unit not in units.COUNTS:
        place.at("unit").refuse("unit", f'Name the unit: "{unit.code}" ({unit.name}).')
    if written is not None and not (isinstance(written, str) and units.same(form.unit, written)):
        place.at("unit").refuse(
            "unit", f'This attribute is in {unit.name}: convert the number and send the unit "{unit.code}".'
        )
    return value["value"], place.at("value")


def _decimal(form: ValueForm, value: Any, place: Place) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        place.refuse("decimal", "Send a number, such as 94.5, or the same as text.")
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        text = format(value, "f") if isinstance(exponent, int) and exponent <= 0 else ""
    else:
        text = str(value)
    if not _DECIMAL.fullmatch(text):
        place.refuse(
            "decimal",
            "Write the number with digits and a decimal point, without exponent, blanks, plus sign, comma or "
            "leading zeros: at most 15 digits before and 12 after the point.",
        )
    number = Decimal(text)
    _require_bounds(form, number, place)
    return text.removeprefix("-") if number == 0 else text


def _integer(form: ValueForm, value: Any, place: Place) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]{0,15})", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > schema_forms.MAX_INTEGER:
        place.refuse("integer", "Send a whole number without decimal point, at most 9007199254740991.")
    _require_bounds(form, Decimal(value), place)
    return int(value)


def _require_bounds(form: ValueForm, number: Decimal, place: Place) -> None:
    low, high = form.minimum, form.maximum
    below = low is not None and number < Decimal(low)
    above = high is not None and number > Decimal(high)
    if below or above:
        limits = f"from {low} to {high}" if low and high else f"{low} or more" if low else f"{high} or less"
        place.refuse("range", f"The number must be {limits}.")


# --- nested values


def _list(form: ValueForm, value: Any, place: Place) -> list[Any]:
    if not isinstance(value, list):
        place.refuse("type", "Send a list, also for a single entry.")
    if not value:
        place.refuse("not-empty", "Leave the member out, or say under notApplicable why there is none.")
    if len(value) > MAX_LIST:
        place.refuse("length", f"At most {MAX_LIST} entries.")
    item = form.item
    entries = [
        _nested(form, entry, place.at(index)) if form.shape else _value(item, entry, place.at(index))
        for index, entry in enumerate(value)
    ]
    for index, entry in enumerate(entries):
        if entry in entries[:index]:
            place.at(index).refuse("unique", "This entry is the same as an earlier one.")
    return entries


def _series(form: ValueForm, value: Any, place: Place) -> list[Any]:
    if not isinstance(value, list) or not value:
        place.refuse("type", "Send a list of points.")
    if len(value) > MAX_SERIES:
        place.refuse("length", f"At most {MAX_SERIES} points.")
    fields = members_of(form)
    # Points are many and alike: their numbers are bare, in the unit that the field's definition names.
    return [check_object(fields, point, place.at(i), bare_numbers=True) for i, point in enumerate(value)]


def _nested(form: ValueForm, value: Any, place: Place) -> dict[str, Any]:
    fields = members_of(form)
    found: dict[str, Any] = check_object(fields, value, place)
    any_of = SHAPES[form.shape].any_of if form.shape else ()
    if any_of and not any(name in found for name in any_of):
        place.refuse("any-of", f"At least one of these members is needed: {_names(any_of)}.")
    if not found:
        place.refuse("not-empty", "Leave the member out instead of sending an empty object.")
    return found


def _scalar(form: ValueForm, value: Any, place: Place) -> Any:
    if form.type == "json":
        return value
    if form.type == "boolean":
        if not isinstance(value, bool):
            place.refuse("type", "Send true or false.")
        return value
    if form.type == "multilingual_text":
        return languages(value, place)
    if form.allowed:
        if value not in form.allowed:
            place.refuse("enum", f"Send one of {_names(form.allowed)}, written exactly so.")
        return value
    if form.type in TEXTS:
        return TEXTS[form.type](value, place)
    text = string(value, place, form.max_length or schema_forms.MAX_TEXT_LENGTH)
    if form.pattern is not None and not re.fullmatch(form.pattern, text):
        place.refuse("pattern", f"The text does not have the form asked for: {form.pattern}")
    return text


def _names(names: Any) -> str:
    return ", ".join(names)
