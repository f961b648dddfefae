"""The token of a section: one for all who ask, and another once its key was stolen."""

import threading
from datetime import timedelta
from typing import Any

import orjson
import pytest

from app import wiring
from app.core.errors import RateLimited
from app.core.multibase import digest_multibase
from app.services import jose_form, key_life, throttling, trust, verification
from app.services.context import Context
from tests.installation import Clock


@pytest.fixture
def start() -> str:
    return "issued"


def public(ctx: Context) -> Any:
    with ctx.read() as store:
        (battery,) = store.batteries.all(limit=10)
        return store.documents.newest(battery.key, "public")


def leaves(ctx: Context) -> list[dict[str, Any]]:
    with ctx.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT leaf FROM log_entries ORDER BY log_index").all()
    return [orjson.loads(bytes(leaf)) for (leaf,) in found]


def next_key(ctx: Context) -> str:
    """Another key that signs from now on; the name of the one before."""
    before = key_life.create(ctx, wiring.key_backends(ctx.settings).file)
    trust.renew_if_due(ctx)
    key_life.rotate(ctx)
    trust.renew_if_due(ctx)
    return before.name


def test_many_who_ask_at_once_get_one_token_with_one_entry_in_the_log(ctx: Context) -> None:
    row, found = public(ctx), []
    threads = [threading.Thread(target=lambda: found.append(jose_form.of(ctx, row))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    body, digest = found[0]
    assert digest == digest_multibase(body)
    named = [leaf for leaf in leaves(ctx) if leaf.get("digest") == digest]
    assert [leaf["type"] for leaf in named] == ["credential-form-added"]


def test_a_token_whose_key_was_stolen_is_made_anew_by_the_key_that_signs(ctx: Context, clock: Clock) -> None:
    row = public(ctx)
    clock.forward(minutes=5)
    second = next_key(ctx)
    clock.forward(minutes=5)
    body, _ = jose_form.of(ctx, row)
    assert verification.verify_bytes(ctx, body).verdict == "valid"
    next_key(ctx)
    clock.forward(minutes=5)
    key_life.revoke(ctx, second, clock() - timedelta(minutes=8), "laptop stolen")
    trust.renew_if_due(ctx)
    assert verification.verify_bytes(ctx, body).error == "KEY_REVOKED"
    again, digest = jose_form.of(ctx, row)
    assert again != body
    assert verification.verify_bytes(ctx, again).verdict == "valid"
    assert jose_form.of(ctx, row) == (again, digest)


def test_only_so_many_are_signed_in_a_minute_and_a_made_one_is_always_there(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jose_form, "MADE_LIMIT", throttling.Limit("jose-form", 1, throttling.MINUTE))
    row = public(ctx)
    first = jose_form.of(ctx, row)
    with ctx.read() as store:
        other = store.documents.newest(row.subject_key, "condition")
    with pytest.raises(RateLimited):
        jose_form.of(ctx, other)
    assert jose_form.of(ctx, row) == first
