"""`passport simulate` against a real server and a real folder watcher: every door at once."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from app import config, wiring
from app.cli import simulate_check
from app.cli.main import main
from app.core.line_simulation import Factory, Plan
from app.core.line_simulation_ledger import Ledger
from app.files.folder import Folder, watch
from app.services import demo, plants
from app.web import create_app
from tests.boot.started import free_port
from tests.factories import a_record, body


class _Silent(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """Address of a server with the demo's plant, and the folder that is watched for it."""
    monkeypatch.setenv("PASSPORT_DATA", str(tmp_path / "data"))
    port = free_port()
    settings = config.create(tmp_path / "data", f"http://localhost:{port}", demo=True, environ={})
    wiring.create_data(settings)
    wiring.migrate(settings)
    config.finish(settings)
    application = create_app(settings)
    ctx = application.extensions["passport"]
    plants.add(ctx, demo.PLANT_ID, "Demo plant", demo.PLANT_TOKEN)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=_Silent)
    ended = threading.Event()
    folder = Folder(ctx, plants.get(ctx, demo.PLANT_ID), inbox, settled_s=0, tell=lambda _text: None)
    threads = [
        threading.Thread(target=server.serve_forever),
        threading.Thread(target=watch, args=(folder,), kwargs={"pause_s": 0.05, "stop": ended.is_set}),
    ]
    for thread in threads:
        thread.start()
    yield settings.origin, inbox
    ended.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()
    ctx.dispose()


def test_every_door_takes_its_share_and_every_pack_stands_as_expected(
    served: tuple[str, Path], capsys: pytest.CaptureFixture[str]
):
    _, inbox = served
    doors = ["rest", "rest-array", "rest-ndjson", "folder", "folder-csv"]
    words = ["simulate", "--packs", "60", "--rate", "0", "--faults", "50", "--seed", "5", "--batch", "40"]
    words += [f"--door={door}" for door in doors]
    code = main([*words, "--folder", str(inbox), "--check", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["surprises"] == []
    assert code == 0
    assert sorted(told["doors"]) == sorted(doors)
    assert told["answers"]["unanswered"] == 0
    assert told["answers"]["refused"] == len(told["refused"]) > 3
    assert told["expected"]["issued"] > 30
    assert told["kinds"]["cell"] == 6
    assert told["kinds"]["module"] > told["kinds"]["document"] > 1
    assert {pack["fault"] for pack in told["waiting"]} >= {"malformed", "wrong-unit", "missing-value"}


@pytest.mark.usefixtures("served")
def test_the_same_seed_and_start_send_what_is_known_already(capsys: pytest.CaptureFixture[str]):
    start = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    words = ["simulate", "--packs", "4", "--rate", "0", "--faults", "0", "--seed", "5", "--start", start]
    assert main(words) == 0
    assert "0 unanswered" in capsys.readouterr().out
    assert main(words) == 1
    assert "repeated, expected accepted" in capsys.readouterr().out


def test_a_pack_that_changed_behind_the_lines_back_is_named(served: tuple[str, Path]):
    origin, _ = served
    headers = {"Authorization": f"Bearer {demo.PLANT_TOKEN}", "Content-Type": "application/json"}
    now = datetime.now(UTC)
    factory = Factory(1, now, Plan(faults=0, scrapped=0, withdrawn=0))
    sent = factory.opening(now) + factory.next_pack(now)
    ledger = Ledger()
    ledger.post(sent, "rest")
    for message in sent:
        requests.post(
            f"{origin}/api/v1/intake/records", message.text, headers=headers, timeout=30
        ).raise_for_status()
    assert simulate_check.check(factory, ledger, origin, demo.PLANT_TOKEN) == []
    (serial,) = factory.packs
    subject = dict(sent[-1].record["subject"])
    withdrawal = a_record("withdrawal", subject, now, details={"reason": "Somebody else did it"})
    requests.post(
        f"{origin}/api/v1/intake/records", body(withdrawal), headers=headers, timeout=30
    ).raise_for_status()
    simulate_check.SETTLED_S, kept = 0.0, simulate_check.SETTLED_S
    try:
        found = simulate_check.check(factory, ledger, origin, demo.PLANT_TOKEN)
    finally:
        simulate_check.SETTLED_S = kept
    assert found == [f"{serial}: withdrawn, expected issued"]


def test_what_is_missing_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("PASSPORT_DATA", str(tmp_path / "none"))
    assert main(["simulate"]) == 2
    assert "There is no data" in capsys.readouterr().err
    token = tmp_path / "token"
    token.write_text("x" * 30)
    words = ["simulate", "--server", "http://localhost:1", "--token-file", str(token)]
    assert main([*words, "--door", "folder"]) == 2
    assert "needs --folder DIR" in capsys.readouterr().err
    assert main([*words, "--faults", "101"]) == 2
