"""The browser's core under Node, its types, and what it must have in common with the server."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.core import verdict
from tests.js.node import NODE, QUIET

ROOT = Path(__file__).resolve().parents[2]
TESTS = sorted((ROOT / "tests" / "js").glob("*.test.js"))


@pytest.mark.parametrize("file", TESTS, ids=lambda file: str(file.name))
def test_the_browser_core_passes_its_tests(file: Path) -> None:
    done = subprocess.run(
        [NODE, QUIET, "--test", "--test-reporter=tap", file],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "# tests 0" not in done.stdout, "no test was found in this file"


@pytest.mark.parametrize("project", ["tsconfig.json", "tsconfig.worker.json"])
def test_the_browser_code_is_sound_to_the_type_checker(project: str) -> None:
    compiler = shutil.which("tsc")
    if compiler is None:
        pytest.skip("not checked: no tsc on this machine")
    done = subprocess.run(
        [compiler, "-p", ROOT / "tests" / "js" / project],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
    )
    own = [line for line in done.stdout.splitlines() if line.startswith(("static/js", "static/sw"))]
    assert not own, "\n".join(own)


def test_the_contexts_of_the_browser_are_those_of_the_server() -> None:
    source = (ROOT / "static" / "js" / "core" / "contexts.js").read_text()
    manifest = json.loads((ROOT / "app" / "core" / "data" / "contexts" / "manifest.json").read_text())
    for context in manifest["contexts"]:
        assert context["url"] in source
        assert context["sha256"] in source, f"contexts.js wants {context}"


def test_both_tell_the_same_verdict_in_the_same_words() -> None:
    """Headlines, sentences and names of checks, letter for letter."""
    source = (ROOT / "static" / "js" / "core" / "verdict.js").read_text()
    for one in vars(verdict).values():
        if not isinstance(one, verdict.Verdict) or one.headline in ("Not checked", "Record is genuine"):
            continue  # the device always checks, and says when it did
        assert one.headline in source
        assert one.sentence in source
    for name, words in verdict.CHECK_NAMES.items():
        assert f"['{name}', '{words}']" in source
