"""The maker's pages: what was refused is mended, what is missing is named, what went wrong is withdrawn."""

import json

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visit
from tests.journeys.site import FIRST_GTIN, INCOMPLETE, Site, pack_records
from tests.journeys.watching import Watch


def refuse(site: Site, serial: str) -> dict[str, object]:
    """A pack whose fade is said in ampere hours waits in quarantine; returns the record as it should be."""
    record = pack_records(serial)[0]
    fade = record["values"]["capacityFade"] | {"unit": "Ah"}
    wrong = record | {"values": record["values"] | {"capacityFade": fade}}
    answer = site.send(wrong)
    assert answer.status == 422, answer.body
    return record


def test_a_refused_record_is_explained_mended_and_replayed(site: Site, visit: Visit, watch: Watch) -> None:
    serial = "MENDED-1"
    record = refuse(site, serial)
    page = visit("/drafts", role="maker")
    page.locator(".figure", has_text="In quarantine").get_by_role("link").click()
    card = page.locator("li.card", has=page.get_by_role("heading", name=str(record["recordId"])))
    expect(card).to_contain_text("/values/capacityFade/unit")
    expect(card.locator("dt", has_text="Rule").locator("xpath=../dd")).to_have_text("unit")
    expect(card.locator("dt", has_text="Clause").locator("xpath=../dd")).not_to_be_empty()

    card.get_by_role("link", name="Open").click()
    watch.allow("422")
    page.get_by_text("Edit all of it").click()
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Refused again.")
    expect(page).to_have_title(f"Error: {record['recordId']} · Quarantine · Open Battery Passport")

    expect(page.locator(".source__fault code").first).to_have_text('"unit": "Ah",')
    page.get_by_text("Edit all of it").click()
    field = page.get_by_label("The record", exact=True)
    assert json.loads(field.input_value())["values"]["capacityFade"]["unit"] == "Ah"
    page.get_by_label("unit").fill("%")
    page.get_by_role("button", name="Replay with this").click()
    expect(page.get_by_role("heading", name="Quarantine", exact=True)).to_be_visible()
    expect(card).to_have_count(0)

    page.goto(f"/drafts/{FIRST_GTIN}/{serial}")
    row = page.locator("[id='value-capacityFade']")
    expect(row).to_contain_text(str(record["recordId"]))


def test_a_record_that_can_never_be_accepted_is_dismissed_with_a_reason(site: Site, visit: Visit) -> None:
    record = refuse(site, "DISMISSED-1")
    page = visit("/quarantine", role="maker")
    card = page.locator("li.card", has=page.get_by_role("heading", name=str(record["recordId"])))
    card.get_by_role("link", name="Open").click()
    page.get_by_text("Dismiss without replaying").click()
    page.get_by_label("Reason").fill("sent by a test bench")
    page.get_by_role("button", name="Dismiss the record").click()
    expect(page.get_by_role("heading", name="Quarantine", exact=True)).to_be_visible()
    expect(card).to_have_count(0)


def test_a_draft_names_what_is_missing_with_its_article(visit: Visit) -> None:
    page = visit("/drafts", role="maker")
    page.get_by_role("link", name=INCOMPLETE["serial"], exact=True).click()
    missing = page.get_by_role("region", name="What is missing")
    expect(missing.get_by_role("listitem").first).to_be_visible()
    items = missing.get_by_role("listitem").all_inner_texts()
    assert all("Annex" in item or "Art." in item for item in items), items
    declaration = missing.get_by_role("listitem").filter(has_text="EU declaration of conformity")
    expect(declaration).to_contain_text("Art. 18")
    expect(page.get_by_role("heading", name="still missing")).to_have_text(f"{len(items)} still missing")
    declaration.get_by_role("link").first.click()
    expect(page.locator("[id='declarationOfConformity']")).to_be_in_viewport()


def test_a_stamp_turns_a_draft_into_a_passport(site: Site, visit: Visit) -> None:
    serial = "STAMPED-1"
    *before, stamp = pack_records(serial)
    for record in before:
        assert site.send(record).status == 201
    page = visit(f"/drafts/{FIRST_GTIN}/{serial}", role="maker")
    expect(page.get_by_role("heading", name="Complete")).to_be_visible()
    expect(page.get_by_text("The passport issues itself once the pack is stamped OK.")).to_be_visible()
    assert site.send(stamp).status == 201
    page.reload()
    page.get_by_role("link", name="Open the passport").click()
    expect(page.get_by_label("Verdict")).to_contain_text("Record is genuine")


def expect_withdrawn(page: Page, reason: str) -> None:
    expect(page.get_by_label("Verdict")).to_contain_text("Revoked by the issuer")
    expect(page.get_by_label("Verdict")).to_contain_text(reason)
    expect(page.locator("#device-says")).to_contain_text("Revoked by the issuer")
    expect(page.get_by_text("do not agree")).to_have_count(0)


def test_the_maker_withdraws_a_passport_and_everybody_is_told(site: Site, visit: Visit) -> None:
    path = site.page(site.issue("RECALL"))
    somebody = visit(path)
    expect(somebody.locator("#device-says")).to_contain_text("Record is genuine")
    page = visit(path, role="maker")
    expect(page.locator("#device-says")).to_contain_text("Record is genuine")
    page.get_by_text("Revoke this passport").click()
    page.get_by_label("Reason, shown to everybody").fill("Weld seam of the lid was not tight")
    page.get_by_role("button", name="Revoke for good").click()
    expect_withdrawn(page, "Weld seam of the lid was not tight")
    expect(page.get_by_text("Revoke this passport")).to_have_count(0)
    expect_withdrawn(visit(path), "Weld seam of the lid was not tight")
    somebody.goto("/")
    somebody.goto(path)
    expect_withdrawn(somebody, "Weld seam of the lid was not tight")


def test_a_withdrawal_needs_a_form_of_our_own(site: Site, visit: Visit, watch: Watch) -> None:
    path = site.page(site.issue("KEPT"))
    page = visit(path, role="maker")
    answer = page.request.post(f"{path}/revocation", form={"reason": "by another site"})
    assert answer.status == 403
    expect(visit(path).get_by_label("Verdict")).to_contain_text("Record is genuine")
