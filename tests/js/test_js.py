"""The browser's core under Node, its types, and what it must have in common with the server."""

import gzip
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.core import verdict
from tests.js.node import NODE, QUIET

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "static" / "js"
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
    lines = done.stdout.splitlines()
    # Faults of vendored files are theirs; one without a file is of the settings, or nothing was checked.
    ours = [line for line in lines if line.startswith(("static/js", "static/sw", "error TS"))]
    assert not ours, "\n".join(ours)
    assert done.returncode == 0 or any(line.startswith("static/vendor") for line in lines), done.stderr


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


@pytest.mark.parametrize(
    ("page", "template"),
    [("scan", "preload_scan"), ("passport", "preload_verifier"), ("verify", "preload_verifier")],
)
def test_a_page_preloads_the_modules_it_needs_and_no_other(page: str, template: str) -> None:
    """One round trip for all of them; the decoder and the second signature come later, on demand."""
    listed = "".join((ROOT / "templates" / f"{name}.html").read_text() for name in (template, page))
    found = set(re.findall(r'href="/static/js/([^"]+)"', listed))
    assert found == {
        path.relative_to(SCRIPTS).as_posix() for path in needed(SCRIPTS / "pages" / f"{page}.js")
    }


def test_the_passport_page_loads_nothing_that_only_other_pages_show() -> None:
    """Its own words are in its HTML: no card of a battery, no reading of labels."""
    loaded = {path.stem for path in needed(SCRIPTS / "pages" / "passport.js")}
    assert not loaded & {"battery", "digital-link", "scan-result"}


def test_the_first_view_of_the_scanner_is_small() -> None:
    """At most 60 kB compressed, before the decoder."""
    entry = SCRIPTS / "pages" / "scan.js"
    styles = [ROOT / "static" / "css" / name for name in ("app.css", "scan.css")]
    files = [
        entry,
        *needed(entry),
        *styles,
        ROOT / "templates" / "scan.html",
        ROOT / "templates" / "icons.svg",
    ]
    assert sum(len(gzip.compress(path.read_bytes(), 6)) for path in files) < 60_000


def needed(module: Path) -> set[Path]:
    """Modules that `module` imports before it runs, and those that they import."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        one = waiting.pop()
        for address in re.findall(r"^import (?:[^;']*? from )?'([^']+)'", one.read_text(), re.MULTILINE):
            imported = (one.parent / address).resolve()
            if imported not in found:
                found.add(imported)
                waiting.append(imported)
    return found
