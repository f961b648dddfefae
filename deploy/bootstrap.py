"""What `./run` and `./test` share: find a Python, make the virtual environment, install the locked packages.

Standard library only, since nothing is installed yet; and readable by Python 3.8, so that an old interpreter
can still say in one sentence what is missing. Nothing here knows the product: what follows the install lives
in `app/cli`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST = (3, 11)
BUILT = ("--only-binary", ":all:", "--no-binary", "pydes")
"""An install runs no package's code: wheels only, but for one pure-Python package that has none."""
KNOWN = ("3.13", "3.12", "3.11")
LOCKS = {"runtime": ROOT / "requirements" / "runtime.txt", "test": ROOT / "requirements" / "test.txt"}
"""`test` holds all of `runtime`, at the same versions: an environment for tests also runs the product."""


def say(text: str) -> None:
    """Tell the user what happens; results go to stdout, talk goes to stderr."""
    print(text, file=sys.stderr, flush=True)


def stop(text: str) -> NoReturn:
    """End with one sentence that says what to do."""
    raise SystemExit(text)


def require_python() -> None:
    """Go on under a Python that the product supports; restarts this script if another one is installed."""
    if sys.version_info >= OLDEST:
        return
    for version in KNOWN:
        other = shutil.which("python" + version)
        if other:
            os.execv(other, [other, *sys.argv])
    have = ".".join(str(part) for part in sys.version_info[:2])
    stop(
        f"Python 3.11 or newer is needed, and this is {have}: install python3.11 (or newer) and start again."
    )


def environment(kind: str) -> Path:
    """The Python of a virtual environment that holds what `kind` ("runtime" or "test") needs.

    Fetches nothing when the environment's stamp already carries the lock's digest. An environment without a
    stamp was left half made, and is made anew. `PASSPORT_VENV` names a ready environment (a container image,
    a packager's build): it is used as it is and never written to.
    """
    given = os.environ.get("PASSPORT_VENV")
    if given:
        python = Path(given).absolute() / "bin" / "python"
        if not python.exists():
            stop(f"PASSPORT_VENV names {given}, which is no virtual environment: mend or unset it.")
        return python
    python = VENV / "bin" / "python"
    wanted = _digest(kind)
    if not _is_current(kind, wanted):
        with _one_at_a_time():
            if not _is_current(kind, wanted):
                _make(kind, wanted)
    _write_command(python)
    return python


def child_environment() -> dict[str, str]:
    """Environment of a child whose `app` is the one of this checkout, wherever the user stands."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


# --- the environment -------------------------------------------------------------------------------------


def _stamp() -> dict[str, str]:
    """Digest of each lock that is fully installed, and the interpreter it was installed for."""
    try:
        found = json.loads((VENV / "passport-stamp.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_current(kind: str, wanted: str) -> bool:
    return _stamp().get(kind) == wanted and _is_whole()


def _is_whole() -> bool:
    """An install ended well, for the interpreter that still stands behind the link; systems replace it."""
    python = _interpreter()
    return _stamp().get("python") == python and Path(python).exists()


def _interpreter() -> str:
    return os.path.realpath(VENV / "bin" / "python")


def _make(kind: str, wanted: str) -> None:
    stamp = VENV / "passport-stamp.json"
    whole = _is_whole()
    # from here on an interruption leaves no stamp, so the next start begins again
    stamp.unlink(missing_ok=True)
    lock = LOCKS[kind]
    count = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line.split(" ")[0])
    say(f"Installing {count} packages into {VENV} (this once; a minute or so) ...")
    failures = []
    for install in (_install_with_uv, _install_with_pip):
        failure = install(lock, keep=whole)
        if failure is None:
            break
        failures.append(failure)
    else:
        tail = "\n".join(failures[-1].strip().splitlines()[-6:])
        stop(
            f"{tail}\nThe packages could not be installed: check the network or pip's settings (the lines"
            " above say what failed) and start again."
        )
    stamps = {kind: wanted, "python": _interpreter()}
    if kind == "test":
        stamps["runtime"] = _digest("runtime")
    fresh = stamp.with_suffix(".new")
    fresh.write_text(json.dumps(stamps), encoding="utf-8")
    fresh.replace(stamp)


def _digest(kind: str) -> str:
    return hashlib.sha256(LOCKS[kind].read_bytes()).hexdigest()


def _install_with_uv(lock: Path, keep: bool) -> str | None:
    """None when all is installed, else why not."""
    uv = shutil.which("uv")
    if uv is None:
        return "uv is not installed"
    quiet = [uv, "--quiet", "--no-progress"]
    if not keep:
        shutil.rmtree(VENV, ignore_errors=True)
        failure = _run([*quiet, "venv", "--no-config", "--python", sys.executable, str(VENV)])
        if failure is not None:
            return failure
    python = str(VENV / "bin" / "python")
    install = [*quiet, "pip", "install", "--compile-bytecode", "--python", python, *BUILT]
    return _run([*install, "--require-hashes", "--requirement", str(lock)])


def _install_with_pip(lock: Path, keep: bool) -> str | None:
    """None when all is installed, else why not. Ends the script if Python came without `venv`."""
    python = VENV / "bin" / "python"
    if not (keep and (VENV / "bin" / "pip").exists()):
        _require_venv_module()
        shutil.rmtree(VENV, ignore_errors=True)
        failure = _run([sys.executable, "-m", "venv", str(VENV)])
        if failure is not None:
            return failure
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    return _run([*command, *BUILT, "--require-hashes", "--requirement", str(lock)])


def _require_venv_module() -> None:
    try:
        import ensurepip  # noqa: F401  (Debian splits it from `venv`, which then imports but does not work)
        import venv  # noqa: F401
    except ImportError:
        stop(
            "This Python comes without its venv module: on Debian or Ubuntu run"
            " `sudo apt install python3-venv`, then start again."
        )


def _run(command: Sequence[str]) -> str | None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    return None if done.returncode == 0 else done.stdout or f"{command[0]} ended with {done.returncode}"


def _write_command(python: Path) -> None:
    """`.venv/bin/passport`, the command line tool: a checkout is not installed, so no build is needed.

    Rewritten when the checkout was moved. A shell starts the interpreter, since a path with blanks or of more
    than 127 characters may not stand behind `#!`.
    """
    command = VENV / "bin" / "passport"
    text = (
        "#!/bin/sh\n"
        f"PYTHONPATH={_quoted(str(ROOT))}${{PYTHONPATH:+:$PYTHONPATH}}\n"
        "export PYTHONPATH\n"
        f'exec {_quoted(str(python))} -P -m app.cli.main "$@"\n'
    )
    if not command.exists() or command.read_text(encoding="utf-8") != text:
        command.write_text(text, encoding="utf-8")
        command.chmod(0o755)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two starts at once must not install into one directory; the lock ends with the process."""
    import fcntl

    place = ROOT / ".cache"
    place.mkdir(exist_ok=True)
    with open(place / "install.lock", "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another start is installing the packages; waiting for it ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
