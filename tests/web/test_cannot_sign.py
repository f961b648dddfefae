"""Without a key that may sign: said to senders and on the board, nothing stored by halves, pages go on."""

from collections.abc import Callable

from werkzeug.test import TestResponse

from app.services import key_life
from app.services.context import Context
from tests.factories import a_further_pack
from tests.installation import START, Clock
from tests.line import Line
from tests.web.conftest import Client


def stop(ctx: Context, clock: Clock) -> None:
    clock.forward(hours=1)
    key_life.revoke(ctx, "seal-2026", START, "laptop stolen", stop_issuing=True)


def test_a_sender_is_told_and_the_record_is_kept(
    ctx: Context, clock: Clock, line: Line, send: Callable[..., TestResponse]
):
    stop(ctx, clock)
    pack, stamp = a_further_pack(clock.now, "P0002")
    assert send(pack).status_code == 201
    refused = send(stamp)
    assert refused.status_code == 503
    assert refused.mimetype == "application/problem+json"
    assert refused.json is not None
    assert refused.json["type"].endswith("/problems/cannot-sign")
    assert "passport keys" in refused.json["detail"]
    battery = line.battery("P0002")
    assert (battery.state, battery.release) == ("draft", "released")


def test_the_board_says_that_nothing_can_be_issued(
    ctx: Context, clock: Clock, client_of: Callable[[str], Client]
):
    maker = client_of("maker")
    assert "No passport can be issued now" not in maker.get("/drafts").text
    stop(ctx, clock)
    page = maker.get("/drafts")
    assert page.status_code == 200
    assert "No passport can be issued now" in page.text
    assert "passport keys" in page.text


def test_what_is_out_can_be_read_and_the_lists_are_not_made_up(
    ctx: Context, clock: Clock, client: Client, uuid: str
):
    stop(ctx, clock)
    assert client.get(f"/passports/{uuid}").status_code == 200
    assert client.get(f"/passports/{uuid}/sections/public").status_code == 200
    assert client.get("/status/revocation-1").status_code == 503
    assert client.get("/.well-known/did.json").json is not None


def test_the_did_document_has_the_revoked_key_with_its_time(ctx: Context, clock: Clock, client: Client):
    stop(ctx, clock)
    document = client.get("/.well-known/did.json").json
    assert document is not None
    assert [(one["type"], one["revoked"]) for one in document["verificationMethod"]] == [
        ("Multikey", "2026-11-24T12:00:00Z"),
        ("JsonWebKey", "2026-11-24T12:00:00Z"),
    ]
