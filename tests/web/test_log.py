"""The public log over HTTP: as C2SP tlog-tiles asks, for everybody, and nothing beside it."""

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
