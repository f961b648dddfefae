"""A mapping document, read strictly: what is unknown in it is refused, with a pointer to it.

Units, formats, zones and places are all checked here, so that no row meets a mapping that cannot work.
"""

import difflib
import re
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from typing import Any, Final, TypeVar, cast, get_args

from app.core import mapping_times, unit_conversion
from app.core.catalogue import ValueForm
from app.core.csv_records import Column
from app.core.errors import MalformedInput
from app.core.intake import KINDS, Kind
from app.core.mapping import FileFact, Mapping, Only, RecordRule, Rule, SourceForm, type_of_envelope
from app.core.mapping_targets import EACH, is_in_series, target
from app.core.texts import Place
from app.core.units import COUNTS

CLAUSE: Final = "docs/mapping.md"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LINE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""A line of a plant, as its topic at the broker has it."""
MOST_FIELDS: Final = 500
MOST_RECORDS: Final = 8
TEMPLATE: Final = re.compile(r"\{([^{}]+)\}")
"""A column in a template."""
_MARKS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", ",": ",", ";": ";", "\t": "\t"}
_MEASURED: Final = ("decimal", "integer")
_T = TypeVar("_T")


def parse(document: Any) -> Mapping:
    """Raises: MalformedInput with a pointer into the document."""
    root = Place("", CLAUSE)
    found = _table(document, root, ("name", "about", "source", "records"))
    name = _text(found.get("name"), root.at("name"))
    if not NAME.fullmatch(name):
        root.at("name").refuse("name", "A name has 1 to 64 of a-z 0-9 and -, such as mes-end-of-line.")
    source = _source(found.get("source", {}), root.at("source"))
    entries, place = found.get("records"), root.at("records")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_RECORDS:
        place.refuse("records", f"Give 1 to {MOST_RECORDS} [[records]]: what one row makes.")
    records = tuple(_record(entry, place.at(at)) for at, entry in enumerate(entries))
    _require_own_ids(records, place)
    if source.mqtt and any(rule.file for record in records for rule in record.rules):
        root.at("source").at("mqtt").refuse(
            "file", "A message has no file: take the time and the name from members of its payload."
        )
    about = _text(found["about"], root.at("about")) if found.get("about") else ""
    return Mapping(name, about, source, records, document)


def _require_own_ids(records: tuple[RecordRule, ...], place: Place) -> None:
    ids = [rule for record in records for rule in record.rules if rule.to == "recordId"]
    seen: set[tuple[Any, ...]] = set()
    for rule in ids:
        key = (rule.columns, rule.template, rule.constant)
        if key in seen:
            place.refuse(
                "record-id", "Two records of a row get the same recordId: use a template such as pack-{Id}."
            )
        seen.add(key)


# --- parts of the document


def _source(value: Any, place: Place) -> SourceForm:
    known = (
        "delimiter", "encoding", "decimal", "thousands", "zone", "skip_lines", "skip_after_header", "mqtt",
        "rows", "empty", "ignored", "unmapped",
    )  # fmt: skip
    found = _table(value, place, known)
    delimiter = _one_of(found.get("delimiter"), tuple(_MARKS), place.at("delimiter"))
    decimal = _one_of(found.get("decimal"), (".", ","), place.at("decimal")) or "."
    thousands = _one_of(found.get("thousands"), (".", ",", " ", "'", "\u00a0"), place.at("thousands"))
    if thousands == decimal:
        place.at("thousands").refuse("thousands", "The mark for thousands is the decimal mark.")
    zone = found.get("zone")
    if zone is not None:
        _checked(place.at("zone"), mapping_times.zone, _text(zone, place.at("zone")))
    return SourceForm(
        delimiter=_MARKS[delimiter] if delimiter else None,
        encoding=_one_of(found.get("encoding"), ("utf-8", "windows-1252"), place.at("encoding")),
        decimal=decimal,
        thousands=thousands,
        zone=zone,
        skip_lines=_whole(found.get("skip_lines"), 0, 1_000, place.at("skip_lines")) or 0,
        skip_after_header=_whole(found.get("skip_after_header"), 0, 20, place.at("skip_after_header")) or 0,
        mqtt=_lines(found.get("mqtt", []), place.at("mqtt")),
        rows=_text(found["rows"], place.at("rows")) if "rows" in found else None,
        empty=frozenset(_texts(found.get("empty", []), place.at("empty"))),
        ignored=tuple(_texts(found.get("ignored", []), place.at("ignored"))),
        tells_unmapped=_one_of(found.get("unmapped"), ("refuse", "tell"), place.at("unmapped")) == "tell",
    )


def _lines(value: Any, place: Place) -> tuple[str, ...]:
    lines = _texts(value, place)
    for line in lines:
        if not LINE.fullmatch(line):
            place.refuse("line", "A line is named as in its topic, with a-z 0-9 and -, such as line-2.")
    return tuple(dict.fromkeys(lines))


def _record(value: Any, place: Place) -> RecordRule:
    found = _table(value, place, ("kind", "only", "fields"))
    kinds, kind_rule = _kind(found.get("kind"), place.at("kind"))
    given = found.get("only", [])
    only = tuple(_only(each, place.at("only")) for each in (given if isinstance(given, list) else [given]))
    fields, at = found.get("fields"), place.at("fields")
    if not isinstance(fields, list) or not 1 <= len(fields) <= MOST_FIELDS:
        at.refuse("fields", f"Give 1 to {MOST_FIELDS} fields, each with `to` and where it comes from.")
    rules = tuple(_rule(field, kinds, at.at(number)) for number, field in enumerate(fields))
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        if rule.to in seen:
            at.at(number).at("to").refuse("twice", f"{rule.to} is given twice in this record.")
        seen.add(rule.to)
    return RecordRule(kinds, kind_rule, only, rules)


def _kind(value: Any, place: Place) -> tuple[tuple[Kind, ...], Rule | None]:
    if isinstance(value, str):
        if value not in KINDS:
            place.refuse("enum", f"There is no such kind. There are {', '.join(KINDS)}.")
        return (value,), None
    found = _table(value, place, ("from", "table"))
    column = _text(found.get("from"), place.at("from"))
    table = _value_table(found.get("table", {kind: kind for kind in KINDS}), place.at("table"))
    for text, kind in table.items():
        if kind not in KINDS:
            place.at("table").at(text).refuse("enum", f"There is no such kind. There are {', '.join(KINDS)}.")
    return tuple(dict.fromkeys(table.values())), Rule("kind", (column,), table=table)


def _only(value: Any, place: Place) -> Only:
    found = _table(value, place, ("from", "is"))
    column = _text(found.get("from"), place.at("from"))
    return Only(column, frozenset(_texts(found["is"], place.at("is"))) if "is" in found else None)


RULE_MEMBERS: Final = (
    "to", "from", "template", "constant", "file", "unit", "round", "format", "zone", "table", "split", "pad",
    "optional",
)  # fmt: skip


def _rule(value: Any, kinds: tuple[Kind, ...], place: Place) -> Rule:
    found = _table(value, place, RULE_MEMBERS)
    to = _text(found.get("to"), place.at("to"))
    if to == "kind":
        place.at("to").refuse("target", "Say the kind as the member `kind` of the record.")
    columns = [_checked(place.at("to"), target, to, kind) for kind in kinds]
    sources = [name for name in ("from", "template", "constant", "file") if name in found]
    if len(sources) != 1:
        place.refuse("source", "Say where the value comes from: one of from, template, constant, file.")
    if found.get("constant", "") is None:
        place.at("constant").refuse("constant", "A constant is a value: leave the field out instead.")
    template = _text(found["template"], place.at("template")) if "template" in found else None
    read = [_text(found["from"], place.at("from"))] if "from" in found else []
    if template is not None:
        read = TEMPLATE.findall(template)
        if not read:
            place.at("template").refuse("template", "A template names columns in braces: {Auftrag}-{Nummer}.")
    rule = Rule(
        to=to,
        columns=tuple(dict.fromkeys(read)),
        template=template,
        constant=found.get("constant"),
        file=cast("FileFact | None", _one_of(found.get("file"), get_args(FileFact), place.at("file"))),
        unit=_text(found["unit"], place.at("unit")) if "unit" in found else None,
        decimals=_whole(found.get("round"), 0, unit_conversion.MOST_DECIMALS, place.at("round")),
        format=_text(found["format"], place.at("format")) if "format" in found else None,
        zone=_text(found["zone"], place.at("zone")) if "zone" in found else None,
        table=_value_table(found["table"], place.at("table")) if "table" in found else None,
        split=_text(found["split"], place.at("split"), blank=True) if "split" in found else None,
        pad=_whole(found.get("pad"), 1, 20, place.at("pad")),
        is_optional=found.get("optional", False) is True,
    )
    if rule.zone is not None:
        _checked(place.at("zone"), mapping_times.zone, rule.zone)
    for kind, column in zip(kinds, columns, strict=True):
        _require_fit(rule, kind, column, place)
    return rule


def _require_fit(rule: Rule, kind: Kind, column: Column, place: Place) -> None:
    """Units where numbers are measured and nowhere else; formats where times are; a star in step."""
    form = column.form or ValueForm(type=type_of_envelope(rule.to))
    starred = any(EACH in each for each in rule.columns)
    if rule.spreads and not starred:
        place.at("from").refuse("each", "A place in each entry of a list needs a column with * in its name.")
    if rule.format is not None:
        _checked(place.at("format"), mapping_times.form, rule.format)
    if rule.unit is not None or rule.decimals is not None:
        code = form.unit or ("a" if form.type == "duration" else None)
        written = rule.unit or code or ""
        if code is None or not unit_conversion.convertible(code, written):
            known = f"Known are {', '.join(unit_conversion.known(code))}." if code else "It has no unit."
            place.at("unit").refuse("unit", f"{written[:40] or 'round'} is no unit of {rule.to}. {known}")
    is_measured = form.unit is not None and form.type in _MEASURED and form.unit not in COUNTS
    needs_unit = is_measured and rule.unit is None and not is_in_series(rule.to, kind)
    if needs_unit and not isinstance(rule.constant, dict):
        known = ", ".join(unit_conversion.known(cast(str, form.unit)))
        place.refuse("unit", f"Name the unit of {rule.to} as the plant writes it: one of {known}.")


# --- members of the document


def _table(value: Any, place: Place, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        place.refuse("type", f"A table with {', '.join(known)} stands here.")
    for name in value:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            place.at(name).refuse("unknown-member", f"Unknown here; known are {', '.join(known)}.{hint}")
    return value


def _text(value: Any, place: Place, *, blank: bool = False) -> str:
    if not isinstance(value, str) or not (value if blank else value.strip()) or len(value) > 300:
        place.refuse("text", "A text of 1 to 300 characters stands here.")
    return value


def _texts(value: Any, place: Place) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        place.refuse("texts", "A list of texts stands here.")
    return value


def _one_of(value: Any, known: tuple[str, ...], place: Place) -> str | None:
    if value is not None and value not in known:
        place.refuse("enum", f"Write one of {', '.join(repr(each) for each in known)}.")
    return cast("str | None", value)


def _whole(value: Any, low: int, high: int, place: Place) -> int | None:
    if value is not None and not (type(value) is int and low <= value <= high):
        place.refuse("whole", f"A whole number from {low} to {high} stands here.")
    return value


def _value_table(value: Any, place: Place) -> MappingOf[str, Any]:
    if not isinstance(value, dict) or not value:
        place.refuse("table", 'A table of the plant\'s texts stands here: { "OK" = "pass", "NOK" = "fail" }.')
    for text, meant in value.items():
        if not isinstance(meant, str | bool | int):
            place.at(text).refuse("table", "A text, true, false, or a whole number stands here.")
    return value


def _checked(place: Place, check: Callable[..., _T], *args: Any) -> _T:
    """What `check` gives; what it refuses is told at this place."""
    try:
        return check(*args)
    except MalformedInput as fault:
        raise MalformedInput(
            str(fault), pointer=place.pointer, rule=fault.rule, clause=fault.clause
        ) from None
