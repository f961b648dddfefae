"""Histories, corrections and pages as of a day, over HTTP: who sees what, and what a bad date is told."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest

from app.core.access import Reader
from app.core.sections import ROLES
from app.services import resigning, revocation
from tests.factories import model_record, release_record, values_for, withdrawal_record
from tests.installation import OTHER_TOKEN, START, TOKEN, Clock
from tests.line import Line
from tests.services.test_resigning import replace_key
from tests.web.conftest import Client

REASON = "The plate says so."
PLANT = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def mended(line: Line, clock: Clock, uuid: str) -> str:
    """The passport of a battery whose mass was mended in the records, two hours after its issue."""
    clock.forward(hours=2)
    line.send(
        model_record(clock.now, values=values_for("model", batteryMass={"value": "412.5", "unit": "kg"}))
    )
    return uuid


@pytest.fixture
def corrected(client: Client, mended: str) -> str:
    answer = client.post(f"/api/v1/passports/{mended}/corrections", json={"reason": REASON}, headers=PLANT)
    assert answer.status_code == 201
    return mended


def token_of(client: Client, path: str) -> str:
    return client.get(path).text.split('name="csrf_token" value="')[1].split('"')[0]


# --- corrections


def test_the_maker_sees_what_would_change_and_signs_it_with_a_reason(
    client_of: Callable[[str], Client], mended: str
):
    maker = client_of("maker")
    page = maker.get(f"/passports/{mended}").text
    assert "Sign the correction" in page
    assert "<ins>412.5 kg</ins>" in page
    form = {
        "csrf_token": token_of(maker, f"/passports/{mended}"),
        "mark": page.split('name="mark" value="')[1].split('"')[0],
        "reason": REASON,
    }
    answer = maker.post(f"/passports/{mended}/corrections", data=form)
    assert (answer.status_code, answer.location) == (303, f"/passports/{mended}/history")
    history = maker.get(answer.location).text
    assert REASON in history
    assert "by the maker" in history
    assert "412.5 kg" in client_of("public").get(f"/passports/{mended}").text.replace("</", " </").replace(
        ' <span class="unit">', " "
    )
    again = maker.post(f"/passports/{mended}/corrections", data=form)
    assert again.status_code == 409  # what was shown is not what would be signed now
    assert "there is nothing to correct" in maker.get(f"/passports/{mended}").text


def test_a_form_that_does_not_say_what_was_shown_signs_nothing(
    client_of: Callable[[str], Client], mended: str
):
    maker = client_of("maker")
    form = {"csrf_token": token_of(maker, f"/passports/{mended}"), "reason": REASON}
    for mark in ({}, {"mark": ""}):
        assert maker.post(f"/passports/{mended}/corrections", data=form | mark).status_code == 409
    assert "Sign the correction" in maker.get(f"/passports/{mended}").text


def test_where_the_records_contradict_each_other_the_maker_is_sent_to_the_draft(
    client_of: Callable[[str], Client], line: Line, clock: Clock, uuid: str
):
    volts = {"value": "900.0", "unit": "V"}
    line.send(model_record(clock.forward(hours=1), values=values_for("model", minimumVoltage=volts)))
    page = client_of("maker").get(f"/passports/{uuid}").text
    assert "See the draft" in page
    assert "Sign the correction" not in page


def test_nobody_else_sees_the_form(client_of: Callable[[str], Client], mended: str):
    for role in set(ROLES) - {"maker"}:
        assert "Sign the correction" not in client_of(role).get(f"/passports/{mended}").text, role


def test_a_plant_corrects_over_the_api_and_is_told_what_was_signed(client: Client, mended: str):
    path = f"/api/v1/passports/{mended}/corrections"
    answer = client.post(path, json={"reason": REASON}, headers=PLANT)
    ((section, change),) = [
        (one["section"], change) for one in answer.get_json()["corrected"] for change in one["changes"]
    ]
    assert (section, change["attribute"], change["unit"], change["after"]) == (
        "public", "batteryMass", "kg", "412.5",
    )  # fmt: skip
    again = client.post(path, json={"reason": REASON}, headers=PLANT)
    assert (again.status_code, again.get_json()["corrected"]) == (200, [])


@pytest.mark.parametrize(
    "body", [{}, {"reason": "no"}, {"reason": 5}, [], {"reason": "long enough", "values": {}}]
)
def test_a_correction_over_the_api_needs_a_reason_and_nothing_else(client: Client, mended: str, body: Any):
    answer = client.post(f"/api/v1/passports/{mended}/corrections", json=body, headers=PLANT)
    assert (answer.status_code, answer.get_json()["pointer"]) == (422, "/reason")


def test_only_a_plant_of_the_maker_corrects(client: Client, mended: str):
    path = f"/api/v1/passports/{mended}/corrections"
    assert client.post(path, json={"reason": REASON}).status_code == 401
    unknown = "/api/v1/passports/00000000-0000-4000-8000-000000000000/corrections"
    assert client.post(unknown, json={"reason": REASON}, headers=PLANT).status_code == 404
    stranger = {"Authorization": f"Bearer {OTHER_TOKEN}x"}
    assert client.post(path, json={"reason": REASON}, headers=stranger).status_code == 401


# --- histories


def test_the_history_of_a_passport_in_json_is_as_described(client: Client, corrected: str):
    schemas = client.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    found = client.get(f"/api/v1/passports/{corrected}/history").get_json()
    validator = jsonschema_rs.Draft202012Validator(
        {"$ref": "#/components/schemas/History", "components": {"schemas": schemas}}
    )
    assert [error.message for error in validator.iter_errors(found)] == []
    new, old = found["versions"]
    assert (new["version"], new["madeBy"], new["reason"], new["newest"]) == (2, "plant", REASON, True)
    assert [change["after"] for change in new["changes"]] == ["412.5"]
    assert (old["version"], old["madeBy"], old["newest"], old["changes"]) == (1, None, False, None)
    assert client.get(new["url"]).headers["ETag"] == f'"{new["digestMultibase"]}"'
    assert client.get(new["logProof"]).text.startswith("c2sp.org/tlog-proof@v1")


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_sees_the_history_of_its_own_sections_alone(
    client_of: Callable[[str], Client], corrected: str, role: str
):
    reader = client_of(role)
    found = reader.get(f"/api/v1/passports/{corrected}/history")
    assert {one["section"] for one in found.get_json()["versions"]} == set(ROLES[role].sections)
    assert "no-store" in found.headers["Cache-Control"]
    page = reader.get(f"/passports/{corrected}/history")
    assert "no-store" in page.headers["Cache-Control"]
    assert page.text.count("data-version") == len(found.get_json()["versions"])


def test_what_happened_to_the_passport_is_told_to_everybody_without_the_factorys_words(
    client: Client, line: Line, clock: Clock, uuid: str
):
    line.send(withdrawal_record(clock.forward(days=1)))
    line.send(release_record(clock.forward(hours=1)))
    maker = Reader("maker", "Anna Example", line.ctx.issuer.did)
    clock.forward(hours=1)
    revocation.revoke(line.ctx, uuid, "Cells were recalled.", maker)
    page = client.get(f"/passports/{uuid}/history").text
    for words in (
        "Revoked for good",
        "by the maker",
        "Cells were recalled.",
        "Suspended",
        "In force again",
    ):
        assert words in page
    assert "Torque" not in page
    assert "Anna" not in page


@pytest.mark.parametrize("page", ["0", "2", "x", "-1", "99999999999999999999", "²"])
def test_a_page_of_a_history_that_is_not_there_is_not_found(client: Client, uuid: str, page: str):
    assert client.get(f"/passports/{uuid}/history?page={page}").status_code == 404


def test_a_draft_has_no_history(client: Client):
    unknown = "00000000-0000-4000-8000-000000000000"
    for path in (
        f"/passports/{unknown}/history",
        f"/api/v1/passports/{unknown}/history",
        "/passports/x/history",
    ):
        assert client.get(path).status_code == 404


# --- as of a day


def after(hours: int) -> str:
    return f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def test_a_page_as_of_a_day_shows_what_stood_then_says_so_and_is_kept_nowhere(client: Client, corrected: str):
    live = client.get(f"/passports/{corrected}")
    then = client.get(f"/passports/{corrected}?at={after(1)}")
    assert "412.5" in live.text
    assert "412.5" not in then.text
    assert "not today’s state" in then.text
    assert f'href="/passports/{corrected}"' in then.text
    assert "with what is known today" in then.text
    assert then.headers["Cache-Control"] == "private, no-store"
    assert "s-maxage" in live.headers["Cache-Control"]
    assert client.get(f"/passports/{corrected}").text == live.text
    today = client.get(f"/passports/{corrected}?at={START:%Y-%m-%d}").text
    assert "412.5" in today
    assert "today’s state so far" in today


def test_a_page_as_of_a_suspension_tells_the_state_of_then_beside_the_verdict_of_today(
    client: Client, line: Line, clock: Clock, uuid: str
):
    line.send(withdrawal_record(clock.forward(hours=1)))
    line.send(release_record(clock.forward(hours=1)))
    then = client.get(f"/passports/{uuid}?at={after(1)}").text
    assert "Suspended then" in then
    assert "Since 24 November 2026, 13:00 UTC." in then
    assert "Record is genuine" in then  # the signature and the lists of today: what a phone says, too
    assert "Suspended then" not in client.get(f"/passports/{uuid}?at={after(2)}").text


def test_a_page_as_of_a_day_offers_no_change(client_of: Callable[[str], Client], corrected: str):
    page = client_of("maker").get(f"/passports/{corrected}?at={after(1)}").text
    assert "Revoke this passport" not in page
    assert "Correct this passport" not in page


def test_before_the_first_issue_a_page_says_that_nothing_existed(client: Client, uuid: str):
    answer = client.get(f"/passports/{uuid}?at=2026-11-01", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "Nothing existed yet" in answer.text
    assert "24 November 2026" in answer.text
    section = client.get(f"/passports/{uuid}/sections/public?at=2026-11-01")
    assert (section.status_code, section.get_json()["detail"][:19]) == (404, "Nothing existed yet")


@pytest.mark.parametrize(
    "at", ["", "yesterday", "2026-13-01", "2026-02-30", "2026-11-24T12:00:00", "2999-01-01",
           "2026-11-01T08:00:00+01:00", "0000-00-00", "٢٠٢٦-١١-٠١", "2026-11-24T25:00:00Z"],
)  # fmt: skip
def test_a_bad_day_is_refused_with_what_to_do(client: Client, uuid: str, at: str):
    for path in (
        f"/passports/{uuid}",
        f"/passports/{uuid}/history",
        f"/api/v1/passports/{uuid}/history",
        f"/passports/{uuid}/sections/public",
    ):
        answer = client.get(f"{path}?at={at}")
        assert answer.status_code == 400, path
        told = answer.get_json()
        assert told["type"].endswith("/problems/malformed-date")
        assert "Give" in told["detail"] or "give" in told["detail"]


def test_the_bytes_of_a_section_as_it_stood_are_those_of_its_version(
    client: Client, client_of: Callable[[str], Client], corrected: str
):
    base = f"/passports/{corrected}/sections"
    for at, version in ((after(1), 1), (after(2), 2), (f"{START:%Y-%m-%d}", 2)):
        then = client.get(f"{base}/public?at={at}")
        assert then.data == client.get(f"{base}/public/{version}").data
        assert then.headers["Cache-Control"] == "no-store"
    recycler = client_of("recycler")
    assert recycler.get(f"{base}/composition?at={after(1)}").status_code == 200
    assert "no-store" in recycler.get(f"{base}/condition?at={after(1)}").headers["Cache-Control"]
    for section in ("composition", "condition", "nonsense"):
        assert client.get(f"{base}/{section}?at={after(1)}").status_code == 404


def test_a_history_up_to_a_day_ends_there(client: Client, corrected: str):
    found = client.get(f"/api/v1/passports/{corrected}/history?at={after(1)}").get_json()
    assert [(one["version"], one["newest"]) for one in found["versions"]] == [(1, True)]
    page = client.get(f"/passports/{corrected}/history?at={after(1)}").text
    assert "not today’s" in page
    assert "Newest then" in page
    assert REASON not in page
    before = client.get(f"/passports/{corrected}/history?at=2026-11-01", headers={"Accept": "text/html"})
    assert (before.status_code, "Nothing existed yet" in before.text) == (404, True)
    assert found["asOf"] == after(1)


def test_what_was_signed_anew_after_a_theft_is_told_as_such_and_what_was_corrected_before_as_corrected(
    client: Client, line: Line, clock: Clock, corrected: str
):
    clock.forward(days=1)
    replace_key(line.ctx)
    resigning.resign(line.ctx)
    page = client.get(f"/passports/{corrected}/history").text
    titles = re.findall(r'moment__title">(.*?) <', page)
    assert titles == ["Signed anew", "Corrected", "Passport issued"]
    assert "damaged" not in page
    assert page.count("What changed cannot be told") == 0  # nothing changed, or nothing of it is believed
