"""Sessions, forms, hosts, redirects and the limits at the door."""

import io
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.web.readers import COOKIE
from tests.factories import GTIN, SERIAL
from tests.installation import ORIGIN, Clock, password
from tests.line import Line
from tests.web.conftest import Client, SignedInClient

LABEL = f"/01/{GTIN}/21/{SERIAL}"
OWN = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def browser(app: Flask) -> Client:
    """Somebody who is about to sign in."""
    return SignedInClient(app, TestResponse)


def sign_in(browser: Client, role: str = "maker", word: str | None = None, **more: str) -> TestResponse:
    form = {"name": f"{role}-1", "password": word or password(role), **more}
    return browser.post("/sign-in", data=form, headers=OWN)


def form_token(browser: Client, path: str = "/account") -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(path).text)
    assert found
    return found[1]


# --- signing in and out


def test_signing_in_sets_one_closed_cookie_and_goes_on(browser: Client):
    answer = sign_in(browser, next="/drafts")
    assert answer.status_code == 303
    (cookie,) = answer.headers.getlist("Set-Cookie")
    name, _, rest = cookie.partition("=")
    attributes = {part.strip() for part in rest.split(";")[1:]}
    assert name == COOKIE == "__Host-session"
    assert {"Secure", "HttpOnly", "Path=/"} <= attributes
    assert attributes & {"SameSite=Lax", "SameSite=Strict"}
    assert not [part for part in attributes if part.lower().startswith("domain")]
    followed = browser.get(answer.headers["Location"].removeprefix(ORIGIN))
    assert followed.headers["Location"] in ("/drafts", f"{ORIGIN}/drafts")
    assert browser.get("/drafts").status_code == 200


@pytest.mark.parametrize(("role", "word"), [("maker", "wrong-password"), ("nobody", "wrong-password")])
def test_a_failed_sign_in_says_the_same_and_sets_no_cookie(browser: Client, role: str, word: str):
    answer = sign_in(browser, role, word)
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert "The name or the password is not right." in answer.text
    assert word not in answer.text


def test_too_many_sign_ins_are_stopped_for_a_while(browser: Client, clock: Clock):
    answers = [sign_in(browser, word=f"wrong-{number}") for number in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert sign_in(browser).status_code == 429
    clock.forward(seconds=int(answers[-1].headers["Retry-After"]))
    assert sign_in(browser).status_code == 303


def test_each_sign_in_gives_a_new_session(app: Flask):
    cookies = set()
    for _ in range(2):
        browser = SignedInClient(app, TestResponse)
        cookies.add(sign_in(browser).headers["Set-Cookie"].partition(";")[0])
    assert len(cookies) == 2


def test_a_session_that_somebody_else_chose_is_not_taken_over(browser: Client):
    browser.set_cookie(COOKIE, "chosen-by-somebody-else", domain="passports.example", secure=True)
    answer = sign_in(browser)
    assert "chosen-by-somebody-else" not in answer.headers["Set-Cookie"]


def test_signing_out_ends_the_session_and_wipes_what_was_kept(browser: Client):
    token = sign_in(browser).headers["Set-Cookie"].split("=", 1)[1].partition(";")[0]
    answer = browser.post("/sign-out", data={"csrf_token": form_token(browser)}, headers=OWN)
    assert answer.status_code == 303
    assert '"cache"' in answer.headers["Clear-Site-Data"]
    browser.set_cookie(COOKIE, token, domain="passports.example", secure=True)
    assert browser.get("/drafts", headers={"Accept": "text/html"}).status_code == 401


def test_a_session_ends_by_itself(browser: Client, clock: Clock):
    sign_in(browser)
    assert browser.get("/account").status_code == 200
    clock.forward(hours=12)
    assert browser.get("/account", headers={"Accept": "text/html"}).status_code == 401


# --- forms


@pytest.mark.parametrize("role", ["maker"])
@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", OWN),
        ("wrong", OWN),
        ("é", OWN),
        (None, {"Origin": "https://evil.example"}),
        (None, {"Origin": "null"}),
        (None, {"Origin": f"{ORIGIN}.evil.example"}),
        (None, {"Origin": ORIGIN.replace("https", "http")}),
        (None, {"Sec-Fetch-Site": "cross-site"}),
        (None, {"Sec-Fetch-Site": "same-site"}),
        (None, {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}),
    ],
)
def test_a_change_that_no_form_of_ours_asked_for_is_refused(
    client_of: Callable[[str], Client],
    line: Line,
    uuid: str,
    role: str,
    token: str | None,
    headers: dict[str, str],
):
    maker = client_of(role)
    form = {"reason": "recalled", "csrf_token": form_token(maker) if token is None else token}
    assert maker.post(f"/passports/{uuid}/revocation", data=form, headers=headers).status_code == 403
    assert maker.post("/sign-out", data=form, headers=headers).status_code == 403
    assert line.state() == "issued"
    assert maker.get("/account").status_code == 200


def test_the_token_of_another_session_does_not_fit(
    client_of: Callable[[str], Client], browser: Client, line: Line, uuid: str
):
    sign_in(browser, "maker")
    form = {"reason": "recalled", "csrf_token": form_token(client_of("maker"))}
    assert browser.post(f"/passports/{uuid}/revocation", data=form, headers=OWN).status_code == 403
    assert line.state() == "issued"


def test_a_form_of_ours_revokes(client_of: Callable[[str], Client], line: Line, uuid: str):
    maker = client_of("maker")
    form = {"reason": "recalled", "csrf_token": form_token(maker)}
    answer = maker.post(f"/passports/{uuid}/revocation", data=form, headers=OWN)
    assert answer.status_code == 303
    assert line.state() == "revoked"


def test_a_token_in_the_address_does_not_count(client_of: Callable[[str], Client], line: Line, uuid: str):
    maker = client_of("maker")
    path = f"/passports/{uuid}/revocation?csrf_token={form_token(maker)}&reason=recalled"
    assert maker.post(path, headers=OWN).status_code == 403
    assert line.state() == "issued"


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_sign_somebody_in_or_ask_for_a_verdict(client: Client, headers: dict[str, str]):
    form = {"name": "maker-1", "password": password("maker")}
    assert client.post("/sign-in", data=form, headers=headers).status_code == 403
    assert client.post("/verify", data={"credential": "{}"}, headers=headers).status_code == 403


def test_the_intake_takes_no_cookie_for_a_token(client_of: Callable[[str], Client]):
    answer = client_of("maker").post(
        "/api/v1/intake/records", data=b"{}", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_other_sites_may_read_public_data_alone(client_of: Callable[[str], Client], uuid: str):
    maker = client_of("maker")
    for path in (
        f"/passports/{uuid}",
        f"/passports/{uuid}/sections/use",
        "/drafts",
        "/account",
        "/",
        "/sign-in",
    ):
        assert "Access-Control-Allow-Origin" not in maker.get(path).headers, path
    for path in (f"/passports/{uuid}/sections/public", "/trust/list.json", "/status/revocation-1"):
        assert maker.get(path).headers["Access-Control-Allow-Origin"] == "*", path


# --- where an answer leads


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%2Fevil.example",
        "/%252Fevil.example",
        "%2F%2Fevil.example",
        "/%5Cevil.example",
        "/\t/evil.example",
        "/%09/evil.example",
        "/%0d%0aSet-Cookie:x=y",
        "/\r\nLocation: https://evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/%00",
        "/%25250a",
    ],
)
def test_next_never_leads_away(browser: Client, target: str):
    answer = sign_in(browser, next=target)
    assert answer.status_code == 303
    assert "\n" not in answer.headers["Location"]
    onward = browser.get(answer.headers["Location"].removeprefix(ORIGIN)).headers["Location"]
    assert onward.startswith("/")
    assert not onward.startswith(("//", "/\\"))
    assert "evil.example" not in onward or onward.startswith("/%25")


def test_next_leads_on_inside(browser: Client, uuid: str):
    path = f"/passports/{uuid}?a=b&c=%20d"
    answer = sign_in(browser, next=path)
    assert browser.get(answer.headers["Location"].removeprefix(ORIGIN)).headers["Location"] == path


@pytest.mark.parametrize(
    "host",
    ["evil.example", "passports.example.evil.example", "passports.example:8080", "localhost", "", "[::1]"],
)
def test_a_foreign_host_is_turned_away(client: Client, host: str):
    answer = client.get(LABEL, headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert "evil.example" not in answer.text
    assert answer.status_code == 400 or f"This server answers for {ORIGIN} alone." in answer.text


def test_no_header_changes_where_links_lead(client: Client, uuid: str):
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/drafts",
        "X-HTTP-Method-Override": "POST",
    }
    assert client.get(LABEL, headers=forged).headers["Location"] == f"{ORIGIN}/passports/{uuid}"
    assert "evil.example" not in client.get(f"/passports/{uuid}", headers=forged).text
    assert client.get("/healthz", headers={"Host": "10.0.0.1"}).status_code == 200


def test_a_session_makes_no_difference_to_a_label(client_of: Callable[[str], Client]):
    anybody, maker = client_of("public").get(LABEL), client_of("maker").get(LABEL)
    assert (anybody.status_code, anybody.headers["Location"]) == (
        maker.status_code,
        maker.headers["Location"],
    )


# --- at the door


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_methods_that_nobody_offers_are_refused(client: Client, uuid: str, method: str):
    answer = client.open(f"/passports/{uuid}", method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_an_address_without_end_is_refused(client: Client):
    assert client.get("/find", query_string={"code": "x" * 4000}).status_code == 414


@pytest.mark.parametrize(
    "path", ["/%00", "/passports/%00", f"/01/{GTIN}/21/%00", "/static/%00.js", "/problems/%00"]
)
def test_a_zero_byte_is_refused(client: Client, path: str):
    assert client.get(path).status_code in (400, 404)


def test_a_form_without_end_is_refused(client: Client):
    answer = client.post("/verify", data={"credential": "x" * 1_100_000}, headers=OWN)
    assert answer.status_code == 413
    assert client.post("/sign-in", data={"name": "x" * 1_100_000}, headers=OWN).status_code == 413


def test_an_upload_in_a_form_is_not_taken(client: Client):
    form = {"credential": (io.BytesIO(b"{}"), "x.json")}
    assert client.post("/verify", data=form, headers=OWN).status_code < 500


@pytest.mark.parametrize("name", ["é", "\U0001f50b", "a\0b", "x" * 5000, "' or ''='", "%", "\ud800"])
def test_odd_names_sign_nobody_in_and_break_nothing(client: Client, name: str):
    body = f"name={quote(name, errors='surrogatepass')}&password=%FF%FE"
    answer = client.post(
        "/sign-in", data=body, headers={**OWN, "Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 401


def test_nothing_secret_reaches_the_log(
    browser: Client, client: Client, uuid: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG")
    token = sign_in(browser).headers["Set-Cookie"].split("=", 1)[1].partition(";")[0]
    sign_in(browser, word="a-wrong-password")
    client.get(f"/passports/{uuid}/sections/use")
    client.post("/api/v1/intake/records", headers={"Authorization": "Bearer some-secret-token-of-a-plant"})
    for secret in (token, password("maker"), "a-wrong-password", "some-secret-token-of-a-plant"):
        assert secret not in caplog.text
