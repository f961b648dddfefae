"""A watched folder: whole files alone, a result beside each, nothing lost or doubled when it is killed."""

import json
import multiprocessing
import os
import random
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import CannotSign
from app.files.folder import Folder
from app.services import files, intake, intake_batch, plants
from app.services.context import Context
from app.services.files import How
from app.services.plants import Plant
from tests.factories import a_further_pack, a_lean_pack, a_record, body
from tests.files import watcher
from tests.installation import START, rows
from tests.line import Line

DETAILS = {
    "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
    "quantity": 1200, "materialLots": ["M1", "M2"],
}  # fmt: skip
HEADER = (
    "sentAt;lot;details.cellModel;details.manufacturer;details.format;details.chemistry;details.quantity\n"
)
ROUNDS = {"sqlite": 12, "postgresql": 5}
PATIENCE_S = 60


@pytest.fixture
def place(tmp_path: Path) -> Path:
    found = tmp_path / "in"
    found.mkdir()
    return found


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def folder(ctx: Context, plant: Plant, place: Path, told: list[str]) -> Folder:
    return Folder(ctx, plant, place, How("cell-lot"), settled_s=0, tell=told.append)


def row(number: int, quantity: str = "1200") -> str:
    return f"2026-11-24T12:00:00Z;C{number};NMC-94;Example Cells;prismatic;NMC 811;{quantity}\n"


def put(place: Path, name: str, text: str | bytes) -> Path:
    """Write elsewhere and rename into place, as a sender should."""
    beside = place / f".{name}.writing"
    beside.write_bytes(text if isinstance(text, bytes) else text.encode())
    beside.rename(place / name)
    return place / name


def result(place: Path, where: str, name: str) -> dict[str, Any]:
    (found,) = (place / where).glob(f"*-{name}.result.json")
    read: dict[str, Any] = json.loads(found.read_text())
    return read


def test_a_file_goes_to_done_with_what_became_of_each_row(
    folder: Folder, place: Path, ctx: Context, told: list[str]
):
    put(place, "lots.csv", HEADER + row(1) + row(2, "many") + row(3))
    folder.look()
    assert [path.name for path in place.iterdir()] == ["done"]
    found = result(place, "done", "lots.csv")
    assert (found["accepted"], found["refused"], found["plant"]) == (2, 1, "hall-1")
    (error,) = found["errors"]
    assert (error["row"], error["pointer"], error["rule"]) == (3, "/details/quantity", "integer")
    entry = intake.quarantine_entry(ctx, error["quarantine"])
    assert (entry["door"], entry["origin"]) == ("file", "lots.csv:3")
    assert {row["origin"] for row in rows(ctx.engine, "intake_records")} == {"lots.csv:2", "lots.csv:4"}
    assert "2 accepted" in told[0]


def test_the_same_file_again_is_said_so_and_stores_nothing(
    folder: Folder, place: Path, ctx: Context, told: list[str]
):
    for name in ("lots.csv", "again.csv", "lots.csv"):
        put(place, name, HEADER + row(1) + row(2))
        folder.look()
    assert len(rows(ctx.engine, "intake_records")) == 2
    assert ["same content" in line for line in told] == [False, True, True]
    assert result(place, "done", "again.csv")["cameBefore"].endswith("-lots.csv")
    assert len(list((place / "done").glob("*.csv"))) == 3


def test_a_file_that_nobody_may_move_is_sent_once_and_follows_when_it_may(
    folder: Folder, place: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
):
    move, send, shut, sent = os.replace, files.send, [True], []

    def moved(source: Path, target: Path) -> None:
        if shut and source.name == "lots.csv":
            raise PermissionError(13, "Permission denied")
        move(source, target)

    monkeypatch.setattr("app.files.folder.os.replace", moved)
    monkeypatch.setattr("app.files.folder.files.send", lambda *given: sent.append(given[2]) or send(*given))
    path = put(place, "lots.csv", HEADER + row(1) + row(2))
    for _ in range(3):
        folder.look()
    assert sent == [path]
    assert told == ["lots.csv waits: Permission denied"]
    shut.clear()
    folder.look()
    assert sent == [path]
    assert told[1:] == ["lots.csv -> done/: 2 accepted, 0 repeated, 0 refused"]
    assert len(list((place / "done").iterdir())) == 2
    put(place, "lots.csv", HEADER + row(3))
    folder.look()
    assert "1 accepted" in told[-1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("colour.csv", "lot;colour\n1;2\n"),
        ("twice.csv", "lot;lot\n1;2\n"),
        ("open.json", b'[{"recordId": "a"}'),
        ("wide.csv", "a;b".encode("utf-16")),
        ("notes.txt", "hello"),
        ("all-wrong.ndjson", b"[]\n{}\n"),
        ("empty.csv", ""),
    ],
)
def test_a_file_that_cannot_be_used_goes_to_failed_with_the_reason(
    folder: Folder, place: Path, ctx: Context, name: str, text: str | bytes
):
    put(place, name, text)
    folder.look()
    found = result(place, "failed", name)
    assert found.get("refusal") or found["errors"]
    assert rows(ctx.engine, "intake_records") == []


def test_json_and_ndjson_are_taken_and_the_line_goes_on(line: Line, folder: Folder, place: Path):
    packs = [body(record) for record in a_lean_pack(START)]
    put(place, "a.json", b"[" + b",".join(packs[:3]) + b"]")
    put(place, "b.ndjson", packs[3] + b"\n")
    found = folder.look()
    assert [each.accepted for each in found] == [3, 1]
    assert line.state() == "issued"
    assert found[1].issued == 1


def test_partial_files_links_and_temporary_names_are_left_alone(folder: Folder, place: Path, ctx: Context):
    (place / "growing.csv").write_text(HEADER)
    for name in (".hidden.csv", "a.csv.tmp", "b.csv.part", "c.csv~"):
        (place / name).write_text(HEADER + row(1))
    os.symlink("/etc/hostname", place / "link.csv")
    folder.settled_s = 60
    assert folder.look() == []
    assert not (place / "done").exists()
    assert rows(ctx.engine, "intake_records") == []


def test_a_full_disk_is_told_once_and_the_file_is_tried_again(
    folder: Folder, place: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
):
    put(place, "lots.csv", HEADER + row(1))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        folder.look()
        folder.look()
    assert told == ["lots.csv waits: No space left on device"]
    assert (place / "lots.csv").exists()
    (found,) = folder.look()
    assert (found.accepted, found.repeated) == (0, 1)


def test_a_fault_that_nobody_thought_of_keeps_one_file_and_not_the_others(
    folder: Folder, place: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
):
    send = files.send

    def faulty(ctx: Context, plant: Plant, path: Path, how: How) -> files.Result:
        if path.name == "a.csv":
            raise RuntimeError("boom")
        return send(ctx, plant, path, how)

    monkeypatch.setattr(files, "send", faulty)
    put(place, "a.csv", HEADER + row(1))
    put(place, "b.csv", HEADER + row(2))
    assert [each.name for each in [*folder.look(), *folder.look()]] == ["b.csv"]
    assert (place / "a.csv").exists()
    assert [line for line in told if line.startswith("a.csv")] == [
        "a.csv waits: a fault of this program, told in its log"
    ]


def test_a_name_that_tries_a_path_is_only_a_name(folder: Folder, place: Path):
    put(place, "a ..\\evil;.csv", HEADER + row(1))
    folder.look()
    assert len(list((place / "done").glob("*.csv"))) == 1


@pytest.mark.parametrize(
    "name", [b"St\xfcckliste.csv", b"two\nlines.csv", "電池".encode() * 40 + b".csv"],
    ids=["not UTF-8", "a line break", "as long as a name may be"],
)  # fmt: skip
def test_a_name_that_is_no_text_or_long_stops_nothing(
    folder: Folder, place: Path, told: list[str], name: bytes
):
    put(place, "other.csv", HEADER + row(2))
    (place / os.fsdecode(name)).write_text(HEADER + row(1))
    assert [found.accepted for found in folder.look()] == [1, 1]
    assert len(list((place / "done").iterdir())) == 4
    assert all(line.isprintable() and "waits" not in line for line in told)
    assert [row["origin"].isprintable() for row in rows(folder.ctx.engine, "intake_records")] == [True, True]


def test_a_dry_run_judges_and_stores_nothing(ctx: Context, place: Path):
    path = put(place, "lots.csv", HEADER + row(1) + row(2, "many"))
    seen: list[int] = []
    found = files.dry_run(ctx, path, How("cell-lot"), progress=seen.append)
    assert (found.accepted, found.refused, found.errors[0]["row"]) == (1, 1, 3)
    assert seen[-1] == path.stat().st_size
    assert rows(ctx.engine, "intake_records") == rows(ctx.engine, "quarantine") == []


def test_nothing_of_a_folder_is_lost_or_doubled_when_its_process_is_killed(
    ctx: Context, line: Line, place: Path, data_dir: Path, database: str, database_url: str | None
):
    line.send_all(a_lean_pack(START))
    chance = random.Random(20260218)
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.files.watcher"])
    sent: set[str] = set()
    for number in range(ROUNDS[database]):
        records = [record for pack in range(3) for record in a_further_pack(START, f"K{number:02}{pack}")] + [
            a_record("cell-lot", {"lot": f"K{number}-{lot}"}, START, details=DETAILS) for lot in range(300)
        ]
        sent |= {record["recordId"] for record in records}
        put(place, f"k{number:02}.ndjson", b"\n".join(map(body, records)))
        put(place, f"k{number:02}.csv", HEADER + "".join(row(number * 1000 + lot) for lot in range(200)))
        process = forks.Process(target=watcher.watch, args=(data_dir, database_url, place), daemon=True)
        process.start()
        process.join(chance.uniform(0.3, 1.2))
        process.kill()
        process.join(PATIENCE_S)
    intake_batch.finish(ctx)
    plant = line.plant
    last = Folder(ctx, plant, place, How("cell-lot"), settled_s=0, tell=lambda _text: None)
    last.look()
    stored = [str(row["record_id"]) for row in rows(ctx.engine, "intake_records")]
    assert len(stored) == len(set(stored))
    assert sent <= set(stored)
    assert len(stored) == 4 + len(sent) + 200 * ROUNDS[database]
    assert rows(ctx.engine, "quarantine") == []
    assert {row["state"] for row in rows(ctx.engine, "batteries")} == {"issued"}
    documents = [(bytes(row["subject_key"]), row["section"], row["version"]) for row in line.stored()]
    assert len(documents) == len(set(documents)) == 3 + 3 * (1 + 3 * ROUNDS[database])
    assert sorted(path.name for path in place.iterdir()) == ["done"]
    assert len(list((place / "done").glob("*.result.json"))) == 2 * ROUNDS[database]


def test_what_cannot_be_signed_now_is_stored_and_said_to_wait(line: Line, monkeypatch: pytest.MonkeyPatch):
    def no_key(*_: Any) -> None:
        raise CannotSign("No key is in use.")

    with monkeypatch.context() as patched:
        patched.setattr("app.services.keys.signer", no_key)
        sent = [intake_batch.Message(body(record)) for record in a_lean_pack(START)]
        found = intake_batch.accept_many(line.ctx, line.plant, sent)
    assert [isinstance(each, intake.Accepted) for each in found] == [True] * 4
    stamp = found[3]
    assert isinstance(stamp, intake.Accepted)
    assert stamp.answer["pending"] is True
    assert intake_batch.finish(line.ctx) == 1


def test_a_plant_that_is_disabled_meanwhile_sends_nothing_more(
    folder: Folder, place: Path, ctx: Context, told: list[str]
):
    plants.disable(ctx, folder.plant.id)
    put(place, "lots.csv", HEADER + row(1))
    assert folder.look() == []
    assert "lots.csv waits: The plant hall-1 is disabled." in told[-1]
    assert rows(ctx.engine, "intake_records") == []
    plants.enable(ctx, folder.plant.id)
    assert [result.accepted for result in folder.look()] == [1]
