"""Every page, as everybody and as each role; the client holds each against the rules of the site."""

from collections.abc import Callable

import lxml.html
import pytest

from app.core.catalogue import CATALOGUE
from app.core.errors import PassportError
from app.core.sections import ROLES
from app.web import explanations, problems
from tests.factories import GTIN, SERIAL, owed_values, pack_record
from tests.installation import START
from tests.line import Line
from tests.web.conftest import Client

OPEN_PAGES = ["/", "/scan", "/verify", "/about", "/terms", "/offline", "/sign-in", "/sign-in?next=/drafts"]


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_an_open_page_is_there_for_anybody(client: Client, path: str):
    response = client.get(path, headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (200, "text/html")


@pytest.mark.parametrize("role", ROLES)
def test_the_passport_page_stands_for_every_role(client_of: Callable[[str], Client], uuid: str, role: str):
    response = client_of(role).get(f"/passports/{uuid}")
    assert response.status_code == 200
    assert SERIAL in response.text
    assert response.headers["Cache-Control"].startswith("public" if role == "public" else "private, no-store")


def test_the_label_page_can_be_printed_by_anybody(client: Client, uuid: str):
    assert f"(21){SERIAL}" in client.get(f"/passports/{uuid}/label").text


@pytest.mark.parametrize("path", ["/drafts", f"/drafts/{GTIN}/{SERIAL}", "/quarantine", "/account"])
def test_the_makers_pages_stand(client_of: Callable[[str], Client], line: Line, path: str):
    line.send(pack_record(START, "D1", values=owed_values("item", batteryStatus=None)))
    line.refused(b"[<script>alert(1)</script>]")
    assert client_of("maker").get(path).status_code == 200
    refused = client_of("recycler").get(path, headers={"Accept": "text/html"})
    assert refused.status_code == (200 if path == "/account" else 403)
    assert client_of("public").get(path, headers={"Accept": "text/html"}).status_code == 401


def test_every_link_of_the_factory_menu_leads_to_a_page_that_has_the_menu(client_of: Callable[[str], Client]):
    maker = client_of("maker")
    todo, seen = ["/drafts"], set()
    while todo:
        address = todo.pop()
        seen.add(address)
        page = maker.get(address)
        assert page.status_code == 200, address
        menu = lxml.html.document_fromstring(page.text).xpath("//nav[@aria-label='Factory']")
        assert len(menu) == 1, f"{address} has no factory menu"
        assert [str(link.get("href")) for link in menu[0].xpath(".//a[@aria-current='page']")] == [address]
        todo += {str(link) for link in menu[0].xpath(".//a/@href")} - seen
    assert {"/drafts", "/quarantine"} <= seen


def test_a_refused_record_is_shown_as_text_never_as_markup(client_of: Callable[[str], Client], line: Line):
    line.refused(b'{"recordId":"<script>alert(1)</script>"}')
    text = client_of("maker").get("/quarantine").text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_hostile_text_in_a_passport_is_shown_as_text(client: Client, line: Line):
    attack = '"><img src=x onerror=alert(1)>{{7*7}}</script>'
    values = owed_values("item")
    line.send(pack_record(START, "X1", values=values | {"batteryStatus": "original"}))
    line.refused(pack_record(START, attack, values=values))
    page = client.get("/find", query_string={"code": attack}, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert "<img src=x" not in page.text
    assert client.get(f"/{attack}", headers={"Accept": "text/html"}).status_code == 404


@pytest.mark.parametrize("code", explanations.PROBLEMS)
def test_every_problem_has_a_page_that_says_what_to_do_next(client: Client, code: str):
    text = client.get(f"/problems/{code}").text
    assert len(explanations.PROBLEMS[code].next) > 10
    assert explanations.PROBLEMS[code].title in text


def test_every_error_of_the_product_and_every_refusal_of_the_server_is_explained():
    codes = {kind.code for kind in _descendants(PassportError)} | set(problems.HTTP_CODES.values())
    codes |= {"bad-request"}
    assert codes - {PassportError.code} <= set(explanations.PROBLEMS)


def test_an_unknown_problem_is_not_found(client: Client):
    assert client.get("/problems/no-such-code", headers={"Accept": "text/html"}).status_code == 404


def test_the_terms_page_has_an_anchor_for_every_term(client: Client):
    text = client.get("/terms").text
    missing = [row.id for row in CATALOGUE if f'id="{row.id}"' not in text]
    assert missing == []


def test_an_error_for_a_person_is_a_page_and_for_a_machine_a_problem(client: Client):
    person = client.get("/no-such-page", headers={"Accept": "text/html,*/*;q=0.8"})
    machine = client.get("/no-such-page", headers={"Accept": "application/json"})
    nobody = client.get("/no-such-page")
    assert (person.mimetype, machine.mimetype) == ("text/html", "application/problem+json")
    assert nobody.mimetype == "application/problem+json"
    assert {person.status_code, machine.status_code} == {404}
    api = client.get("/api/v1/quarantine", headers={"Accept": "text/html"})
    assert api.mimetype == "application/problem+json"


def _descendants(kind: type[PassportError]) -> set[type[PassportError]]:
    found = {kind}
    for child in kind.__subclasses__():
        found |= _descendants(child)
    return found


def test_signing_in_from_a_passport_leads_back_to_it(client: Client, uuid: str):
    page = client.get(f"/passports/{uuid}", headers={"Accept": "text/html"}).text
    assert f'href="/sign-in?next=/passports/{uuid}"' in page
