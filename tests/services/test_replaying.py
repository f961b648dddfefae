"""What waits in quarantine is mended by a corrected mapping, alone or together, and never silently."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import NotFound
from app.core.quarantine_filter import QuarantineFilter, parse
from app.services import files, intake, mappings, replaying
from app.services.files import How
from app.services.intake import Quarantined
from tests.core.mes import ROW, TOML, as_csv, mes
from tests.factories import GTIN
from tests.installation import rows
from tests.line import Line

OF_MES = QuarantineFilter(mapping="mes-end-of-line")


def refuse_all(line: Line, tmp_path: Path, count: int = 3) -> None:
    """Rows that a mapping with the wrong decimal mark cannot read."""
    document = {**mes().document, "source": {**mes().document["source"], "decimal": ".", "thousands": ","}}
    saved = mappings.save(line.ctx, line.plant, json.dumps(document).encode(), "a test")
    path = tmp_path / "eol.csv"
    path.write_bytes(as_csv(*(ROW | {"Seriennummer": f"EOL-{number}"} for number in range(count))))
    found = files.send(
        line.ctx, line.plant, path, How(mapping=mappings.get(line.ctx, line.plant, saved.reference))
    )
    assert (found.accepted, found.refused) == (0, count)


def waiting(line: Line) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = intake.quarantine_list(line.ctx)["records"]
    return found


def test_a_corrected_mapping_mends_what_waits(line: Line, tmp_path: Path):
    refuse_all(line, tmp_path)
    mappings.save(line.ctx, line.plant, TOML, "a test")
    judged = replaying.replay_many(line.ctx, [line.plant], OF_MES, dry_run=True)
    assert (judged.found, judged.accepted, judged.refused, len(waiting(line))) == (3, 3, 0, 3)
    assert rows(line.ctx.engine, "intake_records") == []
    done = replaying.replay_many(line.ctx, [line.plant], OF_MES)
    assert (done.accepted, done.refused, waiting(line)) == (3, 0, [])
    stored = rows(line.ctx.engine, "intake_records")
    assert len(stored) == 6
    assert {(row["mapping"], row["door"]) for row in stored} == {("mes-end-of-line:2", "file")}
    assert {row["origin"] for row in stored} == {"eol.csv:2", "eol.csv:3", "eol.csv:4"}
    assert {row["settled"] for row in rows(line.ctx.engine, "quarantine")} == {"replayed"}


def test_what_is_refused_again_stays_with_the_newer_reason(line: Line, tmp_path: Path):
    refuse_all(line, tmp_path, 2)
    document = json.loads(json.dumps(mes().document))
    document["records"][0]["fields"].append({"to": "batteryModelIdentifier", "from": "Modell"})
    document["records"][0]["fields"][-1]["table"] = {"A": "B"}
    document["records"][0]["fields"][-1]["from"] = "Prüfstand"
    mappings.save(line.ctx, line.plant, json.dumps(document).encode(), "a test")
    done = replaying.replay_many(line.ctx, [line.plant], OF_MES)
    assert (done.accepted, done.refused) == (0, 2)
    assert list(done.as_dict()["reasons"][0].values())[1] == 2
    assert {(each["mapping"], each["problem"]["rule"]) for each in waiting(line)} == {
        ("mes-end-of-line:2", "table")
    }


def test_one_alone_as_it_was_or_with_its_row_mended(line: Line, tmp_path: Path):
    refuse_all(line, tmp_path, 1)
    (entry,) = waiting(line)
    with pytest.raises(Quarantined):
        replaying.replay(line.ctx, line.plant, entry["id"])
    row = json.loads(intake.quarantine_entry(line.ctx, entry["id"])["body"])
    worse = json.dumps(row | {"Gewicht [kg]": "x"}).encode()
    with pytest.raises(Quarantined) as caught:
        replaying.replay(line.ctx, line.plant, entry["id"], worse)
    mended = intake.quarantine_entry(line.ctx, caught.value.quarantine_id)
    assert mended["mendedFrom"] == entry["id"]
    assert intake.quarantine_entry(line.ctx, entry["id"])["settled"] == "mended"
    better = json.dumps(
        row
        | {"Gewicht [kg]": "412.5", "Nennkapazität [mAh]": "94,000", "Energie [Wh]": "1"}
        | {"Temperatur [K]": "296.65"}
    )
    accepted = replaying.replay(line.ctx, line.plant, mended["id"], better.encode())
    assert not accepted.repeated
    assert waiting(line) == []
    with pytest.raises(NotFound):
        replaying.replay(line.ctx, line.plant, mended["id"])


def test_a_row_in_our_own_columns_waits_as_columns_and_is_mended_there(line: Line, tmp_path: Path):
    path = tmp_path / "cells.csv"
    names = "sentAt;lot;details.cellModel;details.manufacturer;details.format;details.chemistry"
    path.write_text(f"{names};details.quantity\n2026-11-24T11:00:00Z;C1;NMC;EC;prismatic;NMC;=1+1\n")
    assert files.send(line.ctx, line.plant, path, How("cell-lot")).refused == 1
    (entry,) = waiting(line)
    row = json.loads(intake.quarantine_entry(line.ctx, entry["id"])["body"])
    assert (row["kind"], row["lot"], row["details.quantity"]) == ("cell-lot", "C1", "=1+1")
    with pytest.raises(Quarantined):
        replaying.replay(line.ctx, line.plant, entry["id"])
    replaying.replay(line.ctx, line.plant, entry["id"], json.dumps(row | {"details.quantity": "7"}).encode())
    assert waiting(line) == []
    assert [each["lot"] for each in rows(line.ctx.engine, "intake_records")] == ["C1"]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, 3),
        ({"mapping": "mes-end-of-line"}, 2),
        ({"mapping": "mes-end-of-line:1"}, 2),
        ({"mapping": "mes-end-of-line:2"}, 0),
        ({"mapping": "mes"}, 0),
        ({"rule": "number"}, 2),
        ({"rule": "number", "pointer": "/Gewicht [kg]"}, 2),
        ({"pointer": "/Gewicht"}, 0),
        ({"file": "eol.csv"}, 2),
        ({"file": "eol%"}, 0),
        ({"door": "rest"}, 1),
        ({"rule": '%"'}, 0),
    ],
)
def test_a_filter_means_what_it_says(line: Line, tmp_path: Path, given: dict[str, str], count: int):
    refuse_all(line, tmp_path, 2)
    line.refused(
        {"recordId": "x", "kind": "pack", "sentAt": "2026-11-24T11:00:00Z", "subject": {"gtin": GTIN}}
    )
    assert intake.quarantine_list(line.ctx, only=parse(given))["count"] == count
    found = replaying.replay_many(line.ctx, [line.plant], parse(given), dry_run=True)
    assert (found.found, found.refused) == (count, count)


def test_more_than_one_call_takes_is_told(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    refuse_all(line, tmp_path, 3)
    mappings.save(line.ctx, line.plant, TOML, "a test")
    monkeypatch.setattr(replaying, "MOST", 2)
    done = replaying.replay_many(line.ctx, [line.plant], OF_MES)
    assert (done.found, done.accepted, done.left, len(waiting(line))) == (3, 2, 1, 1)
    with pytest.raises(NotFound):
        replaying.replay_many(line.ctx, [line.plant], OF_MES, mapping="none")
