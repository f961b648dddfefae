"""Every kind of record with every member of its details: parser, schema and spreadsheet agree."""

import json
from typing import Any

import jsonschema_rs
import pytest

from app.core import csv_records, json_strict
from app.core.catalogue import SHAPES
from app.core.csv_records import Reader, template_columns
from app.core.errors import MalformedInput
from app.core.intake import KINDS, LEVELS_OF_KIND, WITHOUT_GTIN, IntakeRecord, Kind, parse
from app.core.intake_schema import record_schema
from app.services import subjects
from tests.core.samples import a_value
from tests.factories import GTIN, as_sent

LEVELS = {
    "model": {"gtin": GTIN},
    "batch": {"gtin": GTIN, "lot": "B1"},
    "item": {"gtin": GTIN, "serial": "P1"},
}
SUBJECTS = [
    (kind, subject)
    for kind in KINDS
    for subject in (
        *(LEVELS[level] for level in LEVELS_OF_KIND[kind]),
        *({name: "N-1"} for name in WITHOUT_GTIN.get(kind, ())),
    )
]
VALIDATOR = jsonschema_rs.Draft202012Validator(record_schema(), validate_formats=True, offline=True)


def whole(kind: Kind, subject: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A record with every member that its details may have."""
    fields = SHAPES[f"details/{kind}"].fields
    details = {field.name: as_sent(field, a_value(field)) for field in fields}
    sent = {"recordId": "R-1", "kind": kind, "sentAt": "2026-11-20T08:00:00Z", "subject": subject}
    return {**sent, "details": {n: v for n, v in (details | changes).items() if v is not None}}


def read(record: dict[str, Any]) -> IntakeRecord:
    return parse(json_strict.loads(json.dumps(record).encode(), decimals=True))


@pytest.mark.parametrize(("kind", "subject"), SUBJECTS)
def test_a_record_with_every_member_is_taken_and_described(kind: Kind, subject: dict[str, str]):
    record = whole(kind, subject)
    found = read(record)
    assert set(found.details) == {field.name for field in SHAPES[f"details/{kind}"].fields}
    assert VALIDATOR.is_valid(record)
    for unknown in (record | {"subject": {"colour": "red"}}, whole(kind, subject, colour="red")):
        assert not VALIDATOR.is_valid(unknown)
        with pytest.raises(MalformedInput):
            read(unknown)


@pytest.mark.parametrize("kind", WITHOUT_GTIN)
def test_what_has_no_gtin_has_no_level_and_a_key_of_its_own(kind: Kind):
    (name, *_) = WITHOUT_GTIN[kind]
    one, other = (read(whole(kind, {name: number})) for number in ("N-1", "N-2"))
    assert (one.level, one.gtin) == (None, None)
    assert subjects.record_key(one) != subjects.record_key(other)
    keys = {subjects.record_key(read(whole(each, {WITHOUT_GTIN[each][0]: "N-1"}))) for each in WITHOUT_GTIN}
    assert len(keys) == len(WITHOUT_GTIN)


def test_serials_of_cells_and_modules_fall_together_as_those_of_batteries_do():
    lower, upper = (read(whole("module", {"serial": serial})) for serial in ("km-7a", "KM-7A"))
    assert subjects.record_key(lower) == subjects.record_key(upper)


@pytest.mark.parametrize(
    ("kind", "subject"), [("cell", {"lot": "C1"}), ("module", LEVELS["item"]), ("event", LEVELS["model"])]
)
def test_a_subject_of_another_form_is_refused(kind: Kind, subject: dict[str, str]):
    with pytest.raises(MalformedInput):
        read(whole(kind, subject))
    assert not VALIDATOR.is_valid(whole(kind, subject))


@pytest.mark.parametrize(
    ("kind", "nothing"),
    [("exchange", ("removed", "installed")), ("pack", ("cellLots", "cells", "modules"))],
)
def test_an_assembly_or_exchange_says_of_what(kind: Kind, nothing: tuple[str, ...]):
    record = whole(kind, LEVELS["item"], **dict.fromkeys(nothing))
    with pytest.raises(MalformedInput) as caught:
        read(record)
    assert (caught.value.rule, caught.value.pointer) == ("any-of", "/details")
    assert not VALIDATOR.is_valid(record)


@pytest.mark.parametrize("kind", ["cell", "module", "exchange", "document", "event"])
def test_a_row_of_a_spreadsheet_is_the_record(kind: Kind):
    subject = dict.fromkeys(WITHOUT_GTIN.get(kind, ())[-1:], "N-1") or LEVELS["item"]
    record = whole(kind, subject)
    cells = {"recordId": "R-1", "sentAt": record["sentAt"], **subject}
    for name, value in record["details"].items():
        listed = isinstance(value, list) and isinstance(value[0], str)
        cells[f"details.{name}"] = "|".join(value) if listed else value if isinstance(value, str) else ""
        if not cells[f"details.{name}"]:
            cells[f"details.{name}"] = '"' + json.dumps(value).replace('"', '""') + '"'
    assert set(cells) <= set(template_columns(kind))
    text = ";".join(cells) + "\n" + ";".join(cells.values()) + "\n"
    (item,) = Reader(kind).items(_reading(text), "utf-8")
    assert item.refusal is None
    assert read(json.loads(item.body)) == read(record)
    assert csv_records.template(kind).startswith("recordId;kind;sentAt;")


def _reading(text: str) -> Any:
    chunks = iter([text.encode()])
    return lambda _size: next(chunks, b"")
