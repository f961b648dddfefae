"""A real server and a real Chromium for each process; a browser context of its own for each visit.

The browser's camera plays a file (`camera`). Everything that a page does is watched (`watching.py`).
"""

import os
import runpy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from app.services.demo import SIGN_INS
from tests.boot.started import ROOT
from tests.journeys import hidden, pictures
from tests.journeys.pictures import Pose
from tests.journeys.site import Site, new_site
from tests.journeys.watching import Watch

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 15_000  # on a busy machine; nothing is asserted about speed here
PHONE = {"width": 390, "height": 844}

Visit = Callable[..., Page]
Camera = Callable[..., None]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as play:
        expect.set_options(timeout=PATIENCE_MS)
        yield play


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The browser that `./test` found, or this machine's own."""
    given = os.environ.get("PASSPORT_TEST_BROWSER")
    found = given or runpy.run_path(str(ROOT / "deploy" / "browser.py"))["installed"]()
    assert found, "no browser was found: start the tests with ./test, which gets one"
    return str(found)


@pytest.fixture(scope="session")
def film_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("camera") / "film.mjpeg"
    pictures.film(path, [])
    return path


@pytest.fixture(scope="session")
def with_camera(film_path: Path) -> list[str]:
    """Options of a browser whose camera plays the film, and is allowed."""
    return [
        *QUIET,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film_path}",
    ]


@pytest.fixture(scope="session")
def browser(playwright: Playwright, browser_path: str, with_camera: list[str]) -> Iterator[Browser]:
    running = playwright.chromium.launch(executable_path=browser_path, args=with_camera)
    yield running
    running.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demo of this process alone."""
    found = new_site(tmp_path_factory.mktemp("site") / "data")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def camera(film_path: Path) -> Camera:
    """What the camera sees from the next time that it is opened: codes in their poses."""

    def see(*codes: tuple[Image.Image, Pose] | Image.Image) -> None:
        pictures.film(film_path, [one if isinstance(one, tuple) else (one, Pose()) for one in codes])

    return see


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    found = Watch(site.origin)
    yield found
    found.require_nothing()


@pytest.fixture
def open_context(browser: Browser, site: Site, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """A browser with nothing stored: `open_context(locale=...)`, options as Playwright has them."""
    opened: list[BrowserContext] = []

    def make(using: Browser | None = None, **options: Any) -> BrowserContext:
        context = (using or browser).new_context(**{"base_url": site.origin, "viewport": PHONE} | options)
        context.set_default_timeout(PATIENCE_MS)
        watch.over(context)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def visit(open_context: Callable[..., BrowserContext], sessions: Callable[[str], Any]) -> Visit:
    """A page of ours in a fresh browser: `visit("/scan")`, `visit("/", role="service")`."""

    def go(path: str, role: str | None = None, scripts: Sequence[str] = (), **options: Any) -> Page:
        if role is not None:
            options["storage_state"] = sessions(role)
        context = open_context(**options)
        for script in scripts:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(path)
        return page

    return go


@pytest.fixture(scope="session")
def sessions(browser: Browser, site: Site) -> Callable[[str], Any]:
    """What a browser holds after signing in, by role; each role signs in once."""
    held: dict[str, Any] = {}

    def of(role: str) -> Any:
        if role not in held:
            context = browser.new_context(base_url=site.origin, service_workers="block")
            page = context.new_page()
            page.goto("/sign-in")
            sign_in(page, role)
            held[role] = context.storage_state()
            context.close()
        return held[role]

    return of


@pytest.fixture(scope="session")
def secrets(site: Site, sessions: Callable[[str], Any]) -> Callable[[str], frozenset[str]]:
    """By role: what of the demo's first passport it may not read."""
    (cookie,) = sessions("maker")["cookies"]
    documents = hidden.documents(site, f"{cookie['name']}={cookie['value']}")
    vocabulary = hidden.vocabulary(site)
    return lambda role: hidden.secrets_of(role, documents, vocabulary)


def sign_in(page: Page, role: str) -> None:
    """Fill the form that is open."""
    account = next(one for one in SIGN_INS if one.role == role)
    page.get_by_label("Account", exact=True).fill(account.name)
    page.get_by_label("Password").fill(account.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name=account.name, exact=True)).to_be_visible()
