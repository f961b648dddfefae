"""Time stamps on checkpoints: by a service of our own, checked against what the trust list pins."""

import base64
import dataclasses
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.core import trust_edit
from app.core.errors import NotConfigured
from app.services import checkpoints, log_proofs, timestamps, trust_lists, verification
from app.services.context import Context
from app.services.log_fetching import Unreachable
from tests.installation import Clock, rows
from tests.line import Line
from tests.services.test_checkpoints import grow
from tests.tsa import Tsa


@pytest.fixture
def start() -> str:
    return "issued"


@pytest.fixture
def tsa(clock: Clock) -> Tsa:
    return Tsa(clock.now)


@pytest.fixture
def stamping(ctx: Context, tsa: Tsa) -> Iterator[Context]:
    """The installation with a service set, and its root pinned."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = tsa.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    pin(ctx, tsa)
    url = f"http://127.0.0.1:{server.server_port}/tsr"
    yield dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, tsa_url=url))
    server.shutdown()
    thread.join()
    server.server_close()


def pin(ctx: Context, tsa: Tsa) -> None:
    text = base64.b64encode(tsa.root_der).decode()
    assert trust_lists.change(ctx, trust_edit.add_text("timestampAnchors", text)).published


def test_a_stamp_dates_every_entry_below_it(stamping: Context, tsa: Tsa, line: Line):
    assert timestamps.stamp(stamping) == tsa.now
    document = next(row for row in rows(stamping.engine, "documents") if row["section"] == "public")
    assert timestamps.proven_at(stamping, document["log_position"]) == tsa.now
    grow(stamping, 3)
    newest = max(row["log_index"] for row in rows(stamping.engine, "log_entries"))
    assert timestamps.proven_at(stamping, newest) is None
    policy = verification.own_policy(stamping)
    _, at = log_proofs.evidence(
        stamping, policy, document["body"], document["log_position"], document["digest"]
    )
    assert at == tsa.now


def test_one_stamp_a_day(stamping: Context, tsa: Tsa, clock: Clock):
    assert timestamps.daily(stamping) == tsa.now
    assert timestamps.daily(stamping) is None
    tsa.now = clock.forward(hours=25)
    grow(stamping, 1)
    assert timestamps.daily(stamping) == tsa.now


def test_a_stamp_of_another_service_or_over_another_text_is_worth_nothing(tsa: Tsa, stamping: Context):
    timestamps.stamp(stamping)
    (row,) = rows(stamping.engine, "log_checkpoints")
    token, text = row["timestamp_token"], row["note"].partition("\n\n")[0].encode() + b"\n"
    assert timestamps.verified(token, text, [tsa.root]) == tsa.now
    assert timestamps.verified(token, text + b"x", [tsa.root]) is None
    assert timestamps.verified(token, text, [Tsa(tsa.now).root]) is None
    assert timestamps.verified(token, text, [tsa.root], nonce=1) is None
    for spoilt in (b"", token[:-1], token[:200] + bytes([token[200] ^ 1]) + token[201:]):
        assert timestamps.verified(spoilt, text, [tsa.root]) is None


def test_a_stamp_that_leads_to_no_pinned_anchor_is_not_stored(ctx: Context, stamping: Context, tsa: Tsa):
    tsa.__init__(tsa.now + timedelta(seconds=1))  # type: ignore[misc]  # another root
    with pytest.raises(Unreachable):
        timestamps.stamp(stamping)
    assert rows(ctx.engine, "log_checkpoints")[-1]["timestamp_token"] is None


def test_without_service_or_anchor_nothing_is_asked(ctx: Context):
    checkpoints.make(ctx)
    assert timestamps.daily(ctx) is None
    with pytest.raises(NotConfigured, match="PASSPORT_TSA_URL"):
        timestamps.stamp(ctx)
