"""A Chromium through Playwright: the system's own, slowed down to a phone's pace."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent

SLOW_4G = {"offline": False, "latency": 562.5, "downloadThroughput": 184_320, "uploadThroughput": 84_375}
"""150 ms round trip and 1.6 Mbit/s, in the values that request-level throttling needs for them; as the mobile
preset of Lighthouse does."""


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser that `./test` would take."""
    path = _finder().find(sys.executable, _say, _stop)
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


def new_page(
    running: Browser, *, cpu: int = 1, network: dict[str, Any] | None = None
) -> tuple[Page, CDPSession]:
    """A page with nothing stored, `cpu` times slower, over `network`."""
    context: BrowserContext = running.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2
    )
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    if network is not None:
        session.send("Network.emulateNetworkConditions", network)
    if cpu > 1:
        session.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
    return page, session


def _finder() -> ModuleType:
    """`deploy/browser.py`, which is no package."""
    spec = importlib.util.spec_from_file_location("find_browser", ROOT / "deploy" / "browser.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _stop(text: str) -> None:
    raise SystemExit(text)
