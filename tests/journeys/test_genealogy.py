"""From a supplier's lot number to every battery that holds it, and back down, as the maker clicks."""

import re

from playwright.sync_api import expect

from tests.journeys import pictures
from tests.journeys.conftest import PHONE, Camera, Visit
from tests.journeys.site import FIRST_GTIN, FIRST_SERIAL


def test_a_scanned_battery_is_looked_for_at_once(visit: Visit, camera: Camera) -> None:
    camera(pictures.code(f"https://elsewhere.example/01/{FIRST_GTIN}/21/{FIRST_SERIAL}"))
    page = visit("/genealogy", role="maker", viewport=PHONE)
    page.get_by_role("button", name="Scan Number of a battery, lot, cell or module").click()
    expect(page.get_by_role("heading", name=f"Battery {FIRST_SERIAL}")).to_be_visible()
    page.locator(".tree .tree__note a").first.click()
    expect(page).to_have_url(re.compile(r"/records/"))
    page.go_back()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_suppliers_lot_leads_to_its_batteries_and_a_battery_to_its_supplier(visit: Visit) -> None:
    page = visit("/drafts", role="maker")
    page.get_by_role("navigation", name="Factory").get_by_role("link", name="Traceability").click()
    page.get_by_label("Number of a battery, lot, cell or module").fill("OK-25-0188")
    page.get_by_label("Number of a battery, lot, cell or module").press("Enter")
    expect(page.get_by_role("heading", name="Lot of a supplier OK-25-0188")).to_be_visible()
    held = page.locator(".figure", has_text=re.compile("^In it now")).locator("dd")
    expect(held).not_to_have_text("0")
    rows = page.get_by_role("region", name="List of batteries").locator("tbody tr")
    assert rows.count() == int(held.inner_text())

    with page.expect_download() as download:
        page.get_by_role("link", name="as a spreadsheet (CSV)").click()
    table = download.value.path().read_text()
    assert table.count(",now,") == rows.count()

    rows.first.locator("td").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name=re.compile("^Battery"))).to_be_visible()
    tree = page.locator(".tree")
    expect(tree.get_by_role("link", name="OK-25-0188").first).to_be_visible()
    expect(tree).to_contain_text("Oulun Katodi Oy")
