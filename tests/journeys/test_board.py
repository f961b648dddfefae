"""The board in a browser: its figures follow the line, its list stays put; it works without script."""

from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.site import INCOMPLETE, Site

LOOK = "() => document.dispatchEvent(new Event('visibilitychange'))"


def test_the_figures_follow_the_line_and_the_list_waits_to_be_asked(site: Site, visit: Visit) -> None:
    page = visit("/drafts", role="maker")
    issued = page.locator("[data-figure='batteries.issued']")
    before = int(issued.inner_text())
    serial = site.issue("LIVE")
    page.evaluate(LOOK)
    expect(issued).to_have_text(str(before + 1))
    new = page.get_by_role("link", name=serial, exact=True)
    expect(new).to_have_count(0)
    page.get_by_role("link", name="Look again").click()
    expect(new).to_be_visible()


def test_without_script_the_filter_finds_one_battery(visit: Visit) -> None:
    page = visit("/drafts", role="maker", java_script_enabled=False)
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("State").select_option(label="In the making")
    page.get_by_label("Serial contains").fill(INCOMPLETE["serial"][-4:].lower())
    page.get_by_role("button", name="Show").click()
    lines = page.locator(".entries--line > li")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Not stamped OK yet")
    lines.get_by_role("link", name=INCOMPLETE["serial"], exact=True).click()
    expect(page.get_by_role("heading", name="What is missing")).to_be_visible()


def test_from_a_passport_a_value_is_traced_to_the_text_that_set_it(site: Site, visit: Visit) -> None:
    serial = site.issue("TRACED")
    page = visit(site.page(serial), role="maker")
    lineage = page.get_by_role("region", name="Where each value comes from")
    lineage.get_by_role("link", name="Value by value").click()
    line = page.locator(".entries > li", has_text="capacityFade")
    page.locator("details", has=line).locator("summary").click()
    line.get_by_role("link", name=serial).click()
    expect(page.get_by_role("region", name="Text of the record")).to_contain_text('"capacityFade"')
