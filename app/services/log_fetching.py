"""Another installation's log, read over HTTP as C2SP tlog-tiles names its parts."""

import http.client
import urllib.error
import urllib.request
from typing import Final
from urllib.parse import urlsplit

from app.core import tiles
from app.core.errors import NotConfigured, PassportError

TIMEOUT_S: Final = 20
MAX_BYTES: Final = 1_048_576


class Unreachable(PassportError):
    """Another server did not answer, or with something else than was asked for."""


class RemoteLog:
    """One log by its address, such as `https://passports.example/log/1`."""

    def __init__(self, url: str) -> None:
        """Raises: NotConfigured for what is no address of a log."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise NotConfigured(f"{url} is no address of a log, such as https://passports.example/log/1.")
        self.url = url.rstrip("/")

    def checkpoint(self) -> str:
        """The newest checkpoint, as a signed note. Raises: Unreachable."""
        try:
            return self._get("checkpoint").decode()
        except UnicodeDecodeError:
            raise Unreachable(f"{self.url} answered with something else than a checkpoint.") from None

    def fetch(self, level: int, index: int, width: int) -> bytes:
        """A `tiles.Fetch`. Where a partial tile is gone, the full one holds it. Raises: Unreachable."""
        address = f"tile/{level}/{tiles.path(index, width)}"
        try:
            return self._get(address)
        except Unreachable:
            if width == tiles.WIDTH:
                raise
            return self._get(f"tile/{level}/{tiles.path(index)}")

    def _get(self, address: str) -> bytes:
        url = f"{self.url}/{address}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310  (scheme checked above)
                body: bytes = answer.read(MAX_BYTES + 1)
        except (OSError, urllib.error.URLError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{url} cannot be read: {error}") from None
        if len(body) > MAX_BYTES:
            raise Unreachable(f"{url} answered with more than any part of a log has.")
        return body
