"""A form with a file, as bytes: the test client would put a large one into a file that it leaves open."""

from collections.abc import Iterable

CONTENT_TYPE = "multipart/form-data; boundary=edge"


def body(fields: Iterable[tuple[str, str]], name: str, filename: str, data: bytes) -> bytes:
    """Fields by name and text, then one file."""
    parts = [(f'name="{key}"', text.encode()) for key, text in fields]
    parts.append((f'name="{name}"; filename="{filename}"', data))
    made = [
        f"--edge\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
        for head, content in parts
    ]
    return b"".join([*made, b"--edge--\r\n"])
