"""`passport intake`: a file of records by the command line, what it prints and with which exit code."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cli.main import main
from app.core.times import to_seconds
from tests import installation
from tests.core.mes import ROW, as_csv

HEADER = (
    "sentAt;lot;details.cellModel;details.manufacturer;details.format;details.chemistry;details.quantity\n"
)


@pytest.fixture
def data(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = installation.copy(installation.template(shared, "bare"), tmp_path / "data")
    return installation.choose(copied, monkeypatch)


@pytest.fixture
def lots(tmp_path: Path) -> str:
    """Two rows, of which one is wrong."""
    now = to_seconds(datetime.now(UTC))
    rows = [
        f"{now};C{number};NMC-94;Example Cells;prismatic;NMC 811;{count}\n"
        for number, count in ((1, "7"), (2, "many"))
    ]
    path = tmp_path / "lots.csv"
    path.write_text(HEADER + "".join(rows))
    return str(path)


@pytest.mark.usefixtures("data")
def test_a_file_is_judged_then_sent_then_known(lots: str, capsys: pytest.CaptureFixture[str]):
    assert main(["intake", "dry-run", lots, "--kind", "cell-lot"]) == 1
    judged = capsys.readouterr().out.splitlines()
    assert judged[0].startswith("row 3: ")
    assert judged[0].endswith(" /details/quantity")
    assert judged[1] == "1 accepted, 0 repeated, 1 refused, 0 passports issued"
    words = ["intake", "send", lots, "--kind", "cell-lot", "--plant", "hall-1"]
    assert main(words) == 1
    assert capsys.readouterr().out.splitlines() == judged  # judging had stored nothing
    assert main([*words, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["accepted"], told["repeated"], told["refused"]) == (0, 1, 1)
    assert told["errors"][0]["quarantine"]


@pytest.mark.usefixtures("data")
def test_an_unknown_plant_or_file_is_one_sentence(
    lots: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["intake", "send", lots, "--kind", "cell-lot", "--plant", "hall-9"]) == 1
    assert "no plant hall-9 here. See which are: passport plants list" in capsys.readouterr().err
    for name, said in (("none.csv", "is no file"), ("x" * 300, "cannot be read: File name too long")):
        assert main(["intake", "dry-run", str(tmp_path / name)]) == 2
        assert said in capsys.readouterr().err


def test_a_mapping_is_proposed_for_a_file_and_is_one_that_check_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Without an installation: nothing is asked of one."""
    export = tmp_path / "EOL Halle 1.csv"
    export.write_bytes(b"Bericht;EOL 2\r\n\r\n" + as_csv(ROW, ROW))
    assert main(["mapping", "propose", str(export)]) == 0
    told = capsys.readouterr()
    assert 'name = "eol-halle-1"' in told.out
    assert "# Lines 1 to 2 are passed over (skip_lines)" in told.out
    assert "  # the name is like" in told.out
    assert "2 rows, 13 columns: " in told.err
    out = tmp_path / "eol.toml"
    words = ["mapping", "propose", str(export), "--name", "mes", "--kind", "pack", "--out", str(out)]
    assert main(words) == 0
    assert capsys.readouterr().out == ""
    assert main(words) == 2  # it is not written over
    assert "cannot be written: File exists" in capsys.readouterr().err
    text = out.read_text().replace("# ignored", "ignored")
    out.write_text(
        text.replace("fields = [", 'fields = [{ to = "details.configuration", constant = "8s" },', 1)
    )
    assert main(["mapping", "check", str(out)]) == 0
    assert capsys.readouterr().out.startswith("mes: 2 records a row")
    assert main(["mapping", "propose", str(tmp_path / "none.csv")]) == 2
