"""Machines ask for tokens and send with them: scopes, rotation with overlap, revocation, limits."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.core import scopes
from app.services import accounts, clients, plants, throttling
from app.services.context import Context
from tests import factories
from tests.installation import START, TOKEN, Clock, password, rows
from tests.web.conftest import Client

HALL = "hall-1"


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def ask(client: Client, headers: dict[str, str], **form: str) -> TestResponse:
    return client.post("/oauth/token", data={"grant_type": "client_credentials", **form}, headers=headers)


def token_of(client: Client, headers: dict[str, str], **form: str) -> str:
    answer = ask(client, headers, **form)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["access_token"])


def send(client: Client, token: str, record: dict[str, Any]) -> TestResponse:
    return client.post("/api/v1/intake/records", json=record, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def machine(ctx: Context) -> dict[str, str]:
    """The Authorization header of a client that may send lots and read."""
    return basic(*clients.add(ctx, HALL, "MES", scopes.parse("read send:cell-lot")))


def lot(number: int = 1) -> dict[str, Any]:
    details = {
        "cellModel": "NMC-94", "manufacturer": "Example Cells", "format": "prismatic", "chemistry": "NMC 811",
        "quantity": 1200,
    }  # fmt: skip
    return factories.a_record(
        "cell-lot", {"lot": f"CELL-{number}"}, START, recordId=f"oauth-{number}", details=details
    )


def foreign() -> dict[str, Any]:
    """A record of a kind that the machine may not send."""
    return factories.model_record(START)


def test_a_client_gets_a_token_and_sends_what_its_scopes_name(client: Client, machine: dict[str, str]):
    answer = ask(client, machine)
    told = answer.get_json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
    assert told["scope"] == "read send:cell-lot"
    assert answer.headers["Cache-Control"] == "no-store"
    assert send(client, told["access_token"], lot()).status_code == 201
    refused = send(client, told["access_token"], foreign())
    assert refused.status_code == 403
    assert refused.get_json()["title"] == "kind not allowed"
    assert refused.get_json()["quarantine"]  # nothing is lost
    assert refused.get_json()["kinds"] == ["cell-lot"]
    assert "It takes cell-lot." in refused.get_json()["detail"]


def test_the_secret_may_stand_in_the_body(client: Client, ctx: Context):
    client_id, secret = clients.add(ctx, HALL, "MES", scopes.parse("send"))
    assert token_of(client, {}, client_id=client_id, client_secret=secret)


def test_a_token_has_no_more_than_was_asked_for(client: Client, machine: dict[str, str]):
    token = token_of(client, machine, scope="read")
    refused = send(client, token, lot())
    assert refused.status_code == 403
    assert refused.headers["WWW-Authenticate"] == (
        'Bearer realm="intake", error="insufficient_scope", scope="send"'
    )
    quarantine = client.get("/api/v1/quarantine", headers={"Authorization": f"Bearer {token}"})
    assert quarantine.status_code == 200


def test_nobody_is_given_more_than_the_client_has(client: Client, machine: dict[str, str]):
    for scope in ("send", "mend", "send:pack", "everything"):
        answer = ask(client, machine, scope=scope)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_scope")
        assert "may ask for: read send:cell-lot." in answer.get_json()["error_description"]


def test_a_client_of_all_kinds_may_ask_for_one(client: Client, ctx: Context):
    headers = basic(*clients.add(ctx, HALL, "MES", scopes.parse("send")))
    token = token_of(client, headers, scope="send:cell-lot")
    assert send(client, token, lot()).status_code == 201
    assert send(client, token, foreign()).status_code == 403


@pytest.mark.parametrize("wrong", ["id", "secret", "neither"])
def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(client: Client, ctx: Context, wrong: str):
    client_id, secret = clients.add(ctx, HALL, "MES", scopes.parse("send"))
    answer = ask(
        client,
        basic("c-" + "0" * 32 if wrong == "id" else client_id, "x" * 43 if wrong == "secret" else secret),
    )
    if wrong == "neither":
        assert answer.status_code == 200
    else:
        assert answer.status_code == 401
        assert answer.get_json()["error"] == "invalid_client"
        assert "exist" not in answer.text


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!", "Basic /////w==", "Basic YQ==", "Bearer x", "Basic " + "A" * 4000]
)
def test_a_header_that_cannot_be_read_is_refused(client: Client, header: str):
    assert ask(client, {"Authorization": header}).status_code in (400, 401)


def test_secrets_do_not_travel_in_addresses(client: Client, ctx: Context):
    client_id, secret = clients.add(ctx, HALL, "MES", scopes.parse("send"))
    answer = client.post(
        f"/oauth/token?grant_type=client_credentials&client_id={client_id}&client_secret={secret}"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("form", [{"x": ""}, {"grant_type": "password"}, {"grant_type": "implicit"}])
def test_there_is_one_grant(client: Client, machine: dict[str, str], form: dict[str, str]):
    answer = client.post("/oauth/token", data=form, headers=machine)
    assert answer.status_code == 400
    assert answer.get_json()["error"] in ("unsupported_grant_type", "invalid_request")


def test_a_token_is_over_after_an_hour(client: Client, machine: dict[str, str], clock: Clock):
    token = token_of(client, machine)
    clock.forward(minutes=59)
    assert send(client, token, lot()).status_code == 201
    clock.forward(minutes=2)
    over = send(client, token, lot(2))
    assert over.status_code == 401
    assert 'error="invalid_token"' in over.headers["WWW-Authenticate"]


def test_a_client_ends_its_own_token_and_no_other(client: Client, ctx: Context, machine: dict[str, str]):
    token = token_of(client, machine)
    other = basic(*clients.add(ctx, HALL, "another", scopes.parse("send")))
    for headers, status in ((other, 201), (machine, 401)):
        assert client.post("/oauth/revoke", data={"token": token}, headers=headers).status_code == 200
        assert send(client, token, lot()).status_code in ({status, 200} if status == 201 else {status})
    assert client.post("/oauth/revoke", data={"token": TOKEN}, headers=machine).status_code == 200
    assert send(client, TOKEN, lot(2)).status_code == 201  # a plant's own is not a client's to end


def test_a_new_secret_takes_over_while_the_old_one_goes_on(client: Client, ctx: Context, clock: Clock):
    client_id, old = clients.add(ctx, HALL, "MES", scopes.parse("send"))
    new = clients.rotate(ctx, client_id, timedelta(days=7))
    assert token_of(client, basic(client_id, old))
    assert token_of(client, basic(client_id, new))
    clock.forward(days=8)
    assert ask(client, basic(client_id, old)).status_code == 401
    assert token_of(client, basic(client_id, new))


def test_a_revoked_client_is_out_at_once(client: Client, ctx: Context):
    client_id, secret = clients.add(ctx, HALL, "MES", scopes.parse("send"))
    token = token_of(client, basic(client_id, secret))
    clients.revoke(ctx, client_id)
    assert send(client, token, lot()).status_code == 401
    assert ask(client, basic(client_id, secret)).status_code == 401


def test_a_disabled_plant_is_out_with_all_that_it_has(client: Client, ctx: Context):
    client_id, secret = clients.add(ctx, HALL, "MES", scopes.parse("send"))
    tokens = [
        TOKEN, token_of(client, basic(client_id, secret)), plants.add_token(ctx, HALL, scopes.parse("send")),
    ]  # fmt: skip
    plants.disable(ctx, HALL)
    assert [send(client, token, lot()).status_code for token in tokens] == [401, 401, 401]
    assert ask(client, basic(client_id, secret)).status_code == 401
    plants.enable(ctx, HALL)
    assert [send(client, token, lot()).status_code for token in tokens] == [201, 200, 200]


def test_what_a_disabled_plant_sent_is_still_looked_after(
    client: Client, ctx: Context, client_of: Callable[[str], Client]
):
    assert send(client, TOKEN, lot() | {"details": {}}).status_code == 422
    plants.disable(ctx, HALL)
    maker = client_of("maker")
    for query in ("", "?plant=hall-1"):
        page = maker.get(f"/quarantine{query}")
        assert page.status_code == 200
        assert "oauth-1" in page.text
    form = {"csrf_token": page.text.split('name="csrf_token" value="')[1].split('"')[0], "plant": HALL}
    assert maker.post("/quarantine/replay", data=form).status_code == 200


def test_a_plants_token_is_changed_while_the_line_runs(client: Client, ctx: Context, clock: Clock):
    new = plants.rotate(ctx, HALL, timedelta(days=1))
    assert send(client, TOKEN, lot()).status_code == 201
    assert send(client, new, lot()).status_code == 200
    clock.forward(days=2)
    assert send(client, TOKEN, lot()).status_code == 401
    assert send(client, new, lot()).status_code == 200


def test_without_overlap_the_old_token_is_over_at_once(client: Client, ctx: Context):
    plants.rotate(ctx, HALL, timedelta(0))
    assert send(client, TOKEN, lot()).status_code == 401


def test_a_further_token_is_ended_by_its_name(client: Client, ctx: Context):
    token = plants.add_token(ctx, HALL, scopes.parse("send:cell-lot"))
    assert send(client, token, lot()).status_code == 201
    (shown,) = plants.names(ctx)[0]["tokens"]
    plants.revoke_token(ctx, shown["token"])
    assert send(client, token, lot()).status_code == 401


@pytest.mark.parametrize(("method", "path", "scope"), [
    ("GET", "/api/v1/quarantine", "read"),
    ("POST", "/api/v1/quarantine/x/replay", "mend"),
    ("POST", "/api/v1/quarantine/x/dismissal", "mend"),
    ("POST", f"/api/v1/passports/{'0' * 8}-0000-4000-8000-{'0' * 12}/corrections", "correct"),
    ("POST", "/api/v1/intake/records", "send"),
])  # fmt: skip
def test_each_address_asks_for_its_scope(client: Client, ctx: Context, method: str, path: str, scope: str):
    others = scopes.ALL - {scope}
    headers = {"Authorization": f"Bearer {plants.add_token(ctx, HALL, others)}"}
    answer = client.open(path, method=method, json={"reason": "none at all"}, headers=headers)
    assert (answer.status_code, answer.get_json()["scope"]) == (403, scope)
    headers = {"Authorization": f"Bearer {plants.add_token(ctx, HALL, frozenset({scope}))}"}
    answer = client.open(path, method=method, json={"reason": "none at all"}, headers=headers)
    assert answer.status_code != 403


def test_secrets_and_tokens_are_not_in_the_database(client: Client, ctx: Context):
    client_id, secret = clients.add(ctx, HALL, "MES", scopes.parse("send"))
    token = token_of(client, basic(client_id, secret))
    stored = str([rows(ctx.engine, name) for name in ("clients", "client_secrets", "access_tokens")])
    assert client_id in stored
    assert secret not in stored
    assert token not in stored


def test_guessing_at_the_token_endpoint_is_slowed_down(client: Client, machine: dict[str, str]):
    statuses = [ask(client, basic("c-1", "x" * 40)).status_code for _ in range(61)]
    assert statuses[:60] == [401] * 60
    assert statuses[60] == 429
    assert ask(client, machine).headers["Retry-After"]


def test_the_metadata_names_the_endpoints(client: Client):
    told = client.get("/.well-known/oauth-authorization-server").get_json()
    assert told["token_endpoint"] == told["issuer"] + "/oauth/token"
    assert "send:pack" in told["scopes_supported"]


def test_a_disabled_account_is_out_with_its_session(ctx: Context):
    token = accounts.sign_in(ctx, "maker-1", password("maker"), "192.0.2.1")
    accounts.disable(ctx, "maker-1")
    assert accounts.session(ctx, token) is None
    accounts.enable(ctx, "maker-1")
    assert accounts.session(ctx, token) is not None


# --- limits of a plant


@pytest.fixture
def narrow(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 records a minute, claimed two at a time."""
    settings = app.extensions["passport"].settings
    object.__setattr__(settings, "plant_records_per_minute", 40)


def lines(first: int, count: int) -> bytes:
    return b"\n".join(factories.body(lot(number)) for number in range(first, first + count))


def stream(client: Client, body: bytes) -> TestResponse:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-ndjson"}
    return client.post("/api/v1/intake/records", data=body, headers=headers)


@pytest.mark.usefixtures("narrow")
def test_a_plant_that_sends_too_much_is_told_to_wait(client: Client, clock: Clock):
    assert stream(client, lines(0, 30)).status_code == 207
    too_much = stream(client, lines(30, 30))
    assert too_much.status_code == 429
    assert 1 <= int(too_much.headers["Retry-After"]) <= 60
    clock.forward(minutes=1)
    assert stream(client, lines(30, 30)).get_json()["accepted"] == 30


def test_shares_of_two_processes_add_up_to_the_limit(ctx: Context):
    limit = throttling.Limit("of-a-test", 100, throttling.MINUTE)
    one, other = {}, {}  # type: dict[str, Any], dict[str, Any]
    taken = 0
    for number in range(300):
        ctx.kept["shares"] = (one if number % 2 else other).setdefault("shares", {})
        try:
            throttling.spend(ctx, limit, HALL, 1)
        except throttling.RateLimited:
            continue
        taken += 1
    assert taken == 100
