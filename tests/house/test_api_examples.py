"""The commands of docs/api.md, run one after the other against a demo that `./run` made."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.boot.started import ROOT, free_port, running

pytestmark = pytest.mark.xdist_group("run")  # with the other starts: each takes both cores for a moment

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def answers(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def test_the_commands_of_the_guide_do_what_it_says(tmp_path: Path) -> None:
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("not checked: there is no curl or no bash on this machine")
    script = "".join(BLOCK.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8")))
    port = free_port()
    with running("--data", str(tmp_path / "data"), "--port", str(port)):
        done = subprocess.run(
            ["bash", "-eu", "-c", script],
            cwd=tmp_path,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "SERVER": f"http://localhost:{port}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    (
        draft, values, stamp, refused, waiting, replayed, resolved, mended, corrected, history, report,
        entered,
    ) = answers(done.stdout)  # fmt: skip
    assert '"complete":false' in draft
    assert '"status":"accepted"' in values
    assert '"state":"issued"' in stamp
    assert '"rule":"date"' in refused
    assert '"count":1' in waiting
    assert '"status":"accepted"' in replayed
    assert resolved.startswith("307 http://localhost:")
    assert '"status":"accepted"' in mended
    assert '"after":"5.3"' in corrected
    assert '"reason":"The scale of hall 2 was out by 100 g."' in history
    assert report.startswith('{"verdict":"valid"')
    assert entered.startswith('{"verdict":"valid"')
    assert '"name":"log"' in entered
