"""What the terminal shows: QR codes made of half blocks, and lines beside them."""

from collections.abc import Sequence
from itertools import zip_longest

import segno

BORDER = 2
"""Modules of quiet zone: half of what print asks for; enough on a screen, and it fits a small window."""

_BLOCKS = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
_BLACK_AND_WHITE, _PLAIN = "\x1b[97;40m", "\x1b[0m"


def qr_lines(text: str, *, colour: bool) -> list[str]:
    """A QR code, two rows of modules a line; `colour` sets black and white whatever the terminal's theme."""
    rows = [bytes(row) for row in segno.make(text, micro=False, error="L").matrix_iter(border=BORDER)]
    if len(rows) % 2:
        rows.append(bytes([1]) * len(rows[0]))  # no module there: left as dark as the terminal
    lines = [
        "".join(_BLOCKS[bool(high), bool(low)] for high, low in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
    return [f"{_BLACK_AND_WHITE}{line}{_PLAIN}" for line in lines] if colour else lines


def beside(left: Sequence[str], right: Sequence[str], gap: str = "  ") -> list[str]:
    """Two columns; every line of `left` is equally wide."""
    return [f"{a}{gap}{b}".rstrip() for a, b in zip_longest(left, right, fillvalue="")]
