"""The label: on paper and on the screen it says what the passport's address is."""

import io
import re

import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Visit
from tests.journeys.site import FIRST_GTIN, FIRST_SERIAL, Site

MM = 96 / 25.4
"""Pixels of a page in a millimetre."""


def read(picture: bytes) -> list[str]:
    with Image.open(io.BytesIO(picture)) as opened:
        grey = opened.convert("L")
    view = memoryview(grey.tobytes()).cast("B", shape=[grey.height, grey.width])
    return [found.text for found in zxingcpp.read_barcodes(view)]


def same_address(text: str, link: str) -> bool:
    """Scheme and host know no case."""
    return re.sub(r"^[^/]+//[^/]+", lambda found: found[0].lower(), text) == link


def assert_reads(code: Locator, link: str) -> None:
    (text,) = read(code.screenshot())
    assert same_address(text, link), text


def test_the_code_drawn_by_the_browser_reads_as_the_digital_link(site: Site, visit: Visit) -> None:
    page = visit(f"{site.page(FIRST_SERIAL)}/label", device_scale_factor=2)
    assert_reads(page.get_by_role("img", name="QR code"), site.link(FIRST_SERIAL))


def test_so_it_does_in_a_dark_room(site: Site, visit: Visit) -> None:
    page = visit(f"{site.page(FIRST_SERIAL)}/label", device_scale_factor=2, color_scheme="dark")
    assert_reads(page.get_by_role("img", name="QR code"), site.link(FIRST_SERIAL))


def test_printed_it_is_label_alone_in_black_on_white(site: Site, visit: Visit) -> None:
    page = visit(f"{site.page(FIRST_SERIAL)}/label", device_scale_factor=2, color_scheme="dark")
    page.emulate_media(media="print")
    code = page.get_by_role("img", name="QR code")
    assert_reads(code, site.link(FIRST_SERIAL))
    box = code.bounding_box()
    assert box is not None
    assert box["width"] >= 20 * MM
    for hidden in (
        page.get_by_role("banner"),
        page.get_by_role("contentinfo"),
        page.get_by_role("heading", name="Label"),
    ):
        expect(hidden).to_be_hidden()
    label = page.get_by_role("article", name="Battery label")
    for text in (f"(01){FIRST_GTIN}", f"(21){FIRST_SERIAL}", "KX-82 NMC"):
        expect(label).to_contain_text(text)
    expect(label.get_by_role("img", name="Collect separately")).to_be_visible()
    expect(label).to_have_css("background-color", re.compile(r"rgb\(255, 255, 255\)|rgba\(0, 0, 0, 0\)"))
    expect(label.get_by_text("KX-82 NMC")).to_have_css("color", "rgb(0, 0, 0)")


def test_a_printed_passport_carries_its_code_and_verdict(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL), device_scale_factor=3)
    page.emulate_media(media="print")
    code = page.locator(".plate__code")
    code.scroll_into_view_if_needed()
    expect(code).to_have_js_property("complete", True)
    assert_reads(code, site.link(FIRST_SERIAL))
    expect(page.get_by_label("Verdict")).to_contain_text("Checked by this server")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    assert page.pdf().startswith(b"%PDF")


def test_pictures_to_download_say_the_same(site: Site) -> None:
    label = f"{site.page(FIRST_SERIAL)}/label"
    (text,) = read(site.ask(f"{label}.png").body)
    assert same_address(text, site.link(FIRST_SERIAL))
    assert site.link(FIRST_SERIAL).partition("//")[2].encode() in site.ask(f"{label}.ndef").body
