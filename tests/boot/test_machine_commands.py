"""`passport plants`, `passport clients`, `passport accounts`: made, changed, shut out; secrets shown once."""

import io
import re
from pathlib import Path

import pytest

from app.cli.main import main
from tests import installation


@pytest.fixture(autouse=True)
def data(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = installation.copy(installation.template(shared, "bare"), tmp_path / "data")
    return installation.choose(copied, monkeypatch)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The lines of stdout of a command that succeeds."""
    assert main(words) == 0, capsys.readouterr()
    return capsys.readouterr().out.splitlines()


def test_a_clients_life(capsys: pytest.CaptureFixture[str]):
    client, secret = said(capsys, "clients", "add", "MES", "--plant", "hall-1", "--scope", "send:pack read")
    assert len(secret) == 43
    (listed,) = said(capsys, "clients", "list")
    assert listed == f"{client}  hall-1  MES  read send:pack"
    (renewed,) = said(capsys, "clients", "rotate", client, "--overlap", "1")
    assert renewed != secret
    assert said(capsys, "clients", "revoke", client) == [f"revoke: {client}"]
    assert said(capsys, "clients", "list") == [f"{listed}  revoked"]


def test_a_plants_tokens(capsys: pytest.CaptureFixture[str]):
    (token,) = said(capsys, "plants", "token", "hall-1", "--scope", "send:reading", "--days", "30")
    assert len(token) == 43
    lines = said(capsys, "plants", "list")
    (name,) = re.findall(r"^  token ([0-9a-f]{12})  send:reading  until 20", "\n".join(lines), re.MULTILINE)
    said(capsys, "plants", "revoke-token", name)
    assert name not in "\n".join(said(capsys, "plants", "list"))
    said(capsys, "plants", "rotate", "hall-1")
    said(capsys, "plants", "disable", "hall-1")
    assert any(line.endswith("disabled") for line in said(capsys, "plants", "list"))
    said(capsys, "plants", "enable", "hall-1")


@pytest.mark.parametrize("words", [
    ("clients", "add", "MES", "--plant", "hall-1", "--scope", "send:packs"),
    ("clients", "add", "MES", "--plant", "hall-9"),
    ("clients", "rotate", "c-0"),
    ("clients", "revoke", "c-0"),
    ("plants", "token", "hall-1", "--scope", " "),
    ("plants", "token", "hall-1", "--days", "0"),
    ("plants", "revoke-token", "abc"),
    ("plants", "rotate", "hall-1", "--overlap", "400"),
    ("plants", "disable", "hall-9"),
    ("accounts", "disable", "nobody"),
])  # fmt: skip
def test_what_is_not_there_is_one_sentence(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert main(words) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1


def test_an_account_is_shut_out(capsys: pytest.CaptureFixture[str]):
    assert said(capsys, "accounts", "disable", "maker-1") == ["disabled  maker-1"]
    assert any("disabled" in line for line in said(capsys, "accounts", "list"))
    assert said(capsys, "accounts", "enable", "maker-1") == ["enabled  maker-1"]


def test_a_password_is_changed_from_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO("quite-another-one\n"))
    assert said(capsys, "accounts", "password", "maker-1") == ["changed  maker-1"]
    monkeypatch.setattr("sys.stdin", io.StringIO("quite-another-one\n"))
    assert main(["accounts", "password", "nobody"]) == 1
    assert "passport accounts list" in capsys.readouterr().err
