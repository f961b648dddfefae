"""Records in a flat form: the template of each kind holds every member, and the row means what was sent."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.core import csv_records, json_strict
from app.core.csv_records import Reader, template, template_columns
from app.core.errors import MalformedInput
from app.core.intake import KINDS, Kind, parse
from tests.factories import a_whole_pack
from tests.installation import START


def items(text: str, kind: Kind | None = None) -> list[csv_records.Item]:
    return list(Reader(kind).items(io.BytesIO(text.encode()).read, "utf-8"))


def documents(text: str, kind: Kind | None = None) -> list[dict[str, Any]]:
    found = items(text, kind)
    assert [item.refusal for item in found] == [None] * len(found)
    return [json.loads(item.body) for item in found]


def flat(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A record as a line's spreadsheet would write it: whole objects and lists as JSON."""
    for name in ("recordId", "kind", "sentAt"):
        yield name, record[name]
    yield from record["subject"].items()
    for prefix in ("values", "details"):
        for name, value in record.get(prefix, {}).items():
            header = name if prefix == "values" else f"details.{name}"
            if isinstance(value, dict) and set(value) == {"value", "unit"}:
                yield f"{header} [{value['unit']}]", str(value["value"]).replace(".", ",")
            elif isinstance(value, str):
                yield header, value
            elif isinstance(value, list) and all(isinstance(one, str) for one in value):
                yield header, " | ".join(value)
            else:
                yield header, json.dumps(value)


def as_csv(record: dict[str, Any]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(zip(*flat(record), strict=True))
    return out.getvalue()


def parsed(document: dict[str, Any]) -> Any:
    return parse(json_strict.loads(json.dumps(document).encode(), decimals=True))


@pytest.mark.parametrize("record", list(a_whole_pack(START)), ids=lambda record: record["kind"])
def test_a_record_in_flat_form_is_the_record(record: dict[str, Any]):
    (read,) = documents(as_csv(record))
    assert parsed(read) == parsed(record)


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_of_a_template_is_a_column_of_its_kind(kind: Kind):
    assert items(template(kind).replace("kind;", "", 1), kind) == []
    assert len(set(template_columns(kind))) == len(template_columns(kind))


def test_objects_may_come_member_by_member_and_serials_stay_text():
    (read,) = documents(
        "sentAt;gtin;serial;capacityFade [%];capacityFade.observedAt;statusValues.power [W];"
        "details.cellLots\n"
        '2026-11-24T12:00:00Z;09506000134352;007;"1,50";2026-11-24T11:00:00Z;+100;C1|C2\n',
        "pack",
    )
    assert read["subject"] == {"gtin": "09506000134352", "serial": "007"}
    assert read["values"]["capacityFade"] == {
        "value": "1.50", "unit": "%", "observedAt": "2026-11-24T11:00:00Z"
    }  # fmt: skip
    assert read["values"]["statusValues.power"] == {"value": "100", "unit": "W"}
    assert read["details"]["cellLots"] == ["C1", "C2"]


def test_a_row_without_an_id_has_its_content_as_its_id():
    text = "sentAt;lot;details.material\n2026-11-24T12:00:00Z;M1;lithium\n"
    one, two = documents(text, "material-lot"), documents(text, "material-lot")
    other = documents(text.replace("M1", "M2"), "material-lot")
    assert one == two != other
    assert one[0]["recordId"].startswith("row-")


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ("sentAt;lot;lot", "header"),
        ("sentAt;;lot", "header"),
        ("sentAt;lot", "header"),
        ("kind;sentAt;lot;colour", "unknown-column"),
    ],
    ids=["doubled", "nameless", "no kind", "unknown"],
)
def test_a_header_that_cannot_be_used_is_refused(header: str, rule: str):
    with pytest.raises(MalformedInput) as refused:
        list(Reader("pack" if "colour" in header else None).items(io.BytesIO(header.encode()).read, "utf-8"))
    assert refused.value.rule == rule


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", '"=HYPERLINK(""x"")"'])
def test_a_formula_is_refused(cell: str):
    (item,) = items(f"sentAt;lot;details.material\n2026-11-24T12:00:00Z;M1;{cell}\n", "material-lot")
    assert isinstance(item.refusal, MalformedInput)
    assert (item.refusal.rule, item.number) == ("formula", 2)


def test_one_file_keeps_to_one_decimal_mark():
    head = "sentAt;gtin;serial;capacityFade [%]\n"
    rest = ";09506000134352;A1;"
    found = items(
        head + "".join(f"2026-11-24T12:00:00Z{rest}{n}\n" for n in ("1,5", "1.5", "1.234,5")), "test"
    )
    assert [getattr(item.refusal, "rule", None) for item in found] == [None, "decimal", "decimal"]


def test_an_attribute_given_whole_and_by_member_is_refused():
    (item,) = items(
        'sentAt;gtin;declarationOfConformity;declarationOfConformity.url\n2026-11-24T12:00:00Z;1;"[1]";x\n',
        "model",
    )
    assert item.refusal is not None
