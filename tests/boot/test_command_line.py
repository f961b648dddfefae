"""The `passport` tool: what it prints, where, and with which exit code."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import config, wiring
from app.cli.main import VERBS, main, parser
from app.core.access import ANYONE
from app.services import accounts, intake, plants, reading
from tests import factories, installation

HELD = """
import sys
from app.cli.main import main
main(WORDS)
heavy = {"alembic", "flask", "openpyxl", "paho", "PIL", "pyld", "authlib", "gunicorn", "sqlalchemy.orm"}
print("held:", *sorted(heavy & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one passport, by the real clock: the tool has no other."""
    return installation.by_the_real_clock(tmp_path_factory.mktemp("made") / "data", factories.a_whole_pack)


@pytest.fixture
def data(made, tmp_path, monkeypatch) -> Path:
    """A copy of it, named by the setting."""
    return installation.choose(installation.copy(made, tmp_path / "data"), monkeypatch)


@pytest.fixture
def uuid(data, capsys) -> str:
    main(["list", "--json"])
    return json.loads(capsys.readouterr().out)[0]["passport"]


def credential(data: Path, uuid: str) -> bytes:
    ctx = wiring.build(installation.load(data))
    try:
        return reading.public_bytes(ctx, uuid.removeprefix("urn:uuid:")).body
    finally:
        ctx.dispose()


def test_list_names_each_battery_with_its_state(data, capsys):
    assert main(["list"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("issued ")
    assert f"{installation.ORIGIN}/01/" in line
    assert main(["list", "--json"]) == 0
    [one] = json.loads(capsys.readouterr().out)
    assert one["state"] == "issued"
    assert "public" in one["sections"]


def test_a_genuine_credential_passes(data, uuid, tmp_path, capsys):
    (tmp_path / "passport.json").write_bytes(credential(data, uuid))
    assert main(["verify", str(tmp_path / "passport.json"), "--offline"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "valid"
    assert len(lines) == 13  # one line a check, then the verdict
    assert lines[0].split()[:2] == ["passed", "parse"]


def test_the_entry_in_the_public_log_is_judged_by_its_proof(data, uuid, tmp_path, capsys):
    (tmp_path / "passport.json").write_bytes(credential(data, uuid))
    ctx = wiring.build(installation.load(data))
    try:
        proof = reading.log_proof(ctx, uuid.removeprefix("urn:uuid:"), "public", ANYONE, 1)
    finally:
        ctx.dispose()
    (tmp_path / "proof.txt").write_text(proof)
    given = ["verify", str(tmp_path / "passport.json"), "--log-proof", str(tmp_path / "proof.txt"), "--json"]
    assert main(given) == 0
    checks = {each["name"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["log"]["outcome"] == "passed"
    (tmp_path / "proof.txt").write_text(proof.replace("index ", "index 1"))
    assert main(given) == 1
    checks = {each["name"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
    assert (checks["log"]["outcome"], checks["log"]["error"]) == ("failed", "LOG_PROOF_INVALID")


def test_an_altered_credential_fails_and_says_where(data, uuid, tmp_path, capsys):
    document = json.loads(credential(data, uuid))
    document["credentialSubject"]["batteryMass"] = "1.0"
    (tmp_path / "forged.json").write_text(json.dumps(document))
    assert main(["verify", str(tmp_path / "forged.json"), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "invalid"
    assert any(check["outcome"] == "failed" for check in report["checks"])


def test_an_issuer_who_is_on_no_list_is_not_fully_checked(data, tmp_path, monkeypatch, capsys):
    other = config.create(
        tmp_path / "other", "https://elsewhere.example", demo=False, environ=installation.PRODUCTION
    )
    wiring.create_data(other)
    wiring.migrate(other)
    ctx = wiring.build(other)
    plants.add(ctx, "hall-1", "Hall 1", installation.TOKEN)
    plant = plants.of_token(ctx, installation.TOKEN)
    for record in factories.a_whole_pack(ctx.now()):
        intake.accept(ctx, plant, factories.body(record))
    [one] = reading.list_passports(ctx)
    body = reading.public_bytes(ctx, one["passport"].removeprefix("urn:uuid:")).body
    ctx.dispose()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
    assert main(["verify", "-"]) == 3
    assert capsys.readouterr().out.splitlines()[-1] == "unknown"


def test_a_file_that_is_not_there_is_wrong_usage_not_a_failed_check(data, capsys):
    assert main(["verify", "/nowhere.json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "/nowhere.json cannot be read: No such file or directory.\n"


def test_data_that_is_not_there_is_wrong_usage_too(tmp_path, data, capsys):
    assert main(["list", "--data", str(tmp_path / "elsewhere")]) == 2
    assert "passport init" in capsys.readouterr().err


def test_revoking_takes_a_reason_and_shows_at_the_next_check(data, uuid, tmp_path, capsys):
    (tmp_path / "passport.json").write_bytes(credential(data, uuid))
    with pytest.raises(SystemExit, match="2"):
        main(["revoke", uuid])
    assert main(["revoke", uuid, "--reason", "Cells were recalled."]) == 0
    assert main(["revoke", uuid, "--reason", "Cells were recalled."]) == 0  # twice changes nothing
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "passport.json")]) == 1
    assert "revoked" in capsys.readouterr().out.lower()
    assert main(["revoke", "urn:uuid:00000000-0000-4000-8000-000000000000", "--reason", "none"]) == 1


def test_correcting_shows_from_and_to_first_takes_a_reason_and_signs_once(data, uuid, capsys):
    ctx = wiring.build(installation.load(data))
    plant = plants.of_token(ctx, installation.TOKEN)
    values = {"batteryMass": {"value": "412.5", "unit": "kg"}}
    intake.accept(ctx, plant, factories.body(factories.model_record(ctx.now(), values=values)))
    ctx.dispose()
    for wrong in ([], ["--dry-run", "--reason", "Weighed again"]):
        with pytest.raises(SystemExit, match="2"):
            main(["correct", uuid, *wrong])
    before = credential(data, uuid)
    assert main(["correct", uuid, "--dry-run"]) == 0
    assert "-> 412.5 kg" in capsys.readouterr().out
    assert credential(data, uuid) == before
    assert main(["correct", uuid, "--reason", "Weighed again"]) == 0
    assert "public 2" in capsys.readouterr().out
    assert credential(data, uuid) != before
    assert main(["correct", uuid, "--reason", "Weighed again"]) == 0
    assert "nothing was signed" in capsys.readouterr().out


def test_a_plants_token_is_printed_once_and_works(data, capsys):
    assert main(["plants", "add", "hall-9", "--name", "Hall 9"]) == 0
    shown = capsys.readouterr()
    token = shown.out.strip()
    assert "once" in shown.err
    ctx = wiring.build(installation.load(data))
    assert plants.of_token(ctx, token).id == "hall-9"
    ctx.dispose()
    assert main(["plants", "list"]) == 0
    assert token not in capsys.readouterr().out
    assert main(["plants", "add", "hall-9"]) == 1


def test_records_of_a_plant_that_is_not_there_are_refused_with_its_name(data, tmp_path, capsys):
    (file := tmp_path / "records.ndjson").write_text("{}\n")
    assert main(["intake", "send", str(file), "--plant", "hall-9"]) == 1
    assert "There is no plant hall-9 here. See which are: passport plants list" in capsys.readouterr().err


def test_a_password_comes_from_stdin_never_from_the_command_line(data, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long enough password\n"))
    assert main(["accounts", "add", "maria", "--role", "recycler"]) == 0
    assert "password" not in capsys.readouterr().out
    ctx = wiring.build(installation.load(data))
    assert accounts.sign_in(ctx, "maria", "a long enough password", "192.0.2.1")
    ctx.dispose()
    assert main(["accounts", "list"]) == 0
    assert "maria  recycler" in capsys.readouterr().out.splitlines()
    with pytest.raises(SystemExit, match="2"):
        main(["accounts", "add", "eve", "--role", "emperor"])


def test_migrate_makes_no_empty_database_in_the_place_of_a_lost_one(data, capsys):
    lost = data / "passport.sqlite3"
    for part in data.glob("passport.sqlite3*"):
        part.unlink()
    assert main(["migrate"]) == 2
    assert "restore it from your backup" in capsys.readouterr().err
    assert not lost.exists()


def test_migrate_and_recover_change_nothing_where_nothing_is_amiss(data, capsys):
    assert main(["migrate"]) == 0
    assert main(["recover"]) == 0
    assert capsys.readouterr().out == "0 passports issued\n"


def test_the_api_is_described_for_this_installation(data, capsys):
    assert main(["openapi"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["servers"] == [{"url": installation.ORIGIN}]


def test_init_makes_an_installation_once(tmp_path, monkeypatch, data, capsys):
    new = ["init", "--data", str(tmp_path / "new")]
    assert main(new) == 2
    assert "PASSPORT_ORIGIN is missing: see deploy/env.example" in capsys.readouterr().err
    assert main([*new, "--origin", "http://passports.example"]) == 2
    assert main([*new, "--origin", "https://passports.example"]) == 0
    assert "Back up" in capsys.readouterr().out
    keys = {path.name: path.read_bytes() for path in (tmp_path / "new" / "keys").iterdir()}
    assert main([*new, "--origin", "https://passports.example"]) == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "new" / "keys").iterdir()} == keys
    assert main(["list", "--data", str(tmp_path / "new")]) == 0


def test_an_interrupted_init_is_begun_again(tmp_path, data, monkeypatch):
    def interrupted(settings):
        raise KeyboardInterrupt

    new = ["init", "--data", str(tmp_path / "new"), "--origin", "https://passports.example"]
    with monkeypatch.context() as during:
        during.setattr(wiring, "migrate", interrupted)
        assert main(new) == 130
    assert main(["serve", "--data", str(tmp_path / "new")]) == 2
    assert main(new) == 0


def test_what_belongs_to_a_demo_is_refused_in_production(data, capsys):
    for option in ("--reset", "--lan"):
        assert main(["serve", option]) == 2
        assert "./run" in capsys.readouterr().err
    assert main(["serve", "--demo"]) == 2
    assert "is no demo" in capsys.readouterr().err


def test_every_verb_says_what_it_is_for(capsys):
    with pytest.raises(SystemExit, match="0"):
        parser().parse_args(["--help"])
    text = capsys.readouterr().out
    for verb in (
        "init",
        "serve",
        "migrate",
        "recover",
        "openapi",
        "accounts",
        "plants",
        "list",
        "verify",
        "correct",
        "revoke",
    ):
        assert f"    {verb} " in text


def test_each_verb_is_in_the_module_that_the_table_names():
    for name, module in VERBS.items():
        [known] = [action.choices for action in parser(name)._actions if action.choices]
        assert set(known) == {verb for verb, other in VERBS.items() if other == module}


def test_a_command_that_takes_files_in_holds_nothing_that_it_does_not_need(data, tmp_path):
    """100,000 rows are to pass in 100 MB, of which the program must not take most (decision 0020)."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "lots.csv").write_text("lot;details.quantity\nL1;many\n")
    words = ["files", "watch", str(tmp_path / "folder"), "--plant", "hall-1", "--once", "--settled", "0"]
    done = subprocess.run(
        [sys.executable, "-c", HELD.replace("WORDS", repr([*words, "--kind", "cell-lot"]))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "1 refused" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "held:"


def test_a_damaged_database_is_told_in_one_sentence(data, capsys):
    (data / "passport.sqlite3").write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    assert main(["list"]) == 2
    said = capsys.readouterr().err
    assert "restored from a backup" in said
    assert len(said.splitlines()) == 1


def test_a_database_server_that_does_not_answer_is_told_in_one_sentence(data, capsys, monkeypatch):
    monkeypatch.setenv("PASSPORT_DATABASE_URL", "postgresql://passport:hidden@127.0.0.1:1/passport")
    assert main(["list"]) == 2
    said = capsys.readouterr().err
    assert "is its server running" in said
    assert "hidden" not in said


def test_a_port_beside_a_file_of_settings_is_refused(data, capsys):
    assert main(["serve", "--port", "8001", "--config", "deploy/gunicorn.conf.py"]) == 2
    assert "--port or --config" in capsys.readouterr().err


def test_a_reader_who_has_enough_is_no_error(data):
    words = [
        sys.executable,
        "-c",
        "from app.cli.main import main; raise SystemExit(main(['list', '--json']))",
    ]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(words, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
