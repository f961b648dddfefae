"""Arrows point down: the contracts of pyproject.toml hold, and the core pulls in no framework."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_import_contracts_hold():
    done = python("from importlinter.cli import lint_imports_command as run; run(['--no-cache'])")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "4 kept" in done.stdout


def test_the_core_can_be_used_alone():
    strangers = "{'flask', 'sqlalchemy', 'flask_sqlalchemy', 'gunicorn', 'werkzeug'}"
    done = python(
        f"import sys, app.core.verification, app.core.intake; print({strangers} & set(sys.modules))"
    )
    assert done.stdout.strip() == "set()", done.stdout + done.stderr


def test_opening_the_package_imports_nothing():
    done = python("import sys; before = set(sys.modules); import app; print(set(sys.modules) - before)")
    assert done.stdout.strip() == "{'app'}", done.stdout + done.stderr
