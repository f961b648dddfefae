"""`passport carbon`: what it prints, with and without an installation; the guide's own examples."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from app.core import carbon_factors
from tests import installation
from tests.boot.started import ROOT
from tests.core.activity import FACTORS, SET, a_factor, whole

GUIDE = (ROOT / "docs" / "carbon.md").read_text(encoding="utf-8")
RECORD, OWN_SET = (
    json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
)


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PASSPORT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def data(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = installation.copy(installation.template(shared, "bare"), tmp_path / "data")
    return installation.choose(copied, monkeypatch)


def written(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document))
    return str(path)


@pytest.mark.usefixtures("no_settings")
def test_the_record_of_the_guide_is_reckoned_without_an_installation(tmp_path: Path, capsys):
    assert main(["carbon", "calculate", written(tmp_path / "r.json", RECORD)]) == 0
    out, err = capsys.readouterr()
    # aluminium 44.8 x 15.1 = 676.48; cathode 106.3 x 14.2 = 1509.46; electricity 2600 x 0.380 = 988;
    # lorry 486 x 500 / 1000 x 0.14993 = 36.43299; recycling 452.5 x 2.2 = 995.5; credit 52 x 10 = -520
    assert out.splitlines()[0].startswith("0.033296 kg CO2e/kWh  3685.87299 kg CO2e")
    assert "method are pending" in err


@pytest.mark.usefixtures("no_settings")
def test_details_alone_and_a_set_of_ones_own_do_too_and_json_repeats_to_the_byte(tmp_path: Path, capsys):
    words = ["carbon", "calculate", written(tmp_path / "d.json", whole()), "--factors",
             written(tmp_path / "f.json", FACTORS), "--json"]  # fmt: skip
    assert main(words) == 0
    first = capsys.readouterr().out
    assert json.loads(first)["total"]["kgCO2e"] == "3620"
    assert main(words) == 0
    assert capsys.readouterr().out == first


@pytest.mark.usefixtures("no_settings")
@pytest.mark.parametrize(
    ("document", "code", "said"),
    [
        (whole(), 1, "No set test-set 1 comes with the product"),
        (whole() | {"year": 3000}, 1, "The number must be"),
        (RECORD | {"kind": "model"}, 1, ""),
        ([], 1, "Send an object"),
    ],
)
def test_what_cannot_be_reckoned_is_one_sentence(tmp_path: Path, capsys, document, code: int, said: str):
    assert main(["carbon", "calculate", written(tmp_path / "d.json", document)]) == code
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert said in err


@pytest.mark.usefixtures("no_settings")
def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys):
    assert main(["carbon", "calculate", str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.usefixtures("data")
def test_a_set_is_brought_in_once_and_never_replaced(tmp_path: Path, capsys):
    assert main(["carbon", "factors", "import", written(tmp_path / "f.json", OWN_SET)]) == 0
    assert capsys.readouterr().out.startswith("imported  our-set 2026-11  1 factors  ")
    assert main(["carbon", "factors", "import", str(tmp_path / "f.json")]) == 0
    assert capsys.readouterr().out.startswith("known already")
    changed = OWN_SET | {"factors": [OWN_SET["factors"][0] | {"value": "1"}]}
    assert main(["carbon", "factors", "import", written(tmp_path / "g.json", changed)]) == 1
    assert "version of its own" in capsys.readouterr().err


@pytest.mark.usefixtures("data")
def test_a_set_in_csv_is_named_on_the_command_line(tmp_path: Path, capsys):
    factor = a_factor("material.al", "material", "10")
    path = tmp_path / "set.csv"
    path.write_text(f"{','.join(factor)}\n{','.join(str(value) for value in factor.values())}\n")
    assert main(["carbon", "factors", "import", str(path)]) == 2
    assert "--name" in capsys.readouterr().err
    named = ["--name", SET["name"], "--version", "csv-1"]
    assert main(["carbon", "factors", "import", str(path), *named]) == 0
    capsys.readouterr()
    assert main(["carbon", "factors", "list", "--json"]) == 0
    found = {(each["name"], each["version"]): each for each in json.loads(capsys.readouterr().out)}
    shipped = carbon_factors.shipped()[0]
    assert found[shipped.name, shipped.version]["digest"] == shipped.digest
    assert found[SET["name"], "csv-1"]["factors"] == 1
    assert main(["carbon", "factors", "list"]) == 0
    assert "test-set csv-1  1 factors" in capsys.readouterr().out
