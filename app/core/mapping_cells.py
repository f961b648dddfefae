"""One cell of a plant's row as the value that a record carries: text, number with unit, time, list.

What is declared is done, and nothing else: a number keeps its digits, a text that no table knows is refused.
Messages name the column and never repeat what stands in it.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from app.core import json_strict, mapping_times, unit_conversion
from app.core.catalogue import ValueForm
from app.core.errors import MalformedInput
from app.core.mapping import Rule, SourceForm, is_time, type_of_envelope
from app.core.mapping_flat import Cell
from app.core.units import COUNTS

_CLAUSE: Final = "docs/mapping.md"
_KEPT: Final = 64
_FORMULA: Final = ("=", "@")
_MEASURED: Final = ("decimal", "integer")
_PLAIN: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_TRUTH: Final = {"true": True, "false": False}
_WHOLE: Final = ("object", "document", "series", "multilingual_text")


def is_empty(cell: Cell, source: SourceForm) -> bool:
    """Whether a cell says nothing."""
    if isinstance(cell, str):
        text = cell.strip()
        return not text or text in source.empty
    return cell is None


def value(rule: Rule, form: ValueForm | None, cell: Cell, source: SourceForm, *, bare: bool = False) -> Any:
    """What the record carries. `bare` for numbers in a series, which have no unit beside them.

    Raises: MalformedInput.
    """
    if isinstance(cell, str) and rule.constant is None:
        cell = cell.strip()
        if cell.startswith(_FORMULA):
            raise _refused("formula", "a cell that begins like a formula is not taken")
    form = form or ValueForm(type=type_of_envelope(rule.to))
    if form.is_list and form.type != "list<object>" and not form.shape:
        mark = rule.split or "|"
        parts = cell.split(mark) if isinstance(cell, str) else [cell]
        return [_one(rule, form.item, part, source, bare) for part in parts if not is_empty(part, source)]
    return _one(rule, form, cell, source, bare)


def _one(rule: Rule, form: ValueForm, cell: Cell, source: SourceForm, bare: bool) -> Any:
    text = text_of(cell)
    if rule.table is not None:
        if text not in rule.table:
            known = ", ".join(list(rule.table)[:10])
            raise _refused("table", f"the table of this column does not have this text; it has {known}")
        found = rule.table[text]
        if not isinstance(found, str):
            return found
        text = found
    if form.is_list or form.type in _WHOLE:
        return _json(text)
    if is_time(form):
        return _time(rule, form, text, source)
    if form.type == "duration" and rule.unit is not None:
        return _duration(rule, _number_of(cell, text, source), rule.unit)
    if form.type in _MEASURED:
        return _measured(rule, form, cell, text, source, bare)
    if form.type == "boolean":
        return _TRUTH.get(text.lower(), text)
    return text.rjust(rule.pad, "0") if rule.pad else text


def text_of(cell: Cell) -> str:
    """A cell as text, a number without exponent."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return str(cell).strip()


def _measured(rule: Rule, form: ValueForm, cell: Cell, text: str, source: SourceForm, bare: bool) -> Any:
    exact = _number_of(cell, text, source)
    code = form.unit
    if code is None:
        return format(exact, "f")
    if rule.unit is not None or rule.decimals is not None:
        exact = unit_conversion.convert(exact, code, rule.unit or code, rule.decimals)
    written = format(exact, "f")
    return written if bare or (rule.unit is None and code in COUNTS) else {"value": written, "unit": code}


def _number_of(cell: Cell, text: str, source: SourceForm) -> Decimal:
    """A text with the file's marks; a JSON number has a point whatever they are."""
    return number(text, source if isinstance(cell, str) else SourceForm())


def number(text: str, source: SourceForm) -> Decimal:
    """The number as it is written, with the file's marks. Raises: MalformedInput."""
    if source.thousands is not None and source.thousands in text:
        if not _grouped(source.thousands, source.decimal).fullmatch(text):
            raise _refused("number", "the marks for thousands stand in odd places")
        text = text.replace(source.thousands, "")
    if source.decimal == ",":
        if "." in text:
            raise _refused("number", "a point stands in a number whose decimal mark is the comma")
        text = text.replace(",", ".")
    if not _PLAIN.fullmatch(text):
        raise _refused("number", f"a number with the decimal mark {source.decimal} is asked for")
    exact = Decimal(text)
    if abs(exact.adjusted()) > 30:
        raise _refused("number", "the number is too large or too small")
    return exact


@lru_cache(_KEPT)
def _grouped(thousands: str, decimal: str) -> re.Pattern[str]:
    return re.compile(
        rf"[+-]?[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+(?:{re.escape(decimal)}[0-9]+)?"
    )


def _duration(rule: Rule, number: Decimal, unit: str) -> str:
    months = unit_conversion.convert(number, "a", unit, rule.decimals or unit_conversion.MOST_DECIMALS) * 12
    whole = months.to_integral_value()
    if whole <= 0 or abs(months - whole) > Decimal("0.000001"):
        raise _refused("duration", "a whole number of months is asked for")
    years, rest = divmod(int(whole), 12)
    return f"P{years}Y" if not rest else f"P{whole}M"


def _time(rule: Rule, form: ValueForm, text: str, source: SourceForm) -> str:
    given = mapping_times.form(rule.format or "iso")
    zone = rule.zone or source.zone
    if form.type == "date":
        return mapping_times.day(text, given, zone)
    if form.type == "year_month":
        if rule.format is None and re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            return text
        return mapping_times.year_month(text, given, zone)
    return mapping_times.moment(text, given, zone)


def _json(text: str) -> Any:
    try:
        return json_strict.digits(json_strict.loads(text.encode(), decimals=True))
    except MalformedInput:
        raise _refused("json", "JSON stands here, or columns for each member") from None


def _refused(rule: str, why: str) -> MalformedInput:
    return MalformedInput(f"The value cannot be taken: {why}.", rule=rule, clause=_CLAUSE)
