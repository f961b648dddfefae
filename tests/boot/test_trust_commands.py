"""`passport trust` as people use it: several root keys, kept elsewhere, and files that go to and fro."""

import io
import json
from pathlib import Path

import pytest

from app.cli.main import main
from tests import installation
from tests.vectors import kit as k

OTHER = f"seal-2026={k.OTHER.public_key.to_multikey()}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with three root keys, two of which must sign."""
    directory = tmp_path_factory.mktemp("trust") / "data"
    with pytest.MonkeyPatch.context() as environment:
        for name, value in installation.PRODUCTION.items():
            environment.setenv(name, value)
        words = ["init", "--data", str(directory), "--origin", installation.ORIGIN]
        assert main([*words, "--root-keys", "3", "--root-threshold", "2"]) == 0
    return directory


@pytest.fixture
def offline(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the root keys are kept; the data directory has none."""
    data = installation.choose(installation.copy(made, tmp_path / "data"), monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "offline").mkdir()
    for path in (data / "keys").glob("trust-root-*.pem"):
        path.rename(tmp_path / "offline" / path.name)
    return tmp_path / "offline"


def sign(offline: Path, name: str, key: str, monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("PASSPORT_DATA", "/nowhere")
        return main(["trust", "sign", name, "--key", str(offline / key), "--yes"])


def test_init_says_where_each_root_key_is_to_go(tmp_path, monkeypatch, capsys):
    for name, value in installation.PRODUCTION.items():
        monkeypatch.setenv(name, value)
    words = ["init", "--data", str(tmp_path / "new"), "--origin", installation.ORIGIN]
    for wrong in (["--root-threshold", "2"], ["--root-keys", "0"], ["--root-keys", "17"]):
        assert main([*words, *wrong]) == 2
    capsys.readouterr()
    assert main([*words, "--root-keys", "2", "--root-threshold", "2"]) == 0
    said = capsys.readouterr().out
    assert all(f"trust-root-{number}.pem off this server" in said for number in (1, 2))
    assert "2 of these 2 people" in said


def test_a_list_goes_to_two_root_keys_and_back(offline, monkeypatch, capsys):
    assert main(["trust", "show"]) == 0
    assert "2 of 3 keys must sign" in capsys.readouterr().out
    assert main(["trust", "draft"]) == 3
    name = capsys.readouterr().out.strip()
    assert name == "trust-list-2.json"
    assert sign(offline, name, "trust-root-1.pem", monkeypatch) == 3
    assert (
        "did:web:passports.example  Musterzellen GmbH" in capsys.readouterr().err
    )  # what is signed is shown
    assert main(["trust", "publish", name]) == 1
    assert sign(offline, name, "trust-root-3.pem", monkeypatch) == 0
    assert main(["trust", "publish", name]) == 0
    assert main(["trust", "publish", name]) == 1
    capsys.readouterr()
    assert main(["trust", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["list"]["version"] == 2


def test_nothing_is_signed_unseen(offline, monkeypatch, capsys):
    main(["trust", "draft", "--out", "list.json"])
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))  # no terminal
    assert main(["trust", "sign", "list.json", "--key", str(offline / "trust-root-1.pem")]) == 1
    assert json.loads(Path("list.json").read_text())["signatures"] == []
    assert "give --yes" in capsys.readouterr().err


def test_root_keys_are_changed_in_one_ceremony(offline, monkeypatch, capsys):
    assert main(["trust", "root", "key", str(offline / "new.pem")]) == 0
    multikey = capsys.readouterr().out.strip()
    assert main(["trust", "root", "rotate", "--add", f"root-4={multikey}", "--remove", "root-3"]) == 3
    assert capsys.readouterr().out.split() == ["trust-root-2.json", "trust-list-2.json"]
    for key in ("trust-root-1.pem", "trust-root-2.pem"):
        sign(offline, "trust-root-2.json", key, monkeypatch)
    for key in ("trust-root-2.pem", "new.pem"):
        sign(offline, "trust-list-2.json", key, monkeypatch)
    assert main(["trust", "root", "publish", "trust-root-2.json"]) == 0  # two old keys stay: the list holds
    assert main(["trust", "publish", "trust-list-2.json"]) == 0
    capsys.readouterr()
    main(["trust", "show"])
    said = capsys.readouterr().out
    assert "root version 2" in said
    assert "root-4" in said
    assert "trust list, version 2" in said


def test_other_issuers_are_listed_and_taken_off_in_drafts(offline, tmp_path, capsys):
    other = ["did:web:other.example", "--name", "Other AG", "--types", "BatteryPassportWarranty"]
    assert main(["trust", "add", *other, "--key", OTHER, "--valid-from", "2026-01-01T00:00:00Z"]) == 3
    captured = capsys.readouterr()
    assert "+ did:web:other.example  Other AG" in captured.err
    listed = json.loads(Path(captured.out.strip()).read_text())["signed"]["issuers"][1]
    assert listed["keys"][0]["validFrom"] == "2026-01-01T00:00:00Z"
    document = tmp_path / "did.json"
    document.write_text("{}")
    assert main(["trust", "add", *other, "--did-document", str(document)]) == 1
    assert main(["trust", "add", "did:web:passports.example", *other[1:], "--key", OTHER]) == 1
    assert main(["trust", "add", "did:web:localhost", *other[1:], "--fetch", "--yes"]) == 1
    assert "not public" in capsys.readouterr().err
    for verb in ("suspend", "resume", "remove"):
        assert main(["trust", verb, "did:web:nobody.example"]) == 1
    assert main(["trust", "remove", "did:web:passports.example"]) == 1
    assert main(["trust", "check"]) == 0  # nobody else is listed


def test_where_the_root_keys_lie_beside_a_verb_publishes_by_itself(offline, tmp_path, capsys):
    for key in offline.iterdir():
        key.rename(tmp_path / "data" / "keys" / key.name)
    vkey = "witness.example+0b1f2c3d+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    assert main(["trust", "witness", "add", vkey]) == 1  # the hash is of another key
    assert main(["trust", "suspend", "did:web:passports.example"]) == 0
    assert capsys.readouterr().out == "published  trust list  version 2\n"
    assert main(["trust", "resume", "did:web:passports.example"]) == 0
    assert main(["trust", "root", "rotate", "--new", "root-9", "--remove", "root-1"]) == 0
    assert "trust root  version 2  with list version 4" in capsys.readouterr().out
