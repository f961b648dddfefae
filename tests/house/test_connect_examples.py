"""The commands and the program of docs/connect.md, run against a demo that `./run` made."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.boot.started import ROOT, free_port, running

pytestmark = pytest.mark.xdist_group("run")  # with the other starts: each takes both cores for a moment

SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_commands_of_the_guide_connect_a_line(tmp_path: Path) -> None:
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("not checked: there is no curl or no bash on this machine")
    text = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
    port = free_port()
    environ = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "SERVER": f"http://localhost:{port}",
        "PASSPORT_DATA": str(tmp_path / "data"),
        "PYTHONPATH": str(ROOT),
    }
    (tmp_path / ".venv").symlink_to(sys.prefix)  # as in a checkout whose ./run installed the packages
    with running("--data", str(tmp_path / "data"), "--port", str(port)):
        done = subprocess.run(
            ["bash", "-eu", "-c", "".join(SHELL.findall(text))], cwd=tmp_path, env=environ,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (program,) = PYTHON.findall(text)
        told = subprocess.run(
            [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60,
            check=True,
        )  # fmt: skip
        asked = _of_a_client(environ, tmp_path)
        kept = subprocess.run(
            ["bash", "-eu", "-c", "".join(SHELL.findall((ROOT / "docs" / "files.md").read_text()))],
            cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        mapped = _of_a_mapping(environ, tmp_path)
        recalled, tree, found, table = _of_a_lot(environ, tmp_path)
    lines = [line for line in done.stdout.splitlines() if line]
    assert '"accepted":1,' in lines[0]
    assert '"rule":"integer"' in lines[0]
    assert lines[1].removeprefix("\ufeff").startswith("recordId;kind;sentAt;gtin;serial;")
    assert lines[2].startswith("row 4: ")
    assert lines[3] == "2 accepted, 0 repeated, 1 refused, 0 passports issued"
    assert lines[4].startswith("packs.csv -> done/: 2 accepted, 0 repeated, 1 refused")
    assert lines[5] == "done"
    assert lines[6] == "1 accepted, 0 repeated, 0 refused, 0 passports issued"
    assert {path.name for path in tmp_path.iterdir()} - {"client.py"} == {".venv", "data", "guide"}
    assert told.stdout.split() == ["207", "3", "0"]
    assert json.loads(asked[0])["scope"] == "send"
    assert asked[1] == "201"
    assert json.loads(kept.stdout)["mediaType"] == "application/pdf"
    standings = [(pack["serial"][-3:], pack["standing"]) for pack in json.loads(recalled)["packs"]]
    assert standings == [("002", "now"), ("001", "former")]
    assert [part["number"] for part in json.loads(tree)["holds"]] == ["KM-403", "KM-401"]
    assert [thing["of"] for thing in json.loads(found)["found"]] == ["Example Salts"]
    assert table.count(",now,") == 1
    assert mapped[0] == "mes-end-of-line: 2 records a row, 18 fields, 12 columns read"
    assert mapped[1].startswith(
        "row 3: Column Gewicht [kg]: The value cannot be taken: a number with the decimal mark ,"
    )
    assert mapped[2] == "2 accepted, 0 repeated, 1 refused, 0 passports issued"
    assert "mandatory attributes are never filled by this file" in mapped[3]
    assert "mes-end-of-line:1" in mapped
    assert 'name = "eol"' in (tmp_path / "guide" / "proposed.toml").read_text()
    assert mapped[-5] == "2 accepted, 0 repeated, 1 refused, 0 passports issued"
    assert mapped[-4] == "2 accepted, 0 repeated, 0 refused, 0 passports issued"
    assert json.loads(mapped[-3])["mapping"] == "mes-end-of-line:1"
    by_rest = json.loads(mapped[-2])
    assert (by_rest["repeated"], by_rest["refused"], by_rest["records"][2]["record"]) == (2, 1, 3)
    judged = json.loads(mapped[-1])
    assert (judged["found"], judged["refused"], judged["dryRun"]) == (1, 1, True)


def _of_a_lot(environ: dict[str, str], place: Path) -> list[str]:
    """What the commands of docs/genealogy.md print, question by question."""
    commands = "".join(SHELL.findall((ROOT / "docs" / "genealogy.md").read_text(encoding="utf-8")))
    done = subprocess.run(
        ["bash", "-eu", "-c", commands], cwd=place, env=environ, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    recalled, tree, found, *table = [line for line in done.stdout.splitlines() if line]
    return [recalled, tree, found, "\n".join(table)]


def _of_a_mapping(environ: dict[str, str], place: Path) -> list[str]:
    """What the commands of docs/mapping.md print."""
    text = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
    example = str(ROOT / "docs" / "examples" / "mes-end-of-line.toml")
    given = {"TOKEN": "demo-plant-token-for-trying-out", "MAPPING": example}
    commands = "".join(['export PATH="$PWD/.venv/bin:$PATH"\n', *SHELL.findall(text)])
    done = subprocess.run(
        ["bash", "-eu", "-c", commands], cwd=place,
        env=environ | given,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line]


def _of_a_client(environ: dict[str, str], place: Path) -> list[str]:
    """What the commands and the program of docs/clients.md print, one after the other in one shell."""
    text = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    (program,) = PYTHON.findall(text)
    (place / "client.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        ["bash", "-eu", "-c", "".join(SHELL.findall(text)) + "\npython client.py\n"], cwd=place, env=environ,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line]
