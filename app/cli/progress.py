"""A bar on the terminal while something takes its time; a line now and then where stderr is no terminal."""

import sys
import time
from typing import Final

WIDTH: Final = 30
_EVERY_S: Final = (0.1, 10.0)
"""On a terminal, elsewhere."""


class Bar:
    """Call it with how many are done and of how many; leave the `with` block to end its line."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun = time.monotonic()
        self._shown = self._begun - max(_EVERY_S)
        self._terminal = sys.stderr.isatty()
        self._is_open = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._shown < _EVERY_S[not self._terminal] and done < total:
            return
        self._shown = now
        text = f"{self._what} {done} of {total}, {done / max(now - self._begun, 1e-6):.0f} a second"
        if not self._terminal:
            print(text, file=sys.stderr, flush=True)
            return
        filled = WIDTH * done // max(total, 1)
        print(f"\r[{'#' * filled:<{WIDTH}}] {text}\x1b[K", end="", file=sys.stderr, flush=True)
        self._is_open = True

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_open:
            print(file=sys.stderr, flush=True)
