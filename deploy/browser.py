"""A Chromium for `./test`: Debian's headless shell when root, else the system's, else Playwright's own.

Standard library only, like `bootstrap.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

SHELL = "chromium-headless-shell"  # Chromium without its windows: the same pages at half the CPU time
NAMES = (SHELL, "chromium", "google-chrome-stable", "google-chrome", "chromium-browser")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as play: print(play.chromium.executable_path)"
)


def find(python: str, say: Callable[[str], None], stop: Callable[[str], NoReturn]) -> str:
    """Path of a browser that starts; `PASSPORT_TEST_BROWSER` names one, and then no other is tried."""
    given = os.environ.get("PASSPORT_TEST_BROWSER")
    if given:
        return given if starts(given) else stop(f"PASSPORT_TEST_BROWSER names {given}, which does not start.")
    found = installed()
    if os.geteuid() == 0 and is_debian() and shutil.which("apt-get"):
        for package in (SHELL, "chromium"):
            if found is None or (package == SHELL and Path(found).name != SHELL):
                say(f"Installing Debian's {package} for the browser tests (this once) ...")
                install(package)
                found = installed()
    if found is None:
        found = from_playwright(python, say)
    if found is None:
        stop("The tests need a browser and none could be had: install Chromium or Chrome, then start again.")
    return found


def install(package: str) -> None:
    """Ask Debian for it, with its list of packages as it is; with a new one if that has no such package."""
    apt = ["apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::http::Timeout=20"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [*apt, "install", "--no-install-recommends", package]
    if subprocess.run(command, **quiet).returncode != 0:
        subprocess.run([*apt, "update"], **quiet)
        subprocess.run(command, **quiet)


def installed() -> str | None:
    """The first browser of this machine that starts. Ubuntu's `chromium-browser` may be a stub."""
    candidates = [shutil.which(name) for name in NAMES] + [path for path in MAC if Path(path).exists()]
    return next((path for path in candidates if path and starts(path)), None)


def starts(path: str) -> bool:
    try:
        done = subprocess.run(
            [path, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"Chrom" in done.stdout


def is_debian() -> bool:
    """Debian itself: Ubuntu's package of the same name only fetches a snap, which needs a running snapd."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return "ID=debian" in lines


def from_playwright(python: str, say: Callable[[str], None]) -> str | None:
    asked = subprocess.run([python, "-c", ASK_PLAYWRIGHT], stdout=subprocess.PIPE, text=True)
    path = asked.stdout.strip()
    if path and starts(path):
        return path
    say("Fetching Playwright's Chromium for the browser tests (this once) ...")
    with_libraries = ["--with-deps"] if os.geteuid() == 0 and shutil.which("apt-get") else []
    subprocess.run(
        [python, "-m", "playwright", "install", *with_libraries, "chromium"], stdout=subprocess.DEVNULL
    )
    return path if path and starts(path) else None
