"""Frames between a server and the process beside it in which graphs are canonicalized.

Both ways: four bytes of length, then so many bytes.
"""

from typing import BinaryIO


def send(stream: BinaryIO, body: bytes) -> None:
    """One frame."""
    stream.write(len(body).to_bytes(4) + body)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """One frame; None when the other side is gone."""
    size = stream.read(4)
    if len(size) < 4:
        return None
    length = int.from_bytes(size)
    body = stream.read(length)
    return body if len(body) == length else None
