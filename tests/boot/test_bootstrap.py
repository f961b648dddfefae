"""The set-up that `./run` and `./test` share: what it installs, when nothing, and how it mends itself."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.boot.started import ROOT


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"deploy_{name}", ROOT / "deploy" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


class Installer:
    """Stands in for pip and uv, which fetch: notes each command, and makes what they would make."""

    def __init__(self, venv: Path, fails: str = "") -> None:
        self.venv, self.fails, self.commands = venv, fails, []

    def __call__(self, command: list[str]) -> str | None:
        self.commands.append(command)
        if self.fails and self.fails in " ".join(command):
            return "no network"
        if "venv" in command:
            (self.venv / "bin").mkdir(parents=True)
            for name in ("python", "pip"):
                (self.venv / "bin" / name).symlink_to(sys.executable)
        return None

    @property
    def installs(self) -> list[list[str]]:
        return [command for command in self.commands if "--require-hashes" in command]


@pytest.fixture
def boot(tmp_path, monkeypatch):
    monkeypatch.delenv("PASSPORT_VENV", raising=False)
    found = module("bootstrap")
    locks = {kind: tmp_path / f"{kind}.txt" for kind in ("runtime", "test")}
    for kind, path in locks.items():
        path.write_text(f"flask==3.1.0 \\\n    --hash=sha256:00\n# {kind}\n")
    monkeypatch.setattr(found, "ROOT", tmp_path)
    monkeypatch.setattr(found, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(found, "LOCKS", locks)
    monkeypatch.setattr(found, "_run", Installer(tmp_path / ".venv"))
    return found


def test_the_first_start_installs_the_lock_with_its_hashes_and_the_second_nothing(boot, capsys):
    boot.environment("runtime")
    assert len(boot._run.installs) == 1
    assert str(boot.LOCKS["runtime"]) in boot._run.installs[0]
    assert "Installing 1 packages" in capsys.readouterr().err
    boot._run.commands.clear()
    python = boot.environment("runtime")
    assert boot._run.commands == []
    assert capsys.readouterr().err == ""
    assert python == boot.VENV / "bin" / "python"


def test_an_environment_for_tests_also_serves_the_product(boot):
    boot.environment("test")
    boot._run.commands.clear()
    boot.environment("runtime")
    assert boot._run.commands == []


def test_an_environment_for_the_product_is_filled_up_for_tests_and_not_thrown_away(boot):
    boot.environment("runtime")
    boot._run.commands.clear()
    boot.environment("test")
    assert len(boot._run.installs) == 1
    assert not any("venv" in command for command in boot._run.commands)


def test_another_lock_is_installed_over_the_old_one(boot):
    boot.environment("runtime")
    boot.LOCKS["runtime"].write_text("flask==3.1.1 \\\n    --hash=sha256:11\n")
    boot._run.commands.clear()
    boot.environment("runtime")
    assert len(boot._run.installs) == 1


def test_an_interrupted_install_is_begun_again_from_nothing(boot, monkeypatch):
    def interrupted(command):
        raise KeyboardInterrupt

    (boot.VENV / "bin").mkdir(parents=True)
    (boot.VENV / "half").touch()
    with monkeypatch.context() as during:
        during.setattr(boot, "_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            boot.environment("runtime")
    (boot.VENV / "half").parent.mkdir(exist_ok=True)
    (boot.VENV / "half").touch()
    boot.environment("runtime")
    assert not (boot.VENV / "half").exists()
    assert len(boot._run.installs) == 1


def test_an_interpreter_that_the_system_took_away_is_replaced(boot):
    boot.environment("runtime")
    (boot.VENV / "bin" / "python").unlink()
    (boot.VENV / "bin" / "python").symlink_to("/nowhere/python3.9")
    boot._run.commands.clear()
    boot.environment("runtime")
    assert any("venv" in command for command in boot._run.commands)


def test_an_interpreter_of_another_version_behind_the_same_link_is_noticed(boot, tmp_path):
    boot.environment("runtime")
    (tmp_path / "python3.99").touch()
    (boot.VENV / "bin" / "python").unlink()
    (boot.VENV / "bin" / "python").symlink_to(tmp_path / "python3.99")
    boot._run.commands.clear()
    boot.environment("runtime")
    assert any("venv" in command for command in boot._run.commands)


def test_what_uv_cannot_do_pip_does(boot, monkeypatch):
    installer = Installer(boot.VENV, fails="/opt/uv")
    monkeypatch.setattr(boot, "_run", installer)
    monkeypatch.setattr(boot.shutil, "which", lambda name: f"/opt/{name}")
    boot.environment("runtime")
    assert installer.installs[-1][1:3] == ["-m", "pip"]
    assert boot._is_current("runtime", boot._digest("runtime"))


def test_a_failed_install_ends_with_what_to_do_and_leaves_no_stamp(boot, monkeypatch):
    monkeypatch.setattr(boot, "_run", Installer(boot.VENV, fails="--require-hashes"))
    with pytest.raises(SystemExit) as ended:
        boot.environment("runtime")
    assert "no network" in str(ended.value)
    assert "start again" in str(ended.value)
    assert not (boot.VENV / "passport-stamp.json").exists()


def test_a_python_without_venv_is_told_the_package_to_install(boot, monkeypatch):
    monkeypatch.setattr(boot.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match=r"^[^\n]*apt install python3-venv[^\n]*$"):
        boot.environment("runtime")


def test_an_old_python_is_told_what_is_needed(boot, monkeypatch):
    monkeypatch.setattr(boot.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(boot.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"^Python 3\.11 or newer is needed, and this is 3\.9: [^\n]*$"):
        boot.require_python()


def test_a_torn_stamp_counts_as_none(boot):
    boot.environment("runtime")
    (boot.VENV / "passport-stamp.json").write_text(json.dumps(["x"])[:3])
    boot._run.commands.clear()
    boot.environment("runtime")
    assert any("venv" in command for command in boot._run.commands)


def test_the_command_line_tool_runs_this_checkout_wherever_it_was_moved(boot, tmp_path):
    boot.environment("runtime")
    command = boot.VENV / "bin" / "passport"
    assert str(tmp_path) in command.read_text()
    assert subprocess.run(["sh", "-n", command], check=False).returncode == 0
    command.write_text("stale")
    boot.environment("runtime")
    assert command.stat().st_mode & 0o111
    assert "app.cli.main" in command.read_text()


def test_a_ready_environment_is_used_as_it_is(boot, monkeypatch):
    monkeypatch.setenv("PASSPORT_VENV", sys.prefix)
    assert boot.environment("test") == Path(sys.prefix) / "bin" / "python"
    assert boot._run.commands == []
    monkeypatch.setenv("PASSPORT_VENV", "/nowhere")
    with pytest.raises(SystemExit, match="no virtual environment"):
        boot.environment("test")


def test_a_browser_that_does_not_start_is_not_taken(tmp_path, monkeypatch):
    browser = module("browser")
    stub, good = tmp_path / "chromium", tmp_path / "google-chrome"
    stub.write_text("#!/bin/sh\necho Chromium needs a snap; exit 1\n")
    good.write_text("#!/bin/sh\necho Google Chrome 150\n")
    for path in (stub, good):
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "MAC", ())
    assert browser.installed() == str(good)
    shell = tmp_path / "chromium-headless-shell"
    shell.write_text("#!/bin/sh\necho Chromium 150\n")
    shell.chmod(0o755)
    assert browser.installed() == str(shell)


@pytest.mark.parametrize(
    ("had", "asked"),
    [
        (None, ["chromium-headless-shell", "chromium"]),
        ("/usr/bin/chromium", ["chromium-headless-shell"]),
        ("/usr/bin/chromium-headless-shell", []),
    ],
)
def test_debian_is_asked_for_the_browser_without_windows_and_what_is_there_serves_where_it_has_none(
    had, asked, monkeypatch
):
    browser = module("browser")
    monkeypatch.delenv("PASSPORT_TEST_BROWSER", raising=False)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(browser, "is_debian", lambda: True)
    monkeypatch.setattr(browser, "installed", lambda: had)
    monkeypatch.setattr(browser, "from_playwright", lambda python, say: "/elsewhere/chrome")
    packages = []
    monkeypatch.setattr(browser, "install", packages.append)
    found = browser.find(sys.executable, lambda text: None, pytest.fail)
    assert (found, packages) == (had or "/elsewhere/chrome", asked)


def test_no_browser_at_all_is_one_sentence(monkeypatch):
    browser = module("browser")
    monkeypatch.delenv("PASSPORT_TEST_BROWSER", raising=False)
    monkeypatch.setattr(browser, "installed", lambda: None)
    monkeypatch.setattr(browser, "is_debian", lambda: False)
    monkeypatch.setattr(browser, "from_playwright", lambda python, say: None)

    def stop(text):
        raise SystemExit(text)

    with pytest.raises(SystemExit, match=r"^The tests need a browser [^\n]*$"):
        browser.find(sys.executable, lambda text: None, stop)


@pytest.mark.parametrize("name", ["run", "test", "deploy/bootstrap.py", "deploy/browser.py"])
def test_the_scripts_need_the_standard_library_alone_and_old_pythons_can_read_them(name):
    import ast

    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= set(sys.stdlib_module_names)
