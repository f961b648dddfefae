"""Without a connection: what was opened before is shown with its age, what was not is said not to be here."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from app.services.demo import STRANGER, TAMPERED
from tests.journeys import pictures
from tests.journeys.conftest import Camera, Visit
from tests.journeys.hidden import EVERYTHING_KEPT, assert_none_of
from tests.journeys.site import FIRST_SERIAL, Site
from tests.journeys.watching import Watch

GONE = r"ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|status of 504"

IN_CONTROL = """
async () => {
  await navigator.serviceWorker.ready;
  if (navigator.serviceWorker.controller) return;
  await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done));
}
"""
KEPT = """
async ([store, path]) => {
  while (!await (await caches.open(store)).match(path)) await new Promise((done) => setTimeout(done, 30));
}
"""


def open_and_keep(page: Page, site: Site, serial: str = FIRST_SERIAL) -> None:
    """A passport's page, opened with the worker in control, and kept by it with its record."""
    page.evaluate(IN_CONTROL)
    page.goto(site.page(serial))
    expect(page.locator("#device-says")).not_to_be_empty()
    page.evaluate(KEPT, ["pages", site.page(serial)])
    for path in (f"{site.page(serial)}/sections/public", "/trust/root.json", "/trust/list.json"):
        page.evaluate(KEPT, ["records", path])


def later(page: Page, **delta: float) -> None:
    """The device's clock goes on."""
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(**delta))


def expect_offline(page: Page) -> None:
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()


def test_a_scanned_passport_is_there_when_phone_and_server_are_cut_off(
    site: Site, camera: Camera, visit: Visit, watch: Watch
) -> None:
    camera(pictures.code(site.link(FIRST_SERIAL)))
    page = visit("/scan")
    page.evaluate(IN_CONTROL)
    page.get_by_role("button", name="Start the camera").click()
    result = page.get_by_label("Result")
    expect(result.get_by_role("heading", name="Record is genuine")).to_be_visible()
    result.get_by_role("link", name="Passport").click()
    expect(page.locator("#device-says")).to_contain_text("Record is genuine")
    page.evaluate(KEPT, ["pages", site.page(FIRST_SERIAL)])

    watch.allow(GONE)
    page.context.set_offline(True)
    with site.stopped():
        page.reload()
        expect(page.locator("#device-check")).to_contain_text("On this device: genuine as of")
        expect(page.locator("#device-says")).to_contain_text("Offline: will be checked again.")
        expect(page.get_by_label("Verdict")).to_contain_text(
            re.compile(r"Checked by this server, \d+ \w+ \d{4}")
        )
        expect(page.get_by_role("main")).to_contain_text(f"(21){FIRST_SERIAL}")

        page.goto("/scan")
        page.get_by_role("button", name="Start the camera").click()
        expect(result.get_by_role("heading", name="Genuine as of")).to_be_visible()
        expect(result).to_contain_text(FIRST_SERIAL)

        page.goto(site.link(FIRST_SERIAL))
        expect(page).to_have_url(site.origin + site.page(FIRST_SERIAL))

    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#device-says")).to_contain_text("Record is genuine")


def test_with_the_server_alone_away_the_age_is_told_as_well(site: Site, visit: Visit, watch: Watch) -> None:
    page = visit("/")
    open_and_keep(page, site)
    watch.allow(GONE)
    with site.stopped():
        page.reload()
        expect(page.locator("#device-says")).to_contain_text("Genuine as of")


def test_a_passport_never_opened_is_said_not_to_be_here(site: Site, visit: Visit, watch: Watch) -> None:
    page = visit("/")
    open_and_keep(page, site)
    watch.allow(GONE)
    page.context.set_offline(True)
    page.goto(site.page(STRANGER))
    expect_offline(page)
    page.get_by_role("link", name=FIRST_SERIAL).click()
    expect(page.locator("#device-says")).to_contain_text("Genuine as of")

    page.goto("/scan")
    field = page.get_by_label("Number or link on the label")
    field.fill(site.link(STRANGER))
    field.press("Enter")
    expect(page.get_by_label("Result")).to_contain_text("Not on this device")


def test_an_altered_record_stays_hidden_offline(site: Site, visit: Visit, watch: Watch) -> None:
    page = visit("/")
    open_and_keep(page, site, TAMPERED)
    watch.allow(GONE)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#device-says")).to_contain_text("Record was altered")
    expect(page.get_by_text("KX-82 NMC")).to_have_count(0)


def test_what_a_role_saw_is_not_there_offline(
    site: Site, visit: Visit, watch: Watch, secrets: Callable[[str], frozenset[str]]
) -> None:
    page = visit("/", role="service")
    page.evaluate(IN_CONTROL)
    page.goto(site.page(FIRST_SERIAL))
    expect(page.locator("#device-says")).to_contain_text("Record is genuine")
    assert_none_of(secrets("public"), page.evaluate(EVERYTHING_KEPT))
    watch.allow(GONE)
    page.context.set_offline(True)
    for path in (site.page(FIRST_SERIAL), "/account", "/drafts"):
        page.goto(path)
        expect_offline(page)
        assert_none_of(secrets("public"), page.content())


def test_what_was_known_a_day_ago_is_not_called_genuine(site: Site, visit: Visit, watch: Watch) -> None:
    page = visit("/")
    open_and_keep(page, site)
    watch.allow(GONE)
    page.context.set_offline(True)
    later(page, hours=25)
    page.reload()
    expect(page.locator("#device-says")).to_contain_text("Not fully checked")
    expect(page.locator("#device-says")).to_contain_text("this device knows of signers")
    expect(page.locator("#device-check .verdict")).to_contain_class("verdict--unknown")


ASKED_OFFLINE = """
async ([path, accept]) => {
  try {
    return (await fetch(path, { headers: { Accept: accept } })).status;
  } catch {
    return 0;
  }
}
"""


def test_a_kept_record_never_stands_in_for_a_token_or_for_another_day(
    site: Site, visit: Visit, watch: Watch
) -> None:
    page = visit("/")
    open_and_keep(page, site)
    kept = f"{site.page(FIRST_SERIAL)}/sections/public"
    watch.allow(GONE)
    page.context.set_offline(True)
    with site.stopped():
        assert page.evaluate(ASKED_OFFLINE, [kept, "application/vc"]) == 200
        for path, accept in (
            (kept, "application/vc+jwt"),
            (f"{kept}?form=jwt", "application/vc"),
            (f"{kept}?at=2026-11-24", "application/vc"),
        ):
            assert page.evaluate(ASKED_OFFLINE, [path, accept]) in (0, 504), (path, accept)
