"""One foreign value as the catalogue wants it, with what was done to it. Exact, and never guessed.

Each reader returns the value in the form of an intake record, and a note where it is not as it was written.
Raises: MalformedInput with the reason, which the report shows beside the value.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any, Final

from app.core import units
from app.core.catalogue import ValueForm
from app.core.errors import MalformedInput
from app.core.imports import words

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")
_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_EXACT: Final = Context(prec=2000)
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Read:
    """A value in our form, and what was done to it."""

    value: Any
    note: str | None = None


def value(form: ValueForm, name: str, given: Any, unit: str | None) -> Read:
    """A scalar in the form `form`; `name` is the member or attribute that it is for.

    `unit` is the code of the unit that the number is in; None where there is none.
    """
    form = form.item if form.is_list else form
    if form.type in ("decimal", "integer"):
        return _measured(form, given, unit)
    if form.type == "boolean":
        return _boolean(given)
    if form.type == "multilingual_text":
        text, note = clean(given)
        return Read({"en": text}, _joined(note, "no language is named: taken as English"))
    text, note = clean(given)
    if form.type == "document":
        return Read({"url" if _ADDRESS.match(text) else "text": text}, note)
    if form.allowed:
        return _word(form, name, text, note)
    if name == "addressCountry":
        return _country(text, note)
    reader = _TEXTS.get(form.type)
    found = reader(text) if reader else Read(text)
    return Read(found.value, _joined(note, found.note))


def clean(given: Any) -> tuple[str, str | None]:
    """A text without blanks around it, in NFC; a number or truth value as text."""
    if isinstance(given, bool) or given is None:
        raise _refused("text", "This is no text.")
    if isinstance(given, Decimal):
        return plain_number(given), "a number, taken as text"
    if not isinstance(given, str):
        raise _refused("text", "This is no text.")
    text = unicodedata.normalize("NFC", given.strip())
    if not text:
        raise _refused("not-empty", "The text is empty.")
    if text == given:
        return text, None
    return text, "blanks around it were taken off" if text == given.strip() else "brought into NFC"


def plain_number(number: Decimal) -> str:
    """A number with digits and a point, without exponent, and without zeros that a tool put behind it."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text and len(text.partition(".")[2]) > 12 else text


def number(given: Any) -> Decimal:
    """A number that may be written as text, as AAS does."""
    if isinstance(given, Decimal):
        return given
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        return Decimal(given.strip())
    raise _refused("number", "This is no number.")


def _measured(form: ValueForm, given: Any, unit: str | None) -> Read:
    found, notes = number(given), []
    if form.unit is not None and unit is None and form.unit not in units.COUNTS:
        raise _refused("unit", "The number has no unit, and its name leaves open which it is in.")
    if form.unit is not None and unit is not None and unit != form.unit:
        way = words.factor(unit, form.unit)
        if way is None:
            told, wanted = unit, units.UNITS[form.unit].name
            raise _refused("unit", f"The number is in {told}, which cannot be brought into {wanted}.")
        found = _EXACT.add(_EXACT.multiply(found, way[0]), way[1])
        notes.append(f"from {unit} to {form.unit}")
    text = plain_number(found)
    if form.type == "integer":
        if found != found.to_integral_value():
            raise _refused("integer", "The attribute is a whole number, and this is none.")
        text = plain_number(found.to_integral_value())
        bare: Any = int(text)
    else:
        bare = text
    shown: Any = bare
    if form.unit is not None and form.unit not in units.COUNTS:
        shown = {"value": bare, "unit": form.unit}
    return Read(shown, "; ".join(notes) or None)


def _boolean(given: Any) -> Read:
    if isinstance(given, bool):
        return Read(given)
    if isinstance(given, str) and given.strip().lower() in ("true", "false"):
        return Read(given.strip().lower() == "true")
    raise _refused("type", "This is neither true nor false.")


def _word(form: ValueForm, name: str, text: str, note: str | None) -> Read:
    found = words.word_of(name, form.allowed, text)
    if found is None:
        raise _refused("enum", f"No such word here; there are {', '.join(form.allowed)}.")
    return Read(found, _joined(note, None if found == text else "written our way"))


def _country(text: str, note: str | None) -> Read:
    found = words.country_of(text)
    if found is None:
        raise _refused("country", "This country is not known; two letters of ISO 3166-1 are.")
    return Read(found, _joined(note, None if found == text else "as two letters of ISO 3166-1"))


def time(text: str) -> Read:
    """A time in UTC. One without zone is taken as UTC, which the note says."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise _refused("datetime", "This is no time of a day.")
    try:
        moment = datetime.fromisoformat(found[1] + (found[2] or "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refused("datetime", "No calendar has this time.") from None
    fraction = moment.microsecond
    shown = moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction:06d}".rstrip("0") if fraction else "") + "Z"
    if moment.year < 1000:
        raise _refused("datetime", "No battery is that old.")
    note = None if found[2] else "no zone is named: taken as UTC"
    return Read(shown, note if note or shown == text else "in UTC")


def _day(text: str) -> Read:
    if not _DAY.match(text):
        return Read(text)
    return Read(text[:10], None if len(text) == 10 else "the day of a time")


def _month(text: str) -> Read:
    if _DAY.match(text):
        return Read(text[:7], "the month of a day")
    return Read(text)


def _duration(text: str) -> Read:
    if re.fullmatch(r"--(0[1-9]|1[0-2])", text):
        raise _refused(
            "duration",
            "A month of the year (gMonth) is no length of time: send warrantyPeriod, such as P8Y, yourself.",
        )
    if re.fullmatch(r"P[0-9]+[DW]", text):
        raise _refused("duration", "Days and weeks cannot be told in years and months exactly.")
    return Read(text)


def _secure(text: str) -> Read:
    if not text.startswith("https://") and _ADDRESS.match(text):
        raise _refused("https", "Only addresses that start with https:// are taken.")
    return Read(text)


_TEXTS: Final[Mapping[str, Callable[[str], Read]]] = {
    "datetime": time,
    "date": _day,
    "year_month": _month,
    "duration": _duration,
    "uri": _secure,
}


def looks(pattern: str, given: Any) -> bool:
    """Whether a value, as text, has a form."""
    return re.fullmatch(pattern, given.strip() if isinstance(given, str) else str(given)) is not None


def value_of_address(text: str) -> str:
    """An address that starts with https://. Raises: MalformedInput for any other."""
    return str(_secure(text).value)


def _joined(*notes: str | None) -> str | None:
    return "; ".join(note for note in notes if note) or None


def _refused(rule: str, detail: str) -> MalformedInput:
    return MalformedInput(detail, rule=rule)
