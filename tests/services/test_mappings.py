"""Mappings are kept by version and put to work on whole files: on both databases."""

import json
import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.core.errors import KindNotAllowed, MalformedInput, NotFound
from app.core.mapping import Mapping
from app.services import files, intake, mappings
from app.services.files import How
from app.services.mappings import Applied
from app.services.plants import Plant
from tests.core.mes import ROW, TOML, as_csv, mes
from tests.installation import rows
from tests.line import Line


def saved(line: Line, text: bytes = TOML) -> Applied:
    return mappings.get(line.ctx, line.plant, mappings.save(line.ctx, line.plant, text, "a test").reference)


def sent(line: Line, path: Path, applied: Applied) -> files.Result:
    return files.send(line.ctx, line.plant, path, How(mapping=applied))


def a_file(tmp_path: Path, content: bytes, name: str = "eol.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def changed(**source: Any) -> bytes:
    document = {**mes().document, "source": {**mes().document["source"], **source}}
    return json.dumps(document).encode()


def test_a_version_is_kept_once_and_the_same_again_is_the_same(line: Line):
    first = mappings.save(line.ctx, line.plant, TOML, "a test")
    assert (first.reference, first.is_new) == ("mes-end-of-line:1", True)
    assert mappings.save(line.ctx, line.plant, changed(), "a test") == mappings.Saved(first.name, 1, False)
    assert mappings.save(line.ctx, line.plant, changed(zone="UTC"), "a test").reference == f"{first.name}:2"
    newest = mappings.get(line.ctx, line.plant, "mes-end-of-line")
    assert (newest.reference, newest.mapping.source.zone) == ("mes-end-of-line:2", "UTC")
    assert mappings.get(line.ctx, line.plant, "mes-end-of-line:1").mapping.source.zone == "Europe/Berlin"
    (entry,) = mappings.listed(line.ctx)
    assert (entry["version"], entry["madeBy"], entry["kinds"]) == (2, "a test", ["pack", "release"])
    assert [each["version"] for each in mappings.versions(line.ctx, line.plant, first.name)] == [2, 1]


@pytest.mark.parametrize("reference", ["none", "mes-end-of-line:9", "Not a name", "mes-end-of-line:x"])
def test_a_mapping_that_is_not_there_is_said_so(line: Line, reference: str):
    saved(line)
    with pytest.raises(NotFound):
        mappings.get(line.ctx, line.plant, reference)
    with pytest.raises(NotFound):
        mappings.versions(line.ctx, line.plant, "none")


def test_a_mapping_whose_records_would_all_be_refused_is_not_kept(line: Line):
    text = b'name = "n"\n[[records]]\nkind = "pack"\nfields = [{ to = "serial", from = "A" }]'
    with pytest.raises(MalformedInput, match="says no time"):
        mappings.save(line.ctx, line.plant, text, "a test")
    assert mappings.listed(line.ctx) == []


def test_an_export_in_windows_1252_becomes_packs_and_stamps(line: Line, tmp_path: Path):
    second = ROW | {"Seriennummer": "EOL-0002", "Ergebnis": "NIO"}
    path = a_file(tmp_path, as_csv(ROW, second))
    found = sent(line, path, saved(line))
    assert (found.accepted, found.refused, found.mapping) == (3, 0, "mes-end-of-line:1")
    stored = rows(line.ctx.engine, "intake_records")
    assert {(row["kind"], row["serial"]) for row in stored} == {
        ("pack", "EOL-0001"), ("release", "EOL-0001"), ("pack", "EOL-0002"),
    }  # fmt: skip
    assert {(row["mapping"], row["origin"].rsplit(":", 1)[0]) for row in stored} == {
        ("mes-end-of-line:1", "eol.csv")
    }
    assert sent(line, path, saved(line)).repeated == 3


def test_a_row_that_is_wrong_waits_as_it_came_and_its_neighbours_go_on(line: Line, tmp_path: Path):
    bad = ROW | {"Seriennummer": "EOL-0002", "Gewicht [kg]": "schwer"}
    found = sent(line, a_file(tmp_path, as_csv(bad, ROW)), saved(line))
    assert (found.accepted, found.refused) == (2, 1)  # of the bad row neither pack nor stamp
    assert found.errors[0]["row"] == 2
    (entry,) = intake.quarantine_list(line.ctx)["records"]
    kept = intake.quarantine_entry(line.ctx, entry["id"])
    assert (json.loads(kept["body"]), kept["mapping"]) == (bad, "mes-end-of-line:1")
    assert kept["problem"]["pointer"] == "/Gewicht [kg]"
    assert "Column Gewicht [kg]" in kept["problem"]["detail"]


def test_a_record_that_is_refused_behind_the_mapping_names_its_column_and_keeps_the_row(
    line: Line, tmp_path: Path
):
    bad = ROW | {"GTIN": "9506000134353"}
    found = sent(line, a_file(tmp_path, as_csv(bad)), saved(line))
    assert (found.accepted, found.refused) == (0, 1)
    assert (found.errors[0]["column"], found.errors[0]["pointer"]) == ("GTIN", "/subject/gtin")
    (entry,) = intake.quarantine_list(line.ctx)["records"]
    assert json.loads(intake.quarantine_entry(line.ctx, entry["id"])["body"]) == bad


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW | {"Neu": "1"}, "does not speak of the column Neu"),
        ({name: cell for name, cell in ROW.items() if name != "Datum"}, "has no column Datum"),
    ],
)
def test_another_header_refuses_the_file_whole(line: Line, tmp_path: Path, row: dict[str, str], said: str):
    found = sent(line, a_file(tmp_path, as_csv(row)), saved(line))
    assert found.refusal is not None
    assert said in found.refusal
    assert rows(line.ctx.engine, "intake_records") == []


def test_columns_that_are_passed_over_are_told(line: Line, tmp_path: Path):
    applied = saved(line, changed(unmapped="tell"))
    found = sent(line, a_file(tmp_path, as_csv(ROW | {"Neu": "1"})), applied)
    assert (found.accepted, found.as_dict()["unmapped"]) == (2, ["Neu"])


def of_readings(**source: Any) -> Mapping:
    fields = [
        {"to": "sentAt", "from": "at", "format": "unix"},
        {"to": "gtin", "constant": "09506000134352"},
        {"to": "serial", "from": "pack/sn"},
        {"to": "details.device", "from": "^/gateway", "optional": True},
        {"to": "stateOfCharge", "from": "pack/soc", "unit": "fraction"},
    ]
    document = {
        "name": "bms", "source": source,
        "records": [{"kind": "reading", "fields": fields}],
    }  # fmt: skip
    return mappings.read(json.dumps(document).encode())


def test_a_json_document_with_its_rows_inside_and_a_stream_of_lines(line: Line, tmp_path: Path):
    now = int(line.ctx.now().timestamp())
    read = [{"at": now, "pack": {"sn": "S1", "soc": 0.955}}, {"at": now, "pack": {"sn": "S2", "soc": 1}}]
    document = json.dumps({"gateway": "BMS 7", "data": {"rows": read}}).encode()
    inside = Applied(of_readings(rows="data/rows"), "bms:1")
    found = sent(line, a_file(tmp_path, document, "bms.json"), inside)
    assert (found.accepted, found.refused) == (2, 0), found.errors
    stored = sorted(rows(line.ctx.engine, "intake_records"), key=lambda row: str(row["serial"]))
    bodies = [json.loads(bytes(row["body"])) for row in stored]
    assert [body["values"]["stateOfCharge"] for body in bodies] == [
        {"value": "95.5", "unit": "%"}, {"value": "100", "unit": "%"},
    ]  # fmt: skip
    assert bodies[0]["details"] == {"device": "BMS 7"}
    lines = b"".join(json.dumps({**each, "^": {"gateway": "BMS 8"}}).encode() + b"\n" for each in read)
    found = sent(line, a_file(tmp_path, lines + b"nonsense\n", "bms.ndjson"), Applied(of_readings(), "bms:1"))
    assert (found.accepted, found.refused) == (2, 1)
    for text in (b"[]", b'{"data": {"rows": 7}}'):
        assert "no list of objects" in str(sent(line, a_file(tmp_path, text, "x.json"), inside).refusal)


def test_the_time_of_the_file_is_the_time_of_its_last_change(line: Line, tmp_path: Path):
    text = TOML.replace(
        b'template = "{Datum} {Uhrzeit}", format = "DD.MM.YYYY HH:mm:ss"', b'file = "time"'
    ).replace(b'"Bemerkung"', b'"Bemerkung", "Uhrzeit"')
    path = a_file(tmp_path, as_csv(ROW))
    moment = int(line.ctx.now().timestamp()) - 3600
    os.utime(path, (moment, moment))
    assert sent(line, path, saved(line, text)).accepted == 2
    assert rows(line.ctx.engine, "intake_records")[0]["sent_at"] == "2026-11-24T11:00:00.000000Z"


UNITS = {name: {"Gewicht [kg]": "kg", "Energie [Wh]": "Wh"}.get(name, "") for name in ROW}


def with_head(*rows: dict[str, str]) -> bytes:
    """An export with three lines before its header, and a row of units below it."""
    return "Bericht;EOL\r\nBediener;M\u00fcller\r\n\r\n".encode("cp1252") + as_csv(UNITS, *rows)


def test_lines_before_the_header_and_the_row_of_units_are_passed_over(line: Line, tmp_path: Path):
    applied = saved(line, changed(skip_lines=3, skip_after_header=1))
    found = sent(line, a_file(tmp_path, with_head(ROW, ROW | {"Gewicht [kg]": "schwer"})), applied)
    assert (found.refusal, found.accepted, found.refused) == (None, 2, 1)
    assert found.errors[0]["row"] == 7  # as an editor counts
    plain = sent(line, a_file(tmp_path, with_head(ROW), "b.csv"), saved(line, changed()))
    assert "no column" in str(plain.refusal)


def test_a_sheet_of_numbers_is_read_whatever_the_marks_of_the_files_are(line: Line, tmp_path: Path):
    """412.125 kg as a number in a cell is no 412125, though the mapping has a point for thousands."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["Bericht", "EOL"])
    sheet.append([])
    row = ROW | {"Gewicht [kg]": 412.125, "Nennkapazit\u00e4t [mAh]": 94000, "GTIN": 9506000134352}
    sheet.append(list(row))
    sheet.append(list(UNITS.values()))
    sheet.append(list(row.values()))
    sheet.append(["x"] * 14)
    path = tmp_path / "eol.xlsx"
    book.save(path)
    applied = saved(line, changed(skip_lines=1, skip_after_header=1))
    found = sent(line, path, applied)
    assert (found.refusal, found.accepted, found.refused) == (None, 2, 1)
    assert found.errors[0]["row"] == 6
    stored = [json.loads(bytes(each["body"])) for each in rows(line.ctx.engine, "intake_records")]
    (pack,) = [each for each in stored if each["kind"] == "pack"]
    assert pack["values"]["batteryMass"] == {"value": "412.125", "unit": "kg"}
    assert pack["values"]["ratedCapacity"] == {"value": "94", "unit": "Ah"}
    assert pack["values"]["certifiedUsableBatteryEnergy"]["value"] == "34.4005"  # a text, with its marks


def test_a_line_has_one_mapping_and_a_token_of_some_kinds_gives_it_none(line: Line):
    first = mappings.save(line.ctx, line.plant, changed(mqtt=["line-2"]), "a test")
    assert {name: each.reference for name, each in mappings.by_line(line.ctx, line.plant).items()} == {
        "line-2": first.reference
    }
    other = json.loads(changed(mqtt=["line-1", "line-2"])) | {"name": "other"}
    with pytest.raises(MalformedInput, match="line-2 sends through the mapping mes-end-of-line"):
        mappings.save(line.ctx, line.plant, json.dumps(other).encode(), "a test")
    mappings.save(line.ctx, line.plant, changed(), "a test")
    assert mappings.by_line(line.ctx, line.plant) == {}
    mappings.save(line.ctx, line.plant, json.dumps(other).encode(), "a test")
    some = Plant(line.plant.id, line.plant.economic_operator_id, frozenset({"send:pack", "send:release"}))
    with pytest.raises(KindNotAllowed):
        mappings.save(line.ctx, some, changed(mqtt=["line-3"]), "a test")
    mappings.save(line.ctx, some, changed(zone="UTC"), "a test")


def test_a_mapping_that_takes_the_time_of_a_file_is_given_to_no_line():
    document = json.loads(changed(mqtt=["line-2"]))
    for record in document["records"]:
        record["fields"][1] = {"to": "sentAt", "file": "time"}
    with pytest.raises(MalformedInput, match="A message has no file"):
        mappings.read(json.dumps(document).encode())
    with pytest.raises(MalformedInput, match="named as in its topic"):
        mappings.read(changed(mqtt=["hall-1/line-2"]))
