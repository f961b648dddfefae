"""Root and list as they are served: to anybody, of any site, and not twice when nothing changed."""

import pytest
from flask import Flask

from app import wiring
from app.core import trust as core
from app.core import trust_root
from app.services import trust_roots
from tests.installation import START
from tests.web.conftest import Client


@pytest.mark.parametrize("path", ["/trust/root.json", "/trust/roots/1.json", "/trust/list.json"])
def test_what_did_not_change_is_not_sent_again(client: Client, path: str):
    first = client.get(path)
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in first.headers
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_reader_of_the_first_root_follows_to_the_newest_by_what_is_served(app: Flask, client: Client):
    pinned = trust_root.read(client.get("/trust/root.json").data)
    ctx = app.extensions["passport"]
    added = {"root-2": wiring.make_root_key(ctx.settings.keys_dir / "trust-root-2.pem")}
    assert trust_roots.rotate(ctx, add=added, remove=["root-1"]).published == (2, 2)
    newest = client.get("/trust/root.json").data
    assert newest == client.get("/trust/roots/2.json").data
    reached = trust_root.walk(pinned, [client.get("/trust/roots/2.json").data])
    assert core.parse(client.get("/trust/list.json").data, reached, START).version == 2
    assert trust_root.read(client.get("/trust/roots/1.json").data) == pinned
