"""What each role sees of one battery, and that nothing else of it ever reaches its browser."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Response, expect

from app.core.sections import ROLES
from app.core.vocabulary import SECTIONS
from app.services.demo import SIGN_INS
from tests.journeys.conftest import Visit, sign_in
from tests.journeys.hidden import EVERYTHING_KEPT, assert_none_of, section_path
from tests.journeys.site import FIRST_SERIAL, Site
from tests.journeys.watching import Watch

SIGNED_IN = tuple(one.role for one in SIGN_INS)


def received(responses: list[Response]) -> str:
    """The texts of all answers but static files."""
    found = []
    for response in responses:
        is_text = not (response.header_value("content-type") or "").startswith("image/")
        if response.status == 200 and is_text and "/static/" not in response.url:
            found.append(response.text())
    return "\n".join(found)


def expect_checked_on_device(page: Page) -> None:
    said = re.compile(r"Record is genuine\. Signed by .+\. Checked now on this device\.")
    expect(page.locator("#device-says")).to_have_text(said)


@pytest.mark.parametrize("role", ["public", *SIGNED_IN])
def test_a_role_gets_its_own_sections_and_not_a_word_of_the_others(
    role: str, site: Site, visit: Visit, watch: Watch, secrets: Callable[[str], frozenset[str]]
) -> None:
    hidden = secrets(role)
    assert hidden or role == "maker"
    page = visit(site.page(FIRST_SERIAL), role=None if role == "public" else role)
    expect_checked_on_device(page)
    shown = page.locator("[data-verify]").evaluate_all("cards => cards.map((card) => card.dataset.section)")
    assert set(shown) == ROLES[role].sections
    for card in page.locator("[data-verify]").all():
        expect(card.locator(".chip")).to_have_text("Record is genuine")
    assert_none_of(hidden, page.content())
    assert_none_of(hidden, received(watch.responses))
    assert_none_of(secrets("public"), page.evaluate(EVERYTHING_KEPT))

    watch.allow("404")
    for section in SECTIONS:  # nor does asking for it help
        answer = page.request.get(section_path(site, section), headers={"Accept": "application/vc"})
        assert answer.status == (200 if section in ROLES[role].sections else 404), section


def test_the_workshop_sees_age_and_history_with_their_sources(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL), role="service")
    glance = page.get_by_role("region", name="At a glance")
    for title in ("State of health", "Full cycles"):
        chart = glance.locator("figure", has=page.get_by_role("heading", name=title))
        expect(chart.get_by_role("img")).to_be_visible()
        chart.locator("summary").click()
        expect(chart.get_by_role("columnheader", name="Source")).to_be_visible()
        assert chart.locator("tbody tr").count() > 2
    expect(page.get_by_role("region", name="Before you touch it")).to_be_visible()


def test_the_recycler_sees_dangers_and_contents_first(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL), role="recycler")
    sheet = page.get_by_role("region", name="Before you touch it")
    for title in (
        "Fire",
        "Gas leaves here",
        "Make it safe",
        "Hazardous substances",
        "Take it apart, in this order",
    ):
        expect(sheet.get_by_role("heading", name=title)).to_be_visible()
    expect(sheet).to_contain_text("Voltage up to")
    contents = page.get_by_role("region", name="Materials and composition")
    assert sheet.bounding_box()["y"] < contents.bounding_box()["y"]  # type: ignore[index]
    expect(contents.locator("#batteryMaterials")).to_be_visible()


def test_the_authority_sees_test_reports(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL), role="authority")
    row = page.locator("#resultOfTestReport")
    expect(row).to_be_visible()
    expect(row.locator("dd")).to_contain_text("Test report")


def test_anyone_sees_no_restricted_part_and_no_account(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL))
    expect(page.get_by_role("region", name="Before you touch it")).to_have_count(0)
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Revoke this passport")).to_have_count(0)


@pytest.fixture
def like_a_phones(playwright: Playwright, browser_path: str, with_camera: list[str]) -> Iterator[Any]:
    """A browser that keeps whole pages for the way back, as phones do and automated ones do not."""
    running = playwright.chromium.launch(
        executable_path=browser_path,
        args=with_camera,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield running
    running.close()


def test_after_signing_out_the_way_back_shows_nothing_restricted(
    site: Site,
    open_context: Callable[..., BrowserContext],
    like_a_phones: Any,
    watch: Watch,
    secrets: Callable[[str], frozenset[str]],
) -> None:
    watch.allow("401")
    page = open_context(using=like_a_phones).new_page()
    page.goto("/sign-in")
    sign_in(page, "service")
    page.goto(site.page(FIRST_SERIAL))
    expect_checked_on_device(page)
    expect(page.get_by_role("region", name="Before you touch it")).to_be_visible()
    page.get_by_role("link", name="service", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert page.context.cookies() == []
    assert_none_of(secrets("public"), page.evaluate(EVERYTHING_KEPT))

    page.go_back()
    expect(page.get_by_role("heading", name="Sign in to see this")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Signatures and downloads")).to_be_visible()
    expect(page.get_by_role("region", name="Before you touch it")).to_have_count(0)
    assert_none_of(secrets("public"), page.content())


def test_a_wrong_password_says_so_and_keeps_the_name(visit: Visit, watch: Watch) -> None:
    watch.allow("401")
    page = visit("/sign-in")
    page.get_by_label("Account", exact=True).fill("service")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page).to_have_title("Error: Sign in · Open Battery Passport")
    expect(page.get_by_label("Account", exact=True)).to_have_value("service")
    expect(page.get_by_label("Password")).to_have_value("")


def test_a_page_for_the_maker_says_who_may_see_it(visit: Visit, watch: Watch) -> None:
    watch.allow("401|403")
    page = visit("/drafts")
    expect(page.get_by_role("heading", name="Sign in to see this")).to_be_visible()
    page = visit("/quarantine", role="service")
    expect(page.get_by_role("heading", name="Your role does not include this")).to_be_visible()
