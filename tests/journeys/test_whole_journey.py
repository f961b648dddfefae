"""From the line's records to a battery in somebody's hand: nothing in between is done by the test itself."""

from datetime import UTC, datetime

from playwright.sync_api import expect

from tests import factories
from tests.journeys import pictures
from tests.journeys.conftest import Camera, Visit
from tests.journeys.site import Site

CHECKS = (
    "Readable", "Right form", "Carries a signature", "Signer is known", "Signature fits every byte",
    "Dates are in order", "Signature fits the meaning", "Complete and well-formed", "Not revoked",
    "Belongs together", "Entered in the public log", "About this battery",
)  # fmt: skip


def test_records_become_a_passport_that_a_scan_finds_and_the_phone_verifies(
    site: Site, camera: Camera, visit: Visit
) -> None:
    serial = "JOURNEY-1"
    path = f"/01/{factories.GTIN}/21/{serial}"
    answers = []
    for record in factories.a_whole_pack(datetime.now(UTC), serial):
        answers.append(site.send(record))
        assert answers[-1].status == 201, answers[-1].body
        if record["kind"] != "release":
            assert site.ask(path).status == 404, "no passport before the stamp"
    assert answers[-1].json()["battery"]["state"] == "issued", answers[-1].body
    passport_page = site.ask(path).headers["Location"]
    camera(pictures.opened(site.ask(passport_page.removeprefix(site.origin) + "/label.png").body))

    page = visit("/")
    page.get_by_role("link", name="Scan a battery").click()
    page.get_by_role("button", name="Start the camera").click()

    result = page.get_by_label("Result")
    expect(result.get_by_role("heading", name="Record is genuine")).to_be_visible()
    expect(result).to_contain_text("Checked now on this device")
    expect(result).to_contain_text(serial)
    result.locator("summary", has_text="passed").click()
    for name in CHECKS:
        expect(result.locator(".check__name", has_text=name)).to_be_visible()

    result.get_by_role("link", name="Passport").click()
    expect(page).to_have_url(passport_page)
    expect(page.get_by_label("Verdict")).to_contain_text("Record is genuine")
    expect(page.get_by_label("Verdict")).to_contain_text("Checked by this server")
    expect(page.locator("#device-check")).to_contain_text("On this device: record is genuine")
    expect(page.locator("#device-says")).to_contain_text("Record is genuine")
    page.get_by_text("What this device checked").click()
    page.locator("#device-check summary", has_text="Public information").click()
    for name in CHECKS:
        expect(page.locator("#device-check .check__name", has_text=name)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(f"(21){serial}")
