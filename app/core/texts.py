"""Texts as a factory sent them: characters, dates, addresses, languages. Each check says what to send.

Source: Unicode NFC; RFC 3339; ISO 8601; BCP 47; threats T25 (one reading), T30 (https only).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, NoReturn

from app.core import schema_forms
from app.core.errors import MalformedInput
from app.core.json_pointer import token

_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Place:
    """Where a value stands: the JSON pointer for the sender, the clause for the reason.

    Steps are kept as they are; the pointer is written out only when something is refused.
    """

    __slots__ = ("_parent", "_step", "clause")

    def __init__(self, step: str | int, clause: str, parent: "Place | None" = None) -> None:
        self._parent = parent
        self._step = step
        self.clause = clause

    def at(self, step: str | int) -> "Place":
        return Place(step, self.clause, self)

    def under(self, clause: str) -> "Place":
        """The same place, asked for by another clause."""
        return Place(self._step, clause, self._parent)

    @property
    def pointer(self) -> str:
        """JSON pointer (RFC 6901); the outermost place is the pointer it was made with."""
        if self._parent is None:
            return str(self._step)
        return f"{self._parent.pointer}/{token(self._step)}"

    def refuse(self, rule: str, detail: str) -> NoReturn:
        raise MalformedInput(detail, pointer=self.pointer, rule=rule, clause=self.clause)


def string(value: Any, place: Place, longest: int) -> str:
    if not isinstance(value, str):
        place.refuse("type", "Send a text.")
    if not value.strip():
        place.refuse("not-empty", "Leave the member out instead of sending an empty text.")
    plain = value.isascii() and value.isprintable()  # most texts end here
    if not plain and _FORBIDDEN.search(value):
        place.refuse("characters", "The text holds control characters; only tab and line breaks are taken.")
    if not plain and not unicodedata.is_normalized("NFC", value):
        place.refuse("nfc", "Send the text in Unicode normalization form C (NFC).")
    if len(value) > longest:
        place.refuse("length", f"At most {longest} characters.")
    return value


def _matching(pattern: str, rule: str, advice: str) -> Callable[[Any, Place], str]:
    expression = re.compile(pattern)

    def check(value: Any, place: Place) -> str:
        text = string(value, place, 2000)
        if not expression.fullmatch(text):
            place.refuse(rule, advice)
        return text

    return check


_date_text = _matching(schema_forms.DATE, "date", "Send the day as YYYY-MM-DD.")
_datetime_text = _matching(
    schema_forms.DATETIME, "datetime", "Send the time in UTC with Z, such as 2027-02-18T08:00:00Z."
)
_language = _matching(schema_forms.LANGUAGE, "language", "Name the language by its BCP 47 tag, such as en.")


def _date(value: Any, place: Place) -> str:
    text = _date_text(value, place)
    try:
        date.fromisoformat(text)
    except ValueError:
        place.refuse("date", "No calendar has this day.")
    return text


def _datetime(value: Any, place: Place) -> str:
    text = _datetime_text(value, place)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        place.refuse("datetime", "No calendar has this time.")
    return text


TEXTS: Final[Mapping[str, Callable[[Any, Place], str]]] = {
    "date": _date,
    "datetime": _datetime,
    "year_month": _matching(schema_forms.YEAR_MONTH, "year-month", "Send year and month as YYYY-MM."),
    "duration": _matching(
        schema_forms.DURATION,
        "duration",
        "Send an ISO 8601 duration of years and months, such as P8Y or P30M.",
    ),
    "uri": _matching(schema_forms.HTTPS, "https", "Send a whole address that starts with https://."),
    "iri": _matching(schema_forms.IRI, "iri", "Send a whole identifier: an https address or a urn."),
    "email": _matching(schema_forms.EMAIL, "email", "Send one e-mail address."),
}
"""Check of each type of text that has a form of its own."""


def languages(value: Any, place: Place) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        place.refuse("type", 'Send one text for each language: {"en": "...", "de": "..."}.')
    return {
        _language(tag, place.at(tag)): string(text, place.at(tag), schema_forms.MAX_TEXT_LENGTH)
        for tag, text in value.items()
    }
