"""The commands of docs/epcis.md, run one after the other against a demo that `./run` made."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.boot.started import ROOT, free_port, running

pytestmark = pytest.mark.xdist_group("run")  # with the other starts: each takes both cores for a moment

SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_commands_of_the_guide_capture_events(tmp_path: Path) -> None:
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("not checked: there is no curl or no bash on this machine")
    text = (ROOT / "docs" / "epcis.md").read_text(encoding="utf-8")
    port = free_port()
    with running("--data", str(tmp_path / "data"), "--port", str(port)):
        done = subprocess.run(
            ["bash", "-eu", "-c", "".join(SHELL.findall(text))], cwd=tmp_path,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "SERVER": f"http://localhost:{port}"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    captured, job, jobs, stamped, release, refused = [line for line in done.stdout.splitlines() if line]
    assert '"success":true' in captured
    assert job == captured
    assert jobs == f"[{captured}]"
    assert '"success":true' in stamped
    assert release == '"release":"released"'
    assert '"rule":"uom"' in refused
