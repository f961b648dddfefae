"""The verifier: any credential, judged by device and server side by side; without script by the server."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from app.services.demo import REVOKED, STRANGER, TAMPERED
from tests.journeys.conftest import Visit
from tests.journeys.site import FIRST_SERIAL, Site

CASES = [
    (FIRST_SERIAL, "Record is genuine"),
    (TAMPERED, "Record was altered"),
    (REVOKED, "Revoked by the issuer"),
    (STRANGER, "Signed by somebody we don’t know"),
]
AGREED = "This device and this server come to the same answer."


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def expect_both(page: Page, headline: str) -> None:
    """The same headline, and every single check alike."""
    expect(page.get_by_text(AGREED)).to_be_visible()
    device, server = column(page, "On this device"), column(page, "By this server")
    for one in (device, server):
        expect(one.locator(".verdict__headline")).to_have_text(headline)
    names = ".check__name"
    assert device.locator(names).all_inner_texts() == server.locator(names).all_inner_texts()
    assert device.locator(names).count() > 0


@pytest.mark.parametrize(("serial", "headline"), CASES)
def test_a_pasted_record_is_judged_alike_by_device_and_server(
    site: Site, visit: Visit, serial: str, headline: str
) -> None:
    page = visit("/verify")
    page.get_by_label("Signed record").fill(site.credential(serial).decode())
    page.get_by_role("button", name="Check", exact=True).click()
    expect_both(page, headline)
    shows = serial != TAMPERED
    expect(page.locator("#result").get_by_role("heading", name="KX-82 NMC")).to_have_count(1 if shows else 0)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-40],
        lambda text: text.replace('"proof"', '"prouf"'),
        lambda text: text.replace('"type":"Battery"', '"type":"Battery","type":"Battery"'),
        lambda _: "This is no record at all.",
    ],
    ids=["cut off", "without a signature", "a member twice", "no JSON"],
)
def test_damaged_text_is_judged_alike_too(site: Site, visit: Visit, damage: object) -> None:
    page = visit("/verify")
    text = damage(site.credential(FIRST_SERIAL).decode())  # type: ignore[operator]
    page.get_by_label("Signed record").fill(text)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text(AGREED)).to_be_visible()
    headline = column(page, "On this device").locator(".verdict__headline").inner_text()
    expect_both(page, headline)
    assert "genuine" not in headline
    expect(page.locator("#result").get_by_role("heading", name="KX-82 NMC")).to_have_count(0)


def test_a_file_is_judged_by_its_bytes(site: Site, visit: Visit) -> None:
    page = visit("/verify")
    page.get_by_label("Choose a file").set_input_files(
        {"name": "passport.json", "mimeType": "application/vc", "buffer": site.credential(FIRST_SERIAL)}
    )
    expect_both(page, "Record is genuine")
    page.get_by_text("Key, digest and times").click()
    expect(page.locator("#result")).to_contain_text("ecdsa-rdfc-2019")


def test_a_file_that_was_downloaded_from_a_passport_is_genuine(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL))
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Signed file of Public information").click()
    saved = waiting.value.path()
    assert json.loads(saved.read_bytes())["credentialSubject"]["batterySerialNumber"] == FIRST_SERIAL
    page.goto("/verify")
    page.get_by_label("Choose a file").set_input_files(saved)
    expect_both(page, "Record is genuine")


@pytest.mark.parametrize(("serial", "headline"), CASES)
def test_without_script_the_server_answers(site: Site, visit: Visit, serial: str, headline: str) -> None:
    page = visit("/verify", java_script_enabled=False)
    page.get_by_label("Signed record").fill(site.credential(serial).decode())
    page.get_by_role("button", name="Check", exact=True).click()
    report = column(page, "By this server")
    expect(report.locator(".verdict__headline")).to_have_text(headline)
    expect(report.locator(".check").first).to_contain_text("Readable: passed")
    expect(page.get_by_label("Signed record")).not_to_be_empty()
