"""What judging asks for is declared here: one request more tells somebody what is looked at (a canary)."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from app.services.demo import TAMPERED
from tests.journeys.site import FIRST_SERIAL, Site
from tests.journeys.test_verify import AGREED
from tests.journeys.watching import Watch

SETTLED_MS = 300  # after the answer is shown: what is asked for late is seen, too
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ASSETS = [r"GET /static/[\w./-]+", r"GET /(?:manifest\.webmanifest|sw\.js|favicon\.ico)"]
COPIES = r"GET /context/(?:v1|credentials-v2)"
"""Of the contexts, for the signature over the meaning: the same for every record, held to digests."""
KNOWLEDGE = [
    r"GET /trust/(?:root|list)\.json",
    r"GET /trust/roots/\d+\.json",
    r"GET /status/[\w/.-]+",
    r"GET /schema/v\d+/[a-z]+-[a-z]+\.json",
]
SECTION = rf"GET /(?:passports/{UUID}|models/\d{{14}})/sections/[a-z]+(?:/\d+)?"
ON_VERIFY = [*ASSETS, *KNOWLEDGE, COPIES, r"GET /verify", r"POST /api/v1/verify"]
ON_PASSPORT = [*ASSETS, *KNOWLEDGE, rf"GET /passports/{UUID}", SECTION, rf"{SECTION}/log-proof"]
"""Each to match a whole request without query: method and path."""


def undeclared(origin: str, asked: list[str], declared: list[str]) -> list[str]:
    """Requests that no pattern declares; `asked` as `METHOD address`."""
    plain = [one.replace(f" {origin}/", " /") for one in asked]
    return [one for one in plain if not any(re.fullmatch(pattern, one) for pattern in declared)]


@pytest.fixture
def page(open_context: Callable[..., BrowserContext], watch: Watch) -> Page:
    """Without the worker that keeps pages: each request is one of the page's own."""
    watch.allow("Service Worker registration blocked by Playwright")
    return open_context(service_workers="block").new_page()


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Every request of the page and its workers from the first on."""
    found: list[str] = []

    def keep(request: Request) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob"):
            found.append(f"{request.method} {request.url}")

    page.context.on("request", keep)
    return found


def judge(page: Page, text: str) -> None:
    page.goto("/verify")
    page.get_by_label("Signed record").fill(text)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_text(AGREED)).to_be_visible()
    page.wait_for_timeout(SETTLED_MS)


def see(page: Page, path: str) -> None:
    with page.expect_response("**/log-proof"):  # the last that it asks for
        page.goto(path)
    expect(page.locator("#device-check .verdict")).to_be_visible()
    page.wait_for_timeout(SETTLED_MS)


def elsewhere(site: Site) -> str:
    """A record of which every address that could be followed leads to where nothing is to be asked."""
    document = json.loads(site.credential(FIRST_SERIAL))
    lure = f"{site.origin}/about"
    document["@context"].append(f"{lure}?context")
    document["credentialSchema"] = [{"id": f"{lure}?schema", "type": "JsonSchema"}]
    document["relatedResource"] = [{"id": f"{lure}?resource", "digestMultibase": "zQm"}]
    document["termsOfUse"] = {"id": f"{lure}?terms", "type": "Terms"}
    for at, entry in enumerate(document["credentialStatus"]):
        entry["statusListCredential"] = f"{lure}?status={at}"
    for proof in document["proof"]:
        proof["verificationMethod"] = f"{lure}?key"
    return json.dumps(document)


@pytest.mark.parametrize("which", ["genuine", "altered", "luring"])
def test_verify_asks_for_nothing_but_what_is_declared(
    site: Site, page: Page, asked: list[str], which: str
) -> None:
    records = {
        "genuine": lambda: site.credential(FIRST_SERIAL).decode(),
        "altered": lambda: site.credential(TAMPERED).decode(),
        "luring": lambda: elsewhere(site),
    }
    judge(page, records[which]())
    assert f"GET {site.origin}/trust/list.json" in asked
    assert undeclared(site.origin, asked, ON_VERIFY) == []


def test_the_passport_page_asks_for_nothing_but_what_is_declared(
    site: Site, page: Page, asked: list[str]
) -> None:
    path = site.page(FIRST_SERIAL)
    see(page, path)
    assert f"GET {site.origin}/trust/list.json" in asked
    assert undeclared(site.origin, asked, ON_PASSPORT) == []
    others = [one for one in asked if "/passports/" in one and path not in one]
    assert not others, "a passport of somebody else was asked for"


@pytest.mark.parametrize("at", ["verify", "passport"])
@pytest.mark.parametrize(
    "leak",
    ["/about", "/trust/list.json?of=KX-82", "/static/leak.js?of=KX-82"],
    ids=["page", "query", "asset"],
)
def test_one_request_more_is_seen(
    site: Site, page: Page, asked: list[str], watch: Watch, at: str, leak: str
) -> None:
    """The control: the same verifier with one line more."""
    watch.allow(r"404 \(NOT FOUND\) \(.*/static/leak\.js")

    def one_line_more(route: Route) -> None:
        answer = route.fetch()
        before = "const document = peek(bytes);"
        assert answer.text().count(before) == 1
        told = f"{before} await fetch('{leak}').catch(() => undefined);"
        route.fulfill(response=answer, body=answer.text().replace(before, told))

    page.route("**/services/verifying.js", one_line_more)
    if at == "verify":
        judge(page, site.credential(FIRST_SERIAL).decode())
        declared = ON_VERIFY
    else:
        see(page, site.page(FIRST_SERIAL))
        declared = ON_PASSPORT
    assert set(undeclared(site.origin, asked, declared)) == {f"GET {leak}"}
