"""A passport's history: the maker corrects, each role reads its part, any day can be read again."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.core.sections import ROLES, SECTION_INFO
from app.core.times import to_seconds
from app.services.demo import CORRECTED, REINSTATED, REVOKED, TAMPERED
from tests.journeys.conftest import Visit
from tests.journeys.site import FIRST_GTIN, FIRST_SERIAL, Site
from tests.journeys.test_offline import GONE, open_and_keep
from tests.journeys.watching import Watch

GOOD = "Checked on this device: signed, and entered in the public log."


def marks(page: Page) -> Any:
    return page.locator("[data-mark]")


def expect_all_checked(page: Page) -> None:
    expect(page.locator("#device-check")).to_contain_text("This device has checked")
    expect(marks(page)).to_have_text([GOOD] * marks(page).count())
    expect(page.locator(".mark--good [href='#icon-valid']")).to_have_count(marks(page).count() + 1)


def mend(site: Site, gtin: str, **values: Any) -> None:
    now = datetime.now(UTC)
    record = {"recordId": f"H-{now:%H%M%S%f}", "kind": "model", "subject": {"gtin": gtin}}
    answer = site.send(record | {"sentAt": to_seconds(now), "values": values})
    assert answer.status == 201, answer.body


def test_a_consumer_reads_what_was_corrected_and_the_phone_checks_each_version(
    site: Site, visit: Visit
) -> None:
    page = visit(site.page(CORRECTED))
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History", exact=True)).to_be_visible()
    newest, first = page.get_by_role("list", name="Changes, newest first").locator("> li").all()
    expect(newest).to_contain_text("Corrected by the maker")
    expect(newest).to_contain_text("left out the wall bracket")
    expect(newest.get_by_role("deletion")).to_have_text("98.0 kg")
    expect(newest.get_by_role("insertion")).to_have_text("101.5 kg")
    expect(first).to_contain_text("Passport issued")
    expect_all_checked(page)


def test_the_maker_sees_from_and_to_gives_a_reason_and_finds_it_in_the_history(
    site: Site, visit: Visit
) -> None:
    serial = site.issue("HIST")
    mend(site, FIRST_GTIN, batteryMass={"value": 455.5, "unit": "kg"})
    page = visit(site.page(serial), role="maker")
    expect(page.get_by_text("Correct this passport")).to_be_visible()
    expect(page.get_by_role("insertion")).to_have_text("455.5 kg")
    page.get_by_label("Reason, shown to whoever").fill("Weighed again with the cooling plate.")
    page.get_by_role("button", name="Sign the correction").click()
    expect(page).to_have_url(re.compile(r"/history$"))
    expect(page.get_by_role("listitem").first).to_contain_text("Weighed again with the cooling plate.")
    expect_all_checked(page)
    public = visit(site.page(serial))
    expect(public.get_by_label("Verdict", exact=True)).to_contain_text("Record is genuine")
    expect(public.get_by_role("main")).to_contain_text("455.5")


@pytest.mark.parametrize("role", ["recycler", "authority", "maker"])
def test_a_role_reads_the_history_of_its_own_parts_alone(site: Site, visit: Visit, role: str) -> None:
    page = visit(f"{site.page(FIRST_SERIAL)}/history", role=role)
    titles = {SECTION_INFO[section].title for section in ROLES[role].sections}
    hidden = {info.title for info in SECTION_INFO.values()} - titles
    shown = set(page.locator(".version h3").all_inner_texts())
    assert {text.rpartition(" version ")[0].strip() for text in shown} == titles
    assert not [title for title in hidden if title in page.locator(".timeline").inner_text()]
    expect_all_checked(page)


def test_a_suspension_and_its_end_are_told_to_everybody(site: Site, visit: Visit) -> None:
    page = visit(f"{site.page(REINSTATED)}/history")
    titles = page.locator(".moment__title")
    expect(titles).to_contain_text(["In force again", "Suspended", "Passport issued"])
    withdrawn = visit(f"{site.page(REVOKED)}/history")
    expect(withdrawn.get_by_role("listitem").first).to_contain_text("Revoked for good by the maker")
    expect_all_checked(withdrawn)  # what was signed is in the log, withdrawn or not


def test_an_altered_version_is_red_on_the_page_and_on_the_device_and_nothing_of_it_is_shown(
    site: Site, visit: Visit
) -> None:
    page = visit(f"{site.page(TAMPERED)}/history")
    expect(page.locator(".version .banner--bad")).to_contain_text("Record was altered")
    expect(marks(page)).to_contain_text("Failed on this device")
    expect(marks(page)).to_contain_text("Do not rely on this version")
    expect(page.locator(".mark--good")).to_have_count(0)


def test_no_mark_is_green_without_a_proof_of_the_log_or_with_another_versions(
    site: Site, visit: Visit, watch: Watch
) -> None:
    watch.allow("404")
    page = visit(site.page(CORRECTED))
    page.route("**/2/log-proof", lambda route: route.fulfill(status=404))

    def other(route: Route) -> None:
        route.fulfill(body=site.ask(f"{site.page(FIRST_SERIAL)}/sections/public/1/log-proof").body)

    page.route("**/1/log-proof", other)
    page.goto(f"{site.page(CORRECTED)}/history")
    expect(marks(page).nth(0)).to_contain_text("Not checked on this device: the server gives no proof")
    expect(marks(page).nth(1)).to_contain_text("the entry in the public log is about another record")
    expect(page.locator(".mark--good")).to_have_count(0)
    expect(page.locator("#device-check")).to_contain_text("1 of 2 versions failed")


def test_bytes_that_are_exchanged_on_the_way_are_noticed(site: Site, visit: Visit) -> None:
    page = visit(site.page(CORRECTED))
    page.route("**/sections/public/2", lambda route: route.fulfill(
        body=site.ask(f"{site.page(CORRECTED)}/sections/public/1").body, content_type="application/vc"
    ))  # fmt: skip
    page.goto(f"{site.page(CORRECTED)}/history")
    expect(marks(page).nth(0)).to_contain_text("not the one that this history names")
    expect(marks(page).nth(1)).to_have_text(GOOD)


def test_without_a_connection_every_row_says_that_it_was_not_checked(
    site: Site, visit: Visit, watch: Watch
) -> None:
    watch.allow("ERR_|Failed to")
    page = visit(site.page(CORRECTED))
    page.route("**/sections/**", lambda route: route.abort())
    page.goto(f"{site.page(CORRECTED)}/history")
    expect(marks(page)).to_have_text(["Not checked on this device: there is no connection."] * 2)
    expect(page.locator(".mark--good")).to_have_count(0)


def test_the_history_and_its_form_work_without_script(site: Site, visit: Visit) -> None:
    page = visit(f"{site.page(CORRECTED)}/history", java_script_enabled=False)
    expect(marks(page)).to_have_text(["Not checked on this device."] * 2)
    page.get_by_label("Show the passport as it stood on").fill(f"{datetime.now(UTC):%Y-%m-%d}")
    page.get_by_role("button", name="Show that day").click()
    expect(page.get_by_role("note")).to_contain_text("As of")
    expect(page.get_by_role("main")).to_contain_text("101.5")


def test_a_moment_in_the_past_shows_what_stood_then_and_the_device_checks_it(
    site: Site, visit: Visit
) -> None:
    history = site.ask(f"/api/v1{site.page(CORRECTED)}/history").json()
    corrected_at = datetime.fromisoformat(history["versions"][0]["at"])
    moment = f"{corrected_at - timedelta(milliseconds=1):%Y-%m-%dT%H:%M:%S.%fZ}"
    page = visit(f"{site.page(CORRECTED)}?at={moment}")
    expect(page.get_by_role("note")).to_contain_text("not today’s state")
    expect(page.get_by_role("main")).to_contain_text("98.0")
    expect(page.locator("#device-check .verdict")).to_contain_text("On this device: record is genuine")
    page.get_by_role("link", name="Today’s state").click()
    expect(page.get_by_role("main")).to_contain_text("101.5")
    expect(page.get_by_role("note")).to_have_count(0)


def test_in_the_days_of_a_suspension_the_state_of_then_stands_beside_what_device_and_server_say_today(
    site: Site, visit: Visit
) -> None:
    reinstated, _ = site.ask(f"/api/v1{site.page(REINSTATED)}/history").json()["events"]
    moment = datetime.fromisoformat(reinstated["at"]) - timedelta(milliseconds=1)
    page = visit(f"{site.page(REINSTATED)}?at={moment:%Y-%m-%dT%H:%M:%S.%fZ}")
    expect(page.get_by_role("note")).to_contain_text("Suspended then")
    expect(page.locator("#device-check .verdict")).to_contain_text("On this device: record is genuine")
    expect(page.get_by_text("do not agree")).to_have_count(0)


def test_every_part_that_a_role_reads_belongs_together_as_of_a_day(site: Site, visit: Visit) -> None:
    page = visit(f"{site.page(CORRECTED)}?at={datetime.now(UTC):%Y-%m-%d}", role="maker")
    expect(page.locator("#device-check .verdict")).to_contain_text("On this device: record is genuine")
    expect(page.get_by_text("Correct this passport")).to_have_count(0)


def test_a_day_before_the_issue_says_that_nothing_existed(site: Site, visit: Visit, watch: Watch) -> None:
    watch.allow("404")
    page = visit(f"{site.page(CORRECTED)}?at=2020-01-01")
    expect(page.get_by_role("heading", name="Nothing existed yet")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History", exact=True)).to_be_visible()


def test_offline_a_kept_page_never_stands_in_for_a_look_back(site: Site, visit: Visit, watch: Watch) -> None:
    watch.allow(GONE)
    page = visit("/")
    open_and_keep(page, site)
    page.context.set_offline(True)
    page.goto(site.page(FIRST_SERIAL))
    expect(page.get_by_role("main")).to_contain_text("Kepler")
    page.goto(f"{site.page(FIRST_SERIAL)}?at=2026-01-01")
    expect(page.get_by_role("heading", name="Opened here before")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("Compare maker, model and serial")
