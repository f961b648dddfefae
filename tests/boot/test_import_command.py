"""`passport intake import`: what it prints, and with which exit code."""

import json
from pathlib import Path

import pytest

from app.cli.main import main
from tests import installation

PLACE = Path(__file__).resolve().parents[1] / "vectors" / "imports"
WHOLE, FAULTY = str(PLACE / "battery-pass-1.2.1.json"), str(PLACE / "battery-pass-1.2.0.json")
BATTERY = ["--gtin", "09506000134352", "--serial", "X-1"]


@pytest.fixture(autouse=True)
def data(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = installation.copy(installation.template(shared, "bare"), tmp_path / "data")
    return installation.choose(copied, monkeypatch)


def test_a_document_is_looked_at_then_taken_in_then_known(capsys: pytest.CaptureFixture[str]):
    assert main(["intake", "import", WHOLE, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert (
        "/performance/batteryTechicalProperties/ratedMaximumPower  160.5  -> ratedMaximumPower = 160500.0 W"
        in out
    )
    assert out.splitlines()[-1].endswith("0 refused, 9 not taken, 0 unknown, 0 structure")
    words = ["intake", "import", WHOLE, "--plant", "hall-1", "--json"]
    for state in ("accepted", "repeated"):
        assert main(words) == 0
        told = json.loads(capsys.readouterr().out)
        assert [row["state"] for row in told["records"]] == [state] * 3
        assert told["subject"] == {"gtin": "09506000134352", "serial": "CW-000417"}


def test_what_does_not_pass_is_named_and_the_rest_is_taken(capsys: pytest.CaptureFixture[str]):
    assert main(["intake", "import", FAULTY, "--plant", "hall-1", *BATTERY]) == 1
    out = capsys.readouterr().out
    assert (
        "warrantyPeriod  --06  -> warrantyPeriod  (A month of the year (gMonth) is no length of time" in out
    )
    assert "/registry/state  verified  (The table of this format does not know it.)" in out
    assert " accepted\n" in out
    assert "\n24 taken, 4 refused, 3 not taken, 1 unknown, 0 structure\n" in out


def test_a_battery_without_a_name_another_name_or_no_plant_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["intake", "import", FAULTY, "--dry-run"]) == 1
    assert "names no GTIN of the battery: say it with --gtin" in capsys.readouterr().err
    assert main(["intake", "import", WHOLE, "--dry-run", "--serial", "OTHER"]) == 1
    assert (
        "The serial at /generalProductInformation/productIdentifier is not the one" in capsys.readouterr().err
    )
    assert main(["intake", "import", WHOLE]) == 2
    assert "--plant" in capsys.readouterr().err
