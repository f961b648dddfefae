"""The site as an app: what a browser asks of a page before it offers to install it."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Playwright

from tests.journeys.conftest import QUIET, Visit
from tests.journeys.site import Site
from tests.journeys.test_offline import IN_CONTROL
from tests.journeys.watching import Watch


@pytest.fixture
def own_profile(
    playwright: Playwright, browser_path: str, site: Site, watch: Watch, tmp_path: Path
) -> Iterator[BrowserContext]:
    """A browser with a profile on disk: only there can anything be installed."""
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile",
        executable_path=browser_path,
        base_url=site.origin,
        args=[*QUIET, "--bypass-app-banner-engagement-checks"],
    )
    watch.over(context)
    yield context
    context.close()


def test_nothing_speaks_against_installing_it(own_profile: BrowserContext) -> None:
    page = own_profile.new_page()
    page.goto("/")
    page.evaluate(IN_CONTROL)
    session = own_profile.new_cdp_session(page)
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")


def test_every_picture_and_shortcut_of_the_manifest_is_there(site: Site) -> None:
    answer = site.ask("/manifest.webmanifest")
    assert answer.headers["Content-Type"].startswith("application/manifest+json")
    manifest = answer.json()
    icons = manifest["icons"]
    for icon in [*icons, *manifest.get("screenshots", [])]:
        found = site.ask(icon["src"])
        assert found.status == 200, icon
        assert found.headers["Content-Type"].partition(";")[0] == icon["type"]
        if icon["type"] == "image/png":
            with Image.open(io.BytesIO(found.body)) as picture:
                assert f"{picture.width}x{picture.height}" in icon["sizes"].split()
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in icons}
    assert any("maskable" in icon.get("purpose", "") for icon in icons)
    for shortcut in manifest.get("shortcuts", []):
        assert site.ask(shortcut["url"]).status == 200, shortcut


@pytest.mark.parametrize("path", ["/", "/scan", "/verify", "/offline"])
def test_the_worker_takes_over_from_any_page(site: Site, visit: Visit, path: str) -> None:
    page = visit(path)
    page.evaluate(IN_CONTROL)
    (worker,) = page.context.service_workers
    assert worker.url == f"{site.origin}/sw.js"
