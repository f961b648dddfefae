"""Things that are written down twice agree: settings, roles, problems, words of this workplace."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from app.core.catalogue import CATALOGUE
from app.core.sections import ROLES
from app.core.vocabulary import CATEGORIES, LEVELS, SECTIONS
from app.services import demo

ROOT = Path(__file__).resolve().parents[2]
BINARY = {".png", ".wasm", ".woff2", ".ico", ".gz"}


def tracked() -> list[Path]:
    """The files of the project; all of them where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = done.stdout.decode().split("\0") if done.returncode == 0 else []
    if not names:
        pytest.skip("not checked: this is no git checkout")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def own_texts() -> list[tuple[str, str]]:
    """(name, text) of each file that we wrote."""
    return [
        (str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace"))
        for path in tracked()
        if path.suffix not in BINARY and "vendor" not in path.parts
    ]


def test_every_setting_stands_in_the_example_and_none_that_is_not_read():
    read = set()
    for name, text in own_texts():
        if name.startswith(("app/", "deploy/")) or name in ("run", "test"):
            if name == "deploy/env.example":
                continue
            read |= set(re.findall(r"[\"'](PASSPORT_[A-Z_]+)[\"']", text))
    example = (ROOT / "deploy" / "env.example").read_text()
    told = set(re.findall(r"^#?(PASSPORT_[A-Z_]+)=", example, re.MULTILINE))
    assert told == read


def test_no_file_names_the_place_where_it_was_written():
    place = re.compile(r"/(?:work|tmp/work)/|shared/(?:reference|design|style)\b")
    found = [name for name, text in own_texts() if place.search(text) and not name.startswith("tests/house/")]
    assert found == []


def test_no_private_key_lies_in_the_project():
    found = [
        name
        for name, text in own_texts()
        if re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]", text)
    ]
    assert found == []


def test_every_attribute_has_a_section_a_level_and_an_obligation_for_each_category():
    for row in CATALOGUE:
        assert row.section in SECTIONS, row.id
        assert row.granularity in LEVELS, row.id
        assert set(row.obligation) == set(CATEGORIES), row.id


def test_every_role_reads_known_sections_and_everybody_the_public_one():
    for name, role in ROLES.items():
        assert role.sections <= set(SECTIONS), name
        assert "public" in role.sections, name
        assert role.basis, name


def test_each_account_of_the_demo_has_a_role_that_there_is():
    assert {account.role for account in demo.SIGN_INS} <= set(ROLES) - {"public"}


def test_files_stay_short():
    """One idea a file; the oldest sinner is named, so that nobody joins it unseen."""
    long = {
        name: text.count("\n")
        for name, text in own_texts()
        if name.startswith("app/") and name.endswith(".py") and text.count("\n") > 420
    }
    assert long == {}


def test_no_module_imports_inside_a_function_to_dodge_a_circle():
    found = [
        f"{name}:{inner.lineno}"
        for name, text in own_texts()
        if name.startswith("app/") and name.endswith(".py")
        for outer in ast.walk(ast.parse(text))
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
        and re.match("(from|import) app[. ]", ast.unparse(inner))
    ]
    assert found == []


def test_every_test_says_a_sentence():
    found = [
        f"{name}: {test}"
        for name, text in own_texts()
        if name.startswith("tests/") and name.endswith(".py")
        for test in re.findall(r"^ *def (test_\w+)", text, re.MULTILINE)
        if test.count("_") < 3 and name.startswith(("tests/services/", "tests/web/", "tests/house/"))
    ]
    assert found == []
