"""The public passport as EN 18246 wants it: no login, no script, no cookie, no other host, no device."""

import pytest
from playwright.sync_api import Route, expect

from app.core.catalogue import CATALOGUE
from tests.journeys.conftest import Visit
from tests.journeys.site import FIRST_SERIAL, Site
from tests.journeys.test_states import subject
from tests.journeys.watching import Watch


def test_without_script_the_public_page_is_whole(site: Site, visit: Visit, watch: Watch) -> None:
    page = visit(site.page(FIRST_SERIAL), java_script_enabled=False)
    expect(page.get_by_label("Verdict")).to_contain_text("Record is genuine")
    expect(page.get_by_label("Verdict")).to_contain_text("Checked by this server")
    signed = subject(site, FIRST_SERIAL)
    top = [row for row in CATALOGUE if row.section == "public" and row.id in signed]
    assert len(top) > 40
    missing = [row.id for row in top if page.locator(f"[id='{row.id}']").count() == 0]
    by_parts = [id for id in missing if page.locator(f"[id^='{id}.']").count()]
    assert sorted(set(missing) - set(by_parts)) == []
    page.locator("summary", has_text="checks of Public information").click()
    expect(page.get_by_text("Signature fits every byte: passed")).to_be_visible()
    assert page.context.cookies() == []
    assert not [one.url for one in watch.responses if one.header_value("set-cookie")]
    assert {one.status for one in watch.responses} <= {200}


def test_with_script_no_cookie_is_set_either(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL))
    expect(page.locator("#device-says")).to_contain_text("Record is genuine")
    assert page.context.cookies() == []


@pytest.mark.parametrize("name", ["camera", "microphone", "geolocation"])
def test_the_passport_may_use_no_device(site: Site, name: str) -> None:
    assert f"{name}=()" in site.ask(site.page(FIRST_SERIAL)).headers["Permissions-Policy"]


def test_links_to_other_hosts_tell_them_nothing(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL))
    links = page.locator("main a[href^='https:']")
    assert links.count() > 3
    for link in links.all():
        assert {"noopener", "noreferrer"} <= set((link.get_attribute("rel") or "").split())
        assert link.get_attribute("target") is None


def test_a_list_that_somebody_reads_stays_open_when_the_public_log_has_answered(
    site: Site, visit: Visit
) -> None:
    page = visit("/about")
    held: list[Route] = []
    page.route("**/log-proof", lambda route: held.append(route))
    page.goto(site.page(FIRST_SERIAL))
    page.get_by_text("What this device checked").click()
    summary = page.locator("#device-check summary", has_text="Public information")
    summary.click()
    entered = page.locator("#device-check .check", has_text="The record is entered in the public log.")
    expect(entered).to_have_count(0)
    for route in held:
        route.continue_()
    expect(entered).to_be_visible()
    expect(summary).to_be_focused()
