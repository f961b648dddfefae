"""Tiles and checkpoints: addresses as C2SP writes them, and proofs that are read from tiles alone."""

import hashlib

import pytest

from app.core import checkpoint, merkle, tiles
from app.core.checkpoint import Checkpoint
from app.core.errors import MalformedInput
from tests.vectors import cases_notes as n

SIZE = 70_000
"""The example of C2SP tlog-tiles."""


@pytest.fixture(scope="module")
def hashes() -> list[bytes]:
    return [hashlib.sha256(f"{number}".encode()).digest() for number in range(SIZE)]


@pytest.fixture(scope="module")
def stored(hashes: list[bytes]) -> dict[tuple[int, int], bytes]:
    """Every tile, made by the definition: the hash of 256**level leaves."""
    found, row, level = {}, hashes, 0
    while row:
        for at in range(0, len(row), 256):
            found[level, at // 256] = b"".join(row[at : at + 256])
        row = [merkle.root(row[at : at + 256]) for at in range(0, len(row) - 255, 256)]
        level += 1
    return found


@pytest.mark.parametrize(
    ("index", "width", "text"),
    [
        (0, 256, "000"),
        (999, 256, "999"),
        (1000, 256, "x001/000"),
        (1234067, 256, "x001/x234/067"),
        (5, 70, "005.p/70"),
        (1234067, 1, "x001/x234/067.p/1"),
    ],
)
def test_a_tile_has_the_address_that_c2sp_gives_it(index: int, width: int, text: str):
    assert tiles.path(index, width) == text
    assert tiles.parse_path(text) == tiles.Place(index, width)


MISSPELT = """
0 0000 x000/001 x001/x000 001/ 001.p/0 001.p/256 001.p/01 -01 x001/00٣ 001.p/ 001.p/1/ 001.p
x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/001
"""


@pytest.mark.parametrize("text", ["", " 001", "001\n", *MISSPELT.split()])
def test_another_spelling_of_a_tile_is_refused(text: str):
    with pytest.raises(MalformedInput):
        tiles.parse_path(text)


def test_the_tiles_of_seventy_thousand_entries_are_as_wide_as_c2sp_says(stored: dict[tuple[int, int], bytes]):
    assert tiles.width(0, 272, SIZE) == tiles.width(1, 0, SIZE) == 256
    assert tiles.width(0, 273, SIZE) == 112
    assert tiles.width(1, 1, SIZE) == 17
    assert tiles.width(2, 0, SIZE) == 1
    assert tiles.width(0, 274, SIZE) == tiles.width(3, 0, SIZE) == 0
    assert (tiles.width(0, 0, 256), tiles.width(1, 0, 256)) == (256, 1)
    assert len(stored[1, 1]) == 17 * 32
    assert tiles.root_of_full(stored[0, 0]) == stored[1, 0][:32]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, SIZE])
def test_proofs_are_read_from_tiles(size: int, hashes: list[bytes], stored: dict[tuple[int, int], bytes]):
    asked = []

    def fetch(level: int, index: int, width: int) -> bytes:
        asked.append((level, index))
        return stored[level, index][: width * 32]

    node = tiles.Reader(size, fetch).node
    root = merkle.root_of(size, node)
    assert root == merkle.root(hashes[:size])
    for index in {0, 1, size // 3, size - 1} & set(range(size)):
        proof = merkle.prove_inclusion(index, size, node)
        assert merkle.verify_inclusion(hashes[index], index, size, proof, root)
    for first in {0, 1, size // 2, size - 1, size}:
        assert merkle.root_of(first, node) == merkle.root(hashes[:first])
    assert len(asked) == len(set(asked)) < 20


def test_a_tile_that_is_too_short_is_told():
    with pytest.raises(MalformedInput):
        merkle.root_of(3, tiles.Reader(3, lambda *_: bytes(64)).node)


def test_a_bundle_of_entries_is_read_back_or_refused():
    entries = [b"{}", b"", b"x" * 65_535]
    data = tiles.bundle(entries)
    assert tiles.parse_bundle(data) == entries
    for cut in (1, 3, len(data) - 1):
        with pytest.raises(MalformedInput):
            tiles.parse_bundle(data[:cut])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        n.TEXT[:-1],
        n.TEXT.replace("\n3\n", "\n03\n"),
        n.TEXT.replace("\n3\n", "\n-3\n"),
        n.TEXT.replace("\n3\n", f"\n{2**53}\n"),
        n.TEXT.replace("=", ""),
        f"\n{n.TEXT}",
        f"{n.TEXT}\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str):
    with pytest.raises(MalformedInput):
        Checkpoint.parse(text)


def test_a_checkpoint_counts_under_the_name_of_its_log_alone():
    note = f"{n.TEXT}\n{n.signed(n.TEXT)}{n.cosigned(n.TEXT)}"
    opened = checkpoint.open_note(note, [n.LOG], [n.WITNESS])
    assert (opened.checkpoint.size, opened.log) == (3, n.LOG)
    assert [key for key, _ in opened.cosignatures] == [n.WITNESS]
    elsewhere = n.TEXT.replace("/log/1", "/log/2", 1)
    with pytest.raises(MalformedInput):  # our key, another log's name in the text
        checkpoint.open_note(f"{elsewhere}\n{n.signed(elsewhere)}", [n.LOG])
    with pytest.raises(MalformedInput):  # a witness is no log
        checkpoint.open_note(f"{n.TEXT}\n{n.cosigned(n.TEXT)}", [n.WITNESS], [n.WITNESS])
