"""The scanner: what it reads, what it refuses to open, and every way in beside the camera."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from tests.journeys import pictures
from tests.journeys.conftest import Camera, Visit
from tests.journeys.pictures import Pose
from tests.journeys.site import FIRST_GTIN, FIRST_SERIAL, Site
from tests.journeys.watching import Watch

ELSEWHERE = f"https://passports.elsewhere.example/01/{FIRST_GTIN}/21/{FIRST_SERIAL}"

# A camera that is drawn by script: the only way to have a lamp, and to be refused.
LAMP = """
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
  const canvas = document.createElement('canvas');
  const paper = canvas.getContext('2d');
  setInterval(() => paper.fillRect(Math.random() * 300, 0, 9, 9), 100);
  const stream = canvas.captureStream(10);
  const [track] = stream.getVideoTracks();
  track.getCapabilities = () => ({ torch: true });
  track.applyConstraints = async ({ advanced: [{ torch }] }) => {
    document.documentElement.dataset.lamp = torch ? 'on' : 'off';
  };
  return stream;
};
"""
REFUSAL = """
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException('no', 'NAME');
};
"""

# Chromium's own types, with a tag held to a phone that has none.
TAG = """
if (globalThis.NDEFReader) NDEFReader.prototype.scan = async function scan() {
  document.documentElement.dataset.listening = 'yes';
  addEventListener('hold-tag', ({ detail }) => {
    const records = [{ recordType: 'url', data: detail }];
    this.dispatchEvent(new NDEFReadingEvent('reading', { serialNumber: '04:a2', message: { records } }));
  });
};
"""


def start_camera(page: Page) -> None:
    page.get_by_role("button", name="Start the camera").click()


def result(page: Page) -> Locator:
    return page.get_by_label("Result")


def expect_genuine(page: Page, serial: str = FIRST_SERIAL) -> None:
    expect(result(page).get_by_role("heading", name="Record is genuine")).to_be_visible()
    expect(result(page)).to_contain_text(serial)


def test_a_code_of_another_host_is_named_and_not_opened(camera: Camera, visit: Visit, watch: Watch) -> None:
    camera(pictures.code(ELSEWHERE))
    page = visit("/scan")
    start_camera(page)
    expect(result(page).get_by_role("heading", name="Leads to another site")).to_be_visible()
    expect(result(page).get_by_text("passports.elsewhere.example", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{watch.origin}/scan")
    assert len(page.context.pages) == 1
    link = result(page).get_by_role("link", name="Open it all the same")
    assert link.get_attribute("href") == ELSEWHERE
    assert "noopener" in (link.get_attribute("rel") or "")

    result(page).get_by_role("button", name="Look this battery up here").click()
    expect_genuine(page)
    expect(result(page)).to_contain_text("The code leads to passports.elsewhere.example.")


def test_a_wrong_check_digit_is_explained_while_it_is_typed(visit: Visit) -> None:
    page = visit("/scan")
    field = page.get_by_label("Number or link on the label")
    wrong = FIRST_GTIN[:-1] + str((int(FIRST_GTIN[-1]) + 1) % 10)
    field.press_sequentially(wrong[:9])
    expect(page.locator("#code-help")).to_have_text("GTIN: 9 of 14 digits.")
    field.press_sequentially(wrong[9:])
    expect(page.locator("#code-help")).to_contain_text(f"its last digit should be {FIRST_GTIN[-1]}")
    field.press_sequentially(f" {FIRST_SERIAL}")
    field.press("Enter")
    expect(result(page)).to_contain_text("Not a battery’s code")


def test_a_number_typed_as_on_the_label_is_found(site: Site, visit: Visit) -> None:
    page = visit("/scan")
    page.get_by_label("Number or link on the label").fill(f"(01) {FIRST_GTIN} (21) {FIRST_SERIAL}")
    page.get_by_role("button", name="Open", exact=True).click()
    expect_genuine(page)
    expect(result(page).get_by_role("link", name="Passport")).to_have_attribute(
        "href", site.page(FIRST_SERIAL)
    )
    page.get_by_role("button", name="Another one").click()
    expect(page.get_by_label("Number or link on the label")).to_be_focused()


def test_a_number_that_nobody_knows_is_shown_with_what_to_do(visit: Visit, watch: Watch) -> None:
    watch.allow("404")
    page = visit("/scan")
    page.get_by_label("Number or link on the label").fill(f"(01){FIRST_GTIN}(21)NOBODYS")
    page.get_by_label("Number or link on the label").press("Enter")
    expect(result(page).get_by_role("heading", name="No record found")).to_be_visible()
    expect(result(page)).to_contain_text(f"(01){FIRST_GTIN}(21)NOBODYS")


def test_a_photo_of_a_label_is_read(site: Site, visit: Visit) -> None:
    label = pictures.opened(site.ask(f"{site.page(FIRST_SERIAL)}/label.png").body)
    page = visit("/scan")
    photo = pictures.jpeg([(label, Pose(size=260, turned=-35))])
    page.get_by_label("Choose a photo").set_input_files(
        {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": photo}
    )
    expect_genuine(page)


def test_a_photo_without_a_code_is_answered(visit: Visit) -> None:
    page = visit("/scan")
    page.get_by_label("Choose a photo").set_input_files(
        {"name": "sky.jpg", "mimeType": "image/jpeg", "buffer": pictures.jpeg([])}
    )
    expect(result(page)).to_contain_text("There is no code in this photo that can be read.")


def test_of_two_codes_in_the_picture_the_person_picks(site: Site, camera: Camera, visit: Visit) -> None:
    camera(
        (pictures.code(site.link(FIRST_SERIAL)), Pose(x=330, size=330)),
        (pictures.code(ELSEWHERE), Pose(x=950, size=330, turned=-8)),
    )
    page = visit("/scan")
    start_camera(page)
    choice = page.locator("#choice")
    expect(choice.get_by_role("heading", name="2 codes in the picture")).to_be_visible()
    expect(choice.get_by_role("button", name="passports.elsewhere.example")).to_be_visible()
    expect(result(page)).to_be_empty()
    choice.get_by_role("button", name=f"localhost:{site.port}").click()
    expect_genuine(page)


def test_a_data_matrix_is_read_as_well(site: Site, camera: Camera, visit: Visit) -> None:
    camera(pictures.data_matrix(site.link(FIRST_SERIAL)))
    page = visit("/scan")
    start_camera(page)
    expect_genuine(page)


def test_the_next_scan_goes_on_with_the_same_camera(site: Site, camera: Camera, visit: Visit) -> None:
    camera(pictures.code(site.link(FIRST_SERIAL)))
    page = visit("/scan")
    start_camera(page)
    expect_genuine(page)
    page.get_by_role("button", name="Scan next").click()
    expect(page.locator("#viewfinder")).to_be_visible()
    expect(page.locator("#hint")).to_have_text("Hold the code inside the frame")
    expect(result(page)).to_be_empty()
    page.get_by_role("button", name="Camera off").click()
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()


def test_the_lamp_is_offered_where_the_camera_has_one(visit: Visit) -> None:
    page = visit("/scan", scripts=[LAMP])
    lamp = page.get_by_role("button", name="Lamp")
    expect(lamp).to_be_hidden()
    start_camera(page)
    lamp.click()
    expect(page.locator("html")).to_have_attribute("data-lamp", "on")
    expect(lamp).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Camera off").click()
    expect(page.locator("html")).to_have_attribute("data-lamp", "off")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NotAllowedError", "Allow it in the settings of the browser"),
        ("NotFoundError", "No camera was found."),
        ("NotReadableError", "The camera is in use by another app."),
        ("UnknownError", "The camera could not be started."),
    ],
)
def test_a_camera_that_does_not_open_is_explained(visit: Visit, name: str, said: str) -> None:
    page = visit("/scan", scripts=[REFUSAL.replace("NAME", name)])
    start_camera(page)
    expect(page.locator("#camera-problem")).to_contain_text(said)
    expect(page.get_by_role("button", name="Start the camera")).to_be_enabled()
    expect(page.get_by_label("Number or link on the label")).to_be_visible()


def test_a_hand_scanner_types_into_a_field_that_stays_ready(site: Site, visit: Visit) -> None:
    page = visit("/scan")
    field = page.get_by_label("Number or link on the label")
    page.get_by_label("A hand scanner types here").check()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("inputmode", "none")
    page.keyboard.type(f"]Q1{site.link(FIRST_SERIAL)}")
    page.keyboard.press("Enter")
    expect_genuine(page)
    page.get_by_role("button", name="Another one").click()
    expect(field).to_be_focused()
    page.keyboard.type(f"]d201{FIRST_GTIN}21{FIRST_SERIAL}\n")
    expect_genuine(page)


@pytest.fixture
def phone(playwright: Playwright, browser_path: str, with_camera: list[str]) -> Iterator[Browser]:
    """A browser that has NFC's types, as Chrome on a phone does."""
    running = playwright.chromium.launch(
        executable_path=browser_path, args=[*with_camera, "--enable-blink-features=WebNFC"]
    )
    yield running
    running.close()


def test_without_nfc_no_tag_is_offered(visit: Visit) -> None:
    page = visit("/scan")
    expect(page.get_by_text("Choose a photo")).to_be_visible()
    expect(page.get_by_role("button", name="Read an NFC tag")).to_be_hidden()


def test_a_refused_tag_reader_is_explained(phone: Browser, visit: Visit) -> None:
    page = visit("/scan", using=phone)
    page.get_by_role("button", name="Read an NFC tag").click()
    expect(page.locator("#nfc-note")).to_contain_text("Reading tags is not allowed here.")


def test_a_tag_is_treated_like_a_printed_code(site: Site, phone: Browser, visit: Visit) -> None:
    page = visit("/scan", using=phone, scripts=[TAG])
    page.get_by_role("button", name="Read an NFC tag").click()
    expect(page.locator("html")).to_have_attribute("data-listening", "yes")
    expect(page.locator("#nfc-note")).to_contain_text("Hold the back of the phone to the tag.")
    page.evaluate(
        "link => dispatchEvent(new CustomEvent('hold-tag', { detail: link }))", site.link(FIRST_SERIAL)
    )
    expect_genuine(page)
    page.evaluate("link => dispatchEvent(new CustomEvent('hold-tag', { detail: link }))", ELSEWHERE)
    expect(result(page).get_by_role("heading", name="Leads to another site")).to_be_visible()
    assert len(page.context.pages) == 1


def test_without_script_the_number_still_leads_to_the_passport(site: Site, visit: Visit) -> None:
    page = visit("/scan", java_script_enabled=False)
    expect(page.locator("noscript p")).to_be_visible()  # says that the camera needs script
    page.get_by_label("Number or link on the label").fill(f"(01){FIRST_GTIN}(21){FIRST_SERIAL}")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page).to_have_url(site.origin + site.page(FIRST_SERIAL))
