"""The public log over HTTP: as C2SP tlog-tiles asks, for everybody, and nothing beside it."""

import base64
from collections.abc import Callable

import pytest

from app.core import checkpoint
from app.core.notes import VKey
from tests.web.conftest import Client


def test_anybody_may_read_the_checkpoint_the_tiles_and_the_entries(client: Client):
    note = client.get("/log/1/checkpoint")
    assert note.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "max-age=1" in note.headers["Cache-Control"]
    assert note.headers["Access-Control-Allow-Origin"] == "*"
    key = VKey.parse(client.get("/log/1/vkey").text.strip())
    size = checkpoint.open_note(note.text, [key]).checkpoint.size
    tile = client.get(f"/log/1/tile/0/000.p/{size}")
    assert (tile.headers["Content-Type"], len(tile.data)) == ("application/octet-stream", size * 32)
    assert client.get(f"/log/1/tile/entries/000.p/{size}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/log/0/checkpoint",
        "/log/2/checkpoint",
        f"/log/{2**70}/checkpoint",
        "/log/x/checkpoint",
        "/log/2/vkey",
        "/log/1/tile/0/000",
        "/log/1/tile/99999999999999999999/000",
        "/log/1/tile/0/x",
        "/log/1/tile/entries/000",
    ],
)
def test_what_is_not_there_is_not_found(client: Client, path: str):
    client.get("/log/1/checkpoint")
    assert client.get(path).status_code == 404


def test_a_proof_is_given_with_the_rights_of_its_section(
    client: Client, client_of: Callable[[str], Client], uuid: str
):
    address = f"/passports/{uuid}/sections/public/1/log-proof"
    found = client.get(address)
    assert found.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert found.text.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert "salt" not in base64.b64decode(found.text.split("\n")[1].removeprefix("extra ")).decode()
    assert found.headers["Cache-Control"].startswith("public")
    hidden = f"/passports/{uuid}/sections/use/1/log-proof"
    assert client.get(hidden).status_code == 404
    answer = client_of("maker").get(hidden)
    assert "salt" in base64.b64decode(answer.text.split("\n")[1].removeprefix("extra ")).decode()
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert client.get("/models/09506000134352/sections/composition/1/log-proof").status_code == 404
    assert client.get(f"/passports/{uuid}/sections/composition/1/log-proof").status_code == 404
