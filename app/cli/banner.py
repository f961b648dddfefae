"""The lines that a start prints: fewer than 25 with those of a first start, so that nothing scrolls away."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.cli.dev_ca import Authority
from app.cli.terminal import beside, qr_lines


@dataclass(frozen=True, slots=True)
class SignIn:
    """One role of the demo, and how to take it."""

    role: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Start:
    """What a start says. `ca_url` and `authority` only where a phone in the network is served."""

    origin: str
    passport_url: str
    sign_ins: Sequence[SignIn]
    data_dir: Path
    reset: str
    ca_url: str | None = None
    authority: Authority | None = None


def lines(start: Start, *, columns: int, colour: bool, blocks: bool) -> list[str]:
    """The text. Without `blocks` (a terminal that cannot show them) the codes are left out."""
    facts = [
        f"Sign in at {start.origin}/sign-in",
        *_table([(each.role, each.name, each.password) for each in start.sign_ins]),
        "",
        "A line      .venv/bin/passport simulate",
        "Stop        Ctrl-C",
        "On a phone  " + ("as below" if start.authority else "./run --lan"),
        "Production  deploy/README.md",
    ]
    code = [] if start.authority or not blocks else qr_lines(start.passport_url, colour=colour)
    width = len(qr_lines(start.passport_url, colour=False)[0])
    if width + 2 + max(map(len, facts)) > columns:
        code = []  # the address is there in words; a torn code helps nobody
    return [
        f"Open Battery Passport runs at {start.origin}",
        f"A passport to scan: {start.passport_url}",
        *(beside(code, facts) if code else facts),
        f"Data in {start.data_dir} (afresh: {start.reset})",
        *(_for_phones(start, colour=colour, blocks=blocks)),
    ]


def show(start: Start) -> None:
    """Print it, as this terminal can."""
    terminal = sys.stdout.isatty()
    text = lines(
        start,
        columns=shutil.get_terminal_size().columns,
        colour=terminal,
        blocks=_can_show("█▀▄"),
    )
    print("\n".join(text), flush=True)


def _for_phones(start: Start, *, colour: bool, blocks: bool) -> list[str]:
    if start.authority is None or start.ca_url is None:
        return []
    first = [
        "On a phone in the same network:",
        "1. Install this machine's certificate (once; remove it when done):",
        f"   {start.ca_url}",
        f"   SHA-256 {start.authority.fingerprint[:47]}",
        f"           {start.authority.fingerprint[48:]}",
    ]
    second = [f"2. Open the app: {start.origin}"]
    if not blocks:
        return ["", *first, *second]
    return [
        "",
        *first,
        *qr_lines(start.ca_url, colour=colour),
        *second,
        *qr_lines(start.origin, colour=colour),
    ]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
