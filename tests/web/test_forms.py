"""Forms in the browser without script: sent, refused beside the fields, begun like an earlier record."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.core import forms
from app.core.intake import KINDS
from app.services import plants
from app.services.context import Context
from tests.installation import Clock, rows
from tests.web.conftest import Client

LOT = {
    "subject/lot": "LOT-7", "details/material": "lithium carbonate",
    "details/supplier/name": "Example Minerals",
    "details/lotNumber": "EM-7", "details/dateReceived": "2026-11-01", "details/quantity/value": "12,5",
    "details/quantity/unit": "kg",
}  # fmt: skip


@pytest.fixture
def start() -> str:
    return "bare"


@pytest.fixture
def maker(client_of: Callable[[str], Client]) -> Client:
    return client_of("maker")


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def fill(client: Client, kind: str, entries: dict[str, str], **more: str) -> TestResponse:
    page = client.get(f"/forms/{kind}").text
    own = {name: hidden(page, name) for name in ("csrf_token", "record", "level")}
    return client.post(
        f"/forms/{kind}", data={"plant": "hall-1", **own, **entries, **more}, headers={"Accept": "text/html"}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_opens_at_each_of_its_levels(maker: Client, kind: Any):
    for level in forms.levels(kind):
        page = maker.get(f"/forms/{kind}", query_string={"level": level} if level else {})
        assert page.status_code == 200
        assert forms.TITLES[kind][0] in page.text


def test_the_blank_form_is_the_catalogue_alone_and_the_same_for_everybody(
    client_of: Callable[[str], Client], maker: Client
):
    open_one, anyone = maker.get("/forms/test", query_string={"level": "model"}).text, client_of("public")
    answer = anyone.get("/forms/test/blank", query_string={"level": "model"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, no-cache")
    for own in ("csrf_token", "hall-1", hidden(open_one, "record"), "/account"):
        assert own in open_one
        assert own not in answer.text
    names = re.findall(r'name="((?:subject|details|values)/[^"]*)"', open_one)
    assert names == re.findall(r'name="((?:subject|details|values)/[^"]*)"', answer.text)
    assert maker.get("/forms/test/blank").headers["Cache-Control"] == "private, no-store"
    assert anyone.get("/forms/nothing/blank").status_code == 404


def test_what_is_entered_is_stored_with_its_door(maker: Client, ctx: Context):
    answer = fill(maker, "material-lot", LOT)
    assert answer.status_code == 303
    (row,) = rows(ctx.engine, "intake_records")
    assert (row["kind"], row["lot"], row["door"]) == ("material-lot", "LOT-7", "page")
    assert row["origin"] == "form material-lot, by maker"
    assert b'"value":"12.5","unit":"kg"' in row["body"]
    page = maker.get(answer.headers["Location"])
    assert "LOT-7" in page.text
    assert "Another like this" in page.text


def test_a_form_that_is_sent_again_when_its_answer_was_lost_is_the_same_record(
    maker: Client, ctx: Context, clock: Clock
):
    for _ in range(2):
        assert fill(maker, "material-lot", LOT, record="form-0123456789").status_code == 303
        clock.forward(minutes=7)
    assert len(rows(ctx.engine, "intake_records")) == 1
    assert rows(ctx.engine, "quarantine") == []


def test_faults_stand_beside_their_fields_and_nothing_is_stored(maker: Client, ctx: Context):
    answer = fill(maker, "material-lot", LOT | {"details/dateReceived": "1.11.2026", "details/lotNumber": ""})
    assert answer.status_code == 422
    assert "Nothing was stored" in answer.text
    for field in ("details-lotNumber", "details-dateReceived"):
        assert f'id="f-{field}-fault"' in answer.text
        assert f'href="#f-{field}"' in answer.text
    assert 'value="lithium carbonate"' in answer.text  # what was typed is still there
    assert rows(ctx.engine, "intake_records") == []
    assert rows(ctx.engine, "quarantine") == []


def test_one_more_entry_is_a_button_without_script(maker: Client, ctx: Context):
    check = {"details/qualityResults/0/check": "leak"}
    page = fill(maker, "cell-lot", check, add="details/qualityResults")
    assert page.status_code == 200
    assert 'name="details/qualityResults/2/check"' in page.text
    assert 'value="leak"' in page.text
    assert rows(ctx.engine, "intake_records") == []


def test_the_next_one_begins_like_the_last(maker: Client):
    answer = fill(maker, "material-lot", LOT)
    like = re.search(
        r'href="(/forms/material-lot\?[^"]*like=[^"]*)"', maker.get(answer.headers["Location"]).text
    )
    assert like
    page = maker.get(like[1].replace("&amp;", "&")).text
    assert 'value="Example Minerals"' in page
    assert 'value="LOT-7"' not in page
    assert 'value="EM-7"' not in page


def test_markup_in_a_field_stays_text(maker: Client):
    answer = fill(maker, "material-lot", {"details/material": '"><script>x()</script>'})
    assert "<script>x()" not in answer.text
    assert "&lt;script&gt;x()" in answer.text


def test_a_machine_reads_the_faults(maker: Client):
    page = maker.get("/forms/material-lot").text
    sent = {name: hidden(page, name) for name in ("csrf_token", "record", "level")} | {"plant": "hall-1"}
    refused = maker.post("/forms/material-lot", data=sent, headers={"Accept": "application/json"})
    assert refused.status_code == 422
    assert refused.get_json()["faults"]["subject/lot"] == "This is required."
    taken = maker.post("/forms/material-lot", data=sent | LOT, headers={"Accept": "application/json"})
    assert taken.status_code == 200


def test_a_conflict_is_told_and_kept_in_quarantine(maker: Client, ctx: Context):
    assert fill(maker, "material-lot", LOT, record="form-1").status_code == 303
    again = fill(maker, "material-lot", LOT | {"details/material": "nickel"}, record="form-1")
    assert again.status_code == 422
    assert "It waits in quarantine" in again.text
    assert len(rows(ctx.engine, "quarantine")) == 1


def test_only_the_maker_enters_records(client_of: Callable[[str], Client]):
    for role in ("public", "service", "recycler", "authority", "admin"):
        client = client_of(role)
        wanted = 401 if role == "public" else 403
        token = "" if role == "public" else hidden(client.get("/account").text, "csrf_token")
        own = {"csrf_token": token, "record": "form-1", "level": "", "plant": "hall-1"}
        answers = [client.get("/forms"), client.post("/forms/material-lot", data=own | LOT)]
        assert [answer.status_code for answer in answers] == [wanted, wanted]
        assert "too old" not in answers[1].text  # it is the role that is refused, not the form


def test_a_disabled_plant_is_not_offered(maker: Client, ctx: Context):
    plants.disable(ctx, "hall-1")
    assert 'value="hall-1"' not in maker.get("/forms/material-lot").text
    assert fill(maker, "material-lot", LOT).status_code == 404


def test_there_is_no_other_form(maker: Client):
    assert maker.get("/forms/nothing").status_code == 404
    assert maker.get("/forms/material-lot?like=nothing&plant=hall-1").status_code == 404
