"""Records by hand on a phone: typed text stays, a record waits for a network, a photo fills a field."""

import io
import re
from contextlib import suppress
from urllib.parse import parse_qs

from playwright.sync_api import Page, Route, TimeoutError, expect

from tests.journeys import pictures
from tests.journeys.conftest import Camera, Visit, sign_in
from tests.journeys.hidden import EVERYTHING_KEPT
from tests.journeys.test_offline import IN_CONTROL, KEPT
from tests.journeys.watching import Watch


def fill(page: Page, lot: str) -> None:
    page.get_by_label("Lot", exact=False).first.fill(lot)
    for label, text in (
        ("Model of the cell", "NMC-94"), ("Maker of the cell", "Example Cells"), ("Format", "prismatic"),
        ("Chemistry", "NMC 811"), ("Number of cells", "1200"),
    ):  # fmt: skip
        page.get_by_label(label, exact=False).first.fill(text)


def keep(page: Page) -> None:
    page.get_by_role("button", name="Keep this record").last.click()


def plants_of_two_sends(page: Page) -> list[str]:
    """Send what waits, lose the answer, choose another plant, send again: where each of both went."""
    plants: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        plants.append(parse_qs(route.request.post_data or "")["plant"][0])
        if len(plants) > 1:
            route.continue_()
            return
        assert route.fetch().ok  # stored
        route.abort("internetdisconnected")

    page.route("**/forms/*", lose_the_first_answer)
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("There is still no network.")).to_be_visible()
    page.locator("#plant").evaluate("(field) => field.add(new Option('Another', 'elsewhere', true, true))")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("#drafts")).to_be_hidden()
    page.unroute("**/forms/*")
    return plants


def test_what_was_typed_is_there_after_a_reload(visit: Visit) -> None:
    page = visit("/forms/cell-lot", role="maker")
    fill(page, "CELL-RELOAD")
    expect(page.get_by_text("Kept on this device.")).to_be_visible()
    page.reload()
    expect(page.locator('[name="subject/lot"]')).to_have_value("CELL-RELOAD")
    page.get_by_role("button", name="Start afresh").click()
    expect(page.locator('[name="subject/lot"]')).to_have_value("")

    page.goto("/forms/cell-lot/blank")  # where a sign-in could lead: the form itself is the way on
    page.locator('[name="subject/lot"]').fill("CELL-BLANK")
    keep(page)
    expect(page.locator("#plant")).to_be_visible()
    expect(page.locator('[name="subject/lot"]')).to_have_value("CELL-BLANK")
    assert page.url.endswith("/forms/cell-lot")


def test_a_record_without_a_network_waits_and_is_sent_once(visit: Visit, watch: Watch) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED")
    page = visit("/forms/cell-lot", role="maker")
    fill(page, "CELL-OFFLINE")
    page.context.set_offline(True)
    keep(page)
    expect(page.get_by_text("A record waits on this device")).to_be_visible()
    expect(page.locator('[name="subject/lot"]')).to_have_value("")
    page.context.set_offline(False)
    with suppress(TimeoutError):  # it may be sent already, as soon as the network is back
        page.get_by_role("button", name="Send now").click(timeout=3_000)
    expect(page.locator("#drafts")).to_be_hidden()
    page.goto("/forms/cell-lot")
    expect(page.locator("#drafts")).to_be_hidden()


def test_a_form_that_was_opened_opens_without_a_network_and_tells_the_next_account_nothing(
    visit: Visit, watch: Watch
) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED")
    page = visit("/sign-in")  # a session of its own: it ends here
    sign_in(page, "maker")
    page.evaluate(IN_CONTROL)
    page.goto("/forms/cell-lot")
    page.evaluate(KEPT, ["forms", "/forms/cell-lot/blank"])
    page.context.set_offline(True)
    page.goto("/forms/cell-lot")
    expect(page.get_by_text("No network.", exact=True)).to_be_visible()
    fill(page, "CELL-DARK")
    page.get_by_role("button", name=re.compile("^One more of")).first.click()
    added = page.evaluate("document.activeElement.name").replace("/0/", "/1/")
    assert "/1/" in added
    assert page.evaluate("document.activeElement.name") == added
    assert page.evaluate("document.activeElement.labels.length") == 1
    keep(page)
    expect(page.get_by_text("A record waits on this device")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#plant")).to_be_visible()  # the network is back: the form as the server has it
    sent = plants_of_two_sends(page)
    assert sent[0] != "elsewhere"
    assert sent[1] == sent[0]

    page.goto("/account")
    name = page.locator(".top__who").inner_text()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.context.set_offline(True)
    page.goto("/forms/cell-lot")
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute(
        "href", "/sign-in?next=/forms/cell-lot"
    )
    expect(page.locator('[name="subject/lot"]')).to_have_value("")
    assert name not in page.content()
    assert "csrf_token" not in page.content()
    kept = page.evaluate(EVERYTHING_KEPT)
    assert name not in kept
    assert "hall-1" not in kept


def test_a_record_is_kept_and_the_next_begins_like_it(visit: Visit) -> None:
    page = visit("/forms/cell-lot", role="maker")
    fill(page, "CELL-KEPT")
    keep(page)
    expect(page.get_by_role("heading", name="Kept")).to_be_visible()
    page.get_by_role("link", name="Another like this").click()
    expect(page.get_by_label("Maker of the cell", exact=False).first).to_have_value("Example Cells")
    expect(page.locator('[name="subject/lot"]')).to_have_value("")


LABEL = "https://elsewhere.example/01/09506000134352/21/BX-0042"


def expect_filled(page: Page) -> None:
    expect(page.locator('[name="subject/serial"]')).to_have_value("BX-0042")
    expect(page.locator('[name="subject/gtin"]')).to_have_value("09506000134352")


def test_a_field_is_filled_by_the_camera(visit: Visit, camera: Camera) -> None:
    camera(pictures.code(LABEL))
    page = visit("/forms/pack", role="maker")
    page.get_by_role("button", name=re.compile("^Scan Serial number")).click()
    expect_filled(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_field_is_filled_by_a_photo_where_there_is_no_camera(visit: Visit) -> None:
    page = visit("/forms/pack", role="maker")
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined });")
    page.reload()
    page.get_by_role("button", name=re.compile("^Scan Serial number")).click()
    expect(page.get_by_text("The camera cannot be used here.")).to_be_visible()
    picture = io.BytesIO()
    pictures.code(LABEL).save(picture, "PNG")
    photo = {"name": "label.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    page.get_by_label("Choose a photo of the code").set_input_files(files=[photo])  # type: ignore[list-item]
    expect_filled(page)
