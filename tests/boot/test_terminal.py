"""What a start prints can be read, by people and by cameras."""

import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from app.cli.banner import SignIn, Start, lines
from app.cli.terminal import qr_lines

ROOT = Path(__file__).resolve().parents[2]
PASSPORT = "http://localhost:8000/01/04012345678901/21/DEMO-0001"


def seen(block_lines: list[str]) -> str:
    """What a camera reads from a dark terminal that shows these lines."""
    upper, lower = {"█": 255, "▀": 255, "▄": 0, " ": 0}, {"█": 255, "▀": 0, "▄": 255, " ": 0}
    rows = [[half[character] for character in line] for line in block_lines for half in (upper, lower)]
    picture = Image.new("L", (len(rows[0]), len(rows)))
    picture.putdata([value for row in rows for value in row])
    found = zxingcpp.read_barcodes(
        picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST)
    )
    return found[0].text


def start(**changes: object) -> Start:
    roles = ("maker", "service", "recycler", "authority", "purchaser", "notified body", "admin")
    values: dict[str, object] = {
        "origin": "http://localhost:8000",
        "passport_url": PASSPORT,
        "sign_ins": [SignIn(role, role.replace(" ", "-"), "vine-lamp-coral") for role in roles],
        "data_dir": Path("/home/somebody/passport/data"),
        "reset": "./run --reset",
    }
    return Start(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [PASSPORT, "https://192.168.178.20:8443", "http://192.168.178.20:8444/"])
def test_a_camera_reads_the_code_from_the_screen(text):
    assert seen(qr_lines(text, colour=False)) == text


def test_in_colour_the_code_is_black_on_white_whatever_the_theme():
    plain, coloured = qr_lines(PASSPORT, colour=False), qr_lines(PASSPORT, colour=True)
    assert [f"\x1b[97;40m{line}\x1b[0m" for line in plain] == coloured


def test_the_start_fits_a_small_terminal():
    text = lines(start(), columns=80, colour=False, blocks=True)
    assert len(text) <= 22
    assert max(map(len, text)) <= 80
    assert seen([line[:33] for line in text if "█" in line or "▀" in line]) == PASSPORT


@pytest.mark.parametrize(("columns", "blocks"), [(50, True), (200, False)])
def test_where_no_code_can_be_shown_the_address_is(columns, blocks):
    text = "\n".join(lines(start(), columns=columns, colour=False, blocks=blocks))
    assert "█" not in text
    assert PASSPORT in text
    assert "vine-lamp-coral" in text


def test_what_ends_a_process_beside_the_server_is_told():
    done = subprocess.run(
        [sys.executable, "-c",
         "import os; from app.cli import announce; os.waitpid(announce.in_child(lambda: 1 / 0), 0)"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "ZeroDivisionError" in done.stderr
