"""Reading fast is reading the same: what the compiled checks take, the plain ones take, and alike."""

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core import compiled_records, intake, json_strict
from app.core.catalogue import CATALOGUE, SHAPES, list_parent
from app.core.errors import Rejected
from app.core.intake import KINDS, LEVELS_OF_KIND, WITHOUT_GTIN, WITHOUT_VALUES, Kind
from app.core.json_plain import plain
from app.core.vocabulary import Level
from tests import factories
from tests.core.samples import a_value

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
GTIN = factories.GTIN
SUBJECTS: dict[Level, dict[str, str]] = {
    "model": {"gtin": GTIN},
    "batch": {"gtin": GTIN, "lot": "L1"},
    "item": {"gtin": GTIN, "serial": "P-1"},
}
RAW = [
    "-0", "-0.0", "0.0", "7.50", "7.5", "1e2", "1E400", "0.00001", "0.0001", "1e-7", "12345678901234567890",
    "9007199254740993", "9007199254740991", "-9007199254740992", "100.0000000000001", "100.0", "1" * 41,
    "123456789012345678.5", "1e16", "1e5", "NaN", "1.", "01", "0.1234567890123",
]  # fmt: skip
"""Written into the text as they are: what a JSON writer of Python would not write."""
ODD: list[Any] = [
    None, True, False, 0, 7, -7, 101, 1.5, "", " ", "x", "x" * 41, "x" * 5000, "0", "-0", "-0.5", "7", "7.50",
    "+7", "1e2", "07", "101", "100.000000000001", "0.1234567890123", "1" * 16, [], [[]], {}, {"value": 7},
    ["a", "a"], ["a", "b"], {"value": "7.5", "unit": "Cel"}, {"value": "7.5", "unit": "\u00b0C"},
    {"value": 7, "unit": None}, {"value": "7.5", "source": "me"}, {"value": "7.5", "unit": "%", "source": ""},
    {"value": "7.5", "unit": "%", "source": "me", "observedAt": "2026-01-01T00:00:00.123456789Z"},
    {"value": "7.5", "unit": "%", "source": "x" * 201}, {"value": 7, "observedAt": "2026-02-30T00:00:00Z"},
    {"en": "a", "de": "b"}, {"e": "a"}, {"en": ""}, "2026-02-30", "2026-02-28", "2026-02-28T24:00:00Z",
    "2026-02-28T23:59:60Z", "https://a.example/", "https://a b", "caf\u00e9", "cafe\u0301", "\u00a0", "a\tb",
    "a\\b", 'a"b', "\x7f", "\u0085", "\u2028", "\ufdd0", "P1Y", "2026-13", "OK", "DE", "model",
]  # fmt: skip


def whole_records() -> Iterator[tuple[Kind, Level | None]]:
    for kind in KINDS:
        for level in LEVELS_OF_KIND[kind]:
            yield kind, level
        if kind in WITHOUT_GTIN:
            yield kind, None


def a_whole_record(kind: Kind, level: Level | None) -> dict[str, Any]:
    """Every member that the kind may have, and every value that may be set at the level."""
    fields = SHAPES[f"details/{kind}"].fields
    details = {field.name: factories.as_sent(field, a_value(field)) for field in fields}
    rows = [row for row in CATALOGUE if not row.system and list_parent(row) is None and level in row.levels]
    values = {row.id: factories.as_sent(row, a_value(row)) for row in rows}
    subject = SUBJECTS[level] if level else {WITHOUT_GTIN[kind][0]: "L1"}
    found = factories.a_record(kind, dict(subject), NOW, details=details)
    return found if kind in WITHOUT_VALUES else found | {"values": values}


def slow(body: bytes) -> Any:
    """The record, or None where it is refused."""
    try:
        return intake.parse(json_strict.loads(body, decimals=True))
    except Rejected:
        return None


def require_same(body: bytes) -> bool:
    """True where it was read fast. The text of a record tells types and order, too."""
    found = compiled_records.read(body)
    if found is not None:
        assert repr(found) == repr(slow(body)), body
    return found is not None


@pytest.mark.parametrize(("kind", "level"), list(whole_records()))
def test_a_record_of_each_kind_is_read_fast_and_alike(kind: Kind, level: Level | None) -> None:
    record = a_whole_record(kind, level)
    values = record.get("values", {})
    for part in [values, {}, *({name: value} for name, value in values.items())]:
        body = json.dumps(record | ({"values": part} if part else {}), ensure_ascii=False).encode()
        long_or_of_any_form = len(body) > 16_384 or kind == "event"
        assert require_same(body) or (long_or_of_any_form and slow(body) is not None)


def slightly_wrong(record: dict[str, Any], chance: random.Random) -> bytes:
    """The text of a record in which one to three things were changed."""
    record = copy.deepcopy(record)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        change(record, chance)
    text = json.dumps(
        record, ensure_ascii=chance.random() < 0.2, indent=chance.choice([None, None, 1]),
        separators=chance.choice([None, (",", ":")]),
    )  # fmt: skip
    for raw in RAW:
        text = text.replace(f'"RAW {raw}"', raw)
    if chance.random() < 0.1:
        text = text.replace('"value"', '"value": 1, "value"', 1)
    return text.encode("utf-8", "surrogatepass")


def change(here: Any, chance: random.Random) -> None:
    """Something anywhere in it: taken out, replaced, added, named otherwise, or sent twice."""
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = chance.choice(keys)
        if not isinstance(here[key], dict | list) or chance.random() < 0.15:
            break
        here = here[key]
    does = chance.randrange(9)
    if does == 0:
        del here[key]
    elif does == 1 and isinstance(here, dict):
        name = chance.choice(["value", "unit", "x", "serial", "lot", "notApplicable", "values"])
        here[name] = copy.deepcopy(here[key])
    elif does == 2 and isinstance(here, dict):
        names = [row.id for row in CATALOGUE]
        here[chance.choice(["values", "notApplicable"])] = {chance.choice(names): odd(chance)}
    elif does == 3 and isinstance(here, list):
        here.append(copy.deepcopy(here[key]))
    elif does == 4 and isinstance(here[key], str):
        here[key] += chance.choice(["", "0", "1", "a", "\u00e9", " ", "Z"])
    elif does == 5:
        here[key] = f"RAW {chance.choice(RAW)}"
    elif does == 6 and isinstance(here[key], dict) and "value" in here[key]:
        here[key]["value"] = chance.choice([odd(chance), f"RAW {chance.choice(RAW)}"])
    else:
        here[key] = odd(chance)


def odd(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(ODD))


def some_of(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """With at most two of its values: of all at once, one that is wrong would hide the others."""
    if "values" not in record:
        return record
    names = chance.sample(sorted(record["values"]), min(len(record["values"]), chance.randint(0, 2)))
    return record | {"values": {name: record["values"][name] for name in names}}


def test_what_is_slightly_wrong_is_never_taken_otherwise() -> None:
    chance = random.Random(4)
    whole = [a_whole_record(kind, level) for kind, level in whole_records()]
    tries = 4_000
    fast = sum(
        require_same(slightly_wrong(some_of(chance.choice(whole), chance), chance)) for _ in range(tries)
    )
    assert fast > tries / 15  # else it was a test of refusals alone


@pytest.mark.parametrize("raw", RAW)
def test_a_number_is_read_with_its_text(raw: str) -> None:
    details = {"assembledOn": "2026-11-20", "configuration": "1s1p", "cellLots": ["C"]}
    for name in ("stateOfCharge", "numberOfFullCycles", "warranty.guaranteedCapacity"):
        record = factories.a_record("pack", SUBJECTS["item"], NOW, details=details, values={name: "HERE"})
        for member in ('{"value": %s, "unit": "%%"}', "%s"):
            require_same(json.dumps(record).replace('"HERE"', member % raw).encode())


@pytest.mark.parametrize(
    "subject",
    [
        *SUBJECTS.values(), {"lot": "L1"}, {}, {"gtin": "09506000134353"}, {"serial": "P1"}, [], None,
        {"gtin": GTIN, "serial": "P 1"}, {"gtin": GTIN, "serial": "P1", "lot": "L"}, {"lot": ""},
        {"lot": 5}, {"x": "1"}, {"gtin": GTIN, "x": "1"},
    ],
)  # fmt: skip
def test_every_kind_reads_each_subject_alike(subject: Any) -> None:
    for kind, level in whole_records():
        require_same(json.dumps(a_whole_record(kind, level) | {"subject": subject}).encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}', '{"a" :1,"a":2}', '{"a":{"b":1,"b":1}}', '["\\u0000"]', '["\x7f"]', '["\u0085"]',
        '["cafe\u0301"]', "[1e2]", "[-0]", "[9007199254740993]", "[NaN]", '["a\nb"]', "[1] [2]", "\ufeff[1]",
        '["\ufdd0"]', "[12.50]", '["' + "x" * 17_000 + '"]', "", "nul", "[1,]", '["\u2028"]',
    ],
)  # fmt: skip
def test_a_document_that_may_be_read_in_two_ways_is_not_plain(text: str) -> None:
    assert plain(text.encode()) is None


@pytest.mark.parametrize(
    "text", ['{"a": 1,\n "b": ["\u00b0C", 2.5, -0.5, null, true]}', '{"a":{"b":"x y"}}', "[]"]
)
def test_what_machines_write_is_plain(text: str) -> None:
    assert plain(text.encode()) == json.loads(text)
