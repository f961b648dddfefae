"""Records that are not as they should be: said first, by server and device alike; shown as they hold."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.services.demo import REVOKED, STRANGER, TAMPERED
from tests.journeys import pictures
from tests.journeys.conftest import Camera, Visit
from tests.journeys.site import FIRST_GTIN, FIRST_SERIAL, INCOMPLETE, Site
from tests.journeys.watching import Watch

MAKER = "Kepler Batterien GmbH"


def subject(site: Site, serial: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.credential(serial))["credentialSubject"]
    return found


def device(page: Page) -> Any:
    """The device's card on a passport's page."""
    return page.locator("#device-check .verdict")


def expect_agreement(page: Page, headline: str, state: str) -> None:
    """Both cards say the same, in words and in their sign."""
    server = page.get_by_label("Verdict")
    expect(server.locator(".verdict__headline")).to_have_text(headline)
    expect(page.locator("#device-says")).to_contain_text(headline)
    expect(device(page)).to_contain_text(headline[1:])
    for card in (server, device(page)):
        expect(card).to_contain_class(f"verdict--{state}")
    expect(page.get_by_text("do not agree")).to_have_count(0)


def shown_values(of: dict[str, Any]) -> list[str]:
    """What a page of this battery would show, had it anything to show."""
    return [
        of["ratedCapacity"],
        of["ratedCapacity"][1:],  # as it was before it was altered
        of["batteryMass"],
        of["batteryModelIdentifier"],
        of["manufacturerInformation"]["contactName"],
        of["operatorInformation"]["contactName"],
    ]


def test_of_an_altered_record_nothing_is_shown_but_its_number(site: Site, visit: Visit, watch: Watch) -> None:
    altered = subject(site, TAMPERED)
    page = visit(site.page(TAMPERED))
    assert watch.responses[0].status == 200
    as_sent = watch.responses[0].text()
    expect_agreement(page, "Record was altered", "altered")
    expect(page.get_by_role("main")).to_contain_text(TAMPERED)
    expect(page.locator("#device-check")).to_contain_text("Signature fits every byte: failed")
    for value in shown_values(altered):
        for text in (as_sent.split("<main")[1], page.content()):
            assert f">{value}<" not in text
            assert value not in page.get_by_role("main").inner_text()
    assert page.title() == "Battery passport"


def test_an_altered_record_that_is_scanned_shows_nothing_either(
    site: Site, camera: Camera, visit: Visit
) -> None:
    camera(pictures.code(site.link(TAMPERED)))
    page = visit("/scan")
    page.get_by_role("button", name="Start the camera").click()
    result = page.get_by_label("Result")
    expect(result.get_by_role("heading", name="Record was altered")).to_be_visible()
    for value in shown_values(subject(site, TAMPERED)):
        assert value not in page.content()


def test_nor_does_its_label_page_make_a_label(site: Site, visit: Visit) -> None:
    page = visit(f"{site.page(TAMPERED)}/label")
    expect(page.get_by_text("no label is made of it")).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_have_count(0)


def test_a_revoked_passport_still_resolves_and_says_so(site: Site, visit: Visit, watch: Watch) -> None:
    page = visit(f"/01/{FIRST_GTIN}/21/{REVOKED}")
    assert watch.responses[-1].ok
    expect(page).to_have_url(site.origin + site.page(REVOKED))
    expect_agreement(page, "Revoked by the issuer", "revoked")
    expect(page.get_by_label("Verdict")).to_contain_text("Cells of this pack were recalled by their maker.")
    expect(page.locator(".passport__body--dimmed")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(MAKER)


def test_a_strangers_passport_is_shown_as_a_claim(site: Site, visit: Visit) -> None:
    page = visit(site.page(STRANGER))
    expect_agreement(page, "Signed by somebody we don’t know", "unknown")
    expect(page.locator(".plate__maker")).to_have_text(f"says it is from {MAKER}")
    expect(page.get_by_text("Nobody on the trust list stands behind them.")).to_be_visible()


@pytest.mark.parametrize(
    ("serial", "headline"),
    [(REVOKED, "Revoked by the issuer"), (STRANGER, "Signed by somebody we don’t know")],
)
def test_the_scanner_says_the_same(site: Site, visit: Visit, serial: str, headline: str) -> None:
    page = visit("/scan")
    page.get_by_label("Number or link on the label").fill(site.link(serial))
    page.get_by_label("Number or link on the label").press("Enter")
    result = page.get_by_label("Result")
    expect(result.get_by_role("heading", name=headline)).to_be_visible()
    if serial == STRANGER:
        expect(result).to_contain_text(
            f"Says it is from {MAKER}. Nobody on the trust list stands behind that."
        )


def test_a_passport_that_is_not_issued_is_not_there(visit: Visit, watch: Watch) -> None:
    watch.allow("404")
    page = visit(f"/01/{INCOMPLETE['gtin']}/21/{INCOMPLETE['serial']}")
    assert watch.responses[0].status == 404
    expect(page.get_by_role("heading", name="No passport found here")).to_be_visible()
    expect(page.get_by_text("its passport may not be out yet")).to_be_visible()
    page.get_by_label("Number on the label").fill(f"(01){FIRST_GTIN}(21){FIRST_SERIAL}")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_label("Verdict")).to_contain_text("Record is genuine")


def test_a_number_that_is_none_is_explained(visit: Visit, watch: Watch) -> None:
    watch.allow("400")
    page = visit("/")
    page.get_by_label("Or type the number beside the code").fill("the red one")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="That is not a battery’s number")).to_be_visible()
