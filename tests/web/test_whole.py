"""From records over HTTP to a page, on both databases; and one reader's page is never another's."""

import gzip
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from app.core.sections import ROLES
from app.web.readers import COOKIE
from tests import factories
from tests.factories import GTIN
from tests.installation import ORIGIN, START, TOKEN
from tests.line import Line
from tests.web.conftest import Client


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_records_become_a_page_that_verifies(
    client_of: Callable[[str], Client], client: Client, send: Callable[..., TestResponse], database: str
):
    *before, stamp = factories.a_further_pack(START, "W1")
    for record in before:
        assert send(record).status_code == 201
    plant = {"Authorization": f"Bearer {TOKEN}"}
    draft = client.get(f"/api/v1/drafts/{GTIN}/W1", headers=plant).get_json()
    assert (draft["complete"], draft["state"], draft["release"]) == (True, "draft", "none")
    assert client.get(f"/01/{GTIN}/21/W1").status_code == 404
    page = send(stamp).get_json()["battery"]["passport"]
    assert client.get(f"/01/{GTIN}/21/W1").headers["Location"] == page
    path = page.removeprefix(ORIGIN)
    assert "W1" in client.get(path).text
    body = client.get(f"{path}/sections/public").data
    report = client.post("/api/v1/verify", data=body, headers={"Content-Type": "application/vc"})
    assert report.get_json()["verdict"] == "valid"
    maker = client_of("maker")
    assert "W1" in maker.get("/drafts").text
    assert maker.get(f"{path}/sections/use").status_code == 200


def test_a_kept_page_is_given_to_nobody_else(client_of: Callable[[str], Client], uuid: str):
    clients = {role: client_of(role) for role in ROLES}
    path = f"/passports/{uuid}"
    first = {role: client.get(path).text for role, client in clients.items()}
    again = {role: client.get(path).text for role, client in reversed(clients.items())}
    assert {role: len(text) for role, text in again.items()} == {
        role: len(text) for role, text in first.items()
    }
    assert first["public"] == again["public"]
    assert "maker-1" not in first["public"]
    assert "csrf_token" not in first["public"]


@pytest.mark.parametrize("cookie", ["", "x", "x" * 200, "é", '"><script>'])
def test_a_cookie_that_means_nothing_shows_the_public_page_and_is_kept_by_nobody(
    client_of: Callable[[str], Client], uuid: str, cookie: str
):
    client = client_of("public")
    path = f"/passports/{uuid}"
    public = client.get(path).text
    client.set_cookie(COOKIE, cookie, domain="passports.example", secure=True, path="/")
    answer = client.get(path)
    assert answer.text == public
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_page_is_the_same_packed(client: Client, uuid: str):
    plain = client.get(f"/passports/{uuid}")
    packed = client.get(f"/passports/{uuid}", headers={"Accept-Encoding": "gzip"})
    if packed.headers.get("Content-Encoding") == "gzip":
        assert gzip.decompress(packed.data) == plain.data
    assert "Cookie" in plain.headers["Vary"]


def test_the_front_page_outside_a_demo_lists_no_batteries(client: Client, line: Line, uuid: str):
    assert uuid not in client.get("/").text
    assert "demo-" not in client.get("/sign-in").text


def test_a_bare_page_request_asks_for_no_other_host(client: Client, uuid: str):
    page = client.get(f"/passports/{uuid}")
    assert "Set-Cookie" not in page.headers
    assert 'rel="preconnect"' not in page.text
    assert 'rel="dns-prefetch"' not in page.text
