"""Every page in every state, judged by axe in light and dark, narrow and wide; by keyboard; at 320 pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.services.demo import CORRECTED, REINSTATED, REVOKED, STRANGER, TAMPERED
from tests.core.mes import ROW, as_csv
from tests.journeys import pictures
from tests.journeys.axe import Judge, resize
from tests.journeys.conftest import Camera, Visit
from tests.journeys.pictures import Pose
from tests.journeys.site import FIRST, FIRST_GTIN, FIRST_SERIAL, INCOMPLETE, Site
from tests.journeys.test_maker import refuse
from tests.journeys.test_offline import GONE, open_and_keep
from tests.journeys.test_scanner import ELSEWHERE, LAMP, REFUSAL, start_camera
from tests.journeys.watching import Watch

EXPORT = {"name": "eol.csv", "mimeType": "text/csv", "buffer": as_csv(ROW, ROW | {"Ergebnis": "NIO"})}
NARROW = (320, 640)
FOREIGN = Path(__file__).resolve().parents[1] / "vectors" / "imports" / "battery-pass-1.2.0.json"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a scene may use."""

    site: Site
    visit: Visit
    camera: Camera
    watch: Watch


def opened(page: Page) -> Page:
    """Everything unfolded that can be."""
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    return page


def passport(stage: Stage, serial: str = FIRST_SERIAL, role: str | None = None) -> Page:
    page = stage.visit(stage.site.page(serial), role=role)
    expect(page.locator("#device-says")).not_to_be_empty()
    return opened(page)


def typed(stage: Stage, text: str) -> Page:
    page = stage.visit("/scan")
    page.get_by_label("Number or link on the label").fill(text)
    page.get_by_label("Number or link on the label").press("Enter")
    expect(page.get_by_label("Result").locator(".bottom-bar")).to_be_visible()
    return opened(page)


def with_camera(stage: Stage) -> Page:
    page = stage.visit("/scan", scripts=[LAMP])
    start_camera(page)
    expect(page.get_by_role("button", name="Lamp")).to_be_visible()
    return page


def without_camera(stage: Stage) -> Page:
    page = stage.visit("/scan", scripts=[REFUSAL.replace("NAME", "NotAllowedError")])
    start_camera(page)
    expect(page.locator("#camera-problem")).to_be_visible()
    return page


def two_codes(stage: Stage) -> Page:
    codes = [
        (pictures.code(stage.site.link(FIRST_SERIAL)), Pose(x=330, size=330)),
        (pictures.code(ELSEWHERE), Pose(x=950, size=330)),
    ]
    page = stage.visit("/scan")
    page.get_by_label("Choose a photo").set_input_files(
        {"name": "two.jpg", "mimeType": "image/jpeg", "buffer": pictures.jpeg(codes)}
    )
    expect(page.get_by_role("heading", name="2 codes in the picture")).to_be_visible()
    return page


def verified(stage: Stage, serial: str) -> Page:
    page = stage.visit("/verify")
    page.get_by_label("Signed record").fill(stage.site.credential(serial).decode())
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("heading", name="By this server")).to_be_visible()
    return opened(page)


def refused_sign_in(stage: Stage) -> Page:
    stage.watch.allow("401")
    page = stage.visit("/sign-in")
    page.get_by_label("Account", exact=True).fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def quarantine(stage: Stage) -> Page:
    refuse(stage.site, "LEFT-TO-SEE")
    stage.watch.allow("422")
    return stage.visit("/quarantine", role="maker")


def files(stage: Stage) -> Page:
    page = stage.visit("/files", role="maker")
    declaration = {"name": "declaration.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}
    page.get_by_label("File", exact=True).set_input_files(files=[declaration])  # type: ignore[list-item]
    page.get_by_role("button", name="Keep this file").click()
    expect(page.get_by_role("link", name="declaration.pdf")).to_be_visible()
    return page


def imported(stage: Stage) -> Page:
    """A document that was looked at, with values of every fate."""
    page = stage.visit("/imports", role="maker")
    page.get_by_label("File", exact=True).set_input_files(FOREIGN)
    page.get_by_label("GTIN").fill(FIRST_GTIN)
    page.get_by_label("Serial number").fill("FOREIGN-1")
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("button", name="Take it in")).to_be_visible()
    return opened(page)


def mapping(stage: Stage) -> Page:
    """A sample dropped, completed and tried."""
    page = stage.visit("/mappings", role="maker")
    page.get_by_label("Sample file").set_input_files(files=[EXPORT])  # type: ignore[list-item]
    page.get_by_role("button", name="Propose a mapping").click()
    expect(page.get_by_role("heading", name="Mapping by example")).to_be_visible()
    page.get_by_label("details.configuration").fill("96s2p")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("heading", name="Dry run on the sample")).to_be_visible()
    return opened(page)


def uploaded(stage: Stage) -> Page:
    """A file of which a row is refused, looked at."""
    page = stage.visit("/uploads", role="maker")
    lots = {"name": "lots.csv", "mimeType": "text/csv", "buffer": b"sentAt;lot\nnever;C-1\n"}
    page.get_by_label("File", exact=True).set_input_files(files=[lots])  # type: ignore[list-item]
    page.get_by_label("What a row is").select_option("cell-lot")
    page.get_by_role("button", name="Look first").click()
    expect(page.get_by_role("button", name="Download with the errors marked")).to_be_visible()
    return page


def saved_mapping(stage: Stage) -> Page:
    page = mapping(stage)
    for choice in page.get_by_label("Goes to").all():
        if not choice.input_value():
            choice.select_option("-")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="eol", exact=True)).to_be_visible()
    return page


def faulty_form(stage: Stage) -> Page:
    stage.watch.allow("422")
    page = stage.visit("/forms/cell-lot", role="maker")
    page.get_by_label("Chemistry").fill("NMC 811")
    page.get_by_role("button", name="Keep this record").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def refused_record(stage: Stage) -> Page:
    page = quarantine(stage)
    page.locator(".refused").get_by_role("link", name="Open").first.click()
    opened(page).get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    return opened(page)


def draft(stage: Stage) -> Page:
    page = stage.visit(f"/drafts/{INCOMPLETE['gtin']}/{INCOMPLETE['serial']}", role="maker")
    return opened(page)


def not_found(stage: Stage) -> Page:
    stage.watch.allow("404")
    return stage.visit(f"/01/{INCOMPLETE['gtin']}/21/{INCOMPLETE['serial']}")


def not_signed_in(stage: Stage) -> Page:
    stage.watch.allow("401")
    return stage.visit("/drafts")


def offline(stage: Stage) -> Page:
    page = stage.visit("/")
    open_and_keep(page, stage.site)
    stage.watch.allow(GONE)
    page.context.set_offline(True)
    page.goto(stage.site.page(STRANGER))
    expect(page.get_by_role("heading", name="Opened here before")).to_be_visible()
    return page


def history(stage: Stage, serial: str, role: str | None = None) -> Page:
    page = stage.visit(f"{stage.site.page(serial)}/history", role=role)
    expect(page.locator("#device-check")).to_contain_text("This device has checked")
    for each in page.locator(".version .more > summary").all()[:2]:
        each.click()
    return page


def damaged_history(stage: Stage) -> Page:
    page = stage.visit(f"{stage.site.page(TAMPERED)}/history")
    expect(page.locator("#device-check")).to_contain_text("failed on this device")
    return page


def as_of(stage: Stage) -> Page:
    page = stage.visit(f"{stage.site.page(CORRECTED)}?at={datetime.now(UTC):%Y-%m-%d}")
    expect(page.locator("#device-check .verdict")).to_be_visible()
    return page


def before_issue(stage: Stage) -> Page:
    stage.watch.allow("404")
    return stage.visit(f"{stage.site.page(CORRECTED)}?at=2020-01-01")


SCENES: dict[str, Callable[[Stage], Page]] = {
    "home": lambda stage: stage.visit("/"),
    "about": lambda stage: stage.visit("/about"),
    "terms": lambda stage: stage.visit("/terms"),
    "problem": lambda stage: stage.visit("/problems/malformed-input"),
    "not found": not_found,
    "not signed in": not_signed_in,
    "scan": lambda stage: stage.visit("/scan"),
    "scan, camera on": with_camera,
    "scan, camera refused": without_camera,
    "scan, two codes": two_codes,
    "scan, genuine": lambda stage: typed(stage, stage.site.link(FIRST_SERIAL)),
    "scan, altered": lambda stage: typed(stage, stage.site.link(TAMPERED)),
    "scan, another host": lambda stage: typed(stage, ELSEWHERE),
    "scan, no battery": lambda stage: typed(stage, "the red one"),
    "verify": lambda stage: stage.visit("/verify"),
    "verify, genuine": lambda stage: verified(stage, FIRST_SERIAL),
    "verify, altered": lambda stage: verified(stage, TAMPERED),
    "passport": passport,
    "passport, service": lambda stage: passport(stage, role="service"),
    "passport, recycler": lambda stage: passport(stage, role="recycler"),
    "passport, authority": lambda stage: passport(stage, role="authority"),
    "passport, maker": lambda stage: passport(stage, role="maker"),
    "passport, altered": lambda stage: passport(stage, TAMPERED),
    "passport, revoked": lambda stage: passport(stage, REVOKED),
    "passport, stranger": lambda stage: passport(stage, STRANGER),
    "history": lambda stage: history(stage, CORRECTED),
    "history, maker": lambda stage: history(stage, REINSTATED, role="maker"),
    "history, revoked": lambda stage: history(stage, REVOKED, role="authority"),
    "history, altered": damaged_history,
    "passport as of a day": as_of,
    "passport before its issue": before_issue,
    "label": lambda stage: stage.visit(f"{stage.site.page(FIRST_SERIAL)}/label"),
    "sign-in": lambda stage: stage.visit("/sign-in"),
    "sign-in, refused": refused_sign_in,
    "account": lambda stage: stage.visit("/account", role="maker"),
    "drafts": lambda stage: opened(stage.visit("/drafts", role="maker")),
    "model": lambda stage: opened(stage.visit(f"/models/{INCOMPLETE['gtin']}/completeness", role="maker")),
    "lineage": lambda stage: stage.visit(f"{stage.site.page(FIRST_SERIAL)}/lineage", role="maker"),
    "record": lambda stage: stage.visit(f"/records/demo-plant/{FIRST[0]['recordId']}", role="maker"),
    "draft": draft,
    "carbon, models": lambda stage: stage.visit("/carbon", role="maker"),
    "carbon": lambda stage: opened(stage.visit(f"/models/{FIRST_GTIN}/carbon", role="maker")),
    "files": files,
    "imports": lambda stage: stage.visit("/imports", role="maker"),
    "imports, looked at": imported,
    "uploads": uploaded,
    "mappings": lambda stage: stage.visit("/mappings", role="maker"),
    "mapping": mapping,
    "mapping, saved": saved_mapping,
    "genealogy": lambda stage: opened(stage.visit("/genealogy?find=KEP-M-7714", role="maker")),
    "genealogy, battery": lambda stage: stage.visit(f"/genealogy?find={FIRST_SERIAL}", role="maker"),
    "forms": lambda stage: stage.visit("/forms", role="maker"),
    "form": lambda stage: opened(stage.visit("/forms/pack", role="maker")),
    "form-blank": lambda stage: stage.visit("/forms/test/blank"),
    "form with faults": faulty_form,
    "quarantine": quarantine,
    "refused-record": refused_record,
    "offline": offline,
}


@pytest.fixture
def stage(site: Site, visit: Visit, camera: Camera, watch: Watch) -> Stage:
    return Stage(site, visit, camera, watch)


@pytest.fixture(scope="session")
def judge() -> Judge:
    return Judge()


@pytest.mark.parametrize("name", SCENES)
def test_axe_finds_nothing_and_nothing_sticks_out(name: str, stage: Stage, judge: Judge) -> None:
    page = SCENES[name](stage)
    assert judge.violations(page) == {}
    resize(page, NARROW)
    sideways = page.evaluate("() => document.scrollingElement.scrollWidth - innerWidth")
    assert sideways <= 0, f"{sideways} pixels stick out at a width of 320"


PALE_IN_THE_DARK = """
() => {
  const sheet = new CSSStyleSheet();  // an inline one is refused by the policy of our pages
  sheet.replaceSync('@media (prefers-color-scheme: dark) { main p:last-of-type { color: #444 } }');
  document.adoptedStyleSheets = [sheet];
}
"""


def test_one_pale_text_among_many_is_found_in_the_scheme_that_makes_it_pale(
    visit: Visit, judge: Judge
) -> None:
    page = visit("/about")
    assert judge.violations(page) == {}
    page.evaluate(PALE_IN_THE_DARK)
    found = judge.violations(page)
    assert sorted(found) == ["(1280, 800) dark", "(390, 844) dark"]
    assert all(each[0].startswith("color-contrast: ") for each in found.values())


FOCUSED = """
() => {
  const it = document.activeElement;
  return it === document.body ? ['', ''] : [it.innerText, getComputedStyle(it).outlineStyle];
}
"""


def press_to(page: Page, name: str) -> None:
    """Tab until the thing called `name` has the focus, and can be seen to have it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        text, outline = page.evaluate(FOCUSED)
        if name in text:
            assert outline != "none", name
            return
    raise AssertionError(f"the keyboard does not get to {name}")


def test_from_scan_to_passport_by_keyboard_alone(site: Site, camera: Camera, visit: Visit) -> None:
    camera(pictures.code(site.link(FIRST_SERIAL)))
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    press_to(page, "Scan a battery")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.origin}/scan")
    press_to(page, "Start the camera")
    page.keyboard.press("Enter")
    result = page.get_by_label("Result")
    expect(result.get_by_role("heading", name="Record is genuine")).to_be_visible()
    expect(result).to_be_focused()
    press_to(page, "Passport")
    page.keyboard.press("Enter")
    expect(page).to_have_url(site.origin + site.page(FIRST_SERIAL))
    # The panel is filled once the device has checked; who tabs on before that has passed it by.
    expect(page.locator("#device-says")).not_to_be_empty()
    press_to(page, "What this device checked")
    page.keyboard.press("Enter")
    expect(page.locator("#device-check summary", has_text="Public information")).to_be_visible()


def test_in_forced_colours_state_and_borders_stay(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL), forced_colors="active")
    verdict = page.get_by_label("Verdict")
    expect(verdict).to_contain_text("Record is genuine")
    expect(verdict.locator("svg")).to_be_visible()
    assert verdict.evaluate("(it) => getComputedStyle(it).borderTopStyle") != "none"
    page.goto("/scan")
    expect(page.get_by_role("button", name="Start the camera")).not_to_have_css("border-top-style", "none")


def test_the_verdict_is_the_first_thing_that_is_read_out(site: Site, visit: Visit) -> None:
    page = visit(site.page(FIRST_SERIAL))
    expect(page.locator("#device-says")).to_contain_text("Record is genuine")
    first = page.get_by_role("main").aria_snapshot().splitlines()[1]
    assert first.strip() == '- status "Verdict":'
