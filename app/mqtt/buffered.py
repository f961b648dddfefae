"""paho's client over a socket that is read and written in large pieces.

paho reads a message in six or seven calls, one byte at first, and sends each packet by itself.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from paho.mqtt.client import Client

_PIECE: Final = 65_536


class BufferedSocket:
    """A socket, TLS or not. `pending` tells paho that there is more to read without asking the network."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._read, self._position = b"", 0
        self.unsent = bytearray()
        self.holds = 0

    def recv(self, most: int) -> bytes:
        """As the socket's own, from what was read before where there is some."""
        if self._position == len(self._read):
            self._read, self._position = self._socket.recv(max(most, _PIECE)), 0
        begin = self._position
        self._position = min(begin + most, len(self._read))
        return self._read[begin : self._position]

    def pending(self) -> int:
        """Bytes that `recv` gives without asking the network."""
        own = getattr(self._socket, "pending", None)
        return len(self._read) - self._position + (own() if own is not None else 0)

    def send(self, data: bytes | bytearray) -> int:
        """Taken whole; sent at once, or with what follows where the client holds."""
        self.unsent += data
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what the network takes now. What is wrong with it, the next `recv` finds too."""
        if self.holds:
            return
        with contextlib.suppress(OSError):
            while self.unsent:
                sent = self._socket.send(self.unsent)
                del self.unsent[:sent]

    def close(self) -> None:
        self.holds = 0
        self.flush()
        self._socket.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class BufferedClient(Client):  # type: ignore[misc]  # without its types: see pyproject.toml
    """The one place that knows something inside paho: where it makes its socket, and its limit in flight."""

    _buffered: BufferedSocket | None = None

    def allow(self, most: int) -> None:
        """How many messages may be on their way at once: the broker says it when it takes a connection."""
        self._max_inflight_messages = most

    @contextlib.contextmanager
    def in_one_piece(self) -> Iterator[None]:
        """What is written inside goes out together."""
        buffered = self._buffered
        if buffered is None:
            yield
            return
        buffered.holds += 1
        try:
            yield
        finally:
            buffered.holds = max(0, buffered.holds - 1)
            buffered.flush()

    def want_write(self) -> bool:
        """Also while the network has not taken everything."""
        return bool(super().want_write() or (self._buffered is not None and self._buffered.unsent))

    def loop_write(self) -> Any:
        with self.in_one_piece():
            return super().loop_write()

    def _create_socket(self) -> Any:
        self._buffered = BufferedSocket(super()._create_socket())
        return self._buffered
